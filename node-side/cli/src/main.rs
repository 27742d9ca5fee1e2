#![doc = include_str!("../README.md")]

mod args;
mod calibrate;
mod context;
mod customer;
mod error;
mod output;
mod parachains;
#[cfg(test)]
mod pictures;
mod progress;
mod table;
mod tree;

use crate::{
	args::{Cli, Command, Common},
	error::CliError,
	output::Output,
	progress::ProgressBar,
	table::Style,
};
use async_backing_devnet::{Devnet, Report, RunConfig, RunReport, RuntimeExecutor};
use async_backing_primitives::{HostConfiguration, ParachainPace, TuningWarning};
use clap::Parser;
use std::{
	io::IsTerminal,
	path::{Path, PathBuf},
	process::ExitCode,
};

/// Exit code for values that cannot be, as that of the argument parser.
const USAGE: u8 = 2;

fn main() -> ExitCode {
	match execute(&Cli::parse().command) {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("error: {error}");
			ExitCode::from(if error.is_usage() { USAGE } else { 1 })
		}
	}
}

/// For whoever starts this program as its worker (`async_backing_pvf::WorkerProgram`).
fn work() -> Result<(), CliError> {
	async_backing_pvf::worker::serve(std::io::stdin().lock(), std::io::stdout().lock())
		.map_err(CliError::Worker)
}

fn execute(command: &Command) -> Result<(), CliError> {
	let (common, configs) = match command {
		Command::Compare(compare) => (&compare.common, compare.run_configs()),
		Command::Dev(dev) => (&dev.common, vec![dev.run_config()]),
		Command::Tree(tree) => return tree::draw(tree),
		Command::Context(context) => return context::draw(context),
		Command::PvfWorker => return work(),
	};
	configs.iter().try_for_each(RunConfig::validate)?;
	for warning in configs.iter().flat_map(warnings) {
		eprintln!("warning: {warning}");
	}
	let quiet = writes_to_stdout(common);
	// Opened before the run, so that nobody waits for a report that cannot be written.
	let mut json = common
		.json
		.as_deref()
		.map(|path| Output::open("json", path))
		.transpose()?;
	if common.calibrate {
		let cost = configs
			.first()
			.map(|config| config.model.extrinsic_cost)
			.unwrap_or_default();
		let line = calibrate::measure(cost)?.to_string();
		if quiet {
			eprintln!("{line}");
		} else {
			output::print(&(line + "\n"))?;
		}
	}
	let slot_s = configs
		.first()
		.map_or(6.0, |config| config.model.slot.as_secs_f64());
	let seed = configs.first().map_or(0, |config| config.seed);
	// One executor, so that the relay runtime is compiled once.
	let executor = executor();
	let runs = configs
		.into_iter()
		.map(|config| run(config, executor.clone()))
		.collect::<Result<Vec<_>, _>>()?;
	if !quiet {
		let mut text = String::new();
		let style = Style::new(std::io::stdout().is_terminal());
		table::write(&mut text, &runs, slot_s, style).map_err(|_| CliError::Format)?;
		output::print(&text)?;
	}
	let nothing = runs.iter().find_map(nothing_built);
	if let Some(json) = &mut json {
		json.write(&(serde_json::to_string_pretty(&Report::new(seed, runs))? + "\n"))?;
	}
	json.map_or(Ok(()), Output::finish)?;
	nothing.map_or(Ok(()), Err)
}

/// A run of more blocks than it takes to begin, in which no para had anything to build: whoever asked for it wants to know.
fn nothing_built(run: &RunReport) -> Option<CliError> {
	const TO_BEGIN: u32 = 4;
	let built = run.paras.iter().any(|para| para.built > 0);
	(!built && run.relay_blocks > TO_BEGIN).then(|| {
		let mut idle: Vec<_> = run.paras.iter().flat_map(|para| &para.idle).collect();
		idle.sort_by_key(|idle| std::cmp::Reverse(idle.leaves));
		let mut reasons: Vec<_> = idle.into_iter().map(|idle| idle.reason.clone()).collect();
		reasons.dedup();
		CliError::Nothing {
			blocks: run.relay_blocks,
			reasons,
		}
	})
}

/// What is legal in a run, but slower than it could be (R-DEF-27).
fn warnings(config: &RunConfig) -> Vec<TuningWarning> {
	let pace = ParachainPace {
		velocity: config.model.velocity,
		segment_capacity: config.model.segment_capacity,
	};
	let lookahead = HostConfiguration::default().scheduling_lookahead;
	config.params.tuning_warnings(lookahead, Some(pace))
}

/// An executor that finds the runtimes that an earlier call compiled, which takes seconds.
fn executor() -> RuntimeExecutor {
	let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
	let cache = variable("XDG_CACHE_HOME")
		.map(PathBuf::from)
		.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".cache")));
	let cache = cache.map(|cache| cache.join("async-backing").join("runtimes"));
	// Without such a place each call compiles for itself.
	RuntimeExecutor::new(
		cache
			.filter(|path| std::fs::create_dir_all(path).is_ok())
			.as_deref(),
	)
}

/// Whether the standard output belongs to JSON.
fn writes_to_stdout(common: &Common) -> bool {
	common.json.as_deref() == Some(Path::new("-"))
}

fn run(config: RunConfig, executor: RuntimeExecutor) -> Result<RunReport, CliError> {
	Ok(run_devnet(config, executor)?.1)
}

/// Runs a devnet, and returns it as it then is, with its report.
fn run_devnet(config: RunConfig, executor: RuntimeExecutor) -> Result<(Devnet, RunReport), CliError> {
	run_watched(config, executor, |_| ())
}

/// The same, with something to say to it before.
fn run_watched(
	config: RunConfig,
	executor: RuntimeExecutor,
	prepare: impl FnOnce(&mut Devnet),
) -> Result<(Devnet, RunReport), CliError> {
	let runtime =
		async_backing_relay_runtime::WASM_BINARY.ok_or(CliError::NoWasm("async-backing-relay-runtime"))?;
	let paras = parachains::counter_parachains(&config)?;
	let bar = ProgressBar::new(&config);
	let mut devnet = Devnet::with_runtime_executor(config, runtime, paras, executor)?;
	devnet.set_customer(customer::PresetCustomer);
	prepare(&mut devnet);
	let report = devnet.run(|progress| bar.update(&progress))?;
	bar.finish();
	Ok((devnet, report))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn r_def_27_what_slows_a_run_down_is_said() {
		let said = |line: &str| {
			let words = std::iter::once("async-backing").chain(line.split_whitespace());
			let Ok(Cli {
				command: Command::Dev(dev),
			}) = Cli::try_parse_from(words)
			else {
				panic!("{line}")
			};
			let warnings = warnings(&dev.run_config());
			warnings.iter().map(ToString::to_string).collect::<Vec<_>>()
		};
		assert_eq!(said("dev"), Vec::<String>::new(), "the default is in tune");
		assert_eq!(
			said("dev --max-candidate-depth 0 --allowed-ancestry-len 0"),
			Vec::<String>::new(),
			"R-ABP-3"
		);
		assert_eq!(
			said("dev --segment-capacity 2 --allowed-ancestry-len 6"),
			[
				"the claim queue looks 5 blocks ahead, but a relay parent is legal for 7 (R-SCH-12)",
				"2 unincluded blocks allowed, but 3 come before the first is included (R-SEG-8)",
			]
		);
	}
}
