//! Benchmarks of what an inherent carries and causes, each component by itself.
//!
//! Every benchmark does with a real inherent what a block does with it: decodes, weighs and executes it, real signatures
//! and all. [`UnitWeights`](crate::weights::UnitWeights) takes the
//! components apart again: what one more unit adds, without the inherent around it (R-WGT-6).
//!
//! The module is long because FRAME takes the benchmarks of a pallet from one.

// The macro makes a function of each benchmark, and `compose` has ten components.
#![allow(clippy::too_many_arguments)]

mod composition;
mod helper;
mod world;

pub use composition::Composition;
pub use helper::BenchmarkHelper;

use crate::{
	weights::{CANDIDATES_WITH_VOTES, LOOKAHEAD_MEASURED},
	ClaimQueueSnapshots, Config, Pallet,
};
use alloc::{collections::VecDeque, vec};
use async_backing_primitives::{
	crypto,
	ports::{
		ActiveConfiguration, CoreScheduler, CurrentSession, HorizontalChannels, OnSessionChange, ParaState,
		SessionChange,
	},
	CandidateCommitments, ClaimQueue, CoreIndex, HeadData, OutboundHrmpMessage, ParaId,
	ParachainsInherentData, ValidationCode, MAX_LOOKAHEAD, MAX_ON_DEMAND_ORDERS,
};
use frame_benchmarking::v2::*;
use frame_support::traits::Hooks;
use world::*;

#[allow(clippy::expect_used)]
#[benchmarks]
mod benches {
	use super::*;

	/// Nothing, on a chain with so many cores, each with a para and five validators.
	#[benchmark]
	fn enter_empty(k: Linear<1, CORES>) {
		let world = World::<T>::sized(k * (VALIDATORS / CORES), k);
		let encoded = encoded(world.inherent());
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert_eq!(pending::<T>(), 0);
	}

	/// Nothing, where claims reach so many blocks ahead.
	#[benchmark]
	fn enter_claims(l: Linear<LOOKAHEAD_MEASURED, { MAX_LOOKAHEAD / 4 }>) {
		let world = World::<T>::looking_ahead(VALIDATORS, CORES, l);
		let encoded = encoded(world.inherent());
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert_eq!(
			T::Scheduler::claim_queue().values().map(VecDeque::len).max(),
			Some(l as usize)
		);
	}

	/// Nothing, where so many orders wait.
	#[benchmark]
	fn enter_orders(o: Linear<0, { MAX_ON_DEMAND_ORDERS / 2 }>) {
		let world = World::<T>::with_orders(o);
		assert_eq!(T::Scheduler::load().orders, o);
		let encoded = encoded(world.inherent());
		#[block]
		{
			execute::<T>(&encoded);
		}
		// One is handed out for each block ahead.
		assert_eq!(T::Scheduler::load().orders, o.saturating_sub(LOOKAHEAD_MEASURED));
	}

	/// So many candidates wait, and a bitfield names all cores. None becomes available.
	#[benchmark]
	fn enter_pending(p: Linear<0, CORES>) {
		let world = World::<T>::with_pending(p, no_outputs);
		forget_votes::<T>();
		let encoded = encoded(world.enacting());
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert_eq!(pending::<T>(), p);
	}

	/// Bitfields of so many validators about all cores, on each of which a candidate waits. None becomes available.
	#[benchmark]
	fn enter_bitfields(b: Linear<1, 600>) {
		let world = World::<T>::with_pending(CORES, no_outputs);
		forget_votes::<T>();
		let data = ParachainsInherentData {
			bitfields: world.bitfields(b),
			..world.inherent()
		};
		let encoded = encoded(data);
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert_eq!(pending::<T>(), CORES);
	}

	/// So many candidates with one vote each.
	#[benchmark]
	fn enter_candidates(c: Linear<1, CORES>) {
		let world = World::<T>::new();
		let candidates = (0..c).map(|core| world.candidate(core, 1, no_outputs(core)));
		let encoded = encoded(world.offering(candidates));
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert_eq!(pending::<T>(), c);
	}

	/// So many candidates with one vote each, each of a para of which another candidate waits on another core.
	#[benchmark]
	fn enter_candidates_behind_pending(c: Linear<1, { CORES / 2 }>) {
		let world = World::<T>::with_pending(c, no_outputs);
		change_pending::<T>(|candidate| candidate.core = CoreIndex(candidate.core.0 + CORES / 2));
		let second = CandidateCommitments {
			head_data: HeadData(vec![2; HEAD_BYTES]),
			..Default::default()
		};
		let candidates = (0..c).map(|core| world.candidate_behind(core, 1, second.clone(), &first_head()));
		let encoded = encoded(world.offering(candidates));
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert_eq!(pending::<T>(), 2 * c);
	}

