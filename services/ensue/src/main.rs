//! Starts and stops; everything else is the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ensue::main()
}
