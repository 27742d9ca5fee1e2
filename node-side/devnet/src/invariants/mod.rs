//! What has to hold whatever goes wrong, checked after every event of every run.
//!
//! An observer sees each step; what a step gives reason to look at is looked at before the next event happens, in the world
//! and in the nodes, and nothing in a node can tell. The first [`Violation`] ends the run: it says by name what does not
//! hold, shows the objects, and what happened last. A run follows from its parameters and its seed, so that the number of
//! its last step is all it takes to see it again.
//!
//! Whom a run has [misbehave](crate::ValidatorMisconduct) is held to nothing, and believed nothing.

mod chain;
mod nodes;
mod recent;
#[cfg(test)]
mod tests;

use crate::{
	relay::Chain,
	words::{DevnetWords, Event},
	world::{Note, World},
	DevnetError, RunConfig,
};
use async_backing_machine::{Input, Instant, Output};
use async_backing_primitives::{CandidateHash, Hash};
use async_backing_sim::{NodeId, Sim, Step, What};
use async_backing_validator::Event as ValidatorEvent;
use chain::Relay;
use nodes::Conduct;
use recent::Recent;
use std::fmt;

/// What has to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
	/// A para has one included head at each height of a fork of the relay chain: what is included builds on what was
	/// included last (R-GLO-5).
	OneIncludedHead,
	/// The head in the state of a relay block is that of the last candidate that was included up to it.
	HeadIsIncluded,
	/// What is included was executed by an honest validator, and came to what it says (R-BAK-11).
	IncludedIsValid,
	/// The data of what is included can be put together from what honest validators have (R-AVL-1).
	IncludedIsRecoverable,
	/// What an honest author's provisioner offers is taken (R-GLO-10).
	OfferIsTaken,
	/// The root of an honest validator's tree is the head in the state of its leaf (R-TRE-1).
	RootIsHead,
	/// No honest node takes another one for malicious, unless an execution proves that this one built something invalid.
	NoPunishmentWithoutProof,
	/// Nothing of an honest node is dropped for want of room, where nothing but what its peers may do goes on.
	QueuesWithinBounds,
	/// Each parablock that was built ends in one class, and has a reason if it is lost.
	EveryBlockHasAFate,
	/// After all is calm, each para has a block included within [`LIVES_WITHIN`] relay blocks, again and again.
	ParaLives,
}

/// Relay blocks within which a para has to have a block included, when all is calm: a session's end, a time-out of what came
/// before it, and the road of one block.
pub const LIVES_WITHIN: u32 = 20;

impl Invariant {
	/// All of them.
	pub const ALL: [Self; 10] = [
		Self::OneIncludedHead,
		Self::HeadIsIncluded,
		Self::IncludedIsValid,
		Self::IncludedIsRecoverable,
		Self::OfferIsTaken,
		Self::RootIsHead,
		Self::NoPunishmentWithoutProof,
		Self::QueuesWithinBounds,
		Self::EveryBlockHasAFate,
		Self::ParaLives,
	];

	/// Its name.
	pub const fn name(self) -> &'static str {
		match self {
			Self::OneIncludedHead => "one-included-head",
			Self::HeadIsIncluded => "head-is-included",
			Self::IncludedIsValid => "included-is-valid",
			Self::IncludedIsRecoverable => "included-is-recoverable",
			Self::OfferIsTaken => "offer-is-taken",
			Self::RootIsHead => "root-is-head",
			Self::NoPunishmentWithoutProof => "no-punishment-without-proof",
			Self::QueuesWithinBounds => "queues-within-bounds",
			Self::EveryBlockHasAFate => "every-block-has-a-fate",
			Self::ParaLives => "para-lives",
		}
	}
}

impl fmt::Display for Invariant {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(self.name())
	}
}

/// Something that has to hold and does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
	/// What.
	pub invariant: Invariant,
	/// With the objects.
	pub message: String,
	/// Seed of the run.
	pub seed: u64,
	/// When.
	pub at: Instant,
	/// Number of the last step of the run.
	pub event: u64,
	/// Hash of all steps up to it.
	pub trace: [u8; 32],
	/// What happened last, oldest first, a line each.
	pub last: Vec<String>,
}

impl fmt::Display for Violation {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(
			f,
			"{} does not hold at event {} ({:.3} s), seed {}: {}",
			self.invariant,
			self.event,
			self.at.as_secs_f64(),
			self.seed,
			self.message
		)
	}
}

