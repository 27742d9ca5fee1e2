//! A parachain with `pallet-async-backing-unincluded-segment`.

use crate::{
	relay_state,
	run::{attempt, Chain, Kind, Sent, Verdict},
	Capacity, History, Step, PARA,
};
use async_backing_primitives::{
	ConsensusHook, ExpectParentIncluded, FixedCapacity, FixedVelocity, HeadData, HookBlock, HookError,
	HookVerdict, InParaSlots, OutboundHrmpMessage, ParaId, PersistedValidationData, RelayParentNumbers,
	RelaySlotInfo, SegmentError, Slot,
};
use codec::Encode;
use core::num::NonZeroU32;
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU32, Hooks, TypedGet, UnfilteredDispatchable},
};
use pallet_async_backing_unincluded_segment::{
	self as pallet, BlockOutputs, CodeUpgrades, Error, InvalidBlock, Outputs, ParachainInherentData, Room,
};
use sp_core::storage::Storage;
use sp_runtime::DispatchError;

frame_support::construct_runtime!(
	pub enum Runtime {
		System: frame_system,
		UnincludedSegment: pallet_async_backing_unincluded_segment,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Runtime {
	type Block = frame_system::mocking::MockBlock<Runtime>;
}

parameter_types! {
	pub const Para: ParaId = ParaId(PARA);
	pub static CurrentCapacity: Option<Capacity> = None;
	pub static Numbers: RelayParentNumbers = RelayParentNumbers::Monotonic;
	pub static ParaSlot: Option<Slot> = None;
	pub static Sends: Outputs = Outputs::default();
	pub static Pending: bool = false;
}

/// The hook that a history says.
#[derive(Clone, Copy)]
pub struct AnyHook(Capacity);

impl AnyHook {
	fn call<R>(self, call: impl Call<R>) -> R {
		match self.0 {
			Capacity::Parent => call.on(&ExpectParentIncluded),
			Capacity::Fixed(capacity) => {
				call.on(&FixedCapacity(NonZeroU32::new(capacity).expect("not zero")))
			}
			Capacity::Velocity(velocity, capacity) => call.on(&InParaSlots {
				hook: FixedVelocity { velocity, capacity },
				relay_slot_duration: 6_000,
				para_slot_duration: 6_000,
			}),
		}
	}
}

/// Something that is asked of a hook.
trait Call<R> {
	fn on(self, hook: &dyn ConsensusHook) -> R;
}

impl<R, F: FnOnce(&dyn ConsensusHook) -> R> Call<R> for F {
	fn on(self, hook: &dyn ConsensusHook) -> R {
		self(hook)
	}
}

impl ConsensusHook for AnyHook {
	fn on_relay_state(&self, block: &HookBlock) -> Result<HookVerdict, HookError> {
		self.call(|hook: &dyn ConsensusHook| hook.on_relay_state(block))
	}
	fn max_capacity(&self) -> NonZeroU32 {
		self.call(|hook: &dyn ConsensusHook| hook.max_capacity())
	}
	fn can_build_upon(&self, unincluded: u32, latest: Option<RelaySlotInfo>, slot: Slot) -> bool {
		self.call(|hook: &dyn ConsensusHook| hook.can_build_upon(unincluded, latest, slot))
	}
}

pub struct Hook;
impl TypedGet for Hook {
	type Type = AnyHook;
	fn get() -> AnyHook {
		AnyHook(CurrentCapacity::get().expect("a chain has a hook"))
	}
}

pub struct Sender;
impl BlockOutputs for Sender {
	fn take(_: &Room) -> Outputs {
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
	}
	fn discard() {
		Pending::set(false);
	}
}

impl pallet::Config for Runtime {
	type ParaId = Para;
	type RelayState = pallet::ProvenRelayState;
	type ConsensusHook = Hook;
	type RelayParentNumbers = Numbers;
	type ParaSlot = ParaSlot;
	type Outputs = Sender;
	type Upgrades = Upgrades;
	type MaxAncestors = ConstU32<16>;
	type MaxChannels = ConstU32<16>;
	type WeightInfo = ();
}

/// A chain with our pallet.
#[derive(Debug)]
pub struct Ours {
	capacity: Capacity,
	strict: bool,
	storage: Storage,
	heads: Vec<HeadData>,
}

impl Ours {
	/// Executes a block: the inherent's error, or the head. Panics if the block is invalid at its end.
	fn execute(
		step: &Step,
		upward: usize,
		parent: &HeadData,
		included: Option<Vec<u8>>,
		announced: bool,
	) -> Result<HeadData, DispatchError> {
		Self::begin(step, parent, included, announced)?;
		Sends::set(Outputs {
			upward_messages: step.upward[..upward]
				.iter()
				.map(|length| vec![7; *length])
				.collect(),
			horizontal_messages: step
				.horizontal
				.iter()
				.map(|(recipient, length)| OutboundHrmpMessage {
					recipient: ParaId(*recipient),
					data: vec![7; *length],
				})
				.collect(),
			hrmp_watermark: Some(step.watermark),
		});
		UnincludedSegment::on_finalize(System::block_number());
		Ok(HeadData(System::finalize().encode()))
	}

	/// The beginning of a block, with its inherent.
	fn begin(
		step: &Step,
		parent: &HeadData,
		included: Option<Vec<u8>>,
		announced: bool,
	) -> Result<(), DispatchError> {
		let number = System::block_number() + 1;
		System::reset_events();
		System::initialize(&number, &parent.hash().0, &Default::default());
		UnincludedSegment::on_initialize(number);
		ParaSlot::set(Some(step.para_slot));
		Pending::set(announced && step.go_ahead.is_some());
		let (root, proof) = relay_state(step, included);
		let call = pallet::Call::<Runtime>::set_validation_data {
			data: ParachainInherentData {
				validation_data: PersistedValidationData {
					parent_head: parent.clone(),
					relay_parent_number: step.relay_parent,
					relay_parent_storage_root: root,
					max_pov_size: 1 << 20,
				},
				relay_state: proof,
			},
		};
		call.dispatch_bypass_filter(RuntimeOrigin::none())
			.map_err(|error| error.error)?;
		Ok(())
	}

	fn configure(&self) {
		CurrentCapacity::set(Some(self.capacity));
		Numbers::set(if self.strict {
			RelayParentNumbers::Strict
		} else {
			RelayParentNumbers::Monotonic
		});
	}

	fn included(&self, step: &Step) -> Option<Vec<u8>> {
		let head = || {
			let number = step.included?.min(self.heads.len() - 1);
			self.heads.get(number).map(|head| head.0.clone())
		};
		step.proves_head.then(|| head().unwrap_or_else(|| vec![1, 2, 3]))
	}

	/// Whether a block could announce new code. The chain is as before.
	pub fn may_announce(&mut self, step: &Step) -> bool {
		self.configure();
		let parent = self.heads.last().expect("genesis is there").clone();
		let included = self.included(step);
		let result = attempt(&mut self.storage.clone(), || {
			Self::begin(step, &parent, included, false).expect("the block is valid");
			UnincludedSegment::ensure_may_announce(16)
		});
		result.expect("asking does not panic").is_ok()
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
		let before = self.storage.clone();
		let result = attempt(&mut self.storage, || {
			Self::execute(step, upward, &parent, included.clone(), announced)
		});
		match result {
			Ok(Ok(head)) => {
				self.heads.push(head);
				Ok(upward)
			}
			Ok(Err(error)) => {
				self.storage = before;
				Err(self.kind_of_call(error, step, &parent, included))
			}
			Err(message) => Err(kind(&message)),
		}
	}

	/// Which rule a failed inherent is about. A call's error does not say which rule of the hook it is; so that is asked
	/// of the hook.
	fn kind_of_call(
		&mut self,
		error: DispatchError,
		step: &Step,
		parent: &HeadData,
		included: Option<Vec<u8>>,
	) -> Kind {
		let is = |expected: Error<Runtime>| error == expected.into();
		if is(Error::RelayParentMovedBack) {
			return Kind::RelayParentMovedBack;
		}
		if is(Error::SegmentFull) {
			return Kind::Full;
		}
		if is(Error::GoAheadVanished) {
			return Kind::GoAheadVanished;
		}
		assert!(is(Error::RefusedByHook), "an error that is no verdict: {error:?}");
		let latest = attempt(&mut self.storage, || UnincludedSegment::tracker());
		let verdict = AnyHook(self.capacity).on_relay_state(&HookBlock {
			parent: parent.hash(),
			included: included.map(|head| HeadData(head).hash()),
			relay_slot: Some(step.relay_slot),
			latest: latest.ok().flatten().and_then(|tracker| tracker.relay_slot),
			para_slot: Some(step.para_slot),
		});
		match verdict.expect_err("it refused the block") {
			HookError::NoIncludedHead => Kind::NoIncludedHead,
			HookError::ParentNotIncluded { .. } => Kind::ParentNotIncluded,
			HookError::RelaySlotMovedBack { .. } => Kind::RelaySlotMovedBack,
			HookError::TooManyInSlot { .. } => Kind::TooManyInSlot,
			HookError::WrongParaSlot { .. } => Kind::WrongParaSlot,
			error => panic!("an error that is no verdict: {error}"),
		}
	}
}

impl Chain for Ours {
	fn new(history: &History) -> Self {
		Self {
			capacity: history.capacity,
			strict: history.strict,
			storage: Storage::default(),
			heads: vec![HeadData(vec![0])],
		}
	}

	fn block(&mut self, step: &Step, upward: usize) -> Verdict {
		self.block_with(step, upward, true)
	}

	fn segment(&mut self) -> Vec<Sent> {
		let tracker = attempt(&mut self.storage, UnincludedSegment::tracker)
			.expect("reading does not panic")
			.expect("there is a sum");
		tracker
			.segment
			.ancestors()
			.iter()
			.map(|block| Sent {
				messages: block.used.ump_messages_sent,
				bytes: block.used.ump_bytes_sent,
				channels: block
					.used
					.outbound_hrmp
					.iter()
					.map(|(recipient, sent)| (recipient.0, (sent.messages_submitted, sent.bytes_submitted)))
					.collect(),
			})
			.collect()
	}

	fn can_build_upon(&mut self, included: usize, slot: u64) -> bool {
		CurrentCapacity::set(Some(self.capacity));
		let included = self.heads[included].hash();
		attempt(&mut self.storage, || {
			UnincludedSegment::can_build_upon(included, slot)
		})
		.expect("asking does not panic")
	}
}

/// Which rule the abort at the end of a block is about: its text is the reason's.
fn kind(message: &str) -> Kind {
	let text = |reason: InvalidBlock| reason.to_string();
	let segment = |error: SegmentError| text(InvalidBlock::Segment(error));
	// A reason is known by its text between two numbers.
	let recipient = ParaId(0);
	let (limit, total) = (0, 0);
	let rows = [
		// What one candidate may send comes first: its reasons have words of the others.
		("(R-UMP-1)".into(), Kind::PerCandidate),
		("(R-HRMP-5)".into(), Kind::PerCandidate),
		(
			part(
				&segment(SegmentError::WatermarkMovedBack {
					latest: 0,
					submitted: 0,
				}),
				0,
			),
			Kind::WatermarkMovedBack,
		),
		(
			part(&segment(SegmentError::NoSuchHrmpChannel(recipient)), 0),
			Kind::NoChannel,
		),
		(
			part(&segment(SegmentError::UmpBytesOverflow { limit, total }), 1),
			Kind::UmpBytes,
		),
		(
			part(&segment(SegmentError::UmpMessagesOverflow { limit, total }), 1),
			Kind::UmpMessages,
		),
		(
			part(
				&segment(SegmentError::HrmpMessagesOverflow {
					recipient,
					limit,
					total,
				}),
				1,
			),
			Kind::HrmpMessages,
		),
		(
			part(
				&segment(SegmentError::HrmpBytesOverflow {
					recipient,
					limit,
					total,
				}),
				1,
			),
			Kind::HrmpBytes,
		),
	];
	rows.into_iter()
		.find(|(part, _)| message.contains(part.as_str()))
		.unwrap_or_else(|| panic!("a panic that is no verdict: {message}"))
		.1
}

/// The text between two numbers of a reason.
fn part(text: &str, index: usize) -> String {
	text.split('0')
		.nth(index)
		.expect("it has that many numbers")
		.to_string()
}
