//! A parachain with the published `cumulus-pallet-parachain-system` and the hook of `cumulus-pallet-aura-ext`.

use crate::{
	relay_state,
	run::{attempt, Chain, Kind, Sent, Verdict},
	Capacity, History, Step, PARA,
};
use codec::Encode;
use core::num::NonZeroU32;
use cumulus_pallet_aura_ext::FixedVelocityConsensusHook;
use cumulus_pallet_parachain_system::{
	consensus_hook::{ConsensusHook, ExpectParentIncluded, UnincludedSegmentCapacity},
	parachain_inherent::{BasicParachainInherentData, InboundMessagesData},
	CheckAssociatedRelayNumber, ParachainSetCode, RelayChainStateProof, RelayNumberMonotonicallyIncreases,
	RelayNumberStrictlyIncreases,
};
use cumulus_primitives_core::{relay_chain, ParaId, PersistedValidationData, XcmpMessageSource};
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstBool, ConstU32, ConstU64, EnqueueWithOrigin, Hooks, UnfilteredDispatchable},
	weights::Weight,
};
use sp_core::{storage::Storage, H256};

frame_support::construct_runtime!(
	pub enum Runtime {
		System: frame_system,
		ParachainSystem: cumulus_pallet_parachain_system,
		Timestamp: pallet_timestamp,
		Aura: pallet_aura,
		AuraExt: cumulus_pallet_aura_ext,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Runtime {
	type Block = frame_system::mocking::MockBlock<Runtime>;
	type OnSetCode = ParachainSetCode<Runtime>;
}

parameter_types! {
	pub SelfParaId: ParaId = PARA.into();
	pub static CurrentCapacity: Option<Capacity> = None;
	pub static Strict: bool = false;
	pub static Horizontal: Vec<(u32, usize)> = Vec::new();
}

/// Sends what the history says, whether it fits or not.
pub struct Sender;
impl XcmpMessageSource for Sender {
	fn take_outbound_messages(_: usize, _: &[ParaId]) -> Vec<(ParaId, Vec<u8>)> {
		let messages = Horizontal::take();
		messages
			.into_iter()
			.map(|(recipient, length)| (recipient.into(), vec![7; length]))
			.collect()
	}
}

pub struct Numbers;
impl CheckAssociatedRelayNumber for Numbers {
	fn check_associated_relay_number(current: u32, previous: u32) {
		if Strict::get() {
			RelayNumberStrictlyIncreases::check_associated_relay_number(current, previous);
		} else {
			RelayNumberMonotonicallyIncreases::check_associated_relay_number(current, previous);
		}
	}
}

type Velocity<const V: u32, const C: u32> = FixedVelocityConsensusHook<Runtime, 6000, V, C>;

/// Calls a function of the hook with this velocity and capacity, which it has in its type.
macro_rules! with_velocity {
	($velocity:expr, $hook:ident => $call:expr) => {
		match $velocity {
			(0, 1) => {
				type $hook = Velocity<0, 1>;
				$call
			}
			(1, 3) => {
				type $hook = Velocity<1, 3>;
				$call
			}
			(2, 5) => {
				type $hook = Velocity<2, 5>;
				$call
			}
			_ => {
				type $hook = Velocity<3, 9>;
				$call
			}
		}
	};
}

pub struct Hook;
impl ConsensusHook for Hook {
	fn on_state_proof(proof: &RelayChainStateProof) -> (Weight, UnincludedSegmentCapacity) {
		match CurrentCapacity::get().expect("a chain has a hook") {
			Capacity::Parent => ExpectParentIncluded::on_state_proof(proof),
			Capacity::Fixed(capacity) => {
				let capacity = NonZeroU32::new(capacity).expect("not zero");
				(Weight::zero(), capacity.into())
			}
			Capacity::Velocity(velocity, capacity) => {
				with_velocity!((velocity, capacity), H => H::on_state_proof(proof))
			}
		}
	}
}

impl cumulus_pallet_parachain_system::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type OnSystemEvent = ();
	type SelfParaId = SelfParaId;
	type OutboundXcmpMessageSource = Sender;
	type DmpQueue = EnqueueWithOrigin<(), sp_core::ConstU8<0>>;
	type ReservedDmpWeight = ();
	type XcmpMessageHandler = ();
	type ReservedXcmpWeight = ();
	type CheckAssociatedRelayNumber = Numbers;
	type WeightInfo = ();
	type ConsensusHook = Hook;
	type RelayParentOffset = ConstU32<0>;
	type SchedulingSignatureVerifier = ();
}

impl pallet_timestamp::Config for Runtime {
	type Moment = u64;
	type OnTimestampSet = ();
	type MinimumPeriod = ConstU64<0>;
	type WeightInfo = ();
}

impl pallet_aura::Config for Runtime {
	type AuthorityId = sp_consensus_aura::sr25519::AuthorityId;
	type MaxAuthorities = ConstU32<1>;
	type DisabledValidators = ();
	type AllowMultipleBlocksPerSlot = ConstBool<true>;
	type SlotDuration = ConstU64<6000>;
}

impl cumulus_pallet_aura_ext::Config for Runtime {}

/// A chain with the published pallet.
#[derive(Debug)]
pub struct Published {
	capacity: Capacity,
	strict: bool,
	storage: Storage,
	heads: Vec<Vec<u8>>,
}

impl Published {
	fn configure(&self) {
		CurrentCapacity::set(Some(self.capacity));
		Strict::set(self.strict);
	}

	fn hash(head: &[u8]) -> H256 {
		sp_io::hashing::blake2_256(head).into()
	}

	/// Executes a block; panics if it is invalid. Upgrades that are answered have been announced, unless the case is
	/// about one that has not.
	fn execute(
		step: &Step,
		upward: usize,
		parent: &[u8],
		included: Option<Vec<u8>>,
		announced: bool,
	) -> (usize, Vec<u8>) {
		Self::begin(step, parent, included, announced);
		// Every block begins with the messages of its step: what the one before left is gone.
		cumulus_pallet_parachain_system::PendingUpwardMessages::<Runtime>::kill();
		for length in &step.upward[..upward] {
			ParachainSystem::send_upward_message(vec![7; *length]).expect("no message is too large");
		}
		cumulus_pallet_parachain_system::HrmpWatermark::<Runtime>::put(step.watermark);
		Horizontal::set(step.horizontal.clone());
		ParachainSystem::on_finalize(System::block_number());
		let sent = cumulus_pallet_parachain_system::UpwardMessages::<Runtime>::get().len();
		(sent, System::finalize().encode())
	}

	/// The beginning of a block, with its inherent.
	fn begin(step: &Step, parent: &[u8], included: Option<Vec<u8>>, announced: bool) {
		let number = System::block_number() + 1;
		System::reset_events();
		System::initialize(&number, &Self::hash(parent), &Default::default());
		ParachainSystem::on_initialize(number);
		pallet_aura::CurrentSlot::<Runtime>::put(sp_consensus_aura::Slot::from(step.para_slot));
		if announced && step.go_ahead.is_some() {
			cumulus_pallet_parachain_system::PendingValidationCode::<Runtime>::put(vec![7u8; 16]);
		}
		let (root, proof) = relay_state(step, included);
		let call = cumulus_pallet_parachain_system::Call::<Runtime>::set_validation_data {
			data: BasicParachainInherentData {
				validation_data: PersistedValidationData {
					parent_head: relay_chain::HeadData(parent.to_vec()),
					relay_parent_number: step.relay_parent,
					relay_parent_storage_root: root,
					max_pov_size: 1 << 20,
				},
				relay_chain_state: proof,
				relay_parent_descendants: Vec::new(),
				collator_peer_id: None,
			},
			inbound_messages_data: InboundMessagesData::new(
				cumulus_pallet_parachain_system::parachain_inherent::AbridgedInboundMessagesCollection::default(),
				cumulus_pallet_parachain_system::parachain_inherent::AbridgedInboundMessagesCollection::default(),
			),
		};
		call.dispatch_bypass_filter(RuntimeOrigin::none())
			.expect("the inherent does not fail but panics");
	}

	fn included(&self, step: &Step) -> Option<Vec<u8>> {
		let head = || {
			let number = step.included?.min(self.heads.len() - 1);
			self.heads.get(number).cloned()
		};
		step.proves_head.then(|| head().unwrap_or_else(|| vec![1, 2, 3]))
	}

	/// Whether a block could announce new code. The chain is as before.
	pub fn may_announce(&mut self, step: &Step) -> bool {
		self.configure();
		let parent = self.heads.last().expect("genesis is there").clone();
		let included = self.included(step);
		let result = attempt(&mut self.storage.clone(), || {
			Self::begin(step, &parent, included, false);
			ParachainSystem::schedule_code_upgrade(vec![7; 16])
		});
		result.expect("the block is valid").is_ok()
	}

	/// Changes the hook, as an upgrade of the runtime does.
	pub fn set_hook(&mut self, capacity: Capacity) {
		self.capacity = capacity;
	}

	/// As [`Chain::block`]; whether the upgrade that is answered was announced.
	pub fn block_with(&mut self, step: &Step, upward: usize, announced: bool) -> Verdict {
		self.configure();
		let parent = self.heads.last().expect("genesis is there").clone();
		let included = self.included(step);
		let result = attempt(&mut self.storage, || {
			Self::execute(step, upward, &parent, included, announced)
		});
		match result {
			Ok((sent, head)) => {
				self.heads.push(head);
				Ok(sent)
			}
			Err(message) => Err(kind(&message)),
		}
	}
}

impl Chain for Published {
	fn new(history: &History) -> Self {
		Self {
			capacity: history.capacity,
			strict: history.strict,
			storage: Storage::default(),
			heads: vec![vec![0]],
		}
	}

	fn block(&mut self, step: &Step, upward: usize) -> Verdict {
		self.block_with(step, upward, true)
	}

	fn segment(&mut self) -> Vec<Sent> {
		let blocks = attempt(
			&mut self.storage,
			cumulus_pallet_parachain_system::UnincludedSegment::<Runtime>::get,
		);
		let blocks = blocks.expect("reading does not panic");
		blocks
			.iter()
			.map(|block| {
				let used = block.used_bandwidth();
				Sent {
					messages: used.ump_msg_count,
					bytes: used.ump_total_bytes,
					channels: used
						.hrmp_outgoing
						.iter()
						.map(|(recipient, sent)| (u32::from(*recipient), (sent.msg_count, sent.total_bytes)))
						.collect(),
				}
			})
			.collect()
	}

	fn can_build_upon(&mut self, included: usize, slot: u64) -> bool {
		let included = Self::hash(&self.heads[included]);
		let answer = attempt(&mut self.storage, || match self.capacity {
			Capacity::Velocity(velocity, capacity) => {
				with_velocity!((velocity, capacity), H => H::can_build_upon(included, slot.into()))
			}
			_ => unreachable!("only this hook has an answer"),
		});
		answer.expect("asking does not panic")
	}
}

/// Which rule a panic is about.
fn kind(message: &str) -> Kind {
	let rows = [
		("Relay chain block number needs to", Kind::RelayParentMovedBack),
		("expected parent to be included", Kind::ParentNotIncluded),
		("included head not present", Kind::NoIncludedHead),
		("Slot moved backwards", Kind::RelaySlotMovedBack),
		("authored blocks limit is reached", Kind::TooManyInSlot),
		("Parachain slot must match", Kind::WrongParaSlot),
		("No space left for the block", Kind::Full),
		("InvalidHrmpWatermark", Kind::WatermarkMovedBack),
		("UmpMessagesOverflow", Kind::UmpMessages),
		("UmpBytesOverflow", Kind::UmpBytes),
		("HrmpMessagesOverflow", Kind::HrmpMessages),
		("HrmpBytesOverflow", Kind::HrmpBytes),
		("limit for declared hrmp channel must be present", Kind::NoChannel),
		("No new validation function found", Kind::NoPendingUpgrade),
		("assertion `left == right` failed", Kind::GoAheadVanished),
	];
	rows.into_iter()
		.find(|(part, _)| message.contains(part))
		.unwrap_or_else(|| panic!("a panic that is no verdict: {message}"))
		.1
}
