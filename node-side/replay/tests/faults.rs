//! One thing that is wrong is found, and nothing else is blamed for it.

mod common;

use async_backing_primitives::{
	AvailabilityBitfield, BackedCandidate, CandidateEvent, CoreIndex, DescriptorFields, GroupIndex,
	ParachainsInherentData,
};
use async_backing_replay::{judge, replay, Block, Options, Question, Report, Told};
use common::{chain, inherent, rest, Spelling};

fn judged(blocks: Vec<Block>) -> Report {
	judge(blocks, &Options::default(), None)
}

fn in_inherent(block: &mut Block, change: impl FnOnce(&mut ParachainsInherentData)) {
	let mut data = block.inherent.take().expect("it has one").data;
	change(&mut data);
	block.inherent = Some(inherent(&data));
}

fn events(block: &mut Block) -> &mut Vec<Told> {
	block.events.as_mut().expect("they are told")
}

fn disagreements(report: &Report) -> Vec<(Question, usize)> {
	let all = Question::ALL
		.iter()
		.map(|question| (*question, report.total.of(*question).disagree.len()));
	all.filter(|(_, count)| *count > 0).collect()
}

#[test]
fn r_bit_1_bitfields_of_another_length_are_no_votes() {
	let shorten = |block: &mut Block, which: std::ops::Range<usize>, bits: usize| {
		in_inherent(block, |data| {
			for bitfield in &mut data.bitfields[which] {
				bitfield.payload.0.resize(bits, true);
			}
		});
	};
	// The first alone is wrong: the block has two cores nevertheless, and five of six votes are enough.
	let mut blocks = chain(4);
	shorten(&mut blocks[2], 0..1, 8);
	let report = judged(blocks);
	assert!(report.blocks.iter().all(|block| block.cores == 2), "{report}");
	assert_eq!(disagreements(&report), [(Question::Order, 1)], "{report}");
	// Three of six are left, and five are needed: what was included had no votes.
	let mut blocks = chain(4);
	shorten(&mut blocks[2], 0..3, 3);
	let report = judged(blocks);
	assert_eq!(
		report.total.of(Question::Order).disagree.len(),
		1,
		"told once for all of a length"
	);
	assert_eq!(
		report.total.of(Question::Availability).disagree.len(),
		2,
		"R-ENA-3: {report}"
	);
	let mut blocks = chain(4);
	in_inherent(&mut blocks[2], |data| {
		data.bitfields[0].payload = AvailabilityBitfield(Default::default());
	});
	assert!(!judged(blocks).passes());
}

#[test]
fn bits_that_nobody_told_decide_nothing() {
	let folder = std::env::temp_dir().join(format!("async-backing-replay-no-bits-{}", std::process::id()));
	std::fs::create_dir_all(&folder).expect("there is room");
	let told: serde_json::Value = chain(4)
		.iter()
		.map(|block| {
			let mut told = rest(block, Spelling::Camel);
			told["extrinsics"][1]["hash"] = serde_json::Value::Null;
			told
		})
		.collect();
	let path = folder.join("range.json");
	std::fs::write(&path, told.to_string()).expect("there is room");
	let report = replay(&[path], &Options::default(), None);
	let _gone_or_not = std::fs::remove_dir_all(&folder);
	assert!(report.passes(), "{report}");
	for question in [
		Question::Encoding,
		Question::Group,
		Question::Votes,
		Question::Availability,
		Question::Choice,
	] {
		let tally = report.total.of(question);
		assert!(
			tally.agree == 0 && tally.undecided_count() > 0,
			"{question:?}: {tally:?}"
		);
	}
	assert!(
		report.blocks.iter().all(|block| block.cores == 0),
		"nobody told how many there are"
	);
}

