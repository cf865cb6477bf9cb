//! inventory

pub mod domain;
