//! The flight recorder: what a validator was told, so that the same can be told again and every output compared.
//!
//! A validator is a deterministic state machine (law 6), so what it was made from and its inputs with their times are the whole
//! run. A [`Recorder`] stands between a driver and its [`Validator`], writes each input in SCALE and what came of it, and keeps
//! nothing; [`rerun`] makes the validator again, feeds it, and stops at the first output that is another one.
//!
//! What a job came to is not written, because it follows from the job ([`work::run`](crate::work::run)), which the rerun does again;
//! only what does not follow is: what an execution gave ([`Noting`]), a signature, what the chain says of a vote.
//!
//! Invariants:
//! - an input is written before the next one is handled, with all of its outputs, or not at all: a recording that ends anywhere
//!   ends between two of them ([`Ended::Torn`]);
//! - a recorder holds one input and its outputs at a time, and of each execution under way its outputs;
//! - recording changes nothing in what a validator does, also where it fails: a disk that takes no more ends the recording, never
//!   the validator.
//!
//! # Format
//! [`MAGIC`], then entries, each its length as `u32` in little endian and so many bytes: the first is the version of the writer
//! (SCALE text) and the [`ValidatorConfig`]; each other one is an `Entry`: a start of the validator, or an input.

mod config;
mod input;
mod output;
mod rerun;

#[cfg(feature = "laws")]
pub use rerun::rerun_regardless;
pub use rerun::{rerun, Difference, Ended, Rerun, RerunError};

use crate::{
	work::{Execution, ExecutionFailure, Executor},
	CodeDone, Done, Job, NodeWords, Validator, ValidatorConfig,
};
use async_backing_availability::ErasureError;
use async_backing_backing::job::{Coded, Done as BackingDone, Invalid, Job as BackingJob};
use async_backing_machine::{Core, Input, Instant, JobFailure, JobId, Outbox, Output};
use async_backing_primitives::{
	AvailableData, CandidateHash, Hash, PersistedValidationData, PoV, ValidationCodeHash, ValidationResult,
	ValidatorSignature,
};
use codec::{Decode, Encode};
use std::{
	collections::BTreeMap,
	io::{self, Write},
};

/// What a recording begins with: its first line.
pub const MAGIC: &[u8] = b"async-backing recording 2\n";

/// Bytes of an entry: an answer of 16 MiB (R-NET-16 to R-NET-22), and what a disk gives back after a crash.
const MAX_ENTRY: usize = 1 << 30;

/// What does not follow from a job, of what it came to.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
struct Answers {
	/// What executing a candidate gave, or why it is refused.
	execution: Option<Result<ValidationResult, String>>,
	/// What was signed; `None` also where there is no such key.
	signature: Option<ValidatorSignature>,
	/// Whether a code can be executed, or why not.
	preparation: Option<Result<(), String>>,
	/// Whether a vote is with the chain, or why not.
	ballot: Option<Result<(), String>>,
}

/// What one output was.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Said {
	/// Hash of all of it.
	hash: Hash,
	/// The beginning of it in words, for whoever reads of a difference.
	text: String,
}

/// One entry of a recording, after the first.
#[derive(Debug, Encode, Decode)]
enum Entry {
	/// The validator starts, anew if it did before.
	#[codec(index = 0)]
	Started,
	/// It is told something.
	#[codec(index = 1)]
	Step {
		/// When.
		now: Instant,
		/// The id that its outbox gives next.
		next_id: u64,
		/// Outputs that its outbox has room for.
		room: u32,
		/// The input, as of [`input`].
		input: Vec<u8>,
		/// What came of it, in order.
		outputs: Vec<Said>,
	},
}

/// Writes down what a validator is told and what comes of it.
///
/// Memory: one input with its outputs, and [`Notes`].
pub struct Recorder<W> {
	/// `None` once something was not written.
	to: Option<W>,
	failure: Option<io::Error>,
	steps: u64,
	/// Candidates that are being executed.
	executing: BTreeMap<JobId, CandidateHash>,
	notes: Notes,
}

impl<W> std::fmt::Debug for Recorder<W> {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.debug_struct("Recorder")
			.field("steps", &self.steps)
			.field("failure", &self.failure)
			.finish_non_exhaustive()
	}
}

impl<W: Write> Recorder<W> {
	/// Begins a recording of a validator that is made from `config`. It is written as it comes: give it something with a buffer.
	///
	/// # Errors
	/// The beginning cannot be written.
	pub fn new(mut to: W, config: &ValidatorConfig) -> io::Result<Self> {
		to.write_all(MAGIC)?;
		let mut first = env!("CARGO_PKG_VERSION").encode();
		config::encode(config, &mut first);
		write_entry(&mut to, &first)?;
		Ok(Self {
			to: Some(to),
			failure: None,
			steps: 0,
			executing: BTreeMap::new(),
			notes: Notes::default(),
		})
	}

	/// The validator starts, anew if it did before. What was under way is forgotten.
	pub fn started(&mut self) {
		self.executing.clear();
		self.write(&Entry::Started);
	}

	/// What was written so far.
	#[cfg(test)]
	pub(crate) fn written(&self) -> Option<&W> {
		self.to.as_ref()
	}