	/// [`CANDIDATES_WITH_VOTES`] candidates with so many votes each.
	#[benchmark]
	fn enter_votes(v: Linear<1, 5>) {
		let world = World::<T>::new();
		let candidates =
			(0..CANDIDATES_WITH_VOTES).map(|core| world.candidate(core, v as usize, no_outputs(core)));
		let encoded = encoded(world.offering(candidates));
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert_eq!(pending::<T>(), CANDIDATES_WITH_VOTES);
	}

	/// A candidate that is so many bytes larger than it need be.
	#[benchmark]
	fn enter_candidate_bytes(n: Linear<9, 1_000_000>) {
		let world = World::<T>::new();
		let upgrade = CandidateCommitments {
			new_validation_code: Some(ValidationCode(vec![7; n as usize])),
			..Default::default()
		};
		let encoded = encoded(world.offering([world.candidate(0, 1, upgrade)]));
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert_eq!(pending::<T>(), 1);
	}

	/// A candidate with head data of so many bytes.
	#[benchmark]
	fn enter_head_bytes(n: Linear<1, 1_000_000>) {
		let world = World::<T>::new();
		let encoded = encoded(world.offering([world.candidate(0, 1, large_head(n))]));
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert_eq!(pending::<T>(), 1);
	}

	/// So many candidates with one vote each, each with a watermark in a block in which a message came, of as many as can be.
	#[benchmark]
	fn enter_listed_watermarks(c: Linear<1, CORES>) {
		let world = World::<T>::new();
		for core in 0..c {
			let (sender, recipient) = (ParaId(FIRST_PARA + (core + 1) % CORES), ParaId(FIRST_PARA + core));
			T::BenchmarkHelper::open_channel(sender, recipient);
			T::BenchmarkHelper::send_horizontal(sender, recipient, RECEIVED, 1);
			T::BenchmarkHelper::fill_digest(recipient);
		}
		let candidates = (0..c).map(|core| world.candidate(core, 1, watermark(RECEIVED)));
		let encoded = encoded(world.offering(candidates));
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert_eq!(pending::<T>(), c);
	}

	/// So many candidates with one vote each, each with an upward message.
	#[benchmark]
	fn enter_upward_queues(c: Linear<1, CORES>) {
		let world = World::<T>::new();
		let candidates = (0..c).map(|core| world.candidate(core, 1, one_upward_message(core)));
		let encoded = encoded(world.offering(candidates));
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert_eq!(pending::<T>(), c);
	}

	/// A candidate that sends a byte into so many channels.
	#[benchmark]
	fn enter_horizontal_messages(h: Linear<0, 50>) {
		let (recipients, outputs) = into_channels(h);
		let world = World::<T>::new();
		open_channels::<T>(&recipients);
		let encoded = encoded(world.offering([world.candidate(0, 1, outputs)]));
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert_eq!(pending::<T>(), 1);
	}

	/// So many candidates without outputs become available by one bitfield.
	#[benchmark]
	fn enact_candidates(e: Linear<0, CORES>) {
		let world = World::<T>::with_pending(e, no_outputs);
		let encoded = encoded(world.enacting());
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert_eq!(pending::<T>(), 0);
	}

	/// So many candidates with an upward message of a byte each are enacted.
	#[benchmark]
	fn enact_upward_queues(e: Linear<0, CORES>) {
		let world = World::<T>::with_pending(e, one_upward_message);
		let encoded = encoded(world.enacting());
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert_eq!(pending::<T>(), 0);
	}

	/// So many candidates that processed one downward message each are enacted.
	#[benchmark]
	fn enact_downward_queues(e: Linear<0, CORES>) {
		let world = World::<T>::new();
		for core in 0..e {
			T::BenchmarkHelper::send_downward(ParaId(FIRST_PARA + core), 1);
		}
		let world = world.then_pending(e, |_| CandidateCommitments {
			processed_downward_messages: 1,
			..Default::default()
		});
		let encoded = encoded(world.enacting());
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert_eq!(pending::<T>(), 0);
	}

	/// So many candidates that announce code of [`ANNOUNCED_BYTES`] each are enacted.
	#[benchmark]
	fn enact_code_upgrades(e: Linear<0, { CORES / 4 }>) {
		let world = World::<T>::with_pending(e, |core| CandidateCommitments {
			new_validation_code: Some(own_code(core)),
			..Default::default()
		});
		let encoded = encoded(world.enacting());
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert_eq!(pending::<T>(), 0);
	}

