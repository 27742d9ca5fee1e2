//! Validators that are silent, forks, and order.

use super::{
	super::{fixture::*, net::*, solo::*},
	only_request,
};
use crate::{Event, Request, Response};
use async_backing_chain_view::ChainEvent;
use async_backing_machine::{Input, RequestFailure};
use async_backing_primitives::{Hash, PersistedValidationData, PoV, ValidatorIndex};
use std::{collections::BTreeSet, time::Duration};

#[test]
fn row_07_a_backer_that_never_answers_for_a_chunk_is_not_waited_for() {
	let candidate = Candidate::new();
	let mut holder = Solo::fresh(4);
	holder.meet_all();
	let occupied = leaf(Some(&candidate));
	let (mut id, first, request) = only_request(&holder.import(&occupied));
	let Request::Chunk { index, .. } = request else {
		panic!("{request:?}")
	};
	assert_eq!(index, ValidatorIndex(4), "R-AVL-7");
	let mut asked = vec![first];
	for _ in 0..2 {
		let outputs = holder.answer(id, Err(RequestFailure::TimedOut));
		let next = only_request(&outputs);
		(id, _, _) = next;
		asked.push(next.1);
	}
	assert_eq!(
		BTreeSet::from_iter(asked),
		(0..3).map(peer).collect::<BTreeSet<_>>(),
		"the backers, one by one"
	);
	let chunk = candidate.chunks()[4].clone();
	holder.answer(id, Ok(Response::Chunk(chunk)));
	holder.wait(NOW + Duration::from_millis(1500));
	let proposal = holder.propose(occupied.block.hash, 12);
	assert_eq!(proposal.bitfields.len(), 1);
	assert!(proposal.bitfields[0].payload.0[0], "R-AVL-8");
}

#[test]
fn row_08_a_backer_that_never_answers_for_a_pov_is_not_waited_for() {
	let candidate = Candidate::new();
	let mut third = Solo::at(2, &leaf(None)).knows(&[&candidate]);
	let (id, first, _) = only_request(&third.say(peer(0), statement(&candidate, 0, true)));
	third.say(peer(1), statement(&candidate, 1, false));
	let outputs = third.answer(id, Err(RequestFailure::TimedOut));
	let (id, second, request) = only_request(&outputs);
	assert_eq!((first, second), (peer(0), peer(1)), "R-BAK-10");
	assert_eq!(request, Request::Pov(candidate.hash()));
	let outputs = third.answer(id, Ok(Response::Pov(candidate.pov.clone())));
	assert_eq!(statements(&outputs).len(), 1);
}

#[test]
fn row_09_a_reorganisation_leaves_open_requests_to_the_right_fork() {
	let candidate = Candidate::new();
	let (here, there) = (leaf(Some(&candidate)), child_of(&leaf(None), 7));
	// Both forks are leaves: the answer counts at the one where the candidate is pending, and there alone.
	let mut holder = Solo::fresh(4);
	holder.meet_all();
	holder.import(&leaf(None));
	let (id, ..) = only_request(&holder.import(&here));
	assert!(requests(&holder.import(&there)).is_empty());
	holder.answer(id, Ok(Response::Chunk(candidate.chunks()[4].clone())));
	holder.wait(NOW + Duration::from_secs(2));
	let proposal = holder.propose(here.block.hash, 12);
	assert!(proposal.bitfields[0].payload.0[0]);
	let proposal = holder.propose(there.block.hash, 12);
	assert!(!proposal.bitfields[0].payload.0[0], "nothing is pending there");

	// The fork of the candidate goes: its fetch ends, and whatever comes after changes nothing.
	let mut holder = Solo::fresh(4);
	holder.meet_all();
	holder.import(&leaf(None));
	let (id, ..) = only_request(&holder.import(&here));
	holder.import(&there);
	let reverted = ChainEvent::Reverted {
		hash: here.block.hash,
	};
	holder.give(Input::Chain(reverted.into()));
	assert!(
		requests(&holder.answer(id, Err(RequestFailure::TimedOut))).is_empty(),
		"it ended"
	);

	// A collation whose relay parent is in both is seconded whatever becomes of one of them.
	let child = Candidate::new();
	let mut backer = Solo::at(0, &leaf(None)).knows(&[&child]);
	let (id, ..) = only_request(&backer.say(COLLATOR, child.advertisement()));
	backer.import(&child_of(&leaf(None), 7));
	backer.import(&child_of(&leaf(None), 8));
	let reverted = ChainEvent::Reverted {
		hash: child_of(&leaf(None), 7).block.hash,
	};
	backer.give(Input::Chain(reverted.into()));
	let outputs = backer.answer(id, Ok(Response::Collation(child.collation())));
	assert_eq!(statements(&outputs).len(), 1);
}

