//! A parachain with this pallet alone, and a relay chain that is a map of values.

#![allow(unreachable_pub, missing_debug_implementations)] // the runtime is public, so what it is made of must be

use crate::{proof::prove_all, BlockOutputs, CodeUpgrades, Outputs, ParachainInherentData, Room};
use async_backing_primitives::{
	keys, AbridgedHostConfiguration, AbridgedHrmpChannel, BlockNumber, ConsensusHook, ExpectParentIncluded,
	FixedCapacity, FixedVelocity, HeadData, HookBlock, HookError, HookVerdict, InParaSlots, ParaId,
	PersistedValidationData, RelayParentNumbers, RelaySlotInfo, RelayState, Slot, UpgradeGoAhead,
	UpgradeRestriction,
};
use codec::Encode;
use core::num::NonZeroU32;
use frame_support::{
	derive_impl, parameter_types,
	traits::{Hooks, TypedGet},
};
use sp_runtime::DispatchError;
use sp_trie::StorageProof;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		UnincludedSegment: pallet_async_backing_unincluded_segment,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Test>;
	type DbWeight = frame_support::weights::constants::RocksDbWeight;
}

pub const PARA: ParaId = ParaId(2000);

/// Any of the hooks.
#[derive(Clone, Copy, Debug)]
pub enum AnyHook {
	Parent,
	Capacity(u32),
	Velocity(FixedVelocity),
	Slots(InParaSlots<FixedVelocity>),
}

impl ConsensusHook for AnyHook {
	fn on_relay_state(&self, block: &HookBlock) -> Result<HookVerdict, HookError> {
		match self {
			Self::Parent => ExpectParentIncluded.on_relay_state(block),
			Self::Capacity(capacity) => fixed(*capacity).on_relay_state(block),
			Self::Velocity(hook) => hook.on_relay_state(block),
			Self::Slots(hook) => hook.on_relay_state(block),
		}
	}
	fn max_capacity(&self) -> NonZeroU32 {
		match self {
			Self::Parent => ExpectParentIncluded.max_capacity(),
			Self::Capacity(capacity) => fixed(*capacity).max_capacity(),
			Self::Velocity(hook) => hook.max_capacity(),
			Self::Slots(hook) => hook.max_capacity(),
		}
	}
	fn can_build_upon(&self, unincluded: u32, latest: Option<RelaySlotInfo>, slot: Slot) -> bool {
		match self {
			Self::Parent => ExpectParentIncluded.can_build_upon(unincluded, latest, slot),
			Self::Capacity(capacity) => fixed(*capacity).can_build_upon(unincluded, latest, slot),
			Self::Velocity(hook) => hook.can_build_upon(unincluded, latest, slot),
			Self::Slots(hook) => hook.can_build_upon(unincluded, latest, slot),
		}
	}
}

fn fixed(capacity: u32) -> FixedCapacity {
	FixedCapacity(NonZeroU32::new(capacity).expect("not zero"))
}

parameter_types! {
	pub const Para: ParaId = PARA;
	pub static CurrentHook: AnyHook = AnyHook::Capacity(3);
	pub static Numbers: RelayParentNumbers = RelayParentNumbers::Monotonic;
	pub static CurrentSlot: Option<Slot> = None;
	pub static MaxChannels: u32 = 64;
	/// What the next block sends.
	pub static Sends: Outputs = Outputs::default();
	/// What the latest block was told that it may send.
	pub static Told: Option<Room> = None;
	pub static Pending: bool = false;
	/// How often an upgrade was applied, and how often discarded.
	pub static Answers: (u32, u32) = (0, 0);
}

pub struct Hook;
impl TypedGet for Hook {
	type Type = AnyHook;
	fn get() -> AnyHook {
		CurrentHook::get()
	}
}

pub struct Sender;
impl BlockOutputs for Sender {
	fn take(room: &Room) -> Outputs {
		Told::set(Some(room.clone()));
		Sends::take()
	}
}

pub struct Upgrades;
impl CodeUpgrades for Upgrades {
	fn is_pending() -> bool {
		Pending::get()
	}
	fn apply() {
		Pending::set(false);
		Answers::mutate(|answers| answers.0 += 1);
	}
	fn discard() {
		Pending::set(false);
		Answers::mutate(|answers| answers.1 += 1);
	}
}

#[derive_impl(pallet_async_backing_unincluded_segment::config_preludes::TestDefaultConfig)]
impl crate::Config for Test {
	type ParaId = Para;
	type ConsensusHook = Hook;
	type RelayParentNumbers = Numbers;
	type ParaSlot = CurrentSlot;
	type Outputs = Sender;
	type Upgrades = Upgrades;
	type MaxChannels = MaxChannels;
}

/// A relay parent, by the values of its state.
#[derive(Clone)]
pub struct Relay {
	pub number: BlockNumber,
	pub slot: Option<Slot>,
	pub included: Option<HeadData>,
	pub host: AbridgedHostConfiguration,
	pub upward: (u32, u32),
	pub go_ahead: Option<UpgradeGoAhead>,
	pub restriction: Option<UpgradeRestriction>,
	pub channels: Vec<(ParaId, AbridgedHrmpChannel)>,
}

