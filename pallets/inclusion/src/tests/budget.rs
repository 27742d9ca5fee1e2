//! What an author keeps, a block takes, whatever else the block holds (R-WGT-1).

mod property;

use crate::mock::{executive::*, *};
use async_backing_primitives::{
	CandidateHash, DisputeStatement, DisputeStatementSet, Hash, InvalidDisputeStatementKind,
	ParachainsInherentData, ValidationCode, ValidatorIndex,
};
use codec::Encode;
use frame_support::{
	storage::{with_transaction, TransactionOutcome},
	weights::{constants::WEIGHT_REF_TIME_PER_MICROS, Weight},
};
use frame_system::limits::WeightsPerClass;
use sp_runtime::DispatchError;

const MICRO: u64 = WEIGHT_REF_TIME_PER_MICROS;

fn micros(count: u64) -> Weight {
	Weight::from_parts(count * MICRO, 0)
}

/// No limits of the mandatory class but these.
fn mandatory(edit: impl FnOnce(&mut WeightsPerClass)) -> Option<WeightsPerClass> {
	let mut limits = WeightsPerClass {
		base_extrinsic: Weight::zero(),
		max_extrinsic: None,
		max_total: None,
		reserved: None,
	};
	edit(&mut limits);
	Some(limits)
}

/// What an inherent weighs, in microseconds.
fn weight_micros(data: &ParachainsInherentData) -> u64 {
	Inclusion::weight_of(data).ref_time().div_ceil(MICRO)
}

/// A block of an author: what it made of these data is taken by the block.
fn author(offered: &ParachainsInherentData) -> ParachainsInherentData {
	let created = create(offered);
	let applied = apply(created.clone());
	assert_eq!(
		applied,
		Ok(Ok(())),
		"R-DEF-28: what creation keeps, a block takes"
	);
	created
}

fn announces(bytes: usize) -> impl FnOnce(&mut Candidate) {
	move |candidate| {
		candidate.commitments.new_validation_code = Some(ValidationCode(vec![7; bytes]));
	}
}

/// What becomes of an inherent in the block begun, without a trace of it.
fn tried(offered: &ParachainsInherentData) -> ParachainsInherentData {
	with_transaction(|| TransactionOutcome::Rollback(Ok::<_, DispatchError>(author(offered))))
		.expect("nothing fails")
}

/// Bitfields and candidates that are left of these data in the block begun.
fn kept(offered: &ParachainsInherentData) -> (usize, usize) {
	let kept = tried(offered);
	(kept.bitfields.len(), kept.backed_candidates.len())
}

#[test]
fn r_def_28_r_wgt_1_the_header_of_an_epochs_end_counts() {
	for validators in [300_u32, 600, 1_000] {
		let setup = Setup {
			validators,
			..Setup::default()
		};
		setup.run(|| {
			neighbours(|state| state.config.max_code_size = 5 * 1024 * 1024);
			begin();
			author(&inherent(&[], &[]));
			// A digest that names the authorities of the next epoch: a key of 32 bytes and a weight of eight, and a key of
			// 33 bytes for another protocol.
			DigestBytes::set(73 * validators);
			next();
			author(&inherent(&[], &[]));
			DigestBytes::set(0);
			next();
			let header = parent_header().encoded_size();
			assert!(header > 73 * validators as usize, "{header} bytes of header");
			let block = BlockBytes::get() as usize;
			let missing = [
				130_000, 95_000, 75_000, 60_000, 45_000, 30_000, 22_000, 18_000, 10_000, 1_000, 0,
			];
			for missing in missing {
				let code = (block - missing) / 2;
				let first = Candidate::first().with(announces(code));
				let other = Candidate::new(OTHER, 1, &genesis_head(OTHER), 1).with(announces(code));
				let offered = inherent(&[], &[&first, &other]);
				let (_, candidates) = kept(&offered);
				assert!(candidates >= 1, "R-WGT-4: one of them has room");
				// 16 KiB are for other inherents, and a few bytes for the block's own header and the extrinsic.
				assert!(
					candidates == 2 || length(&offered) + 16 * 1024 + 200 > block,
					"R-WGT-2: {missing}: both have room"
				);
			}
			let bitfields = attest(&[]);
			assert_eq!(
				kept(&inherent(&bitfields, &[])),
				(validators as usize, 0),
				"all of them have room"
			);
			author(&inherent(&[], &[]));
			end();
			begin_block();
		});
	}
}

