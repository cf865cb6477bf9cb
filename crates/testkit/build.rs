//! The businesses that the platform's tests know: small ones, and nobody's.

fn main() {
    ensue_build::Contracts::new("proto").platform("::catalogue").compile_or_exit();
}
