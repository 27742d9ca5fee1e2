//! `try-config`: a host configuration that root stages while parablocks are in flight, up to two sessions after it is in force.
//!
//! Two runs of one seed, of which one stages it: what the change costs is what they differ by. What it is judged by is a run's
//! story, and the chain's own answer to what is in force in each block.

mod read;
mod told;

use crate::{args, error::CliError, output, rerun, run_prepared, runtime::Runtime, warnings};
use async_backing_devnet::{Devnet, RootCall, RunConfig, RunReport, Story};
use async_backing_primitives::{wiring::path, HostConfiguration, SessionIndex};
use read::Staged;
use serde_json::json;

/// A run and what it came to.
struct Came {
	devnet: Devnet,
	report: RunReport,
	story: Story,
}

/// What is in force at a relay block, and what waits.
#[derive(Clone, Debug, PartialEq)]
struct InForce {
	active: HostConfiguration,
	pending: Vec<(SessionIndex, HostConfiguration)>,
}

impl Came {
	/// What is in force in the state of each relay block of the best chain, in their order.
	fn in_force(&self) -> Result<Vec<InForce>, CliError> {
		let client = self.devnet.relay().client();
		let best = self.story.relay_blocks.iter().filter(|block| block.is_best);
		let of_block = |block: &async_backing_devnet::ToldBlock| {
			let active = client.call(block.hash, "AsyncBackingApi_active_configuration", ());
			let pending = client.call(block.hash, "AsyncBackingApi_pending_configurations", ());
			let failed = |error: async_backing_devnet::DevnetError| CliError::from(error);
			Ok(InForce {
				active: active.map_err(|error| failed(error.into()))?,
				pending: pending.map_err(|error| failed(error.into()))?,
			})
		};
		best.map(of_block).collect()
	}
}

/// Makes a run, with something to find out before it that may fail.
fn run(
	config: RunConfig,
	runtime: &Runtime,
	prepare: impl FnOnce(&Devnet) -> Result<(), CliError>,
) -> Result<Came, CliError> {
	let kept = config.clone();
	let (devnet, report) = run_prepared(config, runtime.clone(), Vec::new(), |devnet| {
		devnet.keep_story();
		prepare(devnet)
	})
	.map_err(|error| rerun::keep(error, &kept, &[]))?;
	let story = devnet.story()?.ok_or(CliError::Format)?;
	Ok(Came {
		devnet,
		report,
		story,
	})
}

/// Tries the configuration of a file.
pub(crate) fn try_config(args: &args::TryConfig) -> Result<(), CliError> {
	let wrong = |reason: String| CliError::NoConfiguration {
		path: args.file.display().to_string(),
		reason,
	};
	let bytes = std::fs::read(&args.file).map_err(|error| wrong(error.to_string()))?;
	let config = args.run_config();
	config.validate()?;
	let runtime = Runtime::of(&args.network.runtime)?;
	let mut told = None;
	// What is wrong with the file is said before the run, not after it.
	let without = run(config.clone(), &runtime, |devnet| {
		let active = devnet.relay().configuration()?;
		told = Some((read::read(&bytes, &active).map_err(wrong)?, active));
		Ok(())
	})?;
	let (Staged { config: staged, kept }, active) = told.ok_or(CliError::Format)?;
	let value = serde_json::to_value(&staged)?;
	let call = RootCall {
		after: args.after,
		pallet: path::CONFIGURATION.to_owned(),
		call: "set_config".to_owned(),
		arguments: json!({ "config": value }),
	};
	let with = run(
		RunConfig {
			root_calls: vec![call],
			..config.clone()
		},
		&runtime,
		|_| Ok(()),
	)?;
	let mut text = String::new();
	for line in kept {
		text += &format!("{line}\n");
	}
	let changes = read::changes(&active, &staged);
	if changes.is_empty() {
		text += "nothing changes: it is what is in force\n";
	}
	for change in changes {
		text += &format!("{change}\n");
	}
	let in_force = with.in_force()?;
	let told = told::Told::of(&with, &without, &in_force, &staged);
	text += "\n";
	text += &told.table();
	text += "\n";
	let after = RunConfig {
		params: staged.async_backing_params,
		..config
	};
	for warning in warnings::of(&after, staged.scheduling_lookahead) {
		text += &format!("warning: {warning}\n");
	}
	text += &format!("verdict: {told}\n");
	output::print(&text)?;
	match told.is_fit() {
		true => Ok(()),
		false => Err(CliError::Unfit { failed: 1 }),
	}
}
