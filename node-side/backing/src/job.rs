//! The heavy work of backing, as pure functions: whoever drives a validator runs them where it likes.
//!
//! Here are all hashes of what a peer sent, all signature checks, executions, codings and signatures. Their results carry
//! what was found out on the way, so that nobody does any of it again.

use crate::{Collation, OutputsMismatch, SecondedCandidate};
use async_backing_availability::{encode, EncodedData, ErasureError};
use async_backing_execution_context::{check_pov, check_validation_data, InputMismatch};
use async_backing_fragment_tree::{Candidate, SharedValidationData};
use async_backing_machine::JobFailure;
use async_backing_primitives::{
	crypto, AvailableData, CandidateDescriptor, CandidateHash, CandidateReceipt, CommittedCandidateReceipt,
	Hash, IntrinsicError, PersistedValidationData, PoV, ValidationCodeHash, ValidationResult, ValidatorId,
	ValidatorSignature,
};
use codec::{DecodeAll, Encode};
use std::sync::Arc;
use thiserror::Error;

/// Work for somebody else.
#[derive(Clone, Debug, PartialEq)]
pub enum Job {
	/// Execute a candidate, compare what it gives with its receipt, and code its data.
	Validate(Box<ValidationJob>),
	/// Sign a payload.
	Sign {
		/// With this key.
		validator: ValidatorId,
		/// What is signed.
		payload: Vec<u8>,
	},
	/// Read again what this validator seconded before it stopped: a [`SecondedCandidate`], encoded.
	Recall(Arc<Vec<u8>>),
}

/// What a job came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Done {
	/// The candidate is valid and coded, or what is wrong with it.
	Validated(Result<Box<Validated>, Invalid>),
	/// The signature; `None` if there is no such key.
	Signed(Option<ValidatorSignature>),
	/// The candidate; `None` if the bytes are none.
	Recalled(Option<Arc<Candidate>>),
}

/// A candidate to validate.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidationJob {
	/// The candidate.
	pub candidate: CandidateHash,
	/// Names code, proof of validity and outputs by their hashes.
	pub descriptor: CandidateDescriptor,
	/// What the outputs are to be.
	pub expected: Expected,
	/// Input of the validation function. Put together by the job, if it is in parts.
	pub validation_data: SharedValidationData,
	/// Input of the validation function.
	pub pov: Arc<PoV>,
	/// Validators for which the data are coded: those of the session of the scheduling parent.
	pub validators: usize,
}

/// What the outputs of a candidate are to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Expected {
	/// They hash to this: all that a collator says.
	Hash(Hash),
	/// They are these: somebody seconded them.
	Outputs(Arc<Candidate>),
}

impl ValidationJob {
	/// A collation that this validator may second, with validation data of the view.
	pub(crate) fn of_collation(
		candidate: CandidateHash,
		collation: Collation,
		validation_data: SharedValidationData,
		validators: usize,
	) -> Self {
		let CandidateReceipt {
			descriptor,
			commitments_hash,
		} = collation.receipt;
		Self {
			candidate,
			descriptor,
			expected: Expected::Hash(commitments_hash),
			validation_data,
			pov: collation.pov,
			validators,
		}
	}

	/// A candidate that somebody else seconded.
	pub(crate) fn of_seconded(candidate: &Arc<Candidate>, pov: Arc<PoV>, validators: usize) -> Self {
		Self {
			candidate: candidate.hash(),
			descriptor: candidate.receipt().descriptor.clone(),
			expected: Expected::Outputs(candidate.clone()),
			validation_data: SharedValidationData::Whole(candidate.shared_validation_data().clone()),
			pov,
			validators,
		}
	}
}

/// A candidate that is valid.
#[derive(Clone, Debug, PartialEq)]
pub struct Validated {
	/// The candidate, checked in itself and hashed.
	pub candidate: Arc<Candidate>,
	/// What has to stay available.
	pub data: Arc<AvailableData>,
	/// The same, coded.
	pub coded: Arc<EncodedData>,
	/// The [`SecondedCandidate`] encoded, if nobody seconded it yet: what has to survive a crash.
	pub content: Option<Vec<u8>>,
}

