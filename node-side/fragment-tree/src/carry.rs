//! Carrying a tree over to the next leaf.
//!
//! From one relay block to the next little changes for a parachain: some candidates become available or are backed, the
//! window moves by one block, messages arrive. So most of what the tree of the parent leaf found out still holds. Two
//! things follow from the rules:
//!
//! - a limit that grows never turns an acceptance into a refusal. So a candidate that was legal at a place stays legal
//!   there if the base constraints, with the included candidates' modifications applied, only grew;
//! - a place that was refused may open. So refused places are always tried again.
//!
//! Invariant: the outcome equals a tree built from scratch. Where it is not certain that it would, everything is checked.

use crate::{
	arena::Arena, cumulative::Cumulative, Attached, CandidateStorage, FragmentTree, NodeIndex, PathRule,
	Scope, TreeLimits,
};
use alloc::{sync::Arc, vec::Vec};
use async_backing_primitives::{
	BlockNumber, CandidateHash, Constraints, ConstraintsExtension, ExtendedConstraints,
};

/// What is known from an earlier tree, while the new one grows.
pub(crate) struct Earlier<'a, R: PathRule> {
	arena: &'a Arena<R>,
	/// Nodes that the earlier tree did not check, because they were pending.
	unchecked: u32,
	/// Where the new root stood: `None` at the earlier root.
	root: Option<NodeIndex>,
	/// For each new node, the node of the same path in the earlier tree.
	counterparts: Vec<Option<NodeIndex>>,
}

impl<R: PathRule> Earlier<'_, R> {
	/// The place in the earlier tree that is that of `parent` in the new one.
	fn place(&self, parent: Option<NodeIndex>) -> Option<Option<NodeIndex>> {
		match parent {
			None => Some(self.root),
			Some(index) => Some(Some((*self.counterparts.get(index.position())?)?)),
		}
	}

	fn child(&self, parent: Option<NodeIndex>, candidate: CandidateHash) -> Option<NodeIndex> {
		self.arena.child_with(self.place(parent)?, candidate)
	}

	/// Whether the candidate is known to pass the fragment check below `parent`, and then, if that is known as well, the
	/// modifications of the path that ends with it.
	pub(crate) fn legal_child(
		&self,
		parent: Option<NodeIndex>,
		candidate: CandidateHash,
	) -> Option<Option<Cumulative>> {
		let child = self.child(parent, candidate)?;
		if child.position() < self.unchecked as usize {
			return None;
		}
		Some(match self.root {
			None => Some(self.arena.node(child).cumulative.clone()),
			Some(_) => None,
		})
	}

	/// Takes note that the new tree has a node more.
	pub(crate) fn joined(&mut self, parent: Option<NodeIndex>, candidate: CandidateHash) {
		let counterpart = self.child(parent, candidate);
		self.counterparts.push(counterpart);
	}
}

impl<R: PathRule> FragmentTree<R> {
	/// The tree of a later scope, with everything from the storage that fits: what
	/// [`populate`](FragmentTree::populate) would build, but with the help of this tree.
	///
	/// This tree has been told of every candidate in the storage and of each that is backed. The later leaf usually is a
	/// child of this tree's leaf; any other is legal too, but does not save anything.
	///
	/// - While the included head, the candidates pending availability and the limits stay, nothing was refused, and no
	///   relay parent in the tree leaves the window, the nodes are shared: the first of both trees that changes copies
	///   them.
	/// - Where the included head moves along a path of this tree, or candidates become pending, the paths that remain are
	///   hung up again without checking them, and only what this tree refused is judged.
	/// - Where constraints changed so that something legal here may be illegal there, everything is judged.
	///
	/// Cost: constant in the first case, but for a comparison of the base constraints; then O(n), without fragment checks
	/// but for refused places; else as [`populate`](FragmentTree::populate).
	pub fn carried_over(
		&self,
		scope: Scope,
		limits: TreeLimits,
		storage: &CandidateStorage,
	) -> (Self, Attached) {
		let root = self.place_of_included_head(&scope);
		let legal_stays_legal = root.is_some_and(|root| self.legal_stays_legal(root, &scope));
		match root {
			Some(None) if legal_stays_legal && self.has_same_nodes_in(&scope, limits) => {
				(self.sharing(scope), Attached::default())
			}
			Some(root) if legal_stays_legal => {
				let earlier = Earlier {
					arena: &self.arena,
					unchecked: self.trunk_len,
					root,
					counterparts: Vec::with_capacity(self.arena.len()),
				};
				Self::build_after(scope, limits, storage, Some(earlier))
			}
			_ => Self::build(scope, limits, storage),
		}
	}

