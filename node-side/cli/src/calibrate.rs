//! How long an extrinsic takes on this machine, beside the figure of the model.

use crate::{error::CliError, parachains};
use async_backing_collator::{BlockProducer, NoRelayState, ProduceBlock};
use async_backing_primitives::{ParaId, RelayChainBlockInfo, ValidationParams};
use async_backing_pvf::{Engine, InProcess, InProcessConfig, Limits};
use std::{
	fmt,
	time::{Duration, Instant},
};

/// Extrinsics of the block that is measured.
const EXTRINSICS: u32 = 1000;
/// Largest code, in bytes: that of our parachain is a fraction of it.
const MAX_CODE_SIZE: usize = 3 * 1024 * 1024;
/// Nobody waits longer for a compilation or a block.
const PATIENCE: Duration = Duration::from_secs(360);
/// Largest proof of validity of that block.
const MAX_POV_SIZE: u32 = 5 * 1024 * 1024;

/// Time of one extrinsic, measured.
pub(crate) struct Calibration {
	collator: Duration,
	backer: Duration,
	model: Duration,
}

impl fmt::Display for Calibration {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let Self {
			collator,
			backer,
			model,
		} = self;
		write!(
			f,
			"one extrinsic: {model:.2?} in the model; measured here {collator:.2?} in the collator (making and signing it \
			 included), {backer:.2?} in the validation function"
		)
	}
}

/// Builds a block and validates it, once each after a warm-up.
pub(crate) fn measure(model: Duration) -> Result<Calibration, CliError> {
	let engine = InProcess::new(InProcessConfig::default())?;
	let code = parachains::validation_code()?;
	let pvf = engine.prepare(&code, MAX_CODE_SIZE, Instant::now() + PATIENCE)?;
	let mut producer = parachains::without_pace(0, ParaId(async_backing_devnet::FIRST_PARA));
	let mut head = producer.genesis_head();
	let mut calibration = Calibration {
		collator: Duration::ZERO,
		backer: Duration::ZERO,
		model,
	};
	for number in 1..=2 {
		let relay_parent = RelayChainBlockInfo {
			number,
			..Default::default()
		};
		let started = Instant::now();
		let block = producer.produce(&ProduceBlock {
			parent_head: &head,
			relay_parent,
			relay_slot: number.into(),
			leaf: relay_parent.hash,
			relay_state: &NoRelayState,
			selection: None,
			max_extrinsics: EXTRINSICS,
			pov_size: MAX_POV_SIZE,
			max_pov_size: MAX_POV_SIZE,
		})?;
		calibration.collator = started.elapsed() / block.extrinsics.max(1);
		let params = ValidationParams {
			parent_head: head,
			block_data: block.pov.block_data,
			relay_parent_number: relay_parent.number,
			relay_parent_storage_root: relay_parent.storage_root,
		};
		let started = Instant::now();
		let validated = engine.execute(&pvf, &params, &Limits::default(), started + PATIENCE)?;
		head = validated.result.head_data;
		calibration.backer = started.elapsed() / block.extrinsics.max(1);
	}
	Ok(calibration)
}
