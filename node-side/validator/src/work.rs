//! The work that a validator has done beside, as a pure function.
//!
//! Every driver runs its jobs with [`run`], on whatever thread, in whatever order: what a job comes to depends on the job
//! alone, and on what the two ports answer.

use crate::{CodeDone, CodeJob, Done, Job};
pub use async_backing_backing::job::{Coded, Execution, ExecutionFailure, Executor, Price, Signer};
use async_backing_machine::JobFailure;
use async_backing_primitives::{Hash, PvfCheckStatement, ValidatorSignature};

/// Hands over what a validator says to the chain.
pub trait Ballots {
	/// A signed vote about a code, for the runtime after `at` to take into a transaction (R-CODE-3). The same vote may come
	/// twice.
	///
	/// # Errors
	/// Why it is not under way, in words.
	fn submit(
		&mut self,
		at: Hash,
		statement: PvfCheckStatement,
		signature: ValidatorSignature,
	) -> Result<(), String>;
}

/// Does a job, and says what it cost. Equal jobs cost the same.
///
/// What it comes to is what the core is told with `Input::Done`: a job that the executor does not
/// [finish](ExecutionFailure::Unfinished) ends with that failure (R-BAK-11).
pub fn run(
	job: Job,
	executor: &mut impl Executor,
	signer: &impl Signer,
	ballots: &mut impl Ballots,
) -> (Result<Done, JobFailure>, Price) {
	let (done, price) = match job {
		Job::Backing(job) => {
			let (done, price) = async_backing_backing::job::run(job, executor, signer);
			return (done.map(Done::Backing), price);
		}
		Job::Statements(job) => {
			let (done, price) =
				async_backing_statement_distribution::job::run_with(job, |key, payload, signature| {
					signer.verify(key, payload, signature)
				});
			(
				Done::Statements(done),
				Price {
					bytes: price.bytes,
					signatures: price.signatures,
					..Price::default()
				},
			)
		}
		Job::Availability(job) => {
			let price = Price {
				bytes: job.bytes() as u64,
				..Price::default()
			};
			(Done::Availability(async_backing_availability::run(job)), price)
		}
		Job::CheckCollation(check) => {
			let price = Price {
				bytes: check.pov.block_data.0.len() as u64,
				..Price::default()
			};
			(
				Done::CheckedCollation(async_backing_collator_protocol::run(&check)),
				price,
			)
		}
		Job::Code(CodeJob::Prepare { code, at }) => {
			let result = match executor.prepare(code, at) {
				Ok(()) => Ok(()),
				Err(ExecutionFailure::Verdict(reason)) => Err(reason),
				Err(ExecutionFailure::Unfinished(failure)) => return (Err(failure), Price::default()),
			};
			(Done::Code(CodeDone::Prepared(result)), Price::default())
		}
		Job::Code(CodeJob::Vote {
			validator,
			statement,
			at,
		}) => {
			let price = Price {
				signatures: 1,
				..Price::default()
			};
			let voted = match signer.sign(&validator, &statement.signing_payload()) {
				Some(signature) => ballots.submit(at, statement, signature),
				None => Err("there is no such key".into()),
			};
			(Done::Code(CodeDone::Voted(voted)), price)
		}
		Job::CheckBitfields(check) => {
			let price = Price {
				signatures: check.bitfields.len() as u64,
				..Price::default()
			};
			let signed = check.run_with(|key, payload, signature| signer.verify(key, payload, signature));
			(Done::CheckedBitfields(signed), price)
		}
		Job::SignBitfield { validator, payload } => {
			let price = Price {
				signatures: 1,
				..Price::default()
			};
			let signature = signer.sign(&validator, &payload);
			(Done::SignedBitfield(signature), price)
		}
	};
	(Ok(done), price)
}
