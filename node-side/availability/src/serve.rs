//! What others ask for.

use crate::{
	availability::{Availability, Cx, Work},
	bucket::Bucket,
	chunk_index,
	config::{Serving, MAX_COUNTED_PEERS, RECOVERY_TIME, REQUEST_COST},
	fetch::Key,
	store::Meta,
	AvailabilityJob, AvailabilityRequest, AvailabilityResponse, EncodedData,
};
use async_backing_chain_view::ChainView;
use async_backing_machine::{Cost, Instant, Judgement, PeerId, Priority, Refusal, Ticket};
use async_backing_primitives::{CandidateHash, Hash, ValidatorId, ValidatorIndex};
use codec::Encode;
use std::{collections::BTreeMap, sync::Arc};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Standing {
	/// A member of the group that backs the candidate.
	Backer(ValidatorId),
	/// A validator of the candidate's session, or of a leaf's.
	Validator(ValidatorId),
	Stranger,
}

impl Standing {
	/// How many hundredths of all that can go out are left to others (law 4).
	fn reserve(&self, request: &AvailabilityRequest) -> u8 {
		match (self, request) {
			// Backing waits for it, and it is only of use for two seconds (R-BAK-11).
			(Self::Backer(_), AvailabilityRequest::Pov(_)) => 0,
			// Inclusion waits for it.
			(Self::Backer(_) | Self::Validator(_), AvailabilityRequest::Chunk { .. }) => 25,
			(Self::Backer(_) | Self::Validator(_), _) => 50,
			(Self::Stranger, _) => 75,
		}
	}
}

/// What went out of late.
#[derive(Clone, Debug)]
pub(crate) struct Served {
	config: Serving,
	total: Bucket,
	strangers: Bucket,
	/// By key, so that who reconnects has no other share. At most [`MAX_COUNTED_PEERS`].
	validators: BTreeMap<ValidatorId, Bucket>,
}

impl Served {
	pub(crate) fn new(config: &Serving) -> Self {
		Self {
			config: *config,
			total: Bucket::new(config.total, Instant::ZERO),
			strangers: Bucket::new(config.strangers, Instant::ZERO),
			validators: BTreeMap::new(),
		}
	}

	/// The share of somebody. Validators for whom there is no room share with strangers.
	fn share(&mut self, standing: &Standing, now: Instant) -> &mut Bucket {
		let (Standing::Backer(key) | Standing::Validator(key)) = standing else {
			return &mut self.strangers;
		};
		if self.validators.len() >= MAX_COUNTED_PEERS && !self.validators.contains_key(key) {
			// A full one says nothing.
			self.validators.retain(|_, bucket| !bucket.is_full(now));
			if self.validators.len() >= MAX_COUNTED_PEERS {
				return &mut self.strangers;
			}
		}
		self.validators
			.entry(key.clone())
			.or_insert_with(|| Bucket::new(self.config.validator, now))
	}

	fn take(&mut self, standing: &Standing, bytes: usize, now: Instant) {
		let bytes = bytes.saturating_add(REQUEST_COST);
		self.share(standing, now).take(bytes);
		self.total.take(bytes);
	}
}

/// What there is to say.
enum Answer {
	Here(AvailabilityResponse, usize),
	/// In a moment, with so many bytes.
	Soon(usize),
	Not(Refusal),
}

impl Availability {
	/// Answers a request, now or when a proof of validity is packed.
	pub(crate) fn serve(
		&mut self,
		peer: PeerId,
		ticket: Ticket,
		request: AvailabilityRequest,
		cx: &mut Cx<'_>,
	) {
		let meta = self.store.meta(request.candidate()).copied();
		let standing = standing(peer, meta.as_ref(), cx.chain);
		if !self.served.share(&standing, cx.now).has(cx.now, 0) {
			let why = "asks for more than its share";
			cx.out.report(peer, Judgement::Cost(Cost::Minor, why));
			return cx.out.respond(ticket, Err(Refusal::Busy));
		}
		if !self.served.total.has(cx.now, standing.reserve(&request)) {
			return cx.out.respond(ticket, Err(Refusal::Busy));
		}
		let answer = match &meta {
			Some(meta) => self.look_up(&request, meta, &standing, cx),
			None => Answer::Not(Refusal::Unknown),
		};
		let (bytes, response) = match answer {
			Answer::Here(response, bytes) => (bytes, Some(Ok(response))),
			Answer::Soon(bytes) if self.store.wait_for_pov(request.candidate(), ticket) => (bytes, None),
			Answer::Soon(_) => (0, Some(Err(Refusal::Busy))),
			Answer::Not(refusal) => (0, Some(Err(refusal))),
		};
		self.served.take(&standing, bytes, cx.now);
		if let Some(response) = response {
			cx.out.respond(ticket, response);
		}
	}

