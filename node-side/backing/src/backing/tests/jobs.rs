//! Jobs are pure, and what they find out need not be found out again.

use super::*;
use crate::job::{run, Done, Job};
use codec::Encode;
use node::World;

fn done(job: Job) -> (Done, job::Price) {
	let (done, price) = run(job, &mut World::of(0), &World::of(0));
	(done.expect("it comes to an end"), price)
}

#[test]
fn own_statements_are_signed_and_own_candidates_are_read_again() {
	let ten = leaf_hash(10);
	let payload = vec![1, 2, 3];
	let sign = |validator: u32| {
		done(Job::Sign {
			validator: key(validator).public(),
			payload: payload.clone(),
		})
	};
	let (Done::Signed(Some(signature)), price) = sign(0) else {
		panic!("it has the key")
	};
	assert!(ValidatorPair::verify(&signature, &payload, &key(0).public()));
	assert_eq!(price.signatures, 1);
	assert_eq!(sign(1).0, Done::Signed(None), "of another validator");

	let recall = |bytes: Vec<u8>| done(Job::Recall(Arc::new(bytes))).0;
	let bytes = named(1, ten).encode();
	let Done::Recalled(Some(candidate)) = recall(bytes.clone()) else {
		panic!("it is a candidate")
	};
	assert_eq!(candidate.hash(), hash(1, ten));
	assert_eq!(recall(bytes[1..].to_vec()), Done::Recalled(None));
	assert_eq!(recall(Vec::new()), Done::Recalled(None));
}

#[test]
fn a_valid_candidate_comes_out_with_all_that_is_needed() {
	let ten = leaf_hash(10);
	let mut node = validator(0, Script::at(ten, &[0]));
	node.fetch(collation(1, ten)).expect("may be seconded");
	let (_, validation) = node.validations[&hash(1, ten)].clone();
	let (done, price) = done(Job::Validate(Box::new(validation)));
	let Done::Validated(Ok(validated)) = done else {
		panic!("{done:?}")
	};
	assert_eq!(validated.candidate.receipt(), &*named(1, ten).receipt);
	assert_eq!(validated.content, Some(named(1, ten).encode()));
	assert_eq!(validated.data.pov, *pov(1));
	assert_eq!(validated.coded.chunks.len(), 6);
	assert_eq!(price.fuel, 7, "as the executor says");
}

#[test]
fn r_bak_11_an_execution_without_verdict_ends_the_job_without_one() {
	use async_backing_machine::JobFailure;

	struct Slow(JobFailure);

	impl job::Executor for Slow {
		fn execute(
			&mut self,
			_: CandidateHash,
			_: async_backing_primitives::ValidationCodeHash,
			_: &PersistedValidationData,
			_: &PoV,
		) -> job::Execution {
			job::Execution {
				outcome: Err(self.0.into()),
				fuel: 9,
			}
		}
	}

	let ten = leaf_hash(10);
	for failure in [JobFailure::Late, JobFailure::Dropped] {
		let mut node = validator(0, Script::at(ten, &[0]));
		node.fetch(collation(1, ten)).expect("may be seconded");
		let (id, job) = node.validations[&hash(1, ten)].clone();
		let job = Job::Validate(Box::new(job));
		let (done, price) = run(job, &mut Slow(failure), &World::of(0));
		assert_eq!(
			(&done, price.fuel),
			(&Err(failure), 9),
			"what was done has its price"
		);
		let seen = node.input(async_backing_machine::Input::Done(id, done));
		let error = SecondingError::Failed(failure);
		let not_seconded =
			|seen: &Seen| matches!(seen, Seen::Effect(Effect::NotSeconded { error: of, .. }) if *of == error);
		assert!(
			matches!(&seen[..], [only] if not_seconded(only)),
			"no statement: {seen:?}"
		);
		assert_eq!(node.reports, [], "and nobody is blamed");
		assert_eq!(node.signed.len(), 0);
	}
}
