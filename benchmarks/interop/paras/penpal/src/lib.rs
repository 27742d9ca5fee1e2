//! The published runtime as it is.

#![no_std]

pub use penpal_runtime::*;
