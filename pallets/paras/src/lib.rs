#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
mod check_impls;
mod code_impls;
pub mod config_preludes;
mod dispatchable_impls;
mod lifecycle_impls;
mod past_code_impls;
mod port_impls;
mod rewrite_impls;
mod submit_impls;
mod types;
mod upgrade_impls;
mod utility_impls;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use pallet::*;
pub use past_code_impls::MAX_PRUNED_PER_BLOCK;
pub use types::*;
pub use weights::WeightInfo;

#[allow(missing_docs, missing_debug_implementations)] // the macros write undocumented items
#[frame_support::pallet]
pub mod pallet {
	use crate::{
		types::{
			BoundedCode, BoundedHead, CodeVote, GenesisPara, ParaLifecycle, ParaRecord, PastCodesOfPara,
			PruningRange, Registration, Rewrite,
		},
		WeightInfo,
	};
	use alloc::vec::Vec;
	use async_backing_primitives::{
		ports::{ActiveConfiguration, CurrentSession, OnParaOverridden, OnParaRemoved, UpwardQueues},
		BlockNumber, HeadData, ParaId, PvfCheckStatement, SessionIndex, UpgradeGoAhead, UpgradeRestriction,
		ValidationCode, ValidationCodeHash, ValidatorSignature, MAX_PARAS,
	};
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use sp_runtime::SaturatedConversion;

	/// Codes that votes may be about at once: one for each para that there can be.
	pub const MAX_CODE_VOTES: u32 = MAX_PARAS;
	/// Priority of a verdict on code in the transaction pool: above all that is paid for, as upgrades wait for it.
	pub const VERDICT_PRIORITY: u64 = u64::MAX;
	/// Blocks for which a verdict stays in the transaction pool. It does not outlive its session anyway.
	pub const VERDICT_LONGEVITY: u64 = 600;

