//! What is kept of anything, in a block that holds anything, is taken by that block.

use super::*;
use proptest::{prelude::*, test_runner::TestRunner};

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
