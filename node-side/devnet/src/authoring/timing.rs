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
//! # Several blocks on one path
//!
//! Children are fetched once their parent is seconded (R-BAK-5), while the collator is ahead; those of a parent that another
//! group checks sooner, on which nobody counts here. So what follows one another on a path is, for each block, a *link*: advertised long ago, it is asked for, sent, executed by its first backer, and the
//! next one's backers hear that it is seconded:
//!
//! ```text
//! c = 3 * l + p / w + e + a        e: what validating an empty block takes
//! seconded(i) = max(built(i), seconded(i - 1)) + c
//! ```
//!
//! The second backer of each executes beside that, so it counts once, for the block itself. A path keeps up if the links of
//! the blocks on one relay parent take no longer than a slot, less the margin; that holds for one block a slot as well
//! (R-DEF-44).
//!
//! # Several collators
//!
//! Whoever has the next turn begins at the next leaf, on the block of this one, and needs its state: it hears of each block, is
//! handed it and executes it, as a first backer does, and one after the other, at the end of a queue (R-NET-79) of the first
//! backer and `f` fellows:
//!
//! ```text
//! taken in(i) = max(built(i), taken in(i - 1)) + c + f * p / w
//! ```
//!
//! The last block on a relay parent is taken in within a slot, less the margin: about `2 * a <= slot` for one block a slot
//! (R-DEF-44). Whoever takes all turns has built what it builds on.
//!
//! # How many
//!
//! Of `n` blocks that a para may have on a relay parent, as many are built as execute most together: where
//! their links leave too little, one fewer. More cores never give less (R-DEF-43).
//!
//! It is an estimate that a collator makes, not a result: whether a candidate is in time, the network decides.

use crate::Model;
use async_backing_collator::{pov_target, FuelUse, PovSize};
use std::{ops::Range, time::Duration};

/// What a block may use up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
	/// Most extrinsics. Zero when no time is left.
	pub extrinsics: u32,
	/// Time to execute them: the authoring time.
	pub time: Duration,
	/// Most bytes of the PoV's SCALE encoding (R-HOO-6).
	pub pov_size: u32,
	/// How many such blocks, with this one, its relay parent has time for.
	pub blocks: u32,
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
	/// Time to validate a block without extrinsics.
	pub empty_block: Duration,
	/// Longest execution that a backer accepts (R-BAK-11).
	pub execution_limit: Duration,
	/// What a collator keeps in reserve.
	pub margin: Duration,
	/// Other collators of the para, who build on its blocks in their turns.
	pub fellows: u32,
}

/// What of a path is there already when a block is begun, and how long it may take. Durations count from the activation
/// of its relay parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
	/// When it is executed: from when on, and until when at the latest.
	pub window: Range<Duration>,
	/// When its parent is seconded, as estimated.
	pub parent_seconded: Duration,
	/// Links of blocks on the same relay parent.
	pub spent: Duration,
	/// Relay blocks after the relay parent by which the candidate has to be backed.
	pub deadline: u32,
	/// Votes that it takes.
	pub votes: u32,
	/// How large its PoV is.
	pub pov: PovSize,
	/// How large that may be.
	pub max_pov_size: u32,
}

