//! The bindings of `proto/ensue/shipping`.

fn main() {
    ensue_build::Contracts::new("../../../proto").own("ensue/shipping").platform("::catalogue").compile_or_exit();
}
