//! Who is connected, and under which keys.

use crate::{Identity, PeerError, Refused};
use async_backing_machine::PeerId;
use async_backing_primitives::ValidatorId;
use std::collections::BTreeMap;

/// A peer: its keys, ascending, each with the moment at which it first proved it on this connection. Mostly one, of which a
/// thousand validators remember a thousand: no room for more than there are.
type Claims = Box<[(ValidatorId, u64)]>;

fn keys(claims: &Claims) -> impl Iterator<Item = &ValidatorId> {
	claims.iter().map(|(key, _)| key)
}

/// When a key was first proved.
fn age_of(claims: &Claims, key: &ValidatorId) -> Option<u64> {
	let place = claims.binary_search_by(|(of, _)| of.cmp(key)).ok()?;
	claims.get(place).map(|(_, age)| *age)
}

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
	/// A peer is there, or is known to be something else than before. A key that it had before keeps its age. Says who gave way
	/// to it, and is known no longer.
	///
	/// Cost: O(keys log peers); if all room is taken and the peer is a validator, once through all peers.
	pub(crate) fn connected(
		&mut self,
		peer: PeerId,
		identity: Identity,
		room: &Room,
		is_validator: impl Fn(&mut dyn Iterator<Item = &ValidatorId>) -> bool,
		refused: &mut Refused,
	) -> Result<Option<PeerId>, PeerError> {
		let mut gone = None;
		if !self.peers.contains_key(&peer) && self.peers.len() >= room.peers {
			refused.peers = refused.peers.saturating_add(1);
			// Who came last of the others gives way, so that who waits stays.
			let others = self.peers.iter().rev();
			let gives_way = is_validator(&mut identity.authorities.iter().take(room.authorities))
				.then(|| {
					others
						.into_iter()
						.find(|(_, claims)| !is_validator(&mut keys(claims)))
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
			gone = Some(other);
		}
		let over = identity.authorities.len().saturating_sub(room.authorities);
		refused.authorities = refused.authorities.saturating_add(over as u64);
		let before = self.peers.remove(&peer).unwrap_or_default();
		let mut claims = Vec::with_capacity(identity.authorities.len().min(room.authorities));
		for key in identity.authorities.into_iter().take(room.authorities) {
			let age = age_of(&before, &key).unwrap_or_else(|| {
				self.next = self.next.saturating_add(1);
				self.next
			});
			claims.push((key, age));
		}
		// Of a key that is said twice the first age counts.
		claims.sort();
		claims.dedup_by(|later, first| later.0 == first.0);
		let claims = claims.into_boxed_slice();
		for (key, age) in &before {
			if age_of(&claims, key).is_none() {
				self.unclaim(key, *age);
			}
		}
		for (key, age) in &claims {
			self.claimants.entry(key.clone()).or_default().insert(*age, peer);
		}
		self.peers.insert(peer, claims);
		Ok(gone)
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
		self.peers.get(&peer).into_iter().flat_map(keys)
	}

	/// Peers that proved to have a key, newest claim first.
	pub(crate) fn claimants(&self, key: &ValidatorId) -> impl Iterator<Item = PeerId> + '_ {
		self.claimants
			.get(key)
			.into_iter()
			.flat_map(|claimants| claimants.values().rev().copied())
	}
}
