//! Where judging by a claim queue takes more than the cores account for, it is charged (R-WGT-6). The estimates of `()` take it
//! for free.

use crate::weights::{UnitWeights, WeightInfo, CORES_MEASURED};
use frame_support::weights::Weight;

/// As `()` estimates, but for the first candidate's claim queue.
struct DearClaims;

macro_rules! as_estimated {
	($($name:ident),*) => {
		$(fn $name(units: u32) -> Weight {
			<()>::$name(units)
		})*
	};
}

impl WeightInfo for DearClaims {
	as_estimated!(
		enter_empty,
		enter_claims,
		enter_orders,
		enter_pending,
		enter_bitfields,
		enter_candidates_behind_pending,
		enter_votes,
		enter_candidate_bytes,
		enter_head_bytes,
		enter_listed_watermarks,
		enter_upward_queues,
		enter_horizontal_messages,
		enact_candidates,
		enact_upward_queues,
		enact_downward_queues,
		enact_code_upgrades,
		enact_applied_upgrades,
		enact_head_bytes,
		enact_inbound_channels,
		enact_inbound_messages,
		enact_stored_watermarks,
		enact_upward_messages,
		enact_upward_bytes,
		enact_horizontal_messages,
		enact_horizontal_bytes,
		enact_downward_messages,
		enact_code_bytes,
		time_out_candidates,
		time_out_bytes,
		evict_candidates,
		on_session_change,
		on_finalize
	);

	/// 700 microseconds more than an empty inherent on as many cores.
	fn enter_candidates(count: u32) -> Weight {
		<()>::enter_candidates(count)
			.saturating_add(<()>::enter_empty(CORES_MEASURED))
			.saturating_sub(<()>::enter_empty(0))
			.saturating_add(Weight::from_parts(700_000_000, 0))
	}
}

#[test]
fn r_wgt_6_the_claim_queue_that_candidates_are_judged_by_is_charged_beside_the_cores() {
	assert_eq!(
		DearClaims::scheduling_parent(),
		Weight::from_parts(770_000_000, 0),
		"R-WGT-6: 700 microseconds and a tenth"
	);
	assert_eq!(
		<()>::scheduling_parent(),
		Weight::zero(),
		"R-WGT-6: nothing beside the cores"
	);
	assert_eq!(
		DearClaims::candidate(),
		<()>::candidate(),
		"R-WGT-6: whatever the first one takes"
	);
}
