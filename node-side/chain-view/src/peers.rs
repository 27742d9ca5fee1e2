//! Who is connected, and under which keys.

use crate::{Identity, PeerError, Refused};
use async_backing_machine::PeerId;
use async_backing_primitives::ValidatorId;
use std::collections::BTreeMap;

/// A peer: its keys, each with the moment at which it first proved it on this connection.
type Claims = BTreeMap<ValidatorId, u64>;

/// Who is connected, and under which keys. Claims of a key are ordered by when they were made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Peers {
	peers: BTreeMap<PeerId, Claims>,
	/// A tree, since peers make it grow: a table of hashes takes its whole room anew at once, and that is no light input (law 1).
	claimants: BTreeMap<ValidatorId, BTreeMap<u64, PeerId>>,
	next: u64,
}

/// What peers may take.
pub(crate) struct Room {
	pub(crate) peers: usize,
	pub(crate) authorities: usize,
}

impl Peers {
	/// A peer is there, or is known to be something else than before. A key that it had before keeps its age.
	///
	/// Cost: O(keys log peers); if all room is taken and the peer is a validator, once through all peers.
	pub(crate) fn connected(
		&mut self,
		peer: PeerId,
		identity: Identity,
		room: &Room,
		is_validator: impl Fn(&mut dyn Iterator<Item = &ValidatorId>) -> bool,
		refused: &mut Refused,
	) -> Result<(), PeerError> {
		if !self.peers.contains_key(&peer) && self.peers.len() >= room.peers {
			refused.peers = refused.peers.saturating_add(1);
			// Who came last of the others gives way, so that who waits stays.
			let others = self.peers.iter().rev();
			let gives_way = is_validator(&mut identity.authorities.iter().take(room.authorities))
				.then(|| {
					others
						.into_iter()
						.find(|(_, claims)| !is_validator(&mut claims.keys()))
				})
				.flatten()
				.map(|(other, _)| *other);
			let Some(other) = gives_way else {
				return Err(PeerError::NoRoom {
					peer,
					limit: room.peers,
				});
			};
			self.disconnected(other);
		}
		let over = identity.authorities.len().saturating_sub(room.authorities);
		refused.authorities = refused.authorities.saturating_add(over as u64);
		let before = self.peers.remove(&peer).unwrap_or_default();
		let mut claims = Claims::new();
		for key in identity.authorities.into_iter().take(room.authorities) {
			let age = before.get(&key).copied();
			let age = age.unwrap_or_else(|| {
				self.next = self.next.saturating_add(1);
				self.next
			});
			claims.entry(key).or_insert(age);
		}
		for (key, age) in &before {
			if !claims.contains_key(key) {
				self.unclaim(key, *age);
			}
		}
		for (key, age) in &claims {
			self.claimants.entry(key.clone()).or_default().insert(*age, peer);
		}
		self.peers.insert(peer, claims);
		Ok(())
	}

	/// A peer is gone. Says whether it was there.
	pub(crate) fn disconnected(&mut self, peer: PeerId) -> bool {
		let Some(claims) = self.peers.remove(&peer) else {
			return false;
		};
		for (key, age) in claims {
			self.unclaim(&key, age);
		}
		true
	}

	fn unclaim(&mut self, key: &ValidatorId, age: u64) {
		if let Some(claimants) = self.claimants.get_mut(key) {
			claimants.remove(&age);
			if claimants.is_empty() {
				self.claimants.remove(key);
			}
		}
	}

	pub(crate) fn contains(&self, peer: PeerId) -> bool {
		self.peers.contains_key(&peer)
	}

	pub(crate) fn iter(&self) -> impl Iterator<Item = PeerId> + '_ {
		self.peers.keys().copied()
	}

	pub(crate) fn len(&self) -> usize {
		self.peers.len()
	}

	/// The keys of a peer, ascending.
	pub(crate) fn keys(&self, peer: PeerId) -> impl Iterator<Item = &ValidatorId> {
		self.peers.get(&peer).into_iter().flat_map(BTreeMap::keys)
	}

	/// Peers that proved to have a key, newest claim first.
	pub(crate) fn claimants(&self, key: &ValidatorId) -> impl Iterator<Item = PeerId> + '_ {
		self.claimants
			.get(key)
			.into_iter()
			.flat_map(|claimants| claimants.values().rev().copied())
	}
}
