//! Weight of the inherent, component by component.
//!
//! The cost of an inherent is linear in what it carries and in what it sets free. [`WeightInfo`] is what benchmarks
//! measure: whole inherents with so many of one component. [`UnitWeights`] takes from that what one more unit adds,
//! without the inherent around it (R-WGT-6), and the functions here add units up.

mod units;

pub use units::UnitWeights;
pub(crate) use units::{Offered, Units};

use frame_support::weights::{constants::WEIGHT_REF_TIME_PER_MICROS, Weight};

/// Candidates of the inherent that [`WeightInfo::enter_votes`] is about: one alone would drown in what is around it.
pub const CANDIDATES_WITH_VOTES: u32 = 20;

/// Cores of the chain that all but [`WeightInfo::enter_empty`] are about.
pub const CORES_MEASURED: u32 = 200;

/// Blocks that their claims reach ahead, in all but [`WeightInfo::enter_claims`]: as many as by default.
pub const LOOKAHEAD_MEASURED: u32 = 5;

/// Encoded bytes of a core without its claims that one para has for itself: what [`WeightInfo::enter_empty`] is about.
const BYTES_OF_A_CORE: u32 = 20;

/// Encoded bytes of a claim.
const BYTES_OF_A_CLAIM: u32 = 5;

/// Encoded bytes of an order that waits.
const BYTES_OF_AN_ORDER: u32 = 8;

/// Bytes of the codes that [`WeightInfo::enact_code_upgrades`] is about.
pub const ANNOUNCED_BYTES: u32 = 64;

/// One part in so many is charged on top of what was measured. Two runs of one benchmark on one machine differ by about
/// as much, and a block that takes longer than it said is worse than one that takes less.
const MARGIN: u64 = 10;

/// Weights of whole inherents, as benchmarks measure them. `()` answers with estimates that are meant to be too high.
pub trait WeightInfo {
	/// An inherent that carries nothing, on a chain with `k` cores and five validators for each.
	fn enter_empty(k: u32) -> Weight;
	/// An inherent that carries nothing, on a chain with claims for `l` blocks ahead on each core.
	fn enter_claims(l: u32) -> Weight;
	/// An inherent that carries nothing, on a chain on which `o` orders wait that no core serves yet.
	fn enter_orders(o: u32) -> Weight;
	/// An inherent with one bitfield about all cores, on `p` of which a candidate waits.
	fn enter_pending(p: u32) -> Weight;
	/// An inherent with `b` bitfields about all cores, on each of which a candidate waits.
	fn enter_bitfields(b: u32) -> Weight;
	/// An inherent with `c` candidates, of one vote each.
	fn enter_candidates(c: u32) -> Weight;
	/// An inherent with `c` candidates, of one vote each, each behind one that waits.
	fn enter_candidates_behind_pending(c: u32) -> Weight;
	/// An inherent with [`CANDIDATES_WITH_VOTES`] candidates, of `v` votes each.
	fn enter_votes(v: u32) -> Weight;
	/// An inherent with one candidate that is `n` bytes larger than it need be.
	fn enter_candidate_bytes(n: u32) -> Weight;
	/// An inherent with one candidate whose head data are `n` bytes.
	fn enter_head_bytes(n: u32) -> Weight;
	/// An inherent with `c` candidates, of one vote each, whose watermark is not at their relay parent, but the last of as
	/// many blocks with messages as can be remembered.
	fn enter_listed_watermarks(c: u32) -> Weight;
	/// An inherent with `c` candidates, of one vote and an upward message of a byte each.
	fn enter_upward_queues(c: u32) -> Weight;
	/// An inherent with a candidate that sends a byte into `h` channels.
	fn enter_horizontal_messages(h: u32) -> Weight;
	/// An inherent that enacts `e` candidates without outputs.
	fn enact_candidates(e: u32) -> Weight;
	/// An inherent that enacts `e` candidates with an upward message of a byte each.
	fn enact_upward_queues(e: u32) -> Weight;
	/// An inherent that enacts `e` candidates that processed one downward message each.
	fn enact_downward_queues(e: u32) -> Weight;
	/// An inherent that enacts `e` candidates that announce code of [`ANNOUNCED_BYTES`] bytes each.
	fn enact_code_upgrades(e: u32) -> Weight;
	/// An inherent that enacts `e` candidates that apply a scheduled upgrade each.
	fn enact_applied_upgrades(e: u32) -> Weight;
	/// An inherent that enacts a candidate whose head data are `n` bytes.
	fn enact_head_bytes(n: u32) -> Weight;
	/// An inherent that enacts a candidate which consumed one horizontal message from each of `h` channels.
	fn enact_inbound_channels(h: u32) -> Weight;
	/// An inherent that enacts a candidate which consumed `m` horizontal messages from one channel.
	fn enact_inbound_messages(m: u32) -> Weight;
	/// An inherent that enacts `e` candidates after which as much is stored of what their paras received as can be.
	fn enact_stored_watermarks(e: u32) -> Weight;
	/// An inherent that enacts a candidate with `m` upward messages.
	fn enact_upward_messages(m: u32) -> Weight;
	/// An inherent that enacts a candidate with an upward message of `n` bytes.
	fn enact_upward_bytes(n: u32) -> Weight;
	/// An inherent that enacts a candidate with `h` horizontal messages.
	fn enact_horizontal_messages(h: u32) -> Weight;
	/// An inherent that enacts a candidate with a horizontal message of `n` bytes.
	fn enact_horizontal_bytes(n: u32) -> Weight;
	/// An inherent that enacts a candidate that processed `d` downward messages.
	fn enact_downward_messages(d: u32) -> Weight;
	/// An inherent that enacts a candidate which announces code of `n` bytes.
	fn enact_code_bytes(n: u32) -> Weight;
	/// An inherent in which `t` candidates time out.
	fn time_out_candidates(t: u32) -> Weight;
	/// An inherent in which a candidate times out whose head data are `n` bytes.
	fn time_out_bytes(n: u32) -> Weight;
	/// An inherent in which disputes evict `t` candidates.
	fn evict_candidates(t: u32) -> Weight;
	/// The end of a session while `p` candidates wait. Not charged by itself: the block that ends a session is full
	/// anyway, as FRAME has it.
	fn on_session_change(p: u32) -> Weight;
	/// The end of a block: checking that there was an inherent, and noting the claims of `k` cores,
	/// [`LOOKAHEAD_MEASURED`] each.
	fn on_finalize(k: u32) -> Weight;
}

