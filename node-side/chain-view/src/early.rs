//! What arrives before its leaf.

use crate::{ChainView, LeafUpdate};
use async_backing_machine::{Instant, PeerId};
use async_backing_primitives::Hash;
use std::{
	collections::{BTreeMap, BTreeSet},
	time::Duration,
};
use thiserror::Error;

/// How much is kept of what arrives early, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EarlyLimits {
	/// Things of one peer.
	pub per_peer: usize,
	/// Things for one relay parent, which nobody may know to exist.
	pub per_relay_parent: usize,
	/// Things in all.
	pub total: usize,
	/// Bytes of one peer.
	pub bytes_per_peer: usize,
	/// Bytes in all.
	pub total_bytes: usize,
	/// How long a thing is kept.
	pub time: Duration,
	/// How many leaves a thing may see come before its own.
	pub leaves: u32,
}

impl EarlyLimits {
	/// For statements, bitfields and manifests of validators: one says a few things about each relay block, and nodes
	/// import a block within seconds of each other.
	pub const fn validators() -> Self {
		Self {
			per_peer: 32,
			per_relay_parent: 4096,
			total: 8192,
			bytes_per_peer: 512 * 1024,
			total_bytes: 16 * 1024 * 1024,
			time: Duration::from_secs(18),
			leaves: 4,
		}
	}

	/// For what anybody may say, such as advertisements.
	pub const fn strangers() -> Self {
		Self {
			per_peer: 4,
			per_relay_parent: 256,
			total: 512,
			bytes_per_peer: 16 * 1024,
			total_bytes: 1024 * 1024,
			time: Duration::from_secs(12),
			leaves: 2,
		}
	}
}

/// Why something is not kept. Nobody else's things are given up for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EarlyError {
	/// It is larger than all that a peer may have here.
	#[error("{actual} bytes, of which one peer may have {limit} here")]
	TooLarge {
		/// Its bytes.
		actual: usize,
		/// What a peer may have.
		limit: usize,
	},
	/// Others have taken the room, and the peer has nothing here that could give way.
	#[error("others have taken the room")]
	NoRoom,
}

/// Something that arrived early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived<T> {
	/// Who sent it.
	pub peer: PeerId,
	/// The relay parent that it is about.
	pub relay_parent: Hash,
	/// What was sent.
	pub item: T,
}

#[derive(Clone, Debug)]
struct Kept<T> {
	arrived: Arrived<T>,
	bytes: usize,
	at: Instant,
	/// Leaves that had come by then.
	leaves: u64,
}

#[derive(Clone, Debug, Default)]
struct Share {
	items: BTreeSet<u64>,
	bytes: usize,
}

/// What arrives before its leaf: kept until the relay parent that it is about comes into scope (R-GLO-14), or too long.
///
/// Bounded in things and bytes, by peer, by relay parent and in all. Of a peer that sends too much the oldest give way;
/// things of another never do. So use one for validators and another one for strangers, of whom there is no end.
///
/// Nothing here is checked, and nothing costs more than memory, until it is released.
#[derive(Clone, Debug)]
pub struct Early<T> {
	limits: EarlyLimits,
	/// By order of arrival.
	items: BTreeMap<u64, Kept<T>>,
	by_peer: BTreeMap<PeerId, Share>,
	by_relay_parent: BTreeMap<Hash, BTreeSet<u64>>,
	bytes: usize,
	next: u64,
	leaves: u64,
	refused: u64,
	expired: u64,
}

impl<T> Early<T> {
	/// An empty buffer.
	pub fn new(limits: EarlyLimits) -> Self {
		Self {
			limits,
			items: BTreeMap::new(),
			by_peer: BTreeMap::new(),
			by_relay_parent: BTreeMap::new(),
			bytes: 0,
			next: 0,
			leaves: 0,
			refused: 0,
			expired: 0,
		}
	}

	/// Keeps what a peer says about a relay parent that is not in scope, with the bytes that it takes. Returns what of the
	/// same peer gave way, oldest first. Cost: O(log), and O(things of the peer) if something gives way.
	///
	/// # Errors
	/// There is no room for it. It is counted, as is what gives way.
	pub fn insert(
		&mut self,
		now: Instant,
		peer: PeerId,
		relay_parent: Hash,
		item: T,
		bytes: usize,
	) -> Result<Vec<Arrived<T>>, EarlyError> {
		self.expire(now);
		let gives_way = match self.make_room(peer, relay_parent, bytes) {
			Ok(gives_way) => gives_way,
			Err(error) => {
				self.refused = self.refused.saturating_add(1);
				return Err(error);
			}
		};
		self.refused = self.refused.saturating_add(gives_way.len() as u64);
		let gone = gives_way.into_iter().filter_map(|key| self.remove(key)).collect();
		let key = self.next;
		self.next = key.saturating_add(1);
		let share = self.by_peer.entry(peer).or_default();
		share.items.insert(key);
		share.bytes = share.bytes.saturating_add(bytes);
		self.bytes = self.bytes.saturating_add(bytes);
		self.by_relay_parent.entry(relay_parent).or_default().insert(key);
		let arrived = Arrived {
			peer,
			relay_parent,
			item,
		};
		let kept = Kept {
			arrived,
			bytes,
			at: now,
			leaves: self.leaves,
		};
		self.items.insert(key, kept);
		Ok(gone)
	}

