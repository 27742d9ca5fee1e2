//! Babe, Authorship, Session, Grandpa, and the length of a session.
//!
//! Every slot has one author. A session is one BABE epoch; its length is a genesis value. The validators of
//! genesis stay, and are handed out anew at every session change.

use crate::{epoch_length, AccountId, Babe, Balances, EpochLength, Grandpa, Runtime, RuntimeEvent, Session};
use alloc::vec::Vec;
use frame_support::traits::{ConstU128, ConstU32, ConstU64};
use sp_consensus_babe::{AllowedSlots, BabeEpochConfiguration};
use sp_runtime::{
    impl_opaque_keys,
    traits::{ConvertInto, OpaqueKeys},
};
use sp_staking::SessionIndex;

/// Length of a slot in milliseconds.
pub const SLOT_DURATION_MILLIS: u64 = 6_000;

/// Most validators that this runtime can hold: the size of the largest relay chain in production, rounded up.
const MAX_VALIDATORS: u32 = 1_024;

/// A primary slot is claimed with probability 0, so that each slot belongs to its one secondary author.
pub(crate) const EPOCH_CONFIGURATION: BabeEpochConfiguration = BabeEpochConfiguration {
    c: (0, 1),
    allowed_slots: AllowedSlots::PrimaryAndSecondaryPlainSlots,
};

impl_opaque_keys! {
    /// The keys that a validator brings into a session. The order is that of the pallets that receive them.
    pub struct SessionKeys {
        pub babe: Babe,
        pub grandpa: Grandpa,
    }
}

/// Hands the current validators out again for every session.
#[derive(Clone, Copy, Debug)]
pub struct KeepGenesisValidators;

impl pallet_session::SessionManager<AccountId> for KeepGenesisValidators {
    fn new_session(_: SessionIndex) -> Option<Vec<AccountId>> {
        let validators = pallet_session::Validators::<Runtime>::get();
        // While genesis is being built there are none yet; `None` lets the session pallet take those of its
        // genesis configuration.
        (!validators.is_empty()).then_some(validators)
    }
    fn start_session(_: SessionIndex) {}
    fn end_session(_: SessionIndex) {}
}

impl epoch_length::Config for Runtime {}

impl pallet_babe::Config for Runtime {
    type EpochDuration = EpochLength;
    type ExpectedBlockTime = ConstU64<SLOT_DURATION_MILLIS>;
    type EpochChangeTrigger = pallet_babe::ExternalTrigger;
    type DisabledValidators = Session;
    type WeightInfo = ();
    type MaxAuthorities = ConstU32<MAX_VALIDATORS>;
    type MaxNominators = ConstU32<0>;
    // Nothing is at stake on a chain without staking, so equivocations are not reported.
    type KeyOwnerProof = sp_core::Void;
    type EquivocationReportSystem = ();
}

impl pallet_authorship::Config for Runtime {
    type FindAuthor = pallet_session::FindAccountFromAuthorIndex<Self, Babe>;
    type EventHandler = ();
}

impl pallet_session::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type ValidatorId = AccountId;
    type ValidatorIdOf = ConvertInto;
    type ShouldEndSession = Babe;
    type NextSessionRotation = Babe;
    type SessionManager = KeepGenesisValidators;
    type SessionHandler = <SessionKeys as OpaqueKeys>::KeyTypeIdProviders;
    type Keys = SessionKeys;
    type DisablingStrategy = ();
    type WeightInfo = ();
    type Currency = Balances;
    type KeyDeposit = ConstU128<0>;
}

impl pallet_grandpa::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = ();
    type MaxAuthorities = ConstU32<MAX_VALIDATORS>;
    type MaxNominators = ConstU32<0>;
    type MaxSetIdSessionEntries = ConstU64<0>;
    type KeyOwnerProof = sp_core::Void;
    type EquivocationReportSystem = ();
}