/// What follows one another between the start of authoring and the candidate being backable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
	/// The world of a model, for blocks whose validation takes so much fuel, and for one of so many collators.
	pub fn new(model: &Model, fuel: FuelUse, collators: u32) -> Self {
		Self {
			slot: model.slot,
			leaf_active_after: model.leaf_active_after,
			inherent_after: model.inherent_after,
			link_latency: model.link_latency,
			link_jitter: model.link_jitter,
			bandwidth: model.bandwidth,
			extrinsic_cost: model.extrinsic_cost,
			empty_block: Duration::from_nanos(
				fuel.base.saturating_mul(1_000_000_000) / async_backing_pvf::FUEL_PER_SECOND,
			),
			execution_limit: model.backing_execution_limit,
			margin: model.collator_margin,
			fellows: collators.saturating_sub(1),
		}
	}

	/// From the activation of a leaf until the author of the block `blocks_later` blocks later, at least one, assembles
	/// its inherent. Saturates.
	pub fn until_inherent(&self, blocks_later: u32) -> Duration {
		self.slot
			.saturating_sub(self.leaf_active_after)
			.max(self.inherent_after)
			.saturating_add(self.slot.saturating_mul(blocks_later.saturating_sub(1)))
	}

	/// What so many bytes take until they are out. Rounds up; saturates.
	pub fn on_the_wire(&self, bytes: usize) -> Duration {
		let nanos = (bytes as u128)
			.saturating_mul(NANOS_PER_SECOND)
			.div_ceil(self.bandwidth.max(1).into());
		Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
	}

	/// When somebody else's block that is built by `built` is heard of at the latest, with the margin. Saturates.
	pub fn until_heard(&self, built: Duration) -> Duration {
		self.link_latency
			.saturating_add(self.link_jitter)
			.saturating_add(self.margin)
			.saturating_add(built)
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
			blocks: 1,
		}
	}

	/// What a block at this place may use up, if it is to be followed by others until there are up to `blocks` of them on the
	/// relay parent: as many, and as large, as execute most together. Zero when no time is left.
	pub fn budget_at(&self, place: &Place, blocks: u32) -> Budget {
		let pov_size = pov_target(place.max_pov_size);
		let by_size = place.pov.extrinsics_within(pov_size.into()).unwrap_or(0);
		let by_limit = self
			.execution_limit
			.as_nanos()
			.checked_div(self.extrinsic_cost.as_nanos());
		let most = by_size.min(by_limit.map_or(u32::MAX, saturating_u32));
		let (blocks, extrinsics) = (1..=blocks.max(1))
			.map(|blocks| {
				(
					blocks,
					largest(most, |extrinsics| self.keeps_up(place, blocks, extrinsics)),
				)
			})
			.max_by_key(|(blocks, extrinsics)| {
				(u64::from(*blocks).saturating_mul((*extrinsics).into()), *blocks)
			})
			.unwrap_or_default();
		Budget {
			extrinsics,
			time: self.extrinsic_cost.saturating_mul(extrinsics),
			pov_size,
			blocks,
		}
	}

	/// Whether this and the blocks after it, so many with this one and all of this size, are executed, seconded and backed
	/// in time.
	fn keeps_up(&self, place: &Place, blocks: u32, extrinsics: u32) -> bool {
		let Place { window, deadline, .. } = place;
		let link = self.link(extrinsics, place.pov);
		let after = link.saturating_mul(blocks.saturating_sub(1));
		let executed = window
			.start
			.saturating_add(self.extrinsic_cost.saturating_mul(extrinsics));
		let backable = self.backable(place, extrinsics).saturating_add(after);
		let links = place.spent.saturating_add(link).saturating_add(after);
		executed <= window.end
			&& backable.saturating_add(self.margin) <= self.until_inherent(*deadline)
			&& links.saturating_add(self.margin) <= self.slot
			&& self.is_taken_in(place, blocks, extrinsics)
	}

	/// Whether whoever has the next turn has this and the blocks after it, so many with this one and all of this size, when
	/// that begins.
	fn is_taken_in(&self, place: &Place, blocks: u32, extrinsics: u32) -> bool {
		if self.fellows == 0 {
			return true;
		}
		let handed_over = Path {
			povs: self.fellows,
			..Path::default()
		};
		let each =
			self.link(extrinsics, place.pov)
				.saturating_add(self.along(handed_over, extrinsics, place.pov));
		let built = place
			.window
			.start
			.saturating_add(self.extrinsic_cost.saturating_mul(extrinsics));
		built
			.max(place.parent_seconded)
			.saturating_add(each.saturating_mul(blocks))
			.saturating_add(self.margin)
			<= self.slot
	}

	/// What a block adds to its path: from its parent being seconded, or itself being built, until it is seconded.
	pub fn link(&self, extrinsics: u32, pov: PovSize) -> Duration {
		let one = Path {
			executions: 1,
			messages: 3,
			povs: 1,
		};
		self.along(one, extrinsics, pov).saturating_add(self.empty_block)
	}

	/// When a block at this place is seconded, from the activation of its relay parent on.
	pub fn seconded(&self, place: &Place, extrinsics: u32) -> Duration {
		let built = place
			.window
			.start
			.saturating_add(self.extrinsic_cost.saturating_mul(extrinsics));
		built
			.max(place.parent_seconded)
			.saturating_add(self.link(extrinsics, place.pov))
	}

	/// When a block at this place is backable, from the activation of its relay parent on, without the margin.
	fn backable(&self, place: &Place, extrinsics: u32) -> Duration {
		let authored = self.extrinsic_cost.saturating_mul(extrinsics);
		let waits = place.parent_seconded.saturating_sub(authored);
		self.until_backable(extrinsics, place.votes, place.pov)
			.saturating_add(place.window.start.max(waits))
	}

	/// In which block after its relay parent a candidate at this place can be backed at the earliest: 1 is the next one.
	pub fn backing_delay_at(&self, place: &Place, extrinsics: u32) -> u32 {
		self.block_after(self.backable(place, extrinsics))
	}

	/// From the start of authoring until the candidate is backable, without the margin. Rounds up; saturates.
	pub fn until_backable(&self, extrinsics: u32, votes: u32, pov: PovSize) -> Duration {
		self.along(Path::to_votes(votes), extrinsics, pov)
	}

	/// What a path takes with a block of this size. Rounds up; saturates.
	fn along(&self, path: Path, extrinsics: u32, pov: PovSize) -> Duration {
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
		self.block_after(self.until_backable(extrinsics, votes, pov))
	}

	/// The block after a relay parent whose author first sees what is there so long after its activation.
	fn block_after(&self, time: Duration) -> u32 {
		let late = time.saturating_sub(self.until_inherent(1));
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

/// The largest number up to `most` that passes, if all smaller ones do; zero where none does.
fn largest(most: u32, passes: impl Fn(u32) -> bool) -> u32 {
	let (mut passed, mut beyond) = (0, most.saturating_add(1));
	while beyond.saturating_sub(passed) > 1 {
		let middle = passed.saturating_add(beyond.saturating_sub(passed) / 2);
		if passes(middle) {
			passed = middle;
		} else {
			beyond = middle;
		}
	}
	passed
}

fn saturating_u32(number: u128) -> u32 {
	u32::try_from(number).unwrap_or(u32::MAX)
}
