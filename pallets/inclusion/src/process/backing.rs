//! Which of the offered candidates are backed (R-BCK-1 to R-BCK-5).
//!
//! Every judgement is a rule of `async-backing-primitives`, asked with what is in storage: a node that asks the same
//! rules with the same answers comes to the same verdict.

use super::{Mode, Processing};
use crate::{
	constraints::StorageConstraints,
	refusal::{CandidateRefusal, Refusal},
	types::PendingReceiptRef,
	ClaimQueueSnapshots, Config, Event, OutputSizes, Pallet, PendingCandidate, PendingReceipts,
	RelayParentWindow, ValidatorBits,
};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec::Vec,
};
use async_backing_primitives::{
	candidate_modifications, check_backing_votes, check_depth, check_fragment, check_intrinsic,
	check_relay_parent_progress, oldest_legal_relay_parent,
	ports::{CoreScheduler, CurrentSession, Disputes},
	remove_disabled_votes, AllowedRelayParents, AssignedCores, BackedCandidate, BackingVotesError,
	BlockNumber, CandidateHash, CandidateReceipt, ClaimQueue, ConstraintModifications, CoreIndex,
	DescriptorVersion, FragmentCandidate, GroupIndex, Hash, HeadData, HostConfiguration, Operating, ParaId,
	RelayChainBlockInfo, ValidationDataClaim, ValidatorIndex, ValidityAttestation,
};

/// Version 3 descriptors are decoded, but not accepted yet (R-REL-8, R-BIN-12).
const ACCEPT_V3: bool = false;

impl<T: Config> Processing<T> {
	/// Steps 12 and 13: backs what is good, para by para, each in chain order. The first bad candidate of a para takes
	/// the later ones of that para with it, since they build on it.
	pub(super) fn back_candidates(
		&mut self,
		offered: Vec<BackedCandidate>,
		claims: Vec<(CoreIndex, ParaId)>,
		invalid: &BTreeSet<CandidateHash>,
	) -> Result<Vec<BackedCandidate>, Refusal> {
		let mut backed = Vec::with_capacity(offered.len());
		if offered.is_empty() {
			return Ok(backed);
		}
		if T::Session::is_change_buffered() {
			self.mode.refuse(CandidateRefusal::SessionEnds)?;
			return Ok(backed);
		}
		let mut facts = BlockFacts::<T>::new(claims, invalid);
		for (para, chain) in self.group_by_para(offered)? {
			self.back_chain(para, chain, &mut facts, &mut backed)?;
		}
		Ok(backed)
	}

	/// Candidates by para, each in the order in which they were offered (R-INC-3, R-WGT-3).
	fn group_by_para(
		&self,
		offered: Vec<BackedCandidate>,
	) -> Result<BTreeMap<ParaId, Vec<BackedCandidate>>, Refusal> {
		let mut by_para = BTreeMap::<ParaId, Vec<BackedCandidate>>::new();
		for backed in offered {
			let para = backed.candidate.para_id();
			if let Some(last) = by_para.keys().next_back().copied().filter(|last| para < *last) {
				if self.mode == Mode::Execute {
					return Err(Refusal::CandidatesOutOfOrder { last, got: para });
				}
			}
			by_para.entry(para).or_default().push(backed);
		}
		Ok(by_para)
	}

	/// Backs candidates of one para until the first that is refused.
	fn back_chain(
		&mut self,
		para: ParaId,
		chain: Vec<BackedCandidate>,
		facts: &mut BlockFacts<'_, T>,
		backed: &mut Vec<BackedCandidate>,
	) -> Result<(), Refusal> {
		let config = self.config.clone();
		let Some(mut path) = Path::<T>::below_pending(para, self.pending.of(para), &config, facts) else {
			return self.mode.refuse(CandidateRefusal::UnknownPara(para));
		};
		for mut candidate in chain {
			let verdict = match self.judge(&path, facts, &mut candidate) {
				Ok(verdict) => verdict,
				Err(refusal) => return self.mode.refuse(refusal),
			};
			let votes = (
				verdict.receipt.clone(),
				votes_of(&candidate, facts.members(verdict.group)),
			);
			if let Err(refusal) = self.accept(&mut path, facts, &candidate, verdict) {
				return self.mode.refuse(refusal);
			}
			self.backing_votes.push(votes);
			backed.push(candidate);
		}
		Ok(())
	}

