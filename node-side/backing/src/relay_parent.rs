//! One relay parent: who backs what there, and what was said of it.

use crate::StatementTable;
use async_backing_primitives::{
	check_core_choice, check_intrinsic, injected_core_bits, BackedCandidate, BackedCandidateError,
	CandidateHash, ClaimQueue, CommittedCandidateReceipt, CoreChoiceError, CoreIndex, GroupRotationInfo,
	Hash, IntrinsicError, LeafFacts, ParaId, PersistedValidationData, RelayChainBlockInfo, SessionIndex,
	SigningContext, ValidatorId, ValidatorIndex, WrongSchedulingSession,
};
use std::{collections::BTreeSet, sync::Arc};
use thiserror::Error;

/// Why the chain would not accept a candidate at its relay parent, whatever the votes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AdmissionError {
	/// The candidate is wrong in itself.
	#[error(transparent)]
	Intrinsic(#[from] IntrinsicError),
	/// It is of another session.
	#[error(transparent)]
	Session(#[from] WrongSchedulingSession),
	/// It may not take the core that it names.
	#[error(transparent)]
	Core(#[from] CoreChoiceError),
	/// The votes can't say which core it is for: it is above 255, and version 1 does not name it.
	#[error(transparent)]
	Unnameable(#[from] BackedCandidateError),
	/// No group backs candidates on the core.
	#[error("no group backs candidates on core {0} (R-GRP-2)")]
	NoGroup(CoreIndex),
}

/// What is constant within a session, as a leaf shows it.
#[derive(Debug)]
pub(crate) struct SessionFacts {
	pub(crate) session_index: SessionIndex,
	pub(crate) validators: Vec<ValidatorId>,
	pub(crate) groups: Vec<Vec<ValidatorIndex>>,
	/// This validator, if it is one.
	pub(crate) own: Option<ValidatorIndex>,
}

impl SessionFacts {
	pub(crate) fn new(leaf: &LeafFacts, own: Option<ValidatorIndex>) -> Self {
		Self {
			session_index: leaf.session_index,
			validators: leaf.validators.clone(),
			groups: leaf.groups.clone(),
			own,
		}
	}
}

/// A relay parent in scope of some active leaf.
#[derive(Debug)]
pub(crate) struct RelayParent {
	hash: Hash,
	pub(crate) session: Arc<SessionFacts>,
	rotation: GroupRotationInfo,
	/// Claims seen in the state of this block; for one that never was a leaf, those of the leaf that brought it in.
	claims: Arc<ClaimQueue>,
	/// Validators disabled in the state of an active leaf that has this block in scope: their votes do not count towards a
	/// quorum (R-BAK-14).
	disabled: BTreeSet<ValidatorIndex>,
	pub(crate) table: StatementTable,
}

impl RelayParent {
	pub(crate) fn new(
		info: &RelayChainBlockInfo,
		leaf: &LeafFacts,
		session: Arc<SessionFacts>,
		claims: Arc<ClaimQueue>,
	) -> Self {
		Self {
			hash: info.hash,
			session,
			// Groups are those of the child (R-GRP-1).
			rotation: leaf.rotation.at(info.number.saturating_add(1)),
			claims,
			disabled: BTreeSet::new(),
			table: StatementTable::new(leaf.params, leaf.minimum_backing_votes),
		}
	}

	/// Another active leaf has this block in scope: whom it disabled does not count (R-BAK-14).
	pub(crate) fn disable(&mut self, validators: &BTreeSet<ValidatorIndex>) {
		self.disabled.extend(validators);
	}

	/// Replaces the validators that do not count, after a leaf went; says whether somebody counts again.
	pub(crate) fn replace_disabled(&mut self, disabled: BTreeSet<ValidatorIndex>) -> bool {
		let replaced = std::mem::replace(&mut self.disabled, disabled);
		!replaced.is_subset(&self.disabled)
	}

	/// Whether what a validator says counts here (R-BAK-14).
	pub(crate) fn counts(&self, validator: ValidatorIndex) -> bool {
		!self.disabled.contains(&validator)
	}

	/// This validator, if it may make statements here: one that is disabled does not (R-BAK-14).
	pub(crate) fn own(&self) -> Option<ValidatorIndex> {
		self.session.own.filter(|own| self.counts(*own))
	}

	/// Whether a candidate has its quorum for whatever leaf comes of those that are active (R-BAK-7, R-BAK-14).
	pub(crate) fn is_backable(&self, candidate: CandidateHash) -> bool {
		self.table.is_backable_without(candidate, &self.disabled)
	}

	/// A candidate with the votes that count for all active leaves (R-BAK-8, R-BAK-14).
	pub(crate) fn backed(
		&self,
		candidate: CandidateHash,
		receipt: CommittedCandidateReceipt,
	) -> Option<BackedCandidate> {
		self.table.backed_without(candidate, receipt, &self.disabled)
	}

	/// What statements about candidates with this scheduling parent are bound to (R-STM-2).
	pub(crate) fn signing_context(&self) -> SigningContext {
		SigningContext {
			session_index: self.session.session_index,
			parent_hash: self.hash,
		}
	}

	/// The group that backs candidates on a core (R-GRP-1).
	pub(crate) fn group_of(&self, core: CoreIndex) -> Option<&[ValidatorIndex]> {
		let group = self.rotation.group_for_core(core, self.session.groups.len())?;
		self.session
			.groups
			.get(group.as_usize())
			.map(|members| &members[..])
	}

	/// The core whose candidates a validator backs (R-GRP-3).
	pub(crate) fn core_of(&self, validator: ValidatorIndex) -> Option<CoreIndex> {
		let group = self
			.session
			.groups
			.iter()
			.position(|group| group.contains(&validator))?;
		self.rotation
			.core_for_group(u32::try_from(group).ok()?.into(), self.session.groups.len())
	}

	/// The core whose candidates this validator backs.
	pub(crate) fn own_core(&self) -> Option<CoreIndex> {
		self.core_of(self.session.own?)
	}

	/// Whether the para has a claim on the core, at whatever distance (R-BAK-1).
	pub(crate) fn has_claim(&self, core: CoreIndex, para: ParaId) -> bool {
		self.claims
			.get(&core)
			.is_some_and(|claims| claims.contains(&para))
	}

	/// Checks a candidate against everything that is known of this relay parent, and returns its core: the one that it
	/// names, or for version 1 the one that whoever seconds it backs.
	pub(crate) fn admit(
		&self,
		receipt: &CommittedCandidateReceipt,
		validation_data: &PersistedValidationData,
		seconder: ValidatorIndex,
	) -> Result<CoreIndex, AdmissionError> {
		let descriptor = &receipt.descriptor;
		let facts = check_intrinsic(
			descriptor,
			&receipt.commitments,
			None,
			Some(validation_data),
			false,
		)?;
		descriptor.check_scheduling_session(self.session.session_index)?;
		let core = descriptor
			.core_index()
			.or_else(|| self.core_of(seconder))
			.unwrap_or_default();
		check_core_choice(
			&self.claims,
			descriptor.para_id(),
			core,
			facts.signals.select_core,
		)?;
		injected_core_bits(descriptor, core)?;
		self.group_of(core)
			.map(|_| core)
			.ok_or(AdmissionError::NoGroup(core))
	}
}
