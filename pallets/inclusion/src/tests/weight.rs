//! What an inherent costs, and what happens when a block has no room for all of it.

use crate::{inherent::Call, mock::*, weights::UnitWeights, Error, OutputSizes, Pallet, RelayParentWindow};
use async_backing_primitives::{
	CandidateHash, DisputeStatement, DisputeStatementSet, Hash, InvalidDisputeStatementKind,
	OutboundHrmpMessage, ParachainsInherentData, ValidatorIndex,
};
use codec::Encode;
use frame_support::{
	assert_noop, assert_ok,
	dispatch::{DispatchClass, GetDispatchInfo},
	weights::{constants::WEIGHT_REF_TIME_PER_SECOND, Weight},
};

fn weight(data: &ParachainsInherentData) -> Weight {
	let info = Call::<Test>::enter { data: data.clone() }.get_dispatch_info();
	assert_eq!(info.class, DispatchClass::Mandatory);
	info.call_weight
}

/// Execution time, in microseconds.
fn micros(data: &ParachainsInherentData) -> u64 {
	weight(data).ref_time() / 1_000_000
}

fn micros_of(weight: Weight) -> u64 {
	weight.ref_time() / 1_000_000
}

/// What an inherent takes whatever it carries, where so many candidates wait.
fn fixed(waiting: u64) -> Weight {
	use async_backing_primitives::ports::CoreScheduler;
	let cores = u64::from(Scheduler::core_count());
	<()>::empty_inherent()
		.saturating_add(<()>::core().saturating_mul(cores))
		.saturating_add(<()>::pending().saturating_mul(waiting))
}

fn dispute(candidate: u8, votes: u32) -> DisputeStatementSet {
	let against = DisputeStatement::Invalid(InvalidDisputeStatementKind::Explicit);
	let signature = bitfield(0, &[]).signature;
	let vote = |index| (against.clone(), ValidatorIndex(index), signature.clone());
	DisputeStatementSet {
		candidate_hash: CandidateHash(Hash::repeat_byte(candidate)),
		session: 0,
		statements: (0..votes).map(vote).collect(),
	}
}

/// Candidates and numbers of votes of disputes.
fn summary(data: &ParachainsInherentData) -> Vec<(u8, usize)> {
	let of = |set: &DisputeStatementSet| (set.candidate_hash.0 .0[0], set.statements.len());
	data.disputes.iter().map(of).collect()
}

fn kept(data: &ParachainsInherentData) -> Vec<CandidateHash> {
	data.backed_candidates
		.iter()
		.map(|backed| backed.hash())
		.collect()
}

#[test]
fn r_def_4_each_item_is_charged_by_itself() {
	Setup::elastic(3).run(|| {
		let first = Candidate::first();
		let second = first.child(1, 2);
		let empty = micros(&inherent(&[], &[]));
		assert_eq!(empty, micros_of(fixed(0)), "R-WGT-6: nothing but the fixed part");
		let bitfield_cost = micros_of(<()>::bitfield());
		assert_eq!(
			micros(&inherent(&[bitfield(0, &[])], &[])),
			empty + bitfield_cost,
			"R-DEF-4, R-WGT-6"
		);
		assert_eq!(
			micros(&inherent(&[bitfield(0, &[0]), bitfield(1, &[0])], &[])),
			empty + 2 * bitfield_cost,
			"R-DEF-4: bits of free cores set nothing free"
		);
		let one = micros(&inherent(&[], &[&first])) - empty;
		let two = micros(&inherent(&[], &[&first, &second])) - empty;
		let fixed = micros_of(<()>::candidate()) + 2 * micros_of(<()>::vote());
		assert!(
			(fixed..fixed + 20).contains(&one),
			"R-DEF-4: a candidate, two votes, a few hundred bytes: {one}"
		);
		assert!(
			two - one <= one + 1 && one <= two - one + 1,
			"R-DEF-4: linear: {one}, {two}"
		);
		let mut disputed = inherent(&[], &[]);
		disputed.disputes = vec![dispute(1, 3), dispute(2, 4)];
		assert_eq!(
			micros(&disputed),
			empty + 7 * micros_of(<()>::dispute_vote()),
			"R-DEF-4: vote by vote"
		);
		let block = WEIGHT_REF_TIME_PER_SECOND * 2 / 1_000_000;
		let ordinary = inherent(&attest(&[0]), &[&first, &second]);
		assert!(
			micros(&ordinary) * 10 < block,
			"R-DEF-4: an ordinary inherent is a small part of a block"
		);
	});
}

