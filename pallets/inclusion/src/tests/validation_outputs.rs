//! What the API says of outputs, and what the chain says of a candidate that has them (R-DEF-45).

use super::queries::between_blocks;
use crate::{mock::*, Pallet};
use async_backing_primitives::{
	CandidateCommitments, ClaimQueueOffset, CoreSelector, HeadData, OutboundHrmpMessage, ParaId, UmpSignal,
	ValidationCode, MAX_COMMITMENTS_SIZE,
};
use codec::Encode;
use proptest::prelude::*;

type Queries = Pallet<Test>;

/// What is special about outputs, and about the state in which they are judged.
#[derive(Clone, Debug)]
struct Outputs {
	head_bytes: usize,
	/// Bytes of each upward message; none is the separator.
	upward: Vec<usize>,
	/// What follows the first separator.
	signals: Vec<Vec<u8>>,
	horizontal: Vec<(ParaId, usize)>,
	code_bytes: Option<usize>,
	downward: u32,
	watermark_age: u32,
	prepare: Vec<u8>,
}

impl Outputs {
	fn commitments(&self, relay_parent: u32) -> CandidateCommitments {
		let separated = (!self.signals.is_empty()).then(Vec::new);
		let horizontal = self
			.horizontal
			.iter()
			.map(|(recipient, bytes)| OutboundHrmpMessage {
				recipient: *recipient,
				data: vec![1; *bytes],
			});
		CandidateCommitments {
			upward_messages: self
				.upward
				.iter()
				.map(|bytes| vec![1; *bytes])
				.chain(separated)
				.chain(self.signals.iter().cloned())
				.collect(),
			horizontal_messages: horizontal.collect(),
			new_validation_code: self.code_bytes.map(|bytes| ValidationCode(vec![7; bytes])),
			head_data: HeadData(vec![1; self.head_bytes]),
			processed_downward_messages: self.downward,
			hrmp_watermark: (relay_parent + 1).saturating_sub(self.watermark_age),
		}
	}

	fn prepare(&self, state: &mut State) {
		state.config.max_head_data_size = 40;
		state.config.max_code_size = 20;
		state.config.max_upward_message_size = 5;
		state.config.max_upward_message_num_per_candidate = 3;
		state.config.max_upward_queue_count = 4;
		state.config.hrmp_max_message_num_per_candidate = 2;
		state.channels.insert((PARA, OTHER), (3, 10, 4));
		state.watermarks.insert(PARA, vec![2]);
		for what in &self.prepare {
			match what {
				0 => drop(state.restricted.insert(PARA)),
				1 => drop(state.leaving.insert(PARA)),
				2 => drop(state.downward.insert(PARA, vec![3])),
				3 => drop(state.upward.insert(PARA, (3, 3))),
				4 => drop(state.contexts.insert(PARA, 3)),
				5 => drop(state.future_codes.insert(PARA, (4, code(1).hash()))),
				_ => drop(state.channels.remove(&(PARA, OTHER))),
			}
		}
	}

	/// What the API says in the state of block 4, and what block 5 says of a candidate on it with these outputs.
	fn answer_and_verdict(&self) -> (bool, bool) {
		let mut told = (false, false);
		Setup::default().run(|| {
			run_to(4);
			neighbours(|state| self.prepare(state));
			let outputs = self.commitments(4);
			let answer = between_blocks(|| Queries::check_validation_outputs(PARA, &outputs));
			let candidate = Candidate::first().with(|candidate| candidate.commitments = outputs);
			assert_eq!(candidate.relay_parent.number, 4);
			let filtered = Queries::filter(inherent(&[], &[&candidate]));
			told = (answer, filtered.backed_candidates.len() == 1);
		});
		told
	}
}

fn good_outputs() -> Outputs {
	Outputs {
		head_bytes: 3,
		upward: Vec::new(),
		signals: Vec::new(),
		horizontal: Vec::new(),
		code_bytes: None,
		downward: 0,
		watermark_age: 1,
		prepare: Vec::new(),
	}
}