/// A chain of three candidates, and bitfields of all validators about these cores.
fn chain(attested: &[u32]) -> ParachainsInherentData {
	let first = Candidate::first();
	let second = first.child(1, 2);
	inherent(&attest(attested), &[&first, &second, &second.child(2, 3)])
}

#[test]
fn r_def_28_r_wgt_1_what_hooks_used_is_gone() {
	Setup::elastic(4).run(|| {
		begin();
		// This pallet's own hook takes something too.
		let own = System::block_weight().total().ref_time() / MICRO;
		let needed = weight_micros(&chain(&[]));
		author(&inherent(&[], &[]));
		let whole = needed + own + 100;
		for (used, expected) in [
			(0, (8, 3)),
			(100, (8, 3)),
			(102, (8, 2)),
			(needed, (0, 0)),
			(whole, (0, 0)),
			(2 * whole, (0, 0)),
		] {
			BlockMicros::set(2_000_000);
			HooksTime::set(used * MICRO);
			next();
			BlockMicros::set(whole);
			assert_eq!(kept(&chain(&[])), expected, "R-WGT-1: {used} of {whole} are used");
			author(&inherent(&[], &[]));
		}
		end();
		begin_block();
	});
}

#[test]
fn r_def_28_r_wgt_1_time_of_other_inherents_is_set_aside() {
	Setup::elastic(4).run(|| {
		begin();
		let own = System::block_weight().total().ref_time() / MICRO;
		let needed = weight_micros(&chain(&[]));
		author(&inherent(&[], &[]));
		next();
		let kept_beside = |others: u64| {
			SetAside::set((micros(others), 0));
			kept(&chain(&[]))
		};
		BlockMicros::set(needed + own + 100);
		for (others, expected) in [(0, (8, 3)), (100, (8, 3)), (102, (8, 2)), (needed, (0, 0))] {
			assert_eq!(kept_beside(others), expected, "R-WGT-1: {others} are set aside");
		}
		BlockMicros::set(2_000_000);
		MandatoryLimits::set(mandatory(|limits| {
			limits.max_total = Some(micros(needed + own + 100).set_proof_size(u64::MAX));
		}));
		for (others, expected) in [(100, (8, 3)), (102, (8, 2))] {
			assert_eq!(kept_beside(others), expected, "R-WGT-1: {others} of the class");
		}
		MandatoryLimits::set(None);
		author(&inherent(&[], &[]));
		end();
		begin_block();
	});
}

#[test]
fn r_def_28_r_wgt_1_bytes_of_what_came_before_and_of_other_inherents_are_gone() {
	Setup::elastic(4).run(|| {
		begin();
		author(&inherent(&[], &[]));
		for (before, others) in [(0, 0), (0, 16_384), (5_000, 0), (5_000, 1_000)] {
			next();
			SetAside::set((Weight::zero(), others));
			assert_eq!(apply_other(true, Weight::zero(), before), Ok(Ok(())));
			let offered = chain(&[]);
			let items: usize = offered
				.bitfields
				.iter()
				.map(Encode::encoded_size)
				.chain(offered.backed_candidates.iter().map(Encode::encoded_size))
				.sum();
			let used = System::block_size();
			assert!(used > before, "R-DEF-28: {used} bytes are used");
			// 46 bytes are for the extrinsic around the items and the parent header.
			let carried = parent_header().encoded_size() + items + 46;
			let whole = used + others + carried as u32;
			for (block, expected) in [(whole, (8, 3)), (whole - 1, (8, 2))] {
				BlockBytes::set(block);
				assert_eq!(
					kept(&offered),
					expected,
					"R-WGT-1: {before} before it and {others} set aside, in {block} bytes"
				);
			}
			BlockBytes::set(5 * 1024 * 1024);
			// Where proofs are limited, the bytes of other inherents are proof too.
			let proved = System::block_weight().total().proof_size();
			for (room, expected) in [(46, (8, 3)), (0, (8, 2))] {
				let proof = proved + length(&offered) as u64 + u64::from(others) + room;
				MandatoryLimits::set(mandatory(|limits| {
					limits.max_total = Some(Weight::from_parts(u64::MAX, proof));
				}));
				assert_eq!(
					kept(&offered),
					expected,
					"R-WGT-1: {others} of {proof} bytes of proof"
				);
			}
			MandatoryLimits::set(None);
			author(&inherent(&[], &[]));
		}
		end();
		begin_block();
	});
}

