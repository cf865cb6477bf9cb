//! The platform's own protos come with `ensue-build`; their code is this crate's.

fn main() {
    ensue_build::Contracts::of_the_platform().compile_or_exit();
}
