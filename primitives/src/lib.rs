#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod accounts;
mod availability;
mod candidate;
mod configuration;
mod constraints;
mod core_choice;
mod core_state;
pub mod crypto;
mod data;
mod depth;
mod dispute_rules;
mod disputes;
mod executor_params;
mod fragment;
mod groups;
mod ids;
mod inherent;
mod intrinsic;
pub mod keys;
mod leaf;
mod limits;
mod manifest;
pub mod meter;
mod node_features;
mod pace;
mod params;
pub mod ports;
mod relay_parents;
#[allow(missing_docs, clippy::too_many_arguments)] // decl_runtime_apis! writes undocumented items
pub mod runtime_api;
mod segment;
mod session_info;
mod shares;
mod signals;
mod slashing;
mod statement;
#[cfg(any(test, feature = "test-helpers"))]
pub mod test_helpers;
#[cfg(test)]
mod testing;
mod timeouts;
mod validation;
mod votes;
pub mod wiring;

pub use accounts::*;
pub use availability::*;
pub use candidate::*;
pub use configuration::*;
pub use constraints::*;
pub use core_choice::*;
pub use core_state::*;
#[cfg(feature = "std")]
pub use crypto::ValidatorPair;
pub use crypto::{
	AssignmentId, AuthorityDiscoveryId, SigningContext, ValidatorId, ValidatorSignature,
	PARACHAIN_KEY_TYPE_ID,
};
pub use data::*;
pub use depth::*;
pub use dispute_rules::*;
pub use disputes::*;
pub use executor_params::*;
pub use fragment::*;
pub use groups::*;
pub use ids::*;
pub use inherent::*;
pub use intrinsic::*;
pub use leaf::*;
pub use limits::*;
pub use manifest::*;
pub use node_features::*;
pub use pace::*;
pub use params::*;
pub use relay_parents::*;
pub use segment::*;
pub use session_info::*;
pub use shares::*;
pub use signals::*;
pub use slashing::*;
pub use statement::*;
pub use timeouts::*;
pub use validation::*;
pub use votes::*;

/// Blake2-256 of the SCALE encoding of a value (R-BIN-32).
pub fn hash_of(value: &impl codec::Encode) -> Hash {
	value.using_encoded(hash_bytes)
}

/// Blake2-256 of bytes as they are (R-BIN-32).
pub fn hash_bytes(bytes: &[u8]) -> Hash {
	meter::count(bytes.len());
	sp_io::hashing::blake2_256(bytes).into()
}
