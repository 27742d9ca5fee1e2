//! What a node asks and answers over links (R-NET-34, R-NET-35, R-NET-99).

use super::*;
use async_backing_machine::{PeerId, RequestId, Ticket, Words};
use async_backing_primitives::{CandidateHash, Hash, PoV, ValidatorIndex};
use async_backing_validator::{Answer as NodeAnswer, Request as NodeRequest};
use std::{sync::Arc, time::Duration};

const CANDIDATE: CandidateHash = CandidateHash(Hash::repeat_byte(2));
const PEER: PeerId = PeerId(1);

/// A core that asks what it is told to when time passes, answers everything with what it is told to, and remembers what it
/// hears.
struct Echo {
	asks: Request,
	answers: Result<Response, Refusal>,
	heard: Vec<Input<CoreWords>>,
}

impl Core for Echo {
	type Words = CoreWords;

	fn handle(&mut self, _: Instant, input: Input<CoreWords>, out: &mut Outbox<CoreWords>) {
		match &input {
			Input::Timer(_) => {
				out.request(PEER, self.asks.clone(), Duration::from_secs(1));
			}
			Input::Request(_, ticket, _) => out.respond(*ticket, self.answers.clone()),
			_ => {}
		}
		self.heard.push(input);
	}
}

fn node(
	asks: Request,
	answers: Result<Response, Refusal>,
	speaks: fn(Protocol) -> bool,
) -> (Wired<Echo>, Outbox<DevnetWords>) {
	let echo = Echo {
		asks,
		answers,
		heard: Vec::new(),
	};
	(Wired::new(echo, speaks), Outbox::default())
}

fn only(out: &mut Outbox<DevnetWords>) -> Output<DevnetWords> {
	let output = out.pop().expect("there is an output");
	assert!(out.is_empty());
	output
}

fn give(
	(node, out): &mut (Wired<Echo>, Outbox<DevnetWords>),
	input: Input<DevnetWords>,
) -> Option<Output<DevnetWords>> {
	node.handle(Duration::ZERO, input, out);
	(!out.is_empty()).then(|| only(out))
}

/// What is asked, and under which id.
fn asked(node: &mut (Wired<Echo>, Outbox<DevnetWords>)) -> (RequestId, Question) {
	match give(node, Input::Timer(async_backing_machine::TimerId(0))) {
		Some(Output::Request { id, request, .. }) => (id, request),
		other => panic!("{other:?}"),
	}
}

/// One asks, the other answers, and the first hears it.
fn exchanged(
	request: &Request,
	answer: Result<Response, Refusal>,
	speaks: fn(Protocol) -> bool,
) -> (
	Result<<DevnetWords as Words>::Response, Refusal>,
	Result<Response, RequestFailure>,
) {
	let mut here = node(request.clone(), Err(Refusal::Unknown), |_| true);
	let mut there = node(request.clone(), answer, speaks);
	let (id, question) = asked(&mut here);
	let answer = match give(&mut there, Input::Request(PEER, Ticket(4), question)) {
		Some(Output::Respond(Ticket(4), answer)) => answer,
		other => panic!("{other:?}"),
	};
	let on_the_way = answer.clone().map_err(|_| RequestFailure::Refused);
	assert_eq!(give(&mut here, Input::Response(id, on_the_way)), None);
	match here.0.core.heard.pop() {
		Some(Input::Response(of, heard)) if of == id => (answer, heard),
		other => panic!("{other:?}"),
	}
}

fn pov() -> Arc<PoV> {
	Arc::new(PoV {
		block_data: vec![7; 100].into(),
	})
}

#[test]
fn r_net_34_what_goes_over_a_link_is_bytes_and_what_cores_hear_is_typed() {
	let request = &NodeRequest::Pov(CANDIDATE).into();
	let (sent, heard) = exchanged(request, Ok(Response::Node(NodeResponse::Pov(pov()))), |_| true);
	let sent = sent.expect("it is answered");
	// Found, a length of two bytes, and the bytes.
	assert_eq!((sent.wire_size(), sent.kind()), (1 + 2 + 100, "pov response"));
	assert_eq!(heard, Ok(Response::Node(NodeResponse::Pov(pov()))));
	let (sent, heard) = exchanged(request, Err(Refusal::Unknown), |_| true);
	assert_eq!(
		sent.map(|answer| answer.wire_size()),
		Ok(1),
		"R-NET-34: \"not mine\" is an answer"
	);
	assert_eq!(heard, Err(RequestFailure::Refused));
	let (sent, heard) = exchanged(request, Err(Refusal::Busy), |_| true);
	assert_eq!((sent, heard), (Err(Refusal::Busy), Err(RequestFailure::Refused)));
	let block = exchanged(&Request::Block(CANDIDATE), Ok(Response::Block(pov())), |_| true);
	assert_eq!(block, (Ok(Answer::Block(pov())), Ok(Response::Block(pov()))));
}

#[test]
fn r_net_35_who_speaks_version_1_of_chunks_alone_answers_in_that() {
	let request = NodeRequest::Chunk {
		candidate: CANDIDATE,
		index: ValidatorIndex(3),
		plain: true,
	};
	let old = |protocol| protocol != Protocol::ChunkV2;
	let (sent, heard) = exchanged(&request.into(), Err(Refusal::Unknown), old);
	let bytes: Arc<[u8]> = Arc::from([1]);
	let expected = NodeAnswer {
		protocol: Protocol::ChunkV1,
		bytes,
	};
	assert_eq!(sent, Ok(Answer::Node(expected)), "R-NET-35");
	assert_eq!(heard, Err(RequestFailure::Refused));
}

#[test]
fn r_net_34_r_net_54_what_does_not_decode_ends_the_request_and_costs_its_sender() {
	let mut here = node(NodeRequest::Pov(CANDIDATE).into(), Err(Refusal::Unknown), |_| {
		true
	});
	let (id, question) = asked(&mut here);
	let garbage = Answer::Node(NodeAnswer {
		protocol: Protocol::Pov,
		bytes: Arc::from([9, 9]),
	});
	let output = give(&mut here, Input::Response(id, Ok(garbage)));
	assert!(
		matches!(output, Some(Output::Report(PEER, judgement)) if judgement.value() < 0),
		"{output:?}"
	);
	let ended = Input::Response(id, Err(RequestFailure::Malformed));
	assert_eq!(here.0.core.heard.pop(), Some(ended));
	// And a question.
	let Question::Node(mut question) = question else {
		panic!("{question:?}")
	};
	question.bytes.pop();
	let heard = here.0.core.heard.len();
	here.0.handle(
		Duration::ZERO,
		Input::Request(PEER, Ticket(9), Question::Node(question)),
		&mut here.1,
	);
	let outputs: Vec<_> = here.1.drain().collect();
	assert!(
		matches!(
			outputs[..],
			[Output::Respond(Ticket(9), Err(_)), Output::Report(PEER, _)]
		),
		"{outputs:?}"
	);
	assert_eq!(here.0.core.heard.len(), heard, "the core hears nothing of it");
}
