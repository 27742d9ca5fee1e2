//! The work that a validator has done beside, as a pure function.
//!
//! Every driver runs its jobs with [`run`], on whatever thread, in whatever order: what a job comes to depends on the job
//! alone, and on what the two ports answer.

use crate::{Done, Job};
pub use async_backing_backing::job::{Execution, Executor, Price, Signer};

/// Does a job, and says what it cost. Equal jobs cost the same.
pub fn run(job: Job, executor: &mut impl Executor, signer: &impl Signer) -> (Done, Price) {
	match job {
		Job::Backing(job) => {
			let (done, price) = async_backing_backing::job::run(job, executor, signer);
			(Done::Backing(done), price)
		}
		Job::Availability(job) => {
			let price = Price {
				bytes: job.bytes() as u64,
				..Price::default()
			};
			(Done::Availability(async_backing_availability::run(job)), price)
		}
		Job::CheckBitfields(check) => {
			let price = Price {
				signatures: check.bitfields.len() as u64,
				..Price::default()
			};
			(Done::CheckedBitfields(check.run()), price)
		}
		Job::SignBitfield { validator, payload } => {
			let price = Price {
				signatures: 1,
				..Price::default()
			};
			let signature = signer.sign(&validator, &payload);
			(Done::SignedBitfield(signature), price)
		}
	}
}
