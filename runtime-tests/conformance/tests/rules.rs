//! Rules outside the emulator: thresholds, groups, votes, signals, core choice, erasure coding.
//!
//! Where ours differs on purpose, the test says which row of `docs/decisions/0009-intended-differences.md` it is.

mod common;

use async_backing_availability as availability;
use async_backing_primitives as ours;
use bitvec::{order::Lsb0, vec::BitVec};
use codec::Encode;
use common::{transcode, Random};
use polkadot_erasure_coding as coding;
use polkadot_node_subsystem_util::availability_chunks::availability_chunk_indices;
use polkadot_primitives as theirs;
use sp_core::Pair;
use std::collections::BTreeMap;

#[test]
fn r_glo_19_thresholds_are_theirs() {
	for validators in (0..3000).chain([65_535, 65_536]) {
		assert_eq!(
			ours::byzantine_threshold(validators),
			theirs::byzantine_threshold(validators),
			"{validators}"
		);
		assert_eq!(
			ours::supermajority_threshold(validators),
			theirs::supermajority_threshold(validators),
			"R-GLO-19: {validators}"
		);
		assert_eq!(
			ours::recovery_threshold(validators),
			coding::recovery_threshold(validators).ok(),
			"R-AVL-1: {validators}"
		);
		assert_eq!(
			ours::systematic_recovery_threshold(validators),
			coding::systematic_recovery_threshold(validators).ok(),
			"R-AVL-2: {validators}"
		);
	}
}

#[test]
fn r_bkv_1_required_votes_are_theirs_but_never_none() {
	for group in 0..50 {
		for minimum in 0..10 {
			let theirs = theirs::effective_minimum_backing_votes(group, minimum);
			let ours = ours::required_backing_votes(group, minimum);
			match group {
				0 => assert_eq!(
					(ours, theirs),
					(None, 0),
					"R-BKV-1 [P]: an empty group backs nothing"
				),
				_ => assert_eq!(ours, Some(theirs.max(1)), "R-BKV-1: {group} {minimum}"),
			}
		}
	}
}

#[test]
fn r_grp_2_and_r_grp_3_rotation_is_theirs_within_a_session() {
	let mut random = Random::new(2);
	for _ in 0..20_000 {
		let start = random.below(1000);
		let info = ours::GroupRotationInfo {
			session_start_block: start,
			group_rotation_frequency: random.below(20),
			now: start + random.below(500),
		};
		let same: theirs::GroupRotationInfo = transcode(&info);
		let cores = 1 + random.below(100);
		let at = random.below(cores);
		assert_eq!(
			info.group_for_core(ours::CoreIndex(at), cores as usize).encode()[1..],
			same.group_for_core(theirs::CoreIndex(at), cores as usize)
				.encode(),
			"R-GRP-2: {info:?}, core {at} of {cores}"
		);
		assert_eq!(
			info.core_for_group(ours::GroupIndex(at), cores as usize).encode()[1..],
			same.core_for_group(theirs::GroupIndex(at), cores as usize)
				.encode(),
			"R-GRP-3: {info:?}, group {at} of {cores}"
		);
		if info.group_rotation_frequency > 0 {
			assert_eq!(
				info.next_rotation_at(),
				Some(same.next_rotation_at()),
				"R-GRP-4: {info:?}"
			);
			assert_eq!(
				info.last_rotation_at(),
				Some(same.last_rotation_at()),
				"R-GRP-4: {info:?}"
			);
		}
	}
}

/// A candidate with random votes of a group of keys: mostly right, with every kind of fault.
struct Vote {
	backed: ours::BackedCandidate,
	group: Vec<ours::ValidatorIndex>,
	context: ours::SigningContext,
}

fn random_votes(random: &mut Random, pairs: &[ours::ValidatorPair]) -> Vote {
	let candidate = random.committed_receipt();
	let hash = candidate.hash();
	let context = ours::SigningContext {
		session_index: random.number(),
		parent_hash: random.hash(),
	};
	let size = random.below(pairs.len() as u32 + 1);
	let group: Vec<_> = (0..size).map(ours::ValidatorIndex).collect();
	let mut bits: BitVec<u8, Lsb0> = group.iter().map(|_| random.flip()).collect();
	let mut votes: Vec<_> = bits
		.iter_ones()
		.map(|position| {
			let valid = random.flip();
			let statement = if valid {
				ours::CompactStatement::Valid(hash)
			} else {
				ours::CompactStatement::Seconded(hash)
			};
			let signer = if random.one_in(20) {
				&pairs[0]
			} else {
				&pairs[position]
			};
			let signature = signer.sign(&statement.signing_payload(&context));
			if valid {
				ours::ValidityAttestation::Explicit(signature)
			} else {
				ours::ValidityAttestation::Implicit(signature)
			}
		})
		.collect();
	match random.below(12) {
		0 => bits.push(random.flip()),
		1 => drop(bits.pop()),
		2 => drop(votes.pop()),
		3 => votes.extend(votes.last().cloned()),
		_ => {}
	}
	let core = ours::CoreIndex(random.below(256));
	let backed = ours::BackedCandidate::new(candidate, votes, bits, core).expect("the core fits into a byte");
	Vote {
		backed,
		group,
		context,
	}
}

