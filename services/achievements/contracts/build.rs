//! The bindings of `proto/ensue/achievements`.

fn main() {
    ensue_build::Contracts::new("../../../proto").own("ensue/achievements").platform("::catalogue").compile_or_exit();
}