	/// So many candidates that apply a scheduled upgrade each are enacted.
	#[benchmark]
	fn enact_applied_upgrades(e: Linear<0, CORES>) {
		let world = World::<T>::new();
		for core in 0..e {
			T::BenchmarkHelper::let_upgrade(ParaId(FIRST_PARA + core), &own_code(core), RECEIVED);
		}
		let world = world.then_pending(e, no_outputs);
		let encoded = encoded(world.enacting());
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert_eq!(pending::<T>(), 0);
		assert!(e == 0 || T::Paras::current_code_hash(ParaId(FIRST_PARA)) == Some(own_code(0).hash()));
	}

	/// One candidate with head data of so many bytes is enacted.
	#[benchmark]
	fn enact_head_bytes(n: Linear<1, 1_000_000>) {
		let (_world, data) = world_with_outputs::<T>(large_head(n));
		let encoded = encoded(data);
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert!(enacted::<T>());
	}

	/// One candidate that consumed a message from each of so many channels is enacted.
	#[benchmark]
	fn enact_inbound_channels(h: Linear<0, 50>) {
		let world = World::<T>::new();
		for position in 1..=h {
			receive::<T>(position, 1);
		}
		let world = make_pending(world, no_outputs(0));
		let encoded = encoded(world.enacting());
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert!(enacted::<T>());
		assert_eq!(waiting::<T>(), 0);
	}

	/// So many candidates are enacted whose paras had a watermark that was not at a relay parent, and a full digest.
	#[benchmark]
	fn enact_stored_watermarks(e: Linear<0, CORES>) {
		let world = World::<T>::new();
		for core in 0..e {
			T::BenchmarkHelper::fill_digest(ParaId(FIRST_PARA + core));
			T::Hrmp::prune(ParaId(FIRST_PARA + core), RECEIVED, RECEIVED + 1);
		}
		let world = world.then_pending(e, no_outputs);
		let encoded = encoded(world.enacting());
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert_eq!(pending::<T>(), 0);
	}

	/// One candidate that consumed so many messages from a channel is enacted.
	#[benchmark]
	fn enact_inbound_messages(m: Linear<1, 100>) {
		let world = World::<T>::new();
		receive::<T>(1, m);
		let world = make_pending(world, no_outputs(0));
		let encoded = encoded(world.enacting());
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert!(enacted::<T>());
		assert_eq!(waiting::<T>(), 0);
	}

	/// One candidate with so many upward messages of a byte is enacted.
	#[benchmark]
	fn enact_upward_messages(m: Linear<1, 100>) {
		let (_world, data) = world_with_outputs::<T>(CandidateCommitments {
			upward_messages: vec![vec![7]; m as usize],
			..Default::default()
		});
		let encoded = encoded(data);
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert!(enacted::<T>());
	}

	/// One candidate with an upward message of so many bytes is enacted.
	#[benchmark]
	fn enact_upward_bytes(n: Linear<1, 60_000>) {
		let (_world, data) = world_with_outputs::<T>(CandidateCommitments {
			upward_messages: vec![vec![7; n as usize]],
			..Default::default()
		});
		let encoded = encoded(data);
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert!(enacted::<T>());
	}

	/// One candidate that sends a byte into so many channels is enacted.
	#[benchmark]
	fn enact_horizontal_messages(h: Linear<0, 50>) {
		let (recipients, outputs) = into_channels(h);
		let world = world_with_channels::<T>(&recipients, outputs);
		let encoded = encoded(world.enacting());
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert!(enacted::<T>());
	}

	/// One candidate that sends so many bytes into a channel is enacted.
	#[benchmark]
	fn enact_horizontal_bytes(n: Linear<1, 60_000>) {
		let recipient = ParaId(FIRST_PARA + 1);
		let outputs = CandidateCommitments {
			horizontal_messages: vec![OutboundHrmpMessage {
				recipient,
				data: vec![7; n as usize],
			}],
			..Default::default()
		};
		let world = world_with_channels::<T>(&[recipient], outputs);
		let encoded = encoded(world.enacting());
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert!(enacted::<T>());
	}

	/// One candidate that processed so many downward messages is enacted.
	#[benchmark]
	fn enact_downward_messages(d: Linear<1, 100>) {
		let world = World::<T>::new();
		T::BenchmarkHelper::send_downward(ParaId(FIRST_PARA), d);
		let outputs = CandidateCommitments {
			processed_downward_messages: d,
			..Default::default()
		};
		let world = make_pending(world, outputs);
		let encoded = encoded(world.enacting());
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert!(enacted::<T>());
	}

	/// One candidate that announces code of so many bytes is enacted.
	#[benchmark]
	fn enact_code_bytes(n: Linear<9, 1_000_000>) {
		let (_world, data) = world_with_outputs::<T>(CandidateCommitments {
			new_validation_code: Some(ValidationCode(vec![7; n as usize])),
			..Default::default()
		});
		let encoded = encoded(data);
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert!(enacted::<T>());
	}

