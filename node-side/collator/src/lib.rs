#![doc = include_str!("../README.md")]

mod authoring_time;
mod blocks;
mod collate;
mod collator;
mod hook;
mod producer;

pub use authoring_time::{pov_target, Budget, PovSize, Timing};
pub use blocks::{Parablock, REMEMBERED_FOR};
pub use collate::{collate, CollateError, Collated};
pub use collator::{BuildOn, Collator, CollatorConfig, NoBuild};
pub use hook::{sufficient_capacity, FixedVelocity};
pub use producer::{BlockProducer, ProduceError, ProducedBlock};

#[cfg(test)]
mod tests;
