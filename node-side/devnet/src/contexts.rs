//! Execution contexts of a run: what each of those who executed a candidate had to execute it with, when it had it.
//!
//! An observer like all others: nothing in a node reads it. Collators' contexts are those that they decided with: each is part
//! of the order to build. Those of backers are looked up in the very view that the backer
//! asked, right after it began. Approvers ask the validators for chunks, as anybody may.

use crate::{
	relay::Chain,
	words::{DevnetWords, Done, Job},
	world::{Note, World},
	DevnetError,
};
use async_backing_availability::{Recovery, RecoveryError};
use async_backing_backing::job;
use async_backing_collator::{BuildOn, Collated};
use async_backing_execution_context::{
	approver::{self, ApproverContext, ApproverError},
	ContextError, ExecutionContext,
};
use async_backing_machine::{Core, Input, Instant, JobId, Outbox, Output, Ticket};
use async_backing_primitives::{
	AvailableData, CandidateEvent, CandidateHash, CandidateReceipt, CommittedCandidateReceipt, Hash,
	HeadHash, LeafFacts, PersistedValidationData, RelayChainBlockInfo, ValidatorId, ValidatorIndex,
};
use async_backing_sim::{NodeId, Step, What};
use async_backing_validator::{Job as ValidatorJob, NodeWords, Request, Response};
use std::{collections::BTreeMap, sync::Arc};
use thiserror::Error;

/// A candidate of a run, and what those executed it with who did.
#[derive(Clone, Debug)]
pub struct CandidateContexts {
	/// The candidate.
	pub candidate: CandidateHash,
	/// The same, with its commitments.
	pub receipt: CommittedCandidateReceipt,
	/// Its relay parent.
	pub relay_parent: RelayChainBlockInfo,
	/// Hash of the head data that it builds on.
	pub parent_head: HeadHash,
	/// The context of whoever built it: the one that it decided with.
	pub collator: Arc<ExecutionContext>,
	/// What it was built with.
	pub built_with: PersistedValidationData,
	/// Who checked it before it was on-chain, in the order in which they began.
	pub backers: Vec<Backing>,
	/// Relay block that included it.
	pub included_in: Option<RelayChainBlockInfo>,
}

/// A check by a backer.
#[derive(Clone, Debug)]
pub struct Backing {
	/// Position of the validator.
	pub validator: usize,
	/// When it began.
	pub at: Instant,
	/// The context that its view has for the candidate's place at that moment.
	pub context: Result<ExecutionContext, ContextError>,
	/// What the candidate is executed with.
	pub executed_with: Arc<PersistedValidationData>,
}

