//! The best path past candidates that are backed, but may not be backed in the next block.

use super::{Arena, Below, Member, NodeIndex};
use crate::PathRule;
use alloc::{vec, vec::Vec};
use core::iter;

impl<R: PathRule> Arena<R> {
	/// The best path below a node, or below the root, of eligible candidates that also pass `allows`, which is asked once
	/// for each of them. Nothing that is kept says anything about them, so all nodes are looked at, children before their
	/// parents.
	///
	/// Cost: linear in nodes and members.
	pub(crate) fn best_path_where(
		&self,
		at: Option<NodeIndex>,
		mut allows: impl FnMut(&Member) -> bool,
	) -> Vec<NodeIndex> {
		let mut may_back = |member: &Member| member.is_backed && !member.is_pending && allows(member);
		let allowed: Vec<bool> = self.members.iter().map(&mut may_back).collect();
		let mut root = Below::<R::Score>::default();
		let mut below = vec![Below::<R::Score>::default(); self.nodes.len()];
		for position in (0..self.nodes.len()).rev() {
			let index = NodeIndex::from_position(position);
			let node = self.node(index);
			if node.repeats || !allowed[node.member as usize] {
				continue;
			}
			let candidate = &self.member_at(index).candidate;
			let score = R::extend(candidate, below[position].best_score);
			let parent = match node.parent {
				Some(parent) => &mut below[parent.position()],
				None => &mut root,
			};
			let is_better = match parent.best_child {
				Some(best) if score == parent.best_score => {
					R::breaks_tie(candidate, &self.member_at(best).candidate)
				}
				Some(_) => score > parent.best_score,
				None => true,
			};
			if is_better {
				parent.best_child = Some(index);
				parent.best_score = score;
			}
		}
		let next_of = |below_it: &Below<R::Score>| below_it.best_child;
		let first = at.map_or_else(|| next_of(&root), |at| next_of(&below[at.position()]));
		iter::successors(first, |index| next_of(&below[index.position()])).collect()
	}
}
