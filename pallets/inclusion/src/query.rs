//! Answers for runtime APIs: a runtime forwards to these.
//!
//! Every answer is for the state of the queried block `b`, hence for what its child `b + 1` may do.

use crate::{
	constraints::StorageConstraints, enact::enact_all_of, pending::PendingCandidates, Config, Event,
	OnChainVotes, Pallet, PendingAvailability, PendingCandidate, PendingReceipt, PendingReceipts,
	RelayParentWindow,
};
use alloc::vec::Vec;
use async_backing_primitives::{
	check_fragment, check_outputs, cores_assigned_at, expected_validation_data,
	ports::{ActiveConfiguration, CoreScheduler, ParaState},
	AvailabilityTimeouts, BackingState, BlockNumber, CandidateCommitments, CandidateDescriptor,
	CandidateEvent, CandidateHash, CandidatePendingAvailability, ClaimQueue, CommittedCandidateReceipt,
	ConstraintModifications, ConstraintsExtension, CoreIndex, CoreState, DescriptorVersion,
	ExtendedConstraints, FragmentCandidate, GroupRotationInfo, Hash, OccupiedCore, OccupiedCoreAssumption,
	Operating, ParaId, PersistedValidationData, RelayChainBlockInfo, ScheduledCore, ScrapedOnChainVotes,
	ValidationCode, ValidationCodeHash, ValidationDataClaim, ValidatorIndex,
};
use codec::Decode;
use frame_support::{
	storage::{with_transaction_unchecked, TransactionOutcome},
	traits::Get,
};

impl<T: Config> Pallet<T> {
	/// Backing groups, and how they rotate seen from the child (R-GRP-2).
	pub fn validator_groups() -> (Vec<Vec<ValidatorIndex>>, GroupRotationInfo) {
		(
			T::Scheduler::groups(),
			T::Scheduler::rotation_info(Self::now().saturating_add(1)),
		)
	}

	/// State of every core for the child (R-SCH-1).
	pub fn availability_cores() -> Vec<CoreState> {
		let claims = T::Scheduler::claim_queue();
		let pending = PendingCandidates::<T>::load();
		let occupied = pending.by_core();
		let timeouts = Self::timeouts();
		(0..T::Scheduler::core_count())
			.map(CoreIndex)
			.map(|core| {
				let next_up = next_up(&claims, core);
				let candidate = occupied.get(&core).copied();
				match candidate.and_then(|candidate| Some((candidate, descriptor_of::<T>(candidate.hash)?))) {
					Some((candidate, descriptor)) => {
						CoreState::Occupied(occupied_core(candidate, descriptor, next_up, &timeouts))
					}
					None => next_up.map_or(CoreState::Free, CoreState::Scheduled),
				}
			})
			.collect()
	}

	/// When candidates of this session time out (R-TMO-1 to R-TMO-3).
	pub fn timeouts() -> AvailabilityTimeouts {
		let config = T::Configuration::active();
		AvailabilityTimeouts {
			session_start: T::Scheduler::rotation_info(Self::now()).session_start_block,
			group_rotation_frequency: config.group_rotation_frequency,
			paras_availability_period: config.paras_availability_period,
		}
	}

	/// Base constraints of a para with their extension, for candidates of the child (R-BASE-1 to R-BASE-17). `None`
	/// without head or code (R-BASE-16).
	pub fn base_constraints(para: ParaId) -> Option<ExtendedConstraints> {
		let config = T::Configuration::active();
		StorageConstraints::<T>::for_child(para, &config).map(|constraints| constraints.to_value())
	}

	/// The part of the base constraints that their wire format cannot express (R-BASE-17).
	pub fn constraints_extension(para: ParaId) -> Option<ConstraintsExtension> {
		Self::base_constraints(para)?.extension
	}

	/// Base constraints and pending candidates (R-BIN-4).
	pub fn para_backing_state(para: ParaId) -> Option<BackingState> {
		let constraints = Self::base_constraints(para)?.constraints;
		Some(BackingState {
			constraints,
			pending_availability: Self::pending_availability(para),
		})
	}

	/// Pending candidates of a para in dependency order, as a node places them (R-BIN-3).
	pub fn pending_availability(para: ParaId) -> Vec<CandidatePendingAvailability> {
		Self::pending_of(para)
			.map(|(candidate, stored)| CandidatePendingAvailability {
				candidate_hash: candidate.hash,
				descriptor: stored.descriptor,
				commitments: stored.commitments,
				relay_parent_number: candidate.relay_parent_number,
				max_pov_size: stored.max_pov_size,
			})
			.collect()
	}

	/// Pending candidates of a para in dependency order.
	pub fn candidates_pending_availability(para: ParaId) -> Vec<CommittedCandidateReceipt> {
		Self::pending_of(para)
			.map(|(_, stored)| committed(stored))
			.collect()
	}

