//! shipping

pub mod domain;
pub mod outside;
