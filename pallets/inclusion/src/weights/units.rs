//! What one more of each component adds, and what a whole inherent comes to.

use super::{
	WeightInfo, ANNOUNCED_BYTES, BYTES_OF_AN_ORDER, BYTES_OF_A_CLAIM, BYTES_OF_A_CORE, CANDIDATES_WITH_VOTES,
	CORES_MEASURED, LOOKAHEAD_MEASURED, MARGIN,
};
use crate::{OutputSizes, PendingCandidate};
use alloc::vec::Vec;
use async_backing_primitives::{
	ports::{SchedulerLoad, WaitingMessages},
	upward_messages_before_separator, BackedCandidate, CandidateCommitments,
};
use codec::Encode;
use frame_support::weights::Weight;

/// What one more unit adds to an inherent. Reference time alone: a relay chain has nobody to prove its state to.
///
/// Cost: a few additions each.
pub trait UnitWeights: WeightInfo {
	/// An inherent that carries nothing, but for what each core adds: the window and a few values.
	fn empty_inherent() -> Weight {
		measured(Self::enter_empty(0))
	}

	/// A core of the chain with its validators: read with the claim queue and the keys.
	fn core() -> Weight {
		one_more(Self::enter_empty)
	}

	/// A claim of a core beyond the [`LOOKAHEAD_MEASURED`] that [`core`](Self::core) is about: filled, read, kept with the
	/// claim queue of the parent.
	fn claim() -> Weight {
		one_more(Self::enter_claims) / u64::from(CORES_MEASURED)
	}

	/// An order that waits: read, tried for the blocks ahead, and written back.
	fn order() -> Weight {
		one_more(Self::enter_orders)
	}

	/// All orders that wait.
	fn waiting_orders(load: &SchedulerLoad) -> Weight {
		Self::order().saturating_mul(load.orders.into())
	}

	/// A byte of cores that many share. As dear as that of an order.
	fn core_byte() -> Weight {
		Self::order() / u64::from(BYTES_OF_AN_ORDER)
	}

	/// What cores that many share cost beside what [`core`](Self::core) and [`claim`](Self::claim) are about.
	fn shared_cores(load: &SchedulerLoad) -> Weight {
		let alone = BYTES_OF_A_CORE.saturating_add(load.lookahead.saturating_mul(BYTES_OF_A_CLAIM));
		let shared = load.core_bytes.saturating_sub(load.cores.saturating_mul(alone));
		Self::core_byte().saturating_mul(shared.into())
	}

	/// A candidate that waits, whatever becomes of it: read, and written back with the votes of this block.
	fn pending() -> Weight {
		one_more(Self::enter_pending)
	}

	/// A bitfield: one signature, one bit for each core.
	fn bitfield() -> Weight {
		one_more(Self::enter_bitfields)
	}

	/// What there being candidates at all adds, however many, for each relay block whose claim queue they are judged by:
	/// assigned cores, and groups and disabled validators. For each [`CORES_MEASURED`] cores that a chain has or begins, and
	/// each [`LOOKAHEAD_MEASURED`] blocks that their claims reach ahead.
	fn scheduling_parent() -> Weight {
		let cores = Self::core().saturating_mul(u64::from(CORES_MEASURED));
		measured(Self::enter_candidates(0))
			.saturating_sub(Self::empty_inherent())
			.saturating_sub(cores)
	}

	/// A candidate without its votes and its bytes: constraints of its para, two writes, an event.
	fn candidate() -> Weight {
		one_more(Self::enter_candidates).saturating_sub(Self::vote())
	}

	/// A candidate that waits while others of its para are offered, without the bytes of its commitments: its outputs count
	/// before theirs (R-BASE-18).
	fn stacked() -> Weight {
		one_more(Self::enter_candidates_behind_pending)
			.saturating_sub(one_more(Self::enter_candidates))
			.saturating_sub(Self::pending())
	}

