//! The work behind jobs, and its price.

use super::{misconduct, World};
use crate::{
	authoring::Order,
	execution::fuel_of,
	once::Signatures,
	relay::{Chain, FIRST_SLOT},
	tape::Tape,
	words::{Authored, Done, NotAuthored},
	DevnetError, Misconduct, ValidatorMisconduct,
};
use async_backing_availability::{erasure_root_of, ErasureError};
use async_backing_backing::job;
use async_backing_collator::{collate, BuildOn, Collated, ProduceBlock};
use async_backing_primitives::{
	check_fragment, AvailableData, CandidateCommitments, CandidateHash, ConstraintModifications,
	FragmentCandidate, FragmentError, Hash, Operating, PersistedValidationData, PoV, PvfCheckStatement,
	ValidationCodeHash, ValidationDataClaim, ValidationResult, ValidatorId, ValidatorSignature,
};
use async_backing_relay_client::{signing, ValidatorKeys};
use async_backing_sim::{NodeId, Price};
use async_backing_validator::{recording::Noting, work, CodeJob, Job};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// For one sr25519 signature, made or verified.
const SIGNATURE: Duration = Duration::from_micros(50);

/// Signs with the key of one validator, and verifies what others do once for all.
struct Signer<'a> {
	keys: Option<&'a ValidatorKeys>,
	signatures: &'a Signatures,
}

impl work::Signer for Signer<'_> {
	fn sign(&self, validator: &ValidatorId, payload: &[u8]) -> Option<ValidatorSignature> {
		let keys = self
			.keys
			.filter(|keys| ValidatorId::from(keys.sr25519_public()) == *validator)?;
		Some(signing::sign(&keys.sr25519, payload).into())
	}

	fn verify(&self, validator: &ValidatorId, payload: &[u8], signature: &ValidatorSignature) -> bool {
		self.signatures.verify(validator, payload, signature)
	}
}

/// Votes about codes that validators gave, in their order.
#[derive(Debug, Default)]
pub(super) struct Ballots(pub(super) Vec<(PvfCheckStatement, ValidatorSignature)>);

impl work::Ballots for Ballots {
	fn submit(
		&mut self,
		_: Hash,
		statement: PvfCheckStatement,
		signature: ValidatorSignature,
	) -> Result<(), String> {
		self.0.push((statement, signature));
		Ok(())
	}
}

impl<C: Chain> World<C> {
	/// Work of a validator, at the price of its fuel, bytes and signatures.
	///
	/// # Errors
	/// [`DevnetError::Unfinished`]: this machine came to no verdict. A simulated one would have.
	pub(super) fn validate(&mut self, node: NodeId, job: Job) -> Result<(Done, Price), DevnetError> {
		let subject = Subject::of(&job);
		if let Some(subject) = &subject {
			self.learn(subject)?;
		}
		let signer = Signer {
			keys: self.relay.validators().get(node.0),
			signatures: &self.signatures,
		};
		let vouches = self.config.faults.validators.get(&node) == Some(&ValidatorMisconduct::VouchForAll);
		// What a code comes to, it comes to for everybody; what is said of it, only some believe.
		let nothing = BTreeMap::new();
		let mut executor = Believer {
			executor: &mut self.executor,
			claims: match vouches {
				true => &self.claims,
				false => &nothing,
			},
			outputs: &self.outputs,
			promised: &self.promised,
			truth: &mut self.truth,
		};
		let tape = self.tape.as_ref().filter(|tape| tape.validator == node.0);
		let (done, price) = match tape.and_then(Tape::notes) {
			Some(mut notes) => {
				let mut executor = Noting {
					executor: &mut executor,
					notes: &mut notes,
				};
				work::run(job, &mut executor, &signer, &mut self.ballots)
			}
			None => work::run(job, &mut executor, &signer, &mut self.ballots),
		};
		let done = done.map_err(|failure| DevnetError::Unfinished {
			seed: self.config.seed,
			node: node.0,
			what: subject.map(|subject| subject.name).unwrap_or_default(),
			failure,
		})?;
		let signatures = fuel_of(SIGNATURE).saturating_mul(price.signatures);
		let price = Price {
			fuel: price.fuel.saturating_add(signatures),
			bytes: price.bytes,
		};
		Ok((Done::Validator(done), price))
	}

	/// Has the executor know the code that a job is about, as the chain has it.
	fn learn(&mut self, subject: &Subject) -> Result<(), DevnetError> {
		if !self.executor.knows(subject.code) {
			if let Some((code, bomb_limit)) = self.relay.code(subject.at, subject.code)? {
				self.executor.learn(code, bomb_limit);
			}
		}
		Ok(())
	}

	/// Executes a parablock and makes its candidate, at the price of its extrinsics.
	pub(super) fn author(&mut self, node: NodeId, order: &Order) -> (Done, Price) {
		let mut price = Price::default();
		let authored = self.try_author(node, order, &mut price);
		(Done::Authored(authored.map(Box::new)), price)
	}

