//! The cases: what is wrong, and with which error a block that carries it fails.

use super::*;

macro_rules! case {
	($name:literal, $error:literal, $how:ident, $spoil:expr) => {
		Case {
			name: $name,
			error: $error,
			make: |world| $how(world, $spoil),
		}
	};
}

/// All cases.
pub fn cases() -> Vec<Case> {
	let mut all = bitfields_and_order();
	all.extend(places());
	all.extend(votes());
	all.extend(sizes());
	all
}

fn bitfields_and_order() -> Vec<Case> {
	vec![
		case!(
			"R-BIT-1 duplicate bitfield",
			"BitfieldOutOfOrder",
			with_bitfields,
			|_, all| {
				all.insert(4, all[3].clone());
				&[4]
			}
		),
		case!(
			"R-BIT-1 bitfields out of order",
			"BitfieldOutOfOrder",
			with_bitfields,
			|_, all| {
				all.swap(3, 4);
				&[4]
			}
		),
		case!(
			"R-BIT-1 unknown validator",
			"BitfieldUnknownValidator",
			with_bitfields,
			|world, all| {
				all.push(bitfield(world, VALIDATORS, context(world)));
				&[VALIDATORS as usize]
			}
		),
		case!(
			"R-BIT-1 bitfield of another session",
			"BitfieldBadSignature",
			with_bitfields,
			|world, all| {
				let session_index = world.session() + 1;
				all[5] = bitfield(
					world,
					5,
					SigningContext {
						session_index,
						..context(world)
					},
				);
				&[5]
			}
		),
		case!(
			"R-BIT-1 bitfield for another block",
			"BitfieldBadSignature",
			with_bitfields,
			|world, all| {
				let parent_hash = world.ancestor(1).hash;
				all[5] = bitfield(
					world,
					5,
					SigningContext {
						parent_hash,
						..context(world)
					},
				);
				&[5]
			}
		),
		case!(
			"R-BIT-2 forged bitfield before the real one",
			"BitfieldBadSignature",
			with_bitfields,
			|_, all| {
				let mut forged = all[2].clone();
				forged.signature = all[1].signature.clone();
				all.insert(2, forged);
				&[2, 3]
			}
		),
		case!(
			"R-BIT-1 bits beyond the cores",
			"BitfieldWrongLength",
			with_bitfields,
			|_, all| {
				all[0].payload.0.push(true);
				&[0]
			}
		),
		Case {
			name: "R-INC-3 candidates of paras out of order",
			error: "CandidatesOutOfOrder",
			make: |world| {
				let kept = honest(world);
				let mut data = kept.clone();
				data.backed_candidates.rotate_right(1);
				Offered { data, kept }
			},
		},
		Case {
			name: "R-INC-5 a dispute that is not worth keeping",
			error: "DisputesNotCanonical",
			make: |world| {
				let kept = honest(world);
				let mut data = kept.clone();
				data.disputes.push(DisputeStatementSet {
					candidate_hash: CandidateHash(Hash::repeat_byte(1)),
					session: world.session(),
					statements: Vec::new(),
				});
				Offered { data, kept }
			},
		},
	]
}

fn places() -> Vec<Case> {
	vec![
		case!(
			"R-UMP-5 another para's core",
			"InvalidCoreIndex",
			with_second_draft,
			|_, bad| bad.core = CoreIndex(3)
		),
		case!(
			"R-BCK-3 a core that is taken in this block",
			"CoreNotEligible",
			with_second_draft,
			|_, bad| { bad.core = CoreIndex(0) }
		),
		case!(
			"R-REL-3 relay parent one block too old",
			"DisallowedRelayParent",
			with_chain,
			|world, chain| {
				chain[0].set_relay_parent(world.ancestor(ANCESTRY + 1));
				0
			}
		),
		case!(
			"R-REL-3 unknown relay parent",
			"DisallowedRelayParent",
			with_second_draft,
			|_, bad| { bad.relay_parent.hash = Hash::repeat_byte(7) }
		),
		case!(
			"R-REL-4 relay parent moves backwards",
			"RelayParentMovedBackwards",
			with_second_draft,
			|world, bad| bad.set_relay_parent(world.ancestor(1))
		),
		case!(
			"R-BCK-2 candidate of another session",
			"WrongSession",
			with_second_draft,
			|_, bad| { bad.session += 1 }
		),
		case!(
			"R-FRG-8 head mismatch",
			"ValidationDataMismatch",
			with_second_draft,
			|_, bad| { bad.parent_head = HeadData(vec![7]) }
		),
		case!(
			"R-FRG-16 head data of another candidate",
			"ParaHeadMismatch",
			with_second_draft,
			|_, bad| { bad.para_head = Some(HeadData(vec![7])) }
		),
		case!(
			"R-FRG-2 other code",
			"ValidationCodeMismatch",
			with_second_draft,
			|_, bad| { bad.code = ValidationCode(vec![7; 16]).hash() }
		),
		case!("R-BCK-2 a cycle", "DuplicateCandidate", with_chain, |_, chain| {
			chain[1].commitments.head_data = chain[0].parent_head.clone();
			chain.push(chain[0].clone());
			2
		}),
		case!(
			"R-BCK-4 two candidates on one parent",
			"ValidationDataMismatch",
			with_chain,
			|world, chain| {
				chain[1] = Draft::new(world, PARA, 1, world.head(PARA), 9);
				1
			}
		),
		case!(
			"R-DEP-1 a chain too deep",
			"TooDeep",
			with_chain,
			|world, chain| {
				chain.push(chain[1].child(world, 2, 3));
				2
			}
		),
	]
}

