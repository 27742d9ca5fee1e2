//! Cores that eight bits don't name (R-BIN-16).

use super::*;
use codec::{Decode, Encode};

/// Candidates of one para that name no core (version 1), with votes for core 44: the low eight bits of 300.
struct VersionOne;

impl BackableSource for VersionOne {
	fn backable(&mut self, _: ParaId, _: &[CandidateHash], _: usize) -> Vec<(CandidateHash, Hash)> {
		vec![(named(1), Hash::zero())]
	}

	fn backed(&mut self, _: Hash, _: CandidateHash) -> Option<SharedBackedCandidate> {
		let mut bytes = descriptor(NINE, 0).encode();
		// What was a collator's key has to be zero in later versions (R-BIN-12).
		bytes[44..68].fill(1);
		let candidate = CommittedCandidateReceipt {
			descriptor: CandidateDescriptor::decode(&mut &bytes[..]).expect("every version has its size"),
			commitments: CandidateCommitments::default(),
		};
		let backed = BackedCandidate::new(candidate, Vec::new(), BackingBits::new(), CoreIndex(44));
		backed.ok().map(Into::into)
	}
}

#[test]
fn r_def_36_r_bin_16_core_300_is_filled_by_those_who_name_it_and_by_no_others() {
	let cores = |taken: &[usize]| {
		let state = |core| {
			if taken.contains(&core) {
				scheduled(NINE)
			} else {
				CoreState::Free
			}
		};
		leaf(4, (0..301).map(state).collect(), vec![(NINE, at_leaf(&[]))])
	};
	let proposal = provision(
		&cores(&[44, 300]),
		11,
		Vec::new(),
		&mut Source::new(&[(NINE, &[300, 44])]),
	);
	assert_eq!(
		placed(&proposal),
		[(9, 300), (9, 44)],
		"R-DEF-36: 300 and 44 are two cores"
	);
	let first = proposal.backed_candidates[0].to_backed();
	let (_, injected) = first.split_indices().expect("well formed");
	assert_eq!(injected, CoreIndex(44), "R-BIN-16");
	let version_1 = |taken| {
		provision(&cores(taken), 11, Vec::new(), &mut VersionOne)
			.backed_candidates
			.len()
	};
	assert_eq!(version_1(&[300]), 0, "R-DEF-36: version 1 cannot name core 300");
	assert_eq!(version_1(&[44]), 1, "R-BIN-16: it can name core 44");
}
