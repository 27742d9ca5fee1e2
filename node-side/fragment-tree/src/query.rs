//! What one may ask a tree (PROTOCOL.md, sections 5.3 and 5.4).

use crate::{
	arena::{Member, Node},
	Backable, Candidate, CoreChoice, FragmentTree, LongestPath, NodeIndex, PathRule,
};
use alloc::{collections::BTreeSet, vec::Vec};
use async_backing_primitives::{
	BlockNumber, CandidateHash, ConstraintSource, Hash, HeadData, HeadHash, RelayChainBlockInfo,
};
use core::slice;

/// A candidate that need not exist yet (R-TRE-12).
#[derive(Clone, Copy, Debug)]
pub enum HypotheticalCandidate<'a> {
	/// All of it is known, so it can be judged.
	Complete(&'a Candidate),
	/// Only its place is known.
	Incomplete {
		/// The candidate.
		candidate_hash: CandidateHash,
		/// Hash of the head data that it builds on.
		parent_head_hash: HeadHash,
		/// Its relay parent.
		relay_parent: Hash,
	},
}

impl HypotheticalCandidate<'_> {
	/// The candidate.
	pub fn candidate_hash(&self) -> CandidateHash {
		match self {
			Self::Complete(candidate) => candidate.hash(),
			Self::Incomplete { candidate_hash, .. } => *candidate_hash,
		}
	}

	/// Hash of the head data that it builds on.
	pub fn parent_head_hash(&self) -> HeadHash {
		match self {
			Self::Complete(candidate) => candidate.parent_head_hash(),
			Self::Incomplete { parent_head_hash, .. } => *parent_head_hash,
		}
	}

	/// Its relay parent.
	pub fn relay_parent(&self) -> Hash {
		match self {
			Self::Complete(candidate) => candidate.relay_parent(),
			Self::Incomplete { relay_parent, .. } => *relay_parent,
		}
	}
}

/// A node of a tree, for those who draw it.
#[derive(Clone, Copy, Debug)]
pub struct NodeView<'a> {
	/// Which node.
	pub index: NodeIndex,
	/// The node above; `None` for a child of the root.
	pub parent: Option<NodeIndex>,
	/// Candidates between the included head and this one.
	pub depth: u32,
	/// The candidate.
	pub candidate: &'a Candidate,
	/// Its relay parent.
	pub relay_parent: &'a RelayChainBlockInfo,
	/// Whether it is backed: on-chain if pending, else backable.
	pub is_backed: bool,
	/// Whether it is pending availability.
	pub is_pending: bool,
	/// Whether the path that ends here holds some candidate twice, so that the chain never takes it.
	pub repeats: bool,
	/// Whether the best path after the node above begins with it.
	pub is_best_child: bool,
}

/// The best candidates after a path, in dependency order. See [`FragmentTree::select_children`].
#[derive(Debug)]
pub struct BestPath<'a, R: PathRule = LongestPath> {
	nodes: &'a [Node<R::Score>],
	members: &'a [Member],
	/// Nodes from the next one of the path on, in the order of the arena. Mostly they are the path: who joins after one
	/// another stands one behind the other, and the machine need not wait for one node to know where the next one is.
	ahead: slice::Iter<'a, Node<R::Score>>,
	/// Position of the first of those.
	position: usize,
	left: usize,
}

// By hand, because a derived one would ask for rules that can be cloned.
impl<R: PathRule> Clone for BestPath<'_, R> {
	fn clone(&self) -> Self {
		Self {
			ahead: self.ahead.clone(),
			..*self
		}
	}
}

impl<'a, R: PathRule> BestPath<'a, R> {
	/// The same path, told with no more of each candidate than a block needs that backs it. Cheaper, because nothing is
	/// looked up in the candidates themselves.
	pub fn steps(self) -> PathSteps<'a, R> {
		PathSteps(self)
	}

	#[inline]
	fn next_member(&mut self) -> Option<&'a Member> {
		self.left = self.left.checked_sub(1)?;
		let node = self.ahead.next()?;
		self.position += 1;
		match node.below.best_child {
			Some(next) if next.position() == self.position => {}
			Some(next) => self.go_to(next),
			None => self.left = 0,
		}
		self.members.get(node.member as usize)
	}

	#[inline]
	fn go_to(&mut self, next: NodeIndex) {
		self.position = next.position();
		self.ahead = self.nodes.get(self.position..).unwrap_or_default().iter();
	}
}

