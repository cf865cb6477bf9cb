//! The bindings of `proto/ensue/users`.

fn main() {
    ensue_build::Contracts::new("../../../proto").own("ensue/users").platform("::catalogue").compile_or_exit();
}
