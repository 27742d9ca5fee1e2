#![doc = include_str!("../README.md")]
// Who reads it may be gone: `output::say` is for that.
#![deny(clippy::print_stderr)]

mod args;
mod calibrate;
mod check;
mod context;
mod error;
#[cfg(test)]
mod figures;
mod foreign;
mod no_effect;
mod output;
mod page;
mod parachains;
#[cfg(test)]
mod pictures;
mod plan;
mod progress;
#[cfg(test)]
mod protocols;
mod recording;
mod replay;
mod rerun;
mod runtime;
#[cfg(test)]
mod salt;
mod scenario;
mod serve;
mod soak;
mod sweep;
mod table;
#[cfg(test)]
mod tables;
mod trace;
mod traffic;
mod tree;
mod try_config;
mod vectors;
mod warnings;
mod watch;

use crate::{
	args::{Cli, Command, Common},
	error::CliError,
	output::Output,
	page::Page,
	progress::ProgressBar,
	runtime::Runtime,
	table::Style,
};
use async_backing_devnet::{Devnet, Report, RunConfig, RunReport};
use async_backing_foreign_parachain::ForeignPara;
use clap::Parser;
use std::{io::IsTerminal, process::ExitCode};

/// Exit code for values that cannot be, as that of the argument parser.
const USAGE: u8 = 2;