	/// Whether both trees hold the same nodes in one place. Constant cost.
	pub fn shares_nodes_with(&self, other: &Self) -> bool {
		Arc::ptr_eq(&self.arena, &other.arena)
	}

	/// Where the included head of a later scope stands: `Some(None)` at this tree's root.
	fn place_of_included_head(&self, later: &Scope) -> Option<Option<NodeIndex>> {
		let head = later.required_parent_hash();
		if head == self.scope.required_parent_hash() {
			return Some(None);
		}
		// What is included was pending. Who missed that leaf finds the head elsewhere.
		let outputs = |index: &NodeIndex| self.arena.member_at(*index).candidate.output_head_hash() == head;
		let trunk = (0..self.trunk_len as usize).filter_map(|position| self.arena.index_at(position));
		let place = trunk
			.into_iter()
			.find(outputs)
			.or_else(|| self.arena.nodes_with_output(head).next())?;
		Some(Some(place))
	}

	/// Whether every candidate that is legal below `root` here is legal in the later scope, apart from its relay parent.
	fn legal_stays_legal(&self, root: Option<NodeIndex>, later: &Scope) -> bool {
		// No relay parent in this tree is newer. Pending candidates bring their own.
		let newest = [&self.scope, later]
			.into_iter()
			.flat_map(Scope::pending_availability)
			.map(|pending| pending.relay_parent.number)
			.fold(self.scope.relay_parent().number, BlockNumber::max);
		let base = self.scope.base_constraints();
		let Some(root) = root else {
			return admits_all(base, later.base_constraints(), newest);
		};
		let mut modifications = self.arena.node(root).cumulative.to_modifications();
		let head = self.arena.member_at(root).candidate.output_head();
		modifications.required_parent = Some(alloc::borrow::Cow::Borrowed(head));
		let Ok(applied) = base.apply_modifications(&modifications) else {
			return false;
		};
		admits_all(&applied, later.base_constraints(), newest)
	}

	/// Whether a later scope, with the same root and no less room, makes no difference for any node.
	fn has_same_nodes_in(&self, later: &Scope, limits: TreeLimits) -> bool {
		let oldest_legal = later
			.earliest_relay_parent()
			.number
			.max(later.base_constraints().constraints.min_relay_parent_number);
		let is_same_chain = core::iter::once(self.scope.relay_parent())
			.chain(self.scope.ancestors())
			.take_while(|block| block.number >= oldest_legal)
			.all(|block| later.in_scope_by_number(block.number) == Some(block));
		self.is_saturated
			&& is_same_chain
			&& self.limits == limits
			&& self.scope.max_depth() == later.max_depth()
			&& self.trunk_len as usize == self.scope.pending_availability().len()
			&& self.scope.pending_availability() == later.pending_availability()
			&& self
				.arena
				.oldest_relay_parent()
				.is_none_or(|oldest| oldest >= oldest_legal)
			// One may be out of scope there though its relay parent is not.
			&& !self.arena.has_scheduling_parents()
	}
}

/// Whether `later` admits every candidate that `earlier` admits, if its relay parent is no newer than block `newest` and
/// is in the window. Both lists of each kind ascend.
fn admits_all(earlier: &ExtendedConstraints, later: &ExtendedConstraints, newest: BlockNumber) -> bool {
	let Constraints {
		min_relay_parent_number: _, // judged apart, with the window
		max_pov_size,
		max_code_size,
		max_head_data_size,
		ump_remaining,
		ump_remaining_bytes,
		max_ump_num_per_candidate,
		dmp_remaining_messages,
		hrmp_inbound,
		hrmp_channels_out,
		max_hrmp_num_per_candidate,
		required_parent,
		validation_code_hash,
		upgrade_restriction,
		future_validation_code,
	} = &earlier.constraints;
	let now = &later.constraints;
	let watermarks = &now.hrmp_inbound.valid_watermarks;
	// It is part of the validation data, so it has to be the same.
	now.max_pov_size == *max_pov_size
		&& now.max_code_size >= *max_code_size
		&& now.max_head_data_size >= *max_head_data_size
		&& now.ump_remaining >= *ump_remaining
		&& now.ump_remaining_bytes >= *ump_remaining_bytes
		&& now.max_ump_num_per_candidate >= *max_ump_num_per_candidate
		&& now.max_hrmp_num_per_candidate >= *max_hrmp_num_per_candidate
		&& now.required_parent == *required_parent
		&& now.validation_code_hash == *validation_code_hash
		&& now.future_validation_code == *future_validation_code
		&& (upgrade_restriction.is_some() || now.upgrade_restriction.is_none())
		// The same messages wait, and those that came later need not be processed yet (R-FRG-9).
		&& now
			.dmp_remaining_messages
			.strip_prefix(dmp_remaining_messages.as_slice())
			.is_some_and(|new| new.iter().all(|sent_at| *sent_at > newest))
		&& (watermarks.starts_with(&hrmp_inbound.valid_watermarks)
			|| hrmp_inbound
				.valid_watermarks
				.iter()
				.all(|number| watermarks.binary_search(number).is_ok()))
		&& (now.hrmp_channels_out == *hrmp_channels_out
			|| all_matched(hrmp_channels_out, &now.hrmp_channels_out, |before, after| {
				after.bytes_remaining >= before.bytes_remaining
					&& after.messages_remaining >= before.messages_remaining
			}))
		&& extension_admits_all(earlier.extension.as_ref(), later.extension.as_ref(), newest)
}

