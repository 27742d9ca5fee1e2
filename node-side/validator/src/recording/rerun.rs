//! Recordings, told again.

use super::{
	config,
	input::{self, Told},
	output, Answers, Entry, MAGIC, MAX_ENTRY,
};
use crate::{
	work::{self, Ballots, Execution, ExecutionFailure, Executor, Signer},
	CodeDone, Done, Job, NodeWords, Validator, ValidatorConfig,
};
use async_backing_machine::{Core, Input, Instant, JobFailure, JobId, Outbox, Output};
use async_backing_primitives::{
	CandidateHash, Hash, PersistedValidationData, PoV, PvfCheckStatement, ValidationCodeHash, ValidatorId,
	ValidatorSignature,
};
use codec::{Decode, DecodeAll};
use std::{
	collections::BTreeMap,
	fmt,
	io::{self, Read},
};
use thiserror::Error;

/// Latest time of an input, and the longest that anything may take: thirty thousand years.
pub(super) const LATEST: Instant = Instant::from_secs(1 << 40);

/// How a recording that was told again ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
	/// Behind an entry: its recorder was finished, or stopped there.
	Whole,
	/// Within an entry: whoever wrote it was stopped.
	Torn,
}

/// What came of a recording that was told again, and every output is what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rerun {
	/// Version of the program that wrote it.
	pub version: String,
	/// How often the validator started.
	pub starts: u64,
	/// Inputs.
	pub steps: u64,
	/// Outputs, each compared.
	pub outputs: u64,
	/// Time of the last input.
	pub last: Instant,
	/// How it ends.
	pub ended: Ended,
}

/// The first output that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
	/// Number of the input, from 0.
	pub step: u64,
	/// Its time.
	pub now: Instant,
	/// The input: the beginning of it, in words.
	pub input: String,
	/// Which of its outputs, from 0.
	pub position: usize,
	/// What came of it when it was recorded; `None` if no more did.
	pub expected: Option<String>,
	/// What came of it now.
	pub got: Option<String>,
}

impl fmt::Display for Difference {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let or_nothing = |said: &Option<String>| said.clone().unwrap_or_else(|| "nothing more".into());
		write!(
			f,
			"input {} at {:.6} s: {}\noutput {}:\n  expected {}\n  got      {}",
			self.step,
			self.now.as_secs_f64(),
			self.input,
			self.position,
			or_nothing(&self.expected),
			or_nothing(&self.got)
		)?;
		match self.expected == self.got {
			true => write!(f, "\n  which differ behind what is shown"),
			false => Ok(()),
		}
	}
}

