//! The bindings of `proto/ensue/orders`.

fn main() {
    ensue_build::Contracts::new("../../../proto").own("ensue/orders").platform("::catalogue").compile_or_exit();
}
