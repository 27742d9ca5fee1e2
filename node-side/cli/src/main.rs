#![doc = include_str!("../README.md")]

mod args;
mod calibrate;
mod customer;
mod error;
mod parachains;
mod progress;
mod table;
mod tree;

use crate::{
	args::{Cli, Command, Common},
	error::CliError,
	progress::ProgressBar,
	table::Style,
};
use async_backing_devnet::{Devnet, Report, RunConfig, RunReport, RuntimeExecutor};
use clap::Parser;
use std::{
	io::{IsTerminal, Write},
	path::Path,
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
	async_backing_pvf::worker::serve(std::io::stdin().lock(), std::io::stdout().lock()).map_err(CliError::Worker)
}

fn execute(command: &Command) -> Result<(), CliError> {
	let (common, configs) = match command {
		Command::Compare(common) => (common, vec![common.run_config(0, 0), common.run_config(4, 3)]),
		Command::Dev(dev) => (&dev.common, vec![dev.run_config()]),
		Command::Tree(tree) => return tree::draw(tree),
		Command::PvfWorker => return work(),
	};
	configs.iter().try_for_each(RunConfig::validate)?;
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
			println!("{line}");
		}
	}
	let slot_s = configs
		.first()
		.map_or(6.0, |config| config.model.slot.as_secs_f64());
	// One executor, so that the relay runtime is compiled once.
	let executor = RuntimeExecutor::default();
	let runs = configs
		.into_iter()
		.map(|config| run(config, executor.clone()))
		.collect::<Result<Vec<_>, _>>()?;
	if !quiet {
		let mut text = String::new();
		let style = Style::new(std::io::stdout().is_terminal());
		table::write(&mut text, &runs, slot_s, style).map_err(|_| CliError::Format)?;
		print!("{text}");
	}
	match &mut json {
		Some(json) => json.write(&(serde_json::to_string_pretty(&Report::new(common.seed, runs))? + "\n")),
		None => Ok(()),
	}
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
	let runtime =
		async_backing_relay_runtime::WASM_BINARY.ok_or(CliError::NoWasm("async-backing-relay-runtime"))?;
	let paras = parachains::counter_parachains(&config)?;
	let bar = ProgressBar::new(&config);
	let mut devnet = Devnet::with_runtime_executor(config, runtime, paras, executor)?;
	devnet.set_customer(customer::PresetCustomer);
	let report = devnet.run(|progress| bar.update(&progress))?;
	bar.finish();
	Ok((devnet, report))
}

/// Where a report or drawing goes.
struct Output {
	flag: &'static str,
	path: String,
	writer: Box<dyn Write>,
}

impl Output {
	fn open(flag: &'static str, path: &Path) -> Result<Self, CliError> {
		let name = path.display().to_string();
		let writer: Box<dyn Write> = if path == Path::new("-") {
			Box::new(std::io::stdout())
		} else {
			let file = std::fs::File::create(path);
			Box::new(file.map_err(|source| CliError::Write {
				flag,
				path: name.clone(),
				source,
			})?)
		};
		Ok(Self {
			flag,
			path: name,
			writer,
		})
	}

	fn write(&mut self, text: &str) -> Result<(), CliError> {
		let written = self.writer.write_all(text.as_bytes());
		written.map_err(|source| CliError::Write {
			flag: self.flag,
			path: self.path.clone(),
			source,
		})
	}
}
