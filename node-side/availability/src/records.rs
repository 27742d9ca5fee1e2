//! Records: how own data gets into the store, and back after a restart. Both are jobs, for data is large.

use crate::{
	availability::{Availability, Cx, Work},
	config::{CHECK_TIME, ROUND_PAUSE},
	fetch::Key,
	job::{OwnChunk, Record},
	AvailabilityDone, AvailabilityJob, AvailabilityResponse, ChunkStore, ErasureChunk,
};
use async_backing_machine::{Batch, JobFailure, Priority, Refusal, Snapshot};
use async_backing_primitives::{AvailableData, CandidateHash};
use std::sync::Arc;

/// An own chunk that is still to be stored.
#[derive(Clone, Debug)]
pub(crate) struct Pack {
	data: Arc<AvailableData>,
	chunk: Arc<ErasureChunk>,
	is_under_way: bool,
}

/// What a restart found.
#[derive(Clone, Debug)]
pub(crate) struct Packed {
	candidates: Vec<CandidateHash>,
	records: Arc<Vec<Record>>,
	is_under_way: bool,
}

impl Availability {
	/// Has an own chunk of own data stored. Whether there is one.
	pub(crate) fn pack(&mut self, key: Key) -> bool {
		let (Some(data), Some(chunk)) = (
			self.store.data(key.candidate),
			self.store.chunk(key.candidate, key.index),
		) else {
			return false;
		};
		self.packs.entry(key).or_insert_with(|| Pack {
			data: data.clone(),
			chunk: chunk.clone(),
			is_under_way: false,
		});
		true
	}

	/// Whether the proof of validity of own data will be there soon.
	pub(crate) fn is_packing(&self, candidate: CandidateHash) -> bool {
		self.packs.keys().any(|key| key.candidate == candidate)
	}

	/// Begins jobs for which there was no room before.
	pub(crate) fn begin_jobs(&mut self, cx: &mut Cx<'_>) {
		if self.retry.is_some_and(|at| at > cx.now) {
			return;
		}
		self.retry = None;
		let deadline = cx.now.saturating_add(CHECK_TIME);
		let mut refused = false;
		for (key, pack) in self.packs.iter_mut().filter(|(_, pack)| !pack.is_under_way) {
			let job = AvailabilityJob::Pack {
				data: pack.data.clone(),
				chunk: pack.chunk.clone(),
			};
			match cx.out.job(Priority::High, deadline, job) {
				Some(id) => {
					pack.is_under_way = true;
					self.jobs.insert(id, Work::Pack(*key));
				}
				None => refused = true,
			}
		}
		if let Some(packed) = self.packed.as_mut().filter(|packed| !packed.is_under_way) {
			let job = AvailabilityJob::Unpack(packed.records.clone());
			match cx.out.job(Priority::High, deadline, job) {
				Some(id) => {
					packed.is_under_way = true;
					self.jobs.insert(id, Work::Unpack);
				}
				None => refused = true,
			}
		}
		if refused {
			self.retry = Some(cx.now.saturating_add(ROUND_PAUSE));
		}
	}

	pub(crate) fn packed(&mut self, key: Key, result: Result<AvailabilityDone, JobFailure>, cx: &mut Cx<'_>) {
		let Ok(AvailabilityDone::Packed { chunk, data, pov }) = result else {
			// Dropped or late: once more, after a while.
			if let Some(pack) = self.packs.get_mut(&key) {
				pack.is_under_way = false;
				self.retry = Some(cx.now.saturating_add(ROUND_PAUSE));
			}
			return;
		};
		let Some(pack) = self.packs.remove(&key) else {
			return;
		};
		// The data may have gone for lack of room. Who waits is answered all the same.
		for ticket in self.store.set_pov(key.candidate, &pov) {
			cx.out.respond(ticket, Ok(AvailabilityResponse::Pov(pov.clone())));
		}
		let Some(meta) = self.store.meta(key.candidate).copied() else {
			return;
		};
		let mut batch = Batch::default();
		if self.store.data(key.candidate).is_some() {
			ChunkStore::put_data(key.candidate, data, &mut batch);
		}
		let own = OwnChunk {
			chunk: pack.chunk,
			record: chunk,
		};
		self.insert_own(key, meta, own, batch, cx);
	}

	pub(crate) fn restored(&mut self, snapshot: Snapshot, cx: &mut Cx<'_>) {
		let mut batch = Batch::default();
		let records = self.store.restore(snapshot, &mut batch);
		self.newest = self.newest.max(self.store.newest());
		let (candidates, records): (Vec<_>, Vec<_>) = records.into_iter().unzip();
		for candidate in candidates.iter().copied() {
			if let Some(since) = self.store.may_be_backed_since(candidate, self.newest) {
				self.served.note_new_pov(candidate, since);
			}
		}
		if !records.is_empty() {
			self.packed = Some(Packed {
				candidates,
				records: Arc::new(records),
				is_under_way: false,
			});
		}
		self.make_room(batch, cx);
	}

	pub(crate) fn unpacked(&mut self, result: Result<AvailabilityDone, JobFailure>, cx: &mut Cx<'_>) {
		let Ok(AvailabilityDone::Unpacked(unpacked)) = result else {
			if let Some(packed) = &mut self.packed {
				packed.is_under_way = false;
				self.retry = Some(cx.now.saturating_add(ROUND_PAUSE));
			}
			return;
		};
		let candidates = self.packed.take().map(|packed| packed.candidates);
		let mut batch = Batch::default();
		for (candidate, unpacked) in candidates.into_iter().flatten().zip(unpacked) {
			let waiting = self.store.unpacked(candidate, unpacked, &mut batch);
			let pov = self.store.pov(candidate).cloned();
			for ticket in waiting {
				let pov = pov.clone().map(AvailabilityResponse::Pov);
				cx.out.respond(ticket, pov.ok_or(Refusal::Unknown));
			}
		}
		self.make_room(batch, cx);
	}
}
