//! What others ask for.

use crate::{
	availability::{Availability, Cx, Work},
	bucket::Bucket,
	chunk_index,
	config::{
		Serving, FREE_REFUSALS, MAX_COUNTED_PEERS, MAX_NEW_POVS, POVS_PER_MEMBER, RECOVERY_TIME, REQUEST_COST,
	},
	fetch::Key,
	store::{Meta, RECENT},
	AvailabilityJob, AvailabilityRequest, AvailabilityResponse, EncodedData,
};
use async_backing_chain_view::ChainView;
use async_backing_machine::{Cost, Instant, Judgement, PeerId, Priority, Refusal, Ticket};
use async_backing_primitives::{BlockNumber, CandidateHash, Hash, ValidatorId, ValidatorIndex};
use codec::Encode;
use std::{collections::BTreeMap, sync::Arc};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Standing {
	/// A member of the group that backs the candidate, with its index in the candidate's session.
	Backer(ValidatorId, ValidatorIndex),
	/// A validator of the candidate's session, or of a leaf's.
	Validator(ValidatorId),
	Stranger,
}

impl Standing {
	/// How many hundredths of all that can go out are left to others (law 4).
	fn reserve(&self, request: &AvailabilityRequest) -> u8 {
		match (self, request) {
			// Backing waits for it, and it is only of use for two seconds (R-BAK-11).
			(Self::Backer(..), AvailabilityRequest::Pov(_)) => 0,
			// Inclusion waits for it.
			(Self::Backer(..) | Self::Validator(_), AvailabilityRequest::Chunk { .. }) => 25,
			(Self::Backer(..) | Self::Validator(_), _) => 50,
			(Self::Stranger, _) => 75,
		}
	}
}

/// What is left of a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Share {
	/// Something.
	Left,
	/// Nothing, and it is its own: it asked for more.
	UsedUp,
	/// Nothing, and others have a part in it: it is not to blame.
	UsedUpByMany,
}

/// A candidate that this validator made, and that others may be about to back.
#[derive(Clone, Debug)]
struct NewPov {
	/// Number of the newest leaf when it was made.
	since: BlockNumber,
	/// How often each member of the group asked for its proof of validity, up to its [claim](POVS_PER_MEMBER).
	claimed: BTreeMap<ValidatorIndex, u8>,
}

/// What went out of late.
#[derive(Clone, Debug)]
pub(crate) struct Served {
	config: Serving,
	total: Bucket,
	strangers: Bucket,
	/// By key, so that who reconnects has no other share. At most [`MAX_COUNTED_PEERS`].
	validators: BTreeMap<ValidatorId, Bucket>,
	/// Refusals without cost, by peer. At most [`MAX_COUNTED_PEERS`].
	refusals: BTreeMap<PeerId, Bucket>,
	/// At most [`MAX_NEW_POVS`], each with the members of one group.
	new_povs: BTreeMap<CandidateHash, NewPov>,
}

impl Served {
	pub(crate) fn new(config: &Serving) -> Self {
		Self {
			config: *config,
			total: Bucket::new(config.total, Instant::ZERO),
			strangers: Bucket::new(config.strangers, Instant::ZERO),
			validators: BTreeMap::new(),
			refusals: BTreeMap::new(),
			new_povs: BTreeMap::new(),
		}
	}

	/// This validator made a candidate: members of the group have a claim to its proof of validity.
	pub(crate) fn note_new_pov(&mut self, candidate: CandidateHash, since: BlockNumber) {
		if !self.new_povs.contains_key(&candidate) && self.new_povs.len() >= MAX_NEW_POVS {
			let oldest = self.new_povs.iter().min_by_key(|(_, pov)| pov.since);
			if let Some(oldest) = oldest.map(|(candidate, _)| *candidate) {
				self.new_povs.remove(&oldest);
			}
		}
		// A claim is not renewed.
		self.new_povs.entry(candidate).or_insert_with(|| NewPov {
			since,
			claimed: BTreeMap::new(),
		});
	}

	/// Forgets claims to what will not be backed any more, and refusals that are long ago.
	pub(crate) fn forget(&mut self, newest: BlockNumber, now: Instant) {
		self.new_povs
			.retain(|_, pov| pov.since.saturating_add(RECENT) >= newest);
		self.refusals.retain(|_, bucket| !bucket.is_full(now));
	}

