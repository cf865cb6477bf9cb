//! The bindings of `proto/ensue/social`.

fn main() {
    ensue_build::Contracts::new("../../../proto").own("ensue/social").platform("::catalogue").compile_or_exit();
}