	fn try_author(
		&mut self,
		node: NodeId,
		order: &Order,
		price: &mut Price,
	) -> Result<Authored, NotAuthored> {
		let Order { build_on, budget, .. } = order;
		let (mut build_on, mut extrinsics) = (build_on, budget.extrinsics);
		let line = self
			.config
			.collator(node)
			.and_then(|(line, _)| self.lines.get_mut(line))
			.ok_or_else(|| NotAuthored::failed("it is no collator"))?;
		let slot = build_on.slot.saturating_sub(FIRST_SLOT);
		let misconduct = self.config.faults.collators.get(&node).copied();
		let misconduct = misconduct.filter(|_| !self.config.is_calm(slot));
		let equivocates = misconduct == Some(Misconduct::Equivocate);
		let last = line.builds(build_on);
		if let Some(last) = last.as_ref().filter(|_| equivocates && line.built % 2 == 1) {
			// Another one than the one before, if nothing else tells them apart.
			(build_on, extrinsics) = (last, extrinsics.saturating_sub(1));
		}
		let (parent_head, included) = (build_on.parent_head(), build_on.included_head());
		let takes = line
			.producer
			.can_build_upon(parent_head, included, build_on.slot)
			.map_err(NotAuthored::failed)?;
		if !takes {
			return Err(NotAuthored::Refused);
		}
		let relay_state = self.relay.state(build_on.relay_parent.hash);
		let block = ProduceBlock {
			pov_size: budget.pov_size,
			..ProduceBlock::of(build_on, extrinsics, &*relay_state)
		};
		let older = line.earlier.front().filter(|_| line.built % 2 == 1);
		let (produced, build_on) =
			misconduct::produce(&mut *line.producer, &block, build_on, older, misconduct)?;
		let extrinsics = produced.extrinsics;
		price.fuel = fuel_of(self.config.model.extrinsic_cost.saturating_mul(extrinsics));
		let root = |data: &AvailableData| erasure_root_of(build_on.validators, data);
		let mut collated = collate(&build_on, produced, root).map_err(NotAuthored::failed)?;
		if misconduct == Some(Misconduct::ExceedPov) {
			collated = misconduct::with_large_pov(&build_on, collated, root)?;
		}
		// Nobody would back it, and nobody could say as well why not. Who misbehaves does not look.
		if misconduct.is_none() {
			fits(&build_on, &collated)
				.map_err(|error| NotAuthored::failed(format!("its block fits nowhere: {error}")))?;
		}
		if matches!(misconduct, Some(Misconduct::Invalid | Misconduct::WrongHead)) {
			let claimed = collated.receipt.commitments.clone();
			self.claims.insert(collated.hash, claimed);
		}
		if misconduct.is_some_and(Misconduct::exceeds) {
			let outputs = collated.receipt.commitments.clone();
			self.outputs.insert(collated.hash, outputs);
		}
		let promised = Promised {
			commitments: collated.receipt.commitments.hash(),
			fuel: price.fuel,
		};
		self.promised.insert(collated.hash, promised);
		let (para, built) = (line.para, line.built);
		line.built = built.saturating_add(1);
		if self.config.faults.withholds(para, built) {
			self.withheld.insert(collated.hash);
		}
		let pov = Arc::new(collated.pov.clone());
		if let Some(povs) = &mut self.povs {
			povs.insert(collated.hash, pov.clone());
		}
		Ok(Authored {
			receipt: collated.receipt.to_plain(),
			collated,
			pov,
			extrinsics,
		})
	}
}

/// Whether a candidate is what its place lets through (R-FRG-1 to R-FRG-12).
fn fits(build_on: &BuildOn, collated: &Collated) -> Result<(), FragmentError> {
	let candidate = FragmentCandidate {
		commitments: &collated.receipt.commitments,
		validation_code_hash: collated.receipt.descriptor.validation_code_hash(),
		validation_data: ValidationDataClaim::Full(&collated.validation_data),
		is_pending_availability: false,
	};
	let nothing = ConstraintModifications::default();
	let place = Operating::new(&build_on.context.constraints, &nothing);
	check_fragment(&build_on.relay_parent, &place, &candidate).map(drop)
}

/// What a collator says of its candidate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Promised {
	/// What it does, hashed.
	commitments: Hash,
	/// What its extrinsics took to execute, by the model's price of each.
	fuel: u64,
}

/// Believes what collators say that their blocks do, where it is so or where it is told to. A block whose code runs to its end
/// takes no less than its collator counted: the price of an extrinsic is the model's, whatever the code of the devnet's parachains
/// makes of it.
struct Believer<'a, E> {
	executor: &'a mut E,
	claims: &'a BTreeMap<CandidateHash, CandidateCommitments>,
	/// What the code of some candidates comes to.
	outputs: &'a BTreeMap<CandidateHash, CandidateCommitments>,
	/// What they say that they do, and what it took.
	promised: &'a BTreeMap<CandidateHash, Promised>,
	/// Whether they do it.
	truth: &'a mut BTreeMap<CandidateHash, bool>,
}