	/// A backing vote: one signature.
	fn vote() -> Weight {
		one_more(Self::enter_votes) / u64::from(CANDIDATES_WITH_VOTES)
	}

	/// A byte of an encoded candidate: decoded, hashed, copied and stored.
	fn candidate_byte() -> Weight {
		one_more(Self::enter_candidate_bytes)
	}

	/// A byte of the head data of a candidate, on top of [`candidate_byte`](Self::candidate_byte): hashed once more, and
	/// told in an event.
	fn offered_head_byte() -> Weight {
		one_more(Self::enter_head_bytes).saturating_sub(Self::candidate_byte())
	}

	/// A candidate of a para about whose messages something is stored, or whose watermark is not at its relay parent: asked
	/// whether it is listed (R-BASE-9), and how many messages it passes (R-BASE-17).
	fn listed_watermark() -> Weight {
		one_more(Self::enter_listed_watermarks).saturating_sub(one_more(Self::enter_candidates))
	}

	/// A vote in a dispute: one signature, and as much again for what the disputes port does with it.
	fn dispute_vote() -> Weight {
		Self::vote().saturating_mul(2)
	}

	/// The enactment of a candidate without outputs.
	fn enactment() -> Weight {
		one_more(Self::enact_candidates)
	}

	/// A candidate that is offered and sends upward messages: its queue is asked for its size. One that announces code
	/// is as dear: another value is read.
	fn offered_upward_queue() -> Weight {
		one_more(Self::enter_upward_queues).saturating_sub(one_more(Self::enter_candidates))
	}

	/// A horizontal message that is offered: its channel is asked for what fits.
	fn offered_horizontal_message() -> Weight {
		one_more(Self::enter_horizontal_messages)
	}

	/// A candidate that is enacted and sends upward messages, without the messages: a page of their queue.
	fn upward_queue() -> Weight {
		one_more(Self::enact_upward_queues)
			.saturating_sub(Self::enactment())
			.saturating_sub(Self::upward_message())
	}

	/// A candidate that is enacted and processed downward messages, without the messages.
	fn downward_queue() -> Weight {
		one_more(Self::enact_downward_queues)
			.saturating_sub(Self::enactment())
			.saturating_sub(Self::downward_message())
	}

	/// A candidate that is enacted and announces code, without the bytes of the code.
	fn code_upgrade() -> Weight {
		one_more(Self::enact_code_upgrades)
			.saturating_sub(Self::enactment())
			.saturating_sub(Self::code_byte().saturating_mul(u64::from(ANNOUNCED_BYTES)))
	}

	/// A candidate that is enacted and applies a scheduled upgrade: the code that it leaves may be used by nobody else.
	fn applied_upgrade() -> Weight {
		one_more(Self::enact_applied_upgrades).saturating_sub(Self::enactment())
	}

	/// A byte of the head data of a candidate that is enacted.
	fn head_byte() -> Weight {
		one_more(Self::enact_head_bytes)
	}

	/// A channel that enactment looks at for messages to be removed, and the index of these channels.
	fn inbound_channel() -> Weight {
		one_more(Self::enact_inbound_channels).saturating_sub(Self::inbound_message())
	}

	/// Reading and writing what is stored of what a para received: a full digest.
	fn stored_watermark() -> Weight {
		one_more(Self::enact_stored_watermarks).saturating_sub(Self::enactment())
	}

	/// A horizontal message that enactment removes.
	fn inbound_message() -> Weight {
		one_more(Self::enact_inbound_messages)
	}

	/// An upward message that is enacted, without its bytes.
	fn upward_message() -> Weight {
		one_more(Self::enact_upward_messages)
	}

	/// A byte of an upward message that is enacted.
	fn upward_byte() -> Weight {
		one_more(Self::enact_upward_bytes)
	}

	/// A horizontal message that is enacted, without its bytes.
	fn horizontal_message() -> Weight {
		one_more(Self::enact_horizontal_messages)
	}

