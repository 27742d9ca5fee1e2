//! What a para may ask of this validator's group, and what of that is taken (R-NET-84, R-BAK-13).
//!
//! A candidate takes one claim of its para on the own core: the first that is left of those that its scheduling parent can
//! still reach. So nobody's candidates take a claim of another para, and those of one para at several relay parents do not
//! take the same claim twice.

use async_backing_chain_view::ChainView;
use async_backing_primitives::{
	AsyncBackingParams, BlockNumber, CandidateHash, CoreIndex, Hash, LeafFacts, ParaId, ValidatorIndex,
};
use std::collections::{BTreeMap, BTreeSet};

/// Claims on the core that the own group serves with a relay parent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claims {
	/// Those of the para.
	pub of_para: usize,
	/// All of them.
	pub all: usize,
}

/// The core that the own group serves with this relay parent.
pub(super) fn own_core(chain: &ChainView, relay_parent: Hash) -> Option<CoreIndex> {
	chain.core_of(relay_parent, chain.own_index(relay_parent)?)
}

/// The claims that a para has on the own core with this relay parent, at the leaf where it has most (R-BAK-1). `None` if
/// the relay parent is in no scope.
pub(super) fn claims(chain: &ChainView, relay_parent: Hash, para: ParaId) -> Option<Claims> {
	let core = own_core(chain, relay_parent);
	chain
		.leaves_admitting(relay_parent)
		.map(|leaf| {
			core.and_then(|core| claims_at(leaf, relay_parent, para, core))
				.unwrap_or_default()
		})
		.max_by_key(|claims| (claims.of_para, claims.all))
}

/// As the relay parent has them in its state, where the chain asks for them (R-REL-7), or else the leaf.
fn claims_at(leaf: &LeafFacts, relay_parent: Hash, para: ParaId, core: CoreIndex) -> Option<Claims> {
	let queue = leaf
		.ancestor_claim_queues
		.get(&relay_parent)
		.unwrap_or(&leaf.claim_queue);
	let claims = queue.get(&core)?;
	Some(Claims {
		of_para: claims.iter().filter(|claim| **claim == para).count(),
		all: claims.len(),
	})
}

/// Paras with claims on the own core at any leaf, in the order in which the newest leaf serves them (R-NET-85), then
/// ascending.
pub(super) fn in_order(chain: &ChainView, mut paras: BTreeSet<ParaId>) -> Vec<ParaId> {
	let mut ordered = Vec::with_capacity(paras.len());
	if let Some(leaf) = chain.newest() {
		let core = own_core(chain, leaf.block.hash);
		for claim in core
			.and_then(|core| leaf.claim_queue.get(&core))
			.into_iter()
			.flatten()
		{
			if paras.remove(claim) {
				ordered.push(*claim);
			}
		}
	}
	ordered.extend(paras);
	ordered
}

/// Whether a para has a claim on a core that the own group serves with a relay parent in scope, or will serve at some leaf
/// before the claim is over (R-NET-81). So nobody is let go between two groups whose candidates may still be backed.
pub(super) fn is_served(chain: &ChainView, para: ParaId) -> bool {
	let has_claim = |parent: &Hash| claims(chain, *parent, para).is_some_and(|claims| claims.of_para > 0);
	if chain.relay_parents().iter().any(has_claim) {
		return true;
	}
	chain.leaves().any(|leaf| {
		let Some(own) = chain.own_index(leaf.block.hash) else {
			return false;
		};
		let horizon = leaf.claim_queue.values().map(|claims| claims.len()).max();
		let mut children = (1..)
			.take(horizon.unwrap_or(0))
			.map(|ahead| leaf.block.number.saturating_add(ahead));
		children.any(|child| {
			core_at(leaf, child, own)
				.and_then(|core| leaf.claim_queue.get(&core))
				.is_some_and(|claims| claims.contains(&para))
		})
	})
}

/// The core that a validator's group serves in a block with this number (R-GRP-1).
fn core_at(leaf: &LeafFacts, child: BlockNumber, validator: ValidatorIndex) -> Option<CoreIndex> {
	let group = leaf.groups.iter().position(|group| group.contains(&validator))?;
	let group = u32::try_from(group).ok()?.into();
	leaf.rotation.at(child).core_for_group(group, leaf.groups.len())
}

/// Largest proof of validity that the chain takes from a para with this relay parent, in bytes (R-BAK-12). `None` if the
/// relay parent is in no scope, or the para is not scheduled there.
pub(super) fn max_pov_size(chain: &ChainView, relay_parent: Hash, para: ParaId) -> Option<usize> {
	chain
		.leaves_admitting(relay_parent)
		.filter_map(|leaf| leaf.paras.get(&para))
		.map(|state| state.backing_state.constraints.max_pov_size as usize)
		.max()
}

/// A candidate that this validator seconded.
#[derive(Clone, Debug)]
struct Taken {
	para: ParaId,
	scheduling_parent: Hash,
	/// Leaves at which it was pending: what it claimed has been served on their branch.
	served: BTreeSet<Hash>,
}

