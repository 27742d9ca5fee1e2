//! Every paid order is served once and has a bonus at most, or waits, or was dropped with an event (R-DEF-32), whatever
//! happens. The chain around the pallet is played: candidates are backed, late, timed out and dropped with sessions.

use crate::{mock::*, Claim, CoreAssignment, Event, OnDemand, OnDemandOrders};
use async_backing_primitives::{ports::OnParaRemoved, ParaId};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const CORES: u32 = 4;
const FIRST: u32 = 2000;
const LAST: u32 = 2003;

#[derive(Clone, Copy, Debug)]
enum Work {
	Idle,
	Pool,
	Task(u32),
}

#[derive(Clone, Debug)]
enum Step {
	Place(u32),
	Block(Block),
	/// A block that ends the session, and what the next one is like.
	LastBlock {
		block: Block,
		lookahead: u32,
		cores: u32,
		queue: u32,
		removed: Option<u32>,
		is_frozen: bool,
	},
	Assign {
		core: u32,
		begin: u32,
		length: Option<u32>,
		first: Work,
		second: Work,
		parts: u16,
	},
	Return(u32),
}

/// What happens to the cores in a block, each a bit.
#[derive(Clone, Copy, Debug)]
struct Block {
	available: u8,
	timed_out: u8,
	backed: u8,
}

fn block() -> impl Strategy<Value = Block> {
	(any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>()).prop_map(|(available, late, more, backed)| Block {
		available,
		timed_out: late & more,
		backed,
	})
}

fn work() -> impl Strategy<Value = Work> {
	prop_oneof![
		1 => Just(Work::Idle),
		4 => Just(Work::Pool),
		2 => (FIRST..=LAST).prop_map(Work::Task),
	]
}

fn step() -> impl Strategy<Value = Step> {
	prop_oneof![
		6 => (FIRST..=LAST).prop_map(Step::Place),
		10 => block().prop_map(Step::Block),
		2 => (block(), 1u32..6, 0u32..=CORES, 0u32..30, proptest::option::weighted(0.3, FIRST..=LAST), any::<bool>())
			.prop_map(|(block, lookahead, cores, queue, removed, is_frozen)| Step::LastBlock {
				block, lookahead, cores, queue, removed, is_frozen,
			}),
		2 => (0u32..CORES, 0u32..40, proptest::option::of(1u32..10), work(), work(), 1u16..57_600).prop_map(
			|(core, begin, length, first, second, parts)| Step::Assign { core, begin, length, first, second, parts }
		),
		1 => (FIRST..=LAST).prop_map(Step::Return),
	]
}

/// What a para had for its orders.
#[derive(Clone, Copy, Debug, Default)]
struct Account {
	placed: u32,
	dropped: u32,
	/// Blocks that it could have on a free core, but for those whose candidate a session dropped.
	chances: u32,
	/// Candidates that were included.
	included: u32,
}

/// A candidate that is pending on a core.
#[derive(Clone, Copy, Debug)]
struct Pending {
	para: u32,
	is_ordered: bool,
}

#[derive(Default)]
struct Chain {
	pending: BTreeMap<u32, Pending>,
	accounts: BTreeMap<u32, Account>,
	paid: u128,
}

impl Chain {
	fn account(&mut self, para: u32) -> &mut Account {
		self.accounts.entry(para).or_default()
	}

	fn place(&mut self, para: u32) {
		let price = Scheduler::order_price();
		if order(para).is_ok() {
			self.account(para).placed += 1;
			self.paid += price;
		}
		assert_eq!(Revenue::get(), self.paid, "money in is the price of the orders");
		assert_eq!(Balances::free_balance(RICH), ENDOWMENT - self.paid);
		assert_eq!(
			Balances::total_issuance(),
			ENDOWMENT - self.paid,
			"nothing is created"
		);
	}

	/// Cores whose claim in front, or its bonus, is an order.
	fn cores_with_orders() -> BTreeSet<u32> {
		let cores = Scheduler::upcoming_claims();
		let is_ordered = |claims: &[Claim]| {
			matches!(
				claims,
				[Claim::Pool(Some(_)), ..] | [Claim::Idle | Claim::Pool(None), Claim::Pool(Some(_)), ..]
			)
		};
		(0..)
			.zip(cores.iter())
			.filter_map(|(index, core)| is_ordered(&core.claims).then_some(index))
			.collect()
	}

