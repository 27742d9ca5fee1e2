//! Parachains that files describe, beside those of this program.

use crate::{error::CliError, parachains};
use async_backing_devnet::{ForeignPara as Place, Parachain, RunConfig, RuntimeExecutor};
use async_backing_foreign_parachain::{ForeignPara, ParaSpec};
use std::path::PathBuf;

/// The parachains of these files, ascending by their ids.
pub(crate) fn load(
	files: &[PathBuf],
	seed: u64,
	executor: &RuntimeExecutor,
) -> Result<Vec<ForeignPara>, CliError> {
	let mut foreign = files
		.iter()
		.map(|file| ParaSpec::load(file, seed, executor))
		.collect::<Result<Vec<_>, _>>()?;
	foreign.sort_by_key(|para| para.id);
	Ok(foreign)
}

/// Which paras of a run they are.
pub(crate) fn places(foreign: &[ForeignPara]) -> Vec<Place> {
	let place = |para: &ForeignPara| Place {
		id: para.id,
		cores: para.cores,
	};
	foreign.iter().map(place).collect()
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