	/// The oldest pending candidate of a para.
	pub fn candidate_pending_availability(para: ParaId) -> Option<CommittedCandidateReceipt> {
		Self::pending_of(para).next().map(|(_, stored)| committed(stored))
	}

	/// Who backed what in this block, and the dispute votes that it carried.
	pub fn on_chain_votes() -> Option<ScrapedOnChainVotes> {
		OnChainVotes::<T>::get().map(|votes| votes.0)
	}

	/// A relay block on which candidates of the child may build (R-REL-1), the current one aside, whose own state does
	/// not know its hash. The oldest of a full window leaves it in the child before anything is judged there.
	pub fn relay_parent(hash: Hash) -> Option<RelayChainBlockInfo> {
		let ancestry = T::Configuration::active()
			.async_backing_params
			.allowed_ancestry_len;
		let window = RelayParentWindow::<T>::get();
		let earliest = window.earliest_for_child_of(Self::now(), ancestry);
		window.lookup(hash).filter(|info| info.number >= earliest)
	}

	/// The core that a pending candidate occupies, and the block in which it was backed.
	pub fn core_of_candidate(hash: CandidateHash) -> Option<(CoreIndex, BlockNumber)> {
		let pending = PendingAvailability::<T>::get();
		let candidate = pending.iter().find(|candidate| candidate.hash == hash)?;
		Some((candidate.core, candidate.backed_in))
	}

	/// Validation data of a candidate with the current block as its relay parent (R-PVD-1). `None` if the para has no
	/// head or the assumption does not hold (R-ENA-6).
	pub fn persisted_validation_data(
		para: ParaId,
		assumption: OccupiedCoreAssumption,
	) -> Option<PersistedValidationData> {
		// Before anything is assumed: assuming changes state, and with it its root.
		let relay_parent = Self::current_block();
		Self::assuming(para, assumption, || Self::validation_data_on(&relay_parent, para))
	}

	/// Validation data with this hash and the code for it, assuming first that no pending candidate is included and then
	/// that all are.
	pub fn assumed_validation_data(
		para: ParaId,
		expected: Hash,
	) -> Option<(PersistedValidationData, ValidationCodeHash)> {
		let relay_parent = Self::current_block();
		let matching = || {
			let data =
				Self::validation_data_on(&relay_parent, para).filter(|data| data.hash() == expected)?;
			Some((data, T::Paras::current_code_hash(para)?))
		};
		[OccupiedCoreAssumption::TimedOut, OccupiedCoreAssumption::Included]
			.into_iter()
			.find_map(|assumption| Self::assuming(para, assumption, matching))
	}

	/// Hash of the code that validates a candidate under this assumption.
	pub fn validation_code_hash(
		para: ParaId,
		assumption: OccupiedCoreAssumption,
	) -> Option<ValidationCodeHash> {
		Self::assuming(para, assumption, || T::Paras::current_code_hash(para))
	}

	/// Code that validates a candidate under this assumption.
	pub fn validation_code(para: ParaId, assumption: OccupiedCoreAssumption) -> Option<ValidationCode> {
		Self::validation_code_hash(para, assumption).and_then(T::Paras::code_by_hash)
	}

	/// Whether the child may accept a candidate with these outputs that builds on the included head and has the current
	/// block as its relay parent. What is not in the outputs (descriptor, votes, the core that is named) is taken to be
	/// right, and that nothing waits for availability: who asks judges validity, not what happens to be on the way.
	///
	/// The answer is that of the rules which the inherent asks: `false` if it accepts no such candidate.
	pub fn check_validation_outputs(para: ParaId, outputs: &CandidateCommitments) -> bool {
		let config = T::Configuration::active();
		let Some(base) = StorageConstraints::<T>::for_child(para, &config) else {
			return false;
		};
		// Version 2 takes whatever outputs version 1 takes.
		let Ok(signals) = check_outputs(DescriptorVersion::V2, outputs) else {
			return false;
		};
		if let Some((_, offset)) = signals.select_core {
			// Any of the cores may be named, so all that can be wrong is that there is none.
			if cores_assigned_at(&T::Scheduler::claim_queue(), para, offset).is_empty() {
				return false;
			}
		}
		let nothing_pending = ConstraintModifications::default();
		let operating = Operating::new(&base, &nothing_pending);
		let relay_parent = Self::current_block();
		let data = expected_validation_data(&relay_parent, &operating);
		let candidate = FragmentCandidate {
			commitments: outputs,
			validation_code_hash: operating.validation_code_hash(),
			validation_data: ValidationDataClaim::Full(&data),
			is_pending_availability: false,
		};
		check_fragment(&relay_parent, &operating, &candidate).is_ok()
	}

