//! The collator's side.

use crate::{
	town::*, Collation, CollationAnswer, CollationAsked, CollatorEffect, CollatorSide, CollatorSideConfig,
	CollatorSideWords, OfferError, Parting, ValidatorPeer, RECONNECT_AFTER,
};
use async_backing_chain_view::{ChainEvent, ChainView, Identity, Limits};
use async_backing_collator::NEXT_SERVED_AFTER;
use async_backing_machine::{
	Cost, Input, Instant, Judgement, Outbox, Output, PeerEvent, PeerId, Refusal, Ticket, TimerId,
};
use async_backing_primitives::{Statement, UncheckedSigned, ValidatorIndex};
use async_backing_wire::{
	CollationMessage, CollationRequestV1, CollationRequestV2, CollationRequestV3, CollationVersion,
	CollatorMessage, View,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

struct Stand {
	side: CollatorSide,
	chain: ChainView,
	out: Outbox<CollatorSideWords>,
	now: Instant,
	effects: Vec<CollatorEffect>,
	said: Vec<(PeerId, CollationMessage)>,
	answers: BTreeMap<Ticket, Result<CollationAnswer, Refusal>>,
	timers: BTreeMap<TimerId, Instant>,
	costs: Vec<(PeerId, Cost, &'static str)>,
}

impl Stand {
	fn at(block: u32) -> Self {
		let declaration = declaration(9, PARA);
		let mut stand = Self {
			side: CollatorSide::new(CollatorSideConfig { declaration }),
			chain: ChainView::new(None, Limits::default()),
			out: Outbox::default(),
			now: Duration::from_secs(100),
			effects: Vec::new(),
			said: Vec::new(),
			answers: BTreeMap::new(),
			timers: BTreeMap::new(),
			costs: Vec::new(),
		};
		stand.import(block);
		stand
	}

	fn look(&mut self) {
		for output in self.out.drain() {
			match output {
				Output::Notify(to, message) => {
					let to = to.as_slice().iter();
					self.said.extend(to.map(|peer| (*peer, message.clone())));
				}
				Output::Respond(ticket, answer) => {
					assert!(self.answers.insert(ticket, answer).is_none(), "answered once");
				}
				Output::Report(peer, Judgement::Cost(cost, reason)) => self.costs.push((peer, cost, reason)),
				Output::SetTimer(timer, at) => {
					self.timers.insert(timer, at);
				}
				Output::ClearTimer(timer) => {
					self.timers.remove(&timer);
				}
				other => panic!("{other:?}"),
			}
		}
	}

	fn tell(&mut self, input: Input<CollatorSideWords>) {
		let effects = self.side.handle(self.now, input, &self.chain, &mut self.out);
		self.effects.extend(effects);
		self.look();
	}

	fn import(&mut self, block: u32) {
		let update = self.chain.handle(ChainEvent::Imported {
			facts: Arc::new(facts(block)),
			fresh: true,
		});
		self.tell(Input::Chain(update));
	}

	fn wait(&mut self, time: Duration) {
		self.now += time;
		let due: Vec<_> = self
			.timers
			.iter()
			.filter(|(_, at)| **at <= self.now)
			.map(|(id, _)| *id)
			.collect();
		for timer in due {
			self.timers.remove(&timer);
			self.tell(Input::Timer(timer));
		}
	}

	/// A validator by its key, which sees these blocks.
	fn validator(&mut self, key: u8, version: CollationVersion, sees: &[u32]) -> PeerId {
		let peer = PeerId(u64::from(key));
		self.chain.connected(peer, Identity::of(public(key)));
		self.tell(Input::Peer(peer, PeerEvent::Connected(ValidatorPeer { version })));
		self.view(peer, sees);
		peer
	}

	fn view(&mut self, peer: PeerId, sees: &[u32]) {
		let view = View::new(sees.iter().map(|block| hash(*block)), 0);
		self.tell(Input::Peer(peer, PeerEvent::View(view)));
	}

	fn offer(&mut self, candidate: &Named) -> Result<(), OfferError> {
		let result = self.side.offer(collation(candidate), &self.chain, &mut self.out);
		self.look();
		result
	}

	fn ask(
		&mut self,
		ticket: u64,
		peer: PeerId,
		candidate: &Named,
	) -> Option<Result<CollationAnswer, Refusal>> {
		self.tell(Input::Request(
			peer,
			Ticket(ticket),
			CollationAsked::V2(request(candidate)),
		));
		self.answers.get(&Ticket(ticket)).cloned()
	}

	/// Who was told of something since this was asked last.
	fn told(&mut self) -> Vec<PeerId> {
		let said = std::mem::take(&mut self.said).into_iter();
		said.filter(|(_, message)| {
			matches!(
				message,
				CollationMessage::V2(CollatorMessage::Advertise(_))
					| CollationMessage::V3(CollatorMessage::Advertise(_))
			)
		})
		.map(|(peer, _)| peer)
		.collect()
	}

	fn costs(&mut self) -> Vec<&'static str> {
		let costs = std::mem::take(&mut self.costs).into_iter();
		costs.map(|(_, _, reason)| reason).collect()
	}
}

fn collation(candidate: &Named) -> Collation {
	Collation {
		receipt: candidate.receipt(),
		pov: Arc::new(pov(candidate.to)),
		parent_head: Arc::new(head(candidate.from)),
		parent_head_hash: head_hash(candidate.from),
		core: candidate.core(),
	}
}

fn request(candidate: &Named) -> CollationRequestV2 {
	CollationRequestV2 {
		scheduling_parent: hash(candidate.block),
		para_id: candidate.para,
		candidate_hash: candidate.hash(),
	}
}

const V2: CollationVersion = CollationVersion::V2;
const V3: CollationVersion = CollationVersion::V3;

#[test]
fn r_net_76_declares_to_validators_alone_and_once() {
	let mut stand = Stand::at(4);
	let stranger = PeerId(50);
	stand.chain.connected(stranger, Identity::stranger());
	let who = ValidatorPeer { version: V2 };
	stand.tell(Input::Peer(stranger, PeerEvent::Connected(who)));
	assert!(stand.said.is_empty());
	let validator = stand.validator(1, V3, &[4]);
	stand.view(validator, &[3, 4]);
	let declare = CollationMessage::V3(CollatorMessage::Declare(declaration(9, PARA)));
	assert_eq!(stand.said, [(validator, declare)]);
	// As soon as it proves to be one.
	stand.chain.connected(stranger, Identity::of(public(2)));
	stand.tell(Input::Peer(stranger, PeerEvent::Connected(who)));
	let declare = CollationMessage::V2(CollatorMessage::Declare(declaration(9, PARA)));
	assert_eq!(stand.said.last(), Some(&(stranger, declare)));
}

#[test]
fn r_net_78_advertises_to_members_of_the_group_that_see_the_parent_once() {
	let mut stand = Stand::at(4);
	let candidate = named(PARA, 4, 0, 1);
	// Keys 0 to 2 are in the group of core 0.
	let before = stand.validator(0, V2, &[4]);
	let blind = stand.validator(1, V2, &[3]);
	let other_group = stand.validator(3, V2, &[4]);
	assert_eq!(stand.offer(&candidate), Ok(()));
	assert_eq!(stand.told(), [before]);
	let after = stand.validator(2, V3, &[4]);
	assert_eq!(stand.told(), [after], "who comes later hears as well");
	stand.view(blind, &[4]);
	assert_eq!(stand.told(), [blind], "whose view changes hears then");
	stand.import(5);
	stand.view(before, &[5]);
	assert_eq!(stand.told(), [], "once");
	// A head that the collator does not know yet is remembered.
	let again = named(PARA, 5, 1, 2);
	stand.view(before, &[6]);
	assert_eq!(stand.offer(&again), Ok(()));
	assert_eq!(stand.told(), []);
	stand.import(6);
	assert_eq!(
		stand.told(),
		[before],
		"R-NET-78: known now, and it descends from 5"
	);
	assert_eq!(stand.side.told(candidate.hash()).count(), 3);
	assert!(!stand.side.told(candidate.hash()).any(|peer| peer == other_group));
}

#[test]
fn r_net_60_r_net_63_r_net_64_each_version_says_what_it_can() {
	let mut stand = Stand::at(4);
	let (two, three) = (stand.validator(0, V2, &[4]), stand.validator(1, V3, &[4]));
	stand.said.clear();
	let candidate = named(PARA, 4, 0, 1);
	assert_eq!(stand.offer(&candidate), Ok(()));
	for (peer, message) in &stand.said {
		match message {
			CollationMessage::V2(CollatorMessage::Advertise(said)) => {
				assert_eq!((*peer, said.candidate_hash), (two, candidate.hash()));
				assert_eq!(said.parent_head_data_hash, head_hash(0));
			}
			CollationMessage::V3(CollatorMessage::Advertise(said)) => {
				assert_eq!((*peer, said.relay_parent), (three, hash(4)));
				assert_eq!(said.descriptor_version, async_backing_wire::DescriptorClaim::V2);
			}
			other => panic!("{other:?}"),
		}
	}
	assert_eq!(stand.said.len(), 2);
}

#[test]
fn r_net_59_streams_of_versions_that_are_not_spoken_are_closed() {
	let mut stand = Stand::at(4);
	stand.effects.clear();
	for version in [CollationVersion::V1, CollationVersion::V4] {
		let peer = stand.validator(0, version, &[4]);
		let why = Parting::Version;
		assert_eq!(stand.effects, [CollatorEffect::Disconnect { peer, why }]);
		stand.effects.clear();
	}
	assert!(stand.said.is_empty());
}

#[test]
fn r_net_73_r_net_74_wants_the_groups_of_its_cores_and_asks_again() {
	let wanted = |keys: &[u8]| {
		let mut validators: Vec<_> = keys.iter().map(|key| public(*key)).collect();
		validators.sort();
		CollatorEffect::Connect { validators }
	};
	let mut stand = Stand::at(4);
	assert_eq!(stand.effects, [wanted(&[0, 1, 2])]);
	stand.effects.clear();
	stand.wait(RECONNECT_AFTER);
	assert_eq!(stand.effects, [wanted(&[0, 1, 2])], "R-NET-74: after 4 s");
	stand.effects.clear();
	// In the next session others are in its group; what is still in scope wants the old ones too.
	stand.import(12);
	let Some(CollatorEffect::Connect { validators }) = stand.effects.pop() else {
		panic!("{:?}", stand.effects);
	};
	assert!([1, 2, 3].iter().all(|key| validators.contains(&public(*key))));
	// When it is not its turn, it wants those alone who have to hear of what it has.
	assert_eq!(stand.side.set_turn(false, &stand.chain), Some(wanted(&[])));
	assert_eq!(stand.offer(&named(PARA, 12, 0, 1)), Ok(()));
	assert!(stand.side.set_turn(true, &stand.chain).is_some());
	assert_eq!(stand.side.set_turn(false, &stand.chain), Some(wanted(&[1, 2, 3])));
}

#[test]
fn r_net_77_r_net_78_what_is_not_offered() {
	let mut stand = Stand::at(4);
	assert_eq!(stand.offer(&named(PARA, 4, 0, 1)), Ok(()));
	let rows = [
		("known", named(PARA, 4, 0, 1), "offered already"),
		("another para", named(OTHER, 4, 0, 1), "declared"),
		("R-NET-77", named(PARA, 5, 0, 1), "in no scope"),
	];
	for (name, candidate, expected) in rows {
		let error = stand.offer(&candidate).expect_err(name);
		assert!(error.to_string().contains(expected), "{name}: {error}");
	}
	let nowhere = Collation {
		core: async_backing_primitives::CoreIndex(1),
		..collation(&named(PARA, 4, 1, 2))
	};
	let error = stand.side.offer(nowhere, &stand.chain, &mut stand.out);
	assert!(matches!(error, Err(OfferError::OtherCore { .. })));
	// As many as the para has claims on the core.
	assert_eq!(stand.offer(&named(PARA, 4, 1, 2)), Ok(()));
	assert_eq!(
		stand.offer(&named(PARA, 4, 2, 3)),
		Err(OfferError::TooMany(2)),
		"R-NET-78"
	);
}

#[test]
fn r_net_79_one_peer_at_a_time_and_each_once_a_leaf() {
	let mut stand = Stand::at(4);
	let peers: Vec<_> = (0..3).map(|key| stand.validator(key, V2, &[4])).collect();
	let candidate = named(PARA, 4, 0, 1);
	assert_eq!(stand.offer(&candidate), Ok(()));
	let Some(Ok(CollationAnswer::V1OrV2(first))) = stand.ask(1, peers[0], &candidate) else {
		panic!("the first is served at once");
	};
	assert_eq!(
		(first.receipt, first.parent_head_data),
		(candidate.receipt(), Some(head(0)))
	);
	assert_eq!(stand.ask(2, peers[1], &candidate), None, "the second waits");
	assert_eq!(stand.ask(3, peers[1], &candidate), Some(Err(Refusal::Busy)));
	assert_eq!(stand.costs(), ["collation asked for twice"], "R-NET-79");
	assert_eq!(stand.ask(4, peers[2], &candidate), None);
	stand.wait(NEXT_SERVED_AFTER);
	assert!(matches!(stand.answers.get(&Ticket(2)), Some(Ok(_))));
	assert_eq!(stand.answers.get(&Ticket(4)), None);
	let now = stand.now;
	stand.side.sent(now, Ticket(2), &mut stand.out);
	stand.look();
	assert!(
		matches!(stand.answers.get(&Ticket(4)), Some(Ok(_))),
		"when the first is done"
	);
	// The proof goes to each peer once, and once more when a leaf came since.
	assert_eq!(stand.ask(5, peers[0], &candidate), Some(Err(Refusal::Busy)));
	assert_eq!(stand.costs(), Vec::<&str>::new());
	stand.wait(NEXT_SERVED_AFTER);
	stand.import(5);
	assert!(matches!(stand.ask(6, peers[0], &candidate), Some(Ok(_))));
}

#[test]
fn r_net_79_who_was_not_told_gets_nothing() {
	let mut stand = Stand::at(4);
	let (told, blind) = (stand.validator(0, V2, &[4]), stand.validator(1, V2, &[3]));
	let candidate = named(PARA, 4, 0, 1);
	assert_eq!(stand.offer(&candidate), Ok(()));
	assert_eq!(stand.ask(1, blind, &candidate), Some(Err(Refusal::NotAllowed)));
	assert_eq!(stand.costs(), ["collation that nobody offered"]);
	assert_eq!(
		stand.ask(2, PeerId(77), &candidate),
		Some(Err(Refusal::NotAllowed))
	);
	assert_eq!(
		stand.ask(3, told, &named(OTHER, 4, 0, 1)),
		Some(Err(Refusal::NotAllowed))
	);
	assert_eq!(stand.costs(), ["collation of another para"]);
	assert_eq!(
		stand.ask(4, told, &named(PARA, 4, 5, 6)),
		Some(Err(Refusal::Unknown))
	);
	assert_eq!(stand.costs(), Vec::<&str>::new(), "it may just have gone");
}

#[test]
fn r_net_70_r_net_71_requests_of_all_versions_are_answered_in_theirs() {
	let mut stand = Stand::at(4);
	let peers: Vec<_> = (0..2).map(|key| stand.validator(key, V2, &[4])).collect();
	let candidate = named(PARA, 4, 0, 1);
	assert_eq!(stand.offer(&candidate), Ok(()));
	let one = CollationAsked::V1(CollationRequestV1 {
		relay_parent: hash(4),
		para_id: PARA,
	});
	let three = CollationAsked::V3(CollationRequestV3 {
		scheduling_parent: hash(4),
		para_id: PARA,
		output_head_data_hash: head_hash(1),
	});
	stand.tell(Input::Request(peers[0], Ticket(1), one));
	stand.wait(NEXT_SERVED_AFTER);
	stand.tell(Input::Request(peers[1], Ticket(3), three));
	assert!(matches!(
		stand.answers.get(&Ticket(1)),
		Some(Ok(CollationAnswer::V1OrV2(_)))
	));
	let Some(Ok(CollationAnswer::V3(answer))) = stand.answers.get(&Ticket(3)) else {
		panic!("{:?}", stand.answers);
	};
	assert_eq!(
		(&answer.parent_head_data, &answer.receipt),
		(&head(0), &candidate.receipt())
	);
}

#[test]
fn r_net_65_notices_of_seconding_are_counted_if_they_are_the_peers_own() {
	let mut stand = Stand::at(4);
	let (one, other) = (stand.validator(0, V2, &[4]), stand.validator(1, V2, &[3]));
	let candidate = named(PARA, 4, 0, 1);
	assert_eq!(stand.offer(&candidate), Ok(()));
	stand.effects.clear();
	let notice = |index: u32, of: &Named| {
		CollationMessage::V2(CollatorMessage::Seconded {
			scheduling_parent: hash(4),
			statement: UncheckedSigned {
				payload: Statement::Seconded(of.committed()),
				validator_index: ValidatorIndex(index),
				signature: sp_core::sr25519::Signature::default().into(),
			},
		})
	};
	let mut hear = |peer, message| {
		stand.tell(Input::Peer(peer, PeerEvent::Message(message)));
		(std::mem::take(&mut stand.effects).len(), stand.costs().len())
	};
	assert_eq!(hear(one, notice(0, &candidate)), (1, 0));
	assert_eq!(hear(one, notice(0, &candidate)), (0, 0), "that is no news");
	assert_eq!(hear(one, notice(1, &candidate)), (0, 1), "somebody else's");
	assert_eq!(
		hear(one, notice(0, &named(PARA, 4, 5, 6))),
		(0, 1),
		"of nothing that is offered"
	);
	assert_eq!(hear(other, notice(1, &candidate)), (0, 1), "it was not told");
	let declare = CollationMessage::V2(CollatorMessage::Declare(declaration(1, PARA)));
	assert_eq!(hear(one, declare), (0, 1), "validators do not collate");
	assert_eq!(
		stand.side.seconded(candidate.hash()).collect::<Vec<_>>(),
		[ValidatorIndex(0)]
	);
}

#[test]
fn r_net_57_a_view_that_goes_back_costs() {
	let mut stand = Stand::at(4);
	let peer = stand.validator(0, V2, &[4]);
	for (finalized, expected) in [(3, 0), (2, 1), (3, 0)] {
		let view = View::new([hash(4)], finalized);
		stand.tell(Input::Peer(peer, PeerEvent::View(view)));
		assert_eq!(stand.costs().len(), expected, "R-NET-57: {finalized}");
	}
}

#[test]
fn collations_go_with_their_scheduling_parent_and_who_waits_is_told() {
	let mut stand = Stand::at(4);
	let peers: Vec<_> = (0..3).map(|key| stand.validator(key, V2, &[4])).collect();
	let candidate = named(PARA, 4, 0, 1);
	assert_eq!(stand.offer(&candidate), Ok(()));
	stand.ask(1, peers[0], &candidate);
	assert_eq!(stand.ask(2, peers[1], &candidate), None);
	assert_eq!(stand.ask(3, peers[2], &candidate), None);
	stand.tell(Input::Peer(peers[2], PeerEvent::Disconnected));
	for block in 5..=7 {
		stand.import(block);
	}
	assert_eq!(stand.side.collations(), 0);
	stand.wait(NEXT_SERVED_AFTER);
	assert_eq!(stand.answers.get(&Ticket(2)), Some(&Err(Refusal::Unknown)));
	assert_eq!(
		(stand.answers.get(&Ticket(3)), stand.side.waiting()),
		(None, 0),
		"nobody is there"
	);
}