impl WeightInfo for () {
	fn enter_empty(k: u32) -> Weight {
		estimate(10_000, k)
	}

	fn enter_claims(l: u32) -> Weight {
		estimate(20_000, l)
	}

	fn enter_orders(o: u32) -> Weight {
		estimate(500, o)
	}

	fn enter_pending(p: u32) -> Weight {
		estimate(20_000, p)
	}

	fn enter_bitfields(b: u32) -> Weight {
		estimate(100_000, b)
	}

	fn enter_candidates(c: u32) -> Weight {
		estimate(1_580_000, c)
	}

	fn enter_candidates_behind_pending(c: u32) -> Weight {
		estimate(1_650_000, c)
	}

	fn enter_votes(v: u32) -> Weight {
		estimate(80_000, v.saturating_mul(CANDIDATES_WITH_VOTES))
	}

	fn enter_candidate_bytes(n: u32) -> Weight {
		estimate(10, n)
	}

	fn enter_head_bytes(n: u32) -> Weight {
		estimate(20, n)
	}

	fn enter_listed_watermarks(c: u32) -> Weight {
		estimate(1_900_000, c)
	}

	fn enter_upward_queues(c: u32) -> Weight {
		estimate(1_700_000, c)
	}

	fn enter_horizontal_messages(h: u32) -> Weight {
		estimate(100_000, h)
	}

	fn enact_candidates(e: u32) -> Weight {
		estimate(1_500_000, e)
	}

	fn enact_upward_queues(e: u32) -> Weight {
		estimate(2_300_000, e)
	}

	fn enact_downward_queues(e: u32) -> Weight {
		estimate(1_800_000, e)
	}

	fn enact_code_upgrades(e: u32) -> Weight {
		estimate(3_000_000, e)
	}

	fn enact_applied_upgrades(e: u32) -> Weight {
		estimate(2_500_000, e)
	}

	fn enact_head_bytes(n: u32) -> Weight {
		estimate(20, n)
	}

	fn enact_inbound_channels(h: u32) -> Weight {
		estimate(400_000, h)
	}

	fn enact_inbound_messages(m: u32) -> Weight {
		estimate(200_000, m)
	}

	fn enact_stored_watermarks(e: u32) -> Weight {
		estimate(1_800_000, e)
	}

	fn enact_upward_messages(m: u32) -> Weight {
		estimate(50_000, m)
	}

	fn enact_upward_bytes(n: u32) -> Weight {
		estimate(5, n)
	}

	fn enact_horizontal_messages(h: u32) -> Weight {
		estimate(100_000, h)
	}

	fn enact_horizontal_bytes(n: u32) -> Weight {
		estimate(5, n)
	}

	fn enact_downward_messages(d: u32) -> Weight {
		estimate(30_000, d)
	}

	fn enact_code_bytes(n: u32) -> Weight {
		estimate(5, n)
	}

	fn time_out_candidates(t: u32) -> Weight {
		estimate(300_000, t)
	}

	fn time_out_bytes(n: u32) -> Weight {
		estimate(10, n)
	}

	fn evict_candidates(t: u32) -> Weight {
		estimate(300_000, t)
	}

	fn on_session_change(p: u32) -> Weight {
		estimate(125_000, p)
	}

	fn on_finalize(k: u32) -> Weight {
		nanos(500_000).saturating_add(nanos(5_000).saturating_mul(u64::from(k)))
	}
}

/// Two milliseconds for the inherent itself, and so many nanoseconds for each unit.
fn estimate(unit_nanos: u64, units: u32) -> Weight {
	nanos(2_000_000).saturating_add(nanos(unit_nanos).saturating_mul(u64::from(units)))
}

fn nanos(nanos: u64) -> Weight {
	Weight::from_parts(nanos.saturating_mul(WEIGHT_REF_TIME_PER_MICROS / 1_000), 0)
}