fn votes() -> Vec<Case> {
	vec![
		case!(
			"R-BKV-1 too few votes",
			"TooFewVotes",
			with_second_draft,
			|_, bad| bad.votes = 1
		),
		case!(
			"R-BKV-3 votes of others than the group",
			"BadVoteSignature",
			with_second_draft,
			|world, bad| { bad.signers = Some(world.members(2, world.ancestor(0).number + 1)) }
		),
		case!(
			"R-GRP-1 the group of the time before",
			"BadVoteSignature",
			with_chain,
			|world, chain| {
				let now = world.members(0, BLOCK);
				let rotated = (1..=ANCESTRY)
					.map(|age| world.ancestor(age))
					.find(|ancestor| world.members(0, ancestor.number + 1) != now);
				chain[0].set_relay_parent(rotated.expect("groups rotate within the window"));
				chain[0].signers = Some(now);
				0
			}
		),
		case!(
			"R-BKV-2 more bits than votes",
			"VotesDoNotMatchBits",
			with_second,
			|bad| { bad.validity_votes.truncate(1) }
		),
		case!("R-BKV-2 a bit too many", "WrongVoteBits", with_second, |bad| {
			bad.validator_indices.push(false)
		}),
		case!("R-BIN-16 no bits", "MalformedVotes", with_second, |bad| bad
			.validator_indices
			.clear()),
		case!(
			"R-DEF-20, R-INC-4 votes swapped",
			"BadVoteSignature",
			with_second,
			|bad| { bad.validity_votes.swap(0, 1) }
		),
	]
}

fn sizes() -> Vec<Case> {
	vec![
		case!(
			"R-FRG-3 head data too large",
			"HeadDataTooLarge",
			with_second_draft,
			|world, bad| { bad.commitments.head_data = HeadData(vec![1; world.limits().1 as usize + 1]) }
		),
		case!(
			"R-FRG-6 code too large",
			"CodeTooLarge",
			with_second_draft,
			|world, bad| {
				bad.commitments.new_validation_code =
					Some(ValidationCode(vec![1; world.limits().2 as usize + 1]))
			}
		),
		case!(
			"R-FRG-10 too many upward messages",
			"TooManyUpwardMessages",
			with_second_draft,
			|_, bad| { bad.commitments.upward_messages = vec![vec![1]; 17] }
		),
		case!(
			"R-FRG-12 an upward message too large",
			"UpwardMessageTooLarge",
			with_second_draft,
			|_, bad| { bad.commitments.upward_messages = vec![vec![1; 64 * 1024 + 1]] }
		),
		case!(
			"R-FRG-7 too many horizontal messages",
			"TooManyHorizontalMessages",
			with_second_draft,
			|_, bad| {
				let to = |para| OutboundHrmpMessage {
					recipient: ParaId(para),
					data: Vec::new(),
				};
				bad.commitments.horizontal_messages = (0..11).map(to).collect()
			}
		),
		case!(
			"R-WGT-1 more than a block",
			"Overweight",
			with_second_draft,
			|_, bad| { bad.commitments.upward_messages = vec![vec![1; 5 * 1024 * 1024]] }
		),
	]
}
