//! What is judged, and that each fault is found by the question that it belongs to.

mod common;

use async_backing_primitives::{
	AsyncBackingParams, CandidateEvent, CoreIndex, GroupIndex, HeadData, ParachainsInherentData,
};
use async_backing_replay::{judge, Block, Options, Question, Report};
use common::{chain, inherent};

fn judged(blocks: Vec<Block>) -> Report {
	judge(blocks, &Options::default(), None)
}

#[test]
fn r_sel_3_a_history_by_the_rules_agrees_in_everything_that_it_decides() {
	let report = judged(chain(8));
	assert!(report.passes(), "{report}");
	for (question, agree, undecided) in [
		(Question::Encoding, 16, 0),
		(Question::Parent, 16, 0),
		(Question::CandidateHash, 30 + 16, 0),
		(Question::Commitments, 16, 0),
		(Question::ParaHead, 30 + 16, 0),
		(Question::Core, 16, 0),
		// One of them fixes where the session began.
		(Question::Group, 15, 1),
		(Question::Votes, 16, 0),
		(Question::Availability, 14, 0),
		// The relay parent two back of the first block is known by its hash alone; its parent's head is from before.
		(Question::RelayParent, 16, 0),
		(Question::ValidationData, 14, 2),
		// Of the first block the leaf isn't there, and at the second nothing is included yet.
		(Question::Choice, 12, 4),
		(Question::Signature, 0, 8 * (6 + 4)),
	] {
		let tally = report.total.of(question);
		assert_eq!(
			(tally.agree, tally.undecided_count()),
			(agree, undecided),
			"{question:?}: {tally:?}"
		);
	}
	assert_eq!(report.lags, [(1, 8), (2, 8)].into());
	assert_eq!(report.messages.upward, 16);
	assert_eq!(report.messages.signals, 16);
	let [run] = &report.runs[..] else {
		panic!("one piece of chain")
	};
	assert_eq!((run.params, run.validators.clone()), ((1, 1), vec![Some((6, 6))]));
	assert_eq!(run.max_pov_sizes, [common::POV]);
	let para = &report.paras["test"][&2000];
	assert_eq!((para.backed, para.included), (8, 7));
	assert_eq!(para.to_inclusion, [(1, 7)].into());
	// The report is for people as well.
	let text = report.to_string();
	assert!(
		text.contains("chosen by the tree") && text.contains("undecided, signatures: 80"),
		"{text}"
	);
}

#[test]
fn r_rel_3_told_parameters_are_judged_by() {
	let with = |max_candidate_depth, allowed_ancestry_len| {
		let params = AsyncBackingParams {
			max_candidate_depth,
			allowed_ancestry_len,
		};
		judge(
			chain(6),
			&Options {
				params: Some(params),
				..Options::default()
			},
			None,
		)
	};
	assert!(with(3, 2).passes(), "R-ABP-1: they allow more than was used");
	let shallow = with(0, 2);
	assert!(
		!shallow.total.of(Question::Choice).disagree.is_empty(),
		"R-DEP-1: depth 1 was used"
	);
	let narrow = with(3, 0);
	assert!(
		!narrow.total.of(Question::RelayParent).disagree.is_empty(),
		"R-REL-3: two back was used"
	);
}

#[test]
fn missing_neighbours_leave_undecided_what_they_would_decide() {
	let mut blocks = chain(5);
	let alone = judged(vec![blocks.remove(2)]);
	assert!(alone.passes(), "{alone}");
	assert_eq!(alone.total.of(Question::Choice).agree, 0);
	assert_eq!(
		alone.total.of(Question::Availability).agree,
		2,
		"the votes are in the block itself"
	);
	let parted = judged(blocks);
	assert!(parted.passes(), "{parted}");
	assert_eq!(parted.runs.len(), 2);
}

#[test]
fn what_is_told_less_decides_less() {
	let bare: Vec<_> = chain(3)
		.into_iter()
		.map(|block| Block {
			inherent: block.inherent,
			..Block::default()
		})
		.collect();
	let report = judged(bare);
	assert!(report.passes(), "{report}");
	assert_eq!(report.total.of(Question::CandidateHash).agree, 0);
	assert_eq!(report.blocks[0].number, Some(common::FIRST));
	let nothing = judged(vec![Block::default()]);
	assert!(nothing.passes(), "{nothing}");
	assert_eq!(nothing.total.of(Question::Encoding).undecided_count(), 1);
}

#[test]
fn the_same_block_twice_counts_once() {
	let report = judged([chain(3), chain(3)].concat());
	assert_eq!((report.blocks.len(), report.duplicates), (3, 3));
	let bare = chain(3).into_iter().map(|block| Block {
		inherent: block.inherent,
		..Block::default()
	});
	let report = judged(bare.chain(chain(2)).collect());
	assert_eq!(
		(report.blocks.len(), report.duplicates),
		(3, 2),
		"told by its extrinsic"
	);
}