	/// What happened to candidates in the current block (R-BIN-18).
	pub fn candidate_events() -> Vec<CandidateEvent>
	where
		<T as frame_system::Config>::RuntimeEvent: TryInto<Event<T>>,
	{
		frame_system::Pallet::<T>::read_events_no_consensus()
			.filter_map(|record| record.event.try_into().ok())
			.filter_map(Event::<T>::into_candidate_event)
			.collect()
	}

	fn pending_of(para: ParaId) -> impl Iterator<Item = (PendingCandidate, PendingReceipt)> {
		PendingAvailability::<T>::get()
			.into_iter()
			.filter(move |candidate| candidate.para == para)
			.filter_map(|candidate| Some((PendingReceipts::<T>::get(candidate.hash)?, candidate)))
			.map(|(stored, candidate)| (candidate, stored))
	}

	fn has_pending(para: ParaId) -> bool {
		PendingAvailability::<T>::get()
			.iter()
			.any(|candidate| candidate.para == para)
	}

	/// How the runtime's state is hashed.
	pub(crate) fn state_version() -> sp_runtime::StateVersion {
		<T as frame_system::Config>::Version::get().state_version()
	}

	/// The current block as a relay parent. Its hash is not known to its own state, and nobody here needs it.
	fn current_block() -> RelayChainBlockInfo {
		let root = sp_io::storage::root(Self::state_version());
		RelayChainBlockInfo {
			hash: Hash::zero(),
			number: Self::now(),
			storage_root: if root.len() == Hash::len_bytes() {
				Hash::from_slice(&root)
			} else {
				Hash::zero()
			},
		}
	}

	fn validation_data_on(
		relay_parent: &RelayChainBlockInfo,
		para: ParaId,
	) -> Option<PersistedValidationData> {
		Some(PersistedValidationData {
			parent_head: T::Paras::head(para)?,
			relay_parent_number: relay_parent.number,
			relay_parent_storage_root: relay_parent.storage_root,
			max_pov_size: T::Configuration::active().max_pov_size,
		})
	}

	/// Asks under an assumption about the para's pending candidates (R-ENA-6). State is as before afterwards.
	fn assuming<R>(
		para: ParaId,
		assumption: OccupiedCoreAssumption,
		ask: impl FnOnce() -> Option<R>,
	) -> Option<R> {
		match assumption {
			OccupiedCoreAssumption::TimedOut => ask(),
			OccupiedCoreAssumption::Free if Self::has_pending(para) => None,
			OccupiedCoreAssumption::Free => ask(),
			OccupiedCoreAssumption::Included => with_transaction_unchecked(|| {
				enact_all_of::<T>(para, &T::Configuration::active());
				TransactionOutcome::Rollback(ask())
			}),
		}
	}
}

impl<T: Config> Event<T> {
	/// The event as runtime APIs tell it (R-BIN-18).
	pub fn into_candidate_event(self) -> Option<CandidateEvent> {
		match self {
			Event::CandidateBacked {
				receipt,
				head,
				core,
				group,
			} => Some(CandidateEvent::CandidateBacked(receipt, head, core, group)),
			Event::CandidateIncluded {
				receipt,
				head,
				core,
				group,
			} => Some(CandidateEvent::CandidateIncluded(receipt, head, core, group)),
			Event::CandidateTimedOut { receipt, head, core } => {
				Some(CandidateEvent::CandidateTimedOut(receipt, head, core))
			}
			Event::__Ignore(..) => None,
		}
	}
}

/// Who may use a core in the child: the front of its claim queue (R-SCH-3).
fn next_up(claims: &ClaimQueue, core: CoreIndex) -> Option<ScheduledCore> {
	claims.get(&core)?.front().copied().map(ScheduledCore::from)
}

/// The descriptor of a pending candidate. It comes first in its receipt; the commitments behind it may be large and are
/// not wanted.
fn descriptor_of<T: Config>(candidate: CandidateHash) -> Option<CandidateDescriptor> {
	let key = PendingReceipts::<T>::hashed_key_for(candidate);
	let mut bytes = [0; CandidateDescriptor::ENCODED_LEN];
	sp_io::storage::read(&key, &mut bytes, 0)?;
	CandidateDescriptor::decode(&mut &bytes[..]).ok()
}

fn committed(stored: PendingReceipt) -> CommittedCandidateReceipt {
	CommittedCandidateReceipt {
		descriptor: stored.descriptor,
		commitments: stored.commitments,
	}
}

fn occupied_core(
	candidate: &PendingCandidate,
	descriptor: CandidateDescriptor,
	next_up: Option<ScheduledCore>,
	timeouts: &AvailabilityTimeouts,
) -> OccupiedCore {
	OccupiedCore {
		next_up_on_available: next_up,
		occupied_since: candidate.backed_in,
		time_out_at: timeouts.time_out_at(candidate.backed_in),
		next_up_on_time_out: next_up,
		availability: candidate.availability_votes.to_bits(),
		group_responsible: candidate.group,
		candidate_hash: candidate.hash,
		candidate_descriptor: descriptor,
	}
}