/// Why a recording is not told to its end.
#[derive(Debug, Error)]
pub enum RerunError {
	/// It cannot be read.
	#[error("it cannot be read: {0}")]
	Io(#[from] io::Error),
	/// It is something else.
	#[error("it does not begin with '{}'", String::from_utf8_lossy(MAGIC).trim_end())]
	NoRecording,
	/// An entry is none.
	#[error("input {step} does not decode: {reason}")]
	Malformed {
		/// Inputs before it.
		step: u64,
		/// Why.
		#[source]
		reason: codec::Error,
	},
	/// An entry says that it is too long.
	#[error("input {step} has {got} bytes, at most {max}")]
	TooLong {
		/// Inputs before it.
		step: u64,
		/// What it says.
		got: usize,
		/// The most.
		max: usize,
	},
	/// Time goes back, or further than any clock.
	#[error("input {step} is at {got:?}, behind one at {last:?}")]
	Time {
		/// The input.
		step: u64,
		/// When the one before was.
		last: Instant,
		/// When it is.
		got: Instant,
	},
	/// An input comes before the validator has started.
	#[error("input {0} comes before a start")]
	NotStarted(u64),
	/// A job ends that the validator has not begun.
	#[error("input {step} is the end of job {}, which was not begun", job.0)]
	NoJob {
		/// The input.
		step: u64,
		/// The job.
		job: JobId,
	},
	/// An output is not what it was.
	#[error("{0}")]
	Differs(Box<Difference>),
}

/// Tells a recording to a validator that is made again, and compares every output. Its memory is that of the validator, of its jobs
/// under way, and of one entry.
///
/// # Errors
/// [`RerunError::Differs`] with the first output that is another one; others say why it is no recording.
pub fn rerun(from: impl Read) -> Result<Rerun, RerunError> {
	tell(from, true)
}

/// As [`rerun`], and goes on where an output is another one: for whoever tries what a validator makes of a recording that nobody
/// recorded.
///
/// # Errors
/// Why it is no recording.
#[cfg(feature = "laws")]
pub fn rerun_regardless(from: impl Read) -> Result<Rerun, RerunError> {
	tell(from, false)
}

/// With `compares`, only as long as the outputs are what they were.
fn tell(mut from: impl Read, compares: bool) -> Result<Rerun, RerunError> {
	let mut magic = vec![0; MAGIC.len()];
	let is_magic = from.read_exact(&mut magic).is_ok() && magic == MAGIC;
	if !is_magic {
		return Err(RerunError::NoRecording);
	}
	let malformed = |step: u64| move |reason| RerunError::Malformed { step, reason };
	let Some(first) = next_entry(&mut from, 0)?.whole() else {
		return Err(RerunError::NoRecording);
	};
	let mut first = &first[..];
	let version = String::decode(&mut first).map_err(malformed(0))?;
	let config = config::decode(&mut first).map_err(malformed(0))?;
	let mut told = Teller {
		compares,
		config,
		validator: None,
		jobs: BTreeMap::new(),
		so_far: Rerun {
			version,
			starts: 0,
			steps: 0,
			outputs: 0,
			last: Instant::ZERO,
			ended: Ended::Whole,
		},
	};
	loop {
		let step = told.so_far.steps;
		match next_entry(&mut from, step)? {
			Next::Entry(bytes) => {
				let entry = Entry::decode_all(&mut &bytes[..]).map_err(malformed(step))?;
				told.tell(entry)?;
			}
			Next::End(ended) => return Ok(Rerun { ended, ..told.so_far }),
		}
	}
}

/// What comes next in a file.
enum Next {
	Entry(Vec<u8>),
	End(Ended),
}

impl Next {
	fn whole(self) -> Option<Vec<u8>> {
		match self {
			Self::Entry(bytes) => Some(bytes),
			Self::End(_) => None,
		}
	}
}

fn next_entry(from: &mut impl Read, step: u64) -> Result<Next, RerunError> {
	let mut len = Vec::new();
	from.take(4).read_to_end(&mut len)?;
	let len = match <[u8; 4]>::try_from(&len[..]) {
		Ok(len) => u32::from_le_bytes(len) as usize,
		Err(_) if len.is_empty() => return Ok(Next::End(Ended::Whole)),
		Err(_) => return Ok(Next::End(Ended::Torn)),
	};
	if len > MAX_ENTRY {
		return Err(RerunError::TooLong {
			step,
			got: len,
			max: MAX_ENTRY,
		});
	}
	let mut bytes = Vec::new();
	from.take(len as u64).read_to_end(&mut bytes)?;
	Ok(match bytes.len() == len {
		true => Next::Entry(bytes),
		false => Next::End(Ended::Torn),
	})
}

struct Teller {
	/// Stops at the first output that is another one.
	compares: bool,
	config: ValidatorConfig,
	validator: Option<Validator>,
	/// Under way.
	jobs: BTreeMap<JobId, Job>,
	so_far: Rerun,
}

impl Teller {
	fn tell(&mut self, entry: Entry) -> Result<(), RerunError> {
		let (now, next_id, room, input, expected) = match entry {
			Entry::Started => {
				self.validator = Some(Validator::new(self.config.clone()));
				self.jobs.clear();
				self.so_far.starts = self.so_far.starts.saturating_add(1);
				return Ok(());
			}
			Entry::Step {
				now,
				next_id,
				room,
				input,
				outputs,
			} => (now, next_id, room, input, outputs),
		};
		let step = self.so_far.steps;
		// The core is promised a time that never goes back, and reckons from it.
		if now < self.so_far.last || now > LATEST {
			return Err(RerunError::Time {
				step,
				last: self.so_far.last,
				got: now,
			});
		}
		let told = input::decode(&mut &input[..]).map_err(|reason| RerunError::Malformed { step, reason })?;
		let text = told.text();
		let input = match told {
			Told::Input(input) => *input,
			Told::Done(job, outcome) => self.done(step, job, outcome)?,
		};
		let validator = self.validator.as_mut().ok_or(RerunError::NotStarted(step))?;
		let room = usize::try_from(room).unwrap_or(usize::MAX);
		let mut out = Outbox::<NodeWords>::new(room).starting_at(next_id);
		validator.handle(now, input, &mut out);
		let mut expected = expected.into_iter();
		let mut outputs = out.drain();
		let mut position = 0;
		loop {
			let (was, is) = (expected.next(), outputs.next());
			let said = is.as_ref().map(output::said);
			let is_same = was.as_ref().map(|was| was.hash) == said.as_ref().map(|said| said.hash);
			if self.compares && !is_same {
				return Err(RerunError::Differs(Box::new(Difference {
					step,
					now,
					input: text,
					position,
					expected: was.map(|was| was.text),
					got: said.map(|said| said.text),
				})));
			}
			match is {
				Some(Output::Job { id, job, .. }) => drop(self.jobs.insert(id, job)),
				Some(_) => {}
				None => break,
			}
			position += 1;
		}
		let so_far = &mut self.so_far;
		so_far.steps = step.saturating_add(1);
		so_far.outputs = so_far.outputs.saturating_add(position as u64);
		so_far.last = now;
		Ok(())
	}