#[test]
fn row_10_two_forks_in_two_sessions_ask_each_its_own_validators() {
	// The fork has its own relay parent, too.
	let template = Candidate::new();
	let candidate = Candidate::made(
		(*template.pov).clone(),
		template.validation_data.clone(),
		template.receipt.commitments.clone(),
		Hash::repeat_byte(0x55),
		2,
	);
	// Validators change places: who backs on the fork are 5, 4 and 3.
	let mut other = leaf(Some(&candidate));
	other.block.hash = Hash::repeat_byte(0xaa);
	other.session_index = 2;
	other.validators.reverse();
	other.ancestors.clear();
	let mut holder = Solo::fresh(0);
	holder.meet_all();
	let outputs = holder.import(&other);
	let (_, asked, request) = only_request(&outputs);
	assert!([peer(3), peer(4), peer(5)].contains(&asked), "law 7: {asked:?}");
	assert_eq!(
		request,
		Request::Chunk {
			candidate: candidate.hash(),
			index: ValidatorIndex(5),
			plain: true,
		},
		"law 7: its own index there"
	);
	// The other session's leaf came last, and is the newest.
	let mut newest = child_of(&leaf(None), 1);
	newest.block.number = 20;
	holder.import(&newest);
	let outputs = holder.import(&child_of(&other, 9));
	for (_, asked, _) in requests(&outputs) {
		assert!([peer(3), peer(4), peer(5)].contains(&asked), "law 7: {asked:?}");
	}
}

#[test]
fn row_11_no_input_is_heavy_with_a_pov_of_five_mebibytes() {
	let mut facts = leaf(None);
	let state = facts.paras.get_mut(&PARA).expect("it is scheduled");
	state.backing_state.constraints.max_pov_size = 6 << 20;
	let validation_data = PersistedValidationData {
		max_pov_size: 6 << 20,
		..Candidate::new().validation_data
	};
	let pov = PoV {
		block_data: vec![7; 5 << 20].into(),
	};
	let commitments = Candidate::new().receipt.commitments;
	let large = Candidate::made(pov, validation_data, commitments, block(10).hash, 1);
	let mut backer = Solo::at(0, &facts).knows(&[&large]);
	backer.holds_jobs = true;
	let (id, ..) = only_request(&backer.say(COLLATOR, large.advertisement()));
	let collation = large.collation();
	backer.answer(id, Ok(Response::Collation(collation)));
	while backer.work_next().is_some() {}
	assert_eq!(backer.signed.len(), 1, "it is seconded");
	assert_eq!(
		backer.ask(peer(1), 1, Request::Pov(large.hash())),
		Ok(Response::Pov(large.pov.clone()))
	);
	// What is copied the kit for the laws counts.
	assert!(backer.heaviest <= 64 * 1024, "law 1: {} bytes", backer.heaviest);
	assert!(backer.price.bytes > 5 << 20, "it was work all the same");
}

/// What confirms comes after what seconds over each connection (R-SD-2), and not over several.
#[test]
fn row_12_valid_may_overtake_seconded() {
	let candidate = Candidate::new();
	let mut member = Solo::at(2, &leaf(None)).knows(&[&candidate]);
	let outputs = member.say(peer(1), statement(&candidate, 1, false));
	assert_eq!(costs(&outputs), [(peer(1), "Valid before Seconded")], "R-SD-4");
	member.say(peer(0), statement(&candidate, 0, true));
	// It knows of it now from who seconds it.
	member.say(peer(1), statement(&candidate, 0, true));
	let outputs = member.say(peer(1), statement(&candidate, 1, false));
	assert!(is_backable(&outputs, &candidate), "R-BAK-7");
}

#[test]
fn row_17_with_a_backer_crashed_the_five_others_attest() {
	let candidate = Candidate::new();
	let mut net = Net::new(&[&candidate]);
	net.import(&leaf(None));
	net.advertise(&candidate, &[0]);
	net.run_until(NOW + Duration::from_secs(5));
	assert!(net.events.contains(&(4, Event::Backable(candidate.hash()))));
	net.dead.insert(1);
	net.now += Duration::from_secs(1);
	let occupied = leaf(Some(&candidate));
	net.import(&occupied);
	net.run_until(net.now + Duration::from_millis(5800));
	let next = child_of(&occupied, 0);
	net.import(&next);
	net.run_until(net.now + Duration::from_millis(5800));
	assert_eq!(net.attested(4, &next), 5, "R-ENA-1: five of six");
}

#[test]
fn row_17_two_who_are_silent_do_not_keep_data_from_the_others() {
	let candidate = Candidate::new();
	let mut net = Net::new(&[&candidate]);
	net.import(&leaf(None));
	net.advertise(&candidate, &[0]);
	net.run_until(NOW + Duration::from_secs(5));
	// Two backers live and are honest, and do not answer: others recover from chunks of each other.
	net.silent.extend([peer(1)]);
	net.now += Duration::from_secs(1);
	let occupied = leaf(Some(&candidate));
	net.import(&occupied);
	net.run_until(net.now + Duration::from_millis(5800));
	net.import(&child_of(&occupied, 0));
	net.run_until(net.now + Duration::from_millis(5800));
	assert_eq!(net.attested(4, &child_of(&occupied, 0)), 6);
}