	/// A byte of a horizontal message that is enacted.
	fn horizontal_byte() -> Weight {
		one_more(Self::enact_horizontal_bytes)
	}

	/// A downward message that enactment takes from its queue.
	fn downward_message() -> Weight {
		one_more(Self::enact_downward_messages)
	}

	/// A byte of new code that enactment schedules.
	fn code_byte() -> Weight {
		one_more(Self::enact_code_bytes)
	}

	/// A candidate that times out, without the bytes of its commitments.
	fn timeout() -> Weight {
		one_more(Self::time_out_candidates)
	}

	/// A byte of the commitments of a candidate that is read again without being enacted. As dear as that of head data,
	/// which are told in an event.
	fn commitments_byte() -> Weight {
		one_more(Self::time_out_bytes)
	}

	/// A candidate that a dispute evicts, without the bytes of its commitments.
	fn eviction() -> Weight {
		one_more(Self::evict_candidates)
	}
}

impl<W: WeightInfo> UnitWeights for W {}

/// What the second unit adds to the first: the benchmark of some components begins with one.
fn one_more(inherent_with: impl Fn(u32) -> Weight) -> Weight {
	measured(inherent_with(2).saturating_sub(inherent_with(1)))
}

/// The time of what was measured, with [`MARGIN`] on top.
fn measured(weight: Weight) -> Weight {
	let time = weight.ref_time();
	Weight::from_parts(time.saturating_add(time / MARGIN), 0)
}

impl OutputSizes {
	/// How much a candidate with these commitments has to do in the end. Signals behind the separator are not enacted
	/// (R-UMP-2).
	///
	/// Cost: linear in the bytes of the commitments.
	pub fn of(commitments: &CandidateCommitments, applies_upgrade: bool) -> Self {
		let upward = upward_messages_before_separator(&commitments.upward_messages);
		let horizontal = &commitments.horizontal_messages;
		let code = commitments.new_validation_code.as_ref();
		Self {
			upward_messages: saturated(upward.len()),
			upward_bytes: saturated(upward.iter().map(Vec::len).sum()),
			horizontal_messages: saturated(horizontal.len()),
			horizontal_bytes: saturated(horizontal.iter().map(|message| message.data.len()).sum()),
			downward_messages: commitments.processed_downward_messages,
			code_bytes: saturated(code.map_or(0, |code| code.0.len())),
			head_bytes: saturated(commitments.head_data.0.len()),
			commitments_bytes: saturated(commitments.encoded_size()),
			applies_upgrade,
		}
	}
}

fn saturated(count: usize) -> u32 {
	u32::try_from(count).unwrap_or(u32::MAX)
}

/// The units of [`UnitWeights`], taken apart once for a whole inherent: reference time, in picoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Units {
	empty_inherent: u64,
	core: u64,
	claim: u64,
	waiting_orders: u64,
	shared_cores: u64,
	pending: u64,
	bitfield: u64,
	scheduling_parent: u64,
	candidate: u64,
	stacked: u64,
	offered_head_byte: u64,
	listed_watermark: u64,
	offered_upward_queue: u64,
	offered_horizontal_message: u64,
	vote: u64,
	candidate_byte: u64,
	dispute_vote: u64,
	enactment: u64,
	upward_queue: u64,
	upward_message: u64,
	upward_byte: u64,
	horizontal_message: u64,
	horizontal_byte: u64,
	downward_queue: u64,
	downward_message: u64,
	code_upgrade: u64,
	code_byte: u64,
	applied_upgrade: u64,
	head_byte: u64,
	inbound_channel: u64,
	inbound_message: u64,
	stored_watermark: u64,
	timeout: u64,
	commitments_byte: u64,
	eviction: u64,
}

