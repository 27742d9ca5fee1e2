//! Codes that come while a run goes, and an engine that does not finish.

use super::town::*;
use crate::{execution::Executes, DevnetError};
use async_backing_machine::JobFailure;
use async_backing_primitives::{
	CandidateHash, Hash, PersistedValidationData, PoV, ValidationCode, ValidationCodeHash,
};
use async_backing_validator::work::{Execution, ExecutionFailure, Executor};

/// Executes so many candidates, and then does not finish, or finds that a code is none.
#[derive(Debug)]
struct Tired {
	left: usize,
	failure: JobFailure,
	refuses: Option<ValidationCodeHash>,
}

impl Executes for Tired {
	fn knows(&self, _: ValidationCodeHash) -> bool {
		true
	}

	fn learn(&mut self, _: ValidationCode, _: usize) {}
}

impl Executor for Tired {
	fn prepare(&mut self, code: ValidationCodeHash, _: Hash) -> Result<(), ExecutionFailure> {
		match self.refuses == Some(code) {
			true => Err("it is none".into()),
			false => Ok(()),
		}
	}

	fn execute(
		&mut self,
		candidate: CandidateHash,
		code: ValidationCodeHash,
		validation_data: &PersistedValidationData,
		pov: &PoV,
	) -> Execution {
		let Some(left) = self.left.checked_sub(1) else {
			return Execution {
				outcome: Err(self.failure.into()),
				fuel: 0,
			};
		};
		self.left = left;
		Counter.execute(candidate, code, validation_data, pov)
	}
}

#[test]
fn r_bak_11_what_the_real_clock_ends_is_an_error_of_the_run_and_never_a_verdict() {
	for failure in [JobFailure::Late, JobFailure::Dropped] {
		let tired = Tired {
			left: 24,
			failure,
			refuses: None,
		};
		let mut town = Town::with_executor(config(20, 7), tired);
		let error = town.try_run(|_| ()).unwrap_err();
		let DevnetError::Unfinished {
			seed,
			failure: of,
			what,
			..
		} = &error
		else {
			panic!("{error}")
		};
		assert_eq!((*seed, *of), (7, failure));
		assert!(what.starts_with("candidate 0x"), "{what}");
		assert!(!town.numbers().is_empty(), "until then all was well");
	}
}

#[test]
fn r_code_3_validators_vote_on_a_code_that_comes_while_the_run_goes() {
	let code = ValidationCodeHash(Hash::repeat_byte(0x77));
	for refuses in [None, Some(code)] {
		let executor = Tired {
			left: usize::MAX,
			failure: JobFailure::Late,
			refuses,
		};
		let mut town = Town::with_executor(config(12, 3), executor);
		town.sim.scenario_mut().relay.asks = Some((4, code));
		town.run(|_| ());
		let votes = &town.sim.scenario().relay.votes;
		// Three of four are a supermajority, and the fourth comes too late to count.
		assert_eq!(votes.len(), 3, "R-CODE-3");
		for (number, statement) in votes {
			assert_eq!((statement.subject, statement.accept), (code, refuses.is_none()));
			assert!(
				(5..=6).contains(number),
				"with the leaf, and in the next block: {number}"
			);
		}
		assert!(town.numbers().len() >= 8, "and the para lives");
	}
}
