//! A deliberately naive tree to compare with, worlds that are small enough for it, and histories that happen in them.
//!
//! The tests of this crate and fuzzers take it from here: [`try_bytes`] runs the history that bytes tell, and panics where
//! tree and model disagree. It is a tool for tests (feature `model`); nothing of it is fast.

mod histories;
mod naive;

pub use histories::try_bytes;
#[cfg(test)]
pub(crate) use histories::{any_history, any_spec, any_world};
pub(crate) use naive::{Known, Model};

use crate::*;
use async_backing_primitives::*;
use std::{collections::BTreeMap, vec, vec::Vec};

pub(crate) const PARA: ParaId = ParaId(2000);
pub(crate) const LEAF: BlockNumber = 20;

/// Relay block with this number.
pub(crate) fn block(number: BlockNumber) -> RelayChainBlockInfo {
	RelayChainBlockInfo {
		hash: Hash::from_low_u64_be(number.into()),
		number,
		storage_root: Hash::from_low_u64_be(1000 + u64::from(number)),
	}
}

pub(crate) fn head(number: u8) -> HeadData {
	HeadData(vec![number])
}

pub(crate) fn code(number: u8) -> ValidationCodeHash {
	ValidationCodeHash(Hash::repeat_byte(number))
}

/// Constraints at the leaf: two ancestors are in scope, head 0 is included, code 1 is in force.
pub(crate) fn base() -> Constraints {
	Constraints {
		min_relay_parent_number: LEAF - 2,
		max_pov_size: 1024,
		max_code_size: 100,
		max_head_data_size: 32,
		ump_remaining: 10,
		ump_remaining_bytes: 1000,
		max_ump_num_per_candidate: 5,
		dmp_remaining_messages: vec![],
		hrmp_inbound: InboundHrmpLimitations {
			valid_watermarks: vec![],
		},
		hrmp_channels_out: vec![],
		max_hrmp_num_per_candidate: 4,
		required_parent: head(0),
		validation_code_hash: code(1),
		upgrade_restriction: None,
		future_validation_code: None,
	}
}

/// A candidate in the making: from one head to another.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
	from: u8,
	to: u8,
	pub(crate) relay_parent: BlockNumber,
	/// Tells candidates apart that are otherwise the same.
	salt: u8,
	code: u8,
	pub(crate) commitments: CandidateCommitments,
}

pub(crate) fn spec(from: u8, to: u8) -> Spec {
	Spec {
		from,
		to,
		relay_parent: LEAF,
		salt: 0,
		code: 1,
		commitments: CandidateCommitments::default(),
	}
	.at(LEAF)
}

impl Spec {
	/// Sets the relay parent, and the watermark to it.
	pub(crate) fn at(mut self, relay_parent: BlockNumber) -> Self {
		self.relay_parent = relay_parent;
		self.commitments.hrmp_watermark = relay_parent;
		self
	}

	pub(crate) fn salt(self, salt: u8) -> Self {
		Self { salt, ..self }
	}

	pub(crate) fn code(self, code: u8) -> Self {
		Self { code, ..self }
	}

	pub(crate) fn ump(mut self, count: usize, bytes: usize) -> Self {
		self.commitments.upward_messages = vec![vec![1; bytes / count.max(1)]; count];
		self
	}

	pub(crate) fn dmp(mut self, processed: u32) -> Self {
		self.commitments.processed_downward_messages = processed;
		self
	}

	pub(crate) fn hrmp(mut self, recipient: u32, bytes: usize) -> Self {
		let message = OutboundHrmpMessage {
			recipient: ParaId(recipient),
			data: vec![1; bytes],
		};
		self.commitments.horizontal_messages.push(message);
		self
	}

	pub(crate) fn announces(mut self) -> Self {
		self.commitments.new_validation_code = Some(ValidationCode(vec![1; 20]));
		self
	}

	pub(crate) fn parts(self) -> (CommittedCandidateReceipt, PersistedValidationData) {
		let relay_parent = block(self.relay_parent);
		let validation_data = PersistedValidationData {
			parent_head: head(self.from),
			relay_parent_number: relay_parent.number,
			relay_parent_storage_root: relay_parent.storage_root,
			max_pov_size: 1024,
		};
		let commitments = CandidateCommitments {
			head_data: head(self.to),
			..self.commitments
		};
		let descriptor = CandidateDescriptor::v2(DescriptorFields {
			para_id: PARA,
			relay_parent: relay_parent.hash,
			persisted_validation_data_hash: validation_data.hash(),
			pov_hash: Hash::repeat_byte(self.salt),
			para_head: commitments.head_data.hash(),
			validation_code_hash: code(self.code),
			..Default::default()
		});
		(
			CommittedCandidateReceipt {
				descriptor,
				commitments,
			},
			validation_data,
		)
	}

	pub(crate) fn build(self) -> Candidate {
		let (receipt, validation_data) = self.parts();
		Candidate::new(receipt, validation_data, false).expect("the parts fit together")
	}
}

/// What a story starts from.
#[derive(Clone, Debug)]
pub(crate) struct World {
	pub(crate) base: Constraints,
	pub(crate) max_depth: u32,
	/// Candidates pending availability.
	pub(crate) pending: Vec<Candidate>,
	pub(crate) limits: TreeLimits,
}