#[test]
fn r_def_5_what_is_set_free_is_charged_once_and_only_if_it_can_be() {
	Setup::elastic(3).run(|| {
		neighbours(|state| state.channels.insert((PARA, OTHER), (10, 500, 400)));
		let first = Candidate::first().with(|candidate| {
			candidate.commitments.upward_messages = vec![vec![1; 30], vec![2; 12]];
			candidate.commitments.horizontal_messages = vec![OutboundHrmpMessage {
				recipient: OTHER,
				data: vec![0; 100],
			}];
			candidate.commitments.new_validation_code = Some(code(1));
		});
		let second = first.child(1, 2);
		finish_block_with(inherent(&[], &[&first, &second]));
		let outputs = pending_candidates(PARA)[0].outputs;
		let expected = OutputSizes {
			upward_messages: 2,
			upward_bytes: 42,
			horizontal_messages: 1,
			horizontal_bytes: 100,
			downward_messages: 0,
			code_bytes: 16,
			head_bytes: first.commitments.head_data.0.len() as u32,
			commitments_bytes: first.commitments.encoded_size() as u32,
			applies_upgrade: false,
		};
		assert_eq!(outputs, expected, "R-WGT-6");
		let plain = |bitfields: u64| fixed(2).saturating_add(<()>::bitfield().saturating_mul(bitfields));
		let set_free = |cores: &[u32], voters: usize| {
			let data = inherent(&attest(cores)[..voters], &[]);
			weight(&data).saturating_sub(plain(voters as u64))
		};
		// Six validators; five make a candidate available.
		assert_eq!(set_free(&[0, 1], 4), Weight::zero(), "R-DEF-5: not available yet");
		assert_eq!(
			set_free(&[1], 6),
			Weight::zero(),
			"R-DEF-5: it waits for the first"
		);
		let of_first = set_free(&[0], 5);
		let of_head = |outputs: OutputSizes| <()>::head_byte().saturating_mul(outputs.head_bytes.into());
		let outputs_cost = of_head(outputs)
			.saturating_add(<()>::upward_message().saturating_mul(2))
			.saturating_add(<()>::upward_queue())
			.saturating_add(<()>::code_upgrade())
			.saturating_add(<()>::upward_byte().saturating_mul(42))
			.saturating_add(<()>::horizontal_message())
			.saturating_add(<()>::horizontal_byte().saturating_mul(100))
			.saturating_add(<()>::code_byte().saturating_mul(16));
		assert_eq!(
			of_first,
			<()>::enactment().saturating_add(outputs_cost),
			"R-DEF-5, R-WGT-6"
		);
		let both = set_free(&[0, 1], 5);
		assert_eq!(
			both,
			of_first
				.saturating_add(<()>::enactment())
				.saturating_add(of_head(pending_candidates(PARA)[1].outputs)),
			"R-DEF-5, R-WGT-6"
		);
		// Half the votes come in one block, half in the next: charged in the block that makes it available.
		finish_block_with(inherent(&attest(&[0])[..3], &[]));
		assert_eq!(set_free(&[0], 2), of_first, "R-WGT-6: votes add up over blocks");
	});
}

