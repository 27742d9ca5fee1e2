//! The nodes of a tree, their links, and the best path below each of them.
//!
//! Invariants:
//! - nodes are only appended, so an index stays valid, and a parent has a lower index than its children (R-TRE-10);
//! - the children of the root hang from a list of their own, like those of any node;
//! - a candidate that stands at several nodes is held once, as a *member*, which lists its nodes;
//! - a member carries whatever a walk along the best path reads of its candidate, so that it need not follow the pointer;
//!   the relay parent, which neighbours have in common, is held once for them;
//! - `best_child` of a node is where the best eligible path below it begins, and `best_score` is the score of that path,
//!   as the [`PathRule`] says (R-SEL-3).
//!
//! Since nodes are never removed and candidates never cease to be backed, the best path below a node only ever gets
//! better. That is why a change has to be carried upward along one path and nowhere else.

mod passing_over;

use crate::{cumulative::Cumulative, index::ByHash, Backable, Candidate, PathRule};
use alloc::{sync::Arc, vec::Vec};
use async_backing_primitives::{BlockNumber, CandidateHash, HeadHash, RelayChainBlockInfo};
use core::{iter, num::NonZeroU32};
use hashbrown::hash_map::Entry;
use smallvec::SmallVec;

/// A node of one tree. Valid as long as the tree, and meaningless in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodeIndex(NonZeroU32);

impl NodeIndex {
	fn from_position(position: usize) -> Self {
		let number = u32::try_from(position)
			.ok()
			.and_then(|position| position.checked_add(1));
		Self(
			number
				.and_then(NonZeroU32::new)
				.expect("FragmentTree adds no node beyond MAX_NODES; qed"),
		)
	}

	/// Position in the arena: nodes are numbered in the order in which they joined.
	#[inline]
	pub fn position(self) -> usize {
		self.0.get() as usize - 1
	}
}

/// What hangs below a node, or below the root.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Below<Score> {
	first_child: Option<NodeIndex>,
	pub(crate) best_child: Option<NodeIndex>,
	best_score: Score,
}

#[derive(Clone, Debug)]
pub(crate) struct Node<Score> {
	pub(crate) parent: Option<NodeIndex>,
	/// Position of the candidate among the members.
	pub(crate) member: u32,
	pub(crate) depth: u32,
	/// Whether some candidate stands twice on the path that ends here. The chain takes none twice (R-BCK-2).
	pub(crate) repeats: bool,
	next_sibling: Option<NodeIndex>,
	next_of_member: Option<NodeIndex>,
	pub(crate) below: Below<Score>,
	/// Modifications of the path that ends here, this candidate's included.
	pub(crate) cumulative: Cumulative,
}

/// A candidate that stands in the tree.
#[derive(Clone, Debug)]
pub(crate) struct Member {
	pub(crate) candidate: Arc<Candidate>,
	/// Copied from the candidate.
	pub(crate) backable: Backable,
	/// Position of a member whose choice of a core is the same. Of neighbours that choose the same, the first one's.
	pub(crate) same_choice: u32,
	/// Position among the relay parents.
	relay_parent: u32,
	pub(crate) is_backed: bool,
	pub(crate) is_pending: bool,
	newest_node: Option<NodeIndex>,
	node_count: u32,
	/// Another member with the same output head.
	next_with_output: Option<u32>,
}

/// A candidate on its way into the arena.
#[derive(Debug)]
pub(crate) struct Newcomer {
	pub(crate) candidate: Arc<Candidate>,
	pub(crate) relay_parent: RelayChainBlockInfo,
	pub(crate) is_backed: bool,
	pub(crate) is_pending: bool,
}

#[derive(Debug)]
pub(crate) struct Arena<R: PathRule> {
	root: Below<R::Score>,
	nodes: Vec<Node<R::Score>>,
	members: Vec<Member>,
	/// Those of the members. Mostly one, or few.
	relay_parents: SmallVec<[RelayChainBlockInfo; 1]>,
	by_hash: ByHash<CandidateHash, u32>,
	/// For each head data that a member outputs, the newest such member.
	by_output: ByHash<HeadHash, u32>,
	/// The oldest relay parent of members that are not pending availability.
	oldest_relay_parent: Option<BlockNumber>,
	/// Whether some of them name a scheduling parent of their own.
	has_scheduling_parents: bool,
}

