#![doc = include_str!("../README.md")]

mod authoring;
mod blocks;
mod claims;
mod collate;
mod collator;
mod config;
mod context;
mod hook;
mod pov;
mod producer;
mod relay_state;
mod serving;
mod site;

pub use authoring::{AuthoringHook, Lookahead, SlotBased};
pub use blocks::{Parablock, MAX_REMEMBERED, REMEMBERED_FOR};
pub use claims::{Claim, CoreSelection};
pub use collate::{collate, CollateError, Collated};
pub use collator::{Collator, NoBuild};
pub use config::{CollatorConfig, RelayParentOffset};
pub use hook::sufficient_capacity;
pub use pov::{pov_target, FuelUse, PovSize};
pub use producer::{BlockProducer, ProduceBlock, ProduceError, ProducedBlock};
pub use relay_state::{
	authority_keys, parachain_keys, prove_relay_state, NoRelayState, RelayParentState, RelayProofError,
	RelayReadError,
};
pub use serving::{Ask, Asked, Serving, MAX_ASKS_WAITING, NEXT_SERVED_AFTER};
pub use site::{BuildOn, Limits, Opening, Site};

#[cfg(test)]
mod tests;
