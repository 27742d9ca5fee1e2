//! What a simulation is made from, and what is refused.

use crate::{Fault, NodeId, Processor, Topology};
use async_backing_machine::Instant;
use std::{collections::BTreeMap, error::Error, time::Duration};
use thiserror::Error;

/// A simulation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimConfig {
	/// Number of nodes.
	pub nodes: usize,
	/// Where all randomness comes from.
	pub seed: u64,
	/// Links.
	pub topology: Topology,
	/// The processor of nodes that are not named.
	pub processor: Processor,
	/// Other processors.
	pub processors: BTreeMap<NodeId, Processor>,
	/// How long a batch takes to be stored, one after the other.
	pub disk: Duration,
	/// From which reputation on a peer is cut off, and for how long; `None` for never.
	pub ban: Option<Ban>,
	/// What may be under way.
	pub limits: Limits,
	/// What goes wrong.
	pub faults: Vec<Fault>,
}

impl SimConfig {
	/// So many nodes, each connected with each.
	pub fn new(nodes: usize, seed: u64) -> Self {
		Self {
			nodes,
			seed,
			topology: Topology::full(crate::Link::default()),
			processor: Processor::default(),
			processors: BTreeMap::new(),
			disk: Duration::from_millis(1),
			ban: None,
			limits: Limits::default(),
			faults: Vec::new(),
		}
	}

	/// Checks that the plan speaks of nodes that there are.
	///
	/// # Errors
	/// [`ConfigError`] names the first node that there is not.
	pub fn validate(&self) -> Result<(), ConfigError> {
		let named = self.faults.iter().filter_map(Fault::highest_node);
		let named = named
			.chain(self.processors.keys().copied())
			.chain(self.topology.pairs.keys().flat_map(|(from, to)| [*from, *to]))
			.chain(self.topology.uplinks.keys().copied());
		match named.max() {
			Some(node) if node.0 >= self.nodes => Err(ConfigError::UnknownNode {
				node,
				nodes: self.nodes,
			}),
			_ => Ok(()),
		}
	}

	/// The processor of a node.
	pub fn processor(&self, node: NodeId) -> Processor {
		self.processors.get(&node).copied().unwrap_or(self.processor)
	}
}

/// When a peer is cut off. What is thought of peers is forgotten little by little meanwhile: 1/200 of it each second (R-NET-115).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ban {
	/// A reputation below this.
	pub below: i32,
	/// How long. Then it may come back, and all is forgotten.
	pub lasts: Duration,
}

impl Default for Ban {
	/// As Substrate's (R-NET-115): 71 % of the lowest reputation; from the lowest one it is above that again after so long.
	fn default() -> Self {
		Self {
			below: (i32::MIN / 100) * 71,
			lasts: Duration::from_secs(69),
		}
	}
}

/// What may be under way at a node at once: far more than an honest core has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
	/// Requests that it asked. One more is refused.
	pub requests: usize,
	/// Timers. One more ends the run: a driver owes them all, so the core is wrong.
	pub timers: usize,
	/// Batches. One more ends the run: a driver owes them all, so the core is wrong.
	pub batches: usize,
	/// Events of one instant. More of them end the run: somebody wakes himself for ever.
	pub events_at_once: u64,
}

impl Default for Limits {
	fn default() -> Self {
		Self {
			requests: 4096,
			timers: 65_536,
			batches: 65_536,
			events_at_once: 10_000_000,
		}
	}
}

/// Why a simulation cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
	/// A node is named that there is not.
	#[error("node {} is named, but there are {nodes}, counted from 0", node.0)]
	UnknownNode {
		/// The node.
		node: NodeId,
		/// Number of nodes.
		nodes: usize,
	},
}

/// Why a run stops before its end.
#[derive(Debug, Error)]
pub enum SimError<E: Error + 'static> {
	/// The scenario cannot go on.
	#[error(transparent)]
	Scenario(#[from] E),
	/// A core has more under way than any bounded one would.
	#[error("node {} has more than {limit} {what} under way", node.0)]
	Overrun {
		/// Its node.
		node: NodeId,
		/// What there are too many of.
		what: &'static str,
		/// How many there may be.
		limit: usize,
	},
	/// Time stands still.
	#[error("more than {limit} events at {at:?}")]
	Stuck {
		/// The instant.
		at: Instant,
		/// How many there may be.
		limit: u64,
	},
}