#[test]
fn r_bkv_2_and_r_bkv_3_votes_are_judged_as_there() {
	let mut random = Random::new(18);
	let pairs: Vec<_> = (1..6).map(|n| ours::ValidatorPair::from_seed(&[n; 32])).collect();
	let keys: Vec<_> = pairs.iter().map(Pair::public).collect();
	let (mut accepted, mut refused, mut empty, mut unpaired) = (0, 0, 0, 0);
	for _ in 0..3000 {
		let Vote {
			backed,
			group,
			context,
		} = random_votes(&mut random, &pairs);
		let hash = backed.hash();
		let ours = ours::check_backing_votes(&backed, hash, &group, 0, &context, |index| {
			keys.get(index.as_usize())
		});
		let same: theirs::BackedCandidate = transcode(&backed);
		let (bits, core) = same.validator_indices_and_core_index();
		let (our_bits, our_core) = backed.split_indices().expect("made with a core");
		// Row 11: eight bits are a core and an empty group here, and a group of eight without a core there.
		if !our_bits.is_empty() {
			assert_eq!(
				(bits, core.map(|core| core.0)),
				(our_bits, Some(our_core.0)),
				"R-BIN-16"
			);
		}
		let theirs = theirs::check_candidate_backing(
			transcode(&hash),
			same.validity_votes(),
			our_bits,
			&transcode::<theirs::SigningContext>(&context),
			group.len(),
			|position| keys.get(position).map(transcode),
		);
		match (ours, theirs) {
			(Ok(ours), Ok(theirs)) => {
				assert_eq!(ours, theirs, "R-BKV-3: number of votes");
				accepted += 1;
			}
			(Err(_), Err(())) => refused += 1,
			// Row 11: the empty group.
			(Err(ours::BackingVotesError::EmptyGroup), Ok(0)) => empty += 1,
			// No vote at all is no backing; theirs leaves that to the count behind it.
			(Err(ours::BackingVotesError::TooFewVotes { votes: 0, .. }), Ok(0)) => refused += 1,
			// Row 12: more set bits than votes.
			(Err(ours::BackingVotesError::VotesDoNotMatchBits { votes, set_bits }), Ok(_))
				if set_bits > votes =>
			{
				unpaired += 1;
			}
			(ours, theirs) => panic!("R-BKV-3: ours {ours:?}, theirs {theirs:?}"),
		}
	}
	assert!(
		[accepted, refused, empty, unpaired]
			.iter()
			.all(|count| *count > 30),
		"every outcome occurs: {accepted} {refused} {empty} {unpaired}"
	);
}

#[test]
fn r_def_18_an_empty_group_with_no_votes_passes_there_and_not_here() {
	let candidate = Random::new(0).committed_receipt();
	let hash = candidate.hash();
	let context = ours::SigningContext::default();
	let theirs = theirs::check_candidate_backing(
		transcode(&hash),
		&[],
		BitVec::<u8, Lsb0>::new().as_bitslice(),
		&transcode::<theirs::SigningContext>(&context),
		0,
		|_| None,
	);
	assert_eq!(theirs, Ok(0), "R-DEF-18: zero votes are needed, zero are given");
	let backed =
		ours::BackedCandidate::new(candidate, vec![], BitVec::new(), ours::CoreIndex(0)).expect("fits");
	let ours = ours::check_backing_votes(&backed, hash, &[], 0, &context, |_| None);
	assert_eq!(ours, Err(ours::BackingVotesError::EmptyGroup), "R-BKV-1");
}

