//! Inputs in SCALE.

use super::Answers;
use crate::{
	CollatorPeer, Done, Message, NodeEvent, NodePeer, NodeWords, Proposing, Request, Response, WantedData,
};
use async_backing_chain_view::{ChainEvent, Identity};
use async_backing_machine::{
	BatchId, Input, JobFailure, JobId, PeerEvent, PeerId, ProposeId, RequestFailure, RequestId, Snapshot,
	Ticket, TimerId,
};
use async_backing_primitives::{GridSeed, LeafFacts, ParaAtLeaf, ParaId};
use async_backing_wire::{AttestedCandidateResponse, CollationVersion, Wire};
use codec::{Decode, Encode, Error};
use std::{collections::BTreeMap, sync::Arc};

/// An input as it is told again: of a job's end, what does not follow from the job.
#[derive(Debug)]
pub(super) enum Told {
	/// As it was.
	Input(Box<Input<NodeWords>>),
	/// A job ended.
	Done(JobId, Result<Box<Answers>, JobFailure>),
}

/// Appends an input. `answers` are of a job's end.
pub(super) fn encode(input: &Input<NodeWords>, answers: &Answers, into: &mut Vec<u8>) {
	match input {
		Input::Chain(NodeEvent::Chain(ChainEvent::Imported { facts, fresh })) => {
			(0u8, fresh).encode_to(into);
			encode_facts(facts, into);
		}
		Input::Chain(NodeEvent::Chain(ChainEvent::Finalized { hash, number })) => {
			(1u8, hash, number).encode_to(into);
		}
		Input::Chain(NodeEvent::Chain(ChainEvent::Reverted { hash })) => (2u8, hash).encode_to(into),
		Input::Chain(NodeEvent::Recover(wanted)) => {
			let WantedData {
				receipt,
				block,
				core,
				group,
			} = &**wanted;
			(3u8, receipt, block, core, group).encode_to(into);
		}
		Input::Chain(NodeEvent::ForgetRecovery(candidate)) => (4u8, candidate).encode_to(into),
		Input::Peer(peer, PeerEvent::Connected(who)) => {
			let NodePeer { identity, collation } = who;
			let collation = collation.as_ref().map(|who| {
				let CollatorPeer { peer_id, version } = who;
				(peer_id, version_number(*version))
			});
			(5u8, peer.0, &identity.authorities, collation).encode_to(into);
		}
		Input::Peer(_, PeerEvent::View(never)) => match *never {},
		Input::Peer(peer, PeerEvent::Message(message)) => (6u8, peer.0, message).encode_to(into),
		Input::Peer(peer, PeerEvent::Disconnected) => (7u8, peer.0).encode_to(into),
		Input::Request(peer, ticket, request) => {
			(8u8, peer.0, ticket.0).encode_to(into);
			encode_request(request, into);
		}
		Input::Response(id, Ok(response)) => {
			(9u8, id.0).encode_to(into);
			encode_response(response, into);
		}
		Input::Response(id, Err(failure)) => (10u8, id.0, request_failure(*failure)).encode_to(into),
		Input::Done(id, Ok(_)) => (11u8, id.0, answers).encode_to(into),
		Input::Done(id, Err(failure)) => (12u8, id.0, job_failure(*failure)).encode_to(into),
		Input::Stored(id) => (13u8, id.0).encode_to(into),
		Input::Timer(id) => (14u8, id.0).encode_to(into),
		Input::Propose(id, Proposing { parent, slot }, deadline) => {
			(15u8, id.0, parent, slot, deadline).encode_to(into);
		}
		Input::Restored(Snapshot(entries)) => (16u8, entries).encode_to(into),
	}
}

