//! The port to whatever prepares and executes validation functions.

use crate::{Limits, PrepareError, ValidateError, Validated};
use async_backing_primitives::{ValidationCode, ValidationParams};
use std::time::Instant;
use thiserror::Error;

/// Prepares and executes validation functions, each by a deadline: both are jobs, run by threads that may wait.
///
/// Drivers take any `Engine`, so that one in worker processes can take the place of [`InProcess`](crate::InProcess). What
/// every engine keeps:
/// - **Verdicts are equal.** [`Failure::Verdict`] and a [`Validated`] depend on code, parameters and limits alone, and are
///   the same on every machine. Whatever depends on this machine or its load is a [`Failure::Unfinished`], and says
///   nothing about code or candidate: nobody is blamed for it, and no statement follows from it.
/// - **Deadlines hold.** A call returns shortly after its deadline at the latest, whatever code and input do.
/// - **Fuel is time.** An execution is [late](Unfinished::Late) as well when it takes [`STRETCH`](crate::STRETCH) times the time
///   that its fuel is [worth](Limits::worth), and [`LEAST_TIME`](crate::LEAST_TIME): what fuel does not hold, the clock does.
pub trait Engine: Send + Sync {
	/// A code that is ready for execution.
	type Artifact: Clone + Send + Sync;

	/// Makes `code` ready for execution. What is ready already costs next to nothing.
	///
	/// `bomb_limit`: bytes that the code may have after decompression, by the chain (`validation_code_bomb_limit` of its
	/// runtime API).
	///
	/// # Errors
	/// [`Failure::Verdict`] if no block can be checked with this code.
	fn prepare(
		&self,
		code: &ValidationCode,
		bomb_limit: usize,
		deadline: Instant,
	) -> Result<Self::Artifact, Failure<PrepareError>>;

	/// Executes a prepared code once.
	///
	/// # Errors
	/// [`Failure::Verdict`] if the block is invalid or needs more than `limits`.
	fn execute(
		&self,
		artifact: &Self::Artifact,
		params: &ValidationParams,
		limits: &Limits,
		deadline: Instant,
	) -> Result<Validated, Failure<ValidateError>>;
}

/// Why a job has no result.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Failure<Verdict: std::error::Error + 'static> {
	/// The code or the block is at fault. It is on every machine.
	#[error(transparent)]
	Verdict(Verdict),
	/// This machine did not get to a verdict.
	#[error(transparent)]
	Unfinished(#[from] Unfinished),
}

impl From<PrepareError> for Failure<PrepareError> {
	fn from(verdict: PrepareError) -> Self {
		Self::Verdict(verdict)
	}
}

impl From<ValidateError> for Failure<ValidateError> {
	fn from(verdict: ValidateError) -> Self {
		Self::Verdict(verdict)
	}
}

/// Why this machine did not get to a verdict. Another one may, and so may this one another time.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unfinished {
	/// It was not done by its deadline, or took [far longer](crate::STRETCH) than its fuel is worth.
	#[error("not done by its deadline, or in twice the time that its fuel is worth")]
	Late,
	/// There is no room for it.
	#[error("{running} preparations are running, and at most {most} may")]
	Busy {
		/// Those that are running.
		running: usize,
		/// As many as may.
		most: usize,
	},
	/// What did it ended without a result.
	#[error("ended without a result: {reason}")]
	Died {
		/// What is known of it.
		reason: String,
	},
}