/// Head data of the genesis block.
pub fn genesis() -> HeadData {
	HeadData(vec![0])
}

pub fn channel(messages: u32, bytes: u32) -> AbridgedHrmpChannel {
	AbridgedHrmpChannel {
		max_capacity: messages,
		max_total_size: bytes,
		max_message_size: 50,
		..Default::default()
	}
}

impl Relay {
	/// Relay block `number` in the slot of the same number, with this included head and much room.
	pub fn new(number: BlockNumber, included: &HeadData) -> Self {
		Self {
			number,
			slot: Some(number.into()),
			included: Some(included.clone()),
			host: AbridgedHostConfiguration {
				max_upward_message_size: 50,
				max_upward_message_num_per_candidate: 3,
				hrmp_max_message_num_per_candidate: 2,
				max_code_size: 100,
				..Default::default()
			},
			upward: (10, 100),
			go_ahead: None,
			restriction: None,
			channels: vec![(ParaId(2001), channel(3, 40))],
		}
	}

	pub fn prove(&self) -> (async_backing_primitives::Hash, StorageProof) {
		let mut values = vec![
			(keys::ACTIVE_CONFIG.to_vec(), self.host.encode()),
			(
				keys::relay_dispatch_queue_remaining_capacity(PARA),
				self.upward.encode(),
			),
			(
				keys::map_key(&keys::HRMP_EGRESS_CHANNELS_INDEX, &PARA),
				self.channels
					.iter()
					.map(|(recipient, _)| *recipient)
					.collect::<Vec<_>>()
					.encode(),
			),
		];
		let mut set = |key: Vec<u8>, value: Option<Vec<u8>>| values.extend(value.map(|value| (key, value)));
		set(keys::CURRENT_SLOT.to_vec(), self.slot.map(|slot| slot.encode()));
		set(
			keys::map_key(&keys::PARAS_HEADS, &PARA),
			self.included.as_ref().map(Encode::encode),
		);
		set(
			keys::map_key(&keys::UPGRADE_GO_AHEAD_SIGNAL, &PARA),
			self.go_ahead.map(|signal| signal.encode()),
		);
		set(
			keys::map_key(&keys::UPGRADE_RESTRICTION_SIGNAL, &PARA),
			self.restriction.map(|signal| signal.encode()),
		);
		for (recipient, channel) in &self.channels {
			set(RelayState::channel_key(PARA, *recipient), Some(channel.encode()));
		}
		prove_all(values)
	}

	/// The inherent of a block on `parent`.
	pub fn inherent(&self, parent: &HeadData) -> ParachainInherentData<StorageProof> {
		let (root, proof) = self.prove();
		ParachainInherentData {
			validation_data: PersistedValidationData {
				parent_head: parent.clone(),
				relay_parent_number: self.number,
				relay_parent_storage_root: root,
				max_pov_size: 1 << 20,
			},
			relay_state: proof,
		}
	}
}

/// Begins a block on `parent`.
pub fn initialize(parent: &HeadData) {
	let number = System::block_number() + 1;
	System::reset_events();
	System::initialize(&number, &parent.hash().0, &Default::default());
	UnincludedSegment::on_initialize(number);
}

/// Begins a block on `parent` with its inherent.
pub fn begin(parent: &HeadData, relay: &Relay) -> Result<(), DispatchError> {
	initialize(parent);
	inherent(relay.inherent(parent))
}

/// What the inherent does.
pub fn inherent(data: ParachainInherentData<StorageProof>) -> Result<(), DispatchError> {
	UnincludedSegment::do_begin(data)?;
	Ok(())
}

/// A block on `parent` that sends `outputs`. Returns its head data.
#[track_caller]
pub fn block(parent: &HeadData, relay: &Relay, outputs: Outputs) -> HeadData {
	begin(parent, relay).expect("the block is valid");
	end(outputs).expect("the block is valid")
}

/// Ends the block. Returns its head data.
pub fn end(outputs: Outputs) -> Result<HeadData, crate::InvalidBlock> {
	Sends::set(outputs);
	UnincludedSegment::do_finalize()?;
	Ok(HeadData(System::finalize().encode()))
}

/// Does something, and takes it back: what is left of a block that is invalid.
pub fn taken_back<R>(action: impl FnOnce() -> R) -> R {
	frame_support::storage::with_transaction(|| {
		sp_runtime::TransactionOutcome::Rollback(Ok::<_, DispatchError>(action()))
	})
	.expect("no error of transactions")
}

/// Runs `test` on an empty chain with this hook, and checks the invariants afterwards.
pub fn run<R>(hook: AnyHook, test: impl FnOnce() -> R) -> R {
	CurrentHook::set(hook);
	Numbers::set(RelayParentNumbers::Monotonic);
	CurrentSlot::set(None);
	MaxChannels::set(64);
	Pending::set(false);
	Answers::set((0, 0));
	sp_io::TestExternalities::default().execute_with(|| {
		let result = test();
		UnincludedSegment::do_try_state().expect("invariants hold");
		result
	})
}
