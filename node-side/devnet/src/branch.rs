//! The end of the best chain, as observers follow it: the longest there is on what is final, of several the one that was there
//! first. What a relay block did is taken back when another fork turns out to be longer.

use crate::{tally::Changes, world::NewBlock};
use async_backing_machine::Instant;
use async_backing_primitives::Hash;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Blocks that are remembered: no fork is longer.
const REMEMBERED: usize = 64;

/// A relay block, and when it was built.
#[derive(Debug)]
pub(crate) struct Built {
	pub(crate) at: Instant,
	pub(crate) block: NewBlock,
}

impl Built {
	fn hash(&self) -> Hash {
		self.block.facts.block.hash
	}
}

/// The end of the best chain, and what is beside it.
#[derive(Debug, Default)]
pub(crate) struct Branch {
	/// Whether there are any forks. Where there are none, nothing is remembered.
	forks: bool,
	/// The newest blocks of the best chain, oldest first, and what they changed.
	newest: VecDeque<(Built, Changes)>,
	/// Blocks beside them.
	aside: BTreeMap<Hash, Built>,
	/// All blocks that are none of the best chain.
	lost: BTreeSet<Hash>,
}

impl Branch {
	pub(crate) fn new(forks: bool) -> Self {
		Self {
			forks,
			..Self::default()
		}
	}

	/// Relay blocks that are none of the best chain.
	pub(crate) fn lost(&self) -> &BTreeSet<Hash> {
		&self.lost
	}

	fn head(&self) -> Option<&Built> {
		self.newest.back().map(|(built, _)| built)
	}

	/// Whether a block is the next one of the best chain.
	pub(crate) fn is_next(&self, block: &NewBlock) -> bool {
		let head = self.head().map(Built::hash);
		!self.forks || head.is_none_or(|head| head == block.facts.parent_hash)
	}

	/// Puts a block beside the best chain.
	pub(crate) fn put_aside(&mut self, built: Built) {
		let hash = built.hash();
		self.lost.insert(hash);
		self.aside.insert(hash, built);
		if self.aside.len() > REMEMBERED {
			let number = |built: &Built| built.block.facts.block.number;
			let lowest = self
				.aside
				.values()
				.min_by_key(|built| number(built))
				.map(Built::hash);
			lowest.map(|lowest| self.aside.remove(&lowest));
		}
	}

	/// Takes the blocks from beside the best chain that end in this one, oldest first, and says on which they begin.
	pub(crate) fn take_path(&mut self, end: Hash) -> (Hash, Vec<Built>) {
		let (mut at, mut path) = (end, Vec::new());
		while let Some(built) = self.aside.remove(&at) {
			self.lost.remove(&at);
			at = built.block.facts.parent_hash;
			path.push(built);
		}
		path.reverse();
		(at, path)
	}

	/// Takes the newest block off the best chain, unless it is this one.
	pub(crate) fn pop_unless(&mut self, hash: Hash) -> Option<(Built, Changes)> {
		match self.head() {
			Some(head) if head.hash() != hash => self.newest.pop_back(),
			_ => None,
		}
	}

	/// The next block of the best chain.
	pub(crate) fn push(&mut self, built: impl FnOnce() -> Built, changes: Changes) {
		if !self.forks {
			return;
		}
		self.newest.push_back((built(), changes));
		if self.newest.len() > REMEMBERED {
			self.newest.pop_front();
		}
	}
}