#[test]
fn r_def_28_r_wgt_1_a_maximum_for_what_is_mandatory_is_kept() {
	Setup::elastic(4).run(|| {
		begin();
		let first = Candidate::first();
		let second = first.child(1, 2);
		author(&inherent(&[], &[&first, &second]));
		HooksTime::set(300 * MICRO);
		next();
		let base = 40;
		let used = System::block_weight().total().ref_time() / MICRO;
		// Eight validators, of which six make a candidate available.
		let offered = inherent(&attest(&[0, 1]), &[&second.child(2, 3)]);
		let needed = weight_micros(&offered);
		let part = |bitfields: usize| inherent(&offered.bitfields[..bitfields], &[]);
		let kept_by = |limits| {
			MandatoryLimits::set(limits);
			kept(&offered)
		};
		let total = |max: u64| {
			mandatory(|limits| {
				limits.base_extrinsic = micros(base);
				limits.max_total = Some(micros(max).set_proof_size(u64::MAX));
			})
		};
		let (enacting, without) = (weight_micros(&part(8)), weight_micros(&part(5)));
		for (room, expected) in [
			(needed, (8, 1)),
			(needed - 1, (8, 0)),
			(enacting, (8, 0)),
			// Without one of them everything still becomes available.
			(enacting - 1, (7, 0)),
			(without, (5, 0)),
			(without - 1, (4, 0)),
			(0, (0, 0)),
		] {
			assert_eq!(
				kept_by(total(used + base + room)),
				expected,
				"R-WGT-1: {room} are left"
			);
		}
		let per_extrinsic =
			|max| mandatory(|limits| limits.max_extrinsic = Some(micros(max).set_proof_size(u64::MAX)));
		assert_eq!(kept_by(per_extrinsic(needed)), (8, 1));
		assert_eq!(kept_by(per_extrinsic(needed - 1)), (8, 0));
		assert_eq!(kept_by(per_extrinsic(1)), (0, 0));
		// What is mandatory may use its reserve above the whole block.
		let reserve = |max| mandatory(|limits| limits.reserved = Some(micros(max).set_proof_size(u64::MAX)));
		BlockMicros::set(500);
		assert_eq!(kept_by(reserve(used + needed)), (8, 1));
		assert_eq!(kept_by(reserve(used + needed - 1)), (8, 0));
		assert_eq!(kept_by(reserve(used)), (0, 0));
		// Below that it has what the block has, bytes of proof too: here the reserve has none.
		let reserve = |max| mandatory(|limits| limits.reserved = Some(micros(max)));
		for (of_block, of_reserve) in [(1, 1), (1, 0), (0, 0)] {
			BlockMicros::set(used + needed + of_block);
			let kept = kept_by(reserve(used + needed + of_reserve));
			assert_eq!(kept, (8, 1), "R-WGT-1: {of_block} and {of_reserve}");
		}
		// Bytes are proof where proofs are limited. 46 are set aside for the extrinsic around the data.
		BlockMicros::set(2_000_000);
		SetAside::set((Weight::zero(), 0));
		let proof = |bytes: usize| {
			mandatory(|limits| limits.max_total = Some(Weight::from_parts(u64::MAX, bytes as u64)))
		};
		assert_eq!(kept_by(proof(length(&offered) + 46)), (8, 1));
		assert_eq!(kept_by(proof(length(&offered))), (8, 0));
		assert_eq!(kept_by(proof(length(&part(8)))), (7, 0));
		let bitfields = offered.bitfields.iter().map(Encode::encoded_size).sum::<usize>();
		let candidates = offered.backed_candidates[0].encoded_size();
		let needed = parent_header().encoded_size() + bitfields + candidates + 46;
		assert_eq!(kept_by(proof(needed)), (8, 1), "R-WGT-1");
		assert_eq!(kept_by(proof(needed - 1)), (8, 0), "R-WGT-1");
		MandatoryLimits::set(None);
		author(&inherent(&[], &[]));
		end();
		begin_block();
	});
}

#[test]
fn r_def_28_r_wgt_1_an_inherent_is_made_where_nothing_has_room() {
	Setup::elastic(3).run(|| {
		begin();
		let first = Candidate::first();
		author(&inherent(&[], &[&first]));
		// The header of the parent alone is longer than what is left of the block.
		DigestBytes::set(30_000);
		next();
		author(&inherent(&[], &[]));
		next();
		BlockBytes::set(62_000);
		SetAside::set((Weight::from_parts(u64::MAX, 0), 16 * 1024));
		let mut offered = inherent(&attest(&[0]), &[&first.child(1, 2)]);
		offered.disputes = vec![dispute(1, 2)];
		let created = author(&offered);
		assert_eq!(
			(
				created.bitfields.len(),
				created.backed_candidates.len(),
				created.disputes.len()
			),
			(0, 0, 0),
			"R-WGT-1"
		);
		BlockBytes::set(5 * 1024 * 1024);
		end();
		begin_block();
	});
}

