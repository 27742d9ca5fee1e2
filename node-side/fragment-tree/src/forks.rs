//! Trees that keep one path, for comparison with those who do.
//!
//! Upstream keeps a chain for each para at each leaf: of backed candidates on one head only the one with the lowest hash stays,
//! and what builds on the others goes with them. What is not backed yet may still win if its hash is lower. Here it is a step
//! after any change of a tree, so that trees which keep forks pay nothing for it.
//!
//! Invariant: what is pending availability stays, whatever its hash: the chain has taken it.

use crate::{
	arena::{Arena, Newcomer},
	FragmentTree, NodeIndex, PathRule,
};
use alloc::{sync::Arc, vec, vec::Vec};
use async_backing_primitives::{CandidateHash, HeadHash};

/// Who stays at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Winner {
	/// It is pending availability.
	Pending(CandidateHash),
	/// It is backed, and has the lowest hash of those.
	Backed(CandidateHash),
}

impl Winner {
	/// Whether a candidate at the same place stays beside it.
	fn bears(self, candidate: CandidateHash) -> bool {
		match self {
			Self::Pending(winner) => candidate == winner,
			Self::Backed(winner) => candidate <= winner,
		}
	}
}

impl<R: PathRule> FragmentTree<R> {
	/// Drops forks that lost: at each place, where a candidate is pending or backed, those with a higher hash than the lowest
	/// that is backed, and what hangs below them. Returns candidates that stand nowhere any more, ascending.
	///
	/// Cost: O(n f) for n nodes and f forks at a place; where something is dropped, all nodes are hung up anew.
	pub fn drop_lost_forks(&mut self) -> Vec<CandidateHash> {
		let stays = self.staying();
		if stays.iter().all(|stays| *stays) {
			return Vec::new();
		}
		let mut kept = Arena::default();
		let mut moved: Vec<Option<NodeIndex>> = vec![None; stays.len()];
		for (position, stays) in stays.iter().enumerate() {
			let Some(index) = self.arena.index_at(position).filter(|_| *stays) else {
				continue;
			};
			let (node, member) = (self.arena.node(index), self.arena.member_at(index));
			let parent = node
				.parent
				.and_then(|parent| moved.get(parent.position()).copied().flatten());
			let newcomer = Newcomer {
				candidate: member.candidate.clone(),
				relay_parent: *self.arena.relay_parent(member),
				is_backed: member.is_backed,
				is_pending: member.is_pending,
			};
			let index = kept.push(parent, newcomer, node.cumulative.clone());
			if let Some(place) = moved.get_mut(position) {
				*place = Some(index);
			}
		}
		kept.settle(0);
		let members = self.arena.members().iter();
		let gone = members.map(|member| member.candidate.hash());
		let mut gone: Vec<_> = gone.filter(|hash| kept.member(*hash).is_none()).collect();
		gone.sort_unstable();
		self.arena = Arc::new(kept);
		// What was dropped would fit.
		self.is_saturated = false;
		gone
	}

	/// Whether a candidate that builds on this head would be [dropped](Self::drop_lost_forks) wherever it could stand. Cost: linear
	/// in the nodes with this output and their children.
	pub fn is_lost_fork(&self, parent_head: HeadHash, candidate: CandidateHash) -> bool {
		let mut places = self.parents_for(parent_head).peekable();
		places.peek().is_some()
			&& places.all(|place| self.winner(place).is_some_and(|winner| !winner.bears(candidate)))
	}

	/// Which nodes stay, by position. Parents come before their children.
	fn staying(&self) -> Vec<bool> {
		let mut stays = vec![true; self.arena.len()];
		for position in 0..stays.len() {
			let Some(index) = self.arena.index_at(position) else {
				continue;
			};
			let parent = self.arena.node(index).parent;
			let hash = self.arena.member_at(index).candidate.hash();
			let parent_stays = parent.is_none_or(|parent| stays.get(parent.position()) == Some(&true));
			let wins = self.winner(parent).is_none_or(|winner| winner.bears(hash));
			if let Some(stays) = stays.get_mut(position) {
				*stays = parent_stays && wins;
			}
		}
		stays
	}

	/// Who stays of those that hang below a node.
	fn winner(&self, parent: Option<NodeIndex>) -> Option<Winner> {
		let members = || {
			self.arena
				.children(parent)
				.map(|child| self.arena.member_at(child))
		};
		let pending = self
			.arena
			.children(parent)
			.find(|child| child.position() < self.trunk_len as usize);
		if let Some(child) = pending {
			return Some(Winner::Pending(self.arena.member_at(child).candidate.hash()));
		}
		let backed = members().filter(|member| member.is_backed);
		let lowest = backed.map(|member| member.candidate.hash()).min();
		lowest.map(Winner::Backed)
	}
}
