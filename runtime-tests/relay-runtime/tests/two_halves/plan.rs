//! What may happen in a block, at random.

use async_backing_primitives::ParaId;
use proptest::{collection::vec, option, prelude::*};

/// Two paras with a core each, and one without.
pub(crate) const PARAS: [ParaId; 3] = [ParaId(2000), ParaId(2001), ParaId(2002)];

/// What a chain begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
	/// Limits that stories meet now and then.
	Roomy,
	/// Limits that they meet at every turn: depth 0, channels for one message, queues for two, groups without validators.
	Narrow,
}

/// What governance, paras and customers do.
#[derive(Clone, Debug)]
pub(crate) enum Op {
	AssignCore {
		core: u32,
		/// `None` for the pool.
		para: Option<ParaId>,
		later: u32,
		until: Option<u32>,
	},
	ShareCore {
		core: u32,
		first: ParaId,
		second: ParaId,
	},
	PlaceOrder(ParaId),
	/// Which value, and what it shall be.
	Configure(u8, u32),
	Deregister(ParaId),
	Register(ParaId),
	TrustCode(u8),
	DistrustCode(u8),
	SetCode(ParaId, u8),
	SetHead(ParaId, u8),
	/// How much older than the block.
	SetContext(ParaId, u32),
	RemoveCooldown(ParaId),
	ApproveCode(u8),
	ForceOpen(ParaId, ParaId, u32),
	ForceClose(ParaId, ParaId),
	ForceClean(ParaId),
	ForceProcessOpen,
	ForceProcessClose,
	PokeDeposits(ParaId, ParaId),
	RequestChannel(ParaId, ParaId),
	AcceptChannel(ParaId, ParaId),
	CancelRequest(ParaId, ParaId),
	CloseChannel(ParaId, ParaId, bool),
	SendDownward(ParaId, usize),
	Disable(u32),
}

/// A candidate that some collator makes.
#[derive(Clone, Debug)]
pub(crate) struct CandidatePlan {
	pub(crate) para: usize,
	/// How much older than the leaf its relay parent is.
	pub(crate) age: usize,
	/// Whether it builds on the candidate of the para that was made before it in this block, else on what is pending.
	pub(crate) on_previous: bool,
	/// Which of the cores that the para has at the relay parent it takes; beyond those any.
	pub(crate) core: usize,
	pub(crate) selects: Option<(u8, u8)>,
	pub(crate) upward: Vec<usize>,
	/// Which of the para's channels, beyond those to whom else, and bytes.
	pub(crate) horizontal: Vec<(usize, usize)>,
	/// How many downward messages it processes besides those that it has to.
	pub(crate) more_downward: u32,
	/// Whether it processes those that it has to.
	pub(crate) is_diligent: bool,
	/// Which of the listed watermarks it moves to; `None` for its relay parent.
	pub(crate) watermark: Option<usize>,
	pub(crate) code: Option<u8>,
	pub(crate) head_bytes: usize,
	/// Voters of the group that do not vote.
	pub(crate) missing_votes: usize,
	pub is_version_1: bool,
}

/// A block.
#[derive(Clone, Debug)]
pub(crate) struct BlockPlan {
	pub(crate) before: Vec<Op>,
	pub(crate) candidates: Vec<CandidatePlan>,
	/// How many validators attest what is pending.
	pub(crate) attesting: usize,
	pub(crate) after: Vec<Op>,
	pub(crate) skipped_slots: u64,
}

fn para() -> impl Strategy<Value = ParaId> {
	prop_oneof![
		4 => Just(PARAS[0]),
		2 => Just(PARAS[1]),
		1 => Just(PARAS[2]),
	]
}