// By hand, because a derived one would ask for rules that can be cloned.
impl<R: PathRule> Clone for Arena<R> {
	fn clone(&self) -> Self {
		Self {
			root: self.root,
			nodes: self.nodes.clone(),
			members: self.members.clone(),
			relay_parents: self.relay_parents.clone(),
			by_hash: self.by_hash.clone(),
			by_output: self.by_output.clone(),
			oldest_relay_parent: self.oldest_relay_parent,
			has_scheduling_parents: self.has_scheduling_parents,
		}
	}
}

impl<R: PathRule> Default for Arena<R> {
	fn default() -> Self {
		Self {
			root: Below::default(),
			nodes: Vec::new(),
			members: Vec::new(),
			relay_parents: SmallVec::new(),
			by_hash: ByHash::default(),
			by_output: ByHash::default(),
			oldest_relay_parent: None,
			has_scheduling_parents: false,
		}
	}
}

/// Largest number of nodes of any tree, whatever its limits say.
pub(crate) const MAX_NODES: u32 = u32::MAX - 1;

impl<R: PathRule> Arena<R> {
	#[inline]
	pub(crate) fn len(&self) -> usize {
		self.nodes.len()
	}

	#[inline]
	pub(crate) fn nodes(&self) -> &[Node<R::Score>] {
		&self.nodes
	}

	#[inline]
	pub(crate) fn members(&self) -> &[Member] {
		&self.members
	}

	/// The oldest relay parent of candidates that are not pending availability.
	pub(crate) fn oldest_relay_parent(&self) -> Option<BlockNumber> {
		self.oldest_relay_parent
	}

	/// Whether candidates that are not pending availability name a scheduling parent other than their relay parent.
	pub(crate) fn has_scheduling_parents(&self) -> bool {
		self.has_scheduling_parents
	}

	/// The node with an index of this arena.
	#[inline]
	pub(crate) fn node(&self, index: NodeIndex) -> &Node<R::Score> {
		&self.nodes[index.position()]
	}

	/// The node at a position, if there are that many.
	#[inline]
	pub(crate) fn index_at(&self, position: usize) -> Option<NodeIndex> {
		(position < self.nodes.len()).then(|| NodeIndex::from_position(position))
	}

	/// The candidate at a node.
	#[inline]
	pub(crate) fn member_at(&self, index: NodeIndex) -> &Member {
		&self.members[self.node(index).member as usize]
	}

	#[inline]
	pub(crate) fn member(&self, hash: CandidateHash) -> Option<&Member> {
		self.by_hash
			.get(&hash)
			.and_then(|member| self.members.get(*member as usize))
	}

	/// What hangs below a node; `None` is the root.
	#[inline]
	pub(crate) fn below(&self, parent: Option<NodeIndex>) -> &Below<R::Score> {
		match parent {
			Some(index) => &self.node(index).below,
			None => &self.root,
		}
	}

	#[inline]
	fn below_mut(&mut self, parent: Option<NodeIndex>) -> &mut Below<R::Score> {
		match parent {
			Some(index) => &mut self.nodes[index.position()].below,
			None => &mut self.root,
		}
	}