/// The chain with descriptors of version 1, which name no core.
fn version_1(length: u32) -> Vec<Block> {
	let mut blocks = chain(length);
	let mut renamed = std::collections::BTreeMap::new();
	for block in &mut blocks {
		in_inherent(block, |data| {
			for backed in &mut data.backed_candidates {
				let old = backed.hash();
				let mut bytes = codec::Encode::encode(&backed.candidate.descriptor);
				bytes[36..68].fill(9);
				bytes[164..228].fill(9);
				backed.candidate.descriptor =
					codec::Decode::decode(&mut &bytes[..]).expect("any bytes are one");
				// What it signals is for version 2.
				backed.candidate.commitments.upward_messages.clear();
				renamed.insert(old, backed.candidate.to_plain());
			}
		});
		for told in events(block) {
			if let Some(receipt) = renamed.get(&told.receipt().hash()) {
				told.candidate_hash = Some(receipt.hash());
				match &mut told.event {
					CandidateEvent::CandidateBacked(old, ..)
					| CandidateEvent::CandidateIncluded(old, ..)
					| CandidateEvent::CandidateTimedOut(old, ..) => *old = receipt.clone(),
				}
			}
		}
	}
	blocks
}

fn without_core(backed: &mut BackedCandidate) {
	let bits = backed.validator_indices.len() - 8;
	backed.validator_indices.truncate(bits);
}

#[test]
fn r_bin_16_r_bck_3_a_wrong_core_of_version_1_is_a_disagreement() {
	assert_eq!(DescriptorFields::default().core_index, 0);
	let report = judged(version_1(4));
	assert_eq!(disagreements(&report), [], "{report}");
	assert_eq!(report.total.of(Question::Core).agree, 8, "{report}");
	// Every bit but one is right, so that votes alone say that there is a core.
	let mut blocks = version_1(4);
	in_inherent(&mut blocks[2], |data| {
		let bits = &mut data.backed_candidates[1].validator_indices;
		let at = bits.len() - 7;
		bits.set(at, true);
	});
	let report = judged(blocks);
	assert_eq!(report.total.of(Question::Core).disagree.len(), 1, "{report}");
	// One without the bits, where the other has them.
	let mut blocks = version_1(4);
	in_inherent(&mut blocks[2], |data| {
		without_core(&mut data.backed_candidates[1])
	});
	let report = judged(blocks);
	let undecided = report.total.of(Question::Core).undecided;
	assert!(
		undecided
			.keys()
			.any(|why| why.contains("although others of its block do")),
		"{undecided:?}"
	);
	// None has them: the chain is older.
	let mut blocks = version_1(1);
	in_inherent(&mut blocks[0], |data| {
		data.backed_candidates.iter_mut().for_each(without_core)
	});
	let report = judged(blocks);
	let undecided = report.total.of(Question::Core).undecided;
	assert!(
		undecided.keys().all(|why| why.contains("the chain is older")),
		"{undecided:?}"
	);
}

#[test]
fn r_grp_1_one_wrong_event_blames_no_other() {
	// The first candidate of all, by which rotations were fixed once.
	for at in [0, 3] {
		let mut blocks = chain(6);
		for told in events(&mut blocks[at]) {
			if let CandidateEvent::CandidateBacked(.., group) = &mut told.event {
				*group = GroupIndex(1 - group.0);
				break;
			}
		}
		let report = judged(blocks);
		let expected = [(Question::Group, 2)];
		assert_eq!(
			disagreements(&report),
			expected,
			"the event, and that of its inclusion: {report}"
		);
		assert_eq!(report.total.of(Question::Group).agree, 10, "all others: {report}");
	}
}