/// Reads an input.
pub(super) fn decode(from: &mut &[u8]) -> Result<Told, Error> {
	let told = |input| Ok(Told::Input(Box::new(input)));
	match u8::decode(from)? {
		0 => {
			let fresh = Decode::decode(from)?;
			let facts = Arc::new(decode_facts(from)?);
			told(Input::Chain(ChainEvent::Imported { facts, fresh }.into()))
		}
		1 => {
			let (hash, number) = Decode::decode(from)?;
			told(Input::Chain(ChainEvent::Finalized { hash, number }.into()))
		}
		2 => {
			let hash = Decode::decode(from)?;
			told(Input::Chain(ChainEvent::Reverted { hash }.into()))
		}
		3 => {
			let (receipt, block, core, group) = Decode::decode(from)?;
			let wanted = WantedData {
				receipt,
				block,
				core,
				group,
			};
			told(Input::Chain(NodeEvent::Recover(Box::new(wanted))))
		}
		4 => told(Input::Chain(NodeEvent::ForgetRecovery(Decode::decode(from)?))),
		5 => {
			let (peer, authorities, collation): (_, _, Option<(Vec<u8>, u8)>) = Decode::decode(from)?;
			let collation = collation.map(|(peer_id, version)| {
				let version = version_of(version)?;
				Ok::<_, Error>(CollatorPeer { peer_id, version })
			});
			let who = NodePeer {
				identity: Identity { authorities },
				collation: collation.transpose()?,
			};
			told(Input::Peer(PeerId(peer), PeerEvent::Connected(who)))
		}
		6 => {
			let (peer, message): (_, Message) = Decode::decode(from)?;
			told(Input::Peer(PeerId(peer), PeerEvent::Message(message)))
		}
		7 => told(Input::Peer(
			PeerId(Decode::decode(from)?),
			PeerEvent::Disconnected,
		)),
		8 => {
			let (peer, ticket) = Decode::decode(from)?;
			let request = decode_request(from)?;
			told(Input::Request(PeerId(peer), Ticket(ticket), request))
		}
		9 => {
			let id = Decode::decode(from)?;
			let response = decode_response(from)?;
			told(Input::Response(RequestId(id), Ok(response)))
		}
		10 => {
			let (id, failure) = Decode::decode(from)?;
			let failure = request_failure_of(failure)?;
			told(Input::Response(RequestId(id), Err(failure)))
		}
		11 => {
			let (id, answers) = Decode::decode(from)?;
			Ok(Told::Done(JobId(id), Ok(answers)))
		}
		12 => {
			let (id, failure) = Decode::decode(from)?;
			Ok(Told::Done(JobId(id), Err(job_failure_of(failure)?)))
		}
		13 => told(Input::Stored(BatchId(Decode::decode(from)?))),
		14 => told(Input::Timer(TimerId(Decode::decode(from)?))),
		15 => {
			let (id, parent, slot, deadline) = Decode::decode(from)?;
			told(Input::Propose(
				ProposeId(id),
				Proposing { parent, slot },
				deadline,
			))
		}
		16 => told(Input::Restored(Snapshot(Decode::decode(from)?))),
		_ => Err("no such input".into()),
	}
}

impl Told {
	/// In a few words, for whoever reads of a difference.
	pub(super) fn text(&self) -> String {
		match self {
			Self::Input(input) => super::output::beginning(input),
			Self::Done(id, Ok(answers)) => super::output::beginning(&(id, answers)),
			Self::Done(id, Err(failure)) => super::output::beginning(&(id, failure)),
		}
	}
}

/// The end of a job, as the validator is told it.
pub(super) fn ended(id: JobId, done: Result<Done, JobFailure>) -> Input<NodeWords> {
	Input::Done(id, done)
}

fn version_number(version: CollationVersion) -> u8 {
	match version {
		CollationVersion::V1 => 1,
		CollationVersion::V2 => 2,
		CollationVersion::V3 => 3,
		CollationVersion::V4 => 4,
	}
}

fn version_of(number: u8) -> Result<CollationVersion, Error> {
	Ok(match number {
		1 => CollationVersion::V1,
		2 => CollationVersion::V2,
		3 => CollationVersion::V3,
		4 => CollationVersion::V4,
		_ => return Err("no such version of the collation protocol".into()),
	})
}

fn request_failure(failure: RequestFailure) -> u8 {
	match failure {
		RequestFailure::TimedOut => 0,
		RequestFailure::Disconnected => 1,
		RequestFailure::Refused => 2,
		RequestFailure::Malformed => 3,
	}
}

fn request_failure_of(number: u8) -> Result<RequestFailure, Error> {
	Ok(match number {
		0 => RequestFailure::TimedOut,
		1 => RequestFailure::Disconnected,
		2 => RequestFailure::Refused,
		3 => RequestFailure::Malformed,
		_ => return Err("no such failure of a request".into()),
	})
}

fn job_failure(failure: JobFailure) -> u8 {
	match failure {
		JobFailure::Late => 0,
		JobFailure::Dropped => 1,
		JobFailure::Cancelled => 2,
	}
}

fn job_failure_of(number: u8) -> Result<JobFailure, Error> {
	Ok(match number {
		0 => JobFailure::Late,
		1 => JobFailure::Dropped,
		2 => JobFailure::Cancelled,
		_ => return Err("no such failure of a job".into()),
	})
}

/// Appends a request, all of it: on the wire it would not say all.
pub(super) fn encode_request(request: &Request, into: &mut Vec<u8>) {
	match request {
		Request::Collation {
			scheduling_parent,
			para,
			candidate,
		} => (0u8, scheduling_parent, para, candidate).encode_to(into),
		Request::Pov(candidate) => (1u8, candidate).encode_to(into),
		Request::Chunk {
			candidate,
			index,
			plain,
		} => (2u8, candidate, index, plain).encode_to(into),
		Request::AvailableData(candidate) => (3u8, candidate).encode_to(into),
		Request::Attested(request) => (4u8, request.encode()).encode_to(into),
	}
}

