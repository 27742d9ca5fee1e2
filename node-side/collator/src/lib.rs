#![doc = include_str!("../README.md")]

mod blocks;
mod collate;
mod collator;
mod hook;
mod pov;
mod producer;

pub use blocks::{Parablock, MAX_REMEMBERED, REMEMBERED_FOR};
pub use collate::{collate, CollateError, Collated};
pub use collator::{BuildOn, Collator, CollatorConfig, Limits, NoBuild};
pub use hook::{sufficient_capacity, FixedVelocity};
pub use pov::{pov_target, FuelUse, PovSize};
pub use producer::{BlockProducer, ProduceError, ProducedBlock};

#[cfg(test)]
mod tests;
