//! A broker in this process, for tests and for trying things out.
