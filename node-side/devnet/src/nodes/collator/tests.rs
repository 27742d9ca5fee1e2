//! A collator by itself: what it says to whom, and what it remembers.

mod fellows;

use super::*;
use crate::authoring::tests::{author, build, genesis, leaf, params, set_pending, PARA};
use crate::nodes::validator::COLLATION;
use crate::words::{Announcement, CoreWords, Request, Response, Stream};
use async_backing_collator::{collate, ProducedBlock};
use async_backing_machine::{Output, Recipients, RequestFailure, RequestId, TimerId};
use async_backing_primitives::{
	hash_of, BlockData, CandidateCommitments, CoreState, HeadData, OccupiedCore, PoV, ValidatorIndex,
};
use async_backing_validator::{Request as NodeRequest, Response as NodeResponse};
use async_backing_wire::{
	AdvertisementV3, CollationMessage, CollatorId, CollatorMessage, CollatorSignature, Declaration, Envelope,
	View,
};
use std::{collections::BTreeSet, convert::Infallible, time::Duration};

const SECOND: Duration = Duration::from_secs(1);

fn key(seed: u8) -> ValidatorId {
	ValidatorId::from(sp_core::sr25519::Public::from_raw([seed; 32]))
}

/// A leaf whose group is the validators 0 to 2.
fn imported(number: u32) -> Input<CoreWords> {
	let mut facts = leaf(number, params(4, 3), 1, &genesis());
	facts.validators = (0..3).map(key).collect();
	facts.groups = vec![(0..3).map(ValidatorIndex).collect()];
	Input::Chain(ChainEvent::Imported {
		facts: Arc::new(facts),
		fresh: true,
	})
}

fn card() -> Card {
	Card {
		peer_id: vec![1; 38],
		declaration: Declaration {
			collator: CollatorId([7; 32]),
			para_id: PARA,
			signature: CollatorSignature([8; 64]),
		},
	}
}

struct Desk {
	now: Instant,
	collator: CollatorCore,
	out: Out,
	stored: Snapshot,
	/// The newest leaf, which validators see too.
	leaf: Option<Hash>,
	/// Whose streams are open.
	open: BTreeSet<PeerId>,
}

impl Desk {
	/// A collator that validators 0 to 2 are connected with, as peers 10 to 12.
	fn new() -> Self {
		let mut desk = Self::alone();
		for validator in 0..3 {
			let identity = Identity::of(key(validator));
			desk.tell(Input::Peer(
				PeerId(10 + u64::from(validator)),
				PeerEvent::Connected(identity),
			));
		}
		desk
	}

	fn alone() -> Self {
		Self {
			now: SECOND,
			collator: CollatorCore::new(
				PARA,
				genesis(),
				author(5, 1),
				Turns::new(vec![key(200)], 0),
				card(),
			),
			out: Out::default(),
			stored: Snapshot::default(),
			leaf: None,
			open: BTreeSet::new(),
		}
	}

	/// What it wants, but for batches, which are stored, and for streams: validators take them and show their view.
	fn tell(&mut self, input: Input<CoreWords>) -> Vec<Output<CoreWords>> {
		let mut inputs = VecDeque::new();
		let of_peer = |peer, message| Input::Peer(peer, PeerEvent::Message(message));
		match &input {
			Input::Chain(ChainEvent::Imported { facts, fresh: true }) => {
				self.leaf = Some(facts.block.hash);
				let view = self.view();
				inputs.extend(self.open.iter().map(|peer| of_peer(*peer, view.clone())));
			}
			Input::Peer(peer, PeerEvent::Disconnected) => {
				self.open.remove(peer);
			}
			_ => {}
		}
		inputs.push_front(input);
		let mut wanted = Vec::new();
		while let Some(input) = inputs.pop_front() {
			self.collator.handle(self.now, input, &mut self.out);
			while let Some(output) = self.out.pop() {
				match output {
					Output::Store(_, batch) => self.stored.apply(&batch),
					Output::Notify(Recipients::Peer(peer), Message::Stream(signal)) => match signal {
						Stream::Open { peer_id } => {
							assert_eq!(peer_id, card().peer_id);
							self.open.insert(peer);
							inputs.push_back(of_peer(peer, Message::Stream(Stream::Opened)));
							inputs.push_back(of_peer(peer, self.view()));
						}
						_ => {
							self.open.remove(&peer);
						}
					},
					other => wanted.push(other),
				}
			}
		}
		wanted
	}

