//! Babe, Authorship, Session, Grandpa, and the length of a session.
//!
//! Every slot has one author. A session is one BABE epoch; its length is a genesis value. The validators of
//! genesis stay, and are handed out anew at every session change.

use crate::{
	epoch_length, AccountId, AuthorityDiscovery, Babe, Balances, EpochLength, Grandpa, ParaAssignment,
	ParaSessionInfo, Runtime, RuntimeEvent, Session,
};
use alloc::vec::Vec;
use async_backing_primitives::{Slot, MAX_VALIDATORS};
use frame_support::traits::{ConstU128, ConstU32, ConstU64, Get};
use sp_consensus_babe::{AllowedSlots, BabeEpochConfiguration};
use sp_runtime::{
	impl_opaque_keys,
	traits::{ConvertInto, OpaqueKeys},
};
use sp_staking::SessionIndex;

/// Length of a slot in milliseconds.
pub const SLOT_DURATION_MILLIS: u64 = 6_000;

/// A primary slot is claimed with probability 0, so that each slot belongs to its one secondary author.
pub(crate) const EPOCH_CONFIGURATION: BabeEpochConfiguration = BabeEpochConfiguration {
	c: (0, 1),
	allowed_slots: AllowedSlots::PrimaryAndSecondaryPlainSlots,
};

impl_opaque_keys! {
	/// The keys that a validator brings into a session, by Polkadot's names.
	pub struct SessionKeys {
		pub babe: Babe,
		pub grandpa: Grandpa,
		pub para_validator: ParaSessionInfo,
		pub para_assignment: ParaAssignment,
		pub authority_discovery: AuthorityDiscovery,
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

/// From which slot on the next block ends the session (R-ABP-10). A block in that slot or a later one carries the
/// session change; an earlier one does not. `u64::MAX` before block 1, which begins the first epoch in its own slot.
pub fn session_ends_from_slot() -> Slot {
	pallet_async_backing_inclusion::runtime_api::session_ends_from_slot(
		pallet_babe::GenesisSlot::<Runtime>::get().into(),
		Babe::current_epoch_start().into(),
		<EpochLength as Get<u64>>::get(),
	)
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

impl pallet_authority_discovery::Config for Runtime {
	type MaxAuthorities = ConstU32<MAX_VALIDATORS>;
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

#[cfg(test)]
mod tests {
	use super::*;
	use sp_runtime::BuildStorage;

	#[test]
	fn r_abp_10_the_session_ends_with_the_first_slot_of_the_next_epoch() {
		let storage = crate::RuntimeGenesisConfig::default()
			.build_storage()
			.expect("the default builds");
		sp_io::TestExternalities::new(storage).execute_with(|| {
			assert_eq!(session_ends_from_slot(), u64::MAX, "block 1 never ends a session");
			pallet_babe::GenesisSlot::<Runtime>::put(sp_consensus_babe::Slot::from(1_000));
			assert_eq!(session_ends_from_slot(), 1_050);
			pallet_babe::EpochIndex::<Runtime>::put(3);
			assert_eq!(session_ends_from_slot(), 1_200);
		});
	}
}
