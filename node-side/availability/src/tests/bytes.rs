//! Questions and answers on the wire (R-NET-16, R-NET-17, R-NET-21, R-NET-22, R-NET-34, R-NET-35, R-NET-99 to R-NET-102).

use super::world::*;
use crate::*;
use async_backing_machine::{Refusal, RequestFailure};
use async_backing_primitives::{CandidateHash, Hash, ValidatorIndex};
use async_backing_wire::Protocol;
use std::sync::Arc;

const CANDIDATE: CandidateHash = CandidateHash(Hash::repeat_byte(2));

fn chunk_request(plain: bool) -> AvailabilityRequest {
	AvailabilityRequest::Chunk {
		candidate: CANDIDATE,
		index: ValidatorIndex(5),
		plain,
	}
}

fn small_chunk(index: u32) -> Arc<ErasureChunk> {
	Arc::new(ErasureChunk {
		chunk: vec![1, 2],
		index,
		proof: Proof::new(vec![vec![8, 8]]).expect("within the bounds"),
	})
}

#[test]
fn r_net_99_r_net_100_r_net_102_questions_name_the_candidate_and_whose_chunk_it_is() {
	let both = [&[2; 32][..], &[5, 0, 0, 0]].concat();
	let rows = [
		(chunk_request(true), Protocol::ChunkV1, &both[..]),
		(chunk_request(false), Protocol::ChunkV2, &both[..]),
		(
			AvailabilityRequest::AvailableData(CANDIDATE),
			Protocol::AvailableData,
			&both[..32],
		),
		(AvailabilityRequest::Pov(CANDIDATE), Protocol::Pov, &both[..32]),
	];
	for (request, protocol, bytes) in rows {
		assert_eq!(
			request.to_wire(protocol).as_deref(),
			Some(bytes),
			"R-NET-99, R-NET-102: {protocol:?}"
		);
		assert_eq!(
			AvailabilityRequest::from_wire(protocol, bytes),
			Ok(request),
			"R-NET-100: {protocol:?}"
		);
		for length in [0, bytes.len() - 1] {
			let error = AvailabilityRequest::from_wire(protocol, &bytes[..length]);
			assert!(
				matches!(error, Err(QuestionError::Undecodable(_))),
				"{protocol:?}: {error:?}"
			);
		}
		assert_eq!(request.to_wire(Protocol::Dispute), None);
	}
	let other = AvailabilityRequest::from_wire(Protocol::Dispute, &both);
	assert_eq!(other, Err(QuestionError::OtherProtocol(Protocol::Dispute)));
}

#[test]
fn r_net_35_version_2_falls_back_to_1_but_never_where_chunks_are_mapped() {
	let rows = [
		(chunk_request(true), Protocol::ChunkV2, Some(Protocol::ChunkV1)),
		(chunk_request(false), Protocol::ChunkV2, None),
		(
			AvailabilityRequest::AvailableData(CANDIDATE),
			Protocol::AvailableData,
			None,
		),
		(AvailabilityRequest::Pov(CANDIDATE), Protocol::Pov, None),
	];
	for (request, first, fallback) in rows {
		assert_eq!(
			(request.protocol(), request.fallback()),
			(first, fallback),
			"R-NET-35, R-NET-99: {request:?}"
		);
	}
}

#[test]
fn r_net_16_r_net_17_r_net_21_r_net_22_time_outs_are_those_of_the_protocols() {
	assert_eq!(CHUNK_TIMEOUT, Protocol::ChunkV1.timeout(), "R-NET-16");
	assert_eq!(CHUNK_TIMEOUT, Protocol::ChunkV2.timeout(), "R-NET-17");
	assert_eq!(DATA_TIMEOUT, Protocol::AvailableData.timeout(), "R-NET-22");
}

