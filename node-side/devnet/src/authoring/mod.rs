//! What a simulated collator authors: the decision of the collator's core, and how much time there is.

mod timing;

#[cfg(test)]
pub(crate) mod tests;

pub use timing::{Budget, Timing};

use async_backing_collator::{BuildOn, Collator, CollatorConfig, NoBuild, PovSize};
use async_backing_primitives::{HeadData, LeafFacts, Slot};
use thiserror::Error;

/// A block to author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
	/// On what.
	pub build_on: BuildOn,
	/// How much of it.
	pub budget: Budget,
	/// Blocks after the relay parent by which the candidate can be backed, as estimated; at least 1.
	pub backing_delay: u32,
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
	/// Backing takes until the session ends, or longer.
	#[error("the session ends from slot {ends_from}, but backing is not expected before slot {backed_at} (R-ABP-10)")]
	SessionEnds {
		/// First slot in which a block would end the session, and back nothing.
		ends_from: Slot,
		/// First slot whose block is expected to back the candidate.
		backed_at: Slot,
	},
}

/// A collator with a model of the world: how long executions take, and messages.
#[derive(Clone, Debug)]
pub struct Author {
	collator: Collator,
	timing: Timing,
	pov: PovSize,
}

impl Author {
	/// An author that has the state of the genesis block, and whose PoVs become so large.
	pub fn new(config: CollatorConfig, genesis_head: &HeadData, timing: Timing, pov: PovSize) -> Self {
		Self {
			collator: Collator::new(config, genesis_head),
			timing,
			pov,
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

	/// What to author at a leaf.
	///
	/// # Errors
	/// [`Idle`] says why nothing.
	pub fn decide(&mut self, leaf: &LeafFacts) -> Result<Order, Idle> {
		let build_on = self.collator.decide(leaf)?;
		let limits = &build_on.limits;
		let budget = self.timing.budget_at_pace(
			limits.blocks_per_slot,
			leaf.params.allowed_ancestry_len,
			limits.votes,
			self.pov,
			build_on.max_pov_size,
		);
		if budget.extrinsics == 0 {
			return Err(Idle::NoTime);
		}
		let after = |slot: Slot| u32::try_from(slot.saturating_sub(leaf.slot)).unwrap_or(u32::MAX);
		let backing_delay = self
			.timing
			.backing_delay(budget.extrinsics, limits.votes, self.pov)
			.max(after(build_on.earliest));
		let backed_at = leaf.slot.saturating_add(backing_delay.into());
		if leaf.child_ends_session(backed_at) {
			return Err(Idle::SessionEnds {
				ends_from: leaf.session_ends_from_slot,
				backed_at,
			});
		}
		Ok(Order {
			build_on,
			budget,
			backing_delay,
		})
	}
}
