#![doc = include_str!("../README.md")]

mod compiled;
mod disk;
mod engine;
mod error;
mod execute;
pub mod host;
mod in_process;
mod port;
mod pov;
mod preparations;
mod weigh;
pub mod worker;

pub use disk::DiskConfig;
pub use engine::{PreparedPvf, PvfConfig, PvfEngine};
pub use error::{EngineError, PrepareError, ValidateError};
pub use execute::{Limits, Validated, LEAST_TIME, STRETCH};
pub use host::prices::FUEL_PER_SECOND;
pub use in_process::{Artifact, InProcess, InProcessConfig};
pub use port::{Engine, Failure, Unfinished};
pub use pov::{validation_params, MAX_DECOMPRESSED_POV};
pub use weigh::{
	MAX_BLOCK_EFFORT, MAX_INSTRUCTIONS, MAX_LOOP_EFFORT, MAX_MODULE_BLOCK_EFFORT, MAX_MODULE_INSTRUCTIONS,
	MAX_MODULE_LOOP_EFFORT, MAX_NESTING, MAX_TARGETS,
};
pub use worker::{WorkerArtifact, WorkerProgram, Workers, WorkersConfig};

/// Name of the entry point that every validation function exports.
pub const ENTRY_POINT: &str = "validate_block";
/// Name of the exported global where the guest's heap begins.
pub const HEAP_BASE: &str = "__heap_base";
/// Name of the memory, whether imported from `env` or exported.
pub const MEMORY: &str = "memory";
