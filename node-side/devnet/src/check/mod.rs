//! Whether a runtime is one that parachains, nodes and tools can work with: what its blob and its metadata say, and a run on
//! it. Every adopter's acceptance test.
//!
//! What is asked of the metadata is what the integrity tests of the pallets ask of a runtime's source, for whoever has the blob
//! alone. The run is the whole road: blocks are built, backed and included across a session change, a code is replaced, blocks
//! are ordered, a message is sent upward, and root changes a parameter and opens a channel, as far as the runtime has somebody for
//! it. What it has nobody for, or what the run is too short for, is not tried and is no fault.

mod blob;
mod echo;
mod governance;
mod road;
mod told;
mod upward;
mod wiring;

pub use wiring::wiring;

use crate::{runtime::Runtime, DevnetError, RuntimeExecutor};
use serde::Serialize;
use std::fmt;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
	/// As it should be.
	Ok,
	/// Legal, but something will be slower, or somebody will not find what they look for.
	Warn,
	/// Parachains will not work.
	Fail,
}

impl fmt::Display for Level {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.pad(match self {
			Self::Ok => "ok",
			Self::Warn => "warn",
			Self::Fail => "fail",
		})
	}
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
	/// How bad it is.
	pub level: Level,
	/// What was checked.
	pub what: String,
	/// What there should be.
	pub expected: String,
	/// What there is.
	pub came: String,
	/// Rule or document that says more.
	pub read: &'static str,
}

impl Finding {
	fn of(
		level: Level,
		what: impl Into<String>,
		expected: impl Into<String>,
		came: impl Into<String>,
		read: &'static str,
	) -> Self {
		Self {
			level,
			what: what.into(),
			expected: expected.into(),
			came: came.into(),
			read,
		}
	}

	/// As it should be if `holds`, else `otherwise`.
	fn if_holds(
		holds: bool,
		otherwise: Level,
		what: impl Into<String>,
		expected: impl Into<String>,
		came: impl Into<String>,
		read: &'static str,
	) -> Self {
		let level = if holds { Level::Ok } else { otherwise };
		Self::of(level, what, expected, came, read)
	}
}

/// What all checks of a runtime found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckReport {
	/// Version of this format: 1. Fields are only ever added to it.
	pub schema: u32,
	/// Name of the runtime, if it is one.
	pub runtime: Option<String>,
	/// Its version.
	pub spec_version: Option<u32>,
	/// The preset that the run began with; `None` for the default configuration.
	pub preset: Option<String>,
	/// What was found, in the order of the checks.
	pub findings: Vec<Finding>,
}

impl CheckReport {
	/// Whether nothing failed.
	pub fn passes(&self) -> bool {
		self.findings.iter().all(|finding| finding.level != Level::Fail)
	}
}

/// Checks a runtime's blob, compressed or not, and takes it the whole road from the preset of this name, or from the one that a
/// run takes by itself. A finding that fails is no error.
///
/// # Errors
/// The engine for validation functions does not start on this machine.
pub fn check_runtime(
	code: &[u8],
	preset: Option<&str>,
	executor: RuntimeExecutor,
) -> Result<CheckReport, DevnetError> {
	let mut report = CheckReport {
		schema: 1,
		runtime: None,
		spec_version: None,
		preset: preset.map(str::to_owned),
		findings: Vec::new(),
	};
	report.findings.extend(blob::blob(code));
	let runtime = match Runtime::read(code, executor) {
		Ok(runtime) => runtime,
		Err(error) => {
			report.findings.push(not_a_runtime(&error));
			return Ok(report);
		}
	};
	report.runtime = Some(runtime.version.spec_name.to_string());
	report.spec_version = Some(runtime.version.spec_version);
	report.findings.extend(blob::apis(&runtime));
	report.findings.extend(wiring(&runtime.metadata));
	report.findings.extend(blob::session_keys(&runtime));
	report.findings.extend(road::road(&runtime, &mut report.preset)?);
	Ok(report)
}

fn not_a_runtime(error: &DevnetError) -> Finding {
	Finding::of(
		Level::Fail,
		"the runtime",
		"a relay runtime whose APIs a node can ask",
		error.to_string(),
		"docs/guide/adopting.md",
	)
}