/// What a step gives reason to look at.
#[derive(Clone, Copy, Debug)]
enum Look {
	/// The trees of a validator that has imported a leaf.
	Trees(NodeId, Hash),
	/// Counters of all nodes.
	Counters,
}

/// Watches a run.
#[derive(Debug)]
pub(crate) struct Invariants {
	seed: u64,
	relay: Relay,
	conduct: Conduct,
	recent: Recent,
	looks: Vec<Look>,
	found: Option<(Invariant, String)>,
}

/// An invariant that does not hold, and with which objects.
type Found = (Invariant, String);

impl Invariants {
	pub(crate) fn new(config: &RunConfig) -> Self {
		Self {
			seed: config.seed,
			relay: Relay::new(config),
			conduct: Conduct::new(config),
			recent: Recent::default(),
			looks: Vec::new(),
			found: None,
		}
	}

	/// Sees a step.
	pub(crate) fn see(&mut self, step: &Step<'_, DevnetWords, Note>) {
		self.recent.see(step);
		let found = match (step.node, step.what) {
			(_, What::Note(Note::RelayBlock(block))) => {
				self.looks.push(Look::Counters);
				self.relay.block(step.at, block)
			}
			(Some(node), What::Output(Output::Event(event))) => {
				if let Event::Built(built) = event {
					self.relay.built(node, built);
				}
				if let Event::Validator(ValidatorEvent::LeafActivated(leaf)) = event {
					self.looks.push(Look::Trees(node, *leaf));
				}
				self.conduct.event(node, event, &self.relay)
			}
			(Some(node), What::Output(output)) => {
				self.relay.output(node, output);
				self.conduct.output(node, output, &self.relay)
			}
			(Some(node), What::Input(input)) => {
				if let Input::Done(id, result) = input {
					self.relay.done(node, *id, result);
				}
				self.conduct.input(node, step.other, input);
				None
			}
			(Some(node), What::Crashed) => {
				self.relay.crashed(node);
				self.conduct.crashed(node);
				None
			}
			_ => None,
		};
		if self.found.is_none() {
			self.found = found;
		}
	}

	/// Looks at what the last event gave reason to.
	///
	/// # Errors
	/// [`DevnetError::Violated`].
	pub(crate) fn check<C: Chain>(&mut self, sim: &Sim<World<C>>) -> Result<(), DevnetError> {
		for look in std::mem::take(&mut self.looks) {
			if self.found.is_some() {
				break;
			}
			self.found = match look {
				Look::Trees(node, leaf) => self.relay.trees(sim.scenario(), node, leaf),
				Look::Counters => self.conduct.counters(sim),
			};
		}
		match self.found.take() {
			Some(found) => Err(self.violated(sim, found)),
			None => Ok(()),
		}
	}

	/// What can be judged when a run has ended. `fate` says what is wrong with what candidates ended as.
	///
	/// # Errors
	/// [`DevnetError::Violated`], or the relay chain fails.
	pub(crate) fn end<C: Chain>(
		&mut self,
		sim: &Sim<World<C>>,
		fate: Option<String>,
	) -> Result<(), DevnetError> {
		let found = match fate {
			Some(message) => Some((Invariant::EveryBlockHasAFate, message)),
			None => self.relay.recoverable(sim)?,
		};
		found.map_or(Ok(()), |found| Err(self.violated(sim, found)))
	}

	/// What honest nodes charged validators for that misbehave, and how often, by node and reason.
	pub(crate) fn charged(&self) -> impl Iterator<Item = (NodeId, &'static str, u32)> + '_ {
		self.conduct.charged()
	}

	/// What happened last, oldest first.
	pub(crate) fn last(&self) -> Vec<String> {
		self.recent.lines()
	}

	fn violated<C: Chain>(&self, sim: &Sim<World<C>>, found: Found) -> DevnetError {
		let (invariant, message) = found;
		let trace = sim.trace();
		DevnetError::Violated(Box::new(Violation {
			invariant,
			message,
			seed: self.seed,
			at: sim.now(),
			event: trace.steps,
			trace: trace.hash,
			last: self.last(),
		}))
	}
}

/// A candidate as messages name it.
fn short(candidate: CandidateHash) -> String {
	format!("{:?}", candidate.0)
}