	/// Children of a node, newest first; `None` is the root.
	pub(crate) fn children(&self, parent: Option<NodeIndex>) -> impl Iterator<Item = NodeIndex> + '_ {
		iter::successors(self.below(parent).first_child, |child| {
			self.node(*child).next_sibling
		})
	}

	/// Nodes at which a member stands, newest first.
	pub(crate) fn nodes_of<'a>(&'a self, member: &Member) -> impl Iterator<Item = NodeIndex> + 'a {
		iter::successors(member.newest_node, |index| self.node(*index).next_of_member)
	}

	/// Nodes whose candidate outputs this head data.
	pub(crate) fn nodes_with_output(&self, head: HeadHash) -> impl Iterator<Item = NodeIndex> + '_ {
		self.members_with_output(head)
			.flat_map(|member| self.nodes_of(member))
	}

	/// Members that output this head data.
	pub(crate) fn members_with_output(&self, head: HeadHash) -> impl Iterator<Item = &Member> {
		let newest = self
			.by_output
			.get(&head)
			.and_then(|member| self.members.get(*member as usize));
		iter::successors(newest, |member| {
			self.members.get(member.next_with_output? as usize)
		})
	}

	/// The nodes from this one up to the child of the root.
	pub(crate) fn ascend(&self, from: Option<NodeIndex>) -> impl Iterator<Item = NodeIndex> + '_ {
		iter::successors(from, |index| self.node(*index).parent)
	}

	/// The child of `parent` at which the candidate stands. Cost: linear in the nodes of the candidate.
	pub(crate) fn child_with(&self, parent: Option<NodeIndex>, hash: CandidateHash) -> Option<NodeIndex> {
		self.nodes_of(self.member(hash)?)
			.find(|index| self.node(*index).parent == parent)
	}

	/// Depth of a child of `parent` (R-GLO-11).
	#[inline]
	pub(crate) fn depth_below(&self, parent: Option<NodeIndex>) -> u32 {
		parent.map_or(0, |index| self.node(index).depth.saturating_add(1))
	}

	/// Number of the relay parent at a node.
	#[inline]
	pub(crate) fn relay_parent_number(&self, index: NodeIndex) -> BlockNumber {
		self.relay_parent(self.member_at(index)).number
	}

	/// The relay parent of a member.
	#[inline]
	pub(crate) fn relay_parent(&self, member: &Member) -> &RelayChainBlockInfo {
		&self.relay_parents[member.relay_parent as usize]
	}

	/// Whether the chain may back the candidate at this node on this path (R-SEL-2, R-SEL-3).
	#[inline]
	pub(crate) fn is_eligible(&self, index: NodeIndex) -> bool {
		let member = self.member_at(index);
		member.is_backed && !member.is_pending && !self.node(index).repeats
	}

	/// Appends a node. The caller has checked that the candidate fits there, and that it does not stand there yet, and
	/// [settles](Self::settle) the best paths once all new nodes are there.
	///
	/// Cost: constant, plus O(depth) if the candidate stands elsewhere too.
	pub(crate) fn push(
		&mut self,
		parent: Option<NodeIndex>,
		newcomer: Newcomer,
		cumulative: Cumulative,
	) -> NodeIndex {
		if self.nodes.capacity() == 0 {
			self.reserve_first();
		}
		let position = self.intern(newcomer);
		let index = NodeIndex::from_position(self.nodes.len());
		let member = &mut self.members[position as usize];
		member.node_count = member.node_count.saturating_add(1);
		let newest = member.newest_node.replace(index);
		let above_repeats = parent.is_some_and(|parent| self.node(parent).repeats);
		// A candidate that stands nowhere yet does not stand above.
		let repeats = above_repeats
			|| (newest.is_some()
				&& self
					.ascend(parent)
					.any(|above| self.node(above).member == position));
		self.nodes.push(Node {
			parent,
			member: position,
			depth: self.depth_below(parent),
			repeats,
			next_sibling: self.below(parent).first_child,
			next_of_member: newest,
			below: Below::default(),
			cumulative,
		});
		self.below_mut(parent).first_child = Some(index);
		index
	}

	/// Puts the best paths right after nodes were appended from `position` on. Children stand after their parents, so going
	/// backwards carries each path upward once, however many of its nodes are new.
	///
	/// Cost: linear in the number of new nodes, and O(depth) for each path that reaches above them.
	pub(crate) fn settle(&mut self, position: usize) {
		for position in (position..self.nodes.len()).rev() {
			self.carry_upward(NodeIndex::from_position(position));
		}
	}

	/// Room for a few nodes at once: a tree that has one will have more, and small tables grow at every other.
	#[cold]
	fn reserve_first(&mut self) {
		const FEW: usize = 14;
		self.nodes.reserve(FEW);
		self.members.reserve(FEW);
		self.by_hash.reserve(FEW);
		self.by_output.reserve(FEW);
	}

	fn intern(&mut self, newcomer: Newcomer) -> u32 {
		let new = u32::try_from(self.members.len()).expect("there are no more members than nodes; qed");
		let candidate = newcomer.candidate;
		let hash = candidate.hash();
		match self.by_hash.entry(hash) {
			Entry::Occupied(known) => *known.get(),
			Entry::Vacant(vacant) => {
				vacant.insert(new);
				if !newcomer.is_pending {
					let number = newcomer.relay_parent.number;
					self.oldest_relay_parent = Some(
						self.oldest_relay_parent
							.map_or(number, |oldest| oldest.min(number)),
					);
					self.has_scheduling_parents |= candidate.scheduling_parent() != candidate.relay_parent();
				}
				let same_choice = match self.members.last() {
					Some(last) if last.candidate.core_choice() == candidate.core_choice() => last.same_choice,
					_ => new,
				};
				let relay_parent = share(&mut self.relay_parents, newcomer.relay_parent);
				let next_with_output = self.by_output.insert(candidate.output_head_hash(), new);
				// Unlike what is pushed, it is made where it stays.
				self.members.extend(iter::once_with(|| Member {
					backable: candidate.to_backable(),
					same_choice,
					relay_parent,
					is_backed: newcomer.is_backed,
					is_pending: newcomer.is_pending,
					newest_node: None,
					node_count: 0,
					next_with_output,
					candidate,
				}));
				new
			}
		}
	}

	/// Notes that a candidate is backed, at all its nodes. Returns whether that is news.
	///
	/// Cost: constant, and O(depth) at most for each of its nodes.
	pub(crate) fn mark_backed(&mut self, hash: CandidateHash) -> bool {
		let Some(position) = self.by_hash.get(&hash).copied() else {
			return false;
		};
		let member = &mut self.members[position as usize];
		if member.is_backed {
			return false;
		}
		member.is_backed = true;
		let mut next = member.newest_node;
		while let Some(index) = next {
			self.carry_upward(index);
			next = self.node(index).next_of_member;
		}
		true
	}

	/// Restores the best paths after the node became eligible or the path below it got better.
	fn carry_upward(&mut self, changed: NodeIndex) {
		let mut child = changed;
		while self.is_eligible(child) {
			let parent = self.node(child).parent;
			let candidate = &self.member_at(child).candidate;
			let score = R::extend(candidate, self.node(child).below.best_score);
			let current = *self.below(parent);
			let is_better = match current.best_child {
				Some(best) if best != child && score == current.best_score => {
					R::breaks_tie(candidate, &self.member_at(best).candidate)
				}
				Some(_) => score > current.best_score,
				None => true,
			};
			if !is_better {
				return;
			}
			let below = self.below_mut(parent);
			below.best_child = Some(child);
			below.best_score = score;
			// Further up only scores count; a path exchanged for one as good changes nothing there.
			match parent {
				Some(parent) if score > current.best_score => child = parent,
				_ => return,
			}
		}
	}
}

