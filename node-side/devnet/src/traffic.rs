//! What goes over the links of a run, by kind, and what it takes to have all validators know a candidate, beside a full mesh
//! and beside the bound of R-SD-6.

use async_backing_primitives::AsyncBackingParams;
use async_backing_validator::seconded_bound;
use serde::Serialize;
use std::collections::BTreeMap;

/// Bytes of a statement on the wire, envelope and all (R-NET-92).
const STATEMENT_BYTES: u64 = 140;
/// What is said, asked and answered so that validators know a candidate and who vouches for it (R-SD-1 to R-SD-16).
const ABOUT_CANDIDATES: [&str; 5] = [
	"statement",
	"manifest",
	"acknowledgement",
	"attested candidate",
	"attested candidate response",
];

/// What went over the links of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Traffic {
	/// By kind, in the order of the alphabet. What was lost on the way is not in it.
	pub kinds: Vec<TrafficOfKind>,
	/// What a validator hears of a candidate; `None` if none had a quorum.
	pub per_candidate: Option<PerCandidate>,
}

/// Messages, requests or answers of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrafficOfKind {
	/// The kind.
	pub kind: String,
	/// How many arrived.
	pub messages: u64,
	/// Their bytes on the wire.
	pub bytes: u64,
}

/// What a validator hears of a candidate with a quorum, so that it knows the candidate and its votes: the mean over validators and
/// candidates.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PerCandidate {
	/// Statements, manifests, acknowledgements, requests and answers.
	pub messages: f64,
	/// Their bytes.
	pub bytes: f64,
	/// Messages if each vote went to every validator (full mesh).
	pub full_mesh_messages: f64,
	/// Bytes of these, of R-NET-92.
	pub full_mesh_bytes: f64,
	/// `Seconded` statements that a group may have at one relay parent, each heard from any member: (D + 1) G² (R-SD-6).
	pub seconded_bound: u64,
}

/// What a run is, as far as its traffic depends on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crowd {
	/// Validators.
	pub(crate) validators: u32,
	/// Members of the largest group.
	pub(crate) group: u32,
	/// Parameters of asynchronous backing.
	pub(crate) params: AsyncBackingParams,
	/// Candidates that had a quorum.
	pub(crate) candidates: u64,
	/// Votes for candidates.
	pub(crate) votes: u64,
}

impl Traffic {
	/// From messages and bytes by kind.
	pub(crate) fn of(kinds: &BTreeMap<&'static str, (u64, u64)>, crowd: Crowd) -> Self {
		let about = kinds.iter().filter(|(kind, _)| ABOUT_CANDIDATES.contains(kind));
		let (messages, bytes) = about.fold((0u64, 0u64), |(messages, bytes), (_, (more, size))| {
			(messages.saturating_add(*more), bytes.saturating_add(*size))
		});
		let kind = |(kind, (messages, bytes)): (&&str, &(u64, u64))| TrafficOfKind {
			kind: (*kind).into(),
			messages: *messages,
			bytes: *bytes,
		};
		Self {
			kinds: kinds.iter().map(kind).collect(),
			per_candidate: crowd.per_candidate(messages, bytes),
		}
	}
}

impl Crowd {
	fn per_candidate(self, messages: u64, bytes: u64) -> Option<PerCandidate> {
		let ways = self.candidates as f64 * f64::from(self.validators);
		if ways == 0.0 {
			return None;
		}
		let others = f64::from(self.validators.saturating_sub(1));
		let full_mesh_messages = self.votes as f64 * others / ways;
		Some(PerCandidate {
			messages: messages as f64 / ways,
			bytes: bytes as f64 / ways,
			full_mesh_messages,
			full_mesh_bytes: full_mesh_messages * STATEMENT_BYTES as f64,
			seconded_bound: seconded_bound(&self.params, self.group),
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn r_sd_6_what_is_heard_of_a_candidate_is_told_beside_a_full_mesh_and_the_bound() {
		let kinds = [
			("statement", (1000, 140_000)),
			("manifest", (200, 22_200)),
			("chunk response", (500, 1_000_000)),
		];
		let crowd = Crowd {
			validators: 100,
			group: 5,
			params: AsyncBackingParams {
				max_candidate_depth: 4,
				allowed_ancestry_len: 3,
			},
			candidates: 4,
			votes: 12,
		};
		let traffic = Traffic::of(&kinds.into(), crowd);
		assert_eq!(traffic.kinds.len(), 3);
		let per_candidate = traffic.per_candidate.expect("there are candidates");
		assert_eq!((per_candidate.messages, per_candidate.bytes), (3.0, 405.5));
		assert_eq!(per_candidate.full_mesh_messages, 12.0 * 99.0 / 400.0);
		assert_eq!(per_candidate.seconded_bound, 125, "R-SD-6: five of each to each");
		let nothing = Crowd {
			candidates: 0,
			..crowd
		};
		assert_eq!(Traffic::of(&BTreeMap::new(), nothing), Traffic::default());
	}
}