#[test]
fn r_wgt_6_time_outs_and_evictions_are_charged() {
	Setup {
		rotation: 20,
		availability_period: 3,
		..Setup::elastic(3)
	}
	.run(|| {
		run_to(17);
		let first = Candidate::first();
		finish_block_with(inherent(&[], &[&first, &first.child(1, 2)]));
		run_to(19);
		assert_eq!(weight(&inherent(&[], &[])), fixed(2));
		let mut disputed = inherent(&[], &[]);
		disputed.disputes = vec![dispute(1, 1)];
		let bytes = pending_candidates(PARA)
			.iter()
			.map(|candidate| u64::from(candidate.outputs.commitments_bytes))
			.sum();
		let bytes = <()>::commitments_byte().saturating_mul(bytes);
		let evicting = fixed(2)
			.saturating_add(<()>::dispute_vote())
			.saturating_add(<()>::eviction().saturating_mul(2))
			.saturating_add(bytes);
		assert_eq!(weight(&disputed), evicting, "R-WGT-6");
		run_to(20);
		let timing_out = fixed(2)
			.saturating_add(<()>::timeout().saturating_mul(2))
			.saturating_add(bytes);
		assert_eq!(
			weight(&inherent(&[], &[])),
			timing_out,
			"R-WGT-6: the second goes with the first"
		);
	});
}

#[test]
fn r_wgt_6_messages_that_a_candidate_consumed_are_charged_when_it_is_enacted() {
	Setup::elastic(3).run(|| {
		run_to(5);
		let first = Candidate::first();
		let second = first.child(1, 2);
		let watermark = second.commitments.hrmp_watermark;
		finish_block_with(inherent(&[], &[&first, &second]));
		let of = |cores: &[u32]| weight(&inherent(&attest(cores), &[]));
		let before = (of(&[0]), of(&[1]), of(&[0, 1]));
		neighbours(|state| {
			state
				.inbound
				.insert(PARA, vec![watermark - 1, watermark, watermark + 1])
		});
		// Two are due, in one channel, whose index is read too: by each candidate.
		let cost = |candidates: u64| {
			<()>::inbound_message()
				.saturating_mul(2)
				.saturating_add(<()>::inbound_channel().saturating_mul(2 * candidates))
				.saturating_add(<()>::stored_watermark())
		};
		assert_eq!(of(&[0]), before.0.saturating_add(cost(1)), "R-WGT-6, R-HRMP-3");
		assert_eq!(of(&[1]), before.1, "R-DEF-5: it waits for the first");
		assert_eq!(
			of(&[0, 1]),
			before.2.saturating_add(cost(2)),
			"R-DEF-5: messages go once"
		);
		neighbours(|state| state.inbound.insert(PARA, vec![watermark + 1]));
		assert_eq!(
			of(&[0]),
			before.0.saturating_add(<()>::stored_watermark()),
			"R-WGT-6: the digest stays"
		);
	});
}

#[test]
fn r_base_18_what_waits_is_charged_once_for_all_that_are_offered_behind_it() {
	Setup::elastic(3).run(|| {
		let first = Candidate::first();
		finish_block_with(inherent(&[], &[&first]));
		let bytes = u64::from(pending_candidates(PARA)[0].outputs.commitments_bytes);
		let stacked = <()>::stacked().saturating_add(<()>::commitments_byte().saturating_mul(bytes));
		let (second, other) = (
			first.child(1, 2),
			Candidate::new(OTHER, 2, &genesis_head(OTHER), 2),
		);
		let together = |offered: &[&Candidate]| {
			let apart = offered.iter().fold(fixed(1), |sum, candidate| {
				let alone = weight(&inherent(&[], &[candidate]));
				let shared = fixed(1).saturating_add(<()>::scheduling_parent());
				sum.saturating_add(alone.saturating_sub(shared))
			});
			(
				weight(&inherent(&[], offered)),
				apart.saturating_add(<()>::scheduling_parent()),
			)
		};
		let (weight, apart) = together(&[&second, &other]);
		assert_eq!(weight, apart, "R-WGT-6: only one of them has something before it");
		let (weight, apart) = together(&[&second, &second.child(2, 3)]);
		assert_eq!(weight.saturating_add(stacked), apart, "R-BASE-18, R-DEF-5: once");
	});
}

