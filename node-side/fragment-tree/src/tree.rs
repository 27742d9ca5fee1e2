//! The tree: how candidates join it (PROTOCOL.md, section 5.3).

use crate::{
	arena::{Arena, Member, Newcomer},
	carry::Earlier,
	cumulative::Cumulative,
	limits::Size,
	AttachError, Candidate, CandidateStorage, LongestPath, NodeIndex, PathRule, Scope, StoredCandidate,
	TreeLimits, Unfit, UnknownCandidate,
};
use alloc::{collections::BTreeSet, sync::Arc, vec::Vec};
use async_backing_primitives::{
	candidate_modifications, check_depth, check_fragment, check_relay_parent_progress,
	oldest_legal_relay_parent, CandidateHash, ConstraintModifications, ConstraintSource, ExtendedConstraints,
	HeadData, HeadHash, Operating, RelayChainBlockInfo,
};
use smallvec::SmallVec;

/// Every prospective chain of candidates of one parachain at one leaf.
///
/// The root is the included head; it is not a node. Below it hang the candidates that build on it, below each of them
/// those that build on its output, and so on down to the depth limit. Forks are kept, a candidate stands wherever it
/// fits, and each node knows how long the best path below it is. Trees only grow: what becomes obsolete goes with the
/// tree when its leaf is no longer active.
///
/// Which path is the best is up to `R`; the default is the rule of the network.
///
/// Costs are stated in n, the number of nodes, and D, the depth limit. A fragment check is
/// [`check_fragment`](async_backing_primitives::check_fragment).
#[derive(Debug)]
pub struct FragmentTree<R: PathRule = LongestPath> {
	pub(crate) scope: Scope,
	/// Shared with the tree that this one was carried over from or to, until one of them changes.
	pub(crate) arena: Arc<Arena<R>>,
	pub(crate) limits: TreeLimits,
	/// Nodes of candidates pending availability, each below the one before: the first nodes of the arena.
	pub(crate) trunk_len: u32,
	refused: u64,
	/// Whether every candidate that was tried at a place stands there. Otherwise a place that was refused here may be
	/// open in a later tree.
	pub(crate) is_saturated: bool,
}

/// What joined a tree, and what did not though it would fit: an author that does not look at [`refused`](Self::refused) and
/// [`broken_trunk`](Self::broken_trunk) does not know what its tree lacks.
#[must_use]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attached {
	/// Number of new nodes.
	pub nodes: u32,
	/// Candidates swept in from the storage: they waited for what was added. Those that stood in the tree before are
	/// not listed.
	pub swept: Vec<CandidateHash>,
	/// Candidates from the storage for which there was no room, everywhere or at some place, ascending (R-TRE-11). Where
	/// there is no room nobody is judged, so they may not have fitted either.
	pub refused: Vec<CandidateHash>,
	/// Fragment checks that were made.
	pub checks: u32,
	/// First candidate pending availability that could not be placed, because the storage lacks it, it does not build on
	/// the one before, or its relay parent is older than that of the one before (R-TRE-6). Those after it are missing too (R-SCO-6).
	pub broken_trunk: Option<CandidateHash>,
}

/// The end of a path: where candidates may hang.
struct Place<'a> {
	depth: u32,
	min_relay_parent: Option<u32>,
	head_hash: HeadHash,
	head_data: &'a HeadData,
	cumulative: Cumulative,
	stacked: ConstraintModifications<'static>,
}

impl Place<'_> {
	/// Constraints under which candidates hang here.
	fn operating<'a>(&'a self, scope: &'a Scope) -> Operating<'a, ExtendedConstraints> {
		Operating::with_required_parent(scope.base_constraints(), &self.stacked, self.head_data)
	}
}

/// One round of attaching candidates.
struct Sweep<'a, R: PathRule> {
	storage: &'a CandidateStorage,
	/// The tree that this one is carried over from.
	earlier: Option<Earlier<'a, R>>,
	report: Attached,
	refused: BTreeSet<CandidateHash>,
	/// Heads at which the tree was full already.
	heads_without_room: BTreeSet<HeadHash>,
}