impl<'a, R: PathRule> Iterator for BestPath<'a, R> {
	type Item = &'a Candidate;

	#[inline]
	fn next(&mut self) -> Option<&'a Candidate> {
		self.next_member().map(|member| &*member.candidate)
	}
}

/// A candidate of a path, as far as a block needs it that backs it.
#[derive(Clone, Copy, Debug)]
pub struct PathStep<'a>(&'a Member);

impl<'a> PathStep<'a> {
	/// What the block needs.
	#[inline]
	pub fn backable(self) -> &'a Backable {
		&self.0.backable
	}

	/// What it says about its core. Looks into the candidate.
	#[inline]
	pub fn core_choice(self) -> &'a CoreChoice {
		self.0.candidate.core_choice()
	}

	/// Whether two candidates of one tree are known to say the same about their cores, without looking into them. Mostly
	/// so if they joined one after the other; `false` says nothing.
	#[inline]
	pub fn is_known_to_choose_as(self, other: PathStep<'_>) -> bool {
		self.0.same_choice == other.0.same_choice
	}
}

/// The steps of a path. See [`BestPath::steps`].
#[derive(Debug)]
pub struct PathSteps<'a, R: PathRule = LongestPath>(BestPath<'a, R>);

impl<'a, R: PathRule> Iterator for PathSteps<'a, R> {
	type Item = PathStep<'a>;

	#[inline]
	fn next(&mut self) -> Option<PathStep<'a>> {
		self.0.next_member().map(PathStep)
	}
}

impl<R: PathRule> FragmentTree<R> {
	/// Whether the candidate stands in the tree. Constant cost.
	pub fn contains(&self, hash: CandidateHash) -> bool {
		self.arena.member(hash).is_some()
	}

	/// The candidate, if it stands in the tree. Constant cost.
	pub fn candidate(&self, hash: CandidateHash) -> Option<&Candidate> {
		self.arena.member(hash).map(|member| &*member.candidate)
	}

	/// Depths at which the candidate stands, ascending (R-TRE-8). Cost: constant, and O(k log k) for k nodes of it.
	pub fn depths(&self, hash: CandidateHash) -> Vec<u32> {
		let nodes = self
			.arena
			.member(hash)
			.into_iter()
			.flat_map(|member| self.arena.nodes_of(member));
		sorted(nodes.map(|index| self.arena.node(index).depth).collect())
	}

	/// Depths at which the candidate stands, or would stand if it were added, ascending (R-TRE-12). What else would then
	/// join is not considered. With `backed_in_path_only` only those count where every candidate above is backed, and
	/// the candidate need not be in the tree for the others to be left out.
	///
	/// Cost: constant, and for each node that outputs the candidate's parent head one fragment check if the candidate is
	/// complete, and O(D) with `backed_in_path_only`.
	pub fn hypothetical_depths(
		&self,
		candidate: HypotheticalCandidate<'_>,
		backed_in_path_only: bool,
	) -> Vec<u32> {
		let hash = candidate.candidate_hash();
		if !backed_in_path_only && self.contains(hash) {
			return self.depths(hash);
		}
		self.depths_below(candidate, |above| !backed_in_path_only || above.is_backed)
	}

	/// As [`hypothetical_depths`](Self::hypothetical_depths), but only those count where `vouched` says yes of every
	/// candidate above (R-BAK-5).
	///
	/// Cost: as that, and O(D) calls for each node that outputs the parent head.
	pub fn hypothetical_depths_below(
		&self,
		candidate: HypotheticalCandidate<'_>,
		vouched: impl Fn(&Candidate) -> bool,
	) -> Vec<u32> {
		self.depths_below(candidate, |above| vouched(&above.candidate))
	}

