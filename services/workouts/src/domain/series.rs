//! Fewer samples to look at.

/// At most `most` of them, evenly spread; the first and the last are kept.
pub fn thin<T: Clone>(all: &[T], most: usize) -> Vec<T> {
    if all.len() <= most {
        return all.to_vec();
    }
    let last = all.len() - 1;
    match most {
        0 => Vec::new(),
        1 => vec![all[0].clone()],
        most => (0..most).map(|at| all[at * last / (most - 1)].clone()).collect(),
    }
}