#[test]
fn r_def_19_more_bits_than_votes_pass_there_and_not_here() {
	let pair = ours::ValidatorPair::from_seed(&[1; 32]);
	let candidate = Random::new(0).committed_receipt();
	let hash = candidate.hash();
	let context = ours::SigningContext::default();
	let vote = pair.sign(&ours::CompactStatement::Valid(hash).signing_payload(&context));
	let votes = vec![ours::ValidityAttestation::Explicit(vote)];
	let bits: BitVec<u8, Lsb0> = [true, true].into_iter().collect();
	let backed =
		ours::BackedCandidate::new(candidate, votes, bits.clone(), ours::CoreIndex(0)).expect("fits");
	let same: theirs::BackedCandidate = transcode(&backed);
	let key = pair.public();
	let theirs = theirs::check_candidate_backing(
		transcode(&hash),
		same.validity_votes(),
		&bits,
		&transcode::<theirs::SigningContext>(&context),
		2,
		|_| Some(transcode(&key)),
	);
	assert_eq!(theirs, Ok(1), "R-DEF-19: two bits, one vote");
	let group = [ours::ValidatorIndex(0), ours::ValidatorIndex(1)];
	let ours = ours::check_backing_votes(&backed, hash, &group, 1, &context, |_| Some(&key));
	let expected = ours::BackingVotesError::VotesDoNotMatchBits {
		votes: 1,
		set_bits: 2,
	};
	assert_eq!(ours, Err(expected), "R-BKV-2");
}

/// Upward messages with signals behind a separator: right, damaged, doubled, too many.
fn random_upward(random: &mut Random) -> Vec<Vec<u8>> {
	let mut messages = random.list(2, |random| [vec![1], random.bytes(5)].concat());
	if random.one_in(6) {
		return messages;
	}
	messages.push(Vec::new());
	for _ in 0..random.below(4) {
		let signal = match random.below(5) {
			0 => random.signal().encode(),
			1 => {
				let signal = random.signal().encode();
				random.mutate(signal)
			}
			_ => ours::UmpSignal::SelectCore(
				ours::CoreSelector(random.byte()),
				ours::ClaimQueueOffset(random.below(4) as u8),
			)
			.encode(),
		};
		messages.push(signal);
	}
	messages
}

#[test]
fn r_ump_3_to_r_ump_5_signals_and_core_choice_are_judged_as_there() {
	let mut random = Random::new(5);
	let para = ours::ParaId(7);
	let (mut accepted, mut refused) = (0, 0);
	for _ in 0..30_000 {
		let fields = ours::DescriptorFields {
			para_id: para,
			core_index: random.below(5) as u16,
			..Default::default()
		};
		let mut descriptor = ours::CandidateDescriptor::v2(fields).encode();
		match random.below(4) {
			0 => descriptor[36] = 1,             // version 3
			1 => descriptor[50] = random.byte(), // version 1, unless zero
			_ => {}
		}
		let candidate: ours::CommittedCandidateReceipt = transcode(&(
			transcode::<ours::CandidateDescriptor>(&Raw(descriptor)),
			ours::CandidateCommitments {
				upward_messages: random_upward(&mut random),
				..Default::default()
			},
		));
		let queue: ours::ClaimQueue = (0..random.below(6))
			.map(|core| {
				let claims = random.list(4, |random| random.pick(&[para, para, ours::ParaId(8)]));
				(ours::CoreIndex(core), claims.into())
			})
			.collect();

		let there: theirs::CommittedCandidateReceiptV2 = transcode(&candidate);
		let their_queue: BTreeMap<theirs::CoreIndex, std::collections::VecDeque<theirs::Id>> =
			transcode(&queue);
		let theirs = there.parse_ump_signals(&theirs::transpose_claim_queue(their_queue));

		let version = candidate.descriptor.relaxed_version().expect("0, 1 or version 1");
		let ours = ours::check_signals(version, &candidate.commitments.upward_messages)
			.map_err(|error| error.to_string())
			.and_then(|signals| {
				let core = ours::CoreIndex(candidate.descriptor.core_index().map_or(0, |core| core.0));
				if version != ours::DescriptorVersion::V1 {
					ours::check_core_choice(&queue, para, core, signals.select_core)
						.map_err(|error| error.to_string())?;
				}
				Ok(signals)
			});
		match (&ours, &theirs) {
			(Ok(ours), Ok(theirs)) => {
				accepted += 1;
				let same = theirs
					.core_selector()
					.map(|(selector, offset)| (selector.0, offset.0));
				let here = ours.select_core.map(|(selector, offset)| (selector.0, offset.0));
				assert_eq!(here, same, "R-UMP-3");
				assert_eq!(
					ours.approved_peer.encode(),
					theirs.approved_peer().encode(),
					"R-UMP-3"
				);
			}
			(Err(_), Err(_)) => refused += 1,
			_ => panic!("R-UMP-3..5: ours {ours:?}, theirs {theirs:?}: {candidate:?} {queue:?}"),
		}
	}
	assert!(
		accepted > 3000 && refused > 3000,
		"{accepted} accepted, {refused} refused"
	);
}

/// Bytes that encode as themselves.
struct Raw(Vec<u8>);

impl Encode for Raw {
	fn encode(&self) -> Vec<u8> {
		self.0.clone()
	}
}

