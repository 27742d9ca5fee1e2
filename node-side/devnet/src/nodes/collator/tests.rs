//! A collator by itself: what it says to whom, and what it remembers.

use super::*;
use crate::authoring::tests::{author, build, genesis, leaf, params, set_pending, PARA};
use async_backing_collator::{collate, ProducedBlock};
use async_backing_machine::{Output, RequestFailure, RequestId};
use async_backing_primitives::{
	hash_of, BlockData, CandidateCommitments, CoreState, HeadData, OccupiedCore, ValidatorIndex,
};
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
			collator: CollatorCore::new(PARA, genesis(), author(5, 1), Turns::new(vec![key(200)], 0)),
			out: Out::default(),
			stored: Snapshot::default(),
		}
	}

	/// What it wants, but for batches, which are stored.
	fn tell(&mut self, input: Input<DevnetWords>) -> Vec<Output<DevnetWords>> {
		self.collator.handle(SECOND, input, &mut self.out);
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
		let outputs = self.tell(imported(number));
		let job = outputs.into_iter().find_map(|output| match output {
			Output::Job {
				id,
				job: Job::Author(order),
				..
			} => Some((id, order)),
			_ => None,
		});
		let (id, order) = job.expect("there is a block to build");
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
	let head = hash_of(&(&build_on.parent_head, build_on.relay_parent));
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

/// Who is offered what.
fn offers(outputs: &[Output<DevnetWords>]) -> Vec<(PeerId, CandidateHash)> {
	let offer = |output: &Output<DevnetWords>| match output {
		Output::Notify(Recipients::Peer(peer), Message::Advertise(offer)) => {
			Some((*peer, offer.receipt.hash()))
		}
		_ => None,
	};
	outputs.iter().filter_map(offer).collect()
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

#[test]
fn r_col_3_a_candidate_is_offered_to_one_backer_and_unless_it_is_fetched_to_the_next() {
	let mut desk = Desk::new();
	let (first, outputs) = desk.author(10);
	// Relay parent 10 of three members: the second one's turn.
	assert_eq!(offers(&outputs), [(PeerId(11), first)]);
	let (second, outputs) = desk.author(11);
	assert_eq!(offers(&outputs), [(PeerId(12), second)]);
	let asked = desk.tell(Input::Request(PeerId(10), Ticket(1), Request::Collation(second)));
	let [Output::Respond(Ticket(1), Ok(Response::Collation(collation)))] = &asked[..] else {
		panic!("{asked:?}")
	};
	assert_eq!(collation.receipt.hash(), second);
	// The first was offered to peer 12 at the leaf 11; the other one is fetched.
	let again = desk.tell(imported(12));
	assert_eq!(offers(&again), [(PeerId(10), first)]);
	assert_eq!(
		offers(&desk.tell(imported(13))),
		[],
		"the whole group has been asked"
	);
}

#[test]
fn r_col_3_what_a_backer_fetched_and_took_with_it_is_offered_to_the_next() {
	let mut desk = Desk::new();
	let (first, _) = desk.author(10);
	let fetch = |peer| Input::Request(PeerId(peer), Ticket(1), Request::Collation(first));
	desk.tell(fetch(11));
	let gone = desk.tell(Input::Peer(PeerId(11), PeerEvent::Disconnected));
	assert_eq!(offers(&gone), [(PeerId(12), first)], "at once");
	desk.tell(fetch(12));
	let again = |desk: &mut Desk, leaf| {
		let offers = offers(&desk.tell(imported(leaf)));
		offers.into_iter().find(|(_, candidate)| *candidate == first)
	};
	assert_eq!(again(&mut desk, 11), None);
	assert_eq!(
		again(&mut desk, 12),
		None,
		"block 12 may have been the one to back it"
	);
	assert_eq!(
		again(&mut desk, 13),
		Some((PeerId(10), first)),
		"it should be on-chain"
	);
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
fn after_a_crash_it_builds_on_what_it_had_built() {
	let mut desk = Desk::new();
	desk.author(10);
	desk.author(11);
	let mut restarted = Desk::alone();
	restarted.tell(Input::Restored(desk.stored.clone()));
	let parent = |outputs: Vec<Output<DevnetWords>>| {
		outputs.into_iter().find_map(|output| match output {
			Output::Job {
				job: Job::Author(order),
				..
			} => Some(order.build_on.parent_head),
			_ => None,
		})
	};
	let expected = parent(desk.tell(imported(12)));
	assert!(expected.is_some());
	assert_eq!(parent(restarted.tell(imported(12))), expected);
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

/// A collator of two, at whose leaf 10 it is its turn; the other one is peer 20.
fn one_of_two() -> Desk {
	let mut desk = Desk::new();
	let turns = Turns::new(vec![key(200), key(201)], 0);
	desk.collator = CollatorCore::new(PARA, genesis(), author(5, 1), turns);
	for validator in 0..3 {
		let identity = Identity::of(key(validator));
		let peer = PeerId(10 + u64::from(validator));
		desk.tell(Input::Peer(peer, PeerEvent::Connected(identity)));
	}
	desk
}

fn fellow() -> Input<DevnetWords> {
	Input::Peer(PeerId(20), PeerEvent::Connected(Identity::of(key(201))))
}

/// What another collator builds at a leaf.
fn of_fellow(number: u32) -> Advertisement {
	let (_, outputs) = Desk::new().author(number);
	let offer = outputs.into_iter().find_map(|output| match output {
		Output::Notify(_, Message::Advertise(offer)) => Some(*offer),
		_ => None,
	});
	offer.expect("it is offered")
}

fn announced(peer: u64, block: &Advertisement) -> Input<DevnetWords> {
	let message = Message::Advertise(Box::new(block.clone()));
	Input::Peer(PeerId(peer), PeerEvent::Message(message))
}

/// Who is asked for what.
fn requests(outputs: &[Output<DevnetWords>]) -> Vec<(RequestId, PeerId, Request)> {
	let request = |output: &Output<DevnetWords>| match output {
		Output::Request {
			id, peer, request, ..
		} => Some((*id, *peer, *request)),
		_ => None,
	};
	outputs.iter().filter_map(request).collect()
}

#[test]
fn fellows_hear_of_its_blocks_at_once_and_who_comes_later_of_all() {
	let mut desk = one_of_two();
	let (first, outputs) = desk.author(10);
	assert_eq!(offers(&outputs), [(PeerId(11), first)]);
	assert_eq!(offers(&desk.tell(fellow())), [(PeerId(20), first)]);
	let other_turn = desk.tell(imported(11));
	let is_job = |output: &Output<DevnetWords>| matches!(output, Output::Job { .. });
	assert!(!other_turn.iter().any(is_job), "it is not its turn");
	let (second, outputs) = desk.author(12);
	let told = outputs.iter().any(|output| match output {
		Output::Notify(to, Message::Advertise(block)) => {
			to.as_slice() == [PeerId(20)] && block.receipt.hash() == second
		}
		_ => false,
	});
	assert!(told, "{outputs:?}");
}

#[test]
fn a_fellows_block_is_fetched_and_executed_and_nobody_elses_is() {
	let mut desk = one_of_two();
	desk.tell(fellow());
	let block = of_fellow(11);
	let candidate = block.receipt.hash();
	assert_eq!(
		desk.tell(announced(20, &block)),
		[],
		"its relay parent is not known yet"
	);
	let asked = requests(&desk.tell(imported(11)));
	let [(id, PeerId(20), Request::Collation(of))] = asked[..] else {
		panic!("{asked:?}")
	};
	assert_eq!(of, candidate);
	let collation = FetchedCollation {
		receipt: block.receipt.clone(),
		pov: Arc::new(PoV {
			block_data: BlockData(vec![1; 10]),
		}),
	};
	let outputs = desk.tell(Input::Response(id, Ok(Response::Collation(collation))));
	let is_validation = |output: &Output<DevnetWords>| {
		matches!(
			output,
			Output::Job {
				job: Job::Validator(_),
				..
			}
		)
	};
	assert!(outputs.iter().any(is_validation), "{outputs:?}");
	let stranger = desk.tell(announced(10, &of_fellow(11)));
	assert_eq!(stranger, [], "a validator has no blocks");
}

#[test]
fn what_is_pending_and_no_fellow_has_is_asked_of_its_backers_one_after_the_other() {
	let mut desk = one_of_two();
	let mut other = author(5, 1);
	let at = leaf(10, params(4, 3), 1, &genesis());
	let built = build(&mut other, &at).expect("there is something to build");
	let mut facts = leaf(11, params(4, 3), 1, &genesis());
	facts.validators = (0..3).map(key).collect();
	facts.groups = vec![(0..3).map(ValidatorIndex).collect()];
	facts.cores = vec![CoreState::Occupied(OccupiedCore {
		next_up_on_available: None,
		occupied_since: 11,
		time_out_at: 16,
		next_up_on_time_out: None,
		availability: Default::default(),
		group_responsible: Default::default(),
		candidate_hash: built.collated.hash,
		candidate_descriptor: built.collated.receipt.descriptor.clone(),
	})];
	let candidate = built.collated.hash;
	set_pending(&mut facts, &[built]);
	desk.tell(Input::Chain(ChainEvent::Imported {
		facts: Arc::new(at),
		fresh: false,
	}));
	let mut asked = requests(&desk.tell(Input::Chain(ChainEvent::Imported {
		facts: Arc::new(facts),
		fresh: true,
	})));
	for peer in 10..13 {
		let [(id, of, Request::Pov(pov))] = asked[..] else {
			panic!("{asked:?}")
		};
		assert_eq!((of, pov), (PeerId(peer), candidate));
		asked = requests(&desk.tell(Input::Response(id, Err(RequestFailure::TimedOut))));
	}
	assert_eq!(asked, [], "nobody is left");
}

#[test]
fn blocks_that_fellows_announce_are_bounded() {
	let mut desk = one_of_two();
	desk.tell(fellow());
	for number in 20..20 + OFFERS_KEPT as u32 + 10 {
		desk.tell(announced(20, &of_fellow(number)));
	}
	assert_eq!(desk.collator.fellows.wanted(), OFFERS_KEPT);
	desk.tell(Input::Peer(PeerId(20), PeerEvent::Disconnected));
	assert_eq!(desk.collator.fellows.wanted(), 0, "nobody can be asked for them");
}
