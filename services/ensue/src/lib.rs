//! ensue
