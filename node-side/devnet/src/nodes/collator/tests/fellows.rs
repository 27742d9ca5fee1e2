//! Several collators of a para: blocks of the others, and their turns.

use super::*;
use async_backing_availability::{AvailabilityDone, AvailabilityJob, ChunkError, ErasureChunk, Recovered};
use async_backing_backing::job;
use async_backing_collator::REMEMBERED_FOR;
use async_backing_primitives::{AvailableData, CandidateDescriptor, DescriptorFields};
use async_backing_validator::{Done as ValidatorDone, Job as ValidatorJob};

/// A collator of two, at whose leaf 10 it is its turn; the other one is peer 20.
fn one_of_two() -> Desk {
	let mut desk = Desk::new();
	let turns = Turns::new(vec![key(200), key(201)], 0);
	desk.open.clear();
	desk.collator = CollatorCore::new(PARA, genesis(), author(5, 1), turns, card());
	for validator in 0..3 {
		let identity = Identity::of(key(validator));
		let peer = PeerId(10 + u64::from(validator));
		desk.tell(Input::Peer(peer, PeerEvent::Connected(identity)));
	}
	desk
}

fn fellow() -> Input<CoreWords> {
	Input::Peer(PeerId(20), PeerEvent::Connected(Identity::of(key(201))))
}

/// What another collator builds at a leaf.
fn of_fellow(number: u32) -> Announcement {
	let mut other = Desk::new();
	let (candidate, _) = other.author(number);
	let offer = other.collator.offers.get(candidate);
	*offer.expect("it is offered").announcement()
}

fn announced(peer: u64, block: &Announcement) -> Input<CoreWords> {
	let message = Message::Block(Box::new(block.clone()));
	Input::Peer(PeerId(peer), PeerEvent::Message(message))
}

/// Who is asked for what.
fn requests(outputs: &[Output<CoreWords>]) -> Vec<(RequestId, PeerId, Request)> {
	let request = |output: &Output<CoreWords>| match output {
		Output::Request {
			id, peer, request, ..
		} => Some((*id, *peer, request.clone())),
		_ => None,
	};
	outputs.iter().filter_map(request).collect()
}

