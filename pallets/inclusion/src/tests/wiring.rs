//! The pallet as a part of a runtime: what it publishes, what it asks of the runtime around it, and what it is given by
//! default.

#![allow(missing_docs, missing_debug_implementations, unreachable_pub)] // items that macros write

use crate as pallet_inclusion;
use crate::{mock, runtime_api as api, NoRandomness};
use async_backing_primitives::{
	ports::Disputes,
	wiring::{path, Wiring},
	BlockNumber, CandidateHash, DisputeState, DisputeStatementSet, Hash, SessionIndex,
};
use codec::{Decode, Encode};
use frame_support::{
	derive_impl,
	traits::{Hooks, Randomness},
};

frame_support::construct_runtime!(
	pub enum Disputing {
		System: frame_system,
		Inclusion: pallet_inclusion,
		Inherent: pallet_inclusion::inherent,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Disputing {
	type Block = frame_system::mocking::MockBlockU32<Disputing>;
}

#[derive_impl(pallet_inclusion::config_preludes::TestDefaultConfig)]
impl crate::Config for Disputing {
	type Disputes = OneDispute;
}

impl crate::inherent::Config for Disputing {}

/// One dispute that was decided of late.
pub struct OneDispute;

impl Disputes for OneDispute {
	fn is_frozen() -> bool {
		false
	}

	fn is_concluded_invalid(_: SessionIndex, _: CandidateHash) -> bool {
		false
	}

	fn included_at(_: SessionIndex, _: CandidateHash) -> Option<BlockNumber> {
		None
	}

	fn import(_: Vec<DisputeStatementSet>) -> Vec<DisputeStatementSet> {
		Vec::new()
	}

	fn note_included(_: SessionIndex, _: CandidateHash, _: BlockNumber) {}

	fn recent() -> Vec<(SessionIndex, CandidateHash, DisputeState)> {
		let state = DisputeState {
			validators_for: [true, false].into_iter().collect(),
			validators_against: [false, true].into_iter().collect(),
			start: 5,
			concluded_at: Some(6),
		};
		vec![(7, CandidateHash(Hash::repeat_byte(1)), state)]
	}
}

#[test]
fn r_bin_30_disputes_are_told_as_their_port_tells_them() {
	assert_eq!(api::disputes::<Disputing>(), OneDispute::recent(), "R-BIN-30");
	assert_eq!(api::disputes::<mock::Test>(), [], "R-BIN-30: nobody disputes");
}

#[test]
fn an_integrity_test_that_ran_is_known_to_those_that_must_come_later() {
	<mock::Inclusion as Hooks<BlockNumber>>::integrity_test();
	let later = Wiring::of::<mock::RuntimeCall, mock::RuntimeEvent>().after::<mock::Test>(
		path::SCHEDULER,
		&[path::INCLUSION],
		"this test asks",
	);
	assert_eq!(later.faults(), [] as [String; 0]);
}

#[test]
fn tools_read_ceilings_and_neighbours_in_the_metadata() {
	let published = |name| {
		mock::Inclusion::pallet_constants_metadata()
			.into_iter()
			.find(|constant| constant.name == name)
			.map(|constant| constant.value)
	};
	assert_eq!(published("MaxRelayParents"), Some(256_u32.encode()), "R-REL-1");
	let ceiling = 8 * 1024 * 1024_u32;
	assert_eq!(
		published("MaxCommitmentsSize"),
		Some(ceiling.encode()),
		"R-FRG-16"
	);
	let neighbours = published("Neighbours").expect("they are published");
	let neighbours =
		Vec::<(String, String, String)>::decode(&mut &neighbours[..]).expect("three strings each");
	let items: Vec<_> = neighbours.iter().map(|(item, ..)| item.as_str()).collect();
	assert_eq!(
		items,
		[
			"Configuration",
			"Session",
			"Paras",
			"Dmp",
			"Ump",
			"Hrmp",
			"Scheduler"
		]
	);
	let (_, path, given) = &neighbours[6];
	assert_eq!(path, "pallet_async_backing_scheduler");
	assert!(
		given.starts_with("pallet_async_backing_scheduler::pallet::Pallet<"),
		"{given}"
	);
}

#[test]
fn r_wgt_5_where_authors_draw_nothing_nothing_was_drawn() {
	assert_eq!(
		NoRandomness::random(b"any subject"),
		(None, BlockNumber::default()),
		"R-WGT-5: so the parent's hash decides"
	);
}
