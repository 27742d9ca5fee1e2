//! R-SCH-5 under everything that may happen: what nodes see stays, and is what the next block serves.

use crate::{mock::*, CoreAssignment, CoreShares};
use async_backing_primitives::{
	ports::{CoreScheduler, OnParaRemoved},
	ClaimQueue, CoreIndex, ParaId,
};
use frame_support::{assert_ok, dispatch::DispatchResult};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What may happen in a block after its claims are handed out, or before.
#[derive(Clone, Debug)]
enum Step {
	Assign {
		core: u32,
		begin: u32,
		length: Option<u32>,
		shares: CoreShares,
	},
	Order(u32),
	Remove(u32),
	NextBlock {
		early: Vec<Early>,
		occupied: Vec<u32>,
		included: Vec<u32>,
		ends: bool,
	},
	Session {
		lookahead: u32,
		cores: u32,
	},
}

/// What a hook may call before the claims of its block are handed out.
#[derive(Clone, Debug)]
enum Early {
	Assign(u32, CoreShares),
	Order(u32),
}

fn core_shares() -> impl Strategy<Value = CoreShares> {
	let assignment = prop_oneof![
		Just(CoreAssignment::Idle),
		Just(CoreAssignment::Pool),
		(2000u32..2003).prop_map(|para| CoreAssignment::Task(ParaId(para))),
	];
	prop_oneof![
		assignment
			.clone()
			.prop_map(|assignment| shares(&[(assignment, 57_600)])),
		(assignment.clone(), assignment, 1u16..57_600)
			.prop_filter("distinct", |(first, second, _)| first != second)
			.prop_map(|(first, second, parts)| shares(&[(first, parts), (second, 57_600 - parts)])),
	]
}

fn early() -> impl Strategy<Value = Early> {
	prop_oneof![
		(0u32..4, core_shares()).prop_map(|(core, shares)| Early::Assign(core, shares)),
		(2000u32..2006).prop_map(Early::Order),
	]
}

fn step() -> impl Strategy<Value = Step> {
	let cores = || proptest::collection::vec(0u32..4, 0..3);
	prop_oneof![
		2 => (0u32..4, 0u32..40, proptest::option::of(1u32..10), core_shares()).prop_map(
			|(core, begin, length, shares)| Step::Assign { core, begin, length, shares }
		),
		3 => (2000u32..2006).prop_map(Step::Order),
		1 => (2000u32..2006).prop_map(Step::Remove),
		5 => (proptest::collection::vec(early(), 0..3), cores(), cores(), proptest::bool::weighted(0.1))
			.prop_map(|(early, occupied, included, ends)| Step::NextBlock { early, occupied, included, ends }),
		1 => (1u32..6, 1u32..5).prop_map(|(lookahead, cores)| Step::Session { lookahead, cores }),
	]
}

/// What nodes of the parent may rely on in the state of this block: all claims but the one that this block serves.
fn promised(seen: ClaimQueue) -> BTreeMap<CoreIndex, Vec<ParaId>> {
	seen.into_iter()
		.map(|(core, claims)| (core, claims.into_iter().skip(1).collect()))
		.collect()
}

fn assert_kept(promises: &BTreeMap<CoreIndex, Vec<ParaId>>) {
	let now = Scheduler::claim_queue();
	for (core, claims) in promises {
		let now: Vec<_> = now.get(core).into_iter().flatten().copied().collect();
		assert!(
			now.starts_with(claims),
			"R-SCH-5: core {core}: {claims:?}, then {now:?}"
		);
	}
}

proptest! {
	#![proptest_config(cases(500))]
	#[test]
	fn r_sch_5_and_6_a_visible_claim_moves_one_position_a_block(
		pool in proptest::collection::btree_set(0u32..3, 0..3),
		steps in proptest::collection::vec(step(), 1..60),
	) {
		configure(3, 4);
		let pool: Vec<_> = pool.into_iter().collect();
		with_cores(&[(3, 2000)], &pool, || {
			let mut seen = Scheduler::claim_queue();
			let mut promises: BTreeMap<CoreIndex, Vec<ParaId>> = BTreeMap::new();
			let first = Step::NextBlock { early: Vec::new(), occupied: Vec::new(), included: Vec::new(), ends: false };
			for step in [first].into_iter().chain(steps) {
				match step {
					Step::Assign { core, begin, length, shares } => {
						let _ = assign(core, begin, length.map(|length| begin + length), shares);
					}
					Step::Order(para) => {
						let _ = order(para);
					}
					Step::Session { lookahead, cores } => {
						change_session_to(6, |config| {
							(config.scheduling_lookahead, config.num_cores) = (lookahead, cores);
						});
						promises.retain(|core, _| core.0 < cores);
						for claims in promises.values_mut() {
							claims.truncate(lookahead as usize);
						}
					}
					Step::Remove(para) => {
						// Before claims move, or behind: nodes see the same.
						let now = Scheduler::claim_queue();
						Scheduler::on_para_removed(ParaId(para));
						assert_eq!(Scheduler::claim_queue(), now, "R-SCH-5");
					}
					Step::NextBlock { early, occupied, included, ends } => {
						System::set_block_number(System::block_number() + 1);
						assert_eq!(Scheduler::claim_queue(), seen, "nothing changes between blocks");
						for call in early {
							// Refused or not: what nodes saw stays.
							let _ = match call {
								Early::Assign(core, shares) => assign(core, 0, None, shares),
								Early::Order(para) => order(para),
							};
						}
						set_session_ends(ends);
						let front: Vec<_> = seen
							.iter()
							.filter(|(core, _)| !ends && !occupied.contains(&core.0))
							.map(|(core, claims)| (core.0, claims[0].0))
							.collect();
						let mut served = serve_after(&occupied, &included);
						// A core on which nodes saw nothing may have got work.
						served.retain(|(core, _)| seen.contains_key(&CoreIndex(*core)));
						assert_eq!(served, front, "R-SCH-6: a block serves what nodes saw in front");
						promises = promised(seen);
					}
				}
				assert_kept(&promises);
				Scheduler::do_try_state().expect("state is sound after every step");
				seen = Scheduler::claim_queue();
			}
		});
	}
}

#[test]
fn r_sch_5_r_def_29_an_order_stays_where_nodes_saw_it_whatever_a_hook_calls_in_the_next_block() {
	const SEEN: u32 = 2005;
	type Call = fn() -> DispatchResult;
	let rows: [(&str, Call); 3] = [
		("nothing", || Ok(())),
		("a lower core joins the pool", || {
			assign(0, 0, None, shares(&[(CoreAssignment::Pool, 57_600)]))
		}),
		("a para with a lower number orders", || order(2001)),
	];
	for (name, call) in rows {
		configure(3, 4);
		with_cores(&[], &[1, 2], || {
			serve(&[]);
			assert_ok!(order(SEEN));
			let seen = Scheduler::claim_queue();
			System::set_block_number(System::block_number() + 1);
			assert_ok!(call());
			serve(&[]);
			for (core, claims) in promised(seen) {
				let now = Scheduler::claim_queue();
				let now: Vec<_> = now.get(&core).into_iter().flatten().copied().collect();
				assert!(
					now.starts_with(&claims),
					"{name}: core {core}: {claims:?}, then {now:?}"
				);
			}
			let served: Vec<_> = (0..3).flat_map(|_| next_block(&[])).collect();
			assert!(served.contains(&(1, SEEN)), "{name}: {served:?}");
		});
	}
}
