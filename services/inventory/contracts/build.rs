//! The bindings of `proto/ensue/inventory`.

fn main() {
    ensue_build::Contracts::new("../../../proto").own("ensue/inventory").platform("::catalogue").compile_or_exit();
}
