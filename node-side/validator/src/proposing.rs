//! What goes into the next relay block.

use crate::{bitfields::Bitfields, view::LeafView, Proposing};
use async_backing_backing::{BackedVotes, Backing};
use async_backing_chain_view::ChainView;
use async_backing_primitives::{CandidateHash, Hash, ParaId};
use async_backing_provisioner::{provision, BackableSource, Proposal, SharedBackedCandidate};

/// Content of the inherent of a block in a slot on a leaf (R-PRV-1 to R-PRV-13). Empty if the parent is no leaf: nothing
/// is known of what its child may carry.
pub(crate) fn propose(
	chain: &ChainView,
	view: &LeafView,
	backing: &Backing,
	bitfields: &Bitfields,
	Proposing { parent, slot }: Proposing,
) -> Proposal {
	let Some(facts) = chain.leaf(parent) else {
		return Proposal::default();
	};
	let mut source = Source {
		leaf: parent,
		view,
		backing,
	};
	provision(facts, slot, bitfields.chosen(parent), &mut source)
}

/// Where the provisioner finds candidates.
struct Source<'a> {
	leaf: Hash,
	view: &'a LeafView,
	backing: &'a Backing,
}

impl BackableSource for Source<'_> {
	fn backable(
		&mut self,
		para: ParaId,
		required_path: &[CandidateHash],
		count: usize,
	) -> Vec<(CandidateHash, Hash)> {
		let may_back = |candidate| self.backing.is_backable_at(self.leaf, candidate);
		self.view
			.backable(self.leaf, para, required_path, count, may_back)
	}

	fn backed(&mut self, scheduling_parent: Hash, candidate: CandidateHash) -> Option<SharedBackedCandidate> {
		let BackedVotes {
			receipt,
			validity_votes,
			validator_indices,
		} = self.backing.votes_at(self.leaf, scheduling_parent, candidate)?;
		Some(SharedBackedCandidate {
			candidate: receipt,
			validity_votes,
			validator_indices,
		})
	}
}