/// Why nobody can check a candidate again.
#[derive(Debug, Error)]
pub enum ApprovalError {
	/// No relay block included it.
	#[error("candidate {0} is not included")]
	NotIncluded(CandidateHash),
	/// The run did not keep what it takes: [`keep_contexts`](crate::Devnet::keep_contexts) was not called.
	#[error("candidate {0} is not known")]
	Unknown(CandidateHash),
	/// The validators' chunks make up nothing.
	#[error(transparent)]
	Recovery(#[from] RecoveryError),
	/// What was recovered is not the candidate's.
	#[error(transparent)]
	Context(#[from] ApproverError),
	/// The state of the relay block that included it does not have its code.
	#[error("the code of candidate {0} is gone (R-CODE-9)")]
	NoCode(CandidateHash),
	/// The relay chain fails.
	#[error(transparent)]
	Devnet(#[from] DevnetError),
}

/// Everything about contexts that was seen.
#[derive(Debug, Default)]
pub(crate) struct Contexts {
	facts: BTreeMap<Hash, Arc<LeafFacts>>,
	authoring: BTreeMap<(NodeId, JobId), BuildOn>,
	/// In the order in which they were built.
	candidates: Vec<CandidateContexts>,
	by_hash: BTreeMap<CandidateHash, usize>,
	/// Checks that began in this step.
	begun: Vec<(CandidateHash, Backing)>,
}

impl Contexts {
	/// All candidates, in the order in which they were built.
	pub(crate) fn candidates(&self) -> &[CandidateContexts] {
		&self.candidates
	}

	pub(crate) fn see(&mut self, step: &Step<'_, DevnetWords, Note>) {
		match (step.node, step.what) {
			(_, What::Note(Note::RelayBlock(block))) => self.relay_block(&block.facts),
			(Some(node), What::Output(Output::Job { id, job, .. })) => match job {
				Job::Author(order) => {
					self.authoring.insert((node, *id), order.build_on.clone());
				}
				Job::Validator(ValidatorJob::Backing(job::Job::Validate(job))) => {
					let executed_with = job.validation_data.to_whole();
					// A place that is looked up in the view before the next step.
					let context = Err(ContextError::UnknownParent(executed_with.parent_head.hash()));
					let backing = Backing {
						validator: node.0,
						at: step.at,
						context,
						executed_with,
					};
					self.begun.push((job.candidate, backing));
				}
				_ => {}
			},
			(Some(node), What::Input(Input::Done(id, result))) => {
				let build_on = self.authoring.remove(&(node, *id));
				if let (Some(build_on), Ok(Done::Authored(Ok(authored)))) = (build_on, result) {
					self.built(&build_on, &authored.collated);
				}
			}
			_ => {}
		}
	}

	fn relay_block(&mut self, facts: &Arc<LeafFacts>) {
		self.facts.insert(facts.block.hash, facts.clone());
		for event in &facts.events {
			if let CandidateEvent::CandidateIncluded(receipt, ..) = event {
				let known = self.by_hash.get(&receipt.hash()).copied();
				if let Some(known) = known.and_then(|position| self.candidates.get_mut(position)) {
					known.included_in = Some(facts.block);
				}
			}
		}
	}

	fn built(&mut self, build_on: &BuildOn, collated: &Collated) {
		self.by_hash.insert(collated.hash, self.candidates.len());
		self.candidates.push(CandidateContexts {
			candidate: collated.hash,
			receipt: collated.receipt.clone(),
			relay_parent: build_on.relay_parent,
			parent_head: build_on.context.required_parent.value,
			collator: build_on.context.clone(),
			built_with: collated.validation_data.clone(),
			backers: Vec::new(),
			included_in: None,
		});
	}

	/// Looks up in the validators' views the places of what they have just begun to check.
	pub(crate) fn look<C: Chain>(&mut self, world: &World<C>) {
		for (candidate, mut backing) in std::mem::take(&mut self.begun) {
			let known = self.by_hash.get(&candidate).copied();
			let Some(known) = known.and_then(|position| self.candidates.get_mut(position)) else {
				continue;
			};
			let Some(validator) = world.validators.get(backing.validator) else {
				// A collator that takes in another one's block.
				continue;
			};
			let descriptor = &known.receipt.descriptor;
			backing.context = validator.borrow().view().context(
				descriptor.para_id(),
				descriptor.relay_parent(),
				known.parent_head,
			);
			known.backers.push(backing);
		}
	}

	/// What an approver has: chunks of the validators, and the code by its hash in the state that includes the candidate.
	pub(crate) fn approve<C: Chain>(
		&self,
		world: &World<C>,
		now: Instant,
		candidate: CandidateHash,
	) -> Result<ApproverContext, ApprovalError> {
		let known = self
			.by_hash
			.get(&candidate)
			.and_then(|position| self.candidates.get(*position))
			.ok_or(ApprovalError::Unknown(candidate))?;
		let included = known.included_in.ok_or(ApprovalError::NotIncluded(candidate))?;
		let receipt = known.receipt.to_plain();
		let session = self
			.facts
			.get(&receipt.descriptor.scheduling_parent())
			.ok_or(ApprovalError::Unknown(candidate))?;
		let available = recover(world, now, &receipt, &session.validators, |_| true)?;
		let hash = receipt.descriptor.validation_code_hash();
		let (code, _) = world
			.relay
			.code(included.hash, hash)?
			.ok_or(ApprovalError::NoCode(candidate))?;
		Ok(approver::context(&receipt, Arc::new(available), Arc::new(code))?)
	}
}

/// Asks one validator after the other for its own chunk, of those that are asked, until there are enough (R-AVL-1).
pub(crate) fn recover<C: Chain>(
	world: &World<C>,
	now: Instant,
	receipt: &CandidateReceipt,
	validators: &[ValidatorId],
	is_asked: impl Fn(usize) -> bool,
) -> Result<AvailableData, RecoveryError> {
	let candidate = receipt.hash();
	let mut recovery = Recovery::new(candidate, receipt.descriptor.erasure_root(), validators.len())?;
	let index_of = |node: usize| {
		let key = ValidatorId::from(world.relay.validators().get(node)?.sr25519_public());
		let position = validators.iter().position(|validator| *validator == key)?;
		Some(ValidatorIndex(u32::try_from(position).ok()?))
	};
	for (node, asked) in world
		.validators
		.iter()
		.enumerate()
		.filter(|(node, _)| is_asked(*node))
	{
		let mut asked = asked.borrow_mut();
		// Any other validator may be the approver.
		let approver = (0..world.validators.len())
			.filter(|other| *other != node)
			.find_map(|other| {
				asked
					.chain()
					.peer_of(receipt.descriptor.scheduling_parent(), index_of(other)?)
			});
		let (Some(index), Some(peer)) = (index_of(node), approver) else {
			continue;
		};
		let mut out = Outbox::<NodeWords>::default();
		let request = Request::Chunk {
			candidate,
			index,
			plain: false,
		};
		asked.handle(now, Input::Request(peer, Ticket(u64::MAX), request), &mut out);
		for output in out.drain() {
			if let Output::Respond(_, Ok(Response::Chunk(chunk))) = output {
				recovery.add(chunk)?;
			}
		}
		if recovery.is_complete() {
			break;
		}
	}
	recovery.finish()
}