	/// How many sessions pass before a registration or removal takes effect: validators then had a whole session to
	/// prepare.
	pub const SESSION_DELAY: SessionIndex = 2;

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	#[pallet::config(with_default)]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Who may register and remove paras.
		#[pallet::no_default_bounds]
		type AdminOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Limits on head data and code.
		#[pallet::no_default_bounds]
		type Configuration: ActiveConfiguration;
		/// The current session, whose validators vote on code.
		#[pallet::no_default_bounds]
		type Session: CurrentSession;
		/// Orders of a para go with it.
		#[pallet::no_default_bounds]
		type Scheduler: OnParaRemoved;
		/// Downward messages of a para go with it.
		#[pallet::no_default_bounds]
		type Dmp: OnParaRemoved;
		/// Upward messages: as long as one of them waits, its para is not removed (R-DEF-31).
		#[pallet::no_default_bounds]
		type Ump: UpwardQueues + OnParaRemoved;
		/// Horizontal messages: channels of a para go with it, and its watermark may follow from the context that root
		/// overwrites.
		#[pallet::no_default_bounds]
		type Hrmp: OnParaRemoved + OnParaOverridden;
		/// Pending candidates build on what root overwrites, and are dropped.
		#[pallet::no_default_bounds]
		type Inclusion: OnParaOverridden;
		/// Whoever else keeps something for a para, or derives something from its state.
		type Others: OnParaRemoved + OnParaOverridden;
		/// Weights of the calls.
		type WeightInfo: WeightInfo;
		/// The chain around the pallet, for its benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: crate::benchmarking::BenchmarkHelper;
	}

	/// Paras that may have blocks, ascending.
	#[pallet::storage]
	pub type Parachains<T: Config> = StorageValue<_, BoundedVec<ParaId, ConstU32<MAX_PARAS>>, ValueQuery>;

	/// Where each registered para stands. At most [`MAX_PARAS`].
	#[pallet::storage]
	pub type ParaLifecycles<T: Config> =
		CountedStorageMap<_, Twox64Concat, ParaId, ParaLifecycle, OptionQuery>;

	/// What paras begin with that are not active yet.
	#[pallet::storage]
	pub type UpcomingParas<T: Config> = StorageMap<_, Twox64Concat, ParaId, Registration, OptionQuery>;

	/// Paras that move on to the next state of their lifecycle when a session begins, ascending.
	#[pallet::storage]
	pub type ActionsQueue<T: Config> =
		StorageMap<_, Twox64Concat, SessionIndex, BoundedVec<ParaId, ConstU32<MAX_PARAS>>, ValueQuery>;

	/// Latest included head of each para. Parachains read it at this name (R-KEY-2).
	#[pallet::storage]
	pub type Heads<T: Config> = StorageMap<_, Twox64Concat, ParaId, BoundedHead, OptionQuery>;

	/// What each para with a head runs and will run, and where it got to.
	#[pallet::storage]
	pub type ParaRecords<T: Config> = StorageMap<_, Twox64Concat, ParaId, ParaRecord, OptionQuery>;

	/// The answer to an announced upgrade. Parachains read it at this name (R-KEY-3).
	#[pallet::storage]
	pub type UpgradeGoAheadSignal<T: Config> =
		StorageMap<_, Twox64Concat, ParaId, UpgradeGoAhead, OptionQuery>;

	/// Says that no upgrade may be announced. Parachains read it at this name (R-KEY-3).
	#[pallet::storage]
	pub type UpgradeRestrictionSignal<T: Config> =
		StorageMap<_, Twox64Concat, ParaId, UpgradeRestriction, OptionQuery>;

	/// Blocks in which paras get their go-ahead, ascending by block. One entry per para.
	#[pallet::storage]
	pub type UpcomingUpgrades<T: Config> =
		StorageValue<_, BoundedVec<(ParaId, BlockNumber), ConstU32<MAX_PARAS>>, ValueQuery>;

	/// Blocks at whose end restrictions disappear, ascending by block. One entry per para.
	#[pallet::storage]
	pub type UpgradeCooldowns<T: Config> =
		StorageValue<_, BoundedVec<(ParaId, BlockNumber), ConstU32<MAX_PARAS>>, ValueQuery>;

	/// Paras whose removal was decided in the block being processed. Never there between blocks.
	#[pallet::storage]
	pub type LeavingNow<T: Config> = StorageValue<_, BoundedVec<ParaId, ConstU32<MAX_PARAS>>, ValueQuery>;

	/// What root makes of paras at the end of the block being processed. Never there between blocks.
	#[pallet::storage]
	pub type Rewrites<T: Config> = StorageMap<_, Twox64Concat, ParaId, Rewrite, ValueQuery>;

	/// Paras in [`Rewrites`], ascending.
	#[pallet::storage]
	pub type RewrittenParas<T: Config> = StorageValue<_, BoundedVec<ParaId, ConstU32<MAX_PARAS>>, ValueQuery>;

	/// Codes that paras ran and that are kept still (R-CODE-9). Of paras that are gone too.
	#[pallet::storage]
	pub type PastCodes<T: Config> = StorageMap<_, Twox64Concat, ParaId, PastCodesOfPara, ValueQuery>;

	/// Past codes in the order in which they were replaced: the para, and the block in which its code was. One entry for
	/// each past code.
	#[pallet::storage]
	pub type PastCodePruning<T: Config> =
		StorageMap<_, Twox64Concat, u64, (ParaId, BlockNumber), OptionQuery>;

	/// The keys of [`PastCodePruning`].
	#[pallet::storage]
	pub type PastCodeRange<T: Config> = StorageValue<_, PruningRange, ValueQuery>;

	/// Codes that somebody uses, will use or used not long ago.
	#[pallet::storage]
	pub type CodeByHash<T: Config> = StorageMap<_, Identity, ValidationCodeHash, BoundedCode, OptionQuery>;

	/// Codes that root vouches for: who announces one needs no vote.
	#[pallet::storage]
	pub type TrustedCodes<T: Config> =
		StorageValue<_, BoundedVec<ValidationCodeHash, ConstU32<MAX_PARAS>>, ValueQuery>;

	/// Votes on code, by its hash (R-CODE-3).
	#[pallet::storage]
	pub type CodeVotes<T: Config> = StorageMap<_, Identity, ValidationCodeHash, CodeVote, OptionQuery>;

	/// The codes that votes are about, ascending.
	#[pallet::storage]
	pub type CodesUnderVote<T: Config> =
		StorageValue<_, BoundedVec<ValidationCodeHash, ConstU32<MAX_CODE_VOTES>>, ValueQuery>;

	/// How often a code is used: as current, announced, upcoming, past or trusted code.
	#[pallet::storage]
	pub type CodeByHashRefs<T: Config> = StorageMap<_, Identity, ValidationCodeHash, u32, ValueQuery>;

	/// Paras of the first session.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Active from genesis, without registration.
		pub paras: Vec<GenesisPara>,
		/// Codes that paras name by their place here ([`GenesisCode::Shared`](crate::GenesisCode::Shared)). One that no para names
		/// is not stored.
		#[serde(default)]
		pub codes: Vec<ValidationCode>,
		#[serde(skip)]
		#[doc(hidden)]
		pub _marker: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			for GenesisPara { id, head, code } in &self.paras {
				let Some(code) = code.among(&self.codes) else {
					panic!(
						"para {id} names {code:?} at genesis, of {} codes",
						self.codes.len()
					);
				};
				if let Err(error) = Pallet::<T>::do_register_at_genesis(*id, head.clone(), code.clone()) {
					panic!("para {id} cannot be registered at genesis: {error:?}");
				}
			}
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A para was registered, and its code accepted.
		Registered {
			/// The para.
			para: ParaId,
			/// The session in which it becomes active.
			session: SessionIndex,
		},
		/// A para cannot be registered: its code was rejected.
		RegistrationRejected {
			/// The para.
			para: ParaId,
		},
		/// A para waits for a vote on its code (R-CODE-3).
		CodeCheckStarted {
			/// The para.
			para: ParaId,
			/// The code.
			code_hash: ValidationCodeHash,
		},
		/// Validators accepted a code (R-CODE-3).
		CodeAccepted {
			/// The code.
			code_hash: ValidationCodeHash,
		},
		/// Validators rejected a code, or did not decide in time (R-CODE-3).
		CodeRejected {
			/// The code.
			code_hash: ValidationCodeHash,
		},
		/// A para's removal was decided.
		Deregistered {
			/// The para.
			para: ParaId,
			/// The session in which it is gone.
			session: SessionIndex,
		},
		/// A para's removal waits for its upward messages to be processed (R-DEF-31), or for a session change with more time
		/// (R-DEF-33).
		OffboardingDelayed {
			/// The para.
			para: ParaId,
			/// The session in which it is tried again.
			session: SessionIndex,
		},
		/// A para became active.
		Onboarded {
			/// The para.
			para: ParaId,
		},
		/// A para is gone.
		Offboarded {
			/// The para.
			para: ParaId,
		},
		/// A code upgrade was announced and accepted (R-CODE-3).
		CodeUpgradeScheduled {
			/// The para.
			para: ParaId,
			/// The code.
			code_hash: ValidationCodeHash,
			/// Relay-parent number from which it applies.
			expected_at: BlockNumber,
		},
		/// An announced code could not be taken in, and the para is told so (R-CODE-1).
		CodeUpgradeAborted {
			/// The para.
			para: ParaId,
			/// The code.
			code_hash: ValidationCodeHash,
		},
		/// Root gave a para another code.
		CurrentCodeUpdated {
			/// The para.
			para: ParaId,
			/// The code.
			code_hash: ValidationCodeHash,
		},
		/// Root gave a para another head.
		CurrentHeadUpdated {
			/// The para.
			para: ParaId,
		},
		/// Root gave a para another most recent context.
		MostRecentContextUpdated {
			/// The para.
			para: ParaId,
			/// The relay-parent number that its next candidate may not go below (R-REL-4).
			context: BlockNumber,
		},
		/// Root ended a para's cooldown: its restriction is lifted at the end of this block (R-CODE-3).
		UpgradeCooldownRemoved {
			/// The para.
			para: ParaId,
		},
		/// A para runs on new code (R-CODE-6).
		CodeUpgraded {
			/// The para.
			para: ParaId,
			/// The code.
			code_hash: ValidationCodeHash,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// The para is registered already.
		AlreadyRegistered,
		/// The para is not active.
		NotActive,
		/// Upward messages of the para wait to be processed (R-DEF-31).
		CannotOffboard,
		/// There are as many paras as there can be, or as many votes on code.
		TooManyParas,
		/// The head data is larger than the configuration allows.
		HeadDataTooLarge,
		/// The code is shorter than 9 bytes, the length of the shortest Wasm module (R-CODE-1).
		CodeTooSmall,
		/// The code is larger than the configuration allows (R-CODE-1).
		CodeTooLarge,
		/// The verdict is for a session that is over.
		VerdictOfOldSession,
		/// The verdict is for a session that has not begun.
		VerdictOfFutureSession,
		/// There is no such validator.
		UnknownValidator,
		/// No vote is about this code.
		NoVoteOnCode,
		/// The validator gave its verdict already.
		AlreadyVoted,
		/// The signature is not the validator's.
		BadSignature,
		/// The code is trusted already.
		AlreadyTrusted,
		/// The code is not trusted.
		NotTrusted,
		/// As many codes are trusted as can be.
		TooManyTrustedCodes,
		/// The para has no head: it is not registered, or not active yet.
		NoHead,
		/// The context is of a relay block to come.
		ContextInFuture,
		/// The para has no cooldown.
		NotRestricted,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Registers a para, which becomes active two sessions after its code is accepted: at once, if it is in use or
		/// trusted already, else by a vote of the validators (R-CODE-3).
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register(validation_code.0.len().saturated_into()))]
		pub fn register(
			origin: OriginFor<T>,
			para: ParaId,
			genesis_head: HeadData,
			validation_code: ValidationCode,
		) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_register(para, genesis_head, validation_code)
		}

		/// Removes an active para two sessions from now, or later if upward messages of it wait then. Until it is gone it may
		/// have blocks, but sends no upward message (R-UMP-6).
		///
		/// # Errors
		/// [`Error::NotActive`]; [`Error::CannotOffboard`] as long as upward messages of it wait (R-DEF-31). Nothing is
		/// written then.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::deregister())]
		pub fn deregister(origin: OriginFor<T>, para: ParaId) -> DispatchResult {
			T::AdminOrigin::ensure_origin(origin)?;
			Self::do_deregister(para)
		}

		/// A validator's verdict on code that a vote is about (R-CODE-3). A transaction that nobody pays for: the
		/// validator's signature authorizes it.
		///
		/// # Errors
		/// [`Error::VerdictOfOldSession`], [`Error::VerdictOfFutureSession`], [`Error::UnknownValidator`],
		/// [`Error::NoVoteOnCode`], [`Error::AlreadyVoted`]. Nothing is written then.
		#[pallet::call_index(2)]
		#[pallet::weight(Pallet::<T>::weight_of_verdict(statement))]
		#[pallet::weight_of_authorize(T::WeightInfo::authorize_pvf_check_statement())]
		#[pallet::authorize(|_source, statement, signature| Pallet::<T>::authorize_verdict(statement, signature))]
		pub fn include_pvf_check_statement(
			origin: OriginFor<T>,
			statement: PvfCheckStatement,
			signature: ValidatorSignature,
		) -> DispatchResult {
			ensure_authorized(origin)?;
			// It was checked when the call was authorized.
			let _ = signature;
			Self::do_note_verdict(statement)
		}

		/// Vouches for a code, so that it needs no vote; a vote about it ends with its acceptance.
		///
		/// # Errors
		/// [`Error::CodeTooSmall`], [`Error::CodeTooLarge`], [`Error::AlreadyTrusted`], [`Error::TooManyTrustedCodes`]; a
		/// bad origin if it is not root. Nothing is written then.
		#[pallet::call_index(3)]
		#[pallet::weight(Pallet::<T>::weight_of_trust(validation_code))]
		pub fn trust_code(origin: OriginFor<T>, validation_code: ValidationCode) -> DispatchResult {
			ensure_root(origin)?;
			Self::do_trust(validation_code)
		}

		/// Vouches for a code no longer. Who uses it goes on.
		///
		/// # Errors
		/// [`Error::NotTrusted`]; a bad origin if it is not root. Nothing is written then.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::distrust_code())]
		pub fn distrust_code(origin: OriginFor<T>, code_hash: ValidationCodeHash) -> DispatchResult {
			ensure_root(origin)?;
			Self::do_distrust(code_hash)
		}

		/// Gives a para another code at the end of this block, without a vote: for one whose code does not work.
		///
		/// Its pending candidates are dropped. An upgrade that is in flight is given up and answered with an Abort; if it is
		/// this code that the para announced, with a go-ahead. The cooldown goes on. The old code is kept (R-CODE-9).
		///
		/// # Errors
		/// [`Error::NoHead`], [`Error::CodeTooSmall`], [`Error::CodeTooLarge`]; a bad origin if it is not root. Nothing is
		/// written then.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::force_set_current_code(new_code.0.len().saturated_into()))]
		pub fn force_set_current_code(
			origin: OriginFor<T>,
			para: ParaId,
			new_code: ValidationCode,
		) -> DispatchResult {
			ensure_root(origin)?;
			Self::do_force_code(para, new_code)
		}

		/// Gives a para another head at the end of this block: for one that cannot go on from where it is.
		///
		/// Its pending candidates are dropped. An upgrade that is in flight is given up and answered with an Abort, which also
		/// replaces an answer that it has not heard yet: at this head the para may know nothing of what it announced.
		///
		/// # Errors
		/// [`Error::NoHead`], [`Error::HeadDataTooLarge`]; a bad origin if it is not root. Nothing is written then.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::force_set_current_head(new_head.0.len().saturated_into()))]
		pub fn force_set_current_head(
			origin: OriginFor<T>,
			para: ParaId,
			new_head: HeadData,
		) -> DispatchResult {
			ensure_root(origin)?;
			Self::do_force_head(para, new_head)
		}

		/// Sets at the end of this block the relay-parent number that the next candidate of a para may not go below
		/// (R-REL-4). Its pending candidates are dropped; its upgrade, its messages and how far it consumed them stay.
		///
		/// # Errors
		/// [`Error::NoHead`]; [`Error::ContextInFuture`] if it is above the number of this block; a bad origin if it is not
		/// root. Nothing is written then.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::force_set_most_recent_context())]
		pub fn force_set_most_recent_context(
			origin: OriginFor<T>,
			para: ParaId,
			context: BlockNumber,
		) -> DispatchResult {
			ensure_root(origin)?;
			Self::do_force_context(para, context)
		}

		/// Ends the cooldown of a para: its restriction is lifted at the end of this block (R-CODE-3). An upgrade that is in
		/// flight goes on, and as long as it does no other may be announced (R-CODE-2).
		///
		/// # Errors
		/// [`Error::NotRestricted`]; a bad origin if it is not root. Nothing is written then.
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::remove_upgrade_cooldown())]
		pub fn remove_upgrade_cooldown(origin: OriginFor<T>, para: ParaId) -> DispatchResult {
			ensure_root(origin)?;
			Self::do_remove_cooldown(para)
		}

		/// Ends the vote about a code with its acceptance, for those who wait for it now. Other than
		/// [`trust_code`](Self::trust_code) it takes no code, and vouches for nothing later.
		///
		/// # Errors
		/// [`Error::NoVoteOnCode`]; a bad origin if it is not root. Nothing is written then.
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::end_vote_accepting(Pallet::<T>::waiting_for(*code_hash)))]
		pub fn force_approve_code(origin: OriginFor<T>, code_hash: ValidationCodeHash) -> DispatchResult {
			ensure_root(origin)?;
			Self::do_approve(code_hash)
		}
	}

	#[pallet::view_functions]
	impl<T: Config> Pallet<T> {
		/// Hash of the code that a para ran in the state of relay block `at`: the one that validates the child of the head
		/// included there. `None` if it ran none, or ran it so long ago that it is kept no longer (R-CODE-9).
		pub fn code_hash_at(para: ParaId, at: BlockNumber) -> Option<ValidationCodeHash> {
			Self::do_code_hash_at(para, at)
		}
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
				Neighbour::of::<T::Scheduler>("Scheduler", path::SCHEDULER),
				Neighbour::of::<T::Dmp>("Dmp", path::DMP),
				Neighbour::of::<T::Ump>("Ump", path::UMP),
				Neighbour::of::<T::Hrmp>("Hrmp", path::HRMP),
				Neighbour::of::<T::Inclusion>("Inclusion", path::INCLUSION),
			]
		}

		/// Most paras that can be registered.
		#[pallet::constant_name(MaxParas)]
		fn max_paras() -> u32 {
			MAX_PARAS
		}

		/// Sessions that pass before a registration or a removal takes effect.
		#[pallet::constant_name(SessionDelay)]
		fn session_delay() -> SessionIndex {
			SESSION_DELAY
		}

		/// Past codes of a para that are kept at most (R-CODE-9).
		#[pallet::constant_name(MaxPastCodes)]
		fn max_past_codes() -> u32 {
			crate::MAX_PAST_CODES
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(now: BlockNumberFor<T>) -> Weight {
			let now = now.saturated_into();
			let pruned = Self::do_prune_past_codes(now);
			let go_aheads = Self::do_give_go_aheads(now);
			// With what `on_finalize` does to the restrictions that are due then.
			T::WeightInfo::on_initialize(go_aheads, Self::cooldowns_due(now), pruned)
		}

		fn on_finalize(now: BlockNumberFor<T>) {
			Self::do_lift_restrictions(now.saturated_into());
			if LeavingNow::<T>::exists() {
				LeavingNow::<T>::kill();
			}
			Self::do_apply_rewrites();
		}

		#[cfg(feature = "std")]
		fn integrity_test() {
			use async_backing_primitives::wiring::{path, Wiring};
			Wiring::of::<T::RuntimeCall, T::RuntimeEvent>()
				.noted::<T>(path::PARAS)
				.named(
					path::PARAS,
					"Paras",
					"parachains read heads and signals at its name (R-KEY-2, R-KEY-3)",
				)
				.all_given(&Self::neighbours())
				.after::<T>(
					path::PARAS,
					&[path::CONFIGURATION],
					"its genesis is built within the configured limits",
				)
				.check();
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_now: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