	fn view(&self) -> Message {
		let view = View::new(self.leaf, 0);
		NodeMessage::Collation(Envelope::<CollationMessage>::View(view).encode()).into()
	}

	/// Lets it author at a leaf. Returns the candidate, and what it wants then.
	fn author(&mut self, number: u32) -> (CandidateHash, Vec<Output<CoreWords>>) {
		let (id, order) = begun(self.tell(imported(number))).expect("there is a block to build");
		let authored = authored(&order);
		let hash = authored.collated.hash;
		(
			hash,
			self.tell(Input::Done(id, Ok(Done::Authored(Ok(Box::new(authored)))))),
		)
	}
}

fn authored(order: &Order) -> Authored {
	let build_on = &order.build_on;
	let head = hash_of(&(build_on.parent_head(), build_on.relay_parent));
	let produced = ProducedBlock {
		commitments: CandidateCommitments {
			head_data: HeadData(head.0.to_vec()),
			hrmp_watermark: build_on.relay_parent.number,
			..Default::default()
		},
		pov: PoV {
			block_data: BlockData(vec![1; 10]),
		},
		extrinsics: 3,
	};
	let collated = collate(build_on, produced, |_| Ok::<_, Infallible>(Hash::repeat_byte(9))).unwrap();
	Authored {
		receipt: collated.receipt.to_plain(),
		pov: Arc::new(collated.pov.clone()),
		collated,
		extrinsics: 3,
	}
}

/// The block that it begins.
fn begun(outputs: Vec<Output<CoreWords>>) -> Option<(JobId, Box<Order>)> {
	outputs.into_iter().find_map(|output| match output {
		Output::Job {
			id,
			job: Job::Author(order),
			..
		} => Some((id, order)),
		_ => None,
	})
}

#[test]
fn r_hoo_3_what_the_parachain_does_not_take_is_decided_anew_at_the_next_leaf_and_takes_no_time() {
	let refuse = |id| Input::Done(id, Ok(Done::Authored(Err(NotAuthored::Refused))));
	let mut desk = Desk::new();
	let (id, first) = begun(desk.tell(imported(10))).expect("there is a block to build");
	let idle = Output::Event(Event::Idle(PARA, REFUSED.into()));
	assert_eq!(
		desk.tell(refuse(id)),
		std::slice::from_ref(&idle),
		"once, and nothing is offered"
	);
	let (id, second) = begun(desk.tell(imported(11))).expect("another leaf, another answer");
	assert_eq!((second.budget, second.begins), (first.budget, first.begins));

	// A leaf comes while the parachain is being asked.
	assert_eq!(begun(desk.tell(imported(12))), None);
	let mut outputs = desk.tell(refuse(id));
	assert_eq!(outputs.remove(0), idle);
	let (_, third) = begun(outputs).expect("that leaf may do");
	assert_eq!(third.build_on.relay_parent.number, 12);
	assert_eq!(third.budget, first.budget);
}

/// What validators hear over streams.
fn heard(outputs: &[Output<CoreWords>]) -> Vec<(PeerId, CollatorMessage<AdvertisementV3>)> {
	let heard = |output: &Output<CoreWords>| match output {
		Output::Notify(Recipients::Peer(peer), Message::Node(NodeMessage::Collation(bytes))) => {
			match CollationMessage::from_wire(COLLATION, bytes) {
				Ok(Envelope::Message(CollationMessage::V3(message))) => Some((*peer, message)),
				other => panic!("{other:?}"),
			}
		}
		_ => None,
	};
	outputs.iter().filter_map(heard).collect()
}

/// Who declares itself to whom.
fn declares(outputs: &[Output<CoreWords>]) -> Vec<PeerId> {
	let heard = heard(outputs).into_iter();
	heard
		.filter(|(_, message)| *message == CollatorMessage::Declare(card().declaration))
		.map(|(peer, _)| peer)
		.collect()
}

