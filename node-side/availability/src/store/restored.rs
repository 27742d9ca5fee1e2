//! What a restarted validator finds.

use super::{chunk_key, data_key, ChunkStore, Held, Meta, Weighed, PREFIX};
use crate::job::{Record, Unpacked};
use async_backing_machine::{Batch, Snapshot, Ticket};
use async_backing_primitives::{CandidateHash, Hash};
use codec::{DecodeAll, Encode};
use std::collections::BTreeMap;

impl ChunkStore {
	/// What a restarted validator has, still packed: chunks count as stored, for they are. Records are moved, not copied.
	pub(crate) fn restore(&mut self, snapshot: Snapshot, batch: &mut Batch) -> Vec<(CandidateHash, Record)> {
		let mut records: BTreeMap<CandidateHash, Record> = BTreeMap::new();
		// Metadata has the largest letter: go through the keys from behind, so that it comes first.
		for (key, value) in snapshot.0.into_iter().rev() {
			let Some(rest) = key.strip_prefix(PREFIX) else {
				continue;
			};
			if self.restore_one(rest, value, &mut records).is_none() {
				batch.remove(key);
			}
		}
		records.into_iter().collect()
	}

	fn restore_one(
		&mut self,
		key: &[u8],
		value: Vec<u8>,
		records: &mut BTreeMap<CandidateHash, Record>,
	) -> Option<()> {
		let (kind, rest) = key.split_at_checked(2)?;
		let (hash, rest) = rest.split_at_checked(32)?;
		let candidate = CandidateHash(Hash::from_slice(hash));
		if kind == b"m/" && rest.is_empty() {
			let meta = Meta::decode_all(&mut &value[..]).ok()?;
			self.entry(candidate, meta);
			return Some(());
		}
		let bytes = value.len();
		self.entries.get(&candidate)?;
		match (kind, <[u8; 4]>::try_from(rest)) {
			(b"c/", Ok(index)) => {
				let held = Held {
					chunk: None,
					bytes,
					stored: true,
				};
				self.with(candidate, |entry| {
					entry.own.insert(u32::from_be_bytes(index), held);
				})?;
				records.entry(candidate).or_default().chunks.push(value);
			}
			(b"d/", Err(_)) if rest.is_empty() => {
				self.with(candidate, |entry| entry.data = Some(Weighed(None, bytes)))?;
				let record = records.entry(candidate).or_default();
				record.data = Some(value);
				record.wants_pov = self.entries.get(&candidate)?.meta.included.is_none();
			}
			_ => return None,
		}
		Some(())
	}

	/// What was packed is at hand. What did not decode is forgotten. Returns who waited for the proof of validity.
	pub(crate) fn unpacked(
		&mut self,
		candidate: CandidateHash,
		unpacked: Unpacked,
		batch: &mut Batch,
	) -> Vec<Ticket> {
		self.with(candidate, |entry| {
			for chunk in unpacked.chunks {
				if let Some(held) = entry.own.get_mut(&chunk.index) {
					held.bytes = chunk.size();
					held.chunk = Some(chunk);
				}
			}
			entry.own.retain(|index, held| {
				let is_there = held.chunk.is_some();
				if !is_there {
					batch.remove(chunk_key(candidate, *index));
				}
				is_there
			});
			let is_packed = entry.data.as_ref().is_some_and(|data| data.0.is_none());
			match unpacked.data {
				Some((data, pov)) if is_packed => {
					let bytes = data.encoded_size();
					entry.data = Some(Weighed(Some(data), bytes));
					entry.pov = pov.map(|pov| {
						let bytes = pov.encoded_size();
						Weighed(pov, bytes)
					});
				}
				None if is_packed => {
					entry.data = None;
					batch.remove(data_key(candidate));
				}
				_ => {}
			}
			entry.take_waiting()
		})
		.unwrap_or_default()
	}
}