	fn block(
		&mut self,
		Block {
			available,
			timed_out,
			backed,
		}: Block,
	) {
		System::reset_events();
		System::set_block_number(System::block_number() + 1);
		let mut included = Vec::new();
		for (core, candidate) in self.pending.clone() {
			let is = |mask: u8| mask & (1 << core) != 0;
			if !is(available) && !is(timed_out) {
				continue;
			}
			self.pending.remove(&core);
			if is(available) {
				included.push(core);
			}
			if candidate.is_ordered {
				let account = self.account(candidate.para);
				account.chances += 1;
				account.included += u32::from(is(available));
			}
		}
		let occupied: Vec<u32> = self.pending.keys().copied().collect();
		let ordered = Self::cores_with_orders();
		for (core, para) in serve_after(&occupied, &included) {
			let is_ordered = ordered.contains(&core);
			if backed & (1 << core) != 0 {
				self.pending.insert(core, Pending { para, is_ordered });
			} else if is_ordered {
				self.account(para).chances += 1;
			}
		}
		self.check();
	}

	fn end_session(&mut self, lookahead: u32, cores: u32, queue: u32, removed: Option<u32>) {
		self.pending.clear();
		let dropped = |para| {
			let of_para = |event| match event {
				RuntimeEvent::Scheduler(Event::OrdersDropped { para: other, count }) => {
					(other == ParaId(para)).then_some(count)
				}
				_ => None,
			};
			System::events()
				.into_iter()
				.filter_map(|record| of_para(record.event))
				.sum::<u32>()
		};
		let before = dropped(removed.unwrap_or_default());
		if let Some(para) = removed {
			neighbours(|state| state.gone.insert(ParaId(para)));
			Scheduler::on_para_removed(ParaId(para));
		}
		change_session_to(6, |config| {
			(config.scheduling_lookahead, config.num_cores) = (lookahead, cores);
			config.on_demand_queue_max_size = queue;
		});
		if let Some(para) = removed {
			self.account(para).dropped += dropped(para) - before;
		}
		self.check();
	}

	fn check(&self) {
		Scheduler::do_try_state().expect("state is sound");
		let on_their_way = OnDemand::<Test>::get();
		let ended: u32 = self
			.accounts
			.values()
			.map(|account| account.placed - account.dropped)
			.sum();
		assert!(
			on_their_way.unserved + on_their_way.running <= ended,
			"R-DEF-32: no order comes from nowhere"
		);
		for (para, account) in &self.accounts {
			assert!(
				account.included <= 2 * account.placed,
				"R-DEF-32: {para} had more than a block and a bonus for each order: {account:?}"
			);
		}
	}
}

fn run(pool: &[u32], steps: Vec<Step>) {
	configure(CORES, 3);
	reconfigure(|config| config.on_demand_queue_max_size = 20);
	with_cores(&[], pool, || {
		serve(&[]);
		let mut chain = Chain::default();
		for step in steps {
			match step {
				Step::Place(para) => chain.place(para),
				Step::Block(block) => chain.block(block),
				Step::LastBlock {
					block,
					lookahead,
					cores,
					queue,
					removed,
					is_frozen,
				} => {
					if !is_frozen {
						set_session_ends(true);
						chain.block(Block { backed: 0, ..block });
						set_session_ends(false);
					}
					chain.end_session(lookahead, cores, queue, removed);
				}
				Step::Assign {
					core,
					begin,
					length,
					first,
					second,
					parts,
				} => {
					let assignment = |work| match work {
						Work::Idle => CoreAssignment::Idle,
						Work::Pool => CoreAssignment::Pool,
						Work::Task(para) => CoreAssignment::Task(ParaId(para)),
					};
					let both = shares(&[(assignment(first), parts), (assignment(second), 57_600 - parts)]);
					let _ = assign(core, begin, length.map(|length| begin + length), both);
				}
				Step::Return(para) => neighbours(|state| {
					state.gone.remove(&ParaId(para));
				}),
			}
		}
		// In the end every order has its turn.
		chain.end_session(2, CORES, 20, None);
		for core in 0..CORES {
			let _ = assign(core, 0, None, shares(&[(CoreAssignment::Pool, 57_600)]));
		}
		let all = Block {
			available: u8::MAX,
			timed_out: 0,
			backed: u8::MAX,
		};
		for _ in 0..400 {
			if OnDemand::<Test>::get().is_empty() {
				break;
			}
			chain.block(all);
		}
		assert_eq!(
			OnDemandOrders::<Test>::get().len(),
			0,
			"R-DEF-32: none waits for ever"
		);
		chain.block(Block { backed: 0, ..all });
		for (para, account) in &chain.accounts {
			assert!(
				account.chances >= account.placed - account.dropped,
				"R-DEF-32: an order of {para} was lost: {account:?}"
			);
		}
	});
}

proptest! {
	#![proptest_config(cases(3_000))]
	#[test]
	fn r_def_32_r_sch_6_every_paid_order_is_served_or_waits_or_was_dropped_with_an_event(
		pool in proptest::collection::btree_set(0..CORES, 1..4),
		steps in proptest::collection::vec(step(), 1..80),
	) {
		run(&pool.into_iter().collect::<Vec<_>>(), steps);
	}
}
