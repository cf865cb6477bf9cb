//! orders

pub mod domain;