	/// Judges a candidate behind those of the path (R-BCK-2), in the order of that rule; what a candidate is in itself
	/// comes first and together (R-FRG-16).
	///
	/// In [`Mode::Create`] the votes of disabled validators are taken out of it.
	fn judge(
		&self,
		path: &Path<'_, T>,
		facts: &mut BlockFacts<'_, T>,
		backed: &mut BackedCandidate,
	) -> Result<Verdict, CandidateRefusal> {
		let standing = self.check_standing(path.para, facts, backed)?;
		let receipt = backed.candidate.to_plain();
		let hash = receipt.hash();
		let modifications = self.check_place(path, facts, backed, &standing, hash)?;
		check_depth(
			path.pending,
			path.accepted,
			self.config.async_backing_params.max_candidate_depth,
		)?;
		if facts.eligible.get(&standing.core) != Some(&path.para) {
			return Err(CandidateRefusal::CoreNotEligible {
				core: standing.core,
				para: path.para,
			});
		}
		let (group, backers) = self.check_votes(facts, backed, &standing, hash)?;
		Ok(Verdict {
			hash,
			receipt,
			standing,
			modifications,
			group,
			backers,
		})
	}

	/// What the candidate is and where it says it stands: version, signals, relay parent, core, session.
	fn check_standing(
		&self,
		para: ParaId,
		facts: &mut BlockFacts<'_, T>,
		backed: &BackedCandidate,
	) -> Result<Standing, CandidateRefusal> {
		let (descriptor, commitments) = (&backed.candidate.descriptor, &backed.candidate.commitments);
		let intrinsic = check_intrinsic(descriptor, commitments, None, None, ACCEPT_V3)?;
		let relay_parent = facts.allowed(descriptor.relay_parent())?;
		let scheduling_parent = facts.allowed(descriptor.scheduling_parent())?;
		let (_, injected) = backed.split_indices().map_err(BackingVotesError::from)?;
		let core = descriptor.core_index().unwrap_or(injected);
		if intrinsic.version != DescriptorVersion::V1 {
			let assigned = facts.assigned_at(scheduling_parent.number).of(para);
			assigned.check(core, intrinsic.signals.select_core)?;
		}
		descriptor.check_scheduling_session(self.session)?;
		Ok(Standing {
			relay_parent,
			scheduling_parent,
			core,
		})
	}

