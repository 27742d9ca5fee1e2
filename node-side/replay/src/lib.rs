#![doc = include_str!("../README.md")]

mod block;
mod error;
mod judge;
mod read;
mod report;
mod storage;
mod verdict;
mod weight;

pub use block::{Block, Booked, Inherent, Told};
pub use error::{ExtrinsicError, ReadError};
pub use judge::{judge, Options};
pub use read::{read, read_extrinsic, Read, MAX_FILE};
pub use report::{BlockReport, Moment, ParaReport, Report, RunReport, SCHEMA};
pub use storage::{read_configuration, read_storage, PublishedConfiguration, StorageReport, ValueReport};
pub use verdict::{Question, Tally, Verdict};
pub use weight::{Enacted, Load, Messages, Weigh, Weights};

use std::path::PathBuf;

/// Reads everything at these paths, judges it, and reports.
///
/// What can't be read is in [`Report::unread`], and the rest is judged nevertheless.
pub fn replay(paths: &[PathBuf], options: &Options, weights: Option<&dyn Weigh>) -> Report {
	let Read {
		blocks,
		storage,
		errors,
	} = read(paths);
	let mut report = judge(blocks, options, weights);
	report.unread = errors.iter().map(ToString::to_string).collect();
	for folder in storage {
		match read_storage(&folder) {
			Ok(values) => report.storage.push(values),
			Err(error) => report.unread.push(error.to_string()),
		}
	}
	report
}
