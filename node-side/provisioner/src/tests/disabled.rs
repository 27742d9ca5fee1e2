//! Votes of validators that are disabled at the leaf (R-BAK-14).

use super::*;
use async_backing_primitives::ValidityAttestation;

/// A source that knows nothing of disabled validators: a chain of candidates, each with its scheduling parent, its core and
/// the places in the group of those that voted.
struct Careless(Vec<(Hash, u16, Vec<usize>)>);

impl Careless {
	fn candidate(&self, position: usize) -> BackedCandidate {
		let (relay_parent, core, voters) = &self.0[position];
		let descriptor = CandidateDescriptor::v2(DescriptorFields {
			para_id: SEVEN,
			relay_parent: *relay_parent,
			core_index: *core,
			..Default::default()
		});
		let candidate = CommittedCandidateReceipt {
			descriptor,
			commitments: CandidateCommitments::default(),
		};
		// Told apart by the first byte.
		let vote = |place: &usize| {
			let place = u8::try_from(*place).expect("small");
			ValidityAttestation::Explicit(sp_core::sr25519::Signature::from_raw([place; 64]).into())
		};
		let bits: BackingBits = (0..3).map(|place| voters.contains(&place)).collect();
		let votes = voters.iter().map(vote).collect();
		BackedCandidate::new(candidate, votes, bits, CoreIndex((*core).into())).expect("the core fits")
	}
}

impl BackableSource for Careless {
	fn backable(&mut self, _: ParaId, _: &[CandidateHash], count: usize) -> Vec<(CandidateHash, Hash)> {
		(0..self.0.len().min(count))
			.map(|position| (named(u8::try_from(position).expect("small")), self.0[position].0))
			.collect()
	}

	fn backed(&mut self, _: Hash, candidate: CandidateHash) -> Option<SharedBackedCandidate> {
		Some(self.candidate(candidate.0.as_bytes()[0].into()).into())
	}
}

/// Two cores of one para. Groups [0, 1, 2] and [3, 4, 5] change places with block 11, so that group 0 backs core 0 with
/// relay parent 9, and core 1 with relay parent 10.
fn facts(disabled: &[u32]) -> LeafFacts {
	let mut facts = leaf(
		6,
		vec![scheduled(SEVEN), scheduled(SEVEN)],
		vec![(SEVEN, at_leaf(&[]))],
	);
	facts.ancestors = vec![RelayChainBlockInfo {
		hash: Hash::repeat_byte(9),
		number: 9,
		storage_root: Hash::zero(),
	}];
	facts.rotation.session_start_block = 1;
	facts.groups = vec![
		[0, 1, 2].map(ValidatorIndex).into(),
		[3, 4, 5].map(ValidatorIndex).into(),
	];
	facts.disabled = disabled.iter().copied().map(ValidatorIndex).collect();
	facts
}

#[test]
fn r_bak_14_r_bkv_4_what_is_offered_carries_the_votes_that_count_at_the_leaf() {
	let (nine, ten) = (Hash::repeat_byte(9), Hash::repeat_byte(0xaa));
	// Who is disabled; whose candidate comes first and second, and the places of the votes that remain of each.
	type Row = (
		&'static str,
		&'static [u32],
		[(Hash, u16, &'static [usize]); 2],
		Vec<&'static [usize]>,
	);
	let rows: [Row; 8] = [
		(
			"nobody",
			&[],
			[(ten, 0, &[0, 1]), (ten, 1, &[0, 2])],
			vec![&[0, 1], &[0, 2]],
		),
		(
			"others",
			&[2, 9],
			[(ten, 0, &[0, 1]), (ten, 1, &[0, 1])],
			vec![&[0, 1], &[0, 1]],
		),
		(
			"one of three",
			&[4],
			[(ten, 0, &[0, 1, 2]), (ten, 1, &[0, 1])],
			vec![&[0, 2], &[0, 1]],
		),
		(
			"one of two: what follows goes too",
			&[4],
			[(ten, 0, &[0, 1]), (ten, 1, &[0, 1])],
			vec![],
		),
		(
			"the second's",
			&[1],
			[(ten, 0, &[0, 1]), (ten, 1, &[0, 1])],
			vec![&[0, 1]],
		),
		(
			"the group is that of the relay parent's child",
			&[1],
			[(nine, 0, &[0, 1]), (ten, 1, &[0, 2])],
			vec![],
		),
		(
			"and not of the leaf's",
			&[4],
			[(nine, 0, &[0, 1]), (ten, 1, &[0, 2])],
			vec![&[0, 1], &[0, 2]],
		),
		(
			"out of scope: the chain decides",
			&[0, 1, 2, 3, 4, 5],
			[(named(1).0, 0, &[0]), (ten, 1, &[0])],
			vec![&[0]],
		),
	];
	for (name, disabled, chain, expected) in rows {
		let mut source = Careless(chain.map(|(at, core, voters)| (at, core, voters.to_vec())).into());
		let proposal = provision(&facts(disabled), 11, Vec::new(), &mut source);
		let votes_of = |backed: &SharedBackedCandidate| -> (Vec<usize>, Vec<usize>) {
			let backed = backed.to_backed();
			let (bits, _) = backed.split_indices().expect("well formed");
			let signed = backed.validity_votes.iter().map(|vote| {
				let bytes: &[u8] = vote.signature().as_ref();
				usize::from(bytes[0])
			});
			(bits.iter_ones().collect(), signed.collect())
		};
		let offered: Vec<_> = proposal.backed_candidates.iter().map(votes_of).collect();
		let expected: Vec<_> = expected
			.into_iter()
			.map(|places| (places.to_vec(), places.to_vec()))
			.collect();
		assert_eq!(offered, expected, "R-BAK-14: {name}");
	}
}
