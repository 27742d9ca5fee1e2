//! The inherent, step by step (R-INC-2).
//!
//! Creating and executing an inherent is **one** function, [`process`]. What is bad is a [`Refusal`] in both modes;
//! [`Mode`] says what a refusal does: leave the bad part out, or fail. So what creation lets through is what execution
//! accepts (R-INC-3): whatever is left out has had no effect on the rest.

mod backing;
mod bitfields;
mod freeing;
mod limits;
mod room;
mod weighing;

pub(crate) use room::{weight_limit, Room};
pub(crate) use weighing::weight_of;

use limits::Limits;

use crate::{
	enact::enact, pending::PendingCandidates, refusal::Refusal, snapshot::update_window, Config,
	OnChainVotes, Pallet, StoredVotes,
};
use alloc::{collections::BTreeSet, vec::Vec};
use async_backing_primitives::{
	enactable_prefix,
	ports::{ActiveConfiguration, CoreScheduler, CurrentSession, Disputes},
	BlockNumber, CandidateHash, CandidateReceipt, CoreIndex, DisputeStatementSet, GroupRotationInfo, Hash,
	HostConfiguration, ParachainsInherentData, ScrapedOnChainVotes, SessionIndex, SigningContext,
	ValidatorId, ValidatorIndex, ValidityAttestation,
};

/// What a refusal does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
	/// An author makes the inherent: what is refused is left out.
	Create,
	/// A block is executed: what is refused fails it.
	Execute,
}

impl Mode {
	/// Leaves a part out, or fails.
	fn refuse(self, refusal: impl Into<Refusal>) -> Result<(), Refusal> {
		let refusal = refusal.into();
		log::debug!(target: crate::LOG_TARGET, "{self:?}: {refusal}");
		match self {
			Mode::Create => Ok(()),
			Mode::Execute => Err(refusal),
		}
	}
}

/// Processes an inherent whose parent header is that of the parent, and returns what was accepted of it.
///
/// In [`Mode::Execute`] that is all of it, or an error and storage that must be rolled back.
///
/// Cost: linear in what it carries and in the number of pending candidates.
pub(crate) fn process<T: Config>(
	mode: Mode,
	data: ParachainsInherentData,
) -> Result<ParachainsInherentData, Refusal> {
	let ParachainsInherentData {
		bitfields,
		backed_candidates,
		disputes,
		parent_header,
	} = data;
	let config = T::Configuration::active();
	let parent_hash = update_window::<T>(&parent_header, config.async_backing_params.allowed_ancestry_len);
	let pending = PendingCandidates::<T>::load();
	let limits = Limits::new(mode, &pending, &parent_header, parent_hash);
	let disputes = limits.limit_disputes(disputes)?;
	let (bitfields, backed_candidates) = limits.limit_rest(&disputes, bitfields, backed_candidates)?;
	let disputes = import_disputes::<T>(mode, disputes)?;
	let session = T::Session::index();
	if T::Disputes::is_frozen() {
		record_votes_of_block::<T>(session, Vec::new(), &disputes);
		if !bitfields.is_empty() || !backed_candidates.is_empty() {
			mode.refuse(Refusal::Frozen)?;
		}
		return Ok(ParachainsInherentData {
			bitfields: Vec::new(),
			backed_candidates: Vec::new(),
			disputes,
			parent_header,
		});
	}

	let mut block = Processing::<T>::start(mode, config, parent_hash, pending);
	let disputed = block.free_concluded_invalid();
	let bitfields = block.sanitize_bitfields(bitfields, &disputed.cores)?;
	block.record_votes(&bitfields);
	let mut included = BTreeSet::new();
	for (core, candidate) in block.enact_available() {
		included.insert(core);
		T::Disputes::note_included(block.session, candidate, block.now);
	}
	block.free_timed_out();
	// Step 11: the claims that this block may serve (R-BCK-1).
	let claims = T::Scheduler::advance(&block.pending.occupied_cores(), &included);
	let backed_candidates = block.back_candidates(backed_candidates, claims, &disputed.candidates)?;
	block.pending.store();
	record_votes_of_block::<T>(session, block.backing_votes, &disputes);
	Ok(ParachainsInherentData {
		bitfields,
		backed_candidates,
		disputes,
		parent_header,
	})
}

/// Step 4, and what remains of step 2: imports votes of disputes, and returns those worth keeping.
fn import_disputes<T: Config>(
	mode: Mode,
	disputes: Vec<DisputeStatementSet>,
) -> Result<Vec<DisputeStatementSet>, Refusal> {
	if disputes.is_empty() {
		return Ok(disputes);
	}
	let offered = disputes.clone();
	let kept = T::Disputes::import(disputes);
	if kept != offered {
		mode.refuse(Refusal::Disputes)?;
	}
	Ok(kept)
}

/// Keeps what later checkers ask of a block: its backers and its dispute votes.
fn record_votes_of_block<T: Config>(
	session: SessionIndex,
	backing_validators_per_candidate: BackingVotes,
	disputes: &[DisputeStatementSet],
) {
	OnChainVotes::<T>::put(StoredVotes(ScrapedOnChainVotes {
		session,
		backing_validators_per_candidate,
		disputes: disputes.to_vec(),
	}));
}

/// For each candidate that was backed, who voted for it and how.
type BackingVotes = Vec<(CandidateReceipt, Vec<(ValidatorIndex, ValidityAttestation)>)>;

/// What the steps share.
pub(crate) struct Processing<T> {
	mode: Mode,
	now: BlockNumber,
	config: HostConfiguration,
	session: SessionIndex,
	validators: Vec<ValidatorId>,
	cores: u32,
	rotation: GroupRotationInfo,
	parent_hash: Hash,
	pending: PendingCandidates<T>,
	backing_votes: BackingVotes,
}

impl<T: Config> Processing<T> {
	fn start(
		mode: Mode,
		config: HostConfiguration,
		parent_hash: Hash,
		pending: PendingCandidates<T>,
	) -> Self {
		let now = Pallet::<T>::now();
		Self {
			mode,
			now,
			config,
			session: T::Session::index(),
			validators: T::Session::validators(),
			cores: T::Scheduler::core_count(),
			rotation: T::Scheduler::rotation_info(now),
			parent_hash,
			pending,
			backing_votes: Vec::new(),
		}
	}

	/// What signatures about this relay block are bound to.
	fn signing_context(&self, parent_hash: Hash) -> SigningContext {
		SigningContext {
			session_index: self.session,
			parent_hash,
		}
	}

	/// Step 8, second half: for each para enacts the longest available prefix (R-ENA-3), in dependency order, and
	/// returns what it enacted and on which cores that was.
	fn enact_available(&mut self) -> Vec<(CoreIndex, CandidateHash)> {
		let mut enacted = Vec::new();
		for para in self.pending.paras() {
			let votes = self
				.pending
				.of(para)
				.iter()
				.map(|candidate| candidate.availability_votes.count());
			let available = enactable_prefix(votes, self.validators.len());
			for (candidate, stored) in self.pending.take_first(para, available) {
				enacted.push((candidate.core, candidate.hash));
				enact::<T>(candidate, stored, &self.config);
			}
		}
		enacted
	}
}
