//! Who is connected with whom.

use super::{Event, Outcome, Sim, Watch};
use crate::{fault::are_apart, node::Peer, Fault, NodeId, Scenario};
use async_backing_machine::{Input, PeerEvent, PeerId, RequestFailure};

impl<S: Scenario> Sim<S> {
	/// Two nodes connect as soon as the link has carried the greeting.
	pub(super) fn meet(&mut self, one: NodeId, other: NodeId) {
		if !self.is_up(one) || !self.is_up(other) {
			return;
		}
		if let Some(link) = self.links.topology().link(one, other) {
			let at = self.clock.now().saturating_add(link.latency);
			self.clock.schedule(at, Event::Connect(one, other));
		}
	}

	/// Two nodes connect, unless something is in the way. Each end calls the other by a new name.
	pub(super) fn connect(&mut self, one: NodeId, other: NodeId, observer: Watch<'_, S>) -> Outcome<S> {
		let now = self.clock.now();
		let topology = self.links.topology();
		let linked = topology.link(one, other).is_some() && topology.link(other, one).is_some();
		let wanted = |from: NodeId, to: NodeId| {
			let node = &self.nodes[from.0];
			node.core.is_some()
				&& !node.names.contains_key(&to)
				&& node.banned_until.get(&to).is_none_or(|until| *until <= now)
		};
		let possible = linked
			&& wanted(one, other)
			&& wanted(other, one)
			&& !are_apart(&self.config.faults, now, one, other);
		if !possible {
			return Ok(());
		}
		let names = (PeerId(self.next_peer), PeerId(self.next_peer.wrapping_add(1)));
		self.next_peer = self.next_peer.wrapping_add(2);
		self.join(one, names.0, other, names.1);
		self.join(other, names.1, one, names.0);
		for (node, name, peer) in [(one, names.0, other), (other, names.1, one)] {
			let identity = self.scenario.identity(peer, node);
			let input = Input::Peer(name, PeerEvent::Connected(identity));
			self.input(node, Some(peer), input, observer)?;
		}
		Ok(())
	}

	fn join(&mut self, node: NodeId, name: PeerId, other: NodeId, our_name: PeerId) {
		let node = &mut self.nodes[node.0];
		node.names.insert(other, name);
		node.banned_until.remove(&other);
		node.peers.insert(
			name,
			Peer {
				node: other,
				our_name,
			},
		);
	}

	/// Pairs that a fault keeps apart.
	fn pairs_apart(&self, fault: usize) -> Vec<(NodeId, NodeId)> {
		let Some(Fault::Apart { nodes, .. }) = self.config.faults.get(fault) else {
			return Vec::new();
		};
		let others = || {
			(0..self.nodes.len())
				.map(NodeId)
				.filter(|other| !nodes.contains(other))
		};
		nodes
			.iter()
			.flat_map(|one| others().map(|other| (*one, other)))
			.collect()
	}

	/// The nodes of a fault notice that they are apart.
	pub(super) fn part(&mut self, fault: usize) {
		let now = self.clock.now();
		for (one, other) in self.pairs_apart(fault) {
			for (node, gone) in [(one, other), (other, one)] {
				if let Some(name) = self.nodes[node.0].names.get(&gone) {
					self.clock.schedule(now, Event::Gone(node, *name));
				}
			}
		}
	}

	/// The nodes of a fault reach each other again.
	pub(super) fn reunite(&mut self, fault: usize) {
		for (one, other) in self.pairs_apart(fault) {
			self.meet(one, other);
		}
	}

	/// A node notices that a peer is gone: its requests end, then it hears of it.
	pub(super) fn gone(&mut self, id: NodeId, peer: PeerId, observer: Watch<'_, S>) -> Outcome<S> {
		let node = &mut self.nodes[id.0];
		let Some(Peer { node: other, .. }) = node.peers.remove(&peer) else {
			return Ok(());
		};
		node.names.remove(&other);
		node.tickets.retain(|_, asked| asked.peer != peer);
		let open: Vec<_> = node
			.requests
			.iter()
			.filter(|(_, open)| open.peer == peer)
			.map(|(request, _)| *request)
			.collect();
		for request in open {
			// It may have ended: the node crashes with one of these inputs.
			if self.nodes[id.0].requests.contains_key(&request) {
				self.end_request(id, request);
				let failure = Input::Response(request, Err(RequestFailure::Disconnected));
				self.input(id, Some(other), failure, observer)?;
			}
		}
		self.input(
			id,
			Some(other),
			Input::Peer(peer, PeerEvent::Disconnected),
			observer,
		)?;
		// Both may be there still, such as a peer that has started again before this was known.
		self.meet(id, other);
		Ok(())
	}

	/// A node lets a peer go: both notice, and meet again as peers do whose connection is lost.
	pub(super) fn let_go(&mut self, id: NodeId, peer: PeerId) {
		let now = self.clock.now();
		let Some(Peer {
			node: other,
			our_name,
		}) = self.nodes[id.0].peers.get(&peer).copied()
		else {
			return;
		};
		let latency = self.links.topology().link(id, other).unwrap_or_default().latency;
		self.clock.schedule(now, Event::Gone(id, peer));
		self.clock
			.schedule(now.saturating_add(latency), Event::Gone(other, our_name));
	}

	/// What a node thinks of another one changes; below a bound it cuts it off.
	pub(super) fn report(&mut self, id: NodeId, peer: PeerId, change: i32) {
		let now = self.clock.now();
		let node = &mut self.nodes[id.0];
		let Some(Peer {
			node: other,
			our_name,
		}) = node.peers.get(&peer).copied()
		else {
			return;
		};
		let reputation = node.reputation.entry(other).or_default().change(now, change);
		let Some(ban) = self.config.ban.filter(|ban| reputation < ban.below) else {
			return;
		};
		node.reputation.remove(&other);
		node.counters.bans = node.counters.bans.saturating_add(1);
		let until = now.saturating_add(ban.lasts);
		node.banned_until.insert(other, until);
		let latency = self.links.topology().link(id, other).unwrap_or_default().latency;
		self.clock.schedule(now, Event::Gone(id, peer));
		self.clock
			.schedule(now.saturating_add(latency), Event::Gone(other, our_name));
		self.clock
			.schedule(until.saturating_add(latency), Event::Connect(id, other));
	}
}