#[test]
fn r_ena_3_events_that_no_chain_can_tell() {
	type Change = fn(&mut Vec<Block>);
	let faults: [(&str, &str, Change); 6] = [
		(
			"included where it is backed",
			"is included in the block that backs it",
			|blocks| {
				let included = events(&mut blocks[3])[0].clone();
				events(&mut blocks[2]).push(included);
			},
		),
		("included twice", "included, but was included in", |blocks| {
			let included = events(&mut blocks[2])[0].clone();
			events(&mut blocks[4]).push(included);
		}),
		(
			"included twice in a block",
			"is included twice in the block",
			|blocks| {
				let included = events(&mut blocks[2])[0].clone();
				events(&mut blocks[2]).push(included);
			},
		),
		(
			"backed twice in a block",
			"is backed twice in the block",
			|blocks| {
				let backed = events(&mut blocks[2]).last().expect("there are some").clone();
				events(&mut blocks[2]).push(backed);
			},
		),
		(
			"included and timed out",
			"is included and timed out in one block",
			|blocks| {
				let timed_out = timed_out(&events(&mut blocks[2])[0]);
				events(&mut blocks[2]).push(timed_out);
			},
		),
		(
			"timed out after its inclusion",
			"timed out, but was included in",
			|blocks| {
				let timed_out = timed_out(&events(&mut blocks[2])[0]);
				events(&mut blocks[4]).push(timed_out);
			},
		),
	];
	for (name, expected, change) in faults {
		let mut blocks = chain(6);
		change(&mut blocks);
		let report = judged(blocks);
		let found = report.total.of(Question::Availability).disagree;
		assert!(
			found.iter().any(|what| what.contains(expected)),
			"{name}: {found:?}"
		);
	}
	// What is told twice counts once.
	let mut blocks = chain(3);
	let doubled = events(&mut blocks[1])[0].clone();
	events(&mut blocks[1]).push(doubled);
	let report = judged(blocks);
	assert_eq!(report.paras["test"][&2000].included, 2);
	assert_eq!(report.blocks[1].included, Some(2));
}

fn timed_out(told: &Told) -> Told {
	let CandidateEvent::CandidateIncluded(receipt, head, core, _) = told.event.clone() else {
		panic!("it is included")
	};
	Told {
		event: CandidateEvent::CandidateTimedOut(receipt, head, core),
		..told.clone()
	}
}

#[test]
fn r_tmo_2_a_time_out_is_undecided_as_the_period_is_in_no_block() {
	let mut blocks = chain(3);
	in_inherent(&mut blocks[2], |data| {
		data.bitfields
			.iter_mut()
			.for_each(|bitfield| bitfield.payload.0.fill(false));
	});
	let told = events(&mut blocks[2]);
	let out: Vec<_> = told[..2].iter().map(timed_out).collect();
	told.splice(..2, out);
	let report = judged(blocks);
	let tally = report.total.of(Question::Availability);
	assert!(tally.disagree.is_empty(), "{report}");
	let why = "after how many blocks candidates time out is configured, and in no block (R-TMO-2)";
	assert_eq!(
		(tally.agree, tally.undecided.get(why)),
		(2, Some(&2)),
		"{tally:?}"
	);
}

#[test]
fn an_inclusion_is_of_the_core_and_group_that_it_was_backed_by() {
	let mut blocks = chain(4);
	if let CandidateEvent::CandidateIncluded(_, _, core, group) = &mut events(&mut blocks[2])[0].event {
		*core = CoreIndex(1 - core.0);
		*group = GroupIndex(1 - group.0);
	}
	let report = judged(blocks);
	assert_eq!(
		disagreements(&report),
		[(Question::Core, 1), (Question::Group, 1)],
		"{report}"
	);
}

#[test]
fn r_inc_1_a_wrong_number_is_one_disagreement() {
	let mut blocks = chain(4);
	blocks[2].number = Some(7);
	let report = judged(blocks);
	assert_eq!(
		disagreements(&report),
		[(Question::Parent, 1)],
		"the header tells the number: {report}"
	);
}

#[test]
fn r_bit_1_cores_are_as_many_as_events_name_where_bitfields_are_divided() {
	// One bit is too few for the cores that events name, three are too many for their rotation.
	for bits in [1, 3] {
		let mut blocks = chain(12);
		for block in &mut blocks {
			in_inherent(block, |data| {
				for bitfield in &mut data.bitfields[..3] {
					bitfield.payload.0.resize(bits, false);
				}
			});
		}
		let report = judged(blocks);
		assert!(
			report.blocks.iter().all(|block| block.cores == 2),
			"{bits}: {report}"
		);
	}
}