pub(crate) fn world() -> World {
	World {
		base: base(),
		max_depth: 4,
		pending: vec![],
		limits: TreeLimits {
			max_candidates: 100_000,
			max_nodes: 100_000,
			max_nodes_per_candidate: u32::MAX,
		},
	}
}

impl World {
	pub(crate) fn scope(&self) -> Scope {
		let pending = self.pending.iter().map(|candidate| PendingAvailability {
			candidate_hash: candidate.hash(),
			relay_parent: block(candidate.relay_parent_number()),
		});
		let ancestors = (LEAF - 2..LEAF).rev().map(block);
		Scope::with_ancestors(
			PARA,
			block(LEAF),
			self.base.clone(),
			pending.collect(),
			self.max_depth,
			ancestors,
		)
		.expect("blocks are contiguous")
	}

	pub(crate) fn start(&self) -> (CandidateStorage, FragmentTree) {
		let mut storage = CandidateStorage::default();
		for pending in &self.pending {
			storage.insert_pending(pending.clone());
		}
		let (tree, report) = FragmentTree::populate(self.scope(), self.limits, &storage);
		assert_eq!(report.broken_trunk, None);
		check_invariants(&tree);
		(storage, tree)
	}
}

/// The path of each node, in the order of the arena.
pub(crate) fn paths(tree: &FragmentTree) -> Vec<Vec<CandidateHash>> {
	let mut paths: Vec<Vec<CandidateHash>> = Vec::new();
	for node in tree.nodes() {
		let mut path = node
			.parent
			.map_or(Vec::new(), |parent| paths[parent.position()].clone());
		path.push(node.candidate.hash());
		paths.push(path);
	}
	paths
}

/// Everything that a tree promises about itself.
pub(crate) fn check_invariants(tree: &FragmentTree) {
	let nodes: Vec<_> = tree.nodes().collect();
	let paths = paths(tree);
	let mut by_candidate = BTreeMap::<_, Vec<u32>>::new();
	for (position, (node, path)) in nodes.iter().zip(&paths).enumerate() {
		assert_eq!(
			node.index.position(),
			position,
			"R-TRE-10: indices count the nodes"
		);
		assert!(
			node.parent.is_none_or(|parent| parent < node.index),
			"R-TRE-10: node {position} stands before its parent"
		);
		assert_eq!(
			node.depth as usize,
			path.len() - 1,
			"R-GLO-11: depth of {position}"
		);
		let mut distinct = path.clone();
		distinct.sort();
		distinct.dedup();
		assert_eq!(
			node.repeats,
			distinct.len() < path.len(),
			"R-SEL-3: repetition at {position}"
		);
		by_candidate
			.entry(node.candidate.hash())
			.or_default()
			.push(node.depth);
	}
	let mut distinct = paths.clone();
	distinct.sort();
	distinct.dedup();
	assert_eq!(
		distinct.len(),
		paths.len(),
		"R-TRE-3: a parent has two children with one candidate"
	);

	// Best paths, recomputed in one backward pass: children stand after their parents.
	let mut best = vec![(0usize, None); nodes.len()];
	let mut root_best = (0, None);
	for (position, node) in nodes.iter().enumerate().rev() {
		let best_below = core::iter::successors(tree.best_child(Some(node.index)), |child| {
			tree.best_child(Some(child.index))
		});
		assert_eq!(
			best_below.count(),
			best[position].0,
			"R-SEL-3: best length below node {position}"
		);
		let best_child = tree.best_child(Some(node.index)).map(|child| child.index);
		assert_eq!(
			best_child, best[position].1,
			"R-SEL-3: best child of node {position}"
		);
		if node.is_backed && !node.is_pending && !node.repeats {
			let len = best[position].0 + 1;
			let slot = match node.parent {
				Some(parent) => &mut best[parent.position()],
				None => &mut root_best,
			};
			let lower =
				|current: NodeIndex| node.candidate.hash() < nodes[current.position()].candidate.hash();
			if len > slot.0 || (len == slot.0 && slot.1.is_none_or(lower)) {
				*slot = (len, Some(node.index));
			}
		}
	}
	assert_eq!(
		tree.best_len(&[]),
		Some(root_best.0),
		"R-SEL-3: best length below the root"
	);
	assert_eq!(
		tree.best_child(None).map(|child| child.index),
		root_best.1,
		"R-SEL-3"
	);

	for node in &nodes {
		let best = tree.best_child(node.parent).map(|best| best.index);
		assert_eq!(
			node.is_best_child,
			best == Some(node.index),
			"R-SEL-3: what is drawn"
		);
	}

	// Indexes agree with the nodes.
	for (hash, mut depths) in by_candidate.clone() {
		depths.sort();
		depths.dedup();
		assert_eq!(tree.depths(hash), depths, "R-TRE-8");
		assert!(tree.contains(hash));
	}
	assert_eq!(tree.candidate_count(), by_candidate.len());
	let children = |parent| {
		tree.children(parent)
			.iter()
			.map(|child| child.index)
			.collect::<Vec<_>>()
	};
	let listed: usize = nodes.iter().map(|node| children(Some(node.index)).len()).sum();
	assert_eq!(
		listed + children(None).len(),
		nodes.len(),
		"every node is the child of one"
	);
	for node in &nodes {
		assert!(children(node.parent).contains(&node.index));
	}
	assert!(nodes.len() <= tree.limits().max_nodes as usize + tree.scope().pending_availability().len());
}
