//! How nodes treat one another, and whether they keep to their bounds.

use super::{chain::Relay, Found, Invariant};
use crate::{
	relay::Chain,
	words::{DevnetWords, Event},
	world::World,
	RunConfig,
};
use async_backing_machine::{Cost, Input, Judgement, Output, PeerEvent, PeerId};
use async_backing_sim::{Counters, Effect, Fault, NodeId, Sim};
use async_backing_validator::Event as ValidatorEvent;
use std::collections::{BTreeMap, BTreeSet};

/// Who is who, and who does wrong.
#[derive(Debug)]
pub(super) struct Conduct {
	nodes: usize,
	faulty: BTreeSet<NodeId>,
	/// Validators among them.
	validators: BTreeSet<NodeId>,
	/// Whom nodes know by which name.
	names: BTreeMap<(NodeId, PeerId), NodeId>,
	/// Whether what is sent arrives as it was sent, in the time that the model says.
	links_hold: bool,
	/// What honest nodes charged validators for that misbehave, and how often.
	charged: BTreeMap<(NodeId, &'static str), u32>,
	/// Whether each message arrives once. Who says everything twice may be punished for it: it cannot be told from who means to.
	once: bool,
}

impl Conduct {
	pub(super) fn new(config: &RunConfig) -> Self {
		let faults = &config.faults;
		let faulty = faults.validators.keys().chain(faults.collators.keys());
		let repeats = |fault: &Fault| {
			let Fault::Parcels { effect, .. } = fault else {
				return false;
			};
			matches!(effect, Effect::Repeat(_))
		};
		let is_of_links = |fault: &Fault| !matches!(fault, Fault::Slow { .. });
		Self {
			nodes: config.nodes(),
			faulty: faulty.copied().collect(),
			validators: faults.validators.keys().copied().collect(),
			names: BTreeMap::new(),
			charged: BTreeMap::new(),
			links_hold: !faults.plan.iter().any(is_of_links),
			once: !faults.plan.iter().any(repeats),
		}
	}

	fn is_honest(&self, node: NodeId) -> bool {
		!self.faulty.contains(&node)
	}

	pub(super) fn input(&mut self, node: NodeId, other: Option<NodeId>, input: &Input<DevnetWords>) {
		match (input, other) {
			(Input::Peer(peer, PeerEvent::Disconnected), _) => {
				self.names.remove(&(node, *peer));
			}
			(Input::Peer(peer, PeerEvent::Connected(_)), Some(other)) => {
				self.names.insert((node, *peer), other);
			}
			_ => {}
		}
	}

	pub(super) fn crashed(&mut self, node: NodeId) {
		self.names.retain(|(of, _), _| *of != node);
	}

	/// What honest nodes charged validators for that misbehave, and how often, by node and reason.
	pub(super) fn charged(&self) -> impl Iterator<Item = (NodeId, &'static str, u32)> + '_ {
		self.charged
			.iter()
			.map(|((node, reason), times)| (*node, *reason, *times))
	}

	pub(super) fn output(
		&mut self,
		node: NodeId,
		output: &Output<DevnetWords>,
		relay: &Relay,
	) -> Option<Found> {
		if let Output::Report(peer, Judgement::Cost(_, reason)) = output {
			let other = self.names.get(&(node, *peer)).copied();
			let misbehaves = |other: &NodeId| self.validators.contains(other);
			if let Some(other) = other.filter(misbehaves).filter(|_| self.is_honest(node)) {
				*self.charged.entry((other, reason)).or_default() += 1;
			}
		}
		match output {
			Output::Report(peer, Judgement::Cost(Cost::Malicious, reason)) => {
				self.punishes(node, *peer, reason, relay)
			}
			_ => None,
		}
	}

	pub(super) fn event(&self, node: NodeId, event: &Event, relay: &Relay) -> Option<Found> {
		match event {
			Event::Validator(ValidatorEvent::Cut(peer)) => {
				self.punishes(node, *peer, "it cost too much", relay)
			}
			_ => None,
		}
	}

	fn punishes(&self, node: NodeId, peer: PeerId, reason: &str, relay: &Relay) -> Option<Found> {
		let other = *self.names.get(&(node, peer))?;
		let are_honest =
			self.once && self.is_honest(node) && self.is_honest(other) && !relay.is_proven_wrong(other);
		are_honest.then(|| {
			let message = format!(
				"node {} takes node {} for malicious, which does nothing wrong: {reason}",
				node.0, other.0
			);
			(Invariant::NoPunishmentWithoutProof, message)
		})
	}

	/// Whether any honest node had no room.
	pub(super) fn counters<C: Chain>(&self, sim: &Sim<World<C>>) -> Option<Found> {
		let nodes = (0..self.nodes).map(NodeId).filter(|node| self.is_honest(*node));
		let all = nodes.filter_map(|node| Some((node, sim.counters(node)?)));
		all.into_iter().find_map(|(node, counters)| {
			let Counters {
				outputs_refused,
				requests_refused,
				jobs_dropped,
				..
			} = counters;
			let dropped = [
				(outputs_refused, "outputs", true),
				(requests_refused, "requests", true),
				// Of a slow network more may come at once than a node has room for.
				(jobs_dropped, "jobs", self.links_hold),
			];
			let (count, what, _) = dropped
				.into_iter()
				.find(|(count, _, counts)| *counts && *count > 0)?;
			let message = format!("node {} had no room for {count} {what}", node.0);
			Some((Invariant::QueuesWithinBounds, message))
		})
	}
}
