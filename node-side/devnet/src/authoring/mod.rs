//! What a simulated collator authors: where the collator's core finds room, and how much time there is.

mod pace;
mod timing;

#[cfg(test)]
pub(crate) mod tests;

pub use pace::{NoPace, Pace, Rhythm};
pub use timing::{Budget, Place, Timing};

use async_backing_collator::{
	AuthoringHook, BuildOn, Collator, CollatorConfig, NoBuild, Opening, PovSize, Site,
};
use async_backing_primitives::{BlockNumber, Hash, HeadData, LeafFacts, Slot};
use std::time::Duration;
use thiserror::Error;

/// A block to author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
	/// On what, and for which claim.
	pub build_on: BuildOn,
	/// How much of it.
	pub budget: Budget,
	/// Blocks after the leaf by which the candidate can be backed, as estimated; at least 1.
	pub backing_delay: u32,
	/// When it is begun, from the moment on at which its relay parent became a leaf.
	pub begins: Duration,
	/// When it is seconded, as estimated, and what of that it adds to its path.
	seconded: Duration,
	link: Duration,
	/// Blocks that its relay parent shall have.
	blocks: u32,
}

/// Why nothing is authored at a leaf. None of these is a fault; the next leaf may answer otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Idle {
	/// There is nothing to build on.
	#[error(transparent)]
	NoBuild(#[from] NoBuild),
	/// Not even one extrinsic could be executed and checked in time.
	#[error("no time is left for extrinsics (R-SLO-1)")]
	NoTime,
	/// Built at a later leaf, it is as large, and may be backed for longer (R-COL-6).
	#[error("the claim of block {claim}, and all after it, are met from the next leaf on as well (R-COL-6)")]
	Waits {
		/// The claim.
		claim: BlockNumber,
	},
}

/// Why nothing is built where the parachain's own hook says no.
pub(crate) const REFUSED: &str = "the parachain's hook takes no block there (R-HOO-3)";

impl Idle {
	/// The reason without its figures, so that reasons can be counted.
	pub fn kind(&self) -> &'static str {
		match self {
			Self::NoBuild(NoBuild::NotScheduled(_)) => "the para is not scheduled (R-VIE-1)",
			Self::NoBuild(NoBuild::NoCore(_)) => "no core serves the para soon enough (R-UMP-5)",
			Self::NoBuild(NoBuild::NoClaimLeft { .. }) => {
				"every claim has a block that waits for it (R-SCH-8)"
			}
			Self::NoBuild(NoBuild::EnoughBuilt { .. }) => {
				"enough blocks are built on the relay parent (R-HOO-2)"
			}
			Self::NoBuild(NoBuild::TooNew { .. }) => {
				"too few relay blocks are on top of any relay parent (R-COL-2)"
			}
			Self::NoBuild(NoBuild::UnknownHead(_)) => "the state of the head on-chain is not known (R-PAR-1)",
			Self::NoBuild(NoBuild::SegmentFull { .. }) => "the unincluded segment is full (R-PAR-4, R-HOO-3)",
			Self::NoBuild(NoBuild::SessionEnds { .. }) => {
				"the session ends before anything could back a block (R-ABP-10)"
			}
			Self::NoBuild(NoBuild::NoContext(_)) => "nothing can be built on what is pending (R-COL-2)",
			Self::NoBuild(NoBuild::NoBackers(_)) => "nobody backs the core (R-BKV-1)",
			Self::NoTime => "no time is left for extrinsics (R-SLO-1)",
			Self::Waits { .. } => "a later leaf does as well (R-COL-6)",
		}
	}
}

/// How far the path is, as estimated. Durations count from the activation of the leaf.
#[derive(Clone, Copy, Debug, Default)]
struct Progress {
	leaf: Hash,
	slot: Slot,
	/// When the collator is done with the last block.
	authored: Duration,
	/// When that is seconded.
	seconded: Duration,
	/// Links of the blocks on this leaf.
	spent: Duration,
	/// Blocks that this leaf shall have; 0 as long as it has none.
	blocks: u32,
}

impl Progress {
	/// With one more block, which is begun when its order says.
	fn after(&self, order: &Order) -> Self {
		let build_on = &order.build_on;
		let (spent, blocks) = match self.leaf == build_on.leaf.hash && self.blocks > 0 {
			true => (self.spent, self.blocks),
			false => (Duration::ZERO, order.blocks),
		};
		Self {
			leaf: build_on.leaf.hash,
			slot: build_on.leaf_slot,
			authored: order.begins.saturating_add(order.budget.time),
			seconded: order.seconded,
			spent: spent.saturating_add(order.link),
			blocks,
		}
	}
}

/// A collator with a model of the world: how long executions take, and messages.
#[derive(Debug)]
pub struct Author {
	collator: Collator,
	timing: Timing,
	pov: PovSize,
	hook: Box<dyn AuthoringHook>,
	progress: Progress,
	/// What it was before the latest block was begun.
	before: Progress,
}