impl<R: PathRule> Sweep<'_, R> {
	/// Takes note that there is no room for a candidate.
	fn refuse(&mut self, candidate: CandidateHash) {
		self.refused.insert(candidate);
	}

	/// The outcome, in a tree that has so many new nodes.
	fn into_report(self, nodes: usize) -> Attached {
		Attached {
			nodes: saturating_u32(nodes),
			refused: self.refused.into_iter().collect(),
			..self.report
		}
	}

	/// Takes note of a new node below `parent`.
	fn joined(&mut self, parent: Option<NodeIndex>, candidate: CandidateHash) {
		if let Some(earlier) = &mut self.earlier {
			earlier.joined(parent, candidate);
		}
	}
}

impl FragmentTree {
	/// The tree of a scope, with everything from the storage that fits (R-TRE-2).
	///
	/// Candidates pending availability are its trunk. They need not fit: the chain has taken them, and nobody can take
	/// them back before they are available or time out. So where a later state would refuse one (governance may have
	/// set a code, or a limit may have been lowered), it stays, what it changes counts, and its children are judged
	/// after it (R-SCO-5, R-TRE-9).
	///
	/// Cost: O(n) fragment checks, and as many for candidates that build on a node but do not fit; no more.
	/// Candidates in the storage that are out of reach cost nothing.
	pub fn populate(scope: Scope, limits: TreeLimits, storage: &CandidateStorage) -> (Self, Attached) {
		Self::with_rule(LongestPath, scope, limits, storage)
	}
}

impl<R: PathRule> FragmentTree<R> {
	/// As [`populate`](FragmentTree::populate), where a rule of the caller's says which path is the best.
	pub fn with_rule(_: R, scope: Scope, limits: TreeLimits, storage: &CandidateStorage) -> (Self, Attached) {
		Self::build(scope, limits, storage)
	}

	/// As [`with_rule`](Self::with_rule), where the type says which rule.
	pub fn build(scope: Scope, limits: TreeLimits, storage: &CandidateStorage) -> (Self, Attached) {
		Self::build_after(scope, limits, storage, None)
	}

	pub(crate) fn build_after(
		scope: Scope,
		limits: TreeLimits,
		storage: &CandidateStorage,
		earlier: Option<Earlier<'_, R>>,
	) -> (Self, Attached) {
		let mut tree = Self {
			scope,
			arena: Arc::default(),
			limits,
			trunk_len: 0,
			refused: 0,
			is_saturated: true,
		};
		let mut sweep = Sweep {
			storage,
			earlier,
			report: Attached::default(),
			refused: BTreeSet::new(),
			heads_without_room: BTreeSet::new(),
		};
		sweep.report.broken_trunk = tree.place_trunk(&mut sweep);
		tree.sweep_below(None, &mut sweep);
		tree.sweep(0, &mut sweep);
		tree.settle(0);
		tree.note_refusals(&sweep);
		let nodes = tree.arena.len();
		(tree, sweep.into_report(nodes))
	}

	/// The tree `scope`, with the same content as another one that is known to have it.
	pub(crate) fn sharing(&self, scope: Scope) -> Self {
		Self {
			scope,
			arena: self.arena.clone(),
			limits: self.limits,
			trunk_len: self.trunk_len,
			refused: self.refused,
			is_saturated: self.is_saturated,
		}
	}

	/// Adds a candidate of the storage wherever it fits, and everything in the storage that then fits below it (R-TRE-5).
	/// If the candidate is in the tree already, nothing happens. The outcome does not depend on the order in which
	/// candidates were added, unless a limit was hit.
	///
	/// Cost: one fragment check for each node that outputs the candidate's parent head, and for each candidate that
	/// builds on a new node. In particular one, and constant cost, for a candidate with one place. The first change of a
	/// tree that was [carried over](Self::carried_over) copies what it still shares, O(n).
	///
	/// # Errors
	/// [`AttachError`] says why it fits nowhere. The tree is as it was.
	pub fn add_and_populate(
		&mut self,
		hash: CandidateHash,
		storage: &CandidateStorage,
	) -> Result<Attached, AttachError> {
		let stored = storage.get(hash).ok_or(UnknownCandidate(hash))?;
		if self.arena.member(hash).is_some() {
			return Ok(Attached::default());
		}
		let candidate = stored.candidate();
		let relay_parent = match self.scope.place_in_time(candidate) {
			Ok(relay_parent) => *relay_parent,
			Err(out_of_scope) => {
				self.is_saturated = false;
				return Err(AttachError::RelayParentOutOfScope(out_of_scope));
			}
		};

		// All places are found before any is taken, so that a refusal leaves the tree as it was.
		let mut places = SmallVec::<[_; 1]>::new();
		let mut first_reason = None;
		let mut checks = 0u32;
		for parent in self.parents_for(candidate.parent_head_hash()) {
			checks = checks.saturating_add(1);
			match self.judge(&self.place(parent), candidate, &relay_parent) {
				Ok(cumulative) => places.push((parent, cumulative)),
				Err(reason) => {
					first_reason.get_or_insert(reason);
				}
			}
		}
		self.is_saturated &= first_reason.is_none();
		if places.is_empty() {
			return Err(first_reason.map_or(
				AttachError::ParentNotInTree(candidate.parent_head_hash()),
				AttachError::Unfit,
			));
		}
		let before = self.arena.len();
		let growth = Size {
			candidates: 1,
			nodes: places.len(),
			..Size::default()
		};
		if let Err(full) = self.limits.check_growth(self.size(None), growth) {
			self.refused = self.refused.saturating_add(1);
			self.is_saturated = false;
			return Err(full.into());
		}
		for (parent, cumulative) in places {
			self.push(parent, stored, relay_parent, cumulative);
		}
		let mut sweep = Sweep {
			storage,
			earlier: None,
			report: Attached {
				checks,
				..Attached::default()
			},
			refused: BTreeSet::new(),
			heads_without_room: BTreeSet::new(),
		};
		self.sweep(before, &mut sweep);
		self.settle(before);
		self.note_refusals(&sweep);
		Ok(sweep.into_report(self.arena.len().saturating_sub(before)))
	}

