//! What of an inherent fits into a block, and what is chosen when not all of it does (R-WGT-1 to R-WGT-7).
//!
//! Pure: loads in, positions out. Integers and vectors only, so every node comes to the same result (R-WGT-7).

use crate::process::Room;
use alloc::vec::Vec;
use async_backing_primitives::ParaId;
use rand_chacha::{
	rand_core::{RngCore, SeedableRng},
	ChaCha20Rng,
};

/// What something takes of a block, or what a block has to give. Size is charged here and nowhere else (R-WGT-6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Load {
	/// Reference time, in picoseconds.
	pub(crate) time: u64,
	/// Encoded bytes.
	pub(crate) size: u64,
}

impl Load {
	/// Both together. Saturating.
	pub(crate) fn plus(self, other: Self) -> Self {
		Self {
			time: self.time.saturating_add(other.time),
			size: self.size.saturating_add(other.size),
		}
	}

	/// Whether a block with this budget has room for it.
	pub(crate) fn fits(self, budget: Self) -> bool {
		self.time <= budget.time && self.size <= budget.size
	}

	fn sum(loads: impl Iterator<Item = Self>) -> Self {
		loads.fold(Self::default(), Self::plus)
	}
}

/// A candidate that is offered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer {
	/// Its para: candidates of one para are a chain, in the order offered (R-WGT-3).
	pub(crate) para: ParaId,
	/// Whether it announces new code.
	pub(crate) upgrades: bool,
	/// What it takes.
	pub(crate) load: Load,
}

/// Positions of what is kept, each list ascending: what is chosen keeps its order (R-WGT-5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selection {
	/// Bitfields.
	pub(crate) bitfields: Vec<usize>,
	/// Candidates.
	pub(crate) candidates: Vec<usize>,
}

/// How many of the first loads fit on top of `taken`.
pub(crate) fn fitting_prefix(budget: Load, taken: Load, loads: impl IntoIterator<Item = Load>) -> usize {
	let mut taken = taken;
	loads
		.into_iter()
		.take_while(|load| {
			taken = taken.plus(*load);
			taken.fits(budget)
		})
		.count()
}

/// What an inherent takes beside its bitfields and candidates.
pub(crate) struct Taken<F> {
	/// By the empty inherent and by disputes.
	pub(crate) already: Load,
	/// By candidates together.
	pub(crate) shared: Load,
	/// By enactments, time-outs and evictions, if the bitfields at these positions count (R-WGT-6). Never grows when some
	/// are left out.
	pub(crate) set_free: F,
}

/// Chooses what a block has room for (R-WGT-2).
///
/// What bitfields set free comes before candidates, not before bitfields: candidates can wait for the next block, while
/// bitfields are what makes them leave. Otherwise a chain could stop whose pending candidates need more than a block
/// together. Only where the block has a limit that nothing may exceed, bitfields are left out for what they set free.
///
/// `seed` is asked only if something has to be left out.
///
/// Cost: linear in what is offered, times the logarithm of the number of paras; what is set free is asked about once, and
/// times the logarithm of the number of bitfields where not all have room.
pub(crate) fn select<F: Fn(&[usize]) -> Load>(
	room: Room,
	taken: &Taken<F>,
	bitfields: &[Load],
	candidates: &[Offer],
	seed: impl FnOnce() -> [u8; 32],
) -> Selection {
	let budget = room.budget;
	let all_bitfields: Vec<_> = (0..bitfields.len()).collect();
	let set_free = (taken.set_free)(&all_bitfields);
	let with_bitfields = taken.already.plus(Load::sum(bitfields.iter().copied()));
	let with_reserve = with_bitfields.plus(set_free);
	let must_fit = if room.is_limit {
		with_reserve
	} else {
		with_bitfields
	};
	if !must_fit.fits(budget) {
		let mut order = all_bitfields;
		shuffle(&mut order, &mut ChaCha20Rng::from_seed(seed()));
		let loads = order.iter().map(|position| bitfields[*position]);
		order.truncate(fitting_prefix(budget, taken.already, loads));
		if room.is_limit {
			order.truncate(prefix_with_reserve(budget, taken, bitfields, &order));
		}
		order.sort_unstable();
		return Selection {
			bitfields: order,
			candidates: Vec::new(),
		};
	}
	let before_candidates = with_reserve.plus(taken.shared);
	let all = before_candidates.plus(Load::sum(candidates.iter().map(|offer| offer.load)));
	let candidates = if all.fits(budget) {
		(0..candidates.len()).collect()
	} else {
		let rng = &mut ChaCha20Rng::from_seed(seed());
		select_candidates(budget, before_candidates, candidates, rng)
	};
	Selection {
		bitfields: all_bitfields,
		candidates,
	}
}

