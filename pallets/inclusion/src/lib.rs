#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
pub mod config_preludes;
mod constraints;
mod enact;
pub mod inherent;
pub mod migrations;
mod others;
mod pending;
mod process;
mod query;
mod randomness;
mod refusal;
pub mod runtime_api;
mod select;
mod snapshot;
mod try_state;
mod types;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use async_backing_primitives::InherentError;
pub use others::OtherInherents;
pub use pallet::*;
pub use randomness::NoRandomness;
pub use refusal::{BitfieldRefusal, CandidateRefusal, Refusal};
pub use types::{
	ClaimQueueSnapshot, OutputSizes, PendingCandidate, PendingList, PendingReceipt, StoredVotes,
	ValidatorBits,
};
pub use weights::WeightInfo;

use alloc::vec::Vec;
use async_backing_primitives::{
	ports::{
		ActiveConfiguration, CoreScheduler, CurrentSession, Disputes, DownwardQueues, HorizontalChannels,
		OnParaOverridden, OnSessionChange, ParaState, Rewards, SessionChange, UpwardQueues,
	},
	AllowedRelayParents, BlockNumber, CandidateHash, CandidateReceipt, CoreIndex, GroupIndex, Hash, HeadData,
	Header, ParaId, ParachainsInherentData,
};
use frame_support::{
	dispatch::DispatchResult,
	ensure,
	storage::{with_storage_layer, with_transaction_unchecked, TransactionOutcome},
	traits::Randomness,
	weights::Weight,
};
use pending::PendingCandidates;
use process::Mode;
use sp_runtime::traits::SaturatedConversion;

/// Target of the pallet's log lines.
const LOG_TARGET: &str = "runtime::inclusion";

