//! What can go wrong, in words for the terminal.

use async_backing_collator::ProduceError;
use async_backing_devnet::{ApprovalError, ConfigError, DevnetError, NoPace, Violation};
use async_backing_foreign_parachain::SpecError;
use async_backing_pvf::{EngineError, Failure, PrepareError, ValidateError};
use async_backing_rpc::RpcError;
use std::path::PathBuf;
use thiserror::Error;

/// Why the command failed.
#[derive(Debug, Error)]
pub(crate) enum CliError {
	/// Values that do not fit together.
	#[error("invalid value '{value}' for '--{}': must be {allowed}", flag(name))]
	OutOfRange {
		/// Name of the value in the run's configuration.
		name: &'static str,
		/// What it is.
		value: String,
		/// What it may be.
		allowed: String,
	},
	/// The binary was built without its Wasm blobs.
	#[error("{0} was built with SKIP_WASM_BUILD; build again without it")]
	NoWasm(&'static str),
	/// A runtime's file cannot be read. Some commands take it by `--runtime`, `check-runtime` as its argument.
	#[error("invalid runtime '{path}': must be a file that can be read ({source})")]
	Read {
		/// The file.
		path: String,
		/// Why.
		source: std::io::Error,
	},
	/// A file describes no parachain that can be run.
	#[error("invalid value for '--para-spec': {0}")]
	Spec(#[from] SpecError),
	/// Checks of a runtime failed, which were printed.
	#[error("{failed} of the checks failed")]
	Unfit {
		/// How many.
		failed: usize,
	},
	/// There is no pace that could be planned.
	#[error("there is no such pace: {0}")]
	NoPace(#[from] NoPace),
	/// Runs contradict the plan; which was printed.
	#[error("{contradicted} runs contradict the plan")]
	Contradicted {
		/// How many.
		contradicted: usize,
	},
	/// Real blocks disagree with the rules, or could not be read; what it is was printed.
	#[error("disagreements: {cases}; inputs that could not be read: {unread}")]
	Disagrees {
		/// Disagreements.
		cases: usize,
		/// Files, or blocks in them, that could not be read.
		unread: usize,
	},
	/// A run in which nobody had anything to build.
	#[error("no parablock was built in {blocks} relay blocks{}", because(.reasons))]
	Nothing {
		/// Relay blocks.
		blocks: u32,
		/// Why, most frequent first.
		reasons: Vec<String>,
	},
	/// A run in which parablocks were built and lost, and none included.
	#[error("{built} parablocks were built in {blocks} relay blocks, and none is included{}", because(.reasons))]
	NothingIncluded {
		/// Relay blocks.
		blocks: u32,
		/// Parablocks built.
		built: u32,
		/// Why, most frequent first.
		reasons: Vec<String>,
	},
	/// The run failed.
	#[error("{prefix}{0}", prefix = if .0.is_of_runtime() { "" } else { "the run failed: " })]
	Devnet(#[source] DevnetError),
	/// Something did not hold, and the run was stopped.
	#[error("{violation}; `async-backing rerun {}` shows it again", path.display())]
	Violated {
		/// What.
		violation: Box<Violation>,
		/// Where it is kept.
		path: PathBuf,
	},
	/// A file is no stopped run.
	#[error("invalid value '{path}': must be what a stopped run wrote ({reason})")]
	NoRerun {
		/// The file.
		path: String,
		/// Why not.
		reason: String,
	},
	/// A validator that was recorded does something else now, which was printed.
	#[error("the validator does something else at input {step}")]
	Differs {
		/// Number of the input, from 0.
		step: u64,
	},
	/// A file is no scenario.
	#[error("{path}: {reason}")]
	NoScenario {
		/// The file.
		path: String,
		/// What is wrong with it, and where.
		reason: String,
	},
	/// A file is no host configuration.
	#[error("invalid value '{path}': {reason}")]
	NoConfiguration {
		/// The file.
		path: String,
		/// What it has to be.
		reason: String,
	},
	/// Runs did not come to what their files expect, which was printed.
	#[error("{failed} scenarios did not come to what they should")]
	Unexpected {
		/// How many.
		failed: usize,
	},
	/// Something broke, which was printed.
	#[error("something broke in {runs} runs")]
	Broke {
		/// How many.
		runs: u32,
	},
	/// More went wrong than a network bears, and nothing was noticed.
	#[error("{runs} runs bear what they should not, or do not charge who contradicts itself")]
	Unnoticed {
		/// How many.
		runs: u32,
	},
	/// The run cannot be served.
	#[error("cannot serve: {0}")]
	Rpc(#[from] RpcError),
	/// The parachain has no block.
	#[error("{0}")]
	Produce(#[from] ProduceError),
	/// The engine for validation functions does not start.
	#[error(transparent)]
	Engine(#[from] EngineError),
	/// The parachain's code is no validation function, or this machine takes too long with it.
	#[error(transparent)]
	Prepare(#[from] Failure<PrepareError>),
	/// The parachain's code refuses the parachain's block, or this machine takes too long with it.
	#[error(transparent)]
	Validate(#[from] Failure<ValidateError>),
	/// Whoever started this worker is gone, or speaks otherwise.
	#[error("the worker: {0}")]
	Worker(#[source] std::io::Error),
	/// The vectors are not there, or not what the code makes.
	#[error(transparent)]
	Vectors(#[from] async_backing_vectors::FolderError),
	/// Questions cannot be read.
	#[error("the target: {0}")]
	Target(#[source] std::io::Error),
	/// The report cannot be written as JSON.
	#[error("the report is not JSON: {0}")]
	Json(#[from] serde_json::Error),
	/// The table cannot be written.
	#[error("the table cannot be formatted")]
	Format,
	/// A value that is none of a flag, as somebody else than the argument parser found out.
	#[error("invalid value '{value}' for '--{flag}': {reason}")]
	NoContext {
		/// The flag.
		flag: &'static str,
		/// What it is.
		value: String,
		/// Why not.
		reason: String,
	},
	/// Nobody can check a candidate again.
	#[error("no approver can check the block: {0}")]
	Approval(#[from] ApprovalError),
	/// The standard output cannot be written.
	#[error("the standard output could not be written: {0}")]
	Stdout(#[source] std::io::Error),
	/// The file for the report or drawing could be opened, but not written.
	#[error("the file of '--{flag}', '{path}', could not be written: {source}")]
	Unwritten {
		/// The flag that names it.
		flag: &'static str,
		/// The file.
		path: String,
		/// Why.
		source: std::io::Error,
	},
	/// The file for the report or drawing cannot be written.
	#[error("invalid value '{path}' for '--{flag}': must be a file that can be written, or '-' ({source})")]
	Write {
		/// The flag that names it.
		flag: &'static str,
		/// The file.
		path: String,
		/// Why.
		source: std::io::Error,
	},
}

impl CliError {
	/// The flag whose value cannot be, without dashes, if it is about one.
	pub(crate) fn flag(&self) -> Option<String> {
		match self {
			Self::OutOfRange { name, .. } => Some(flag(name)),
			Self::NoContext { flag, .. } | Self::Write { flag, .. } => Some((*flag).to_owned()),
			_ => None,
		}
	}

	/// Whether the caller has to change what it asked for.
	pub(crate) fn is_usage(&self) -> bool {
		matches!(
			self,
			Self::OutOfRange { .. }
				| Self::NoContext { .. }
				| Self::NoPace(_)
				| Self::NoRerun { .. }
				| Self::NoConfiguration { .. }
				| Self::NoScenario { .. }
				| Self::Write { .. }
				| Self::Read { .. }
				| Self::Spec(_)
		) || matches!(self, Self::Devnet(error) if error.is_of_runtime())
	}
}

impl From<DevnetError> for CliError {
	fn from(error: DevnetError) -> Self {
		match error {
			DevnetError::Config(error) => error.into(),
			DevnetError::Root(wrong) => Self::NoContext {
				flag: "root",
				value: wrong.call.to_string(),
				reason: wrong.reason.to_string(),
			},
			error => Self::Devnet(error),
		}
	}
}

impl From<ConfigError> for CliError {
	/// Flags have their unit in their name, so that values go without.
	fn from(ConfigError::OutOfRange { name, value, allowed }: ConfigError) -> Self {
		let value = value.trim_end_matches(" ms").to_owned();
		Self::OutOfRange { name, value, allowed }
	}
}

fn because(reasons: &[String]) -> String {
	match reasons {
		[] => String::new(),
		reasons => format!(": {}", reasons.join("; ")),
	}
}

/// The flag that sets a value of the run's configuration: the same words, durations with their unit.
fn flag(name: &str) -> String {
	match name {
		"leaf_active_after" => "leaf-active-ms".into(),
		"bitfield_after" => "bitfield-after-ms".into(),
		"extrinsic_cost" => "extrinsic-cost-us".into(),
		"import_jitter" => "import-jitter-ms".into(),
		"works" => "core".into(),
		"foreign" => "para-spec".into(),
		"orders_for" => "order".into(),
		"upgrades" => "upgrade".into(),
		_ => name.replace('_', "-"),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::args::Cli;
	use async_backing_devnet::RunConfig;
	use clap::{Arg, CommandFactory, Parser};
	use std::collections::BTreeSet;

	#[test]
	fn values_that_do_not_fit_together_name_the_flag() {
		let config = RunConfig {
			paras: 7,
			..RunConfig::default()
		};
		let error = CliError::from(config.validate().expect_err("seven groups of six validators"));
		assert!(error.is_usage());
		assert_eq!(
			error.to_string(),
			"invalid value '6' for '--validators': must be at least 7 and at most 1000"
		);
	}

	/// Names that errors of a configuration may have, as its sources have them.
	fn names() -> BTreeSet<String> {
		let devnet = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../devnet/src");
		let mut names = BTreeSet::new();
		for file in ["config.rs", "works.rs", "faults/mod.rs"] {
			let text = std::fs::read_to_string(devnet.join(file)).expect("it is there");
			for call in ["in_range(", "out_of_range(", "duration_within(", "is_para("] {
				for rest in text.split(call).skip(1) {
					let literal = rest.trim_start().strip_prefix('"');
					names.extend(literal.and_then(|rest| rest.split('"').next()).map(str::to_owned));
				}
			}
		}
		names
	}

	#[test]
	fn each_value_is_called_by_the_flag_that_sets_it() {
		// Nobody can set these but whoever writes a program of their own.
		const NO_FLAGS: [&str; 3] = ["slot", "coding", "import_spread"];
		let program = Cli::command();
		let dev = program.find_subcommand("dev").expect("it is there");
		let flags: BTreeSet<_> = dev.get_arguments().filter_map(Arg::get_long).collect();
		let names = names();
		assert!(names.len() > 20 && names.contains("upgrades"), "{names:?}");
		for name in names.iter().filter(|name| !NO_FLAGS.contains(&name.as_str())) {
			assert!(flags.contains(flag(name).as_str()), "{name}: no --{}", flag(name));
		}
	}

	#[test]
	fn a_call_that_the_runtime_does_not_have_is_a_wrong_value_of_root() {
		let words = ["async-backing", "dev", "--blocks", "1", "--root", "0:nope.x={}"];
		let command = Cli::try_parse_from(words).expect("it reads").command;
		let error = crate::execute(&command).expect_err("there is no such pallet");
		assert!(error.is_usage(), "{error}");
		assert_eq!(
			error.to_string(),
			"invalid value '0:nope.x={}' for '--root': the runtime has no pallet of `pallet_async_backing_nope`"
		);
	}

	#[test]
	fn messages_are_in_the_unit_of_the_flag() {
		let mut config = RunConfig::default();
		config.model.leaf_active_after = std::time::Duration::from_millis(3900);
		config.model.inherent_after = std::time::Duration::from_millis(2500);
		let error = CliError::from(config.validate().expect_err("that is more than a slot"));
		assert_eq!(
			error.to_string(),
			"invalid value '3900' for '--leaf-active-ms': must be at most 3500 ms, so that a slot suffices"
		);
	}

	#[test]
	fn what_is_allowed_can_be() {
		let config = RunConfig {
			paras: 200,
			cores_per_para: 10,
			..RunConfig::default()
		};
		let error = CliError::from(config.validate().expect_err("two thousand cores"));
		assert_eq!(
			error.to_string(),
			"invalid value '10' for '--cores-per-para': must be at most 5, so that 1000 validators suffice for a group each"
		);
	}
}