#[test]
fn fellows_hear_of_its_blocks_at_once_and_who_comes_later_of_all() {
	let mut desk = one_of_two();
	let (first, outputs) = desk.author(10);
	assert_eq!(offered(&outputs, first), [10, 11, 12].map(PeerId));
	assert_eq!(offers(&desk.tell(fellow())), [(PeerId(20), first)]);
	let other_turn = desk.tell(imported(11));
	let is_job = |output: &Output<CoreWords>| matches!(output, Output::Job { .. });
	assert!(!other_turn.iter().any(is_job), "it is not its turn");
	let (second, outputs) = desk.author(12);
	let told = outputs.iter().any(|output| match output {
		Output::Notify(to, Message::Block(block)) => {
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
	let [(id, PeerId(20), Request::Block(of))] = asked[..] else {
		panic!("{asked:?}")
	};
	assert_eq!(of, candidate);
	let pov = Arc::new(PoV {
		block_data: BlockData(vec![1; 10]),
	});
	let outputs = desk.tell(Input::Response(id, Ok(Response::Block(pov))));
	let is_validation = |output: &Output<CoreWords>| {
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

/// It would pay for it where it passes it on.
#[test]
fn r_bak_12_what_no_backer_takes_is_not_taken_in_either() {
	let constraints = &leaf(11, params(4, 3), 1, &genesis()).paras[&PARA]
		.backing_state
		.constraints;
	let room = constraints.max_pov_size as usize;
	// Three or four bytes of the proof's encoding say how long it is.
	for (len, is_taken) in [(room - 4, true), (room, false), (room + 1, false)] {
		let mut desk = one_of_two();
		desk.tell(fellow());
		desk.tell(announced(20, &of_fellow(11)));
		let asked = requests(&desk.tell(imported(11)));
		let (id, ..) = asked[0];
		let pov = Arc::new(PoV {
			block_data: BlockData(vec![1; len]),
		});
		let outputs = desk.tell(Input::Response(id, Ok(Response::Block(pov))));
		let executes = outputs.iter().any(|output| matches!(output, Output::Job { .. }));
		let pays = outputs
			.iter()
			.any(|output| matches!(output, Output::Report(PeerId(20), judgement) if judgement.value() < 0));
		assert_eq!((executes, pays), (is_taken, !is_taken), "{len} of {room} bytes");
	}
}

/// It would pay for it where it passes it on.
#[test]
fn r_net_86_a_block_of_another_session_is_not_taken_in() {
	let block = of_fellow(11);
	let of = &block.receipt.descriptor;
	let said = of.scheduling_session().expect("ours say it");
	for (session_index, is_taken) in [(said, true), (said + 1, false), (said.wrapping_sub(1), false)] {
		let descriptor = CandidateDescriptor::v2(DescriptorFields {
			para_id: of.para_id(),
			relay_parent: of.relay_parent(),
			core_index: of.core_index().map_or(0, |core| core.0 as u16),
			session_index,
			persisted_validation_data_hash: of.persisted_validation_data_hash(),
			pov_hash: of.pov_hash(),
			erasure_root: of.erasure_root(),
			para_head: of.para_head(),
			validation_code_hash: of.validation_code_hash(),
		});
		let mut block = block.clone();
		block.receipt.descriptor = descriptor;
		let mut desk = one_of_two();
		desk.tell(fellow());
		desk.tell(announced(20, &block));
		let asked = requests(&desk.tell(imported(11)));
		let (id, ..) = asked[0];
		let pov = Arc::new(PoV {
			block_data: BlockData(vec![1; 10]),
		});
		let outputs = desk.tell(Input::Response(id, Ok(Response::Block(pov))));
		let executes = outputs.iter().any(|output| matches!(output, Output::Job { .. }));
		assert_eq!(executes, is_taken, "session {session_index}, not {said}");
	}
}

/// A leaf at which a block of another collator is pending on core 0, backed by the validators 0 to 2.
fn pending_at_11(desk: &mut Desk) -> (CandidateHash, Vec<Output<CoreWords>>) {
	let of_session = |facts: &mut LeafFacts| {
		facts.validators = (0..3).map(key).collect();
		facts.groups = vec![(0..3).map(ValidatorIndex).collect()];
	};
	let mut at = leaf(10, params(4, 3), 1, &genesis());
	of_session(&mut at);
	let built = build(&mut author(5, 1), &at).expect("there is something to build");
	let mut facts = leaf(11, params(4, 3), 1, &genesis());
	of_session(&mut facts);
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
	let outputs = desk.tell(Input::Chain(ChainEvent::Imported {
		facts: Arc::new(facts),
		fresh: true,
	}));
	(candidate, outputs)
}

/// Who was asked for what.
type Asked = Vec<(PeerId, NodeRequest)>;

/// Answers what is asked of validators and does what is to be checked, for ten seconds. What was asked, and what else it wants.
fn drive(
	desk: &mut Desk,
	outputs: Vec<Output<CoreWords>>,
	answer: impl Fn(PeerId, NodeRequest) -> Result<NodeResponse, RequestFailure>,
	work: impl Fn(AvailabilityJob) -> AvailabilityDone,
) -> (Asked, Vec<Output<CoreWords>>) {
	let end = desk.now + Duration::from_secs(10);
	let (mut asked, mut rest, mut timers) = (Vec::new(), Vec::new(), BTreeMap::new());
	let mut outputs = VecDeque::from(outputs);
	loop {
		while let Some(output) = outputs.pop_front() {
			let input = match output {
				Output::Request {
					id,
					peer,
					request: Request::Node(request),
					..
				} => {
					asked.push((peer, request.clone()));
					Input::Response(id, answer(peer, request).map(Response::Node))
				}
				Output::Job {
					id,
					job: Job::Validator(ValidatorJob::Availability(job)),
					..
				} => Input::Done(id, Ok(Done::Validator(ValidatorDone::Availability(work(job))))),
				Output::SetTimer(id, at) => {
					timers.insert((at, id), ());
					continue;
				}
				output => {
					rest.push(output);
					continue;
				}
			};
			outputs.extend(desk.tell(input));
		}
		let Some(((at, id), ())) = timers.pop_first().filter(|((at, _), ())| *at <= end) else {
			return (asked, rest);
		};
		desk.now = desk.now.max(at);
		outputs.extend(desk.tell(Input::Timer(id)));
	}
}

fn some_data() -> AvailableData {
	AvailableData {
		pov: PoV {
			block_data: BlockData(vec![7; 500]),
		},
		validation_data: Default::default(),
	}
}

/// The check of what was put together finds this data.
fn finds_some_data(job: AvailabilityJob) -> AvailabilityDone {
	match job {
		AvailabilityJob::CheckChunk { chunk, .. } if chunk.index == 1 => {
			let (root, index) = (Hash::zero(), 1);
			AvailabilityDone::Checked(Err(ChunkError::InvalidProof { root, index }))
		}
		AvailabilityJob::CheckChunk { .. } => AvailabilityDone::Checked(Ok(Vec::new())),
		_ => AvailabilityDone::Recovered(Ok(Recovered::Data(Arc::new(some_data())))),
	}
}

fn validated(outputs: &[Output<CoreWords>]) -> Vec<Arc<PoV>> {
	let pov = |output: &Output<CoreWords>| match output {
		Output::Job {
			job: Job::Validator(ValidatorJob::Backing(job::Job::Validate(job))),
			..
		} => Some(job.pov.clone()),
		_ => None,
	};
	outputs.iter().filter_map(pov).collect()
}

#[test]
fn r_net_103_what_is_pending_and_no_fellow_has_is_asked_of_its_backers_and_then_put_together_from_chunks() {
	// Backers hand it out.
	let mut desk = one_of_two();
	let (candidate, outputs) = pending_at_11(&mut desk);
	let whole = |_, _| Ok(NodeResponse::AvailableData(Arc::new(some_data())));
	let (asked, outputs) = drive(&mut desk, outputs, whole, finds_some_data);
	let [(_, NodeRequest::AvailableData(of))] = asked[..] else {
		panic!("R-NET-103: {asked:?}")
	};
	assert_eq!(of, candidate);
	assert_eq!(validated(&outputs), [Arc::new(some_data().pov)], "it is executed");

	// They are silent, all of them. One chunk of three is enough; who has the second lies.
	let mut desk = one_of_two();
	let (_, outputs) = pending_at_11(&mut desk);
	let chunks = |peer: PeerId, request| match request {
		NodeRequest::Chunk { index, plain, .. } if peer != PeerId(10) => {
			assert_eq!(u64::from(index.0), peer.0 - 10, "its own (R-NET-100)");
			assert!(plain, "R-NET-99");
			Ok(NodeResponse::Chunk(Arc::new(ErasureChunk {
				chunk: vec![1; 10],
				index: index.0,
				proof: Default::default(),
			})))
		}
		_ => Err(RequestFailure::TimedOut),
	};
	let (_, outputs) = drive(&mut desk, outputs, chunks, finds_some_data);
	assert_eq!(validated(&outputs), [Arc::new(some_data().pov)], "R-AVL-1");
}

#[test]
fn r_net_103_what_nobody_hands_out_is_given_up_until_the_next_leaf() {
	let mut desk = one_of_two();
	let (candidate, outputs) = pending_at_11(&mut desk);
	let nothing = |_, _| Err(RequestFailure::Refused);
	let (asked, outputs) = drive(&mut desk, outputs, nothing, finds_some_data);
	for (peer, index) in [(10, 0), (11, 1), (12, 2)] {
		let of = |request: &NodeRequest| match request {
			NodeRequest::AvailableData(_) => true,
			NodeRequest::Chunk { index: of, .. } => of.0 == index,
			_ => false,
		};
		let of_peer = asked.iter().filter(|(of, _)| *of == PeerId(peer));
		let kinds: BTreeSet<_> = of_peer
			.map(|(_, request)| {
				assert!(of(request) && request.candidate() == candidate, "{request:?}");
				matches!(request, NodeRequest::Chunk { .. })
			})
			.collect();
		assert_eq!(kinds, [false, true].into(), "R-NET-103: {peer} is asked for both");
	}
	assert!(validated(&outputs).is_empty());
	let left = (desk.collator.fellows.wanted(), desk.collator.recoverer.len());
	assert_eq!(left, (0, 0), "nothing is remembered of it");
}

#[test]
fn what_comes_over_another_way_is_not_recovered_any_longer() {
	let mut desk = one_of_two();
	let (_, outputs) = pending_at_11(&mut desk);
	assert_eq!((requests(&outputs).len(), desk.collator.recoverer.len()), (1, 1));
	// Much later nobody needs it.
	desk.tell(imported(11 + REMEMBERED_FOR + 1));
	let left = (desk.collator.fellows.wanted(), desk.collator.recoverer.len());
	assert_eq!(left, (0, 0));
}

#[test]
fn the_turn_of_a_fellow_that_vanished_or_lets_turns_pass_is_this_collators() {
	let builds = |desk: &mut Desk, leaf| {
		let outputs = desk.tell(imported(leaf));
		outputs.iter().any(|output| {
			matches!(
				output,
				Output::Job {
					job: Job::Author(_),
					..
				}
			)
		})
	};
	// Its own turns are the even slots; the fellow is not there.
	let mut desk = one_of_two();
	assert!(builds(&mut desk, 11), "nobody else is there");
	// It is there, and says nothing.
	let mut desk = one_of_two();
	desk.tell(fellow());
	let turns = [11, 13, 15].map(|leaf| builds(&mut desk, leaf));
	assert_eq!(turns, [false, false, true], "two turns are its time-out");
	// It says that it has blocks, and hands none out.
	let mut desk = one_of_two();
	desk.tell(fellow());
	let turns = [11, 13, 15].map(|leaf| {
		let is_built = builds(&mut desk, leaf);
		desk.tell(announced(20, &of_fellow(leaf)));
		is_built
	});
	assert_eq!(turns, [false, false, true], "words alone are worth nothing");
	// It passes on what this collator builds.
	let mut desk = one_of_two();
	desk.tell(fellow());
	desk.author(10);
	let own = desk
		.collator
		.offers
		.iter()
		.next()
		.map(|offer| *offer.announcement());
	let own = own.expect("it is on offer");
	let turns = [11, 13, 15].map(|leaf| {
		let is_built = builds(&mut desk, leaf);
		desk.tell(announced(20, &own));
		is_built
	});
	assert_eq!(turns, [false, false, true], "it built none of them");
	// It goes and comes back.
	let mut desk = one_of_two();
	desk.tell(fellow());
	assert!(!builds(&mut desk, 11) && !builds(&mut desk, 13));
	desk.tell(Input::Peer(PeerId(20), PeerEvent::Disconnected));
	let identity = Identity::of(key(201));
	desk.tell(Input::Peer(PeerId(21), PeerEvent::Connected(identity)));
	assert!(!builds(&mut desk, 15), "whoever comes back has its turns again");
}

#[test]
fn a_fellow_that_says_nothing_until_its_block_should_be_there_loses_its_turn_in_the_same_slot() {
	let authors = |outputs: &[Output<CoreWords>]| {
		let is_job = |output: &Output<CoreWords>| {
			matches!(
				output,
				Output::Job {
					job: Job::Author(_),
					..
				}
			)
		};
		outputs.iter().any(is_job)
	};
	// The next one: others are for later.
	let timer = |outputs: &[Output<CoreWords>]| {
		let timers = outputs.iter().filter_map(|output| match output {
			Output::SetTimer(id, at) => Some((*id, *at)),
			_ => None,
		});
		timers.min_by_key(|(_, at)| *at)
	};
	for speaks in [false, true] {
		let mut desk = one_of_two();
		desk.tell(fellow());
		let outputs = desk.tell(imported(11));
		assert!(!authors(&outputs), "its turn");
		let (id, at) = timer(&outputs).expect("for the end of its time");
		// Two seconds of execution, a message, and the margin.
		let due = Duration::from_millis(2000 + 110 + 500);
		assert_eq!(at, SECOND + due);
		if speaks {
			desk.tell(announced(20, &of_fellow(11)));
		}
		desk.now = at;
		assert_eq!(authors(&desk.tell(Input::Timer(id))), !speaks);
	}
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