#[test]
fn r_avl_0_and_r_avl_4_chunks_proofs_and_roots_are_theirs() {
	let mut random = Random::new(4);
	for (validators, size) in [
		(2, 0),
		(3, 1),
		(4, 63),
		(6, 64),
		(7, 100),
		(10, 1000),
		(33, 5000),
		(100, 9999),
		(300, 2),
	] {
		let data = ours::AvailableData {
			pov: ours::PoV {
				block_data: ours::BlockData(vec![0xa5; size].iter().map(|_| random.byte()).collect()),
			},
			validation_data: random.validation_data(),
		};
		let same: polkadot_node_primitives::AvailableData = transcode(&data);
		let encoded = availability::encode(validators, &data).expect("a legal number of validators");
		let chunks = coding::obtain_chunks_v1(validators, &same).expect("a legal number of validators");
		let branches = coding::branches(&chunks);
		assert_eq!(encoded.root, branches.root(), "R-AVL-4: root for {validators}");
		for (ours, (proof, chunk)) in encoded.chunks.iter().zip(branches) {
			assert_eq!(ours.chunk, chunk, "R-AVL-0: chunk {} of {validators}", ours.index);
			assert_eq!(
				ours.proof.encode(),
				proof.encode(),
				"R-AVL-4: proof {} of {validators}",
				ours.index
			);
			assert_eq!(
				coding::branch_hash(&encoded.root, &proof, ours.index as usize).ok(),
				Some(ours::chunk_hash(chunk)),
				"R-AVL-4: theirs verifies ours"
			);
		}
		// Each side recovers from the other's chunks: from the last ones, so none of them systematic.
		let threshold = ours::recovery_threshold(validators).expect("a legal number of validators");
		let tail = validators - threshold;
		let here: Vec<_> = (0u32..)
			.zip(chunks.iter().map(Vec::as_slice))
			.skip(tail)
			.collect();
		assert_eq!(
			availability::reconstruct(validators, here).as_ref(),
			Ok(&data),
			"R-AVL-1: {validators}"
		);
		let there = encoded.chunks[tail..]
			.iter()
			.map(|chunk| (chunk.chunk.as_slice(), chunk.index as usize));
		let recovered = coding::reconstruct_v1(validators, there).expect("enough chunks");
		assert_eq!(recovered.encode(), data.encode(), "R-AVL-1: {validators}");
	}
}

#[test]
fn r_avl_6_chunks_are_mapped_as_theirs_and_by_the_same_feature() {
	// Sessions from the smallest to larger ones than there are; on each core in turn, and far beyond.
	for validators in [2, 3, 4, 6, 7, 10, 20, 33, 100, 300, 1000] {
		for core in (0..24).chain([199, 1023]) {
			for feature in 0..4 {
				let mut features = ours::NodeFeatures::default();
				features.set(feature, true);
				let there: theirs::NodeFeatures = transcode(&features);
				let mapped = features.is_on(ours::SYSTEMATIC_CHUNKS);
				let all = availability_chunk_indices(&there, validators, theirs::CoreIndex(core))
					.expect("a legal number of validators");
				for (validator, theirs) in (0..).map(ours::ValidatorIndex).zip(all) {
					let ours =
						availability::chunk_index(validators, ours::CoreIndex(core), validator, mapped);
					assert_eq!(
						ours,
						Ok(theirs.0),
						"R-AVL-6: {validator:?} of {validators}, core {core}, feature {feature}"
					);
				}
			}
		}
	}
}

#[test]
fn r_avl_2_plain_chunks_are_theirs_and_either_side_reads_them() {
	let mut random = Random::new(5);
	for (validators, size) in [(2, 0), (7, 100), (10, 1001), (33, 5000), (100, 20_000)] {
		let data = ours::AvailableData {
			pov: ours::PoV {
				block_data: ours::BlockData((0..size).map(|_| random.byte()).collect()),
			},
			validation_data: random.validation_data(),
		};
		let encoded = availability::encode(validators, &data).expect("a legal number of validators");
		let plain = ours::systematic_recovery_threshold(validators).expect("a legal number of validators");
		let plain = &encoded.chunks[..plain];
		let chunks = plain.iter().map(|chunk| chunk.chunk.clone()).collect();
		let there = coding::reconstruct_from_systematic_v1(validators, chunks).expect("these are enough");
		assert_eq!(there.encode(), data.encode(), "R-AVL-2: {validators}");
		let here = availability::reconstruct(
			validators,
			plain.iter().map(|chunk| (chunk.index, &chunk.chunk[..])),
		);
		assert_eq!(here, Ok(data), "R-AVL-2: {validators}");
	}
}
