//! What an author keeps, a block takes, whatever else the block holds (R-WGT-1).

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
use proptest::{prelude::*, test_runner::TestRunner};
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
		// Bytes are proof where proofs are limited. 46 are set aside for the extrinsic around the data.
		BlockMicros::set(2_000_000);
		SetAside::set((Weight::zero(), 0));
		let proof = |bytes: usize| {
			mandatory(|limits| limits.max_total = Some(Weight::from_parts(u64::MAX, bytes as u64)))
		};
		assert_eq!(kept_by(proof(length(&offered) + 46)), (8, 1));
		assert_eq!(kept_by(proof(length(&offered))), (8, 0));
		assert_eq!(kept_by(proof(length(&part(8)))), (7, 0));
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

/// What a block holds beside the inherent, and what it may hold.
#[derive(Clone, Debug)]
struct Around {
	hooks: u64,
	digests: (u32, u32),
	base: u64,
	/// What other inherents may take, and the share of it that they do, before and after this pallet's.
	others: (u64, u32),
	others_take: (u8, u8),
	/// What the block has beside what it needs at least, as a share of what everything offered needs.
	room: (u8, u8),
	/// Which limits what is mandatory has.
	limited: (bool, bool, bool),
	/// Whether length counts as proof.
	proofs: bool,
}

#[derive(Clone, Debug)]
struct Offered {
	cores: u32,
	/// Bytes of upward messages of the candidates that wait, and of those that are offered.
	waiting: Vec<u16>,
	offered: Vec<u16>,
	/// For each validator the cores that it attests, as bits; `None` if it says nothing.
	bitfields: Vec<Option<u8>>,
	/// Votes of disputes.
	disputes: Vec<u8>,
}

fn any_around() -> impl Strategy<Value = Around> {
	let digest = || prop_oneof![Just(0), 0..300_u32, 10_000..60_000_u32];
	(
		0..5_000_u64,
		(digest(), digest()),
		0..200_u64,
		(0..500_u64, 0..2_000_u32),
		(0..=100_u8, 0..=100_u8),
		(0..=120_u8, 0..=120_u8),
		any::<(bool, bool, bool)>(),
		any::<bool>(),
	)
		.prop_map(
			|(hooks, digests, base, others, others_take, room, limited, proofs)| Around {
				hooks,
				digests,
				base,
				others,
				others_take,
				room,
				limited,
				proofs,
			},
		)
}

fn any_offered() -> impl Strategy<Value = Offered> {
	let candidates = || proptest::collection::vec(0..3_000_u16, 0..3);
	(
		3..7_u32,
		candidates(),
		candidates(),
		proptest::collection::vec(proptest::option::weighted(0.8, any::<u8>()), 4..9),
		proptest::collection::vec(1..5_u8, 0..3),
	)
		.prop_map(|(cores, waiting, offered, bitfields, disputes)| Offered {
			cores,
			waiting,
			offered,
			bitfields,
			disputes,
		})
}

/// Candidates of the first para behind this one or its genesis, with so many bytes each, from this core on.
fn chain_of(behind: Option<&Candidate>, bytes: &[u16], first_core: u16) -> Vec<Candidate> {
	let mut chain: Vec<Candidate> = Vec::new();
	for (core, bytes) in (first_core..).zip(bytes) {
		let before = chain.last().or(behind);
		let block = core as u8 + 1;
		let next = before
			.map_or_else(
				|| Candidate::new(PARA, core, &genesis_head(PARA), block),
				|before| Candidate::new(PARA, core, &before.head(), block),
			)
			.with(|candidate| {
				candidate.voters = vec![0];
				candidate.commitments.upward_messages = vec![vec![1; usize::from(*bytes)]];
			});
		chain.push(next);
	}
	chain
}

impl Offered {
	fn data(&self, waiting: Option<&Candidate>) -> ParachainsInherentData {
		let attests = |bits: u8| -> Vec<u32> {
			(0..self.cores.min(8))
				.filter(|core| bits & (1 << core) != 0)
				.collect()
		};
		let bitfields: Vec<_> = (0..)
			.zip(&self.bitfields)
			.filter_map(|(validator, bits)| Some(bitfield(validator, &attests((*bits)?))))
			.collect();
		let behind = chain_of(waiting, &self.offered, self.waiting.len() as u16);
		let mut data = inherent(&bitfields, &behind.iter().collect::<Vec<_>>());
		data.disputes = (1..)
			.zip(&self.disputes)
			.map(|(candidate, votes)| dispute(candidate, u32::from(*votes)))
			.collect();
		data
	}
}

