//! How long a block may take: the formula of the authoring time.
//!
//! A collator starts when a leaf is active. Its candidate is of use if it is backable, at the latest, when the author of
//! the last block that may back it assembles the inherent. With `A` the allowed ancestry length, that is
//!
//! ```text
//! T = max(slot - leaf_active_after, inherent_after) + A * slot
//! ```
//!
//! after the start. On the way lie, one after the other (`E` executions, `h` messages, `s` PoVs on the wire):
//!
//! ```text
//! collator builds      a
//! advertisement        l        collator -> first backer
//! request              l        first backer -> collator
//! collation            l + p/w  collator -> first backer
//! first backer checks  a
//! Seconded             l        first backer -> second backer
//! request              l        second backer -> first backer
//! PoV                  l + p/w  first backer -> second backer
//! second backer checks a
//! Valid                l        second backer -> author
//! ```
//!
//! where `a` is the count of extrinsics times their cost, `l` latency with the largest jitter, `p` the size of the PoV
//! and `w` the bandwidth. A block is as large as
//!
//! ```text
//! E * a + h * l + s * p / w + margin <= T,   a <= execution limit,   p <= 85 % of the PoV limit (R-HOO-6)
//! ```
//!
//! allow. With `A = 0`, synchronous backing, the first binds: with the devnet's numbers about 0.57 s. From `A = 1` on
//! there is a slot more, and what binds is the execution limit: 2 s. There is one formula, not two. As `p` grows with
//! the count of extrinsics, it is solved for the count.
//!
//! A parachain with several cores wants several blocks in each slot. Backers turn to a block once its parent is seconded
//! (R-BAK-5). That from the first backer's request on the parts of all these blocks follow one another, and have to fit
//! into a slot, is on the safe side:
//! with `k` blocks `(E - 1) * a + (h - 1) * l + s * p / w <= (slot - margin) / k`. That leaves three blocks about 0.58 s
//! each.
//!
//! It is an estimate that a collator makes, not a result: whether a candidate is in time, the network decides.

use async_backing_collator::{pov_target, PovSize};
use std::time::Duration;

/// What a block may use up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
	/// Most extrinsics. Zero when no time is left.
	pub extrinsics: u32,
	/// Time to execute them: the authoring time.
	pub time: Duration,
	/// Most bytes of the PoV's SCALE encoding (R-HOO-6).
	pub pov_size: u32,
}

/// The world as a collator sees it: what the authoring time is computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
	/// Length of a relay-chain slot.
	pub slot: Duration,
	/// How far into its slot a relay block becomes a leaf.
	pub leaf_active_after: Duration,
	/// How long after a leaf's activation an inherent is assembled at the earliest (R-PRV-10).
	pub inherent_after: Duration,
	/// Time that a message takes, without what its bytes take.
	pub link_latency: Duration,
	/// Largest addition to the latency.
	pub link_jitter: Duration,
	/// What a node sends, in bytes per second; zero counts as one.
	pub bandwidth: u64,
	/// Time to execute one extrinsic, for whoever does it.
	pub extrinsic_cost: Duration,
	/// Longest execution that a backer accepts (R-BAK-11).
	pub execution_limit: Duration,
	/// What a collator keeps in reserve.
	pub margin: Duration,
}

/// What follows one another between the start of authoring and the candidate being backable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Path {
	/// Executions, the collator's own included.
	executions: u32,
	/// Messages.
	messages: u32,
	/// PoVs that pass a wire.
	povs: u32,
}

impl Path {
	/// To this many votes. The second and all further backers fetch the PoV from the first, who sends one after the
	/// other, and execute at the same time.
	fn to_votes(votes: u32) -> Self {
		if votes <= 1 {
			Self {
				executions: 2,
				messages: 4,
				povs: 1,
			}
		} else {
			Self {
				executions: 3,
				messages: 7,
				povs: votes,
			}
		}
	}
}

impl Timing {
	/// From the activation of a leaf until the author of the block `blocks_later` blocks later, at least one, assembles
	/// its inherent. Saturates.
	pub fn until_inherent(&self, blocks_later: u32) -> Duration {
		self.slot
			.saturating_sub(self.leaf_active_after)
			.max(self.inherent_after)
			.saturating_add(self.slot.saturating_mul(blocks_later.saturating_sub(1)))
	}

	/// What a block may use up whose candidate needs this many votes and may be backed in any of the
	/// `allowed_ancestry_len + 1` blocks after its relay parent (R-ABP-2). Zero when no time is left.
	pub fn budget(&self, allowed_ancestry_len: u32, votes: u32, pov: PovSize, max_pov_size: u32) -> Budget {
		let pov_size = pov_target(max_pov_size);
		let by_size = pov.extrinsics_within(pov_size.into()).unwrap_or(0);
		let by_limit = self
			.execution_limit
			.as_nanos()
			.checked_div(self.extrinsic_cost.as_nanos());
		let by_limit = by_limit.map_or(u32::MAX, saturating_u32);
		let extrinsics = self
			.in_time(allowed_ancestry_len.saturating_add(1), votes, pov)
			.min(by_size)
			.min(by_limit);
		Budget {
			extrinsics,
			time: self.extrinsic_cost.saturating_mul(extrinsics),
			pov_size,
		}
	}