	/// Has the validator handle an input, and writes both down. It does exactly what it would do alone.
	pub fn handle(
		&mut self,
		validator: &mut Validator,
		now: Instant,
		input: Input<NodeWords>,
		out: &mut Outbox<NodeWords>,
	) {
		if self.to.is_none() {
			return validator.handle(now, input, out);
		}
		let mut written = Vec::new();
		let answers = match &input {
			Input::Done(id, done) => self.answers(*id, done),
			_ => Answers::default(),
		};
		input::encode(&input, &answers, &mut written);
		let (next_id, room, before) = (out.next_id(), out.free(), out.len());
		validator.handle(now, input, out);
		let mut outputs = Vec::new();
		for output in out.iter().skip(before) {
			if let Output::Job {
				id,
				job: Job::Backing(BackingJob::Validate(job)),
				..
			} = output
			{
				self.executing.insert(*id, job.candidate);
			}
			outputs.push(output::said(output));
		}
		self.steps = self.steps.saturating_add(1);
		self.write(&Entry::Step {
			now,
			next_id,
			room: u32::try_from(room).unwrap_or(u32::MAX),
			input: written,
			outputs,
		});
	}

	/// Where executions are noted ([`Noting`]).
	pub fn notes(&mut self) -> &mut Notes {
		&mut self.notes
	}

	/// Inputs so far.
	pub fn steps(&self) -> u64 {
		self.steps
	}

	/// Ends the recording, and says how many inputs are in it.
	///
	/// # Errors
	/// Something was not written: the recording ends before that.
	pub fn finish(mut self) -> io::Result<u64> {
		if let Some(failure) = self.failure {
			return Err(failure);
		}
		if let Some(to) = &mut self.to {
			to.flush()?;
		}
		Ok(self.steps)
	}

	fn write(&mut self, entry: &Entry) {
		let Some(to) = &mut self.to else { return };
		if let Err(failure) = write_entry(to, &entry.encode()) {
			self.to = None;
			self.failure = Some(failure);
		}
	}

	/// What of a job's end does not follow from the job.
	fn answers(&mut self, id: JobId, done: &Result<Done, JobFailure>) -> Answers {
		let executed = self.executing.remove(&id);
		let noted = executed.and_then(|candidate| self.notes.executions.remove(&candidate));
		let mut answers = Answers::default();
		match done {
			Ok(Done::Backing(BackingDone::Validated(result))) => {
				answers.execution = noted.or_else(|| match result {
					Ok(validated) => Some(Ok(result_of(validated.candidate.commitments()))),
					Err(Invalid::Execution(reason)) => Some(Err(reason.clone())),
					Err(_) => None,
				});
			}
			Ok(Done::Backing(BackingDone::Signed(signature)) | Done::SignedBitfield(signature)) => {
				answers.signature = signature.clone();
			}
			Ok(Done::Code(CodeDone::Prepared(result))) => answers.preparation = Some(result.clone()),
			Ok(Done::Code(CodeDone::Voted(result))) => answers.ballot = Some(result.clone()),
			_ => {}
		}
		answers
	}
}

fn result_of(commitments: &async_backing_primitives::CandidateCommitments) -> ValidationResult {
	let commitments = commitments.clone();
	ValidationResult {
		head_data: commitments.head_data,
		new_validation_code: commitments.new_validation_code,
		upward_messages: commitments.upward_messages,
		horizontal_messages: commitments.horizontal_messages,
		processed_downward_messages: commitments.processed_downward_messages,
		hrmp_watermark: commitments.hrmp_watermark,
	}
}

/// A configuration, written and read.
#[cfg(test)]
pub(crate) fn config_again(config: &ValidatorConfig) -> Result<ValidatorConfig, codec::Error> {
	let mut written = Vec::new();
	config::encode(config, &mut written);
	config::decode(&mut &written[..])
}

fn write_entry(to: &mut impl Write, entry: &[u8]) -> io::Result<()> {
	let len = u32::try_from(entry.len()).map_err(io::Error::other)?;
	to.write_all(&len.to_le_bytes())?;
	to.write_all(entry)
}

/// What executions gave, until the validator hears of it.
///
/// An execution whose outputs are what the candidate says follows from that; one that gives something else does not.
#[derive(Debug, Default)]
pub struct Notes {
	executions: BTreeMap<CandidateHash, Result<ValidationResult, String>>,
}

impl Notes {
	/// Executions whose end nobody hears of, such as those that were cancelled, give way above this.
	const MAX: usize = 256;

	fn put(&mut self, candidate: CandidateHash, outcome: Result<ValidationResult, String>) {
		if self.executions.len() >= Self::MAX {
			self.executions.pop_first();
		}
		self.executions.insert(candidate, outcome);
	}
}

/// An executor, of which is noted what it gives: the driver of a validator that is recorded has jobs done with it.
#[derive(Debug)]
pub struct Noting<'a, E> {
	/// Who executes.
	pub executor: &'a mut E,
	/// Of the [recorder](Recorder::notes).
	pub notes: &'a mut Notes,
}

impl<E: Executor> Executor for Noting<'_, E> {
	fn prepare(&mut self, code: ValidationCodeHash, at: Hash) -> Result<(), ExecutionFailure> {
		self.executor.prepare(code, at)
	}

	fn execute(
		&mut self,
		candidate: CandidateHash,
		code: ValidationCodeHash,
		validation_data: &PersistedValidationData,
		pov: &PoV,
	) -> Execution {
		let execution = self.executor.execute(candidate, code, validation_data, pov);
		match &execution.outcome {
			Ok(result) => self.notes.put(candidate, Ok(result.clone())),
			Err(ExecutionFailure::Verdict(reason)) => self.notes.put(candidate, Err(reason.clone())),
			// The job ends with that.
			Err(ExecutionFailure::Unfinished(_)) => {}
		}
		execution
	}

	fn code(
		&mut self,
		candidate: CandidateHash,
		validators: usize,
		data: AvailableData,
	) -> Result<Coded, ErasureError> {
		self.executor.code(candidate, validators, data)
	}
}