impl<E> Believer<'_, E> {
	/// Notes whether what a candidate's code comes to is what it says. A validator that compares nothing changes nothing of it.
	fn note(&mut self, candidate: CandidateHash, execution: &work::Execution) {
		let Some(promised) = self.promised.get(&candidate) else {
			return;
		};
		if self.truth.contains_key(&candidate) {
			return;
		}
		let is_true = match &execution.outcome {
			Ok(result) => CandidateCommitments::from(result.clone()).hash() == promised.commitments,
			Err(work::ExecutionFailure::Verdict(_)) => false,
			// Nothing is known yet.
			Err(work::ExecutionFailure::Unfinished(_)) => return,
		};
		self.truth.insert(candidate, is_true);
	}
}

/// Outputs as the code gives them.
fn result_of(commitments: CandidateCommitments) -> ValidationResult {
	ValidationResult {
		head_data: commitments.head_data,
		new_validation_code: commitments.new_validation_code,
		upward_messages: commitments.upward_messages,
		horizontal_messages: commitments.horizontal_messages,
		processed_downward_messages: commitments.processed_downward_messages,
		hrmp_watermark: commitments.hrmp_watermark,
	}
}

impl<E: work::Executor> work::Executor for Believer<'_, E> {
	fn prepare(&mut self, code: ValidationCodeHash, at: Hash) -> Result<(), work::ExecutionFailure> {
		self.executor.prepare(code, at)
	}

	fn execute(
		&mut self,
		candidate: CandidateHash,
		code: ValidationCodeHash,
		validation_data: &PersistedValidationData,
		pov: &PoV,
	) -> work::Execution {
		let mut execution = self.executor.execute(candidate, code, validation_data, pov);
		if execution.outcome.is_ok() {
			let counted = self.promised.get(&candidate).map_or(0, |promised| promised.fuel);
			execution.fuel = execution.fuel.max(counted);
		}
		if let Some(outputs) = self.outputs.get(&candidate) {
			execution.outcome = Ok(result_of(outputs.clone()));
		}
		self.note(candidate, &execution);
		let claimed = self.claims.get(&candidate);
		if let Some(claimed) = claimed.filter(|_| !self.outputs.contains_key(&candidate)) {
			execution.outcome = Ok(result_of(claimed.clone()));
		}
		execution
	}

	fn code(
		&mut self,
		candidate: CandidateHash,
		validators: usize,
		data: AvailableData,
	) -> Result<work::Coded, ErasureError> {
		self.executor.code(candidate, validators, data)
	}
}

/// The code that a job runs or compiles.
struct Subject {
	/// What the job is about, for whoever reads that it came to nothing.
	name: String,
	code: ValidationCodeHash,
	/// A block in whose state the code is.
	at: Hash,
}

impl Subject {
	fn of(job: &Job) -> Option<Self> {
		match job {
			Job::Backing(job::Job::Validate(job)) => Some(Self {
				name: format!("candidate {}", job.candidate),
				code: job.descriptor.validation_code_hash(),
				at: job.descriptor.relay_parent(),
			}),
			Job::Code(CodeJob::Prepare { code, at }) => Some(Self {
				name: format!("code {code}"),
				code: *code,
				at: *at,
			}),
			_ => None,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use async_backing_backing::job::Executor as _;
	use work::Execution;

	/// Says what it is told, at once.
	struct Quick(Execution);

	impl work::Executor for Quick {
		fn prepare(&mut self, _: ValidationCodeHash, _: Hash) -> Result<(), work::ExecutionFailure> {
			Ok(())
		}

		fn execute(
			&mut self,
			_: CandidateHash,
			_: ValidationCodeHash,
			_: &PersistedValidationData,
			_: &PoV,
		) -> Execution {
			self.0.clone()
		}

		fn code(
			&mut self,
			_: CandidateHash,
			_: usize,
			_: AvailableData,
		) -> Result<work::Coded, ErasureError> {
			Err(ErasureError::NoData)
		}
	}

	/// Few extrinsics that are said to take long have little code to run.
	#[test]
	fn r_def_44_who_executes_a_block_takes_no_less_than_its_collator_counted() {
		let candidate = CandidateHash::default();
		let promised = |fuel| {
			let commitments = Hash::zero();
			BTreeMap::from([(candidate, Promised { commitments, fuel })])
		};
		for (outcome, took, counted, charged) in [
			(Ok(ValidationResult::default()), 3, 2000, 2000),
			(Ok(ValidationResult::default()), 3000, 2000, 3000),
			(Ok(ValidationResult::default()), 3, 0, 3),
			// What does not run to its end takes what it takes.
			(Err("it is garbled".to_owned().into()), 3, 2000, 3),
		] {
			let mut executor = Quick(Execution {
				outcome: outcome.clone(),
				fuel: took,
			});
			let nothing = BTreeMap::new();
			let mut believer = Believer {
				executor: &mut executor,
				claims: &nothing,
				outputs: &nothing,
				promised: &promised(counted),
				truth: &mut BTreeMap::new(),
			};
			let (data, pov) = Default::default();
			let execution = believer.execute(candidate, ValidationCodeHash::default(), &data, &pov);
			assert_eq!(execution.fuel, charged, "{outcome:?}, {took}, {counted}");
		}
	}
}
