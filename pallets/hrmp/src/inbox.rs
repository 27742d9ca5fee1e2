//! What a para knows of the messages that it received: how far it consumed them, and in which blocks more came.

use async_backing_primitives::{BlockNumber, MAX_HRMP_CHANNELS, MAX_HRMP_CHANNEL_CAPACITY};
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use scale_info::TypeInfo;

/// Entries of a digest.
pub const MAX_DIGEST: u32 = 2048;
/// Entries of a digest that are one block each. From there on an entry is a run of blocks, so that a para that stands
/// still for however long has an entry for each message.
pub const MAX_DIGEST_BLOCKS: u32 = 1024;
/// Messages after which a run ends and the next begins: it is consumed in one step, whose cost is bounded by this and by
/// the messages of one block. In one block no para receives more than one message of each candidate that is enacted in
/// it, hence of each core.
pub const MAX_RUN: u32 = 512;

const _: () = assert!(
	MAX_DIGEST_BLOCKS + (MAX_DIGEST - MAX_DIGEST_BLOCKS - 1) * MAX_RUN
		>= MAX_HRMP_CHANNELS * MAX_HRMP_CHANNEL_CAPACITY,
	"all that can wait for a para fits its digest"
);

const BOUNDS: Bounds = Bounds {
	entries: MAX_DIGEST as usize,
	blocks: MAX_DIGEST_BLOCKS as usize,
	run: MAX_RUN,
};

/// How large a digest grows, and what its entries are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
	/// Most entries.
	pub(crate) entries: usize,
	/// Those at the front that are one block each.
	pub(crate) blocks: usize,
	/// Messages that end a run.
	pub(crate) run: u32,
}

impl Bounds {
	/// Whether the last entry takes what comes in the next blocks, when there are `len` entries. As long as it does, its
	/// last block changes, so no watermark is offered there.
	///
	/// The very last never ends: there is no room behind it.
	fn is_open(&self, len: usize, last: &DigestEntry) -> bool {
		len > self.blocks && (last.messages < self.run || len >= self.entries)
	}
}

/// How far a para has consumed its messages, and when it received more. One value, because whoever moves the watermark
/// asks about both. Not stored while there is nothing to say: most paras consume up to the relay parent of each of their
/// blocks, and receive nothing most of the time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Inbox {
	/// Relay block up to which it has consumed its messages, unless that is the relay parent of its latest included
	/// candidate.
	pub watermark: Option<BlockNumber>,
	/// Relay blocks above the watermark in which it received messages, ascending (R-HRMP-4).
	pub digest: BoundedVec<DigestEntry, ConstU32<{ MAX_DIGEST }>>,
}

/// A relay block in which a para received messages, or a run of such blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct DigestEntry {
	/// The first block.
	pub first: BlockNumber,
	/// The last block. It brought a message.
	pub last: BlockNumber,
	/// How many messages came. Those of a channel that was closed since then are counted.
	pub messages: u32,
}

impl Inbox {
	/// Whether there is nothing to store.
	pub fn is_empty(&self) -> bool {
		self.watermark.is_none() && self.digest.is_empty()
	}

	/// Blocks of the digest to which the watermark may move, ascending (R-BASE-9).
	///
	/// A block that is once among them stays until the watermark has passed it.
	pub fn listed_blocks(&self) -> impl Iterator<Item = BlockNumber> + '_ {
		self.listed_within(BOUNDS)
	}

	pub(crate) fn listed_within(&self, bounds: Bounds) -> impl Iterator<Item = BlockNumber> + '_ {
		let len = self.digest.len();
		let is_open = self.digest.last().is_some_and(|last| bounds.is_open(len, last));
		let closed = len.saturating_sub(usize::from(is_open));
		self.digest.iter().take(closed).map(|entry| entry.last)
	}

	/// How many messages were sent at or before `watermark`, at most: of a run of blocks nobody knows how many of its
	/// messages came before a block within it.
	pub(crate) fn messages_up_to(&self, watermark: BlockNumber) -> u32 {
		self.digest
			.iter()
			.take_while(|entry| entry.first <= watermark)
			.fold(0, |sum, entry| sum.saturating_add(entry.messages))
	}

	/// The first block of the run that has `watermark` within it, so that some of its messages stay.
	pub(crate) fn run_around(&self, watermark: BlockNumber) -> Option<BlockNumber> {
		let reached = self.digest.partition_point(|entry| entry.last <= watermark);
		let run = self.digest.get(reached)?;
		(run.first <= watermark).then_some(run.first)
	}

	/// Forgets what was sent at or before `watermark`, of which so many messages were in the run around it.
	pub(crate) fn forget_up_to(&mut self, watermark: BlockNumber, of_run: u32) {
		self.digest.retain(|entry| entry.last > watermark);
		if let Some(run) = self
			.digest
			.iter_mut()
			.next()
			.filter(|entry| entry.first <= watermark)
		{
			run.first = watermark.saturating_add(1);
			run.messages = run.messages.saturating_sub(of_run);
		}
	}

	/// Counts a message that came in block `now`.
	pub(crate) fn note_message(&mut self, now: BlockNumber) {
		self.note_within(BOUNDS, now);
	}

	pub(crate) fn note_within(&mut self, bounds: Bounds, now: BlockNumber) {
		let len = self.digest.len();
		if let Some(last) = self.digest.last_mut() {
			if last.last >= now || bounds.is_open(len, last) {
				last.last = last.last.max(now);
				last.messages = last.messages.saturating_add(1);
				return;
			}
		}
		// There is room: a digest without it ends with an entry that is open.
		let _ = self.digest.try_push(DigestEntry {
			first: now,
			last: now,
			messages: 1,
		});
	}
}