#[test]
fn r_wgt_6_what_disputes_concluded_before_is_charged_too() {
	Setup::elastic(3).run(|| {
		let first = Candidate::first();
		finish_block_with(inherent(&[], &[&first, &first.child(1, 2)]));
		let plain = weight(&inherent(&[], &[]));
		let hash = pending_candidates(PARA)[1].hash;
		let bytes = u64::from(pending_candidates(PARA)[1].outputs.commitments_bytes);
		neighbours(|state| state.invalid.insert(hash));
		let evicted = <()>::eviction().saturating_add(<()>::commitments_byte().saturating_mul(bytes));
		assert_eq!(
			weight(&inherent(&[], &[])),
			plain.saturating_add(evicted),
			"R-WGT-6, R-TMO-6: the second alone"
		);
	});
}

#[test]
fn r_wgt_6_an_upgrade_that_is_applied_is_charged_when_it_is() {
	Setup::elastic(3).run(|| {
		run_to(5);
		let first = Candidate::first();
		neighbours(|state| state.future_codes.insert(PARA, (1, code(1).hash())));
		finish_block_with(inherent(&[], &[&first]));
		let outputs = pending_candidates(PARA)[0].outputs;
		assert!(outputs.applies_upgrade, "R-CODE-6");
		let head = <()>::head_byte().saturating_mul(outputs.head_bytes.into());
		let enacting = inherent(&attest(&[0]), &[]);
		let expected = fixed(1)
			.saturating_add(<()>::bitfield().saturating_mul(6))
			.saturating_add(<()>::enactment())
			.saturating_add(<()>::applied_upgrade())
			.saturating_add(head);
		assert_eq!(weight(&enacting), expected, "R-WGT-6, R-CODE-6");
	});
}

#[test]
fn r_wgt_6_what_few_candidates_ask_for_is_charged_to_them() {
	Setup::elastic(3).run(|| {
		run_to(5);
		neighbours(|state| state.watermarks.insert(PARA, vec![1]));
		let first = Candidate::first();
		let plain = weight(&inherent(&[], &[&first]));
		let listed = first
			.clone()
			.with(|candidate| candidate.commitments.hrmp_watermark = 1);
		assert_eq!(
			weight(&inherent(&[], &[&listed])),
			plain.saturating_add(<()>::listed_watermark()),
			"R-WGT-6, R-BASE-9"
		);
		let relay_parents = |second: Candidate| weight(&inherent(&[], &[&first, &second]));
		let older = RelayParentWindow::<Test>::get()
			.iter()
			.last()
			.expect("it is not empty");
		let (same, other) = (first.child(1, 2), first.child(1, 2).on(older));
		assert_ne!(same.relay_parent, other.relay_parent);
		assert_eq!(
			relay_parents(other),
			relay_parents(same).saturating_add(<()>::scheduling_parent()),
			"R-WGT-6, R-REL-7: the claim queue of another relay block"
		);
	});
}

#[test]
fn r_wgt_4_a_block_without_room_for_a_chain_takes_its_prefix() {
	Setup::elastic(4).run(|| {
		let first = Candidate::first();
		let chain = [first.clone(), first.child(1, 2), first.child(1, 2).child(2, 3)];
		let offered = inherent(&attest(&[]), &chain.iter().collect::<Vec<_>>());
		assert_eq!(
			kept(&Pallet::<Test>::filter(offered.clone())).len(),
			3,
			"R-WGT-2: all fit"
		);
		for room in 0..3 {
			let fitting = inherent(&attest(&[]), &chain[..room].iter().collect::<Vec<_>>());
			BlockMicros::set(micros(&fitting) + 10);
			assert_noop!(enter(offered.clone()), Error::<Test>::Overweight);
			let filtered = Pallet::<Test>::filter(offered.clone());
			let expected: Vec<_> = chain[..room].iter().map(|candidate| candidate.hash()).collect();
			assert_eq!(kept(&filtered), expected, "R-WGT-4: the longest prefix");
			assert_eq!(
				filtered.bitfields, offered.bitfields,
				"R-WGT-2: bitfields come first"
			);
		}
		BlockMicros::set(micros(&inherent(&attest(&[])[..4], &[])));
		assert_noop!(enter(inherent(&attest(&[]), &[])), Error::<Test>::Overweight);
		let filtered = Pallet::<Test>::filter(offered.clone());
		assert_eq!(
			(filtered.bitfields.len(), filtered.backed_candidates.len()),
			(4, 0),
			"R-WGT-2: not even the bitfields fit"
		);
		assert!(
			filtered
				.bitfields
				.is_sorted_by_key(|bitfield| bitfield.validator_index),
			"R-WGT-5: in their order"
		);
		assert_ok!(enter(filtered));
	});
}