impl Author {
	/// An author that has the state of the genesis block, and whose PoVs become so large.
	pub fn new(
		config: CollatorConfig,
		genesis_head: &HeadData,
		timing: Timing,
		pov: PovSize,
		hook: Box<dyn AuthoringHook>,
	) -> Self {
		Self {
			collator: Collator::new(config, genesis_head),
			timing,
			pov,
			hook,
			progress: Progress::default(),
			before: Progress::default(),
		}
	}

	/// The collator's core.
	pub fn collator(&self) -> &Collator {
		&self.collator
	}

	/// The collator's core, for telling it of blocks.
	pub fn collator_mut(&mut self) -> &mut Collator {
		&mut self.collator
	}

	/// The model of the world.
	pub fn timing(&self) -> &Timing {
		&self.timing
	}

	/// What to author at a leaf that became one so long ago.
	///
	/// A block is as large as the last claim that it may be built for lets it be, and is built for the first that it can
	/// meet then. It is not built before it has to be: where the blocks of later leaves meet all these claims as well, or
	/// there are fewer of them soon, a nearer one that nobody serves gets a smaller block, so that none expires unused that
	/// could be met (R-DEF-40); else nothing is built. So a claim that somebody orders, which is never seen more than two blocks before it is served
	/// (R-SCH-8), finds no blocks in its way that could have come after it (R-SCH-10).
	///
	/// # Errors
	/// [`Idle`] says why nothing.
	pub fn decide(&mut self, leaf: &LeafFacts, elapsed: Duration) -> Result<Order, Idle> {
		let site = self.collator.site(leaf)?;
		let progress = self.progress_at(leaf);
		let furthest = site
			.openings
			.iter()
			.map(|opening| site.distance(opening.claim.block))
			.max();
		let full = self.order(
			&site,
			&progress,
			elapsed,
			furthest.unwrap_or(1),
			|opening, delay| site.distance(opening.claim.block) >= delay,
		);
		let (position, order) = full.ok_or(Idle::NoTime)?;
		// All that are before it are claims of earlier blocks, for which a block of this size is too late.
		let (nearer, later) = site.openings.split_at(position);
		let small = nearer.last().and_then(|last| {
			let deadline = site.distance(last.claim.block);
			let is_it = |other: &Opening, _| other.claim.block == last.claim.block;
			self.order(&site, &progress, elapsed, deadline, is_it)
		});
		if let Some((_, small)) = small {
			let is_half = small.budget.extrinsics.saturating_mul(2) >= order.budget.extrinsics;
			if (is_half && demand_falls(&site.openings))
				|| self.later_leaves_do(&site, &progress.after(&small), later)
			{
				return Ok(small);
			}
		}
		match later.first() {
			Some(opening)
				if self.later_leaves_do(&site, &progress, later)
					&& self.may_wait(leaf, &site, &progress, opening) =>
			{
				Err(Idle::Waits {
					claim: opening.claim.block,
				})
			}
			_ => Ok(order),
		}
	}

	/// Whether it is better to wait, if it costs nothing: others of the para's blocks are on their way, or a block that is
	/// built as late as possible could be taken for a second claim as well (R-COL-6). Who waits without need counts on whoever
	/// has the next turn.
	fn may_wait(&self, leaf: &LeafFacts, site: &Site, progress: &Progress, opening: &Opening) -> bool {
		let at_leaf = leaf.paras.get(&site.para);
		let pending = at_leaf.map_or(0, |para| para.backing_state.pending_availability.len());
		let waiting = (site.depth as usize).saturating_sub(pending);
		let delay = self.delays_at_next_leaf(site, progress, 1).first().copied();
		waiting > 0 || delay.is_some_and(|delay| gains_by_waiting(site, opening, delay))
	}

	/// Whether these openings, soonest first, are all met with blocks of full size by whoever begins at the next leaf, as
	/// many at each leaf as there is time for.
	fn later_leaves_do(&self, site: &Site, progress: &Progress, openings: &[Opening]) -> bool {
		let in_a_block = openings.chunk_by(|one, other| one.claim.block == other.claim.block);
		let most = in_a_block.map(<[Opening]>::len).max().unwrap_or(0);
		let delays = self.delays_at_next_leaf(site, progress, site.wanted.min(saturating(most)));
		let at_each = delays.len();
		openings.iter().enumerate().all(|(position, opening)| {
			let leaves = position
				.checked_div(at_each)
				.map(|leaves| saturating(leaves).saturating_add(1));
			let delay = position.checked_rem(at_each).and_then(|which| delays.get(which));
			leaves.zip(delay).is_some_and(|(leaves, delay)| {
				leaves.saturating_add(*delay) <= site.distance(opening.claim.block)
			})
		})
	}