	/// Whether the candidate fits behind those of the path, and what it changes.
	fn check_place(
		&self,
		path: &Path<'_, T>,
		facts: &BlockFacts<'_, T>,
		backed: &BackedCandidate,
		standing: &Standing,
		hash: CandidateHash,
	) -> Result<ConstraintModifications<'static>, CandidateRefusal> {
		if self
			.pending
			.of(path.para)
			.iter()
			.any(|pending| pending.hash == hash)
		{
			return Err(CandidateRefusal::Duplicate(hash));
		}
		let oldest = oldest_legal_relay_parent(path.latest_context, facts.earliest_relay_parent(), false);
		check_relay_parent_progress(Some(oldest), standing.relay_parent.number)?;
		let descriptor = &backed.candidate.descriptor;
		let fragment = FragmentCandidate {
			commitments: &backed.candidate.commitments,
			validation_code_hash: descriptor.validation_code_hash(),
			validation_data: ValidationDataClaim::Hash(descriptor.persisted_validation_data_hash()),
			is_pending_availability: false,
		};
		let modifications = check_fragment(&standing.relay_parent, &path.operating(), &fragment)?;
		if facts.invalid.contains(&hash) || T::Disputes::is_concluded_invalid(self.session, hash) {
			return Err(CandidateRefusal::ConcludedInvalid(hash));
		}
		Ok(without_head(modifications))
	}

	/// Whether its group backs the candidate (R-GRP-1, R-BKV-1 to R-BKV-4), and who did.
	fn check_votes(
		&self,
		facts: &BlockFacts<'_, T>,
		backed: &mut BackedCandidate,
		standing: &Standing,
		hash: CandidateHash,
	) -> Result<(GroupIndex, ValidatorBits), CandidateRefusal> {
		let no_group = CandidateRefusal::NoGroup(standing.core);
		let rotation = self
			.rotation
			.at(standing.scheduling_parent.number.saturating_add(1));
		let group = rotation
			.group_for_core(standing.core, self.cores as usize)
			.ok_or(no_group)?;
		let members = facts.groups.get(group.as_usize()).ok_or(no_group)?;
		let disabled =
			remove_disabled_votes(backed, members, |validator| facts.disabled.contains(&validator))?;
		// Only now: a bit too many for the group shifts those of the core.
		backed.core().map_err(BackingVotesError::from)?;
		if disabled > 0 && self.mode == Mode::Execute {
			return Err(CandidateRefusal::DisabledVotes(disabled));
		}
		let context = self.signing_context(standing.scheduling_parent.hash);
		let minimum = self.config.minimum_backing_votes;
		let key_of = |validator: ValidatorIndex| self.validators.get(validator.as_usize());
		check_backing_votes(backed, hash, members, minimum, &context, key_of)?;
		let mut backers = ValidatorBits::none_of(self.validators.len());
		let (bits, _) = backed.split_indices().map_err(BackingVotesError::from)?;
		bits.iter_ones()
			.filter_map(|position| members.get(position))
			.for_each(|validator| {
				backers.insert(*validator);
			});
		Ok((group, backers))
	}

	/// Step 13: the candidate becomes pending (R-BCK-5), and the next one is judged behind it (R-BCK-4).
	fn accept(
		&mut self,
		path: &mut Path<'_, T>,
		facts: &mut BlockFacts<'_, T>,
		backed: &BackedCandidate,
		verdict: Verdict,
	) -> Result<(), CandidateRefusal> {
		let Verdict {
			hash,
			receipt,
			standing,
			modifications,
			group,
			backers,
		} = verdict;
		let commitments = &backed.candidate.commitments;
		let head = commitments.head_data.clone();
		let candidate = PendingCandidate {
			para: path.para,
			hash,
			core: standing.core,
			group,
			relay_parent_number: standing.relay_parent.number,
			backed_in: self.now,
			hrmp_watermark: commitments.hrmp_watermark,
			outputs: OutputSizes::of(commitments, modifications.code_upgrade_applied),
			availability_votes: ValidatorBits::none_of(self.validators.len()),
		};
		let stored = PendingReceiptRef {
			descriptor: &receipt.descriptor,
			commitments,
			commitments_hash: receipt.commitments_hash,
			backers: &backers,
			max_pov_size: self.config.max_pov_size,
		};
		if !self.pending.push(candidate, stored) {
			return Err(CandidateRefusal::TooManyPending(path.para));
		}
		facts.eligible.remove(&standing.core);
		path.extend(head.clone(), standing.relay_parent.number, &modifications);
		path.accepted = path.accepted.saturating_add(1);
		Pallet::<T>::deposit_event(Event::CandidateBacked {
			receipt,
			head,
			core: standing.core,
			group,
		});
		Ok(())
	}
}

/// Who of the group voted for a candidate whose votes were checked, and how.
fn votes_of(
	backed: &BackedCandidate,
	members: &[ValidatorIndex],
) -> Vec<(ValidatorIndex, ValidityAttestation)> {
	let Ok((bits, _)) = backed.split_indices() else {
		return Vec::new();
	};
	let voters = bits
		.iter_ones()
		.filter_map(|position| members.get(position).copied());
	voters.zip(backed.validity_votes.iter().cloned()).collect()
}

/// Where a candidate stands.
struct Standing {
	relay_parent: RelayChainBlockInfo,
	scheduling_parent: RelayChainBlockInfo,
	core: CoreIndex,
}

/// What the judgement found out.
struct Verdict {
	hash: CandidateHash,
	receipt: CandidateReceipt,
	standing: Standing,
	modifications: ConstraintModifications<'static>,
	group: GroupIndex,
	backers: ValidatorBits,
}