impl Member {
	/// Number of nodes at which it stands.
	pub(crate) fn node_count(&self) -> usize {
		self.node_count as usize
	}
}

/// Position of a relay parent among those that are shared. Only the newest few are looked at, so that the cost is
/// constant; a parachain seldom builds on more of them at a time.
fn share(shared: &mut SmallVec<[RelayChainBlockInfo; 1]>, block: RelayChainBlockInfo) -> u32 {
	const FEW: usize = 4;
	let known = shared
		.iter()
		.rev()
		.take(FEW)
		.position(|known| known.hash == block.hash);
	let position = match known {
		Some(age) => shared.len().saturating_sub(age.saturating_add(1)),
		None => {
			shared.push(block);
			shared.len().saturating_sub(1)
		}
	};
	u32::try_from(position).expect("a member adds one at most, and there are no more members than nodes; qed")
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::model::block;

	#[test]
	fn a_relay_parent_is_held_once_unless_it_comes_back_late() {
		let mut shared = SmallVec::new();
		let rows = [
			(1, 0),
			(1, 0),
			(2, 1),
			(3, 2),
			(4, 3),
			(1, 0),
			(5, 4),
			(2, 1),
			(1, 5),
			(1, 5),
		];
		for (number, position) in rows {
			assert_eq!(share(&mut shared, block(number)), position, "block {number}");
			assert_eq!(shared[position as usize], block(number));
		}
	}
}