impl Units {
	pub(crate) fn of<W: UnitWeights>(load: &SchedulerLoad) -> Self {
		Self {
			empty_inherent: W::empty_inherent().ref_time(),
			core: W::core().ref_time(),
			claim: W::claim().ref_time(),
			waiting_orders: W::waiting_orders(load).ref_time(),
			shared_cores: W::shared_cores(load).ref_time(),
			pending: W::pending().ref_time(),
			bitfield: W::bitfield().ref_time(),
			scheduling_parent: W::scheduling_parent().ref_time(),
			candidate: W::candidate().ref_time(),
			stacked: W::stacked().ref_time(),
			offered_head_byte: W::offered_head_byte().ref_time(),
			listed_watermark: W::listed_watermark().ref_time(),
			offered_upward_queue: W::offered_upward_queue().ref_time(),
			offered_horizontal_message: W::offered_horizontal_message().ref_time(),
			vote: W::vote().ref_time(),
			candidate_byte: W::candidate_byte().ref_time(),
			dispute_vote: W::dispute_vote().ref_time(),
			enactment: W::enactment().ref_time(),
			upward_queue: W::upward_queue().ref_time(),
			upward_message: W::upward_message().ref_time(),
			upward_byte: W::upward_byte().ref_time(),
			horizontal_message: W::horizontal_message().ref_time(),
			horizontal_byte: W::horizontal_byte().ref_time(),
			downward_queue: W::downward_queue().ref_time(),
			downward_message: W::downward_message().ref_time(),
			code_upgrade: W::code_upgrade().ref_time(),
			code_byte: W::code_byte().ref_time(),
			applied_upgrade: W::applied_upgrade().ref_time(),
			head_byte: W::head_byte().ref_time(),
			inbound_channel: W::inbound_channel().ref_time(),
			inbound_message: W::inbound_message().ref_time(),
			stored_watermark: W::stored_watermark().ref_time(),
			timeout: W::timeout().ref_time(),
			commitments_byte: W::commitments_byte().ref_time(),
			eviction: W::eviction().ref_time(),
		}
	}

	/// What an inherent takes whatever it carries, on a chain whose scheduler holds so much, where so many candidates
	/// wait.
	pub(crate) fn fixed(&self, load: &SchedulerLoad, waiting: usize) -> u64 {
		let product = |one: u32, other: u32| (one as usize).saturating_mul(other as usize);
		let claims = product(load.cores, load.lookahead.saturating_sub(LOOKAHEAD_MEASURED));
		let held = self.waiting_orders.saturating_add(self.shared_cores);
		sum(
			self.empty_inherent.saturating_add(held),
			[
				(self.core, load.cores as usize),
				(self.claim, claims),
				(self.pending, waiting),
			],
		)
	}

	/// So many bitfields.
	pub(crate) fn bitfields(&self, count: usize) -> u64 {
		sum(0, [(self.bitfield, count)])
	}

	/// What candidates take together, judged by the claim queues of so many relay blocks on a chain whose scheduler holds
	/// so much, beside what each takes.
	pub(crate) fn scheduling_parents(&self, count: usize, load: &SchedulerLoad) -> u64 {
		let cores = load.cores.div_ceil(CORES_MEASURED);
		let claims = load.lookahead.div_ceil(LOOKAHEAD_MEASURED);
		let parts = cores.saturating_mul(claims) as usize;
		sum(0, [(self.scheduling_parent, count.saturating_mul(parts))])
	}

	/// Candidates that wait while others of their para are offered, however many.
	pub(crate) fn stacked(&self, waiting: &[PendingCandidate]) -> u64 {
		let bytes = waiting
			.iter()
			.map(|candidate| candidate.outputs.commitments_bytes as usize)
			.sum();
		sum(0, [(self.stacked, waiting.len()), (self.commitments_byte, bytes)])
	}