	/// Backing delays of the blocks that the next leaf has time for, up to so many.
	fn delays_at_next_leaf(&self, site: &Site, progress: &Progress, blocks: u32) -> Vec<u32> {
		let timing = &self.timing;
		let begins = progress.authored.saturating_sub(timing.slot);
		let Some(votes) = site.openings.iter().map(|opening| opening.votes).max() else {
			return Vec::new();
		};
		let place = Place {
			window: begins..begins.saturating_add(timing.slot),
			parent_seconded: progress.seconded.saturating_sub(timing.slot),
			spent: Duration::ZERO,
			deadline: site.window(),
			votes,
			pov: self.pov,
			max_pov_size: site.max_pov_size(),
		};
		timing.estimate(place, blocks, &*self.hook).delays
	}

	/// A block is being authored: what comes after it has the less time.
	pub fn begun(&mut self, order: &Order) {
		let after = self.progress.after(order);
		self.before = std::mem::replace(&mut self.progress, after);
	}

	/// What was begun last is not built: the parachain does not take it.
	pub fn abandoned(&mut self) {
		self.progress = self.before;
	}

	/// The same seen from another leaf, one slot or more later.
	fn progress_at(&self, leaf: &LeafFacts) -> Progress {
		if self.progress.leaf == leaf.block.hash {
			return self.progress;
		}
		let slots = u32::try_from(leaf.slot.saturating_sub(self.progress.slot)).unwrap_or(u32::MAX);
		let passed = self.timing.slot.saturating_mul(slots);
		Progress {
			leaf: leaf.block.hash,
			slot: leaf.slot,
			authored: self.progress.authored.saturating_sub(passed),
			seconded: self.progress.seconded.saturating_sub(passed),
			spent: Duration::ZERO,
			blocks: 0,
		}
	}

	/// The largest block that is backed by `deadline`, for the first opening that `fits`, given its backing delay, and the
	/// position of that.
	fn order(
		&self,
		site: &Site,
		progress: &Progress,
		elapsed: Duration,
		deadline: u32,
		fits: impl Fn(&Opening, u32) -> bool,
	) -> Option<(usize, Order)> {
		let timing = &self.timing;
		let begins = elapsed.max(progress.authored);
		let mut place = Place {
			window: begins..begins.saturating_add(timing.slot),
			parent_seconded: progress.seconded,
			spent: progress.spent,
			deadline,
			votes: site.openings.iter().map(|opening| opening.votes).max()?,
			pov: self.pov,
			max_pov_size: site.max_pov_size(),
		};
		let openings = saturating(site.openings.len());
		let left = |blocks: u32| blocks.saturating_sub(site.built).min(openings).max(1);
		// How many blocks there shall be the first one settles.
		let blocks = match progress.blocks {
			0 => site
				.built
				.saturating_add(timing.budget_at(&place, left(site.wanted)).blocks),
			blocks => blocks,
		};
		if site.built >= blocks {
			return None;
		}
		let window = self.hook.window(site.built, blocks, timing.slot);
		let length = window.end.saturating_sub(window.start);
		let begins = begins.max(window.start);
		place.window = begins..begins.saturating_add(length);
		let budget = timing.budget_at(&place, left(blocks));
		if budget.extrinsics == 0 {
			return None;
		}
		let delay = timing.backing_delay_at(&place, budget.extrinsics);
		let position = site.openings.iter().position(|opening| fits(opening, delay))?;
		let opening = site.openings.get(position)?;
		let order = Order {
			build_on: site.build_for(opening, delay),
			budget,
			backing_delay: delay.max(site.distance(opening.claim.block)),
			begins: place.window.start,
			seconded: timing.seconded(&place, budget.extrinsics),
			link: timing.link(budget.extrinsics, self.pov),
			blocks,
		};
		Some((position, order))
	}
}

/// Whether the last block in reach has fewer openings than another one: what is late now catches up then, at the price of a
/// claim. Where there are as many to the end, the para goes on at that pace, and full blocks are worth more than one claim.
fn demand_falls(openings: &[Opening]) -> bool {
	let counts = openings
		.chunk_by(|one, other| one.claim.block == other.claim.block)
		.map(<[Opening]>::len);
	counts.clone().next_back() < counts.max()
}

/// Whether a block could be taken for the claim after an opening's as well, were it built as late as this delay allows, and
/// can't if it is built now.
fn gains_by_waiting(site: &Site, opening: &Opening, delay: u32) -> bool {
	let window = site.window();
	let last_if_late = opening.claim.block.saturating_sub(delay).saturating_add(window);
	opening
		.again
		.filter(|again| *again > opening.claim.block.saturating_add(1))
		.is_some_and(|again| again > opening.last && again <= last_if_late)
}

fn saturating(count: usize) -> u32 {
	u32::try_from(count).unwrap_or(u32::MAX)
}
