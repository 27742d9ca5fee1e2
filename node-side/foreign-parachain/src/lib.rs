#![doc = include_str!("../README.md")]

pub mod adder;
mod error;
pub mod formats;
pub mod spec;
mod substrate;

pub use adder::Adder;
pub use error::{ProducerError, SetupError};
pub use spec::{ChannelSpec, ForeignPara, ParaSpec, SpecError};
pub use substrate::{AuraKey, Bounds, Call, Substrate, SubstrateConfig, Upgrade, Workload};