impl Around {
	/// Gives the block begun what it needs at least, and a share of what the data need.
	fn limit(&self, data: &ParachainsInherentData) {
		let share = |whole: u64, percent: u8| whole * u64::from(percent) / 100;
		let booked = System::block_weight().total();
		let others = Weight::from_parts(self.others.0 * MICRO, 0);
		let base = micros(self.base);
		let least = booked.saturating_add(others).saturating_add(base);
		let time = share(Inclusion::weight_of(data).ref_time(), self.room.0);
		// 46 bytes are what is set aside for the extrinsic around the data (R-WGT-1).
		let empty = length(&inherent(&[], &[])) as u64 + 46;
		let least_bytes = u64::from(System::block_size()) + u64::from(self.others.1) + empty;
		let bytes = share(length(data) as u64, self.room.1);
		BlockBytes::set((least_bytes + bytes) as u32);
		let whole = least.saturating_add(Weight::from_parts(time, 0));
		BlockMicros::set(whole.ref_time().div_ceil(MICRO));
		let proof = if self.proofs {
			least_bytes + bytes
		} else {
			u64::MAX
		};
		let whole = whole.set_proof_size(proof);
		let (total, reserved, extrinsic) = self.limited;
		MandatoryLimits::set(mandatory(|limits| {
			limits.base_extrinsic = base;
			limits.max_total = total.then_some(whole);
			limits.reserved = reserved.then_some(whole);
			// One that another inherent has room in.
			let most = time.max(others.ref_time()).max(1);
			limits.max_extrinsic = extrinsic.then_some(Weight::from_parts(most, proof));
		}));
	}

	fn apply_other(&self, early: bool) {
		let percent = if early {
			self.others_take.0
		} else {
			self.others_take.1
		};
		// Both together take no more than is set aside, base weights and frames included.
		let half = |whole: u64| whole / 2 * u64::from(percent) / 100;
		let time = half(self.others.0 * MICRO).saturating_sub(self.base * MICRO);
		let bytes = half(u64::from(self.others.1)).saturating_sub(64);
		if self.others.0 / 2 < self.base || self.others.1 < 200 {
			return;
		}
		let applied = apply_other(early, Weight::from_parts(time, 0), bytes as u32);
		assert_eq!(
			applied,
			Ok(Ok(())),
			"R-WGT-1: other inherents have the room that is set aside"
		);
	}
}

/// A block around these data, made and executed. Tells how much was offered and how much was kept.
fn run(offered: &Offered, around: &Around) -> (usize, usize) {
	let items = |data: &ParachainsInherentData| {
		data.bitfields.len() + data.backed_candidates.len() + data.disputes.len()
	};
	let mut result = (0, 0);
	let setup = Setup {
		validators: (offered.bitfields.len() as u32).max(offered.cores),
		..Setup::elastic(offered.cores)
	};
	setup.run(|| {
		neighbours(|state| state.config.minimum_backing_votes = 1);
		begin();
		let waiting = chain_of(None, &offered.waiting, 0);
		author(&inherent(&[], &waiting.iter().collect::<Vec<_>>()));
		assert_eq!(pending(PARA).len(), waiting.len());
		DigestBytes::set(around.digests.0);
		next();
		author(&inherent(&[], &[]));
		DigestBytes::set(around.digests.1);
		HooksTime::set(around.hooks * MICRO);
		SetAside::set((micros(around.others.0), around.others.1));
		next();
		let data = offered.data(waiting.last());
		around.limit(&data);
		let created = create(&data);
		around.apply_other(true);
		let applied = apply(created.clone());
		assert_eq!(
			applied,
			Ok(Ok(())),
			"R-DEF-28: what creation keeps, a block takes"
		);
		around.apply_other(false);
		end();
		Inclusion::do_try_state().expect("state is sound after every block");
		result = (items(&data), items(&created));
		BlockMicros::set(2_000_000);
		BlockBytes::set(5 * 1024 * 1024);
		MandatoryLimits::set(None);
		reset();
		begin_block();
	});
	result
}

#[test]
fn r_def_28_r_wgt_1_what_creation_keeps_a_block_takes() {
	let cases = cases(2_000);
	let config = ProptestConfig {
		cases,
		failure_persistence: None,
		..ProptestConfig::default()
	};
	// How often all, some and nothing was kept.
	let (mut all, mut some, mut nothing) = (0, 0, 0);
	let counts = std::cell::RefCell::new((&mut all, &mut some, &mut nothing));
	TestRunner::new(config)
		.run(&(any_offered(), any_around()), |(offered, around)| {
			let (offered, kept) = run(&offered, &around);
			let mut counts = counts.borrow_mut();
			match kept {
				0 => *counts.2 += 1,
				_ if kept == offered => *counts.0 += 1,
				_ => *counts.1 += 1,
			}
			Ok(())
		})
		.unwrap_or_else(|failure| panic!("{failure}"));
	for count in [all, some, nothing] {
		assert!(
			count >= cases / 20,
			"every outcome is tried: all {all}, some {some}, nothing {nothing}"
		);
	}
}

/// `PROPTEST_CASES`, or so many.
fn cases(default: u32) -> u32 {
	std::env::var("PROPTEST_CASES")
		.ok()
		.and_then(|cases| cases.parse().ok())
		.unwrap_or(default)
}
