//! The bindings of `proto/ensue/payments`.

fn main() {
    ensue_build::Contracts::new("../../../proto").own("ensue/payments").platform("::catalogue").compile_or_exit();
}
