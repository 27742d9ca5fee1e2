//! Requests in bytes: what two drivers say to each other (R-NET-19, R-NET-34, R-NET-35, R-NET-70, R-NET-99 to R-NET-102).

use super::fixture::*;
use crate::{Answer, Exchange, Question, Request, Response};
use async_backing_availability::ErasureChunk;
use async_backing_machine::{PeerId, Refusal, RequestFailure, RequestId, Ticket};
use async_backing_primitives::ValidatorIndex;
use async_backing_wire::Protocol;
use std::sync::Arc;

const ID: RequestId = RequestId(7);
const TICKET: Ticket = Ticket(3);
const PEER: PeerId = PeerId(5);

/// Asks, has the other end answer, and hears what comes back. The other end speaks these protocols alone.
fn over_the_wire(
	request: &Request,
	answer: Result<Response, Refusal>,
	speaks: impl Fn(Protocol) -> bool,
) -> (Option<Protocol>, Result<Response, RequestFailure>) {
	let (mut here, mut there) = (Exchange::default(), Exchange::default());
	let question = here.ask(ID, PEER, request.clone());
	let spoken = question
		.spoken(speaks)
		.map(|(protocol, bytes)| (protocol, bytes.to_vec()));
	let answer = spoken.clone().and_then(|(protocol, bytes)| {
		let heard = there.asked(TICKET, protocol, &bytes).expect("it decodes");
		assert_eq!(heard.candidate(), request.candidate());
		there.answer(TICKET, &answer)
	});
	let protocol = answer.as_ref().map(|answer| answer.protocol);
	let (heard, cost) = here
		.answered(ID, answer.ok_or(RequestFailure::Refused))
		.expect("it was asked");
	assert_eq!(cost, None, "an honest answer costs nothing");
	assert!(here.is_empty() && there.is_empty(), "nothing is remembered");
	(protocol, heard)
}

fn chunk_of(candidate: &Candidate, index: u32, plain: bool) -> Request {
	Request::Chunk {
		candidate: candidate.hash(),
		index: ValidatorIndex(index),
		plain,
	}
}

#[test]
fn r_net_19_r_net_99_r_net_102_each_request_comes_back_with_its_answer() {
	let candidate = Candidate::new();
	let rows = [
		(
			candidate.request(),
			Response::Collation(candidate.collation()),
			Protocol::CollationV2,
		),
		(
			Request::Pov(candidate.hash()),
			Response::Pov(candidate.pov.clone()),
			Protocol::Pov,
		),
		(
			Request::AvailableData(candidate.hash()),
			Response::AvailableData(Arc::new(candidate.data())),
			Protocol::AvailableData,
		),
		(
			chunk_of(&candidate, 3, true),
			Response::Chunk(candidate.chunks()[3].clone()),
			Protocol::ChunkV2,
		),
	];
	for (request, response, protocol) in rows {
		let heard = over_the_wire(&request, Ok(response.clone()), |_| true);
		assert_eq!(heard, (Some(protocol), Ok(response)), "{request:?}");
		let nothing = over_the_wire(&request, Err(Refusal::Unknown), |_| true);
		assert_eq!(nothing.1, Err(RequestFailure::Refused), "R-NET-34: {request:?}");
		let busy = over_the_wire(&request, Err(Refusal::Busy), |_| true);
		assert_eq!(
			busy,
			(None, Err(RequestFailure::Refused)),
			"R-NET-34: {request:?}"
		);
		let deaf = over_the_wire(&request, Err(Refusal::Unknown), |_| false);
		assert_eq!(deaf.1, Err(RequestFailure::Refused), "R-NET-35: {request:?}");
	}
}

