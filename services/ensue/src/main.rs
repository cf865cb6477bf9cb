//! Starts and stops; everything else is the library.

use std::process::ExitCode;

/// Messages are many small strings that one thread makes and another frees, which the system's allocator is slow at (docs/performance.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ensue::main()
}
