//! The parachains of the devnet: counters with signed transfers, each of which keeps an unincluded segment (R-SEG).

use crate::error::CliError;
use async_backing_counter_parachain::{Pace, Producer, WASM_BINARY};
use async_backing_devnet::{Model, Parachain, RunConfig};
use async_backing_primitives::{ParaId, ValidationCode};

/// Accounts of each parachain.
pub(crate) const ACCOUNTS: u32 = 128;

/// One counter parachain for each para of the run. What its collator counts on its validation function enforces as well: the
/// pace of the model, by what each block proves of its relay parent's state.
pub(crate) fn counter_parachains(config: &RunConfig) -> Result<Vec<Parachain>, CliError> {
	let of_para = |para| {
		let upgrade = config.upgrades.contains(&para).then(next_code).transpose()?;
		let producer = Producer::paced(config.seed, ACCOUNTS, pace(para, &config.model), upgrade);
		Ok(Parachain::new(validation_code()?, producer))
	};
	config.para_ids().map(of_para).collect()
}

/// The pace that follows from the model: as many blocks per relay block as it says, and as many unincluded ones (R-SEG-8). The
/// relay chain's own limit is not the parachain's business: where `max_candidate_depth` is less, backers say no.
pub(crate) fn pace(para: ParaId, model: &Model) -> Pace {
	Pace {
		para,
		velocity: model.velocity,
		capacity: model.segment_capacity,
	}
}

/// The same parachain without a segment, for whoever has no relay chain to read.
pub(crate) fn without_pace(seed: u64, para: ParaId) -> Producer {
	Producer::new(seed, para, ACCOUNTS)
}

/// The validation function that all of them run.
pub(crate) fn validation_code() -> Result<ValidationCode, CliError> {
	let blob = WASM_BINARY.ok_or(CliError::NoWasm("async-backing-counter-parachain"))?;
	#[cfg(test)]
	let blob = &*crate::salt::salted(blob.into());
	Ok(ValidationCode(blob.to_vec()))
}

/// A custom section of a module: its kind, its length, its name.
const NEXT: &[u8] = b"\x00\x05\x04next";

/// What they upgrade to: the same function, in a module with one more section, so that its hash is another.
fn next_code() -> Result<ValidationCode, CliError> {
	let ValidationCode(blob) = validation_code()?;
	let blob = sp_maybe_compressed_blob::decompress(&blob, sp_maybe_compressed_blob::CODE_BLOB_BOMB_LIMIT)
		.map_err(|_| CliError::NoWasm("async-backing-counter-parachain"))?;
	Ok(ValidationCode([&blob, NEXT].concat()))
}
