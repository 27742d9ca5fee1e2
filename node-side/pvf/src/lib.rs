#![doc = include_str!("../README.md")]

mod engine;
mod error;
mod execute;
pub mod host;

pub use engine::{PreparedPvf, PvfConfig, PvfEngine};
pub use error::{EngineError, PrepareError, ValidateError};
pub use execute::{Limits, Validated};

/// Name of the entry point that every validation function exports.
pub const ENTRY_POINT: &str = "validate_block";
/// Name of the exported global where the guest's heap begins.
pub const HEAP_BASE: &str = "__heap_base";
/// Name of the memory, whether imported from `env` or exported.
pub const MEMORY: &str = "memory";