/// Who is offered what, as a backer or as a fellow.
fn offers(outputs: &[Output<CoreWords>]) -> Vec<(PeerId, CandidateHash)> {
	let offer = |(peer, message): (PeerId, CollatorMessage<AdvertisementV3>)| match message {
		CollatorMessage::Advertise(said) => Some((peer, said.candidate_hash)),
		_ => None,
	};
	let mut offers: Vec<_> = heard(outputs).into_iter().filter_map(offer).collect();
	for output in outputs {
		if let Output::Notify(to, Message::Block(block)) = output {
			let to = to.as_slice().iter();
			offers.extend(to.map(|peer| (*peer, block.receipt.hash())));
		}
	}
	offers
}

fn collation(candidate: CandidateHash, parent: u32) -> Request {
	let relay_parent = leaf(parent, params(4, 3), 1, &genesis()).block.hash;
	let asked = NodeRequest::Collation {
		scheduling_parent: relay_parent,
		para: PARA,
		candidate,
	};
	asked.into()
}

#[test]
fn r_net_74_r_net_76_streams_are_opened_to_backers_alone_and_each_hears_once_who_it_is() {
	let mut desk = Desk::new();
	let stranger = Input::Peer(PeerId(7), PeerEvent::Connected(Identity::stranger()));
	assert_eq!(desk.tell(stranger), []);
	// A validator of no group of the para.
	let other = Input::Peer(PeerId(8), PeerEvent::Connected(Identity::of(key(9))));
	assert_eq!(desk.tell(other), []);
	let outputs = desk.tell(imported(10));
	let backers = [10, 11, 12].map(PeerId);
	assert_eq!(declares(&outputs), backers, "R-NET-74, R-NET-76");
	assert_eq!(desk.open, backers.into());
	assert_eq!(declares(&desk.tell(imported(11))), [], "once a connection");
	// One that lets the collator go is asked again at the next leaf.
	let closed = Message::Stream(Stream::Closed);
	desk.tell(Input::Peer(PeerId(11), PeerEvent::Message(closed)));
	assert_eq!(declares(&desk.tell(imported(12))), [PeerId(11)]);
}

/// Who is offered this candidate.
fn offered(outputs: &[Output<CoreWords>], candidate: CandidateHash) -> Vec<PeerId> {
	let offers = offers(outputs).into_iter();
	offers
		.filter_map(|(peer, of)| (of == candidate).then_some(peer))
		.collect()
}

#[test]
fn r_col_3_r_net_78_a_candidate_is_offered_to_all_members_of_its_group_once() {
	let mut desk = Desk::new();
	let (first, outputs) = desk.author(10);
	assert_eq!(offered(&outputs, first), [10, 11, 12].map(PeerId));
	let (second, outputs) = desk.author(11);
	assert_eq!(offered(&outputs, second), [10, 11, 12].map(PeerId));
	assert_eq!(offered(&outputs, first), [], "they have heard of it (R-NET-84)");
	let asked = desk.tell(Input::Request(PeerId(10), Ticket(1), collation(second, 11)));
	let answer = asked.iter().find_map(|output| match output {
		Output::Respond(Ticket(1), Ok(Response::Node(NodeResponse::Collation(collation)))) => Some(collation),
		_ => None,
	});
	assert_eq!(answer.expect("it is handed out").receipt.hash(), second);
}

#[test]
fn r_col_3_r_col_6_whoever_comes_or_comes_back_is_told_at_once_as_long_as_it_may_be_backed() {
	let mut desk = Desk::new();
	desk.tell(Input::Peer(PeerId(12), PeerEvent::Disconnected));
	let (first, outputs) = desk.author(10);
	assert_eq!(offered(&outputs, first), [10, 11].map(PeerId));
	desk.tell(Input::Peer(PeerId(11), PeerEvent::Disconnected));
	for (peer, validator) in [(13, 2), (14, 1)] {
		let identity = Identity::of(key(validator));
		let outputs = desk.tell(Input::Peer(PeerId(peer), PeerEvent::Connected(identity)));
		assert_eq!(declares(&outputs), [PeerId(peer)], "first (R-NET-81)");
		assert_eq!(offered(&outputs, first), [PeerId(peer)]);
	}
	let stranger = Input::Peer(PeerId(15), PeerEvent::Connected(Identity::of(key(9))));
	assert_eq!(offers(&desk.tell(stranger)), [], "who is not of the group");
	// Relay parents are good for three blocks more.
	let comes_back = |desk: &mut Desk, leaf: u32| {
		desk.tell(imported(leaf));
		let peer = PeerId(100 + u64::from(leaf));
		let outputs = desk.tell(Input::Peer(peer, PeerEvent::Connected(Identity::of(key(0)))));
		let told = offered(&outputs, first);
		desk.tell(Input::Peer(peer, PeerEvent::Disconnected));
		told.len()
	};
	let told: Vec<_> = (11..16).map(|leaf| comes_back(&mut desk, leaf)).collect();
	assert_eq!(told, [1, 1, 1, 0, 0], "R-COL-6");
}

