//! A relay chain reduced to what a collator sees: backing, inclusion a block later, session changes.

use super::*;

/// What happened to a block of the para.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Included {
	/// Number of its relay parent.
	pub(super) relay_parent: BlockNumber,
	/// Block that backed it.
	pub(super) backed: BlockNumber,
	/// Block that included it.
	pub(super) included: BlockNumber,
	/// Its depth when it was built.
	pub(super) depth: u32,
}

/// One para on a faultless relay chain, or one where some candidates never become available.
#[derive(Debug)]
pub(super) struct Chain {
	pub(super) params: AsyncBackingParams,
	pub(super) cores: u32,
	/// Blocks of a session.
	pub(super) session_length: u32,
	/// Candidates, by the order in which they are built, that never become available.
	pub(super) withheld: Vec<usize>,
	pub(super) author: Author,
	number: BlockNumber,
	session_start: BlockNumber,
	head: HeadData,
	pending: Vec<(BlockNumber, usize)>,
	waiting: Vec<usize>,
	pub(super) built: Vec<Built>,
	pub(super) included: Vec<Included>,
	/// Why nothing (more) was built, leaf by leaf.
	pub(super) refusals: Vec<Idle>,
}

/// Blocks after which a core is freed.
const AVAILABILITY_PERIOD: u32 = 4;

impl Chain {
	pub(super) fn new(params: AsyncBackingParams, cores: u32, author: Author) -> Self {
		Self {
			params,
			cores,
			session_length: 10_000,
			withheld: vec![],
			author,
			number: 0,
			session_start: 0,
			head: genesis(),
			pending: vec![],
			waiting: vec![],
			built: vec![],
			included: vec![],
			refusals: vec![],
		}
	}

	pub(super) fn run(&mut self, blocks: u32) {
		(0..blocks).for_each(|_| self.step());
	}

	/// Executes a relay block, and lets the collator build on it.
	fn step(&mut self) {
		self.number += 1;
		let ends_session = self.number >= self.session_start + self.session_length;
		self.enact();
		if ends_session {
			// R-ABP-9, R-ABP-10: nothing is backed, what is pending is dropped.
			self.pending.clear();
			self.session_start = self.number;
		} else {
			self.back();
		}
		let leaf = self.leaf();
		loop {
			match build(&mut self.author, &leaf) {
				Ok(built) => {
					self.check(&built.build_on);
					self.waiting.push(self.built.len());
					self.built.push(built);
				}
				Err(reason) => break self.refusals.push(reason),
			}
		}
	}

	fn enact(&mut self) {
		while let Some((backed, index)) = self.pending.first().copied() {
			if self.withheld.contains(&index) {
				if self.number >= backed + AVAILABILITY_PERIOD {
					self.pending.clear();
				}
				break;
			}
			self.pending.remove(0);
			let built = &self.built[index];
			self.head = built.head().clone();
			self.included.push(Included {
				relay_parent: built.build_on.relay_parent.number,
				backed,
				included: self.number,
				depth: built.build_on.depth,
			});
		}
	}

	fn back(&mut self) {
		let oldest = self
			.number
			.saturating_sub(1 + self.params.allowed_ancestry_len)
			.max(self.session_start);
		self.waiting
			.retain(|index| self.built[*index].build_on.relay_parent.number >= oldest);
		for index in self.waiting.clone() {
			let latest = self
				.pending
				.last()
				.map_or(&self.head, |(_, index)| self.built[*index].head());
			let built = &self.built[index];
			let build_on = &built.build_on;
			let in_time = build_on.relay_parent.number + built.backing_delay <= self.number;
			let room = self.pending.len() < self.cores as usize
				&& check_depth(self.pending.len(), 0, self.params.max_candidate_depth).is_ok();
			if in_time && room && build_on.parent_head() == latest {
				self.pending.push((self.number, index));
				self.waiting.retain(|waiting| *waiting != index);
			}
		}
	}

	fn leaf(&self) -> LeafFacts {
		let mut leaf = leaf(self.number, self.params, self.cores, &self.head);
		leaf.ancestors
			.retain(|ancestor| ancestor.number >= self.session_start);
		leaf.session_ends_from_slot = FIRST_SLOT + u64::from(self.session_start + self.session_length);
		let pending: Vec<_> = self
			.pending
			.iter()
			.map(|(_, index)| self.built[*index].clone())
			.collect();
		set_pending(&mut leaf, &pending);
		leaf
	}

	fn check(&self, build_on: &BuildOn) {
		assert!(
			build_on.depth <= self.params.max_candidate_depth,
			"R-PAR-4, R-DEP-1: {build_on:?}"
		);
		assert!(
			build_on.depth < self.author.collator().config().capacity.max(1),
			"R-PAR-4: {build_on:?}"
		);
		assert_eq!(build_on.relay_parent, relay_block(self.number), "R-COL-2");
	}

	/// Blocks that were built and are neither included nor still alive.
	pub(super) fn wasted(&self) -> usize {
		let alive = self.author.collator().alive(&self.leaf());
		self.built.len() - self.included.len() - alive.len()
	}
}