/// How many of the bitfields in this order fit together with what they set free.
fn prefix_with_reserve<F: Fn(&[usize]) -> Load>(
	budget: Load,
	taken: &Taken<F>,
	bitfields: &[Load],
	order: &[usize],
) -> usize {
	let counts: Vec<_> = (1..=order.len()).collect();
	counts.partition_point(|count| {
		let prefix = order.get(..*count).unwrap_or(order);
		let loads = prefix.iter().map(|position| bitfields[*position]);
		let needed = taken.already.plus(Load::sum(loads));
		needed.plus((taken.set_free)(prefix)).fits(budget)
	})
}

/// Of each chain the longest prefix that fits (R-WGT-4); chains with a code upgrade come first, and within a class the
/// order is random, so no para is always the last (R-WGT-3).
fn select_candidates(budget: Load, taken: Load, candidates: &[Offer], rng: &mut ChaCha20Rng) -> Vec<usize> {
	let mut chains = alloc::collections::BTreeMap::<ParaId, Vec<usize>>::new();
	for (position, offer) in candidates.iter().enumerate() {
		chains.entry(offer.para).or_default().push(position);
	}
	let (mut first, mut second): (Vec<_>, Vec<_>) = chains
		.into_values()
		.partition(|chain| chain.iter().any(|position| candidates[*position].upgrades));
	shuffle(&mut first, rng);
	shuffle(&mut second, rng);
	let mut taken = taken;
	let mut kept = Vec::with_capacity(candidates.len());
	for mut chain in first.into_iter().chain(second) {
		let loads = chain.iter().map(|position| candidates[*position].load);
		chain.truncate(fitting_prefix(budget, taken, loads));
		taken = taken.plus(Load::sum(chain.iter().map(|position| candidates[*position].load)));
		kept.extend(chain);
	}
	kept.sort_unstable();
	kept
}