/// What this validator seconded and what became of it. Bounded by its claims at the relay parents in scope.
#[derive(Clone, Debug, Default)]
pub(super) struct Seconded {
	taken: BTreeMap<CandidateHash, Taken>,
}

impl Seconded {
	/// Takes a claim. One of a relay parent that is in no scope takes none.
	pub(super) fn note(
		&mut self,
		chain: &ChainView,
		candidate: CandidateHash,
		para: ParaId,
		scheduling_parent: Hash,
	) {
		if !chain.is_in_scope(scheduling_parent) {
			return;
		}
		let mut taken = Taken {
			para,
			scheduling_parent,
			served: BTreeSet::new(),
		};
		for leaf in chain.leaves() {
			taken.see(candidate, leaf);
		}
		self.taken.insert(candidate, taken);
	}

	/// The leaves changed.
	pub(super) fn leaves_changed<'a>(
		&mut self,
		chain: &ChainView,
		activated: impl IntoIterator<Item = &'a LeafFacts>,
	) {
		self.taken
			.retain(|_, taken| chain.is_in_scope(taken.scheduling_parent));
		let in_scope = chain.relay_parents();
		for taken in self.taken.values_mut() {
			taken.served.retain(|leaf| in_scope.contains(leaf));
		}
		for leaf in activated {
			for (candidate, taken) in &mut self.taken {
				taken.see(*candidate, leaf);
			}
		}
	}

	/// Number of candidates that are remembered.
	pub(super) fn len(&self) -> usize {
		self.taken.len()
	}

	/// Whether a claim is left, at some leaf, for a candidate of a para with this relay parent, beside those that are
	/// `under_way` for the para with these relay parents (R-NET-84).
	pub(super) fn is_claim_free(
		&self,
		chain: &ChainView,
		para: ParaId,
		scheduling_parent: Hash,
		under_way: &[Hash],
	) -> bool {
		let Some(core) = own_core(chain, scheduling_parent) else {
			return false;
		};
		let others = |leaf: &LeafFacts| {
			let unserved = self.taken.values().filter(|taken| taken.is_open(para, leaf));
			let unserved = unserved.map(|taken| taken.scheduling_parent);
			let all = unserved.chain(under_way.iter().copied());
			all.filter(|parent| own_core(chain, *parent) == Some(core))
				.filter_map(|parent| reach(leaf, parent))
				.collect::<Vec<_>>()
		};
		chain.leaves_admitting(scheduling_parent).any(|leaf| {
			let Some(own) = reach(leaf, scheduling_parent) else {
				return false;
			};
			let mut reaches = others(leaf);
			reaches.push(own);
			let claims = leaf.claim_queue.get(&core).into_iter().flatten();
			let is_own: Vec<_> = claims.map(|claim| *claim == para).collect();
			fit(&is_own, reaches)
		})
	}
}

impl Taken {
	fn see(&mut self, candidate: CandidateHash, leaf: &LeafFacts) {
		let Some(state) = leaf.paras.get(&self.para) else {
			return;
		};
		let mut pending = state.backing_state.pending_availability.iter();
		if pending.any(|pending| pending.candidate_hash == candidate) {
			self.served.insert(leaf.block.hash);
		}
	}

	fn is_open(&self, para: ParaId, leaf: &LeafFacts) -> bool {
		self.para == para && !leaf.relay_parents().any(|info| self.served.contains(&info.hash))
	}
}

/// How many blocks after the leaf may still back a candidate with this relay parent (R-ABP-2). `None` if the leaf does not
/// admit it.
fn reach(leaf: &LeafFacts, relay_parent: Hash) -> Option<usize> {
	let distance = leaf
		.block
		.number
		.saturating_sub(leaf.relay_parent(relay_parent)?.number);
	let ancestry = leaf.params.allowed_ancestry_len.min(AsyncBackingParams::MAX);
	usize::try_from(ancestry.saturating_add(1).saturating_sub(distance)).ok()
}

/// Whether each of several candidates can have a claim of its own, where each reaches so many claims.
fn fit(is_own: &[bool], mut reaches: Vec<usize>) -> bool {
	reaches.sort_unstable();
	reaches.iter().zip(1..).all(|(reach, needed)| {
		let within = is_own.iter().take(*reach).filter(|own| **own).count();
		within >= needed
	})
}

#[cfg(test)]
mod tests {
	use super::fit;

	#[test]
	fn r_net_84_each_candidate_needs_a_claim_that_it_reaches() {
		let rows: [(&str, &[bool], &[usize], bool); 8] = [
			("nothing is claimed", &[], &[4], false),
			("one for one", &[true], &[4], true),
			("one for two", &[true], &[4, 4], false),
			("two for two", &[true, true], &[4, 4], true),
			("beyond its reach", &[false, true], &[1], false),
			("within it", &[false, true], &[2], true),
			("the near one takes the near claim", &[true, true], &[1, 2], true),
			(
				"two near ones, one near claim",
				&[true, false, true],
				&[2, 1],
				false,
			),
		];
		for (name, is_own, reaches, expected) in rows {
			assert_eq!(fit(is_own, reaches.to_vec()), expected, "R-NET-84: {name}");
		}
	}
}