	/// Notes that a candidate is backed. Returns whether that is news here; a candidate that is not in the tree makes no
	/// difference.
	///
	/// Cost: O(D) at most for each node of the candidate, to correct the best paths above it. The first change of a tree
	/// that was [carried over](Self::carried_over) copies what it still shares, O(n).
	pub fn mark_backed(&mut self, hash: CandidateHash) -> bool {
		let is_news = self.arena.member(hash).is_some_and(|member| !member.is_backed);
		is_news && Arc::make_mut(&mut self.arena).mark_backed(hash)
	}

	/// What the tree is about.
	pub fn scope(&self) -> &Scope {
		&self.scope
	}

	/// How large it may grow.
	pub fn limits(&self) -> TreeLimits {
		self.limits
	}

	/// Number of nodes.
	pub fn len(&self) -> usize {
		self.arena.len()
	}

	/// Whether nothing stands in the tree.
	pub fn is_empty(&self) -> bool {
		self.len() == 0
	}

	/// Number of candidates.
	pub fn candidate_count(&self) -> usize {
		self.arena.members().len()
	}

	/// How often something that fits was refused because a limit was reached (R-TRE-11).
	pub fn refused_count(&self) -> u64 {
		self.refused
	}

	/// Hangs the candidates pending availability below one another. Returns the first that is missing.
	fn place_trunk(&mut self, sweep: &mut Sweep<'_, R>) -> Option<CandidateHash> {
		let mut parent = None;
		for pending in self.scope.pending_availability().to_vec() {
			let Some(stored) = sweep.storage.get(pending.candidate_hash) else {
				return Some(pending.candidate_hash);
			};
			let candidate = stored.candidate();
			let place = self.place(parent);
			let number = pending.relay_parent.number;
			let oldest = oldest_legal_relay_parent(place.min_relay_parent, 0, true);
			let is_in_order = check_relay_parent_progress(Some(oldest), number).is_ok();
			if place.head_hash != candidate.parent_head_hash() || !is_in_order {
				return Some(pending.candidate_hash);
			}
			let operating = place.operating(&self.scope);
			let Ok(modifications) = candidate_modifications(number, &operating, candidate.commitments())
			else {
				return Some(pending.candidate_hash);
			};
			let cumulative = place.cumulative.stacked_with(&modifications);
			let above = parent;
			parent = Some(self.push(above, stored, pending.relay_parent, cumulative));
			sweep.joined(above, candidate.hash());
			self.trunk_len = self.trunk_len.saturating_add(1);
		}
		None
	}

	/// Whether this is the place where the trunk put a pending candidate already.
	fn is_trunk_place(&self, parent: Option<NodeIndex>, candidate: CandidateHash) -> bool {
		let above = parent.map_or(0, |index| index.position() as u64 + 1);
		self.scope
			.pending_position(candidate)
			.is_some_and(|position| position < self.trunk_len && u64::from(position) == above)
	}

