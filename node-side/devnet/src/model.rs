//! The fixed inputs of a run. Everything else emerges from them.
//!
//! The numbers are those of real networks, each with its source in `docs/decisions/0007-the-time-model.md`. No result
//! of a run can be set: intervals, authoring times and counts follow.

use async_backing_collator::REMEMBERED_FOR;
use std::time::Duration;

/// Speeds, sizes and delays of the simulated world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
	/// Length of a relay-chain slot.
	pub slot: Duration,
	/// How far into its slot a relay block is built, spread and imported everywhere: it becomes a leaf.
	pub leaf_active_after: Duration,
	/// By how much a node may have a relay block earlier than that, drawn from the seed for each node and block.
	pub import_spread: Duration,
	/// By how much a node may have a relay block later than that, drawn from the seed for each node and block. Who has it
	/// after the next slot has begun, and builds in that, makes a fork.
	pub import_jitter: Duration,
	/// How many blocks finality is behind the newest one, where more than two thirds of the validators follow it.
	pub finality_lag: u32,
	/// Time that a message takes from node to node.
	pub link_latency: Duration,
	/// Largest random addition to the latency of a message, drawn from the seed.
	pub link_jitter: Duration,
	/// What a node can send, in bytes per second.
	pub bandwidth: u64,
	/// Virtual time to execute one extrinsic, the same for collator and backer.
	pub extrinsic_cost: Duration,
	/// What a node hashes and codes, in bytes per second.
	pub coding: u64,
	/// Longest execution that a backer accepts (R-BAK-11).
	pub backing_execution_limit: Duration,
	/// How long after a leaf's activation a validator signs its bitfield (R-AVL-8).
	pub bitfield_after: Duration,
	/// How long after a leaf's activation an inherent is assembled at the earliest (R-PRV-10).
	pub inherent_after: Duration,
	/// What a collator keeps in reserve of the time that it has.
	pub collator_margin: Duration,
	/// Unincluded blocks that a parachain allows itself (R-SEG-8).
	pub segment_capacity: u32,
	/// Blocks that a parachain wants per relay block (R-HOO-2).
	pub velocity: u32,
	/// How many blocks relay parents are behind the best relay block, as far as that is legal (R-COL-2).
	pub relay_parent_offset: u32,
	/// Slots of a session; `None` for as many as the runtime has. Others take a runtime whose genesis says how many, in
	/// `epochLength.slots`.
	pub session_length: Option<u32>,
	/// Votes that back a candidate (R-BKV-1).
	pub minimum_backing_votes: u32,
	/// Relay blocks from the announcement of a code to its use, at least (R-CODE-3).
	pub upgrade_delay: u32,
	/// Relay blocks that validators keep the data of what is included, counted from its inclusion to the newest finalised block.
	/// Real ones do so for a day; here nobody remembers relay blocks that are older than the default, so that nobody asks.
	pub keep_included: u32,
}

impl Default for Model {
	fn default() -> Self {
		Self {
			slot: Duration::from_secs(6),
			leaf_active_after: Duration::from_secs(3),
			import_spread: Duration::from_millis(200),
			import_jitter: Duration::ZERO,
			finality_lag: 3,
			link_latency: Duration::from_millis(100),
			link_jitter: Duration::from_millis(10),
			bandwidth: 62_500_000,
			extrinsic_cost: Duration::from_millis(1),
			coding: 500_000_000,
			backing_execution_limit: Duration::from_secs(2),
			bitfield_after: Duration::from_millis(1500),
			inherent_after: Duration::from_secs(2),
			collator_margin: Duration::from_millis(500),
			segment_capacity: 5,
			velocity: 1,
			relay_parent_offset: 0,
			session_length: None,
			minimum_backing_votes: 2,
			upgrade_delay: 600,
			keep_included: REMEMBERED_FOR,
		}
	}
}
