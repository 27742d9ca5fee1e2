//! The view as backing, statement distribution and provisioner ask for it.
//!
//! Backing knows candidates by the port [`async_backing_backing::View`], so that it depends on no implementation. Here
//! the port meets the fragment trees.

use async_backing_backing::{HypotheticalCandidate as Asked, Introduction, Membership, View as ViewPort};
use async_backing_primitives::{CandidateHash, Hash, HeadData, HeadHash, LeafFacts, ParaId};
use async_backing_prospective_parachains::{
	Candidate, HypotheticalCandidate, SharedValidationData, View, ViewConfig,
};
use async_backing_statement_distribution::{Frontier, Possible, Standing};
use std::sync::Arc;

/// Fragment trees of all active leaves.
#[derive(Debug, Default)]
pub(crate) struct LeafView(View);

impl LeafView {
	/// A view of nothing yet.
	pub(crate) fn new(config: ViewConfig) -> Self {
		Self(View::new(config))
	}

	/// The view behind it.
	pub(crate) fn view(&self) -> &View {
		&self.0
	}

	/// A leaf became active. Returns what is strange about it, in words.
	pub(crate) fn activate_leaf(&mut self, leaf: &LeafFacts) -> Vec<String> {
		let update = self.0.update_leaves(std::slice::from_ref(leaf), &[]);
		let diagnostics = update.diagnostics.into_iter();
		diagnostics
			.map(|(leaf, para, diagnostic)| format!("para {para} at {leaf}: {diagnostic}"))
			.collect()
	}

	/// A leaf is not active any more.
	pub(crate) fn deactivate_leaf(&mut self, leaf: Hash) {
		// Nothing is strange about a leaf that is gone.
		let _ = self.0.update_leaves(&[], &[leaf]);
	}

	/// Candidates for the child of a leaf that may be backed there, in dependency order, with their scheduling parents
	/// (R-VIE-7, R-BAK-14).
	pub(crate) fn backable(
		&self,
		leaf: Hash,
		para: ParaId,
		required_path: &[CandidateHash],
		count: usize,
		may_back: impl Fn(CandidateHash) -> bool,
	) -> Vec<(CandidateHash, Hash)> {
		let found = self
			.0
			.get_backable_where(leaf, para, required_path, count, |backable| {
				may_back(backable.candidate_hash)
			});
		found
			.into_iter()
			.map(|backable| (backable.candidate_hash, backable.scheduling_parent))
			.collect()
	}
}

/// Where statement distribution asks whether a candidate is worth its while (R-SD-15).
impl Frontier for LeafView {
	fn standing(&self, candidate: Possible<'_>) -> Standing {
		let (para, asked) = match candidate {
			Possible::Confirmed(candidate) => {
				(candidate.para_id(), HypotheticalCandidate::Complete(candidate))
			}
			Possible::Claimed {
				candidate,
				para,
				parent_head,
				scheduling_parent,
			} => {
				// Who executes against another block says so in the candidate itself, which nobody has seen yet.
				let incomplete = HypotheticalCandidate::Incomplete {
					candidate_hash: candidate,
					parent_head_hash: parent_head,
					relay_parent: scheduling_parent,
				};
				(para, incomplete)
			}
		};
		if !self
			.0
			.hypothetical_membership(None, para, asked, false)
			.is_empty()
		{
			return Standing::Placed;
		}
		let may_wait = match candidate {
			// Where there is no room it is asked again as soon as something changes.
			Possible::Confirmed(candidate) => {
				self.0.may_wait(candidate) && self.0.has_room_to_wait(candidate)
			}
			Possible::Claimed { para, .. } => self.0.has_para(para),
		};
		match may_wait {
			true => Standing::Unconnected,
			false => Standing::Nowhere,
		}
	}
}

impl ViewPort for LeafView {
	fn hypothetical_depths(&self, candidate: Asked<'_>, vouched_in_path_only: bool) -> Membership {
		let (para, candidate) = match candidate {
			Asked::Complete(candidate) => (candidate.para_id(), HypotheticalCandidate::Complete(candidate)),
			Asked::Incomplete {
				hash,
				para,
				parent_head,
				relay_parent,
			} => {
				let incomplete = HypotheticalCandidate::Incomplete {
					candidate_hash: hash,
					parent_head_hash: parent_head,
					relay_parent,
				};
				(para, incomplete)
			}
		};
		match vouched_in_path_only {
			true => self.0.vouched_membership(para, candidate),
			false => self.0.hypothetical_membership(None, para, candidate, false),
		}
	}

	fn may_wait(
		&self,
		para: ParaId,
		relay_parent: Hash,
		parent_head: HeadHash,
		output: Option<HeadHash>,
	) -> bool {
		self.0.may_wait_at(para, relay_parent, parent_head, output)
	}

	fn membership(&self, para: ParaId, candidate: CandidateHash) -> Membership {
		self.0.membership(para, candidate)
	}

	fn introduce(&mut self, candidate: &Arc<Candidate>) -> Introduction {
		match self.0.introduce_checked(candidate.clone()) {
			Ok(introduced) if introduced.membership.is_empty() => Introduction::Unconnected,
			Ok(introduced) => Introduction::Member(introduced.membership),
			Err(_) => Introduction::Refused,
		}
	}

	fn note_seconded(&mut self, para: ParaId, candidate: CandidateHash) {
		// Backing introduces before it notes; a candidate that went since needs no note.
		let _ = self.0.note_seconded(para, candidate);
	}

	fn note_backed(&mut self, para: ParaId, candidate: CandidateHash) {
		let _ = self.0.note_backed(para, candidate);
	}

	fn validation_data(
		&self,
		para: ParaId,
		relay_parent: Hash,
		parent_head: HeadHash,
	) -> Option<SharedValidationData> {
		self.0.shared_validation_data(para, relay_parent, parent_head)
	}

	fn validation_data_behind(
		&self,
		para: ParaId,
		relay_parent: Hash,
		parent_head: &Arc<HeadData>,
	) -> Option<SharedValidationData> {
		self.0
			.validation_data_behind(para, relay_parent, parent_head.clone())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::tests::fixture;
	use async_backing_prospective_parachains::UnconnectedLimits;

	/// A candidate whose parent nobody knows stands nowhere while there is no room for it to wait, and is asked for again when
	/// there is: backing would refuse it, and what was told once is not told again (R-SD-15).
	#[test]
	fn r_sd_15_r_tre_14_who_may_not_wait_stands_nowhere() {
		let made = |seed: u8| {
			let parent = fixture::Candidate::rival(seed.into());
			let child = parent.child();
			let candidate = Candidate::new(child.receipt, child.validation_data, false);
			Arc::new(candidate.expect("it is consistent"))
		};
		let (first, second) = (made(1), made(2));
		let mut view = LeafView::new(ViewConfig {
			unconnected: UnconnectedLimits {
				max_candidates: 1,
				max_bytes: usize::MAX,
			},
			..ViewConfig::default()
		});
		view.activate_leaf(&fixture::leaf(None));
		let standing = |view: &LeafView, of: &Arc<Candidate>| view.standing(Possible::Confirmed(of));
		assert_eq!(standing(&view, &first), Standing::Unconnected);
		assert_eq!(view.introduce(&first), Introduction::Unconnected);
		assert_eq!(standing(&view, &first), Standing::Unconnected, "it waits already");
		assert_eq!(standing(&view, &second), Standing::Nowhere);
		assert_eq!(view.introduce(&second), Introduction::Refused, "as backing hears");
	}
}
