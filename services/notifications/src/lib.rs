//! notifications

pub mod domain;
pub mod outside;
pub mod templates;
