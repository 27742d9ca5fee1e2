//! A collator by itself: what it says to whom, and what it remembers.

mod fellows;

use super::*;
use crate::authoring::tests::{author, build, genesis, leaf, params, set_pending, PARA};
use crate::words::{RecoverPov, RecoveredPov};
use async_backing_availability::{encode, ErasureChunk};
use async_backing_collator::{collate, ProducedBlock};
use async_backing_machine::{Output, Refusal, RequestFailure, RequestId, TimerId};
use async_backing_primitives::{
	hash_of, AvailableData, BlockData, CandidateCommitments, CoreState, HeadData, OccupiedCore, PoV,
	ValidatorIndex,
};
use async_backing_validator::{Advertisement, FetchedCollation, Request, Response};
use std::{convert::Infallible, time::Duration};

const SECOND: Duration = Duration::from_secs(1);

fn key(seed: u8) -> ValidatorId {
	ValidatorId::from(sp_core::sr25519::Public::from_raw([seed; 32]))
}

/// A leaf whose group is the validators 0 to 2.
fn imported(number: u32) -> Input<DevnetWords> {
	let mut facts = leaf(number, params(4, 3), 1, &genesis());
	facts.validators = (0..3).map(key).collect();
	facts.groups = vec![(0..3).map(ValidatorIndex).collect()];
	Input::Chain(ChainEvent::Imported {
		facts: Arc::new(facts),
		fresh: true,
	})
}