#[test]
fn r_def_45_outputs_that_the_chain_refuses_are_refused_by_the_api() {
	type Row = (&'static str, fn(&mut Outputs), bool);
	let select = |selector, offset| UmpSignal::SelectCore(CoreSelector(selector), ClaimQueueOffset(offset));
	let near = select(0, 0).encode();
	assert_eq!(near, [0, 0, 0], "R-BIN-20");
	let rows: [Row; 22] = [
		("nothing special", |_| {}, true),
		("R-FRG-3", |outputs| outputs.head_bytes = 41, false),
		("R-CODE-1: no code", |outputs| outputs.code_bytes = Some(8), false),
		("R-CODE-1: smallest", |outputs| outputs.code_bytes = Some(9), true),
		("R-FRG-6", |outputs| outputs.code_bytes = Some(21), false),
		(
			"R-CODE-2",
			|outputs| (outputs.code_bytes, outputs.prepare) = (Some(9), vec![0]),
			false,
		),
		(
			"R-UMP-3: a signal",
			|outputs| outputs.signals = vec![vec![0, 0, 0]],
			true,
		),
		(
			"R-UMP-3: undecodable",
			|outputs| outputs.signals = vec![vec![9]],
			false,
		),
		(
			"R-UMP-3: twice",
			|outputs| outputs.signals = vec![vec![0, 0, 0]; 2],
			false,
		),
		(
			"R-UMP-3: three",
			|outputs| outputs.signals = vec![vec![0, 0, 0], vec![1, 0], vec![1, 0]],
			false,
		),
		(
			"R-UMP-5: nobody's turn",
			|outputs| outputs.signals = vec![vec![0, 0, 200]],
			false,
		),
		(
			"R-UMP-6",
			|outputs| (outputs.upward, outputs.prepare) = (vec![1], vec![1]),
			false,
		),
		(
			"R-UMP-6: a signal",
			|outputs| (outputs.signals, outputs.prepare) = (vec![vec![0, 0, 0]], vec![1]),
			true,
		),
		("R-FRG-10", |outputs| outputs.upward = vec![1; 4], false),
		(
			"R-CON-3",
			|outputs| (outputs.upward, outputs.prepare) = (vec![1; 2], vec![3]),
			false,
		),
		("R-FRG-12: upward", |outputs| outputs.upward = vec![6], false),
		(
			"R-FRG-12: horizontal",
			|outputs| outputs.horizontal = vec![(OTHER, 5)],
			false,
		),
		(
			"R-FRG-1",
			|outputs| outputs.horizontal = vec![(OTHER, 1); 2],
			false,
		),
		(
			"R-CON-2",
			|outputs| outputs.horizontal = vec![(ParaId(2002), 1)],
			false,
		),
		("R-FRG-9", |outputs| outputs.prepare = vec![2], false),
		("R-CON-4", |outputs| outputs.downward = 1, false),
		("R-CON-1: ahead", |outputs| outputs.watermark_age = 0, false),
	];
	for (name, change, expected) in rows {
		let mut outputs = good_outputs();
		change(&mut outputs);
		assert_eq!(
			outputs.answer_and_verdict(),
			(expected, expected),
			"R-DEF-45: {name}"
		);
	}
	// More than storage can hold, whatever the configuration says.
	Setup::default().run(|| {
		neighbours(|state| {
			state.config.max_upward_message_size = u32::MAX;
			state.config.max_upward_queue_size = u32::MAX;
		});
		run_to(4);
		between_blocks(|| {
			let mut outputs = good_outputs().commitments(now());
			outputs.upward_messages = vec![vec![1; MAX_COMMITMENTS_SIZE as usize]];
			assert!(!Queries::check_validation_outputs(PARA, &outputs), "R-FRG-16");
			outputs.upward_messages = vec![vec![1; MAX_COMMITMENTS_SIZE as usize - 100]];
			assert!(Queries::check_validation_outputs(PARA, &outputs), "R-FRG-16");
		});
	});
}

proptest! {
	#[test]
	fn r_def_45_the_api_and_the_chain_say_the_same_of_outputs(
		head_bytes in prop_oneof![0..4_usize, 39..42_usize],
		upward in proptest::collection::vec(prop_oneof![1..3_usize, 4..7_usize], 0..5),
		signals in proptest::collection::vec(
			prop_oneof![
				(0_u8..3, 0_u8..8).prop_map(|(selector, offset)| vec![0, selector, offset]),
				Just(vec![1, 4, 7]),
				proptest::collection::vec(any::<u8>(), 0..4),
			],
			0..4,
		),
		horizontal in proptest::collection::vec((prop_oneof![Just(OTHER), Just(ParaId(2002))], 0..6_usize), 0..3),
		code_bytes in proptest::option::of(prop_oneof![0..3_usize, 8..10_usize, 19..22_usize]),
		downward in 0..3_u32,
		watermark_age in 0..5_u32,
		prepare in proptest::collection::vec(0_u8..7, 0..4),
	) {
		let outputs = Outputs {
			head_bytes, upward, signals, horizontal, code_bytes, downward, watermark_age, prepare,
		};
		let (answer, verdict) = outputs.answer_and_verdict();
		prop_assert_eq!(answer, verdict, "R-DEF-45: {:?}", outputs);
	}
}

#[test]
fn outputs_are_checked_on_the_included_head() {
	Setup::default().run(|| {
		run_to(4);
		between_blocks(|| {
			let mut good = Candidate::first().commitments.clone();
			good.hrmp_watermark = now();
			assert!(Queries::check_validation_outputs(PARA, &good));
			let mut large = good.clone();
			large.head_data = HeadData(vec![0; 30_000]);
			assert!(!Queries::check_validation_outputs(PARA, &large), "R-FRG-3");
			let mut ahead = good.clone();
			ahead.hrmp_watermark = 100;
			assert!(!Queries::check_validation_outputs(PARA, &ahead), "R-CON-1");
			assert!(
				!Queries::check_validation_outputs(ParaId(2009), &good),
				"R-BASE-16"
			);
		});
	});
}