#[test]
fn what_it_does_not_have_it_refuses() {
	let mut desk = Desk::new();
	let nothing = CandidateHash(Hash::zero());
	for request in [
		collation(nothing, 10),
		Request::Block(nothing),
		NodeRequest::Pov(nothing).into(),
		NodeRequest::AvailableData(nothing).into(),
	] {
		let refused = desk.tell(Input::Request(PeerId(20), Ticket(2), request.clone()));
		assert!(
			matches!(refused[..], [Output::Respond(Ticket(2), Err(_))]),
			"{request:?}: {refused:?}"
		);
	}
}

#[test]
fn r_net_79_one_peer_after_the_other_is_served_and_who_asks_twice_pays() {
	let mut desk = Desk::new();
	let (candidate, _) = desk.author(10);
	let ask = |peer, ticket| Input::Request(PeerId(peer), Ticket(ticket), collation(candidate, 10));
	let served = |outputs: &[Output<CoreWords>]| {
		let answer = |output: &Output<CoreWords>| match output {
			Output::Respond(Ticket(ticket), answer) => Some((*ticket, answer.is_ok())),
			_ => None,
		};
		outputs.iter().filter_map(answer).collect::<Vec<_>>()
	};
	assert_eq!(served(&desk.tell(ask(10, 1))), [(1, true)]);
	assert_eq!(served(&desk.tell(ask(11, 2))), [], "R-NET-79: it waits");
	let again = desk.tell(ask(11, 3));
	assert_eq!(served(&again), [(3, false)]);
	let pays = |output: &Output<CoreWords>| matches!(output, Output::Report(PeerId(11), judgement) if judgement.value() == -100_000);
	assert!(again.iter().any(pays), "R-NET-79: {again:?}");
	desk.tell(ask(12, 4));
	desk.tell(Input::Peer(PeerId(12), PeerEvent::Disconnected));
	// So small a block is out at once.
	desk.now += Duration::from_millis(1);
	assert_eq!(
		served(&desk.tell(Input::Timer(TimerId(u64::MAX)))),
		[(2, true)],
		"R-NET-79"
	);
}

#[test]
fn after_a_crash_it_builds_on_what_it_had_built() {
	let mut desk = Desk::new();
	desk.author(10);
	let mut restarted = Desk::alone();
	restarted.tell(Input::Restored(desk.stored.clone()));
	let parent = |outputs: Vec<Output<CoreWords>>| {
		outputs.into_iter().find_map(|output| match output {
			Output::Job {
				job: Job::Author(order),
				..
			} => Some(order.build_on.parent_head().clone()),
			_ => None,
		})
	};
	let expected = parent(desk.tell(imported(11)));
	assert!(expected.as_ref().is_some_and(|parent| *parent != genesis()));
	assert_eq!(parent(restarted.tell(imported(11))), expected);
}

#[test]
fn what_it_keeps_is_bounded() {
	let mut desk = Desk::new();
	for number in 0..OFFERS_KEPT + 10 {
		desk.collator.stored.push_back(vec![number as u8]);
		if desk.collator.stored.len() > OFFERS_KEPT {
			desk.collator.stored.pop_front();
		}
	}
	desk.author(10);
	assert_eq!(desk.collator.stored.len(), OFFERS_KEPT);
	let many = (100..100 + MAX_VALIDATORS as u64 + 5)
		.map(|peer| Input::Peer(PeerId(peer), PeerEvent::Connected(Identity::of(key(1)))));
	many.for_each(|input| {
		desk.tell(input);
	});
	assert_eq!(desk.collator.validators.len(), MAX_VALIDATORS);
}