	/// Does a job again, with the answers that do not follow from it.
	fn done(
		&mut self,
		step: u64,
		id: JobId,
		outcome: Result<Box<Answers>, JobFailure>,
	) -> Result<Input<NodeWords>, RerunError> {
		let job = self.jobs.remove(&id).ok_or(RerunError::NoJob { step, job: id })?;
		let done = match outcome.map(|answers| *answers) {
			Ok(Answers {
				ballot: Some(result), ..
			}) => Ok(Done::Code(CodeDone::Voted(result))),
			Ok(answers) => {
				let signer = Signed(answers.signature);
				let mut executor = Executed {
					execution: answers.execution,
					preparation: answers.preparation,
				};
				work::run(job, &mut executor, &signer, &mut Nobody).0
			}
			Err(failure) => Err(failure),
		};
		Ok(input::ended(id, done))
	}
}

/// Answers as was answered. What was not asked when it was recorded is asked of nobody now, or the outputs differ.
struct Executed {
	execution: Option<Result<async_backing_primitives::ValidationResult, String>>,
	preparation: Option<Result<(), String>>,
}

impl Executor for Executed {
	fn prepare(&mut self, _: ValidationCodeHash, _: Hash) -> Result<(), ExecutionFailure> {
		match self.preparation.take() {
			Some(result) => result.map_err(ExecutionFailure::Verdict),
			None => Err(JobFailure::Dropped.into()),
		}
	}

	fn execute(
		&mut self,
		_: CandidateHash,
		_: ValidationCodeHash,
		_: &PersistedValidationData,
		_: &PoV,
	) -> Execution {
		let outcome = match self.execution.take() {
			Some(result) => result.map_err(ExecutionFailure::Verdict),
			None => Err(JobFailure::Dropped.into()),
		};
		Execution { outcome, fuel: 0 }
	}
}

struct Signed(Option<ValidatorSignature>);

impl Signer for Signed {
	fn sign(&self, _: &ValidatorId, _: &[u8]) -> Option<ValidatorSignature> {
		self.0.clone()
	}
}

/// Votes that were handed over are answered without being signed again.
struct Nobody;

impl Ballots for Nobody {
	fn submit(&mut self, _: Hash, _: PvfCheckStatement, _: ValidatorSignature) -> Result<(), String> {
		Err("nobody was asked".into())
	}
}