	/// How large the tree is, and how much of that is one candidate's.
	fn size(&self, candidate: Option<&Member>) -> Size {
		Size {
			candidates: self.arena.members().len(),
			nodes: self.arena.len(),
			nodes_of_candidate: candidate.map_or(0, Member::node_count),
		}
	}

	/// Finds the best paths again after nodes were added from `position` on.
	fn settle(&mut self, position: usize) {
		Arc::make_mut(&mut self.arena).settle(position);
	}

	/// Sweeps breadth-first from the nodes at `position` and after it (R-TRE-2).
	fn sweep(&mut self, mut position: usize, sweep: &mut Sweep<'_, R>) {
		while let Some(index) = self.arena.index_at(position) {
			self.sweep_below(Some(index), sweep);
			position += 1;
		}
	}

	/// Hangs every stored candidate that fits below a node that has no children yet, the trunk excepted.
	fn sweep_below(&mut self, parent: Option<NodeIndex>, sweep: &mut Sweep<'_, R>) {
		let head = self.output_head_hash(parent);
		let storage = sweep.storage;
		let mut candidates = storage.children_of(head).peekable();
		if candidates.peek().is_none() {
			return;
		}
		// In a full tree one look at each head is enough to tell who finds no room.
		let is_full = self.arena.len() >= self.limits.max_nodes as usize;
		if is_full && !sweep.heads_without_room.insert(head) {
			return;
		}
		let place = self.place(parent);
		let mut is_saturated = true;
		let mut fitting = Vec::new();
		for stored in candidates {
			let candidate = stored.candidate();
			if self.is_trunk_place(parent, candidate.hash()) {
				continue;
			}
			// Who finds no room is not judged: otherwise a full tree would cost the most.
			if !self.has_room_for(candidate.hash()) {
				sweep.refuse(candidate.hash());
				continue;
			}
			match self.try_stored(parent, &place, candidate, sweep) {
				Some((relay_parent, cumulative)) => fitting.push((stored, relay_parent, cumulative)),
				None => is_saturated = false,
			}
		}
		for (stored, relay_parent, cumulative) in fitting {
			let hash = stored.candidate().hash();
			if !self.has_room_for(hash) {
				sweep.refuse(hash);
				continue;
			}
			if self.arena.member(hash).is_none() {
				sweep.report.swept.push(hash);
			}
			self.push(parent, stored, relay_parent, cumulative);
			sweep.joined(parent, hash);
		}
		self.is_saturated &= is_saturated;
	}

	/// Counts what a sweep found no room for.
	fn note_refusals(&mut self, sweep: &Sweep<'_, R>) {
		self.refused = self.refused.saturating_add(sweep.refused.len() as u64);
		self.is_saturated &= sweep.refused.is_empty();
	}

	/// Whether the limits admit another node of a candidate.
	fn has_room_for(&self, candidate: CandidateHash) -> bool {
		let member = self.arena.member(candidate);
		let growth = Size {
			candidates: usize::from(member.is_none()),
			nodes: 1,
			..Size::default()
		};
		self.limits.check_growth(self.size(member), growth).is_ok()
	}

	/// Relay parent and path of a stored candidate, if it fits below `parent`. What an earlier tree found out about the
	/// same place is not found out again.
	fn try_stored(
		&self,
		parent: Option<NodeIndex>,
		place: &Place<'_>,
		candidate: &Candidate,
		sweep: &mut Sweep<'_, R>,
	) -> Option<(RelayChainBlockInfo, Cumulative)> {
		let hash = candidate.hash();
		let relay_parent = *self.scope.place_in_time(candidate).ok()?;
		let known = sweep
			.earlier
			.as_ref()
			.and_then(|earlier| earlier.legal_child(parent, hash));
		let cumulative = match known {
			Some(known) => {
				self.judge_relay_parent(place, candidate, &relay_parent)?;
				match known {
					Some(cumulative) => cumulative,
					None => {
						let operating = place.operating(&self.scope);
						let commitments = candidate.commitments();
						let modifications =
							candidate_modifications(relay_parent.number, &operating, commitments).ok()?;
						place.cumulative.stacked_with(&modifications)
					}
				}
			}
			None => {
				sweep.report.checks = sweep.report.checks.saturating_add(1);
				self.judge(place, candidate, &relay_parent).ok()?
			}
		};
		Some((relay_parent, cumulative))
	}

