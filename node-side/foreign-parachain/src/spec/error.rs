//! Why there is no parachain.

use crate::SetupError;
use async_backing_primitives::ParaId;
use std::path::PathBuf;
use thiserror::Error;

/// Why a file describes no parachain that can be run.
#[derive(Debug, Error)]
pub enum SpecError {
	/// A file cannot be read.
	#[error("{path}: cannot be read ({source})", path = .path.display())]
	Read {
		/// The file.
		path: PathBuf,
		/// Why.
		source: std::io::Error,
	},
	/// A file is too large for what it is to be.
	#[error("{path}: has {bytes} bytes, but may have {max}", path = .path.display())]
	TooLarge {
		/// The file.
		path: PathBuf,
		/// Its size.
		bytes: u64,
		/// As much as it may have.
		max: u64,
	},
	/// Two files describe the same para.
	#[error("{path}: `id` is {id}, which is that of {other} as well", path = .path.display(), other = .other.display())]
	SameId {
		/// One of them.
		path: PathBuf,
		/// The para.
		id: ParaId,
		/// The other one.
		other: PathBuf,
	},
	/// A channel leads to nobody.
	#[error("{path}: `channels.to` is {to}, but must be another para of the run", path = .path.display())]
	NoSuchPara {
		/// The file.
		path: PathBuf,
		/// Where it leads.
		to: ParaId,
	},
	/// A file is no TOML, or JSON if it is named so, or says something that is not understood.
	#[error("{path}: {reason}", path = .path.display())]
	Format {
		/// The file.
		path: PathBuf,
		/// What, with key and line.
		reason: String,
	},
	/// A value is none that can be.
	#[error("{path}: `{key}` is {value}, but must be {allowed}", path = .path.display())]
	Value {
		/// The file.
		path: PathBuf,
		/// Name of the value.
		key: &'static str,
		/// What it is.
		value: String,
		/// What it may be.
		allowed: String,
	},
	/// What is described cannot be run.
	#[error("{path}: {source}", path = .path.display())]
	Setup {
		/// The file.
		path: PathBuf,
		/// Why.
		source: Box<SetupError>,
	},
}
