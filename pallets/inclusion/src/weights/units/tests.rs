//! What one more of each component costs, in numbers.

use super::*;

#[test]
fn r_def_33_r_wgt_6_claim_queues_that_reach_far_are_dearer_to_judge_by() {
	let load = |cores, lookahead| SchedulerLoad {
		cores,
		lookahead,
		..Default::default()
	};
	let units = Units {
		scheduling_parent: 7,
		..Units::of::<()>(&load(0, 0))
	};
	for (count, cores, lookahead, expected) in [
		(1, 200, 5, 7),
		(3, 200, 5, 21),
		(1, 201, 5, 14),
		(1, 200, 6, 14),
		(2, 401, 50, 2 * 3 * 10 * 7),
		(0, 1_000, 256, 0),
	] {
		assert_eq!(
			units.scheduling_parents(count, &load(cores, lookahead)),
			expected,
			"R-DEF-33: {count} claim queues of {cores} cores, {lookahead} blocks ahead"
		);
	}
}

#[test]
fn r_wgt_6_units_are_what_the_second_adds_and_a_tenth() {
	type Row = (&'static str, Weight, u64);
	// In picoseconds. Estimates of whole inherents are in nanoseconds, so each is 1100 times what is written there.
	let rows: [Row; 34] = [
		("empty_inherent", <()>::empty_inherent(), 2_200_000_000),
		("core", <()>::core(), 11_000_000),
		("claim: of 200 cores", <()>::claim(), 110_000),
		("order", <()>::order(), 550_000),
		("core_byte: of an order's eight", <()>::core_byte(), 68_750),
		("pending", <()>::pending(), 22_000_000),
		("bitfield", <()>::bitfield(), 110_000_000),
		("candidate: without its vote", <()>::candidate(), 1_650_000_000),
		(
			"stacked: without what is offered and waits",
			<()>::stacked(),
			55_000_000,
		),
		("vote: of 20 candidates", <()>::vote(), 88_000_000),
		("candidate_byte", <()>::candidate_byte(), 11_000),
		(
			"offered_head_byte: more than any other",
			<()>::offered_head_byte(),
			11_000,
		),
		("listed_watermark", <()>::listed_watermark(), 352_000_000),
		("dispute_vote: two votes", <()>::dispute_vote(), 176_000_000),
		("enactment", <()>::enactment(), 1_650_000_000),
		("offered_upward_queue", <()>::offered_upward_queue(), 132_000_000),
		(
			"offered_horizontal_message",
			<()>::offered_horizontal_message(),
			110_000_000,
		),
		(
			"upward_queue: without a message",
			<()>::upward_queue(),
			825_000_000,
		),
		(
			"downward_queue: without a message",
			<()>::downward_queue(),
			297_000_000,
		),
		(
			"code_upgrade: without 64 bytes",
			<()>::code_upgrade(),
			1_649_648_000,
		),
		("applied_upgrade", <()>::applied_upgrade(), 1_100_000_000),
		("head_byte", <()>::head_byte(), 22_000),
		(
			"inbound_channel: without a message",
			<()>::inbound_channel(),
			220_000_000,
		),
		("stored_watermark", <()>::stored_watermark(), 330_000_000),
		("inbound_message", <()>::inbound_message(), 220_000_000),
		("upward_message", <()>::upward_message(), 55_000_000),
		("upward_byte", <()>::upward_byte(), 5_500),
		("horizontal_message", <()>::horizontal_message(), 110_000_000),
		("horizontal_byte", <()>::horizontal_byte(), 5_500),
		("downward_message", <()>::downward_message(), 33_000_000),
		("code_byte", <()>::code_byte(), 5_500),
		("timeout", <()>::timeout(), 330_000_000),
		("commitments_byte", <()>::commitments_byte(), 11_000),
		("eviction", <()>::eviction(), 330_000_000),
	];
	for (unit, told, expected) in rows {
		assert_eq!(told, Weight::from_parts(expected, 0), "R-WGT-6: {unit}");
	}
	assert_eq!(
		measured(Weight::from_parts(9, 9)),
		Weight::from_parts(9, 0),
		"no tenth of nine"
	);
}

#[test]
fn r_wgt_6_each_output_of_an_enacted_candidate_is_charged() {
	let candidate = |hrmp_watermark, outputs| PendingCandidate {
		para: 2000.into(),
		hash: Default::default(),
		core: 0.into(),
		group: 0.into(),
		relay_parent_number: 5,
		backed_in: 6,
		hrmp_watermark,
		outputs,
		availability_votes: crate::ValidatorBits::none_of(6),
	};
	let units = Units::of::<()>(&SchedulerLoad::default());
	let sizes = |edit: fn(&mut OutputSizes)| {
		let mut outputs = OutputSizes::default();
		edit(&mut outputs);
		outputs
	};
	let rows = [
		("nothing", sizes(|_| {}), 0),
		(
			"upward messages",
			sizes(|of| of.upward_messages = 2),
			825_000_000 + 110_000_000,
		),
		("their bytes", sizes(|of| of.upward_bytes = 30), 165_000),
		(
			"horizontal messages",
			sizes(|of| of.horizontal_messages = 2),
			220_000_000,
		),
		("their bytes", sizes(|of| of.horizontal_bytes = 30), 165_000),
		(
			"downward messages",
			sizes(|of| of.downward_messages = 3),
			297_000_000 + 99_000_000,
		),
		("code", sizes(|of| of.code_bytes = 100), 1_649_648_000 + 550_000),
		("head data", sizes(|of| of.head_bytes = 10), 220_000),
		("an upgrade", sizes(|of| of.applies_upgrade = true), 1_100_000_000),
		("nothing is read again", sizes(|of| of.commitments_bytes = 77), 0),
	];
	for (output, outputs, more) in rows {
		assert_eq!(
			units.enactment(&candidate(5, outputs)),
			1_650_000_000 + more,
			"R-WGT-6: {output}"
		);
	}
	assert_eq!(
		units.enactment(&candidate(4, OutputSizes::default())),
		1_650_000_000 + 330_000_000,
		"R-WGT-6: a watermark that is not the relay parent is stored"
	);
}

#[test]
fn r_wgt_6_an_offered_candidate_pays_for_each_value_that_is_read_for_it() {
	use crate::mock::{code, Candidate, Setup};
	Setup::default().run(|| {
		let units = Units::of::<()>(&SchedulerLoad::default());
		let of = |sends: bool, announces: bool| {
			let candidate = Candidate::first().with(|candidate| {
				let commitments = &mut candidate.commitments;
				commitments.upward_messages = vec![vec![1]; usize::from(sends)];
				commitments.new_validation_code = announces.then(|| code(1));
			});
			units.candidate(&Offered {
				backed: &candidate.back(),
				bytes: 0,
				looks_at_digest: false,
			})
		};
		let plain = of(false, false);
		assert_eq!(of(true, false) - plain, 132_000_000, "R-WGT-6: a queue");
		assert_eq!(of(false, true) - plain, 132_000_000, "R-WGT-6: an upgrade");
		assert_eq!(of(true, true) - plain, 264_000_000, "R-WGT-6: both");
	});
}
