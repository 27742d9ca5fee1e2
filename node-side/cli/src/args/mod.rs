//! The command line: one file for each subcommand, and what they share.

mod check;
mod compare;
mod context;
mod dev;
#[cfg(test)]
mod documents;
mod faults;
mod model;
mod network;
mod params;
mod plan;
mod recording;
mod replay;
mod rerun;
mod scenario;
mod soak;
mod sweep;
#[cfg(test)]
mod tests;
mod trace;
mod tree;
mod try_config;
mod vectors;

pub(crate) use check::CheckRuntime;
pub(crate) use compare::Compare;
pub(crate) use context::{As, Context, Drawn};
pub(crate) use dev::Dev;
pub(crate) use network::Network;
pub(crate) use params::Params;
pub(crate) use plan::{Plan, Today};
pub(crate) use recording::Recording;
pub(crate) use replay::Replay;
pub(crate) use rerun::Rerun;
pub(crate) use scenario::Scenario;
pub(crate) use soak::Soak;
pub(crate) use sweep::Sweep;
pub(crate) use trace::{Trace, Until};
pub(crate) use tree::{Format, Tree};
pub(crate) use try_config::TryConfig;
pub(crate) use vectors::{Target, Vectors};

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Asynchronous backing on a devnet of your own: real runtime, real signatures, virtual clock.
#[derive(Debug, Parser)]
#[command(name = "async-backing", version, about, arg_required_else_help = true)]
pub(crate) struct Cli {
	#[command(subcommand)]
	pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
	/// Runs synchronous backing (0, 0), then asynchronous backing (4, 3), and shows both side by side.
	Compare(Compare),
	/// Runs once with chosen parameters.
	Dev(Dev),
	/// Says what a pace takes: segment capacity, depth, ancestry and lookahead, the least that sustain it and why.
	Plan(Plan),
	/// Draws the fragment tree of a para at a relay block of a run, as a validator sees it right before the next block.
	Tree(Tree),
	/// Draws what a parablock is executed with, and where each value is from: by its collator, its backers, or approvers.
	Context(Context),
	/// Tells the road of a parablock: everything said of it, who checked it and voted for it, and when relay blocks took it.
	Trace(Trace),
	/// Checks a relay runtime: how it is put together, and the whole road on it. Fails if something is wrong.
	CheckRuntime(CheckRuntime),
	/// Makes a run again that was stopped since something did not hold, up to that or to an event before.
	Rerun(Rerun),
	/// Makes runs that files describe, and says whether they come to what the files expect; see docs/scenarios.
	Scenario(Scenario),
	/// Runs with faults that are drawn from a seed, until one of them breaks something, and makes that as small as it gets.
	Soak(Soak),
	/// Has root stage a host configuration while parablocks are in flight, and says block by block what that does.
	TryConfig(TryConfig),
	/// Judges real relay blocks by the rules, and says what they can't decide. Fails if something disagrees.
	Replay(Replay),
	/// Writes the test vectors of the rules, or compares them with what is there.
	Vectors(Vectors),
	/// Answers questions about the rules, those of the vectors, for whoever starts it.
	Target(Target),
	/// Compiles and executes validation functions for the process that starts it, over its standard input and output.
	PvfWorker,
}

/// What is written at the end of a run.
#[derive(Args, Debug)]
pub(crate) struct Common {
	/// Relay blocks to build.
	#[arg(long, value_name = "COUNT", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=10_000))]
	pub(crate) blocks: u32,
	/// Writes the outcome as JSON; `-` is the standard output, and nothing else goes there then.
	#[arg(long, value_name = "FILE")]
	pub(crate) json: Option<PathBuf>,
	/// Writes the run as a page to look at in a browser: time lines, fragment trees, what became of each parablock. The last
	/// one counts.
	#[arg(long, value_name = "FILE.html", overrides_with = "report")]
	pub(crate) report: Option<PathBuf>,
	/// Tells messages and bytes by kind, too. So does a run of 100 validators and more.
	#[arg(long)]
	pub(crate) traffic: bool,
	/// Measures how long an extrinsic takes on this machine, and shows it beside the model's figure.
	#[arg(long)]
	pub(crate) calibrate: bool,
}