	/// What of the fragment check depends on the leaf rather than on the path: all that is left to judge where an earlier
	/// tree held the candidate at the same place.
	fn judge_relay_parent(
		&self,
		place: &Place<'_>,
		candidate: &Candidate,
		relay_parent: &RelayChainBlockInfo,
	) -> Option<()> {
		let is_pending = self.scope.is_pending(candidate.hash());
		self.judge_position(place, relay_parent, is_pending).ok()?;
		let min = self.scope.base_constraints().min_relay_parent_number();
		(is_pending || relay_parent.number >= min).then_some(())
	}

	/// Root and nodes on whose output a candidate with this parent head builds; the root comes first.
	pub(crate) fn parents_for(&self, head: HeadHash) -> impl Iterator<Item = Option<NodeIndex>> + '_ {
		let root = (head == self.scope.required_parent_hash()).then_some(None);
		root.into_iter()
			.chain(self.arena.nodes_with_output(head).map(Some))
	}

	fn output_head_hash(&self, parent: Option<NodeIndex>) -> HeadHash {
		match parent {
			Some(index) => self.arena.member_at(index).candidate.output_head_hash(),
			None => self.scope.required_parent_hash(),
		}
	}

	/// The place below a node, or below the root.
	fn place(&self, parent: Option<NodeIndex>) -> Place<'_> {
		let cumulative = parent.map_or_else(Cumulative::default, |index| {
			self.arena.node(index).cumulative.clone()
		});
		Place {
			depth: self.arena.depth_below(parent),
			min_relay_parent: parent.map(|index| self.arena.relay_parent_number(index)),
			head_hash: self.output_head_hash(parent),
			head_data: match parent {
				Some(index) => self.arena.member_at(index).candidate.output_head(),
				None => self.scope.base_constraints().required_parent(),
			},
			stacked: cumulative.to_modifications(),
			cumulative,
		}
	}

	/// Depth and relay parent of a candidate at a place; all that can be said while it is incomplete.
	fn judge_position(
		&self,
		place: &Place<'_>,
		relay_parent: &RelayChainBlockInfo,
		is_pending: bool,
	) -> Result<(), Unfit> {
		check_depth(place.depth as usize, 0, self.scope.max_depth())?;
		let earliest = self.scope.earliest_relay_parent().number;
		let min = oldest_legal_relay_parent(place.min_relay_parent, earliest, is_pending);
		check_relay_parent_progress(Some(min), relay_parent.number).map_err(|backwards| {
			Unfit::RelayParentMovesBackwards {
				min: backwards.latest,
				got: backwards.got,
			}
		})
	}

	/// Whether a candidate fits at a place (R-TRE-3), and the modifications of the path that then ends with it.
	fn judge(
		&self,
		place: &Place<'_>,
		candidate: &Candidate,
		relay_parent: &RelayChainBlockInfo,
	) -> Result<Cumulative, Unfit> {
		let (expected, got) = (self.scope.para(), candidate.para_id());
		if got != expected {
			return Err(Unfit::OtherPara { expected, got });
		}
		let is_pending = self.scope.is_pending(candidate.hash());
		self.judge_position(place, relay_parent, is_pending)?;
		let operating = place.operating(&self.scope);
		let modifications = check_fragment(relay_parent, &operating, &candidate.as_fragment(is_pending))?;
		Ok(place.cumulative.stacked_with(&modifications))
	}

	/// Whether a candidate would fit below `parent`; of one that is incomplete only position and relay parent are judged.
	pub(crate) fn would_fit(
		&self,
		parent: Option<NodeIndex>,
		hash: CandidateHash,
		candidate: Option<&Candidate>,
		relay_parent: &RelayChainBlockInfo,
	) -> Result<(), Unfit> {
		let place = self.place(parent);
		match candidate {
			Some(candidate) => self.judge(&place, candidate, relay_parent).map(drop),
			None => self.judge_position(&place, relay_parent, self.scope.is_pending(hash)),
		}
	}

	fn push(
		&mut self,
		parent: Option<NodeIndex>,
		stored: StoredCandidate<'_>,
		relay_parent: RelayChainBlockInfo,
		cumulative: Cumulative,
	) -> NodeIndex {
		let is_pending = self.scope.is_pending(stored.candidate().hash());
		let newcomer = Newcomer {
			candidate: stored.candidate.clone(),
			relay_parent,
			is_backed: stored.is_backed(),
			is_pending,
		};
		Arc::make_mut(&mut self.arena).push(parent, newcomer, cumulative)
	}
}

fn saturating_u32(len: usize) -> u32 {
	u32::try_from(len).unwrap_or(u32::MAX)
}