fn decode_request(from: &mut &[u8]) -> Result<Request, Error> {
	Ok(match u8::decode(from)? {
		0 => {
			let (scheduling_parent, para, candidate) = Decode::decode(from)?;
			Request::Collation {
				scheduling_parent,
				para,
				candidate,
			}
		}
		1 => Request::Pov(Decode::decode(from)?),
		2 => {
			let (candidate, index, plain) = Decode::decode(from)?;
			Request::Chunk {
				candidate,
				index,
				plain,
			}
		}
		3 => Request::AvailableData(Decode::decode(from)?),
		4 => Request::Attested(from_wire(from)?),
		_ => return Err("no such request".into()),
	})
}

/// Appends an answer.
pub(super) fn encode_response(response: &Response, into: &mut Vec<u8>) {
	match response {
		Response::Collation(collation) => (0u8, collation.encode()).encode_to(into),
		Response::Pov(pov) => (1u8, &**pov).encode_to(into),
		Response::Chunk(chunk) => (2u8, &**chunk).encode_to(into),
		Response::AvailableData(data) => (3u8, &**data).encode_to(into),
		Response::Attested(attested) => (4u8, attested.encode()).encode_to(into),
	}
}

fn decode_response(from: &mut &[u8]) -> Result<Response, Error> {
	Ok(match u8::decode(from)? {
		0 => Response::Collation(from_wire(from)?),
		1 => Response::Pov(Arc::new(Decode::decode(from)?)),
		2 => Response::Chunk(Arc::new(Decode::decode(from)?)),
		3 => Response::AvailableData(Arc::new(Decode::decode(from)?)),
		4 => Response::Attested(from_wire::<AttestedCandidateResponse>(from)?.into()),
		_ => return Err("no such answer".into()),
	})
}

/// What is on the wire decodes within its bounds alone, and only as a whole.
fn from_wire<T: Wire>(from: &mut &[u8]) -> Result<T, Error> {
	let bytes = Vec::<u8>::decode(from)?;
	T::from_wire(&bytes).map_err(|_| "not what is on the wire".into())
}

fn encode_facts(facts: &LeafFacts, into: &mut Vec<u8>) {
	// In this way, so that what is new cannot be forgotten.
	let LeafFacts {
		block,
		parent_hash,
		slot,
		session_index,
		session_ends_from_slot,
		params,
		ancestors,
		validators,
		groups,
		rotation,
		minimum_backing_votes,
		disabled,
		cores,
		claim_queue,
		ancestor_claim_queues,
		paras,
		pending_relay_parents,
		codes_to_check,
		node_features,
		grid,
		events,
	} = facts;
	(block, parent_hash, slot, session_index, session_ends_from_slot).encode_to(into);
	(params, ancestors, validators, groups, rotation).encode_to(into);
	(minimum_backing_votes, disabled, cores, claim_queue).encode_to(into);
	(ancestor_claim_queues, pending_relay_parents, codes_to_check).encode_to(into);
	let grid = grid.map(
		|GridSeed {
		     randomness,
		     authorities,
		 }| (randomness, authorities),
	);
	(node_features, grid, events).encode_to(into);
	let paras: Vec<_> = paras
		.iter()
		.map(|(para, at_leaf)| (para, &at_leaf.backing_state, &at_leaf.extension))
		.collect();
	paras.encode_to(into);
}

fn decode_facts(from: &mut &[u8]) -> Result<LeafFacts, Error> {
	let (block, parent_hash, slot, session_index, session_ends_from_slot) = Decode::decode(from)?;
	let (params, ancestors, validators, groups, rotation) = Decode::decode(from)?;
	let (minimum_backing_votes, disabled, cores, claim_queue) = Decode::decode(from)?;
	let (ancestor_claim_queues, pending_relay_parents, codes_to_check) = Decode::decode(from)?;
	let (node_features, grid, events): (_, Option<_>, _) = Decode::decode(from)?;
	let grid = grid.map(|(randomness, authorities)| GridSeed {
		randomness,
		authorities,
	});
	let paras: Vec<(ParaId, _, _)> = Decode::decode(from)?;
	let paras: BTreeMap<_, _> = paras
		.into_iter()
		.map(|(para, backing_state, extension)| {
			let at_leaf = ParaAtLeaf {
				backing_state,
				extension,
			};
			(para, at_leaf)
		})
		.collect();
	Ok(LeafFacts {
		block,
		parent_hash,
		slot,
		session_index,
		session_ends_from_slot,
		params,
		ancestors,
		validators,
		groups,
		rotation,
		minimum_backing_votes,
		disabled,
		cores,
		claim_queue,
		ancestor_claim_queues,
		paras,
		pending_relay_parents,
		codes_to_check,
		node_features,
		grid,
		events,
	})
}
