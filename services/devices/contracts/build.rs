//! The bindings of `proto/ensue/devices`.

fn main() {
    ensue_build::Contracts::new("../../../proto").own("ensue/devices").platform("::catalogue").compile_or_exit();
}
