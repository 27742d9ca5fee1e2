//! Records in storage.

pub use async_backing_primitives::PARTS_OF_A_CORE;
use async_backing_primitives::{
	core_count, BlockNumber, CoreIndex, HostConfiguration, ParaId, MAX_CORES, MAX_LOOKAHEAD,
	MAX_ON_DEMAND_ORDERS, MAX_PARAS, MAX_VALIDATORS,
};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;
use sp_runtime::{FixedU128, Saturating};

/// Most shares of one core: a para with the smallest of equal ones has a block in about ten minutes.
pub const MAX_SHARES: u32 = 100;
/// Most schedules of one core that may wait for their first block.
pub const MAX_SCHEDULES: u32 = 32;

/// Who uses a core in a share of its blocks (R-SCH-7).
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum CoreAssignment {
	/// Nobody.
	Idle,
	/// On-demand orders.
	Pool,
	/// This para.
	Task(ParaId),
}

/// An assignment and its parts of [`PARTS_OF_A_CORE`].
pub type AssignmentParts = (CoreAssignment, u16);

/// The assignments that share a core. Their parts add up to [`PARTS_OF_A_CORE`].
pub type CoreShares = BoundedVec<AssignmentParts, ConstU32<MAX_SHARES>>;

/// What a core will do from a block on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Schedule {
	/// First block.
	pub begin: BlockNumber,
	/// Block from which on the core is idle; `None` for as long as no other schedule begins.
	pub end: Option<BlockNumber>,
	/// The assignments.
	pub shares: CoreShares,
}

/// Schedules of one core that have not begun, ascending by their first block, which differ.
pub type CoreSchedules = BoundedVec<Schedule, ConstU32<MAX_SCHEDULES>>;

/// A share of the work of a core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Share {
	/// Who uses it.
	pub assignment: CoreAssignment,
	/// Its parts of [`PARTS_OF_A_CORE`].
	pub parts: u16,
	/// Parts that it may use before it is the next one's turn.
	pub remaining: u16,
}

/// What a core does, and whose turn it is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Work {
	/// Who shares the core. Never empty.
	pub shares: BoundedVec<Share, ConstU32<MAX_SHARES>>,
	/// Position of the share whose turn it is.
	pub turn: u32,
	/// Block from which on the core is idle.
	pub end: Option<BlockNumber>,
}

/// What a core does in one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum Claim {
	/// Nothing.
	Idle,
	/// It serves a para that it is assigned to.
	Task(ParaId),
	/// It serves an order for this para, or has none yet.
	Pool(Option<ParaId>),
}

impl Claim {
	/// The para that the core serves.
	pub fn para(self) -> Option<ParaId> {
		match self {
			Self::Idle => None,
			Self::Task(para) => Some(para),
			Self::Pool(para) => para,
		}
	}
}

/// An order whose block has come: its candidate may occupy the core (R-SCH-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct RunningOrder {
	/// The para.
	pub para: ParaId,
	/// Whether the order gave the para a block already: the bonus of R-SCH-4, which was included.
	pub had_block: bool,
}

/// What a core does, block by block.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Core {
	/// What it does in the next blocks, soonest first. Behind them follow the blocks of `work`.
	pub claims: BoundedVec<Claim, ConstU32<MAX_LOOKAHEAD>>,
	/// What it does now.
	pub work: Option<Work>,
	/// When the first of its schedules begins.
	pub next_begin: Option<BlockNumber>,
	/// Whether the order in front had the block before its own (R-SCH-4).
	pub bonus: bool,
	/// The order whose block has come, until the core is free again.
	pub running: Option<RunningOrder>,
}

/// All cores that were ever assigned, by index.
pub type Cores = BoundedVec<Core, ConstU32<MAX_CORES>>;

/// An order for one block of a para.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Order {
	/// The para.
	pub para: ParaId,
	/// First block that it may be served in (R-SCH-8).
	pub ready_at: BlockNumber,
}

/// Orders that wait for a core, oldest first, so that none is ready before those ahead of it.
pub type Orders = BoundedVec<Order, ConstU32<MAX_ON_DEMAND_ORDERS>>;

/// How many orders are on their way, and what the next one costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct OnDemandStatus {
	/// What an order costs in multiples of the base fee. At least one.
	pub traffic: FixedU128,
	/// Orders whose block has not come: those that wait, and those handed out to claims.
	pub unserved: u32,
	/// Orders whose block has come and whose core was not free since ([`Core::running`]).
	pub running: u32,
}

impl Default for OnDemandStatus {
	fn default() -> Self {
		Self {
			traffic: FixedU128::from_u32(1),
			unserved: 0,
			running: 0,
		}
	}
}

/// Paras that were removed while orders were on their way, so that theirs are still to be dropped.
pub type RemovedParas = BoundedVec<ParaId, ConstU32<MAX_PARAS>>;

/// What the cores and groups of a session follow from.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct SessionShape {
	/// First block of the session.
	pub start: BlockNumber,
	/// Number of validators.
	pub validators: u32,
	/// Number of cores, hence of groups (R-GRP-5).
	pub cores: u32,
}

impl SessionShape {
	/// Shape of a session with so many validators. More cores or validators than the ceilings are left out.
	pub(crate) fn new(start: BlockNumber, validators: usize, config: &HostConfiguration) -> Self {
		let cores = core_count(config.num_cores, validators, config.max_validators_per_core).min(MAX_CORES);
		let validators = u32::try_from(validators).unwrap_or(u32::MAX).min(MAX_VALIDATORS);
		Self {
			start,
			validators,
			cores,
		}
	}
}

/// Index of a core at a position of [`Cores`].
pub(crate) fn core_at(position: usize) -> CoreIndex {
	CoreIndex(u32::try_from(position).unwrap_or(u32::MAX))
}

/// The block `offset` positions behind `front`.
pub(crate) fn block_at(front: BlockNumber, offset: usize) -> BlockNumber {
	front.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX))
}

/// Refused shares of a core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadShares {
	/// The parts do not add up to a core.
	Sum,
	/// A share has no parts.
	Empty,
	/// An assignment is there twice.
	Duplicate,
}

/// Whether shares make up one core (R-SCH-7).
pub(crate) fn check_shares(shares: &[AssignmentParts]) -> Result<(), BadShares> {
	let mut sum = 0u32;
	for (position, (assignment, parts)) in shares.iter().enumerate() {
		if *parts == 0 {
			return Err(BadShares::Empty);
		}
		if shares.iter().take(position).any(|(other, _)| other == assignment) {
			return Err(BadShares::Duplicate);
		}
		sum.saturating_accrue(u32::from(*parts));
	}
	if sum == u32::from(PARTS_OF_A_CORE) {
		Ok(())
	} else {
		Err(BadShares::Sum)
	}
}
