//! What the measured weights promise.

use super::pallet_async_backing_inclusion::WeightInfo;
use crate::Runtime;
use frame_support::{dispatch::DispatchClass, weights::Weight};
use pallet_async_backing_inclusion::weights::UnitWeights;

type Units = WeightInfo<Runtime>;

/// The largest relay chain that is planned.
const VALIDATORS: u64 = 1_000;
const CORES: u64 = 200;
/// Validators of a group, who all vote.
const VOTES: u64 = 5;

/// Every validator attests; each core is freed by a candidate with messages and taken again by another. Heads are of 128
/// bytes, and each para sends and consumes two horizontal messages.
fn full_inherent() -> Weight {
	let parts = [
		(Units::core(), CORES),
		(Units::pending(), CORES),
		(Units::scheduling_parent(), 1),
		(Units::bitfield(), VALIDATORS),
		(Units::candidate(), CORES),
		(Units::vote(), CORES * VOTES),
		(Units::candidate_byte(), CORES * 1_500),
		(Units::offered_head_byte(), CORES * 128),
		(Units::enactment(), CORES),
		(Units::offered_upward_queue(), CORES),
		(Units::offered_horizontal_message(), CORES * 2),
		(Units::upward_queue(), CORES),
		(Units::upward_message(), CORES * 4),
		(Units::upward_byte(), CORES * 400),
		(Units::horizontal_message(), CORES * 2),
		(Units::horizontal_byte(), CORES * 200),
		(Units::head_byte(), CORES * 128),
		(Units::inbound_channel(), CORES * 3),
		(Units::inbound_message(), CORES * 2),
		(Units::downward_queue(), CORES),
		(Units::downward_message(), CORES * 2),
	];
	parts
		.into_iter()
		.fold(Units::empty_inherent(), |sum, (unit, count)| {
			sum.saturating_add(unit.saturating_mul(count))
		})
}

#[test]
fn r_wgt_1_a_full_inherent_of_the_largest_chain_fits_into_a_block() {
	let weights = <Runtime as frame_system::Config>::BlockWeights::get();
	let class = weights.get(DispatchClass::Mandatory);
	let budget = class.max_total.unwrap_or(weights.max_block).ref_time();
	let needed = full_inherent().ref_time();
	assert!(needed <= budget, "R-WGT-1, R-DEF-4: {needed} ps of {budget} ps");
}

#[test]
fn r_wgt_6_no_unit_carries_the_inherent_around_it() {
	let empty = Units::empty_inherent().ref_time();
	assert!(empty > 0, "R-WGT-6");
	for (name, unit) in [
		("a core", Units::core()),
		("waiting", Units::pending()),
		("bitfield", Units::bitfield()),
		("candidate", Units::candidate()),
		("vote", Units::vote()),
		("enactment", Units::enactment()),
		("timeout", Units::timeout()),
		("eviction", Units::eviction()),
		// Differences of what was measured: noise could eat them up.
		("a scheduling parent", Units::scheduling_parent()),
		("what waits before", Units::stacked()),
		("a byte", Units::candidate_byte()),
		("a byte of an offered head", Units::offered_head_byte()),
		("a byte of a head", Units::head_byte()),
		("a byte of commitments", Units::commitments_byte()),
		("a listed watermark", Units::listed_watermark()),
		("a stored watermark", Units::stored_watermark()),
		("offered upward messages", Units::offered_upward_queue()),
		(
			"an offered horizontal message",
			Units::offered_horizontal_message(),
		),
		("an upward queue", Units::upward_queue()),
		("an upward message", Units::upward_message()),
		("a byte of upward messages", Units::upward_byte()),
		("a horizontal message", Units::horizontal_message()),
		("a byte of horizontal messages", Units::horizontal_byte()),
		("an inbound channel", Units::inbound_channel()),
		("an inbound message", Units::inbound_message()),
		("a downward queue", Units::downward_queue()),
		("a downward message", Units::downward_message()),
		("an announcement", Units::code_upgrade()),
		("a byte of code", Units::code_byte()),
		("an applied upgrade", Units::applied_upgrade()),
	] {
		assert!(unit.ref_time() > 0, "R-WGT-6: {name} is free");
		assert!(
			unit.ref_time() < empty,
			"R-WGT-6: {name} costs more than an empty inherent"
		);
		assert_eq!(
			unit.proof_size(),
			0,
			"R-WGT-6: nobody proves a relay chain's state"
		);
	}
}