/// Why a candidate is not valid, or not what it was said to be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Invalid {
	/// The proof of validity is not that of the descriptor, or it was built with other validation data than the view has.
	#[error(transparent)]
	Inputs(#[from] InputMismatch),
	/// The validation function refuses it. Why, in its words.
	#[error("execution failed: {0}")]
	Execution(String),
	/// Execution gave something else than the receipt says.
	#[error(transparent)]
	Outputs(#[from] OutputsMismatch),
	/// The chain would refuse it wherever it stands.
	#[error(transparent)]
	Intrinsic(#[from] IntrinsicError),
	/// Its data can't be coded.
	#[error(transparent)]
	Coding(#[from] ErasureError),
}

/// Runs validation functions.
///
/// What a clock ends, what found no room and what an engine's trouble ended is [`ExecutionFailure::Unfinished`]: it says
/// nothing about code or candidate, so no statement follows from it and nobody is blamed (R-BAK-11).
pub trait Executor {
	/// Makes a code ready for execution, with a deadline of its own: what is ready does not take the time of a candidate.
	/// `at` is a relay block in whose state the code is found. By default there is nothing to do.
	///
	/// # Errors
	/// [`ExecutionFailure::Verdict`] if no block can be checked with this code.
	fn prepare(&mut self, code: ValidationCodeHash, at: Hash) -> Result<(), ExecutionFailure> {
		let _ = (code, at);
		Ok(())
	}

	/// What this code says of a candidate with these inputs, within the limits of backing (R-BAK-11). Equal inputs give
	/// equal verdicts on every machine; `candidate` is for those who remember them.
	fn execute(
		&mut self,
		candidate: CandidateHash,
		code: ValidationCodeHash,
		validation_data: &PersistedValidationData,
		pov: &PoV,
	) -> Execution;

	/// Codes the data of a candidate that was executed, for so many validators (R-AVL-1), and gives the data back with their
	/// code. Equal data give equal chunks; `candidate` is for those who remember both.
	///
	/// # Errors
	/// As of [`encode`].
	fn code(
		&mut self,
		candidate: CandidateHash,
		validators: usize,
		data: AvailableData,
	) -> Result<Coded, ErasureError> {
		let _ = candidate;
		let coded = encode(validators, &data).map(Arc::new)?;
		Ok((Arc::new(data), coded))
	}
}

/// Available data, and the same coded.
pub type Coded = (Arc<AvailableData>, Arc<EncodedData>);

/// What an execution came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
	/// The outputs, or why there are none.
	pub outcome: Result<ValidationResult, ExecutionFailure>,
	/// Units of fuel that it took, whatever the outcome.
	pub fuel: u64,
}

/// Why an [`Executor`] has no result.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExecutionFailure {
	/// The code or the candidate is at fault, on every machine. Why, in words.
	#[error("{0}")]
	Verdict(String),
	/// This machine came to no verdict: the job ends with this failure (R-BAK-11).
	#[error(transparent)]
	Unfinished(#[from] JobFailure),
}

impl From<String> for ExecutionFailure {
	fn from(verdict: String) -> Self {
		Self::Verdict(verdict)
	}
}

impl From<&str> for ExecutionFailure {
	fn from(verdict: &str) -> Self {
		Self::Verdict(verdict.into())
	}
}

/// Holds the validator's keys, and tells signatures of others from what is none. Signing draws randomness, which is why no
/// core does it.
pub trait Signer {
	/// Signs with this key; `None` if it is not there.
	fn sign(&self, validator: &ValidatorId, payload: &[u8]) -> Option<ValidatorSignature>;

	/// Whether the owner of this key signed this payload (R-STM-2, R-BIT-1). Who has asked the same before may remember the
	/// answer: it never changes.
	fn verify(&self, validator: &ValidatorId, payload: &[u8], signature: &ValidatorSignature) -> bool {
		crypto::verify(validator, payload, signature)
	}
}

/// What a job cost, for drivers that simulate time. It depends on the work alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Price {
	/// Fuel of executions.
	pub fuel: u64,
	/// Bytes hashed, copied or coded.
	pub bytes: u64,
	/// Signatures made or verified.
	pub signatures: u64,
}

/// Does a job. Pure but for what the executor and the signer do. The price is that of the work that was done, finished or
/// not; only a validation can come to nothing.
pub fn run(
	job: Job,
	executor: &mut impl Executor,
	signer: &impl Signer,
) -> (Result<Done, JobFailure>, Price) {
	let mut price = Price::default();
	let done = match job {
		Job::Validate(job) => match validate(*job, executor, &mut price) {
			Ok(validated) => Done::Validated(Ok(Box::new(validated))),
			Err(Stop::Invalid(reason)) => Done::Validated(Err(reason)),
			Err(Stop::Unfinished(failure)) => return (Err(failure), price),
		},
		Job::Sign { validator, payload } => {
			price.signatures = 1;
			Done::Signed(signer.sign(&validator, &payload))
		}
		Job::Recall(bytes) => {
			price.read(bytes.len());
			Done::Recalled(recall(&bytes))
		}
	};
	(Ok(done), price)
}

/// Why a validation ends before its end.
enum Stop {
	Invalid(Invalid),
	Unfinished(JobFailure),
}

impl<E: Into<Invalid>> From<E> for Stop {
	fn from(reason: E) -> Self {
		Self::Invalid(reason.into())
	}
}

impl Price {
	fn read(&mut self, bytes: usize) {
		self.bytes = self.bytes.saturating_add(bytes as u64);
	}
}

fn hash_candidate(seconded: &SecondedCandidate) -> Result<Arc<Candidate>, IntrinsicError> {
	let SecondedCandidate {
		receipt,
		validation_data,
	} = seconded;
	Candidate::shared(receipt.clone(), validation_data.clone(), false).map(Arc::new)
}

fn recall(bytes: &[u8]) -> Option<Arc<Candidate>> {
	let seconded = SecondedCandidate::decode_all(&mut &bytes[..]).ok()?;
	hash_candidate(&seconded).ok()
}

fn validate(job: ValidationJob, executor: &mut impl Executor, price: &mut Price) -> Result<Validated, Stop> {
	let ValidationJob {
		candidate,
		descriptor,
		expected,
		validation_data,
		pov,
		validators,
	} = job;
	let validation_data = validation_data.to_whole();
	price.read(pov.block_data.0.len());
	check_pov(&descriptor, &pov)?;
	if matches!(expected, Expected::Hash(_)) {
		price.read(validation_data.parent_head.0.len());
		check_validation_data(&descriptor, &validation_data)?;
	}
	let Execution { outcome, fuel } = executor.execute(
		candidate,
		descriptor.validation_code_hash(),
		&validation_data,
		&pov,
	);
	price.fuel = price.fuel.saturating_add(fuel);
	let commitments = match outcome {
		Ok(result) => result.into(),
		Err(ExecutionFailure::Verdict(reason)) => return Err(Invalid::Execution(reason).into()),
		Err(ExecutionFailure::Unfinished(failure)) => return Err(Stop::Unfinished(failure)),
	};

	let data = AvailableData {
		pov: Arc::unwrap_or_clone(pov),
		validation_data: PersistedValidationData::clone(&validation_data),
	};
	match &expected {
		Expected::Hash(hash) => OutputsMismatch::check_commitments(&descriptor, *hash, &commitments)?,
		// Equal ones hash alike, and these were hashed before.
		Expected::Outputs(known) if *known.commitments() == commitments => {}
		Expected::Outputs(known) => {
			OutputsMismatch::check_commitments(&descriptor, known.commitments().hash(), &commitments)?;
		}
	}
	let (data, coded) = executor.code(candidate, validators, data)?;
	for chunk in &coded.chunks {
		price.read(chunk.chunk.len());
	}
	OutputsMismatch::check_root(&descriptor, coded.root)?;

	let (candidate, content) = match expected {
		Expected::Outputs(known) => (known, None),
		Expected::Hash(_) => {
			let receipt = Arc::new(CommittedCandidateReceipt {
				descriptor,
				commitments,
			});
			let seconded = SecondedCandidate {
				receipt,
				validation_data,
			};
			let known = hash_candidate(&seconded)?;
			price.read(known.bytes());
			(known, Some(seconded.encode()))
		}
	};
	Ok(Validated {
		candidate,
		data,
		coded,
		content,
	})
}
