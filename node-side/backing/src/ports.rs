//! What backing asks of its neighbour: the view over the leaves.

use async_backing_fragment_tree::{Candidate, SharedValidationData};
use async_backing_primitives::{CandidateHash, Hash, HeadData, HeadHash, ParaId};
use std::sync::Arc;

/// Depths of a candidate at each leaf where it has any, leaves ascending (R-TRE-13).
pub type Membership = Vec<(Hash, Vec<u32>)>;

/// A candidate of which somebody asks where it could stand (R-TRE-12).
#[derive(Clone, Copy, Debug)]
pub enum HypotheticalCandidate<'a> {
	/// All of it is known.
	Complete(&'a Candidate),
	/// Only what a collator advertises is known.
	Incomplete {
		/// Its identity.
		hash: CandidateHash,
		/// Its para.
		para: ParaId,
		/// Hash of the head data on which it builds.
		parent_head: HeadHash,
		/// Its relay parent.
		relay_parent: Hash,
	},
}

/// What became of a candidate that was introduced (R-VIE-5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Introduction {
	/// It stands in the trees of these leaves.
	Member(Membership),
	/// It is kept until the head data on which it builds is known (R-TRE-14).
	Unconnected,
	/// It fits nowhere.
	Refused,
}

/// The view over active leaves: which candidates can stand where.
pub trait View {
	/// Where a candidate stands or could stand (R-TRE-12, R-VIE-10). With `vouched_in_path_only`, only below candidates
	/// that are seconded or backed (R-BAK-5).
	fn hypothetical_depths(
		&self,
		candidate: HypotheticalCandidate<'_>,
		vouched_in_path_only: bool,
	) -> Membership;

	/// Whether a candidate that stands nowhere may be kept until the head on which it builds is known, as far as its place
	/// says (R-TRE-14): no tree has that head, nor the candidate's `output` if that is known.
	fn may_wait(
		&self,
		para: ParaId,
		relay_parent: Hash,
		parent_head: HeadHash,
		output: Option<HeadHash>,
	) -> bool;

	/// Where a known candidate stands; nowhere if it is unknown.
	fn membership(&self, para: ParaId, candidate: CandidateHash) -> Membership;

	/// Takes a candidate in, or finds that it is there (R-VIE-5). It is checked in itself and hashed: nothing has to be
	/// hashed again.
	fn introduce(&mut self, candidate: &Arc<Candidate>) -> Introduction;

	/// A candidate was seconded (R-VIE-6).
	fn note_seconded(&mut self, para: ParaId, candidate: CandidateHash);

	/// A candidate has its quorum: others may be selected on top of it (R-VIE-6).
	fn note_backed(&mut self, para: ParaId, candidate: CandidateHash);

	/// Validation data of a candidate that builds on this head, if head data and relay parent are known (R-VIE-9). Nothing
	/// large is copied for it: the job that validates puts them together.
	fn validation_data(
		&self,
		para: ParaId,
		relay_parent: Hash,
		parent_head: HeadHash,
	) -> Option<SharedValidationData>;

	/// Validation data of a candidate that builds on head data which came with it (R-NET-71), if the relay parent is known and
	/// the para's head data may be as large.
	fn validation_data_behind(
		&self,
		para: ParaId,
		relay_parent: Hash,
		parent_head: &Arc<HeadData>,
	) -> Option<SharedValidationData>;
}
