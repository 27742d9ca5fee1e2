//! Several collators of a para: blocks of the others, and their turns.

use super::*;

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

fn fellow() -> Input<DevnetWords> {
	Input::Peer(PeerId(20), PeerEvent::Connected(Identity::of(key(201))))
}

/// What another collator builds at a leaf.
fn of_fellow(number: u32) -> Announcement {
	let mut other = Desk::new();
	let (candidate, _) = other.author(number);
	let offer = other.collator.offers.get(candidate);
	*offer.expect("it is offered").announcement()
}

fn announced(peer: u64, block: &Announcement) -> Input<DevnetWords> {
	let message = Message::Block(Box::new(block.clone()));
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
	assert_eq!(offered(&outputs, first), [10, 11, 12].map(PeerId));
	assert_eq!(offers(&desk.tell(fellow())), [(PeerId(20), first)]);
	let other_turn = desk.tell(imported(11));
	let is_job = |output: &Output<DevnetWords>| matches!(output, Output::Job { .. });
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

/// A leaf at which a block of another collator is pending on core 0, backed by the validators 0 to 2.
fn pending_at_11(desk: &mut Desk) -> (CandidateHash, Vec<Output<DevnetWords>>) {
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

#[test]
fn what_is_pending_and_no_fellow_has_is_asked_of_its_backers_and_then_put_together_from_chunks() {
	let mut desk = one_of_two();
	let (candidate, outputs) = pending_at_11(&mut desk);
	let mut asked = requests(&outputs);
	for peer in 10..13 {
		let [(id, of, Request::Node(NodeRequest::Pov(pov)))] = asked[..] else {
			panic!("{asked:?}")
		};
		assert_eq!((of, pov), (PeerId(peer), candidate));
		asked = requests(&desk.tell(Input::Response(id, Err(RequestFailure::TimedOut))));
	}
	// One of three is enough. The first is silent, the second lies.
	let chunk = |asked: &[(RequestId, PeerId, Request)], peer: u64| match asked {
		[(
			id,
			of,
			Request::Node(NodeRequest::Chunk {
				candidate: named,
				index,
			}),
		)] => {
			assert_eq!((*of, *named), (PeerId(peer), candidate));
			assert_eq!(u64::from(index.0), peer - 10, "its own (R-NET-100)");
			*id
		}
		other => panic!("{other:?}"),
	};
	let id = chunk(&asked, 10);
	asked = requests(&desk.tell(Input::Response(id, Err(RequestFailure::TimedOut))));
	let answer = |id| {
		let chunk = ErasureChunk {
			chunk: vec![1; 10],
			index: 0,
			proof: Default::default(),
		};
		Input::Response(id, Ok(NodeResponse::Chunk(Arc::new(chunk)).into()))
	};
	let recovery = |outputs: &[Output<DevnetWords>]| {
		outputs.iter().find_map(|output| match output {
			Output::Job {
				id,
				job: Job::Recover(job),
				..
			} => Some((*id, job.chunks.len())),
			_ => None,
		})
	};
	let outputs = desk.tell(answer(chunk(&asked, 11)));
	let (job, chunks) = recovery(&outputs).expect("there are enough");
	assert_eq!(chunks, 1);
	let lied = RecoveredPov {
		pov: None,
		liars: vec![PeerId(11)],
		others: Vec::new(),
	};
	let outputs = desk.tell(Input::Done(job, Ok(Done::Recovered(lied))));
	let is_report = |output: &Output<DevnetWords>| matches!(output, Output::Report(PeerId(11), _));
	assert!(outputs.iter().any(is_report), "{outputs:?}");
	let outputs = desk.tell(answer(chunk(&requests(&outputs), 12)));
	let (job, _) = recovery(&outputs).expect("there are enough");
	let recovered = RecoveredPov {
		pov: Some(Arc::new(PoV::default())),
		liars: Vec::new(),
		others: Vec::new(),
	};
	let outputs = desk.tell(Input::Done(job, Ok(Done::Recovered(recovered))));
	let is_validation = |output: &Output<DevnetWords>| {
		matches!(
			output,
			Output::Job {
				job: Job::Validator(_),
				..
			}
		)
	};
	assert!(outputs.iter().any(is_validation), "it is executed: {outputs:?}");
}

#[test]
fn what_nobody_hands_out_is_given_up_until_the_next_leaf() {
	let mut desk = one_of_two();
	let (_, outputs) = pending_at_11(&mut desk);
	let mut asked = requests(&outputs);
	let mut times = 0;
	while let Some((id, ..)) = asked.first().copied() {
		times += 1;
		asked = requests(&desk.tell(Input::Response(id, Err(RequestFailure::Refused))));
	}
	assert_eq!(
		(times, desk.collator.fellows.wanted()),
		(6, 0),
		"three backers, three chunks"
	);
}

#[test]
fn a_proof_of_validity_is_put_together_from_enough_right_chunks_alone() {
	let data = AvailableData {
		pov: PoV {
			block_data: BlockData(vec![7; 500]),
		},
		validation_data: Default::default(),
	};
	let coded = encode(7, &data).expect("there is a code");
	let chunk = |peer: u64, index: usize| (PeerId(peer), coded.chunks[index].clone());
	let (forged, beyond) = {
		let mut forged = (*coded.chunks[1]).clone();
		forged.chunk[0] ^= 1;
		let beyond = ErasureChunk {
			index: 7,
			..(*coded.chunks[1]).clone()
		};
		((PeerId(8), Arc::new(forged)), (PeerId(9), Arc::new(beyond)))
	};
	let recover = |chunks: Vec<_>| {
		let job = RecoverPov {
			root: coded.root,
			validators: 7,
			chunks,
		};
		job.run().0
	};
	let found = recover(vec![chunk(1, 6), chunk(2, 0), chunk(3, 3)]);
	assert_eq!(found.pov.as_deref(), Some(&data.pov), "any three of seven");
	let found = recover(vec![
		chunk(1, 6),
		forged.clone(),
		beyond,
		chunk(2, 6),
		chunk(3, 3),
	]);
	assert_eq!(found.pov, None, "two are too few");
	assert_eq!(
		(found.liars, found.others),
		(vec![PeerId(8), PeerId(9)], vec![PeerId(2)])
	);
	let found = recover(vec![chunk(1, 6), forged, chunk(2, 2), chunk(3, 3)]);
	assert_eq!((found.pov.is_some(), found.liars), (true, vec![PeerId(8)]));
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
	let authors = |outputs: &[Output<DevnetWords>]| {
		let is_job = |output: &Output<DevnetWords>| {
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
	let timer = |outputs: &[Output<DevnetWords>]| {
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
