#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod approver;
pub mod backer;
pub mod collator;
mod context;
mod field;
mod inputs;
mod path;
mod source;
mod validation_data;

#[cfg(test)]
mod tests;

pub use context::{ContextError, ExecutionContext};
pub use field::ConstraintField;
pub use inputs::{check_pov, check_validation_data, InputMismatch};
pub use path::{Path, PathError, Standing, Unincluded, UnincludedAncestor};
pub use source::{Known, Role, Source};
pub use validation_data::{validation_data, ValidationData};