#[test]
fn r_wgt_1_only_an_inherent_that_carries_nothing_books_what_is_left() {
	use frame_support::dispatch::GetDispatchInfo;
	Setup::default().run(|| {
		begin();
		let used = System::block_weight().total();
		let left = micros(7);
		MandatoryLimits::set(mandatory(|limits| {
			limits.max_total = Some(used.saturating_add(left).set_proof_size(u64::MAX));
		}));
		let booked = |data: &ParachainsInherentData| {
			let info = crate::inherent::Call::<Test>::enter { data: data.clone() }.get_dispatch_info();
			info.call_weight.ref_time()
		};
		let empty = inherent(&[], &[]);
		assert!(Inclusion::weight_of(&empty).ref_time() > 7 * MICRO);
		assert_eq!(booked(&empty), 7 * MICRO, "R-WGT-1: nothing can be left out");
		let mut disputes = inherent(&[], &[]);
		disputes.disputes = vec![dispute(1, 2)];
		let bitfields = inherent(&attest(&[]), &[]);
		let candidates = inherent(&[], &[&Candidate::first()]);
		for data in [disputes, bitfields, candidates] {
			assert_eq!(
				booked(&data),
				Inclusion::weight_of(&data).ref_time(),
				"R-WGT-1: {data:?}"
			);
		}
		MandatoryLimits::set(None);
		author(&empty);
		end();
		begin_block();
	});
}

#[test]
fn r_wgt_1_the_end_of_a_session_books_the_block_and_leaves_bitfields_their_room() {
	Setup::elastic(3).run(|| {
		begin();
		author(&inherent(&[], &[]));
		// As a session pallet does.
		HooksTime::set(2_000_000 * MICRO);
		next();
		let offered = inherent(&attest(&[]), &[]);
		assert_eq!(kept(&offered), (0, 0), "R-WGT-1: nothing is left");
		neighbours(|state| state.change_buffered = true);
		assert_eq!(kept(&offered), (6, 0), "R-ABP-10: no candidate has their place");
		// A limit is a limit.
		let most = System::block_weight().total().saturating_add(micros(1));
		MandatoryLimits::set(mandatory(|limits| {
			limits.max_total = Some(most.set_proof_size(u64::MAX));
		}));
		assert_eq!(kept(&offered), (0, 0), "R-WGT-1");
		MandatoryLimits::set(None);
		neighbours(|state| state.change_buffered = false);
		author(&inherent(&[], &[]));
		HooksTime::set(0);
		end();
		begin_block();
	});
}

#[test]
fn r_wgt_1_two_small_inherents_are_set_aside_where_nobody_says_otherwise() {
	use crate::OtherInherents;
	assert_eq!(<() as OtherInherents>::bytes(), 16_384, "R-WGT-1");
	MandatoryLimits::set(mandatory(|limits| limits.base_extrinsic = micros(40)));
	// Reads and writes cost nothing here.
	assert_eq!(<() as OtherInherents>::weight::<Test>(), micros(80), "R-WGT-1");
	MandatoryLimits::set(None);
}

#[test]
fn r_def_28_r_wgt_1_disputes_leave_room_for_what_they_evict() {
	Setup::elastic(4).run(|| {
		begin();
		let first = Candidate::first();
		author(&inherent(&[], &[&first, &first.child(1, 2)]));
		next();
		let used = System::block_weight().total().ref_time() / MICRO;
		let mut offered = inherent(&[], &[]);
		offered.disputes = vec![dispute(1, 2)];
		let needed = weight_micros(&offered);
		for (room, expected) in [(needed, 1), (needed - 1, 0)] {
			MandatoryLimits::set(mandatory(|limits| {
				limits.max_total = Some(micros(used + room).set_proof_size(u64::MAX));
			}));
			assert_eq!(
				tried(&offered).disputes.len(),
				expected,
				"R-DEF-28: {room} are left"
			);
		}
		MandatoryLimits::set(None);
		author(&inherent(&[], &[]));
		end();
		begin_block();
	});
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