	/// Whether a member of the group has a claim to what it asks for, which it makes use of with that.
	fn claims(&mut self, standing: &Standing, request: &AvailabilityRequest) -> bool {
		let (Standing::Backer(_, member), AvailabilityRequest::Pov(candidate)) = (standing, request) else {
			return false;
		};
		let Some(pov) = self.new_povs.get_mut(candidate) else {
			return false;
		};
		let claimed = pov.claimed.entry(*member).or_default();
		let has_claim = *claimed < POVS_PER_MEMBER;
		if has_claim {
			*claimed = claimed.saturating_add(1);
		}
		has_claim
	}

	/// What is left of the share of somebody.
	fn look(&mut self, standing: &Standing, now: Instant) -> Share {
		let is_left = self.share(standing, now).has(now, 0);
		let is_own = match standing {
			Standing::Backer(key, _) | Standing::Validator(key) => self.validators.contains_key(key),
			Standing::Stranger => false,
		};
		match (is_left, is_own) {
			(true, _) => Share::Left,
			(false, true) => Share::UsedUp,
			(false, false) => Share::UsedUpByMany,
		}
	}

	/// Somebody is refused because of others. Whether it asks on and on all the same.
	fn is_flood(&mut self, peer: PeerId, now: Instant) -> bool {
		if self.refusals.len() >= MAX_COUNTED_PEERS && !self.refusals.contains_key(&peer) {
			// A full one says nothing.
			self.refusals.retain(|_, bucket| !bucket.is_full(now));
			if self.refusals.len() >= MAX_COUNTED_PEERS {
				// It gets nothing in any case, and nobody pays for what others do.
				return false;
			}
		}
		let bucket = self
			.refusals
			.entry(peer)
			.or_insert_with(|| Bucket::new(FREE_REFUSALS, now));
		let is_flood = !bucket.has(now, 0);
		if !is_flood {
			bucket.take(1);
		}
		is_flood
	}

	/// The share of somebody. Validators for whom there is no room share with strangers.
	fn share(&mut self, standing: &Standing, now: Instant) -> &mut Bucket {
		let (Standing::Backer(key, _) | Standing::Validator(key)) = standing else {
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

	/// Something goes out to which somebody has a claim. It is not taken from its share, which is for the rest; and of what
	/// goes out in all it takes what is left, so that chunks wait for it no longer than if they had come last.
	fn take_claimed(&mut self, bytes: usize, now: Instant) {
		self.total
			.take_what_is_left(now, bytes.saturating_add(REQUEST_COST));
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
		let has_claim = self.served.claims(&standing, &request);
		if !has_claim && !self.may_ask(peer, &standing, &request, cx) {
			return cx.out.respond(ticket, Err(Refusal::Busy));
		}
		let answer = match &meta {
			Some(meta) => self.look_up(&request, meta, &standing, cx),
			None => Answer::Not(Refusal::Unknown),
		};
		let (bytes, response) = match answer {
			Answer::Here(response, bytes) => (bytes, Some(Ok(response))),
			Answer::Soon(bytes) if self.store.wait_for_pov(request.candidate(), ticket, has_claim) => {
				(bytes, None)
			}
			Answer::Soon(_) => (0, Some(Err(Refusal::Busy))),
			Answer::Not(refusal) => (0, Some(Err(refusal))),
		};
		match has_claim {
			true => self.served.take_claimed(bytes, cx.now),
			false => self.served.take(&standing, bytes, cx.now),
		}
		if let Some(response) = response {
			cx.out.respond(ticket, response);
		}
	}

	/// Whether a request is within the sender's share, and within what goes out in all. Who asks for more than its own share
	/// pays. Who finds the share of many used up does not, unless it asks on and on (R-NET-114).
	fn may_ask(
		&mut self,
		peer: PeerId,
		standing: &Standing,
		request: &AvailabilityRequest,
		cx: &mut Cx<'_>,
	) -> bool {
		let why = match self.served.look(standing, cx.now) {
			Share::Left => return self.served.total.has(cx.now, standing.reserve(request)),
			Share::UsedUp => Some("asks for more than its share"),
			Share::UsedUpByMany => self
				.served
				.is_flood(peer, cx.now)
				.then_some("asks again and again while it is refused"),
		};
		if let Some(why) = why {
			cx.out.report(peer, Judgement::Cost(Cost::Minor, why));
		}
		false
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
			Standing::Backer(key, index)
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

	/// Number of peers whose refusals are counted.
	pub(crate) fn refused(&self) -> usize {
		self.refusals.len()
	}

	/// Number of candidates whose proofs of validity may be claimed.
	pub(crate) fn new_povs(&self) -> usize {
		self.new_povs.len()
	}

	/// As if so many bytes had gone out to somebody else.
	pub(crate) fn take_from_total(&mut self, now: Instant, bytes: usize) {
		// What comes with time has come.
		self.total.has(now, 0);
		self.total.take(bytes);
	}
}