#[test]
fn r_net_99_r_net_102_answers_are_polkadots() {
	let pov = AvailabilityRequest::Pov(CANDIDATE);
	let answer = Arc::new(async_backing_primitives::PoV {
		block_data: async_backing_primitives::BlockData(vec![1, 2, 3]),
	});
	let rows = [
		// As the published crates have it: bytes with their length, (the index,) nodes with theirs.
		(
			chunk_request(true),
			Protocol::ChunkV1,
			AvailabilityResponse::Chunk(small_chunk(5)),
			vec![0, 8, 1, 2, 4, 8, 8, 8],
		),
		(
			chunk_request(false),
			Protocol::ChunkV2,
			AvailabilityResponse::Chunk(small_chunk(6)),
			vec![0, 8, 1, 2, 6, 0, 0, 0, 4, 8, 8, 8],
		),
		(
			pov,
			Protocol::Pov,
			AvailabilityResponse::Pov(answer),
			vec![0, 12, 1, 2, 3],
		),
	];
	for (request, protocol, response, bytes) in rows {
		let answer = Ok(response.clone());
		assert_eq!(
			request.answer_to_wire(protocol, &answer),
			Some(bytes.clone()),
			"R-NET-99: {protocol:?}"
		);
		assert_eq!(
			request.answer_from_wire(protocol, &bytes),
			Ok(response),
			"R-NET-99: {protocol:?}"
		);
		let cut = request.answer_from_wire(protocol, &bytes[..bytes.len() - 1]);
		assert!(matches!(cut, Err(AnswerError::Undecodable(_))), "{cut:?}");
	}
	let whole = AvailabilityRequest::AvailableData(candidate(1));
	let response = AvailabilityResponse::AvailableData(data(1));
	let bytes = whole.answer_to_wire(Protocol::AvailableData, &Ok(response.clone()));
	let bytes = bytes.expect("it is an answer");
	assert_eq!(bytes[1..], codec::Encode::encode(&*data(1)), "R-NET-102");
	assert_eq!(
		whole.answer_from_wire(Protocol::AvailableData, &bytes),
		Ok(response)
	);
}

#[test]
fn r_net_34_not_mine_is_an_answer_and_busy_is_none() {
	let requests = [
		(chunk_request(true), Protocol::ChunkV1),
		(chunk_request(false), Protocol::ChunkV2),
		(
			AvailabilityRequest::AvailableData(CANDIDATE),
			Protocol::AvailableData,
		),
		(AvailabilityRequest::Pov(CANDIDATE), Protocol::Pov),
	];
	for (request, protocol) in requests {
		let unknown = request.answer_to_wire(protocol, &Err(Refusal::Unknown));
		assert_eq!(unknown, Some(vec![1]), "R-NET-34: {protocol:?}");
		assert_eq!(
			request.answer_from_wire(protocol, &[1]),
			Err(AnswerError::NotFound)
		);
		assert_eq!(
			RequestFailure::from(AnswerError::NotFound),
			RequestFailure::Refused
		);
		for refusal in [Refusal::Busy, Refusal::NotAllowed] {
			assert_eq!(
				request.answer_to_wire(protocol, &Err(refusal)),
				None,
				"R-NET-34: {protocol:?}"
			);
		}
		let other = request.answer_from_wire(Protocol::Dispute, &[1]);
		let expected = request.protocol();
		let got = Protocol::Dispute;
		assert_eq!(other, Err(AnswerError::OtherProtocol { expected, got }));
	}
}

#[test]
fn r_net_99_version_1_neither_gives_nor_takes_a_chunk_that_is_elsewhere() {
	let moved = Ok(AvailabilityResponse::Chunk(small_chunk(6)));
	let given = chunk_request(true).answer_to_wire(Protocol::ChunkV1, &moved);
	assert_eq!(
		given,
		Some(vec![1]),
		"R-NET-99: version 1 cannot say that it is the sixth"
	);
	let bytes = [0, 8, 1, 2, 4, 8, 8, 8];
	let taken = chunk_request(false).answer_from_wire(Protocol::ChunkV1, &bytes);
	assert_eq!(taken, Err(AnswerError::NotFound), "R-NET-99: nobody is blamed");
	// And the core refuses before it looks.
	let mut world = World::new();
	world.import(mapped(leaf(0, Vec::new())));
	let place = Placement {
		core: async_backing_primitives::CoreIndex(1),
		..own_data(1).place
	};
	world.store_coded(OwnData { place, ..own_data(1) });
	let of = |index, plain| AvailabilityRequest::Chunk {
		candidate: candidate(1),
		index: ValidatorIndex(index),
		plain,
	};
	let served = world.serve(async_backing_machine::PeerId(3), of(3, false));
	assert_eq!(
		served,
		Some(Ok(AvailabilityResponse::Chunk(chunk(1, 5)))),
		"R-AVL-6: two further"
	);
	let refused = world.serve(async_backing_machine::PeerId(3), of(3, true));
	assert_eq!(refused, Some(Err(Refusal::Unknown)), "R-NET-99");
}