/// The end of a para's chain: base constraints, and what pending and accepted candidates change about them.
struct Path<'a, T> {
	para: ParaId,
	base: StorageConstraints<'a, T>,
	stacked: ConstraintModifications<'static>,
	head: HeadData,
	latest_context: Option<BlockNumber>,
	pending: usize,
	accepted: usize,
}

impl<'a, T: Config> Path<'a, T> {
	/// The path that ends with the last pending candidate (R-BASE-18, R-BCK-4). `None` for an unknown para.
	fn below_pending(
		para: ParaId,
		pending: &[PendingCandidate],
		config: &'a HostConfiguration,
		facts: &BlockFacts<'_, T>,
	) -> Option<Self> {
		let base = StorageConstraints::<T>::new(para, config, facts.earliest_relay_parent())?;
		let head = base.facts().head.clone();
		let latest_context = base.facts().most_recent_context;
		let stacked = ConstraintModifications::default();
		let mut path = Self {
			para,
			base,
			stacked,
			head,
			latest_context,
			pending: pending.len(),
			accepted: 0,
		};
		for candidate in pending {
			let commitments = PendingReceipts::<T>::get(candidate.hash)?.commitments;
			let number = candidate.relay_parent_number;
			let modifications = candidate_modifications(number, &path.operating(), &commitments).ok()?;
			let modifications = without_head(modifications);
			path.extend(commitments.head_data, number, &modifications);
		}
		Some(path)
	}

	fn operating(&self) -> Operating<'_, StorageConstraints<'a, T>> {
		Operating::with_required_parent(&self.base, &self.stacked, &self.head)
	}

	fn extend(
		&mut self,
		head: HeadData,
		context: BlockNumber,
		modifications: &ConstraintModifications<'static>,
	) {
		self.stacked.stack_resources(modifications);
		self.head = head;
		self.latest_context = Some(context);
	}
}

/// Modifications without the head data, which a path keeps apart so that it need not be copied for each.
fn without_head(modifications: ConstraintModifications<'_>) -> ConstraintModifications<'static> {
	ConstraintModifications {
		required_parent: None,
		..modifications
	}
	.into_owned()
}

/// What all candidates of a block are judged by.
struct BlockFacts<'a, T> {
	window: AllowedRelayParents,
	assigned: BTreeMap<BlockNumber, AssignedCores>,
	groups: Vec<Vec<ValidatorIndex>>,
	disabled: BTreeSet<ValidatorIndex>,
	/// Cores that this block may fill, each with the para that may (R-BCK-1).
	eligible: BTreeMap<CoreIndex, ParaId>,
	invalid: &'a BTreeSet<CandidateHash>,
	_runtime: core::marker::PhantomData<T>,
}

impl<'a, T: Config> BlockFacts<'a, T> {
	fn new(claims: Vec<(CoreIndex, ParaId)>, invalid: &'a BTreeSet<CandidateHash>) -> Self {
		Self {
			window: RelayParentWindow::<T>::get(),
			assigned: BTreeMap::new(),
			groups: T::Scheduler::groups(),
			disabled: T::Session::disabled_in_parent(),
			eligible: claims.into_iter().collect(),
			invalid,
			_runtime: core::marker::PhantomData,
		}
	}

	/// Members of a group; none if there is no such group.
	fn members(&self, group: GroupIndex) -> &[ValidatorIndex] {
		self.groups.get(group.as_usize()).map_or(&[], Vec::as_slice)
	}

	fn allowed(&self, hash: Hash) -> Result<RelayChainBlockInfo, CandidateRefusal> {
		self.window
			.lookup(hash)
			.ok_or(CandidateRefusal::DisallowedRelayParent(hash))
	}

	/// Number of the oldest relay block on which a candidate of this block may build.
	fn earliest_relay_parent(&self) -> BlockNumber {
		self.window
			.oldest()
			.map_or(BlockNumber::MAX, |oldest| oldest.number)
	}

	/// The cores that nodes saw assigned at a relay block of the window (R-REL-7).
	fn assigned_at(&mut self, relay_parent: BlockNumber) -> &AssignedCores {
		self.assigned.entry(relay_parent).or_insert_with(|| {
			let queue: ClaimQueue = ClaimQueueSnapshots::<T>::get(relay_parent).into();
			AssignedCores::from(&queue)
		})
	}
}
