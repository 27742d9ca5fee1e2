//! One relay parent: who backs what there, and what was said of it.

use crate::{
	account::{Accounts, Charge, SecondedLimits},
	early::EarlyVotes,
	promises::Intent,
	StatementTable,
};
use async_backing_chain_view::Session;
use async_backing_fragment_tree::Candidate;
use async_backing_primitives::{
	check_core_choice, injected_core_bits, AsyncBackingParams, BackedCandidate, BackedCandidateError,
	CandidateHash, ClaimQueue, CommittedCandidateReceipt, CompactStatement, CoreChoiceError, CoreIndex,
	GroupRotationInfo, LeafFacts, ParaId, RelayChainBlockInfo, SignalError, SigningContext, ValidatorId,
	ValidatorIndex, WrongSchedulingSession,
};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
};
use thiserror::Error;

/// Why the chain would not accept a candidate at its relay parent, whatever the votes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AdmissionError {
	/// Its signals are malformed.
	#[error(transparent)]
	Signals(#[from] SignalError),
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

/// A relay parent in scope of some active leaf.
#[derive(Debug)]
pub(crate) struct RelayParent {
	block: RelayChainBlockInfo,
	pub(crate) session: Arc<Session>,
	params: AsyncBackingParams,
	rotation: GroupRotationInfo,
	/// Claims in the state of this block (R-REL-7); where no leaf told them, those of the leaf that brought it in.
	claims: Arc<ClaimQueue>,
	/// Validators disabled in the state of an active leaf that has this block in scope: their votes do not count towards a
	/// quorum (R-BAK-14).
	disabled: BTreeSet<ValidatorIndex>,
	pub(crate) table: StatementTable,
	/// Votes for candidates that nobody seconded yet.
	pub(crate) early: EarlyVotes,
	/// What validators seconded, in bytes.
	pub(crate) accounts: Accounts,
	/// Bounds of the same for each para; the largest that any leaf told.
	limits: BTreeMap<ParaId, SecondedLimits>,
}

impl RelayParent {
	pub(crate) fn new(
		block: RelayChainBlockInfo,
		leaf: &LeafFacts,
		session: Arc<Session>,
		claims: Arc<ClaimQueue>,
	) -> Self {
		Self {
			block,
			session,
			params: leaf.params,
			// Groups are those of the child (R-GRP-1).
			rotation: leaf.rotation.at(block.number.saturating_add(1)),
			claims,
			disabled: BTreeSet::new(),
			table: StatementTable::new(leaf.params, leaf.minimum_backing_votes),
			early: EarlyVotes::default(),
			accounts: Accounts::default(),
			limits: BTreeMap::new(),
		}
	}

	/// A leaf that has this block in scope tells the limits of its paras.
	pub(crate) fn note_limits(&mut self, limits: &BTreeMap<ParaId, SecondedLimits>) {
		for (para, told) in limits {
			let limits = self.limits.entry(*para).or_insert(*told);
			*limits = limits.max(*told);
		}
	}

	/// Bounds of what a validator may second for a para here.
	pub(crate) fn limits(&self, para: ParaId) -> SecondedLimits {
		let known = self.limits.get(&para).copied();
		known.unwrap_or_else(|| SecondedLimits::without_constraints(self.params))
	}

	/// Whether a validator may put so much more here, codes counted elsewhere.
	pub(crate) fn has_room(&self, validator: ValidatorIndex, para: ParaId, charge: Charge) -> bool {
		let limits = self.limits(para);
		let plain = self.accounts.plain(validator, para).saturating_add(charge.plain);
		plain <= limits.plain && charge.code.is_none_or(|code| code <= limits.code)
	}

	/// Most votes of one validator that wait for their candidates: it may confirm all that its group may second (R-SD-3).
	pub(crate) fn max_early_votes(&self) -> usize {
		let groups = self.session.groups.iter();
		let largest = groups.map(|group| group.len()).max().unwrap_or(0);
		largest.saturating_mul(self.params.max_unincluded() as usize)
	}

	/// Most candidates that one validator may second here (R-SD-3).
	pub(crate) fn seconding_limit(&self) -> usize {
		self.params.max_unincluded() as usize
	}

	/// Key of a validator.
	pub(crate) fn key(&self, validator: ValidatorIndex) -> Option<&ValidatorId> {
		self.session.validators.get(validator.as_usize())
	}

	/// Verified statements.
	#[cfg(feature = "laws")]
	pub(crate) fn statements(&self) -> usize {
		self.table.statement_count() + self.early.count()
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
			session_index: self.session.index,
			parent_hash: self.block.hash,
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

	/// Whether the para has a claim on a core that another group serves: some of its candidates are that group's to check.
	pub(crate) fn has_claim_elsewhere(&self, para: ParaId) -> bool {
		let own = self.own_core();
		let mut others = self.claims.iter().filter(|(core, _)| Some(**core) != own);
		others.any(|(_, claims)| claims.contains(&para))
	}

	/// The intent to make a statement here, as this validator of the session.
	pub(crate) fn intent(&self, own: ValidatorIndex, statement: CompactStatement) -> Intent {
		Intent {
			session: self.session.index,
			number: self.block.number,
			validator: own,
			statement,
		}
	}

	/// Claims of a para on a core, at whatever distance.
	pub(crate) fn claims(&self, core: CoreIndex, para: ParaId) -> usize {
		let claims = self.claims.get(&core).into_iter().flatten();
		claims.filter(|claim| **claim == para).count()
	}

	/// Whether a validator vouches for a candidate of another group in good faith: the candidate names no core, and the validator's
	/// core could have it as well. Nothing is hashed. Cost: that of [`admit`](Self::admit).
	pub(crate) fn is_of_another_group(&self, candidate: &Candidate, author: ValidatorIndex) -> bool {
		let hash = candidate.hash();
		candidate.core_index().is_none()
			&& self.table.contains(hash)
			&& !self.table.is_in_group(hash, author)
			&& self.core_of(author).is_some()
			&& self.admit(candidate, author).is_ok()
	}

	/// Checks a candidate against everything that is known of this relay parent, and returns its core: the one that it
	/// names, or for version 1 the one that whoever seconds it backs. What it is in itself was checked when it was made
	/// (R-FRG-16); nothing is hashed.
	pub(crate) fn admit(
		&self,
		candidate: &Candidate,
		seconder: ValidatorIndex,
	) -> Result<CoreIndex, AdmissionError> {
		let descriptor = &candidate.receipt().descriptor;
		descriptor.check_scheduling_session(self.session.index)?;
		let core = candidate
			.core_index()
			.or_else(|| self.core_of(seconder))
			.unwrap_or_default();
		let selection = candidate.core_selection()?;
		check_core_choice(&self.claims, candidate.para_id(), core, selection)?;
		injected_core_bits(descriptor, core)?;
		self.group_of(core)
			.map(|_| core)
			.ok_or(AdmissionError::NoGroup(core))
	}
}
