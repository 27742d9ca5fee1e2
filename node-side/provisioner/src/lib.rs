#![doc = include_str!("../README.md")]

mod backed;
mod bitfields;
mod choice;
mod cores;

pub use backed::SharedBackedCandidate;
pub use bitfields::{BitfieldError, Bitfields, SharedBitfield};
pub use choice::{provision, BackableSource, Proposal};
pub use cores::{usable_cores, ParaCores};

/// Earliest moment at which the inherent is offered, in milliseconds after the activation of the leaf (R-PRV-10).
pub const INHERENT_READY_AFTER_MS: u64 = 2_000;

#[cfg(test)]
mod tests;