	fn look_up(
		&mut self,
		request: &AvailabilityRequest,
		meta: &Meta,
		standing: &Standing,
		cx: &mut Cx<'_>,
	) -> Answer {
		let candidate = request.candidate();
		let not_yet = if self.store.is_packed(candidate) {
			Answer::Not(Refusal::Busy)
		} else {
			Answer::Not(Refusal::Unknown)
		};
		match request {
			AvailabilityRequest::Chunk { index: of, plain, .. } => {
				// Version 1 cannot say where another one is (R-NET-99).
				let is_sayable = |index: &u32| !plain || *index == of.0;
				let Some(index) = index_of(meta, *of).filter(is_sayable) else {
					return Answer::Not(Refusal::Unknown);
				};
				match self.store.chunk(candidate, index).cloned() {
					Some(chunk) => {
						let bytes = chunk.size();
						Answer::Here(AvailabilityResponse::Chunk(chunk), bytes)
					}
					None if *standing != Standing::Stranger && self.code(candidate, meta, cx) => {
						Answer::Not(Refusal::Busy)
					}
					None => not_yet,
				}
			}
			AvailabilityRequest::AvailableData(_) => match self.store.data(candidate) {
				Some(data) => {
					let bytes = data.encoded_size();
					Answer::Here(AvailabilityResponse::AvailableData(data.clone()), bytes)
				}
				None => not_yet,
			},
			AvailabilityRequest::Pov(_) => match (self.store.pov(candidate), self.store.data(candidate)) {
				(Some(pov), _) => {
					let bytes = pov.encoded_size();
					Answer::Here(AvailabilityResponse::Pov(pov.clone()), bytes)
				}
				// What was included needs no backing: the data has it, too.
				(None, _) if meta.included.is_some() => Answer::Not(Refusal::Unknown),
				(None, Some(data)) => {
					let bytes = data.pov.encoded_size();
					let index = self.store.own_index(candidate);
					let is_made = self.is_packing(candidate)
						|| index.is_some_and(|index| self.pack(Key { candidate, index }));
					if is_made {
						Answer::Soon(bytes)
					} else {
						not_yet
					}
				}
				(None, None) if self.store.is_packed(candidate) => Answer::Soon(0),
				(None, None) => not_yet,
			},
		}
	}

	/// Has own data coded again, one candidate at a time. Whether its chunks will be there.
	fn code(&mut self, candidate: CandidateHash, meta: &Meta, cx: &mut Cx<'_>) -> bool {
		let Some(data) = self.store.data(candidate) else {
			return false;
		};
		if self.coding.is_none() {
			let job = AvailabilityJob::Code {
				validators: usize::try_from(meta.validators).unwrap_or(usize::MAX),
				data: data.clone(),
			};
			let deadline = cx.now.saturating_add(RECOVERY_TIME);
			if let Some(id) = cx.out.job(Priority::Low, deadline, job) {
				self.jobs.insert(id, Work::Code(candidate));
				self.coding = Some(candidate);
			}
		}
		true
	}

	pub(crate) fn coded(&mut self, candidate: CandidateHash, coded: Arc<EncodedData>, cx: &mut Cx<'_>) {
		if self.store.data(candidate).is_some() {
			self.store.set_coded(candidate, coded);
			self.make_room(Default::default(), cx);
		}
	}
}

/// Index of the chunk of a validator of the candidate's session.
fn index_of(meta: &Meta, validator: ValidatorIndex) -> Option<u32> {
	let validators = usize::try_from(meta.validators).ok()?;
	chunk_index(validators, meta.place.core, validator, meta.mapped).ok()
}

/// Who a peer is for a candidate: by the session of its relay parent, then by those of the leaves (law 7).
fn standing(peer: PeerId, meta: Option<&Meta>, chain: &ChainView) -> Standing {
	let key_at = |block: Hash| {
		let index = chain.validator_of(block, peer)?;
		Some((index, chain.session_of(block)?.validator(index)?.clone()))
	};
	let of_candidate = meta.and_then(|meta| {
		let parent = meta.place.relay_parent;
		let (index, key) = key_at(parent)?;
		let is_backer = chain
			.session_of(parent)?
			.group(meta.place.group)?
			.contains(&index);
		Some(if is_backer {
			Standing::Backer(key)
		} else {
			Standing::Validator(key)
		})
	});
	of_candidate
		.or_else(|| {
			let mut leaves = chain.leaves();
			let (_, key) = leaves.find_map(|leaf| key_at(leaf.block.hash))?;
			Some(Standing::Validator(key))
		})
		.unwrap_or(Standing::Stranger)
}

#[cfg(test)]
impl Served {
	/// Number of validators whose share is counted.
	pub(crate) fn counted(&self) -> usize {
		self.validators.len()
	}

	/// As if so many bytes had gone out to somebody else.
	pub(crate) fn take_from_total(&mut self, now: Instant, bytes: usize) {
		// What comes with time has come.
		self.total.has(now, 0);
		self.total.take(bytes);
	}
}