/// Changes the inherent of a block, and what was told of its bytes with it.
fn in_inherent(block: &mut Block, change: impl FnOnce(&mut ParachainsInherentData)) {
	let mut data = block.inherent.take().expect("it has one").data;
	change(&mut data);
	block.inherent = Some(inherent(&data));
}

fn events(block: &mut Block) -> &mut Vec<async_backing_replay::Told> {
	block.events.as_mut().expect("they are told")
}

#[test]
fn each_fault_is_found_by_its_question() {
	type Fault = (&'static str, Question, fn(&mut Block));
	let faults: [Fault; 14] = [
		("the parent is another", Question::Parent, |block| {
			block.parent_hash = Some(Default::default())
		}),
		("the number is another", Question::Parent, |block| {
			block.number = Some(7)
		}),
		("the extrinsic is another", Question::Encoding, |block| {
			block.inherent.as_mut().expect("it has one").told_hash = Some(Default::default());
		}),
		("a candidate is another", Question::CandidateHash, |block| {
			in_inherent(block, |data| {
				data.backed_candidates[0].candidate.commitments.hrmp_watermark += 1
			});
		}),
		("an event tells another hash", Question::CandidateHash, |block| {
			events(block)[0].candidate_hash = Some(Default::default());
		}),
		(
			"head data are not those of the descriptor",
			Question::ParaHead,
			|block| {
				for told in events(block) {
					if let CandidateEvent::CandidateIncluded(_, head, ..) = &mut told.event {
						*head = HeadData(vec![1]);
					}
				}
			},
		),
		("another core", Question::Core, |block| {
			for told in events(block) {
				if let CandidateEvent::CandidateBacked(_, _, core, _) = &mut told.event {
					*core = CoreIndex(1 - core.0);
				}
			}
		}),
		("another group", Question::Group, |block| {
			for told in events(block) {
				if let CandidateEvent::CandidateBacked(.., group) = &mut told.event {
					*group = GroupIndex(1 - group.0);
					break;
				}
			}
		}),
		("a vote is gone", Question::Votes, |block| {
			in_inherent(block, |data| {
				data.backed_candidates[0].validity_votes.pop();
			});
		}),
		("bits for a larger group", Question::Votes, |block| {
			in_inherent(block, |data| {
				data.backed_candidates[0].validator_indices.insert(0, false)
			});
		}),
		(
			"nobody attests, and both are included",
			Question::Availability,
			|block| {
				in_inherent(block, |data| {
					data.bitfields
						.iter_mut()
						.for_each(|bitfield| bitfield.payload.0.fill(false))
				});
			},
		),
		(
			"everybody attests, and one is not included",
			Question::Availability,
			|block| {
				events(block).remove(0);
			},
		),
		("candidates stand in another order", Question::Order, |block| {
			in_inherent(block, |data| data.backed_candidates.reverse());
		}),
		("bitfields stand in another order", Question::Order, |block| {
			in_inherent(block, |data| data.bitfields.swap(0, 1));
		}),
	];
	for (name, question, change) in faults {
		let mut blocks = chain(6);
		change(&mut blocks[3]);
		let report = judged(blocks);
		let found = report.total.of(question).disagree;
		assert!(!found.is_empty(), "{name}: {question:?} finds nothing\n{report}");
		assert!(!report.passes());
	}
}

#[test]
fn r_sel_3_r_pvd_1_a_candidate_that_builds_on_another_head_is_found() {
	// The third block backs again what the first one did: its parent is not the newest head.
	let mut blocks = chain(4);
	let first = blocks[1]
		.inherent
		.clone()
		.expect("it has one")
		.data
		.backed_candidates[0]
		.clone();
	let events_of_first = events(&mut blocks[1]).clone();
	in_inherent(&mut blocks[3], |data| data.backed_candidates[0] = first.clone());
	for told in events(&mut blocks[3]) {
		let is_backed = matches!(told.event, CandidateEvent::CandidateBacked(..));
		if is_backed && told.receipt().descriptor.para_id() == common::PARAS[0] {
			let again = events_of_first
				.iter()
				.find(|other| other.receipt().hash() == first.hash());
			*told = again.expect("it was backed").clone();
		}
	}
	let report = judged(blocks);
	assert!(
		!report.total.of(Question::ValidationData).disagree.is_empty(),
		"R-PVD-1: {report}"
	);
	assert!(
		!report.total.of(Question::RelayParent).disagree.is_empty(),
		"R-REL-4: {report}"
	);
	assert!(
		!report.total.of(Question::Choice).disagree.is_empty(),
		"R-SEL-3: {report}"
	);
}

#[test]
fn r_avl_1_an_index_that_no_validator_has_costs_nothing() {
	let mut blocks = chain(3);
	in_inherent(&mut blocks[1], |data| {
		data.bitfields[5].validator_index = async_backing_primitives::ValidatorIndex(u32::MAX);
	});
	let report = judged(blocks);
	assert!(
		report.total.of(Question::Availability).undecided_count() > 0,
		"{report}"
	);
}