#[test]
fn r_net_35_r_net_99_who_does_not_speak_version_2_is_asked_in_version_1_where_that_names_the_chunk() {
	let candidate = Candidate::new();
	let chunk = candidate.chunks()[3].clone();
	let old = |protocol| protocol != Protocol::ChunkV2;
	let heard = over_the_wire(
		&chunk_of(&candidate, 3, true),
		Ok(Response::Chunk(chunk.clone())),
		old,
	);
	assert_eq!(
		heard,
		(Some(Protocol::ChunkV1), Ok(Response::Chunk(chunk.clone()))),
		"R-NET-35"
	);
	// Where chunks are mapped, validator 1 may hold chunk 3: version 1 could not say so.
	let mapped = chunk_of(&candidate, 1, false);
	let heard = over_the_wire(&mapped, Ok(Response::Chunk(chunk.clone())), old);
	assert_eq!(heard, (None, Err(RequestFailure::Refused)), "R-NET-99");
	let heard = over_the_wire(&mapped, Ok(Response::Chunk(chunk.clone())), |_| true);
	assert_eq!(
		heard,
		(Some(Protocol::ChunkV2), Ok(Response::Chunk(chunk))),
		"R-NET-17"
	);
}

#[test]
fn r_net_34_r_net_98_what_does_not_decode_costs_and_is_no_answer() {
	let candidate = Candidate::new();
	let answered = |request: &Request, protocol, bytes: &[u8]| {
		let mut here = Exchange::default();
		here.ask(ID, PEER, request.clone());
		let bytes = bytes.into();
		here.answered(ID, Ok(Answer { protocol, bytes }))
			.expect("it was asked")
	};
	for request in [
		candidate.request(),
		Request::Pov(candidate.hash()),
		Request::AvailableData(candidate.hash()),
		chunk_of(&candidate, 3, false),
	] {
		let protocol = request.protocol();
		for bytes in [&[][..], &[9], &[0, 255, 255, 255, 255]] {
			let (heard, cost) = answered(&request, protocol, bytes);
			assert_eq!(heard, Err(RequestFailure::Malformed), "{request:?}: {bytes:?}");
			assert_eq!(cost.map(|(peer, _)| peer), Some(PEER), "{request:?}: {bytes:?}");
		}
		let (heard, cost) = answered(&request, Protocol::Dispute, &[0]);
		assert_eq!(heard, Err(RequestFailure::Malformed), "another protocol");
		assert!(cost.is_some());
		let mut there = Exchange::default();
		let short = &request.to_question().bytes[1..];
		assert!(there.asked(TICKET, protocol, short).is_err(), "{request:?}");
		assert!(there.asked(TICKET, Protocol::Dispute, short).is_err());
		assert!(there.is_empty(), "nothing is remembered of it");
	}
	assert_eq!(
		Exchange::default().answered(ID, Err(RequestFailure::TimedOut)),
		None,
		"nobody asked"
	);
}

/// Who speaks both asks in both, who speaks one in that; and who speaks none that fits does not ask.
#[test]
fn r_net_35_what_is_asked_is_what_the_asker_speaks() {
	let candidate = Candidate::new();
	let plain = chunk_of(&candidate, 3, true).to_question();
	let in_version_1 = Question {
		protocol: Protocol::ChunkV1,
		bytes: plain.fallback.clone().expect("R-NET-35: a second protocol").1,
		fallback: None,
	};
	let old = |protocol| protocol == Protocol::ChunkV1;
	let new = |protocol| protocol == Protocol::ChunkV2;
	assert_eq!(plain.clone().asked_in(|_| true), Some(plain.clone()));
	assert_eq!(plain.clone().asked_in(old), Some(in_version_1));
	let alone = plain.clone().asked_in(new).expect("it speaks the first");
	assert_eq!((alone.protocol, alone.fallback), (Protocol::ChunkV2, None));
	assert_eq!(plain.asked_in(|_| false), None);
	let mapped = chunk_of(&candidate, 3, false).to_question();
	assert_eq!(
		mapped.asked_in(old),
		None,
		"R-NET-99: not where chunks are mapped"
	);
}

#[test]
fn r_net_99_a_chunk_with_another_index_is_none_in_version_1() {
	let candidate = Candidate::new();
	let other = ErasureChunk {
		index: 4,
		..(*candidate.chunks()[3]).clone()
	};
	let old = |protocol| protocol == Protocol::ChunkV1;
	let heard = over_the_wire(
		&chunk_of(&candidate, 3, true),
		Ok(Response::Chunk(Arc::new(other))),
		old,
	);
	assert_eq!(heard.1, Err(RequestFailure::Refused), "R-NET-99");
}
