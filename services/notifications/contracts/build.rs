//! The bindings of `proto/ensue/notifications`.

fn main() {
    ensue_build::Contracts::new("../../../proto").own("ensue/notifications").platform("::catalogue").compile_or_exit();
}