	/// A candidate that is offered: its judgement and its votes, not its later enactment.
	pub(crate) fn candidate(&self, offered: &Offered<'_>) -> u64 {
		let commitments = &offered.backed.candidate.commitments;
		let sends_upward = !upward_messages_before_separator(&commitments.upward_messages).is_empty();
		let announces = commitments.new_validation_code.is_some();
		sum(
			self.candidate,
			[
				(self.offered_head_byte, commitments.head_data.0.len()),
				(self.listed_watermark, usize::from(offered.looks_at_digest)),
				(
					self.offered_upward_queue,
					usize::from(sends_upward) + usize::from(announces),
				),
				(
					self.offered_horizontal_message,
					commitments.horizontal_messages.len(),
				),
				(self.vote, offered.backed.validity_votes.len()),
				(self.candidate_byte, offered.bytes),
			],
		)
	}

	/// The votes of one dispute.
	pub(crate) fn dispute(&self, votes: usize) -> u64 {
		sum(0, [(self.dispute_vote, votes)])
	}

	/// The removal of horizontal messages that a para consumed by so many candidates (R-HRMP-3).
	///
	/// A candidate looks at the channels, and at their index, only if one of its messages may be there.
	pub(crate) fn consumption(&self, waiting: WaitingMessages, candidates: usize) -> u64 {
		let messages = waiting.messages as usize;
		let looks = candidates.min(messages);
		let channels = (waiting.channels as usize).saturating_add(1);
		sum(
			0,
			[
				(self.inbound_channel, channels.saturating_mul(looks)),
				(self.inbound_message, messages),
				(self.stored_watermark, usize::from(waiting.is_stored)),
			],
		)
	}

	/// The enactment of a candidate, but for [`consumption`](Self::consumption) (R-ENA-4).
	pub(crate) fn enactment(&self, candidate: &PendingCandidate) -> u64 {
		let outputs = &candidate.outputs;
		let keeps_watermark = candidate.hrmp_watermark != candidate.relay_parent_number;
		sum(
			self.enactment,
			[
				(self.upward_queue, usize::from(outputs.upward_messages > 0)),
				(self.upward_message, outputs.upward_messages as usize),
				(self.upward_byte, outputs.upward_bytes as usize),
				(self.horizontal_message, outputs.horizontal_messages as usize),
				(self.horizontal_byte, outputs.horizontal_bytes as usize),
				(self.downward_queue, usize::from(outputs.downward_messages > 0)),
				(self.downward_message, outputs.downward_messages as usize),
				(self.code_upgrade, usize::from(outputs.code_bytes > 0)),
				(self.code_byte, outputs.code_bytes as usize),
				(self.head_byte, outputs.head_bytes as usize),
				(self.applied_upgrade, usize::from(outputs.applies_upgrade)),
				(self.stored_watermark, usize::from(keeps_watermark)),
			],
		)
	}

	/// A candidate with such outputs that times out.
	pub(crate) fn timeout(&self, outputs: &OutputSizes) -> u64 {
		sum(
			self.timeout,
			[(self.commitments_byte, outputs.commitments_bytes as usize)],
		)
	}

	/// A candidate with such outputs that a dispute evicts.
	pub(crate) fn eviction(&self, outputs: &OutputSizes) -> u64 {
		sum(
			self.eviction,
			[(self.commitments_byte, outputs.commitments_bytes as usize)],
		)
	}
}

/// A candidate that is offered, and what its weight depends on beside itself.
pub(crate) struct Offered<'a> {
	/// The candidate.
	pub(crate) backed: &'a BackedCandidate,
	/// Its encoded bytes.
	pub(crate) bytes: usize,
	/// Whether there may be a digest of what its para received: most paras receive nothing, and have their watermark at
	/// their relay parent.
	pub(crate) looks_at_digest: bool,
}

fn sum<const N: usize>(fixed: u64, parts: [(u64, usize); N]) -> u64 {
	parts.into_iter().fold(fixed, |sum, (unit, count)| {
		sum.saturating_add(unit.saturating_mul(count as u64))
	})
}

#[cfg(test)]
mod tests;
