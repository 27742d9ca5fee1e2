//! The work behind jobs, and its price.

use super::World;
use crate::{
	authoring::Order,
	execution::fuel_of,
	relay::Chain,
	words::{Authored, Done},
	DevnetError,
};
use async_backing_availability::erasure_root_of;
use async_backing_backing::job;
use async_backing_collator::collate;
use async_backing_primitives::{
	Hash, PvfCheckStatement, ValidationCodeHash, ValidatorId, ValidatorSignature,
};
use async_backing_relay_client::{signing, ValidatorKeys};
use async_backing_sim::{NodeId, Price};
use async_backing_validator::{work, CodeJob, Job};
use std::{sync::Arc, time::Duration};

/// For one sr25519 signature, made or verified.
const SIGNATURE: Duration = Duration::from_micros(50);

/// Signs with the key of one validator.
struct Signer<'a>(Option<&'a ValidatorKeys>);

impl work::Signer for Signer<'_> {
	fn sign(&self, validator: &ValidatorId, payload: &[u8]) -> Option<ValidatorSignature> {
		let keys = self
			.0
			.filter(|keys| ValidatorId::from(keys.sr25519_public()) == *validator)?;
		Some(signing::sign(&keys.sr25519, payload).into())
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
		let signer = Signer(self.relay.validators().get(node.0));
		let (done, price) = work::run(job, &mut self.executor, &signer, &mut self.ballots);
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
		let cost = self.config.model.extrinsic_cost;
		let Some(line) = self.line(node) else {
			return (Done::Authored(Err("it is no collator".into())), Price::default());
		};
		let Order { build_on, budget, .. } = order;
		let produced = line.producer.produce(
			&build_on.parent_head,
			&build_on.relay_parent,
			build_on.selection,
			budget.extrinsics,
			budget.pov_size,
		);
		let produced = match produced {
			Ok(produced) => produced,
			Err(error) => return (Done::Authored(Err(error.to_string())), Price::default()),
		};
		let extrinsics = produced.extrinsics;
		let price = Price {
			fuel: fuel_of(cost.saturating_mul(extrinsics)),
			bytes: 0,
		};
		let collated = match collate(build_on, produced, |data| {
			erasure_root_of(build_on.validators, data)
		}) {
			Ok(collated) => collated,
			Err(error) => return (Done::Authored(Err(error.to_string())), price),
		};
		let (para, built) = (line.para, line.built);
		line.built = built.saturating_add(1);
		if self.config.faults.withholds(para, built) {
			self.withheld.insert(collated.hash);
		}
		let pov = Arc::new(collated.pov.clone());
		if let Some(povs) = &mut self.povs {
			povs.insert(collated.hash, pov.clone());
		}
		let authored = Authored {
			receipt: collated.receipt.to_plain(),
			collated,
			pov,
			extrinsics,
		};
		(Done::Authored(Ok(Box::new(authored))), price)
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
