//! Parachains that files describe, beside those of this program.

use crate::{error::CliError, parachains};
use async_backing_devnet::{Devnet, ForeignPara as Place, Parachain, RunConfig, RuntimeExecutor};
use async_backing_foreign_parachain::{ForeignPara, ParaSpec};
use async_backing_primitives::wiring::path;
use serde_json::{json, Value};
use std::path::PathBuf;

/// The parachains of these files, ascending by their ids.
pub(crate) fn load(
	files: &[PathBuf],
	seed: u64,
	executor: &RuntimeExecutor,
) -> Result<Vec<ForeignPara>, CliError> {
	Ok(ParaSpec::load_all(files, seed, executor)?)
}

/// Makes them paras of a run.
pub(crate) fn place(config: &mut RunConfig, foreign: &[ForeignPara]) -> Result<(), CliError> {
	let place = |para: &ForeignPara| Place {
		id: para.id,
		cores: para.cores,
	};
	config.foreign = foreign.iter().map(place).collect();
	config.customer_is_root |= !calls(foreign).is_empty();
	config.validate()?;
	let paras: Vec<_> = config.para_ids().collect();
	for para in foreign {
		para.check_channels(&paras)?;
	}
	Ok(())
}

/// What root tells the relay chain for a parachain.
pub(crate) struct AsRoot {
	/// Relay blocks before.
	after: u32,
	pallet: &'static str,
	call: &'static str,
	arguments: Value,
}

/// What root tells the relay chain for these parachains: to open their channels, and to send them messages.
pub(crate) fn calls(foreign: &[ForeignPara]) -> Vec<AsRoot> {
	let mut calls = Vec::new();
	for para in foreign {
		calls.extend(para.channels.iter().map(|channel| AsRoot {
			after: 0,
			pallet: path::HRMP,
			call: "force_open_hrmp_channel",
			arguments: json!({
				"sender": para.id.0,
				"recipient": channel.to,
				"max_capacity": channel.capacity,
				"max_message_size": channel.size,
			}),
		}));
		calls.extend(para.downward.iter().map(|(after, message)| AsRoot {
			after: *after,
			pallet: path::DMP,
			call: "force_send",
			arguments: json!({ "para": para.id.0, "message": message }),
		}));
	}
	calls
}

/// Has root make these calls.
pub(crate) fn send(devnet: &mut Devnet, calls: Vec<AsRoot>) -> Result<(), CliError> {
	for AsRoot {
		after,
		pallet,
		call,
		arguments,
	} in calls
	{
		devnet.send_as_root(after, pallet, call, arguments)?;
	}
	Ok(())
}

/// All parachains of a run: those that are counted, then these, then those that somebody orders blocks for.
pub(crate) fn parachains(config: &RunConfig, foreign: Vec<ForeignPara>) -> Result<Vec<Parachain>, CliError> {
	let own = RunConfig {
		foreign: Vec::new(),
		..config.clone()
	};
	let mut all = parachains::counter_parachains(&own)?;
	let on_demand = all.split_off((config.paras as usize).min(all.len()));
	all.extend(
		foreign
			.into_iter()
			.map(|para| Parachain::new(para.code, para.producer)),
	);
	all.extend(on_demand);
	Ok(all)
}
