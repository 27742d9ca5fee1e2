//! A block that nobody hands out who should have it. One that is pending on-chain is recovered: from its backers, or from chunks, of
//! which each validator keeps its own (R-AVL-5, R-NET-103). So a para lives on when its collator and the backers have
//! vanished with a block.

use super::{group_of, CollatorCore, Out};
use crate::words::{CoreWords, Done, Event, Job, Request, Response};
use async_backing_availability::{
	AvailabilityDone, AvailabilityJob, AvailabilityRequest, AvailabilityResponse, AvailabilityWords, Outcome,
	Recoverer, RecoveryOf,
};
use async_backing_chain_view::ChainView;
use async_backing_machine::{
	Input, Instant, JobFailure, JobId, Never, Outbox, Part, PeerId, RequestFailure, RequestId,
};
use async_backing_primitives::{
	CandidateDescriptor, CandidateHash, CandidateReceipt, CoreIndex, CoreState, LeafFacts, ValidatorId,
	SYSTEMATIC_CHUNKS,
};
use async_backing_validator::{
	Done as ValidatorDone, Job as ValidatorJob, Request as NodeRequest, Response as NodeResponse,
};
use std::sync::Arc;

impl Part<CoreWords> for AvailabilityWords {
	fn message(never: Never) -> crate::words::Message {
		match never {}
	}

	fn request(request: AvailabilityRequest) -> Request {
		NodeRequest::from(request).into()
	}

	fn response(response: AvailabilityResponse) -> Response {
		NodeResponse::from(response).into()
	}

	fn job(job: AvailabilityJob) -> Job {
		Job::Validator(ValidatorJob::Availability(job))
	}
}

/// What is recovered of a candidate that is pending at a leaf.
pub(super) fn recovery_of(
	leaf: &LeafFacts,
	candidate: CandidateHash,
	descriptor: &CandidateDescriptor,
) -> Option<RecoveryOf> {
	let occupied = (0..)
		.map(CoreIndex)
		.zip(&leaf.cores)
		.find_map(|(core, state)| match state {
			CoreState::Occupied(occupied) if occupied.candidate_hash == candidate => {
				Some((core, occupied.group_responsible))
			}
			_ => None,
		});
	// Behind another one on its core, it is not among these: any member of a group may be asked as well.
	let (core, backers) = match occupied {
		Some((core, group)) => (core, leaf.groups.get(group.as_usize()).cloned()),
		None => (descriptor.core_index()?, None),
	};
	Some(RecoveryOf {
		candidate,
		root: descriptor.erasure_root(),
		block: leaf.block.hash,
		validators: leaf.validators.len(),
		own: None,
		backers: backers.unwrap_or_default(),
		core,
		mapped: leaf.node_features.is_on(SYSTEMATIC_CHUNKS),
		held: None,
		whole_first: true,
	})
}

impl CollatorCore {
	fn with_recoverer<R>(
		&mut self,
		out: &mut Out,
		run: impl FnOnce(&mut Recoverer, &ChainView, &mut Outbox<AvailabilityWords>) -> R,
	) -> R {
		let (recoverer, chain) = (&mut self.recoverer, &self.chain);
		// What it says beside, it reports as well.
		out.part(
			|part| run(recoverer, chain, part),
			|output| AvailabilityWords::output(output).ok(),
		)
	}

	/// Has a block recovered.
	pub(super) fn begin_recovery(&mut self, now: Instant, of: RecoveryOf, out: &mut Out) {
		let candidate = of.candidate;
		let ended = self.with_recoverer(out, |recoverer, chain, out| {
			recoverer.recover(now, of, chain, out)
		});
		match ended {
			Ok(ended) => self.recoveries_ended(now, ended, out),
			// The next leaf begins again.
			Err(refused) => {
				out.event(Event::Complaint(format!("block {candidate}: {refused}")));
				self.fellows.give_up(candidate);
			}
		}
	}

	/// A block is not needed any more.
	pub(super) fn end_recovery(&mut self, now: Instant, candidate: CandidateHash, out: &mut Out) {
		let ended = self.with_recoverer(out, |recoverer, chain, out| {
			recoverer.forget(now, candidate, chain, out)
		});
		self.recoveries_ended(now, ended, out);
	}

	pub(super) fn tell_recoverer(&mut self, now: Instant, input: Input<AvailabilityWords>, out: &mut Out) {
		let ended = self.with_recoverer(out, |recoverer, chain, out| {
			recoverer.handle(now, input, chain, out)
		});
		self.recoveries_ended(now, ended, out);
	}

	/// An answer came that nothing else waits for.
	pub(super) fn recovery_answered(
		&mut self,
		now: Instant,
		id: RequestId,
		answer: Result<Response, RequestFailure>,
		out: &mut Out,
	) {
		let answer = answer.and_then(|response| match response {
			Response::Node(NodeResponse::Chunk(chunk)) => Ok(AvailabilityResponse::Chunk(chunk)),
			Response::Node(NodeResponse::AvailableData(data)) => {
				Ok(AvailabilityResponse::AvailableData(data))
			}
			_ => Err(RequestFailure::Malformed),
		});
		self.tell_recoverer(now, Input::Response(id, answer), out);
	}

	/// A job ended that is none of this collator's own.
	pub(super) fn recovery_done(
		&mut self,
		now: Instant,
		id: JobId,
		result: Result<Done, JobFailure>,
		out: &mut Out,
	) {
		let done: Result<AvailabilityDone, _> = result.and_then(|done| match done {
			Done::Validator(ValidatorDone::Availability(done)) => Ok(done),
			_ => Err(JobFailure::Dropped),
		});
		self.tell_recoverer(now, Input::Done(id, done), out);
	}

	fn recoveries_ended(&mut self, now: Instant, ended: Vec<Outcome>, out: &mut Out) {
		for outcome in ended {
			match outcome {
				Outcome::Recovered { candidate, data } => {
					let pov = Arc::new(data.pov.clone());
					self.validate(now, candidate, Some(pov), None, out);
				}
				// The next leaf may begin again.
				Outcome::Unavailable { candidate } => self.fellows.give_up(candidate),
				Outcome::Invalid { candidate } => {
					out.event(Event::Complaint(format!(
						"block {candidate}: wrongly coded (R-AVL-5)"
					)));
					self.fellows.give_up(candidate);
				}
			}
		}
	}

	/// Members of the group that backs a candidate: should whoever built it be gone, they have fetched it.
	pub(super) fn members_of(
		&self,
		receipt: &CandidateReceipt,
		candidate: CandidateHash,
	) -> Vec<(PeerId, Request)> {
		let descriptor = &receipt.descriptor;
		let relay_parent = self.fellows.number_of(descriptor.relay_parent());
		let (Some(leaf), Some(core), Some(relay_parent)) =
			(&self.leaf, descriptor.core_index(), relay_parent)
		else {
			return Vec::new();
		};
		let members = group_of(leaf, core, relay_parent);
		let peer_of = |key: &ValidatorId| {
			let mut peers = self.validators.iter();
			peers.find(|(_, keys)| keys.contains(key)).map(|(peer, _)| *peer)
		};
		let peers = members.iter().filter_map(peer_of);
		peers
			.map(|peer| (peer, NodeRequest::Pov(candidate).into()))
			.collect()
	}
}
