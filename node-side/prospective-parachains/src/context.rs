//! The view's side of a backer's execution context (R-COL-3): what an advertisement's two hashes lead to.

use crate::{view::View, FragmentTree, NodeView, PathRule};
use alloc::{sync::Arc, vec::Vec};
use async_backing_execution_context::{
	backer::{self, Found},
	ContextError, ExecutionContext, Standing, Unincluded,
};
use async_backing_fragment_tree::{SharedHead, SharedValidationData};
use async_backing_primitives::{
	BlockNumber, ConstraintSource, ExtendedConstraints, Hash, HeadData, HeadHash, ParaId,
	PersistedValidationData, RelayChainBlockInfo,
};

impl<R: PathRule> View<R> {
	/// The execution context of a candidate that builds on this head data and on this relay parent (R-COL-3). The candidate
	/// itself need not be known.
	///
	/// Of the leaves in whose scope the relay parent is, it is that of the first, ascending by hash, at which a path leads to
	/// the head data that such a block may follow; of several paths the shortest, then the one that stood there first.
	///
	/// Its validation data are those of [`validation_data`](Self::validation_data), which answers also where the head data is
	/// known and no path leads there. Cost: linear in the nodes of the tree, clones the base constraints, hashes nothing.
	///
	/// # Errors
	/// [`ContextError`] says what is unknown.
	pub fn context(
		&self,
		para: ParaId,
		relay_parent: Hash,
		parent_head: HeadHash,
	) -> Result<ExecutionContext, ContextError> {
		let mut scopes: Option<(BlockNumber, BlockNumber)> = None;
		let mut is_in_scope = false;
		let mut refusal = None;
		for (_, tree) in self.trees_of(para) {
			let scope = tree.scope();
			let (from, to) = (scope.earliest_relay_parent().number, scope.relay_parent().number);
			scopes = Some(scopes.map_or((from, to), |(oldest, newest)| (oldest.min(from), newest.max(to))));
			let Some(relay_parent) = scope.in_scope(relay_parent) else {
				continue;
			};
			is_in_scope = true;
			if let Some(path) = path_to(tree, parent_head, relay_parent.number) {
				let found = Found {
					para,
					relay_parent: *relay_parent,
					leaf: to,
					base: scope.base_constraints(),
					included: scope.required_parent_hash(),
				};
				match backer::context(found, path.into_iter().map(unincluded)) {
					Ok(context) => return Ok(context),
					Err(error) => refusal = refusal.or(Some(error)),
				}
			}
		}
		if let Some(refusal) = refusal {
			return Err(refusal);
		}
		Err(match scopes {
			None => ContextError::NotScheduled(para),
			Some((oldest, newest)) if !is_in_scope => ContextError::OutOfScope {
				relay_parent,
				oldest,
				newest,
			},
			Some(_) if self.shared_head(para, parent_head).is_some() => {
				ContextError::Unconnected(parent_head)
			}
			Some(_) => ContextError::UnknownParent(parent_head),
		})
	}

	/// Data with which a candidate is validated that builds on this head data and on this relay parent (R-VIE-9). The
	/// candidate itself need not be known. `None` if the head data is unknown or the relay parent in no scope.
	///
	/// Cost: O(log n) for each of l trees, and clones the head data.
	pub fn validation_data(
		&self,
		para: ParaId,
		relay_parent: Hash,
		parent_head: HeadHash,
	) -> Option<PersistedValidationData> {
		let shared = self.shared_validation_data(para, relay_parent, parent_head)?;
		Some(Arc::unwrap_or_clone(shared.to_whole()))
	}

	/// As [`validation_data`](Self::validation_data), to be put together where copying head data holds nobody up.
	///
	/// Cost: O(log n) for each of l trees.
	pub fn shared_validation_data(
		&self,
		para: ParaId,
		relay_parent: Hash,
		parent_head: HeadHash,
	) -> Option<SharedValidationData> {
		let head = self.shared_head(para, parent_head)?;
		let (relay_parent, base) = self.relay_parent_for(para, relay_parent)?;
		Some(SharedValidationData::Parts {
			parent_head: head,
			relay_parent: *relay_parent,
			max_pov_size: base.max_pov_size(),
		})
	}

	/// Validation data of a candidate that builds on head data which came with it, where nobody here knows its parent yet
	/// (R-NET-71, R-BAK-5). Whether these head data have the hash that was advertised is the caller's to check. `None` if the
	/// relay parent is in no scope, or the head data are larger than the para's may be (R-FRG-3).
	///
	/// Cost: O(log n) for each of l trees.
	pub fn validation_data_behind(
		&self,
		para: ParaId,
		relay_parent: Hash,
		parent_head: Arc<HeadData>,
	) -> Option<SharedValidationData> {
		let (relay_parent, base) = self.relay_parent_for(para, relay_parent)?;
		let is_legal = parent_head.0.len() <= base.max_head_data_size() as usize;
		is_legal.then(|| SharedValidationData::Parts {
			parent_head: SharedHead::Alone(parent_head),
			relay_parent: *relay_parent,
			max_pov_size: base.max_pov_size(),
		})
	}

	/// A relay parent, and the constraints of the para at the first leaf in whose scope it is.
	fn relay_parent_for(
		&self,
		para: ParaId,
		relay_parent: Hash,
	) -> Option<(&RelayChainBlockInfo, &ExtendedConstraints)> {
		self.trees_of(para).find_map(|(_, tree)| {
			let scope = tree.scope();
			Some((scope.in_scope(relay_parent)?, scope.base_constraints()))
		})
	}

	/// Head data with this hash, from the para's storage or a leaf (R-VIE-9).
	fn shared_head(&self, para: ParaId, head: HeadHash) -> Option<SharedHead> {
		let in_store = self.paras.get(&para)?.storage.shared_head(head);
		let included = || {
			let mut leaves = self.leaves.values();
			leaves.find_map(|leaf| {
				let scope = leaf.trees.get(&para)?.scope();
				let included = leaf.heads.get(&para)?;
				(scope.required_parent_hash() == head).then(|| SharedHead::Alone(included.clone()))
			})
		};
		in_store.or_else(included)
	}
}

/// Nodes on the shortest path from the root to one that outputs this head, the first of these; none of them if it is the
/// included head. Paths go first on which a block with this relay parent may follow (R-TRE-6). `None` if no path leads there.
fn path_to<R: PathRule>(
	tree: &FragmentTree<R>,
	head: HeadHash,
	relay_parent: BlockNumber,
) -> Option<Vec<NodeView<'_>>> {
	if tree.scope().required_parent_hash() == head {
		return Some(Vec::new());
	}
	let nodes: Vec<_> = tree.nodes().collect();
	let ends = nodes
		.iter()
		.filter(|node| node.candidate.output_head_hash() == head);
	let end = ends.min_by_key(|node| (node.relay_parent.number > relay_parent, node.depth))?;
	let up = core::iter::successors(Some(end), |node| nodes.get(node.parent?.position()));
	let mut path: Vec<_> = up.copied().collect();
	path.reverse();
	Some(path)
}

fn unincluded(node: NodeView<'_>) -> Unincluded<'_> {
	Unincluded {
		candidate: node.candidate.hash(),
		parent_head: node.candidate.parent_head_hash(),
		output_head: node.candidate.output_head_hash(),
		relay_parent: node.relay_parent.hash,
		relay_parent_number: node.relay_parent.number,
		commitments: node.candidate.commitments(),
		standing: match node.is_pending {
			true => Standing::Pending,
			false => Standing::Seconded,
		},
	}
}