fn extension_admits_all(
	earlier: Option<&ConstraintsExtension>,
	later: Option<&ConstraintsExtension>,
	newest: BlockNumber,
) -> bool {
	match (earlier, later) {
		(_, None) => true,
		(None, Some(_)) => false,
		(Some(earlier), Some(later)) => {
			// A channel that the list lacks is not limited, so a new entry is a new limit.
			later.max_ump_message_size >= earlier.max_ump_message_size
				&& (earlier.offboarding || !later.offboarding)
				&& later.hrmp_max_messages_consumed >= earlier.hrmp_max_messages_consumed
				&& consumes_no_more(&earlier.hrmp_waiting, &later.hrmp_waiting, newest)
				&& (later.hrmp_max_message_size == earlier.hrmp_max_message_size
					|| all_matched(
						&later.hrmp_max_message_size,
						&earlier.hrmp_max_message_size,
						|after, before| after >= before,
					))
		}
	}
}

/// Whether a watermark up to block `newest` passes no message and no step in `later` that it did not pass in `earlier`.
/// Both ascend. What came later is above every watermark of the tree.
fn consumes_no_more(
	earlier: &[(BlockNumber, u32)],
	later: &[(BlockNumber, u32)],
	newest: BlockNumber,
) -> bool {
	let in_reach = later.partition_point(|(block, _)| *block <= newest);
	let later = later.get(..in_reach).unwrap_or_default();
	earlier.starts_with(later) || all_matched(later, earlier, |after, before| after <= before)
}