	/// Which things of the peer have to go so that there is room.
	fn make_room(&self, peer: PeerId, relay_parent: Hash, bytes: usize) -> Result<Vec<u64>, EarlyError> {
		let limits = &self.limits;
		let limit = limits.bytes_per_peer.min(limits.total_bytes);
		if bytes > limit {
			return Err(EarlyError::TooLarge { actual: bytes, limit });
		}
		let share = self.by_peer.get(&peer);
		let mut of_peer = share.map_or(0, |share| share.items.len());
		let mut bytes_of_peer = share.map_or(0, |share| share.bytes);
		let mut for_parent = self.by_relay_parent.get(&relay_parent).map_or(0, BTreeSet::len);
		let (mut total, mut total_bytes) = (self.items.len(), self.bytes);
		let mut oldest = share.map(|share| share.items.iter()).into_iter().flatten();
		let mut gone = Vec::new();
		loop {
			let parent_is_full = for_parent >= limits.per_relay_parent;
			let is_full = of_peer >= limits.per_peer
				|| total >= limits.total
				|| bytes_of_peer.saturating_add(bytes) > limits.bytes_per_peer
				|| total_bytes.saturating_add(bytes) > limits.total_bytes;
			if !parent_is_full && !is_full {
				return Ok(gone);
			}
			// If only the relay parent has too many, others of the peer are of no use.
			let (key, kept) = oldest
				.by_ref()
				.filter_map(|key| Some((*key, self.items.get(key)?)))
				.find(|(_, kept)| is_full || kept.arrived.relay_parent == relay_parent)
				.ok_or(EarlyError::NoRoom)?;
			gone.push(key);
			of_peer = of_peer.saturating_sub(1);
			total = total.saturating_sub(1);
			bytes_of_peer = bytes_of_peer.saturating_sub(kept.bytes);
			total_bytes = total_bytes.saturating_sub(kept.bytes);
			if kept.arrived.relay_parent == relay_parent {
				for_parent = for_parent.saturating_sub(1);
			}
		}
	}

	/// Releases what is about a relay parent, in the order of arrival.
	pub fn release(&mut self, relay_parent: Hash) -> Vec<Arrived<T>> {
		let keys = self
			.by_relay_parent
			.get(&relay_parent)
			.cloned()
			.unwrap_or_default();
		keys.into_iter().filter_map(|key| self.remove(key)).collect()
	}

	/// The leaves changed: releases what is about relay parents that are in scope now, in the order of arrival, and gives up
	/// what waited too long. Cost: O(relay parents waited for times leaves times A).
	pub fn leaves_changed(
		&mut self,
		now: Instant,
		update: &LeafUpdate,
		chain: &ChainView,
	) -> Vec<Arrived<T>> {
		self.leaves = self.leaves.saturating_add(update.activated.len() as u64);
		let mut keys: Vec<_> = self
			.by_relay_parent
			.iter()
			.filter(|(relay_parent, _)| chain.is_in_scope(**relay_parent))
			.flat_map(|(_, keys)| keys.iter().copied())
			.collect();
		keys.sort_unstable();
		let released = keys.into_iter().filter_map(|key| self.remove(key)).collect();
		self.expire(now);
		released
	}

	/// Gives up what waited too long, and says how much that was.
	pub fn expire(&mut self, now: Instant) -> usize {
		let before = self.items.len();
		while let Some((key, oldest)) = self.items.first_key_value() {
			let is_late = now.saturating_sub(oldest.at) > self.limits.time;
			if !is_late && self.leaves.saturating_sub(oldest.leaves) <= u64::from(self.limits.leaves) {
				break;
			}
			let key = *key;
			self.remove(key);
		}
		let gone = before - self.items.len();
		self.expired = self.expired.saturating_add(gone as u64);
		gone
	}

	/// A peer is gone, and with it whoever could be held to account: gives up what it sent, and says how much that was.
	pub fn disconnected(&mut self, peer: PeerId) -> usize {
		let share = self.by_peer.get(&peer).cloned().unwrap_or_default();
		let gone = share.items.into_iter().filter_map(|key| self.remove(key));
		gone.count()
	}

	fn remove(&mut self, key: u64) -> Option<Arrived<T>> {
		let kept = self.items.remove(&key)?;
		let Arrived {
			peer, relay_parent, ..
		} = kept.arrived;
		self.bytes = self.bytes.saturating_sub(kept.bytes);
		if let Some(share) = self.by_peer.get_mut(&peer) {
			share.items.remove(&key);
			share.bytes = share.bytes.saturating_sub(kept.bytes);
			if share.items.is_empty() {
				self.by_peer.remove(&peer);
			}
		}
		if let Some(keys) = self.by_relay_parent.get_mut(&relay_parent) {
			keys.remove(&key);
			if keys.is_empty() {
				self.by_relay_parent.remove(&relay_parent);
			}
		}
		Some(kept.arrived)
	}

	/// How many things wait. At most [`EarlyLimits::total`].
	pub fn len(&self) -> usize {
		self.items.len()
	}

	/// Whether none waits.
	pub fn is_empty(&self) -> bool {
		self.items.is_empty()
	}

	/// How many things of a peer wait. At most [`EarlyLimits::per_peer`].
	pub fn len_of(&self, peer: PeerId) -> usize {
		self.by_peer.get(&peer).map_or(0, |share| share.items.len())
	}

	/// Bytes of what waits. At most [`EarlyLimits::total_bytes`].
	pub fn bytes(&self) -> usize {
		self.bytes
	}

	/// How many things found no room, or gave way to others of the same peer.
	pub fn refused(&self) -> u64 {
		self.refused
	}

	/// How many things waited too long.
	pub fn expired(&self) -> u64 {
		self.expired
	}
}