	fn depths_below(
		&self,
		candidate: HypotheticalCandidate<'_>,
		may_be_above: impl Fn(&Member) -> bool,
	) -> Vec<u32> {
		let hash = candidate.candidate_hash();
		let relay_parent = match candidate {
			HypotheticalCandidate::Complete(candidate) => self.scope.place_in_time(candidate).ok(),
			HypotheticalCandidate::Incomplete { relay_parent, .. } => {
				self.scope.relay_parent_of(relay_parent, hash)
			}
		};
		let Some(relay_parent) = relay_parent else {
			return Vec::new();
		};
		let complete = match candidate {
			HypotheticalCandidate::Complete(candidate) => Some(candidate),
			HypotheticalCandidate::Incomplete { .. } => None,
		};
		let turns_nowhere =
			|candidate: &Candidate| candidate.output_head_hash() == candidate.parent_head_hash();
		if complete.is_some_and(turns_nowhere) && !self.scope.is_pending(hash) {
			return Vec::new(); // no storage would take it (R-STO-4)
		}
		let depths = self
			.parents_for(candidate.parent_head_hash())
			.filter(|parent| {
				let mut above = self.arena.ascend(*parent);
				above.all(|index| may_be_above(self.arena.member_at(index)))
			})
			.filter(|parent| self.would_fit(*parent, hash, complete, relay_parent).is_ok())
			.map(|parent| self.arena.depth_below(parent));
		sorted(depths.collect())
	}

