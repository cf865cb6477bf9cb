//! payments

pub mod domain;
pub mod outside;