struct Desk {
	now: Instant,
	collator: CollatorCore,
	out: Out,
	stored: Snapshot,
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
			collator: CollatorCore::new(PARA, genesis(), author(5, 1), Turns::new(vec![key(200)], 0)),
			out: Out::default(),
			stored: Snapshot::default(),
		}
	}

	/// What it wants, but for batches, which are stored.
	fn tell(&mut self, input: Input<DevnetWords>) -> Vec<Output<DevnetWords>> {
		self.collator.handle(self.now, input, &mut self.out);
		let mut wanted = Vec::new();
		while let Some(output) = self.out.pop() {
			match output {
				Output::Store(_, batch) => self.stored.apply(&batch),
				other => wanted.push(other),
			}
		}
		wanted
	}

	/// Lets it author at a leaf. Returns the candidate, and what it wants then.
	fn author(&mut self, number: u32) -> (CandidateHash, Vec<Output<DevnetWords>>) {
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
fn begun(outputs: Vec<Output<DevnetWords>>) -> Option<(JobId, Box<Order>)> {
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

/// Who is offered what.
fn offers(outputs: &[Output<DevnetWords>]) -> Vec<(PeerId, CandidateHash)> {
	let offers = |output: &Output<DevnetWords>| match output {
		Output::Notify(to, Message::Advertise(offer)) => {
			let to = to.as_slice().iter();
			to.map(|peer| (*peer, offer.receipt.hash())).collect()
		}
		_ => Vec::new(),
	};
	outputs.iter().flat_map(offers).collect()
}

#[test]
fn r_net_81_it_declares_itself_once_to_each_validator_and_to_nobody_else() {
	let mut desk = Desk::alone();
	let connected = |identity| Input::Peer(PeerId(7), PeerEvent::Connected(identity));
	assert_eq!(desk.tell(connected(Identity::stranger())), []);
	let declared = desk.tell(connected(Identity::of(key(1))));
	let declare = Message::Declare { para: PARA };
	assert_eq!(declared, [Output::Notify(Recipients::Peer(PeerId(7)), declare)]);
	assert_eq!(
		desk.tell(connected(Identity::of(key(2)))),
		[],
		"once a connection"
	);
}

/// Who is offered this candidate.
fn offered(outputs: &[Output<DevnetWords>], candidate: CandidateHash) -> Vec<PeerId> {
	let offers = offers(outputs).into_iter();
	offers
		.filter_map(|(peer, of)| (of == candidate).then_some(peer))
		.collect()
}

#[test]
fn r_col_3_a_candidate_is_offered_to_all_members_of_its_group_in_turn() {
	let mut desk = Desk::new();
	let (first, outputs) = desk.author(10);
	// Relay parent 10 of three members: the second one's turn.
	assert_eq!(offered(&outputs, first), [11, 12, 10].map(PeerId));
	let (second, outputs) = desk.author(11);
	assert_eq!(offered(&outputs, second), [12, 10, 11].map(PeerId));
	assert_eq!(offered(&outputs, first), [], "they have heard of it (R-NET-84)");
	let asked = desk.tell(Input::Request(PeerId(10), Ticket(1), Request::Collation(second)));
	let [Output::Respond(Ticket(1), Ok(Response::Collation(collation))), Output::SetTimer(..)] = &asked[..]
	else {
		panic!("{asked:?}")
	};
	assert_eq!(collation.receipt.hash(), second);
}

#[test]
fn r_col_6_a_candidate_that_missed_its_block_is_offered_at_each_leaf_until_it_cannot_be_backed() {
	let mut desk = Desk::new();
	let (first, _) = desk.author(10);
	let at = |desk: &mut Desk, leaf| offered(&desk.tell(imported(leaf)), first).len();
	// Block 12 should back it; relay parents are good for three blocks more.
	let offered: Vec<_> = (11..16).map(|leaf| at(&mut desk, leaf)).collect();
	assert_eq!(
		offered,
		[0, 3, 3, 0, 0],
		"R-COL-6: at leaf 12, and at 13 for block 14"
	);
}

#[test]
fn r_col_3_whoever_comes_or_comes_back_is_told_at_once() {
	let mut desk = Desk::new();
	desk.tell(Input::Peer(PeerId(12), PeerEvent::Disconnected));
	let (first, outputs) = desk.author(10);
	assert_eq!(offered(&outputs, first), [11, 10].map(PeerId));
	desk.tell(Input::Peer(PeerId(11), PeerEvent::Disconnected));
	for (peer, validator) in [(13, 2), (14, 1)] {
		let identity = Identity::of(key(validator));
		let outputs = desk.tell(Input::Peer(PeerId(peer), PeerEvent::Connected(identity)));
		let declares =
			|output: &Output<DevnetWords>| matches!(output, Output::Notify(_, Message::Declare { .. }));
		assert!(declares(&outputs[0]), "first (R-NET-81)");
		assert_eq!(offered(&outputs, first), [PeerId(peer)]);
	}
	let stranger = Input::Peer(PeerId(15), PeerEvent::Connected(Identity::of(key(9))));
	assert_eq!(offers(&desk.tell(stranger)), [], "who is not of the group");
}

#[test]
fn what_it_does_not_have_it_refuses() {
	let mut desk = Desk::new();
	let nothing = CandidateHash(Hash::zero());
	for request in [
		Request::Collation(nothing),
		Request::Pov(nothing),
		Request::AvailableData(nothing),
	] {
		let refused = desk.tell(Input::Request(PeerId(10), Ticket(2), request));
		assert_eq!(refused, [Output::Respond(Ticket(2), Err(Refusal::Unknown))]);
	}
}

#[test]
fn r_net_79_one_peer_after_the_other_is_served_and_who_asks_twice_pays() {
	let mut desk = Desk::new();
	let (candidate, _) = desk.author(10);
	let ask = |peer, ticket| Input::Request(PeerId(peer), Ticket(ticket), Request::Collation(candidate));
	let served = |outputs: &[Output<DevnetWords>]| {
		let answer = |output: &Output<DevnetWords>| match output {
			Output::Respond(Ticket(ticket), answer) => Some((*ticket, answer.is_ok())),
			_ => None,
		};
		outputs.iter().filter_map(answer).collect::<Vec<_>>()
	};
	assert_eq!(served(&desk.tell(ask(10, 1))), [(1, true)]);
	assert_eq!(served(&desk.tell(ask(11, 2))), [], "R-NET-79: it waits");
	let again = desk.tell(ask(11, 3));
	assert_eq!(served(&again), [(3, false)]);
	let pays = |output: &Output<DevnetWords>| matches!(output, Output::Report(PeerId(11), judgement) if judgement.value() == -100_000);
	assert!(again.iter().any(pays), "R-NET-79: {again:?}");
	desk.tell(ask(12, 4));
	desk.tell(Input::Peer(PeerId(12), PeerEvent::Disconnected));
	// So small a block is out at once.
	desk.now += Duration::from_millis(1);
	assert_eq!(
		served(&desk.tell(Input::Timer(TimerId(0)))),
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
	let parent = |outputs: Vec<Output<DevnetWords>>| {
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