	/// The first `count` candidates of the best path after `required_path` (R-SEL-1 to R-SEL-4), each building on the one
	/// before. Nothing if the tree lacks a step of the required path.
	///
	/// The best path is the longest of candidates that the chain may back one after the other: backed here, not on-chain
	/// already, none twice. Among equal lengths each step goes to the lower candidate hash, so that all validators with
	/// the same tree answer the same. Availability is not looked at; the caller says with `required_path` what will be
	/// included or stay (R-SEL-6).
	///
	/// Cost: constant for each required step, if its candidate stands once; then constant for each candidate returned.
	/// Forks cost nothing.
	pub fn select_children(&self, required_path: &[CandidateHash], count: usize) -> BestPath<'_, R> {
		let at = self.end_of(required_path);
		self.best_path_below(at, count)
	}

	/// As [`select_children`](Self::select_children), as if candidates of which `may_back` says no were not backed: for
	/// votes that count at one leaf and not at another (R-BAK-14). Candidates do not lose their state by that (R-STO-3).
	///
	/// Cost: as [`select_children`](Self::select_children) for all of the best path, which is the answer as long as none of
	/// it is refused; otherwise linear in the nodes of the tree.
	pub fn select_children_where(
		&self,
		required_path: &[CandidateHash],
		count: usize,
		mut may_back: impl FnMut(&Backable) -> bool,
	) -> Vec<PathStep<'_>> {
		let Some(at) = self.end_of(required_path) else {
			return Vec::new();
		};
		let mut best: Vec<_> = self.best_path_below(Some(at), usize::MAX).steps().collect();
		if !best.iter().all(|step| may_back(step.backable())) {
			let nodes = self
				.arena
				.best_path_where(at, |member| may_back(&member.backable));
			let steps = nodes
				.into_iter()
				.map(|index| PathStep(self.arena.member_at(index)));
			best = steps.collect();
		}
		best.truncate(count);
		best
	}

	/// Where a path ends; `Some(None)` is the root. `None` if the tree lacks a step of it.
	fn end_of(&self, path: &[CandidateHash]) -> Option<Option<NodeIndex>> {
		path.iter().try_fold(None, |parent, hash| {
			self.arena.child_with(parent, *hash).map(Some)
		})
	}

	fn best_path_below(&self, at: Option<Option<NodeIndex>>, count: usize) -> BestPath<'_, R> {
		let mut path = BestPath {
			nodes: self.arena.nodes(),
			members: self.arena.members(),
			ahead: Default::default(),
			position: 0,
			left: count,
		};
		if let Some(next) = at.and_then(|at| self.arena.below(at).best_child) {
			path.go_to(next);
		}
		path
	}

	/// As [`select_children`](Self::select_children), for those who know which candidates are required but not in which
	/// order: descends from the root as long as a child is among `ancestors`. Those that are not on that path are
	/// ignored. Cost: O(k) for each step, for k ancestors.
	pub fn select_children_of_set(
		&self,
		ancestors: &BTreeSet<CandidateHash>,
		count: usize,
	) -> BestPath<'_, R> {
		let mut left = ancestors.clone();
		let mut at = None;
		while let Some((child, hash)) = left
			.iter()
			.find_map(|hash| Some((self.arena.child_with(at, *hash)?, *hash)))
		{
			left.remove(&hash);
			at = Some(child);
		}
		self.best_path_below(Some(at), count)
	}

	/// Number of candidates on the best path after `required_path`; `None` if the tree lacks a step of it. Cost: as
	/// [`select_children`](Self::select_children) for all of them.
	pub fn best_len(&self, required_path: &[CandidateHash]) -> Option<usize> {
		let at = self.end_of(required_path)?;
		Some(self.best_path_below(Some(at), usize::MAX).count())
	}

	/// Head data with this hash: the included head, or what a candidate of the tree outputs. Constant cost.
	pub fn head_data(&self, head: HeadHash) -> Option<&HeadData> {
		if head == self.scope.required_parent_hash() {
			return Some(self.scope.base_constraints().required_parent());
		}
		let member = self.arena.members_with_output(head).next()?;
		Some(member.candidate.output_head())
	}

	/// Whether the tree knows a parent for a block with this parent head and a relay parent of this number: the included
	/// head, or a candidate whose relay parent is no newer (R-TRE-6). Whether the block fits there is not asked. Cost:
	/// constant for each node that outputs the head.
	pub fn has_parent_for(&self, head: HeadHash, relay_parent: BlockNumber) -> bool {
		self.parents_for(head)
			.any(|parent| parent.is_none_or(|index| self.arena.relay_parent_number(index) <= relay_parent))
	}

	/// Candidates in the tree, in the order in which they joined.
	pub fn candidates(&self) -> impl Iterator<Item = &Candidate> {
		self.arena.members().iter().map(|member| &*member.candidate)
	}

	/// All nodes, parents before children. Constant cost for each.
	pub fn nodes(&self) -> impl Iterator<Item = NodeView<'_>> {
		(0..self.arena.len())
			.filter_map(|position| self.arena.index_at(position))
			.map(|index| self.node(index))
	}

	/// Children of a node, or of the root for `None`, ascending by candidate hash. An index of another tree gives nothing
	/// or something unrelated. Cost: O(k log k) for k children.
	pub fn children(&self, parent: Option<NodeIndex>) -> Vec<NodeView<'_>> {
		if !self.has(parent) {
			return Vec::new();
		}
		let mut children: Vec<_> = self
			.arena
			.children(parent)
			.map(|index| self.node(index))
			.collect();
		children.sort_unstable_by_key(|child| child.candidate.hash());
		children
	}

	/// Where the best path after a node begins, or after the root for `None`. An index of another tree gives nothing or
	/// something unrelated. Constant cost.
	pub fn best_child(&self, parent: Option<NodeIndex>) -> Option<NodeView<'_>> {
		if !self.has(parent) {
			return None;
		}
		self.arena.below(parent).best_child.map(|index| self.node(index))
	}

	fn has(&self, index: Option<NodeIndex>) -> bool {
		index.is_none_or(|index| index.position() < self.arena.len())
	}

	fn node(&self, index: NodeIndex) -> NodeView<'_> {
		let (node, member) = (self.arena.node(index), self.arena.member_at(index));
		NodeView {
			index,
			parent: node.parent,
			depth: node.depth,
			candidate: &member.candidate,
			relay_parent: self.arena.relay_parent(member),
			is_backed: member.is_backed,
			is_pending: member.is_pending,
			repeats: node.repeats,
			is_best_child: self.arena.below(node.parent).best_child == Some(index),
		}
	}
}

fn sorted(mut depths: Vec<u32>) -> Vec<u32> {
	depths.sort_unstable();
	depths.dedup();
	depths
}
