//! The bindings of `proto/ensue/workouts`.

fn main() {
    ensue_build::Contracts::new("../../../proto").own("ensue/workouts").platform("::catalogue").compile_or_exit();
}