	/// So many candidates time out.
	#[benchmark]
	fn time_out_candidates(t: Linear<0, CORES>) {
		let _ = World::<T>::with_pending(t, no_outputs);
		let world = World::<T>::block(World::<T>::late());
		let encoded = encoded(world.inherent());
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert_eq!(pending::<T>(), 0);
	}

	/// A candidate with head data of so many bytes times out.
	#[benchmark]
	fn time_out_bytes(n: Linear<1, 1_000_000>) {
		let _ = World::<T>::with_pending(1, |_| large_head(n));
		let world = World::<T>::block(World::<T>::late());
		let encoded = encoded(world.inherent());
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert_eq!(pending::<T>(), 0);
	}

	/// So many candidates are evicted by disputes. Times them out where there are no disputes: that does the same and
	/// deposits an event more.
	#[benchmark]
	fn evict_candidates(t: Linear<0, CORES>) {
		let mut world = World::<T>::with_pending(t, no_outputs);
		if !T::BenchmarkHelper::conclude_against_all() {
			world = World::block(World::<T>::late());
		}
		let encoded = encoded(world.inherent());
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert_eq!(pending::<T>(), 0);
	}

	/// The session ends while so many candidates wait.
	#[benchmark]
	fn on_session_change(p: Linear<0, CORES>) {
		let _ = World::<T>::with_pending(p, no_outputs);
		let config = T::Configuration::active();
		let change = SessionChange {
			session_index: T::Session::index() + 1,
			session_start: START,
			validators: T::Session::validators(),
			old_configuration: config.clone(),
			new_configuration: config,
			random_seed: [0; 32],
		};
		#[block]
		{
			Pallet::<T>::on_session_change(&change);
		}
		assert_eq!(pending::<T>(), 0);
	}

	/// An inherent with a bit of everything ([`Composition`]). No part of the weights: it is what they are compared with.
	#[benchmark(extra)]
	fn compose(
		n: Linear<6, VALIDATORS>,
		k: Linear<1, CORES>,
		b: Linear<0, VALIDATORS>,
		c: Linear<0, CORES>,
		v: Linear<1, 5>,
		e: Linear<0, CORES>,
		m: Linear<0, 16>,
		h: Linear<0, 4>,
		d: Linear<0, 16>,
		u: Linear<0, 1_000_000>,
	) {
		// Ranges do not depend on one another; what a chain can hold does.
		let k = k.min(n);
		let (e, h) = (e.min(k), h.min(k - 1));
		let c = c.min(if b == 0 { k - e } else { k });
		let data = Composition {
			validators: n,
			cores: k,
			bitfields: b,
			candidates: c,
			votes: v,
			pending: e,
			upward_messages: m,
			horizontal_messages: h,
			downward_messages: d,
			code_bytes: u,
		}
		.build::<T>();
		let left = if b == 0 { e } else { 0 };
		let encoded = encoded(data);
		#[block]
		{
			execute::<T>(&encoded);
		}
		assert_eq!(pending::<T>(), c + left);
	}

	/// So many signatures are checked, with nothing around them. No part of the weights: it is what no inherent with so
	/// many bitfields or votes can do without.
	#[benchmark(extra)]
	fn check_signatures(b: Linear<0, VALIDATORS>) {
		let world = World::<T>::new();
		let keys = T::Session::validators();
		let bitfields = world.bitfields(b);
		let payload = bitfields
			.first()
			.map(|bitfield| bitfield.payload.signing_payload(&world.context()))
			.unwrap_or_default();
		let valid;
		#[block]
		{
			valid = bitfields
				.iter()
				.zip(&keys)
				.filter(|(bitfield, key)| crypto::verify(key, &payload, &bitfield.signature))
				.count();
		}
		assert_eq!(valid, b as usize);
	}

	/// The end of a block on a chain with so many cores, each with a para and with as many claims as it looks ahead.
	#[benchmark]
	fn on_finalize(k: Linear<1, CORES>) {
		let world = World::<T>::sized(k * (VALIDATORS / CORES), k);
		let data = world.inherent();
		Pallet::<T>::execute(data).expect("it is good");
		let now = frame_system::Pallet::<T>::block_number();
		#[block]
		{
			Pallet::<T>::on_finalize(now);
		}
		let taken = ClaimQueue::from(ClaimQueueSnapshots::<T>::get(START));
		assert_eq!(taken.len(), k as usize, "R-REL-7");
		let lookahead = LOOKAHEAD_MEASURED as usize;
		assert!(taken.values().all(|claims| claims.len() == lookahead));
	}

	impl_benchmark_test_suite!(
		Pallet,
		crate::mock::benchmark_helper::externalities(),
		crate::mock::Test
	);
}
