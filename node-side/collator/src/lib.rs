#![doc = include_str!("../README.md")]

mod authoring;
mod blocks;
mod claims;
mod collate;
mod collator;
mod context;
mod hook;
mod pov;
mod producer;
mod relay_state;
mod serving;

pub use authoring::{AuthoringHook, Lookahead, SlotBased};
pub use blocks::{Parablock, MAX_REMEMBERED, REMEMBERED_FOR};
pub use claims::{Claim, CoreSelection};
pub use collate::{collate, CollateError, Collated};
pub use collator::{BuildOn, Collator, CollatorConfig, Limits, NoBuild, Opening, Site};
pub use hook::sufficient_capacity;
pub use pov::{pov_target, FuelUse, PovSize};
pub use producer::{BlockProducer, ProduceBlock, ProduceError, ProducedBlock};
pub use relay_state::{
	parachain_keys, prove_relay_state, NoRelayState, RelayParentState, RelayProofError, RelayReadError,
};
pub use serving::{Ask, Asked, Serving, MAX_ASKS_WAITING, NEXT_SERVED_AFTER};

#[cfg(test)]
mod tests;