/// Whether each entry of `some` has one in `all` with the same key, and both satisfy `condition`. Both ascend by key.
fn all_matched<K: Ord, V>(some: &[(K, V)], all: &[(K, V)], condition: impl Fn(&V, &V) -> bool) -> bool {
	some.iter().all(|(key, value)| {
		all.binary_search_by(|(other, _)| other.cmp(key))
			.ok()
			.and_then(|found| all.get(found))
			.is_some_and(|(_, other)| condition(value, other))
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::model::{base, code};
	use async_backing_primitives::{HeadData, OutboundHrmpChannelLimitations, ParaId, UpgradeRestriction};

	fn constraints() -> ExtendedConstraints {
		let channel = OutboundHrmpChannelLimitations {
			bytes_remaining: 50,
			messages_remaining: 5,
		};
		let mut constraints = base();
		constraints.hrmp_channels_out = alloc::vec![(ParaId(1), channel), (ParaId(2), channel)];
		constraints.dmp_remaining_messages = alloc::vec![3, 5];
		constraints.hrmp_inbound.valid_watermarks = alloc::vec![4, 8];
		ExtendedConstraints {
			constraints,
			extension: Some(ConstraintsExtension {
				max_ump_message_size: 10,
				hrmp_max_message_size: alloc::vec![(ParaId(1), 10), (ParaId(2), 10)],
				offboarding: false,
				hrmp_max_messages_consumed: 10,
				hrmp_waiting: alloc::vec![(4, 3), (8, 2)],
			}),
		}
	}

	type Change = fn(&mut Constraints);
	type ExtensionChange = fn(&mut ConstraintsExtension);

	/// Changes that take nothing away; each way back does.
	const GROWS: &[Change] = &[
		|base| base.max_code_size += 1,
		|base| base.max_head_data_size += 1,
		|base| base.ump_remaining += 1,
		|base| base.ump_remaining_bytes += 1,
		|base| base.max_ump_num_per_candidate += 1,
		|base| base.max_hrmp_num_per_candidate += 1,
		|base| base.hrmp_inbound.valid_watermarks.push(9),
		|base| base.hrmp_inbound.valid_watermarks.insert(1, 6),
		|base| base.hrmp_channels_out[1].1.bytes_remaining += 1,
		|base| base.hrmp_channels_out[0].1.messages_remaining += 1,
		|base| {
			base.hrmp_channels_out
				.push((ParaId(3), OutboundHrmpChannelLimitations::default()))
		},
		|base| base.dmp_remaining_messages.push(11),
	];
	const DIFFERS: &[Change] = &[
		|base| base.max_pov_size += 1,
		|base| base.required_parent = HeadData(alloc::vec![7]),
		|base| base.validation_code_hash = code(7),
		|base| base.future_validation_code = Some((1, code(7))),
	];
	const EXTENSION_GROWS: &[ExtensionChange] = &[
		|extension| extension.max_ump_message_size += 1,
		|extension| extension.hrmp_max_message_size[0].1 += 1,
		|extension| extension.hrmp_max_message_size.truncate(1),
		|extension| extension.hrmp_max_messages_consumed += 1,
		|extension| extension.hrmp_waiting[0].1 -= 1,
		|extension| extension.hrmp_waiting[1].1 -= 1,
		|extension| extension.hrmp_waiting.truncate(1),
		|extension| extension.hrmp_waiting.truncate(0),
	];

	#[test]
	fn only_constraints_that_grew_admit_all_that_was_legal() {
		let before = constraints();
		let changed = |change: Change| {
			let mut after = before.clone();
			change(&mut after.constraints);
			after
		};
		assert!(admits_all(&before, &before, 10));
		for (position, change) in GROWS.iter().enumerate() {
			let after = changed(*change);
			assert!(admits_all(&before, &after, 10), "growth {position}");
			assert!(!admits_all(&after, &before, 10), "growth {position}, backwards");
		}
		for (position, change) in DIFFERS.iter().enumerate() {
			let after = changed(*change);
			assert!(!admits_all(&before, &after, 10), "difference {position}");
			assert!(
				!admits_all(&after, &before, 10),
				"difference {position}, backwards"
			);
		}
		for (position, change) in EXTENSION_GROWS.iter().enumerate() {
			let mut after = before.clone();
			change(after.extension.as_mut().expect("there is one"));
			assert!(
				admits_all(&before, &after, 10),
				"growth of the extension {position}"
			);
			assert!(
				!admits_all(&after, &before, 10),
				"growth of the extension {position}, backwards"
			);
		}
		let without = ExtendedConstraints {
			extension: None,
			..before.clone()
		};
		assert!(admits_all(&before, &without, 10) && !admits_all(&without, &before, 10));
	}

	#[test]
	fn what_waits_and_what_is_announced_bind_those_who_come_later() {
		let before = constraints();
		let changed = |change: Change| {
			let mut after = before.clone();
			change(&mut after.constraints);
			after
		};
		let new_message = changed(|base| base.dmp_remaining_messages.push(10));
		assert!(
			!admits_all(&before, &new_message, 10),
			"R-FRG-9: sent at a relay parent in scope"
		);
		assert!(admits_all(&before, &new_message, 9));
		let mut received = before.clone();
		let extension = received.extension.as_mut().expect("there is one");
		extension.hrmp_waiting.push((10, 1));
		assert!(
			!admits_all(&before, &received, 10),
			"R-HRMP-1: a watermark in scope may pass it"
		);
		assert!(admits_all(&before, &received, 9), "R-HRMP-1: none does");
		let processed = changed(|base| base.dmp_remaining_messages = alloc::vec![5]);
		assert!(!admits_all(&before, &processed, 10));
		let restricted = changed(|base| base.upgrade_restriction = Some(UpgradeRestriction::Present));
		assert!(!admits_all(&before, &restricted, 10), "R-FRG-5");
		assert!(admits_all(&restricted, &before, 10));
		let window = changed(|base| base.min_relay_parent_number += 1);
		assert!(admits_all(&before, &window, 10), "judged apart");
		let mut leaving = before.clone();
		leaving.extension.as_mut().expect("there is one").offboarding = true;
		assert!(!admits_all(&before, &leaving, 10), "R-UMP-6");
		assert!(admits_all(&leaving, &before, 10));
	}
}