#[allow(missing_debug_implementations)] // types that the macros write
#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(2);

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet needs of its runtime: ports to its neighbours. See the crate's front page.
	#[pallet::config(with_default)]
	pub trait Config: frame_system::Config<Hash = Hash, RuntimeEvent: From<Event<Self>>> {
		/// Limits and parameters of the session.
		#[pallet::no_default_bounds]
		type Configuration: ActiveConfiguration;
		/// Session index, validators and their keys.
		#[pallet::no_default_bounds]
		type Session: CurrentSession;
		/// Heads, code and its upgrades.
		#[pallet::no_default_bounds]
		type Paras: ParaState;
		/// Downward messages.
		#[pallet::no_default_bounds]
		type Dmp: DownwardQueues;
		/// Upward messages.
		#[pallet::no_default_bounds]
		type Ump: UpwardQueues;
		/// Horizontal messages.
		#[pallet::no_default_bounds]
		type Hrmp: HorizontalChannels;
		/// Cores, claims and groups.
		#[pallet::no_default_bounds]
		type Scheduler: CoreScheduler;
		/// Disputes; `()` if the runtime has none.
		type Disputes: Disputes;
		/// Rewards; `()` if the runtime has none.
		type Rewards: Rewards;
		/// What the author of the parent drew, if it drew something: decides what is left out when not all fits
		/// (R-WGT-5), such as `pallet_babe::ParentBlockRandomness`. [`NoRandomness`] if it draws nothing; then the parent's
		/// hash decides.
		#[pallet::no_default_bounds]
		type ParentRandomness: Randomness<Option<Hash>, BlockNumberFor<Self>>;
		/// What other inherents take of a block: an author leaves them room (R-WGT-1). `()` for a few small ones.
		type OtherInherents: OtherInherents;
		/// Weights of what the inherent carries.
		type WeightInfo: WeightInfo;
		/// The chain around the pallet, for its benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: crate::benchmarking::BenchmarkHelper;
	}

	/// Relay blocks on which candidates of the current block may build (R-REL-1).
	#[pallet::storage]
	pub type RelayParentWindow<T: Config> = StorageValue<_, AllowedRelayParents, ValueQuery>;

	/// The claim queue that nodes saw at each relay block of the window and at the latest block, by number: taken at the
	/// end of that block, so that nothing that its child does reaches it (R-REL-7).
	#[pallet::storage]
	pub type ClaimQueueSnapshots<T: Config> =
		StorageMap<_, Identity, BlockNumber, ClaimQueueSnapshot, ValueQuery>;

	/// Candidates that wait for availability, ascending by para, each para's in dependency order.
	///
	/// One value for all: every block reads and changes all of them, and small as they are that costs as much as one
	/// access.
	#[pallet::storage]
	pub type PendingAvailability<T: Config> = StorageValue<_, PendingList, ValueQuery>;

	/// What the end of each candidate needs that waits for availability.
	#[pallet::storage]
	pub type PendingReceipts<T: Config> = StorageMap<_, Identity, CandidateHash, PendingReceipt, OptionQuery>;

	/// Who backed what in the latest block, and the dispute votes that it carried.
	#[pallet::storage]
	pub type OnChainVotes<T: Config> = StorageValue<_, StoredVotes, OptionQuery>;

	/// Present while a block is processed whose inherent was executed (R-INC-1).
	#[pallet::storage]
	pub type InherentIncluded<T: Config> = StorageValue<_, (), OptionQuery>;

	/// What happened to a candidate.
	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// It was backed and now occupies a core (R-BCK-5).
		CandidateBacked {
			/// The candidate.
			receipt: CandidateReceipt,
			/// Its head data.
			head: HeadData,
			/// Its core.
			core: CoreIndex,
			/// The group that backed it.
			group: GroupIndex,
		},
		/// It became available and was enacted (R-ENA-4).
		CandidateIncluded {
			/// The candidate.
			receipt: CandidateReceipt,
			/// Its head data.
			head: HeadData,
			/// The core that it leaves.
			core: CoreIndex,
			/// The group that backed it.
			group: GroupIndex,
		},
		/// It, or one that it builds on, did not become available in time (R-TMO-5).
		CandidateTimedOut {
			/// The candidate.
			receipt: CandidateReceipt,
			/// Its head data.
			head: HeadData,
			/// The core that it leaves.
			core: CoreIndex,
		},
	}

	/// Which rule refused the inherent. The log says with which values.
	#[pallet::error]
	pub enum Error<T> {
		/// R-INC-1: the block has an inherent already.
		SecondInherent,
		/// R-INC-1: the parent header does not hash to the parent's hash.
		InvalidParentHeader,
		/// R-INC-3: dispute votes that are not worth keeping, or not in their canonical form.
		DisputesNotCanonical,
		/// R-WGT-1: more than a block has room for.
		Overweight,
		/// R-INC-2: the chain is frozen by disputes.
		ChainFrozen,
		/// R-BIT-1: not one bit for each core.
		BitfieldWrongLength,
		/// R-BIT-1: a bit for a core that a dispute freed in this block.
		BitfieldForFreedCore,
		/// R-BIT-1: the validator does not come after the one before.
		BitfieldOutOfOrder,
		/// R-BIT-1: the session has no such validator.
		BitfieldUnknownValidator,
		/// R-BIT-1: not signed by the validator for this session and parent.
		BitfieldBadSignature,
		/// R-INC-3: candidates do not ascend by para.
		CandidatesOutOfOrder,
		/// R-ABP-10: the session ends with this block.
		SessionEnds,
		/// R-BASE-16: the para has no head or no code.
		UnknownPara,
		/// R-BIN-12: the chain does not accept the descriptor's version.
		UnsupportedDescriptor,
		/// R-FRG-16: more commitments than the chain can store.
		CommitmentsTooLarge,
		/// R-FRG-16: the commitments are not those of the receipt.
		CommitmentsMismatch,
		/// R-FRG-16: the head data are not those of the descriptor.
		ParaHeadMismatch,
		/// R-UMP-3, R-UMP-4: malformed signals, or signals that the version may not carry.
		InvalidSignals,
		/// R-CODE-1: the announced code is no code.
		CodeTooSmall,
		/// R-REL-3: the relay block is not in the window.
		DisallowedRelayParent,
		/// R-UMP-5: the para has no core at that position of the claim queue.
		NoAssignment,
		/// R-UMP-5: the candidate names a core, but selects another.
		CoreIndexMismatch,
		/// R-UMP-5: the core is not among those assigned.
		InvalidCoreIndex,
		/// R-BCK-2: built for another session.
		WrongSession,
		/// R-BCK-2: pending already, or twice in this block.
		DuplicateCandidate,
		/// R-REL-4: a relay parent older than that of the candidate before.
		RelayParentMovedBackwards,
		/// R-FRG-1: recipients of horizontal messages do not ascend.
		RecipientsNotAscending,
		/// R-FRG-2: validated with other code than is in force.
		ValidationCodeMismatch,
		/// R-FRG-3: the head data is too large.
		HeadDataTooLarge,
		/// R-FRG-4: the relay parent is too old.
		RelayParentTooOld,
		/// R-FRG-5: a code upgrade is announced while none may be.
		CodeUpgradeRestricted,
		/// R-FRG-6: the announced code is too large.
		CodeTooLarge,
		/// R-FRG-7: too many horizontal messages.
		TooManyHorizontalMessages,
		/// R-FRG-8: does not build on the latest head, or was validated with other data.
		ValidationDataMismatch,
		/// R-FRG-9: downward messages wait, but none is processed.
		DownwardMessagesNotProcessed,
		/// R-FRG-10: too many upward messages.
		TooManyUpwardMessages,
		/// R-CON-1: the watermark is ahead of the relay parent.
		WatermarkAheadOfRelayParent,
		/// R-CON-1: the watermark may not move there.
		DisallowedWatermark,
		/// R-CON-2: no channel to a recipient.
		NoSuchChannel,
		/// R-CON-2: more bytes than a channel has room for.
		ChannelBytesExceeded,
		/// R-CON-2: more messages than a channel has room for.
		ChannelMessagesExceeded,
		/// R-CON-3: more upward messages than the queue has room for.
		UpwardMessagesExceeded,
		/// R-CON-3: more bytes of upward messages than the queue has room for.
		UpwardBytesExceeded,
		/// R-CON-4: more downward messages processed than there are.
		DownwardMessagesExceeded,
		/// R-CON-5: a code upgrade is applied that is not scheduled.
		NoUpgradeScheduled,
		/// R-FRG-12: an upward message is too large.
		UpwardMessageTooLarge,
		/// R-FRG-12: a horizontal message is too large for its channel.
		HorizontalMessageTooLarge,
		/// R-UMP-6: a leaving para sends upward messages.
		UpwardMessagesWhileLeaving,
		/// R-HRMP-1: more horizontal messages consumed than a candidate may at once.
		TooManyMessagesConsumed,
		/// R-TMO-6: a dispute concluded against the candidate in this block or before.
		ConcludedInvalid,
		/// R-DEP-1: too many candidates between the included head and this one.
		TooDeep,
		/// R-BCK-3: the core is not the para's in this block, or taken.
		CoreNotEligible,
		/// R-GRP-2: no group backs the core.
		NoGroup,
		/// R-BKV-4: votes of disabled validators.
		DisabledVotes,
		/// R-BIN-16: the vote bits are too short to name a core, or name another than the descriptor.
		MalformedVotes,
		/// R-BKV-1: an empty group backs nothing.
		EmptyGroup,
		/// R-BKV-2: the vote bits do not describe the group.
		WrongVoteBits,
		/// R-BKV-2: votes and set bits do not pair up.
		VotesDoNotMatchBits,
		/// R-BKV-1: too few votes.
		TooFewVotes,
		/// R-BKV-3: a voter has no key in this session.
		UnknownBackingValidator,
		/// R-BKV-3: a vote is not signed by its validator.
		BadVoteSignature,
		/// As many candidates of all paras wait as can be stored.
		TooManyPending,
	}

	/// Ceilings and delays that are compiled in, for tools that read the metadata.
	#[pallet::extra_constants]
	impl<T: Config> Pallet<T> {
		/// Whom the configuration gives for the pallets that this one speaks to, for tools that check a runtime's blob.
		#[pallet::constant_name(Neighbours)]
		fn neighbours() -> alloc::vec::Vec<async_backing_primitives::wiring::Neighbour> {
			use async_backing_primitives::wiring::{path, Neighbour};
			alloc::vec![
				Neighbour::of::<T::Configuration>("Configuration", path::CONFIGURATION),
				Neighbour::of::<T::Session>("Session", path::SESSIONS),
				Neighbour::of::<T::Paras>("Paras", path::PARAS),
				Neighbour::of::<T::Dmp>("Dmp", path::DMP),
				Neighbour::of::<T::Ump>("Ump", path::UMP),
				Neighbour::of::<T::Hrmp>("Hrmp", path::HRMP),
				Neighbour::of::<T::Scheduler>("Scheduler", path::SCHEDULER),
			]
		}

		/// Most relay parents that a candidate may build on (R-REL-1).
		#[pallet::constant_name(MaxRelayParents)]
		fn max_relay_parents() -> u32 {
			async_backing_primitives::MAX_RELAY_PARENTS
		}

		/// Most bytes of commitments of a candidate (R-FRG-16).
		#[pallet::constant_name(MaxCommitmentsSize)]
		fn max_commitments_size() -> u32 {
			async_backing_primitives::MAX_COMMITMENTS_SIZE
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		/// Charges for the end of the block.
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			Self::weight_of_snapshot()
		}

		/// Takes the claim queue that candidates on this block are judged by (R-REL-7). A session that ends with the block
		/// has it taken once more, when the scheduler has been told.
		///
		/// # Panics
		/// If the block had no inherent (R-INC-1). It is the one place where this pallet may abort: such a block must
		/// not exist.
		fn on_finalize(_: BlockNumberFor<T>) {
			assert!(
				InherentIncluded::<T>::take().is_some(),
				"a block needs the parachains inherent (R-INC-1)"
			);
			Self::take_snapshot();
		}

		/// Its name is free, but tools look for events of `ParaInclusion`. Babe's is checked here too, for runtimes that adopt
		/// this pallet alone (R-KEY-9).
		#[cfg(feature = "std")]
		fn integrity_test() {
			use async_backing_primitives::wiring::{path, Wiring};
			Wiring::of::<T::RuntimeCall, T::RuntimeEvent>()
				.noted::<T>(path::INCLUSION)
				.required(
					path::INHERENT,
					"without its call no block could be made (R-INC-1)",
				)
				.named(
					path::BABE,
					"Babe",
					"parachains read the slot at its name (R-KEY-9)",
				)
				.all_given(&Self::neighbours())
				.check();
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}

impl<T: Config> Pallet<T> {
	/// Number of the block being processed, or of the block queried.
	pub(crate) fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().saturated_into()
	}

	pub(crate) fn is_parent(header: &Header) -> bool {
		header.hash() == frame_system::Pallet::<T>::parent_hash()
	}

	/// Weight of an inherent in the current state (R-WGT-6): what it carries, and an upper bound of what it sets free.
	pub fn weight_of(data: &ParachainsInherentData) -> Weight {
		process::weight_of::<T>(&data.disputes, &data.bitfields, &data.backed_candidates)
	}

	/// What is booked for an inherent: its weight. Where the runtime limits what is mandatory, one that carries nothing
	/// books no more than is left, for it can't be made smaller, and a chain without blocks is worse than a long block.
	pub(crate) fn booked_weight(data: &ParachainsInherentData) -> Weight {
		let weight = Self::weight_of(data);
		let carries_nothing =
			data.bitfields.is_empty() && data.backed_candidates.is_empty() && data.disputes.is_empty();
		match process::weight_limit::<T>() {
			Some(limit) if carries_nothing => weight.min(limit),
			_ => weight,
		}
	}

	/// Executes the inherent of the block: all that it carries is accepted, or it fails and storage is as before
	/// (R-INC-3). [`inherent`] asks for it; so may a runtime with another way to bring it in.
	///
	/// # Errors
	/// [`Error`] names the rule that refused something.
	pub fn execute(data: ParachainsInherentData) -> DispatchResult {
		with_storage_layer(|| {
			ensure!(!InherentIncluded::<T>::exists(), Error::<T>::SecondInherent);
			ensure!(
				Self::is_parent(&data.parent_header),
				Error::<T>::InvalidParentHeader
			);
			InherentIncluded::<T>::put(());
			process::process::<T>(Mode::Execute, data).map_err(Error::<T>::from)?;
			Ok(())
		})
	}

	/// What of this inherent data execution accepts: an author leaves out the rest (R-INC-3, R-INC-4). Changes nothing.
	///
	/// Asks for the parent header to be that of the parent.
	pub fn filter(data: ParachainsInherentData) -> ParachainsInherentData {
		let parent_header = data.parent_header.clone();
		let filtered = with_transaction_unchecked(|| {
			TransactionOutcome::Rollback(process::process::<T>(Mode::Create, data))
		});
		filtered.unwrap_or_else(|refusal| {
			frame_support::defensive!("nothing fails an inherent that is created", refusal);
			ParachainsInherentData {
				bitfields: Vec::new(),
				backed_candidates: Vec::new(),
				disputes: Vec::new(),
				parent_header,
			}
		})
	}
}

impl<T: Config> OnParaOverridden for Pallet<T> {
	/// Drops the pending candidates of the para, without events. Their cores are free.
	fn on_para_overridden(para: ParaId) {
		let mut pending = PendingCandidates::<T>::load();
		pending.take_first(para, usize::MAX);
		pending.store();
	}
}

impl<T: Config> OnSessionChange for Pallet<T> {
	/// Empties the window (R-REL-5), drops all pending candidates without events (R-ABP-9), and takes the claim queue of
	/// the session that begins, which the scheduler was told of before (R-REL-7).
	///
	/// What is removed is bounded by the cores and by the window, so nothing is left for later blocks.
	fn on_session_change(_: &SessionChange) {
		for relay_parent in RelayParentWindow::<T>::take().iter() {
			ClaimQueueSnapshots::<T>::remove(relay_parent.number);
		}
		Self::take_snapshot();
		for candidate in PendingAvailability::<T>::take() {
			PendingReceipts::<T>::remove(candidate.hash);
		}
	}
}