	/// As [`budget`](Self::budget), for a parachain that wants so many blocks in each slot: their backing has to keep up.
	pub fn budget_at_pace(
		&self,
		blocks_per_slot: u32,
		allowed_ancestry_len: u32,
		votes: u32,
		pov: PovSize,
		max_pov_size: u32,
	) -> Budget {
		let alone = self.budget(allowed_ancestry_len, votes, pov, max_pov_size);
		if blocks_per_slot <= 1 {
			return alone;
		}
		let extrinsics = alone.extrinsics.min(self.at_pace(blocks_per_slot, votes, pov));
		Budget {
			extrinsics,
			time: self.extrinsic_cost.saturating_mul(extrinsics),
			..alone
		}
	}

	/// From the start of authoring until the candidate is backable, without the margin. Rounds up; saturates.
	pub fn until_backable(&self, extrinsics: u32, votes: u32, pov: PovSize) -> Duration {
		let path = Path::to_votes(votes);
		let bytes = u128::from(pov.of(extrinsics)).saturating_mul(path.povs.into());
		let on_the_wire = bytes
			.saturating_mul(NANOS_PER_SECOND)
			.div_ceil(self.bandwidth.max(1).into());
		self.extrinsic_cost
			.saturating_mul(extrinsics)
			.saturating_mul(path.executions)
			.saturating_add(self.travelling(path))
			.saturating_add(Duration::from_nanos(
				u64::try_from(on_the_wire).unwrap_or(u64::MAX),
			))
	}

	/// In which block after its relay parent a candidate can be backed at the earliest: 1 is the next one. Blocks are
	/// one slot apart; `u32::MAX` where slots have no length.
	pub fn backing_delay(&self, extrinsics: u32, votes: u32, pov: PovSize) -> u32 {
		let late = self
			.until_backable(extrinsics, votes, pov)
			.saturating_sub(self.until_inherent(1));
		if late.is_zero() {
			return 1;
		}
		match late
			.as_nanos()
			.checked_add(self.slot.as_nanos().saturating_sub(1))
		{
			Some(rounded) => rounded
				.checked_div(self.slot.as_nanos())
				.map_or(u32::MAX, |slots| saturating_u32(slots).saturating_add(1)),
			None => u32::MAX,
		}
	}

	/// Most extrinsics with which the candidate is backable, with the margin to spare, for the block `blocks_later`
	/// blocks after the relay parent.
	fn in_time(&self, blocks_later: u32, votes: u32, pov: PovSize) -> u32 {
		self.within(self.until_inherent(blocks_later), Path::to_votes(votes), pov)
	}

	/// Most extrinsics with which so many candidates, one on the other, become backable in each slot, with the margin to
	/// spare. Backers fetch a candidate once its parent is seconded (R-BAK-5); counted, on the safe side, as if their parts
	/// followed one another whole, while the collator is ahead.
	fn at_pace(&self, candidates_per_slot: u32, votes: u32, pov: PovSize) -> u32 {
		let Path {
			executions,
			messages,
			povs,
		} = Path::to_votes(votes);
		let one = Path {
			executions: executions.saturating_sub(1),
			messages: messages.saturating_sub(1),
			povs,
		};
		let share = self.slot.checked_div(candidates_per_slot).unwrap_or(self.slot);
		// The margin is one for all of them.
		let spared = self.margin.saturating_sub(
			self.margin
				.checked_div(candidates_per_slot)
				.unwrap_or(self.margin),
		);
		self.within(share.saturating_add(spared), one, pov)
	}

	/// Most extrinsics with which a path takes no longer than `time`, less the margin. In nanoseconds times bytes per
	/// second, so that nothing is rounded before the end.
	fn within(&self, time: Duration, path: Path, pov: PovSize) -> u32 {
		let bandwidth = u128::from(self.bandwidth.max(1));
		let wire = |bytes: u64| {
			u128::from(bytes)
				.saturating_mul(path.povs.into())
				.saturating_mul(NANOS_PER_SECOND)
		};
		let left = time
			.checked_sub(self.margin)
			.and_then(|left| left.checked_sub(self.travelling(path)))
			.and_then(|left| {
				left.as_nanos()
					.saturating_mul(bandwidth)
					.checked_sub(wire(pov.base))
			});
		let each = self
			.extrinsic_cost
			.as_nanos()
			.saturating_mul(path.executions.into())
			.saturating_mul(bandwidth)
			.saturating_add(wire(pov.per_extrinsic));
		left.map_or(0, |left| left.checked_div(each).map_or(u32::MAX, saturating_u32))
	}

	/// What the messages take, without their bytes.
	fn travelling(&self, path: Path) -> Duration {
		self.link_latency
			.saturating_add(self.link_jitter)
			.saturating_mul(path.messages)
	}
}

const NANOS_PER_SECOND: u128 = 1_000_000_000;

fn saturating_u32(number: u128) -> u32 {
	u32::try_from(number).unwrap_or(u32::MAX)
}