fn main() -> ExitCode {
	match execute(&Cli::parse().command) {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			output::say(format_args!("error: {error}"));
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
	let (common, chosen, mut configs) = match command {
		Command::Compare(compare) if compare.sweep.is_some() => return sweep::sweep(compare),
		Command::Compare(compare) => (&compare.common, &compare.network.runtime, compare.run_configs()),
		Command::Dev(dev) => (&dev.common, &dev.network.runtime, vec![dev.run_config()]),
		Command::Tree(tree) => return tree::draw(tree),
		Command::Context(context) => return context::draw(context),
		Command::Trace(trace) => return trace::draw(trace),
		Command::CheckRuntime(args) => return check::check(args),
		Command::Plan(args) => return plan::plan(args),
		Command::Replay(args) => return replay::replay(args),
		Command::Rerun(args) => return rerun::rerun(args),
		Command::Scenario(args) => return scenario::scenario(args),
		Command::Soak(args) => return soak::soak(args),
		Command::TryConfig(args) => return try_config::try_config(args),
		Command::Vectors(args) => return vectors::vectors(args),
		Command::Target(_) => return vectors::target(),
		Command::PvfWorker => return work(),
	};
	let specs = match command {
		Command::Dev(dev) => &dev.para_specs[..],
		_ => &[],
	};
	// Before anything takes time. Where paras come from files there may be no others.
	if specs.is_empty() {
		configs.iter().try_for_each(RunConfig::validate)?;
	}
	let serving = match command {
		Command::Dev(dev) => Some(dev.serving),
		_ => None,
	};
	let recording = match command {
		Command::Dev(dev) => Some(&dev.recording),
		_ => None,
	};
	if let (Some(recording), Some(config)) = (recording, configs.first()) {
		recording::check(recording, config)?;
	}
	page::check(common.report.as_deref(), page::is_stdout(common.json.as_deref()))?;
	let quiet = writes_to_stdout(common);
	let watches = matches!(command, Command::Dev(dev) if dev.watch);
	let tells_traffic = common.traffic || configs.iter().any(|config| config.validators >= traffic::MANY);
	// Opened before the run, so that nobody waits for a report that cannot be written.
	let mut json = common
		.json
		.as_deref()
		.map(|path| Output::open("json", path))
		.transpose()?;
	let seed = configs.first().map_or(0, |config| config.seed);
	let mut page = common
		.report
		.as_deref()
		.map(|path| Page::open(path, seed))
		.transpose()?;
	if common.calibrate {
		let cost = configs
			.first()
			.map(|config| config.model.extrinsic_cost)
			.unwrap_or_default();
		let line = calibrate::measure(cost)?.to_string();
		if quiet {
			output::say(line);
		} else {
			output::print(&(line + "\n"))?;
		}
	}
	let slot_s = configs
		.first()
		.map_or(6.0, |config| config.model.slot.as_secs_f64());
	let runtime = Runtime::of(chosen)?;
	let mut foreign = foreign::load(specs, seed, &runtime.executor)?;
	if !specs.is_empty() {
		for config in &mut configs {
			foreign::place(config, &foreign)?;
		}
	}
	// Behind the program's name and the command's.
	let given = std::env::args_os().skip(2);
	let given: Vec<_> = given.map(|word| word.to_string_lossy().into_owned()).collect();
	let mut served = None;
	let runs = configs
		.into_iter()
		.map(|config| {
			let mut server = None;
			let foreign = std::mem::take(&mut foreign);
			let (mut devnet, report) = run_prepared(config.clone(), runtime.clone(), foreign, |devnet| {
				let lookahead = devnet.relay().configuration()?.scheduling_lookahead;
				for warning in warnings::of(&config, lookahead) {
					output::say(format_args!("warning: {warning}"));
				}
				server = serving.map_or(Ok(None), |serving| serving.start(devnet))?;
				if let Some(recording) = recording {
					recording::begin(recording, devnet)?;
				}
				if page.is_some() {
					devnet.keep_story();
				}
				if watches {
					watch::begin(devnet, &config, quiet);
				}
				Ok(())
			})
			.map_err(|error| rerun::keep(error, &config, &given))?;
			if let Some(recording) = recording {
				recording::end(recording, &mut devnet)?;
			}
			if let Some(page) = &mut page {
				page.add(&devnet, &config, &report)?;
			}
			served = server.map(|server| (devnet, server));
			Ok(report)
		})
		.collect::<Result<Vec<_>, CliError>>()?;
	if !quiet {
		let mut text = String::new();
		let style = Style::new(std::io::stdout().is_terminal());
		table::write(&mut text, &runs, slot_s, style).map_err(|_| CliError::Format)?;
		if tells_traffic {
			traffic::write(&mut text, &runs).map_err(|_| CliError::Format)?;
		}
		output::print(&text)?;
	}
	if let Some(page) = page {
		page.finish(&runs, slot_s, quiet)?;
	}
	let nothing = runs.iter().find_map(warnings::came_to_nothing);
	if let Some(json) = &mut json {
		json.write(&(serde_json::to_string_pretty(&Report::new(seed, runs))? + "\n"))?;
	}
	json.map_or(Ok(()), Output::finish)?;
	if let (Some(serving), Some((devnet, server))) = (serving, served) {
		serving.finish(&devnet, server);
	}
	nothing.map_or(Ok(()), Err)
}

/// Whether the standard output belongs to JSON, or to a page.
fn writes_to_stdout(common: &Common) -> bool {
	[&common.json, &common.report]
		.into_iter()
		.any(|path| page::is_stdout(path.as_deref()))
}

/// Runs a devnet, and returns it as it then is, with its report.
fn run_devnet(config: RunConfig, runtime: Runtime) -> Result<(Devnet, RunReport), CliError> {
	run_watched(config, runtime, |_| ())
}

/// The same, with something to say to it before.
fn run_watched(
	config: RunConfig,
	runtime: Runtime,
	prepare: impl FnOnce(&mut Devnet),
) -> Result<(Devnet, RunReport), CliError> {
	run_prepared(config, runtime, Vec::new(), |devnet| {
		prepare(devnet);
		Ok(())
	})
}

/// The same, with something to do before that may fail.
fn run_prepared(
	config: RunConfig,
	runtime: Runtime,
	foreign: Vec<ForeignPara>,
	prepare: impl FnOnce(&mut Devnet) -> Result<(), CliError>,
) -> Result<(Devnet, RunReport), CliError> {
	let calls = foreign::calls(&foreign);
	let paras = foreign::parachains(&config, foreign)?;
	let bar = ProgressBar::new(&config);
	let mut devnet = Devnet::with_runtime_executor(config, &runtime.code, paras, runtime.executor)?;
	foreign::send(&mut devnet, calls)?;
	prepare(&mut devnet)?;
	if devnet.is_watched() {
		bar.hide();
	}
	let report = devnet.run(|progress| bar.update(&progress))?;
	bar.finish();
	Ok((devnet, report))
}