/// Fisher and Yates' shuffle. The remainder favours small positions by less than one in four million for a thousand
/// items, which is nothing that anybody could use.
fn shuffle<T>(items: &mut [T], rng: &mut ChaCha20Rng) {
	for last in (1..items.len()).rev() {
		let bound = u32::try_from(last).unwrap_or(u32::MAX - 1) + 1;
		items.swap(last, (rng.next_u32() % bound) as usize);
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::{collections::BTreeMap, vec};
	use proptest::prelude::*;

	const BUDGET: Load = Load {
		time: 1_000,
		size: 1_000,
	};
	const NOTHING: Load = Load { time: 0, size: 0 };

	fn load(time: u64, size: u64) -> Load {
		Load { time, size }
	}

	fn offer(para: u32, upgrades: bool, time: u64) -> Offer {
		Offer {
			para: ParaId(para),
			upgrades,
			load: load(time, 1),
		}
	}

	/// Where nothing limits the time of a block, and so much is reserved whichever bitfields are kept.
	fn select(
		budget: Load,
		already: Load,
		reserved: Load,
		bitfields: &[Load],
		candidates: &[Offer],
		seed: impl FnOnce() -> [u8; 32],
	) -> Selection {
		let room = Room {
			budget,
			is_limit: false,
		};
		let taken = Taken {
			already,
			shared: NOTHING,
			set_free: |_: &[usize]| reserved,
		};
		super::select(room, &taken, bitfields, candidates, seed)
	}

	fn no_seed() -> [u8; 32] {
		panic!("R-WGT-2: nothing is left out, so nothing is random")
	}

	#[test]
	fn r_wgt_1_time_and_size_are_both_limits() {
		for (each, kept) in [
			(load(400, 1), 2),
			(load(1, 400), 2),
			(load(500, 500), 2),
			(load(501, 1), 1),
		] {
			let offers = [each; 3].map(|load| Offer {
				para: ParaId(1),
				upgrades: false,
				load,
			});
			let selection = select(BUDGET, NOTHING, NOTHING, &[], &offers, || [0; 32]);
			assert_eq!(selection.candidates.len(), kept, "R-WGT-1: {each:?}");
		}
	}

	#[test]
	fn r_wgt_2_the_three_cases() {
		let bitfields = [load(100, 1); 8];
		let fits = select(
			BUDGET,
			NOTHING,
			NOTHING,
			&bitfields,
			&[offer(1, false, 200)],
			no_seed,
		);
		assert_eq!(
			(fits.bitfields.len(), fits.candidates.len()),
			(8, 1),
			"R-WGT-2: all"
		);
		let some = [offer(1, false, 200), offer(2, false, 200)];
		let some = select(BUDGET, NOTHING, NOTHING, &bitfields, &some, || [0; 32]);
		assert_eq!(
			(some.bitfields.len(), some.candidates.len()),
			(8, 1),
			"R-WGT-2: all bitfields"
		);
		let taken = load(450, 0);
		let few = |seed| {
			select(BUDGET, taken, NOTHING, &bitfields, &[offer(1, false, 1)], || {
				[seed; 32]
			})
		};
		assert_eq!(
			(few(0).bitfields.len(), few(0).candidates.len()),
			(5, 0),
			"R-WGT-2: not all bitfields, so no candidate"
		);
		let drawn: alloc::collections::BTreeSet<_> = (0..20).map(|seed| few(seed).bitfields).collect();
		assert!(drawn.len() > 10, "R-WGT-2: a random part: {drawn:?}");
	}

	#[test]
	fn r_wgt_3_upgrades_come_first_and_no_para_is_always_last() {
		let offers: Vec<_> = (0..6).map(|para| offer(para, para >= 4, 300)).collect();
		let mut wins = BTreeMap::<usize, u32>::new();
		for seed in 0..200 {
			let kept = select(BUDGET, NOTHING, NOTHING, &[], &offers, || [seed; 32]).candidates;
			assert!(
				kept.contains(&4) && kept.contains(&5),
				"R-WGT-3: upgrades first: {kept:?}"
			);
			kept.iter().for_each(|para| *wins.entry(*para).or_default() += 1);
		}
		for para in 0..4 {
			assert!(
				(25..=75).contains(&wins[&para]),
				"R-WGT-3: a quarter of 200 each: {wins:?}"
			);
		}
	}

	#[test]
	fn r_def_21_a_chain_that_does_not_fit_keeps_its_longest_prefix() {
		let offers = [
			offer(1, false, 400),
			offer(2, false, 50),
			offer(1, false, 700),
			offer(1, false, 10),
			offer(2, false, 60),
		];
		for seed in 0..20 {
			let kept = select(BUDGET, NOTHING, NOTHING, &[], &offers, || [seed; 32]).candidates;
			// The third of para 1 would fit, but builds on the second, which does not. Para 2 has room either way.
			assert_eq!(kept, [0, 1, 4], "R-DEF-21, R-WGT-4: prefixes in their order");
		}
	}

	#[test]
	fn r_wgt_5_the_seed_decides_and_the_order_stays() {
		let offers: Vec<_> = (0..20).map(|para| offer(para, false, 100)).collect();
		let kept = |seed| select(BUDGET, NOTHING, NOTHING, &[], &offers, || [seed; 32]).candidates;
		assert_eq!(
			kept(1),
			kept(1),
			"R-WGT-5, R-WGT-7: the same seed, the same choice"
		);
		assert_ne!(kept(1), kept(2), "R-WGT-5: another seed, another choice");
		assert!(kept(1).is_sorted(), "R-WGT-5: the order offered");
		// Pinned: another generator or shuffle is another consensus.
		assert_eq!(kept(7), [3, 4, 7, 8, 9, 10, 11, 13, 17, 18], "R-WGT-5");
	}

	#[test]
	fn r_wgt_6_enactment_is_paid_before_candidates_and_never_costs_a_bitfield() {
		let bitfields = [load(100, 1); 5];
		let offers = [offer(1, false, 300), offer(1, false, 150)];
		for (reserved, expected) in [(50, 2), (51, 1), (200, 1), (201, 0), (5_000, 0)] {
			let selection = select(BUDGET, NOTHING, load(reserved, 0), &bitfields, &offers, || {
				[0; 32]
			});
			assert_eq!(
				(selection.bitfields.len(), selection.candidates.len()),
				(5, expected),
				"R-WGT-6, R-DEF-5: reserved {reserved}"
			);
		}
	}

	#[test]
	fn r_def_28_r_wgt_1_a_limit_is_not_exceeded_by_what_bitfields_set_free() {
		let bitfields = [load(10, 1); 8];
		let offers = [offer(1, false, 100), offer(2, false, 100)];
		// The third bitfield makes something available.
		let kept = |budget, enactment| {
			let room = Room {
				budget: load(budget, 1_000),
				is_limit: true,
			};
			let taken = Taken {
				already: load(50, 0),
				shared: load(20, 0),
				set_free: |kept: &[usize]| load(if kept.len() > 2 { enactment } else { 30 }, 0),
			};
			let selection = super::select(room, &taken, &bitfields, &offers, || [4; 32]);
			(selection.bitfields.len(), selection.candidates.len())
		};
		for (budget, enactment, expected) in [
			(550, 200, (8, 2)),
			(549, 200, (8, 1)),
			(449, 200, (8, 0)),
			(330, 200, (8, 0)),
			(329, 200, (7, 0)),
			(280, 200, (3, 0)),
			(279, 200, (2, 0)),
			(1_000, 5_000, (2, 0)),
			(90, 200, (1, 0)),
			(79, 200, (0, 0)),
		] {
			assert_eq!(
				kept(budget, enactment),
				expected,
				"R-DEF-28, R-WGT-1: {budget} for an enactment of {enactment}"
			);
		}
	}

	fn any_load() -> impl Strategy<Value = Load> {
		(0..400u64, 0..400u64).prop_map(|(time, size)| load(time, size))
	}

	fn any_offers() -> impl Strategy<Value = Vec<Offer>> {
		let offer = (0..5u32, 0..6u8, any_load()).prop_map(|(para, upgrade, load)| Offer {
			para: ParaId(para),
			upgrades: upgrade == 0,
			load,
		});
		proptest::collection::vec(offer, 0..16)
	}

	proptest! {
		#[test]
		fn r_wgt_4_what_is_kept_fits_and_is_closed_under_ancestors(
			taken in any_load(),
			reserved in 0..400u64,
			bitfields in proptest::collection::vec(any_load(), 0..8),
			offers in any_offers(),
			seed in any::<u8>(),
		) {
			let reserved = load(reserved, 0);
			let kept = select(BUDGET, taken, reserved, &bitfields, &offers, || [seed; 32]);
			let of_bitfields = Load::sum(kept.bitfields.iter().map(|position| bitfields[*position]));
			let of_candidates = Load::sum(kept.candidates.iter().map(|position| offers[*position].load));
			let with_bitfields = taken.plus(of_bitfields);
			prop_assert!(with_bitfields.fits(BUDGET) || kept.bitfields.is_empty(), "R-WGT-1: {:?}", kept);
			let all = with_bitfields.plus(reserved).plus(of_candidates);
			prop_assert!(all.fits(BUDGET) || kept.candidates.is_empty(), "R-WGT-1, R-WGT-6: {:?}", kept);
			prop_assert!(kept.bitfields.is_sorted() && kept.candidates.is_sorted(), "R-WGT-5: {:?}", kept);
			for para in 0..5 {
				let of_para = |positions: &[usize]| {
					positions.iter().copied().filter(|position| offers[*position].para.0 == para).collect::<Vec<_>>()
				};
				let (chain, prefix) = (of_para(&(0..offers.len()).collect::<Vec<_>>()), of_para(&kept.candidates));
				prop_assert!(chain.starts_with(&prefix), "R-WGT-4: para {}: {:?} of {:?}", para, prefix, chain);
				// The longest: nothing is left out that still had room.
				if let (Some(next), true) = (chain.get(prefix.len()), kept.bitfields.len() == bitfields.len()) {
					prop_assert!(!all.plus(offers[*next].load).fits(BUDGET), "R-WGT-4: {} had room", next);
				}
			}
		}

		#[test]
		fn r_wgt_7_choosing_again_from_what_was_chosen_leaves_nothing_out(
			taken in any_load(),
			bitfields in proptest::collection::vec(any_load(), 0..8),
			offers in any_offers(),
		) {
			let kept = select(BUDGET, taken, NOTHING, &bitfields, &offers, || [3; 32]);
			prop_assume!(taken.fits(BUDGET));
			let bitfields: Vec<_> = kept.bitfields.iter().map(|position| bitfields[*position]).collect();
			let offers: Vec<_> = kept.candidates.iter().map(|position| offers[*position]).collect();
			let again = select(BUDGET, taken, NOTHING, &bitfields, &offers, no_seed);
			prop_assert_eq!(again.bitfields.len(), bitfields.len(), "R-WGT-7");
			prop_assert_eq!(again.candidates.len(), offers.len(), "R-WGT-7");
		}

		#[test]
		fn r_wgt_2_more_room_never_keeps_less(
			bitfields in proptest::collection::vec(any_load(), 0..8),
			chain in proptest::collection::vec(any_load(), 0..8),
			extra in 0..500u64,
		) {
			let offers: Vec<_> =
				chain.iter().map(|load| Offer { para: ParaId(1), upgrades: false, load: *load }).collect();
			let kept = |budget| select(budget, NOTHING, NOTHING, &bitfields, &offers, || [3; 32]);
			let (less, more) = (kept(BUDGET), kept(BUDGET.plus(load(extra, extra))));
			prop_assert!(less.bitfields.len() <= more.bitfields.len(), "R-WGT-2: monotone");
			prop_assert!(less.candidates.len() <= more.candidates.len(), "R-WGT-2: monotone");
		}
	}

	#[test]
	fn a_prefix_may_be_empty() {
		assert_eq!(fitting_prefix(BUDGET, load(1_001, 0), vec![NOTHING]), 0);
		assert_eq!(fitting_prefix(BUDGET, NOTHING, vec![]), 0);
	}
}
