//! The parachains of the devnet: counters with signed transfers.

use crate::error::CliError;
use async_backing_counter_parachain::{Producer, WASM_BINARY};
use async_backing_devnet::{Parachain, RunConfig};
use async_backing_primitives::{ParaId, ValidationCode};

/// Accounts of each parachain.
const ACCOUNTS: u32 = 128;

/// One counter parachain for each para of the run.
pub(crate) fn counter_parachains(config: &RunConfig) -> Result<Vec<Parachain>, CliError> {
	config
		.para_ids()
		.map(|para| Ok(Parachain::new(validation_code()?, producer(config.seed, para))))
		.collect()
}

/// A parachain that makes transfers from a seed.
pub(crate) fn producer(seed: u64, para: ParaId) -> Producer {
	Producer::new(seed, para, ACCOUNTS)
}

/// The validation function that all of them run.
pub(crate) fn validation_code() -> Result<ValidationCode, CliError> {
	let blob = WASM_BINARY.ok_or(CliError::NoWasm("async-backing-counter-parachain"))?;
	Ok(ValidationCode(blob.to_vec()))
}