fn op() -> impl Strategy<Value = Op> {
	let pair = || (para(), para());
	prop_oneof![
		4 => (0..5_u32, option::weighted(0.8, para()), 0..3_u32, option::of(1..5_u32))
			.prop_map(|(core, para, later, until)| Op::AssignCore { core, para, later, until }),
		1 => (0..5_u32, pair()).prop_map(|(core, (first, second))| Op::ShareCore { core, first, second }),
		3 => para().prop_map(Op::PlaceOrder),
		4 => (0..15_u8, prop_oneof![0..6_u32, Just(40)]).prop_map(|(which, value)| Op::Configure(which, value)),
		1 => para().prop_map(Op::Deregister),
		1 => Just(Op::Register(ParaId(2003))),
		1 => (1..5_u8).prop_map(Op::TrustCode),
		1 => (1..5_u8).prop_map(Op::DistrustCode),
		1 => (para(), 1..5_u8).prop_map(|(para, version)| Op::SetCode(para, version)),
		1 => (para(), 0..5_u8).prop_map(|(para, head)| Op::SetHead(para, head)),
		1 => (para(), 0..5_u32).prop_map(|(para, age)| Op::SetContext(para, age)),
		1 => para().prop_map(Op::RemoveCooldown),
		1 => (1..5_u8).prop_map(Op::ApproveCode),
		2 => (pair(), 1..4_u32).prop_map(|((from, to), capacity)| Op::ForceOpen(from, to, capacity)),
		2 => pair().prop_map(|(from, to)| Op::ForceClose(from, to)),
		1 => para().prop_map(Op::ForceClean),
		2 => Just(Op::ForceProcessOpen),
		1 => Just(Op::ForceProcessClose),
		1 => pair().prop_map(|(from, to)| Op::PokeDeposits(from, to)),
		1 => pair().prop_map(|(from, to)| Op::RequestChannel(from, to)),
		1 => pair().prop_map(|(from, to)| Op::AcceptChannel(from, to)),
		1 => pair().prop_map(|(from, to)| Op::CancelRequest(from, to)),
		1 => (pair(), any::<bool>()).prop_map(|((from, to), by)| Op::CloseChannel(from, to, by)),
		2 => (para(), 0..40_usize).prop_map(|(para, bytes)| Op::SendDownward(para, bytes)),
		2 => (0..crate::chain::AUTHOR).prop_map(Op::Disable),
	]
}

fn candidate() -> impl Strategy<Value = CandidatePlan> {
	let place = (
		prop_oneof![6 => Just(0_usize), 4 => Just(1), 1 => Just(2)],
		prop_oneof![4 => Just(0_usize), 3 => 1..4_usize],
		prop_oneof![2 => Just(false), 1 => Just(true)],
		prop_oneof![9 => Just(0_usize), 1 => 1..5_usize],
		option::weighted(0.2, (0..3_u8, prop_oneof![3 => Just(0_u8), 1 => 1..4_u8])),
		prop_oneof![9 => Just(false), 1 => Just(true)],
	);
	let outputs = (
		prop_oneof![2 => Just(Vec::new()), 1 => vec(1..50_usize, 0..5)],
		prop_oneof![
			4 => Just(Vec::new()),
			6 => vec((prop_oneof![7 => Just(0_usize), 1 => 1..4_usize], 0..70_usize), 0..2),
			1 => vec((0..3_usize, 0..70_usize), 2),
		],
		prop_oneof![12 => Just(0_u32), 1 => 1..3_u32],
		prop_oneof![10 => Just(true), 1 => Just(false)],
		option::weighted(0.3, 0..4_usize),
		option::weighted(0.1, 2..5_u8),
		prop_oneof![6 => 5..9_usize, 1 => 40..50_usize],
	);
	let votes = prop_oneof![12 => Just(0_usize), 1 => 1..3_usize];
	(place, outputs, votes).prop_map(|(place, outputs, missing_votes)| {
		let (para, age, on_previous, core, selects, is_version_1) = place;
		let (upward, horizontal, more_downward, is_diligent, watermark, code, head_bytes) = outputs;
		CandidatePlan {
			para,
			age,
			on_previous,
			core,
			selects,
			upward,
			horizontal,
			more_downward,
			is_diligent,
			watermark,
			code,
			head_bytes,
			missing_votes,
			is_version_1,
		}
	})
}

pub(crate) fn block() -> impl Strategy<Value = BlockPlan> {
	(
		vec(op(), 0..4),
		vec(candidate(), 0..4),
		prop_oneof![3 => Just(6_usize), 2 => 0..6_usize],
		vec(op(), 0..3),
		prop_oneof![8 => Just(0_u64), 1 => 1..3_u64],
	)
		.prop_map(
			|(before, candidates, attesting, after, skipped_slots)| BlockPlan {
				before,
				candidates,
				attesting,
				after,
				skipped_slots,
			},
		)
}

/// A chain, and what happens on it.
pub(crate) fn story() -> impl Strategy<Value = (Start, Vec<BlockPlan>)> {
	let start = prop_oneof![3 => Just(Start::Roomy), 2 => Just(Start::Narrow)];
	(start, vec(block(), 6..16))
}