#[test]
fn r_wgt_1_bytes_are_a_limit_too() {
	Setup::default().run(|| {
		let heavy = |candidate: &mut Candidate| {
			candidate.commitments.upward_messages = vec![vec![1; 40_000]];
		};
		let first = Candidate::first().with(heavy);
		let other = Candidate::new(OTHER, 1, &genesis_head(OTHER), 1).with(heavy);
		let offered = inherent(&[], &[&first, &other]);
		BlockBytes::set(16 * 1024 + 60_000);
		assert_noop!(enter(offered.clone()), Error::<Test>::Overweight);
		let filtered = Pallet::<Test>::filter(offered);
		assert_eq!(kept(&filtered).len(), 1, "R-WGT-1: one of them has room");
		assert_ok!(enter(filtered));
	});
}

#[test]
fn r_wgt_1_disputes_come_before_everything_else() {
	Setup::default().run(|| {
		let mut data = inherent(&attest(&[]), &[&Candidate::first()]);
		data.disputes = vec![dispute(3, 40), dispute(1, 40), dispute(2, 40)];
		let two = fixed(0).saturating_add(<()>::dispute_vote().saturating_mul(80));
		BlockMicros::set(micros_of(two) + 10);
		assert_noop!(enter(data.clone()), Error::<Test>::DisputesNotCanonical);
		let filtered = Pallet::<Test>::filter(data.clone());
		assert_eq!(
			summary(&filtered),
			[(1, 40), (2, 40)],
			"R-WGT-1, R-INC-5: the first of them"
		);
		assert_eq!(
			(filtered.bitfields.len(), filtered.backed_candidates.len()),
			(0, 0),
			"R-WGT-1: nothing is left for the rest"
		);
		data.disputes = vec![dispute(1, 40), dispute(2, 40), dispute(3, 40)];
		assert_noop!(enter(data), Error::<Test>::Overweight);
		assert_ok!(enter(filtered));
	});
}

#[test]
fn r_inc_5_disputes_are_sorted_and_each_comes_once() {
	Setup::default().run(|| {
		neighbours(|state| state.included.insert(dispute(9, 1).candidate_hash, 1));
		let mut data = inherent(&[], &[]);
		data.disputes = vec![dispute(5, 1), dispute(9, 1), dispute(5, 2), dispute(4, 1)];
		assert_noop!(enter(data.clone()), Error::<Test>::DisputesNotCanonical);
		let filtered = Pallet::<Test>::filter(data);
		assert_eq!(
			summary(&filtered),
			[(9, 1), (4, 1), (5, 1)],
			"R-INC-5: the local one first, of two the first offered"
		);
		assert_ok!(enter(filtered));
	});
}

#[test]
fn r_wgt_5_the_draw_of_the_parents_author_decides_else_the_parents_hash() {
	Setup::default().run(|| {
		let one = Candidate::first();
		let other = Candidate::new(OTHER, 1, &genesis_head(OTHER), 1);
		let offered = inherent(&[], &[&one, &other]);
		BlockMicros::set(micros(&inherent(&[], &[&one])) + 10);
		let choice = |draw| {
			ParentDraw::set(draw);
			kept(&Pallet::<Test>::filter(offered.clone()))
		};
		let by_hash = choice(None);
		assert_eq!(by_hash.len(), 1);
		assert_eq!(choice(None), by_hash, "R-WGT-7: the same state, the same choice");
		let by_draw: std::collections::BTreeSet<_> = (0..16)
			.map(|draw| choice(Some(Hash::repeat_byte(draw))))
			.collect();
		assert_eq!(
			by_draw.len(),
			2,
			"R-WGT-5, R-WGT-3: either para wins with some draw"
		);
	});
}
