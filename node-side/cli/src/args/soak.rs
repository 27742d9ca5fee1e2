//! `soak`.

use crate::runtime::RuntimeArgs;
use async_backing_devnet::MAX_VALIDATORS;
use clap::Args;
use std::path::PathBuf;

/// Many runs.
#[derive(Args, Debug)]
pub(crate) struct Soak {
	/// Runs to make; without it they go on until somebody stops them.
	#[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
	pub(crate) runs: Option<u32>,
	/// What faults are drawn from.
	#[arg(long, value_name = "NUMBER", default_value_t = 0)]
	pub(crate) seed: u64,
	/// Relay blocks of each run. All is calm from the middle on.
	#[arg(long, value_name = "COUNT", default_value_t = 100, value_parser = clap::value_parser!(u32).range(40..=1000))]
	pub(crate) blocks: u32,
	/// Validators of each run.
	#[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = clap::value_parser!(u32).range(4..=i64::from(MAX_VALIDATORS)))]
	pub(crate) validators: u32,
	/// One more validator misbehaves than may: something has to break, or those who contradict themselves have to be charged for
	/// it.
	#[arg(long)]
	pub(crate) beyond: bool,
	/// Where it is written what each run came to. Runs that are there already are not made again.
	#[arg(long, value_name = "FILE")]
	pub(crate) state: Option<PathBuf>,
	/// Writes what the runs came to as a page to look at in a browser: anew after each run. The last one counts.
	#[arg(long, value_name = "FILE.html", overrides_with = "report")]
	pub(crate) report: Option<PathBuf>,
	/// Goes on after a run in which something broke.
	#[arg(long)]
	pub(crate) keep_going: bool,
	/// Most runs that are made to make one smaller in which something broke.
	#[arg(long, value_name = "COUNT", default_value_t = 40)]
	pub(crate) shrink: u32,
	/// Which relay runtime they run on.
	#[command(flatten)]
	pub(crate) runtime: RuntimeArgs,
}
