//! Codes are ready before they are needed, and voted on; what a clock ends is no verdict.

use super::{fixture::*, solo::*};
use crate::{work::ExecutionFailure, CodeEvent, CodeJob, Event, Job, NodeWords, Validator};
use async_backing_chain_view::ChainEvent;
use async_backing_machine::{Core, Input, JobFailure, Outbox, Output, Priority};
use async_backing_primitives::{Hash, LeafFacts, PvfCheckStatement, ValidationCodeHash, ValidatorIndex};
use std::{sync::Arc, time::Duration};

const SECOND: Duration = Duration::from_secs(1);

fn code(byte: u8) -> ValidationCodeHash {
	ValidationCodeHash(Hash::repeat_byte(byte))
}

/// A leaf that asks for a vote.
fn asking() -> LeafFacts {
	LeafFacts {
		codes_to_check: vec![code(0x77)],
		..leaf(None)
	}
}

/// The same chain, so many blocks later.
fn later(leaf: &LeafFacts, blocks: u8) -> LeafFacts {
	(0..blocks).fold(leaf.clone(), |leaf, _| child_of(&leaf, 0))
}

fn unfinished(outputs: &[Output<NodeWords>]) -> usize {
	let is_unfinished = |output: &&Output<NodeWords>| {
		matches!(output, Output::Event(Event::Code(CodeEvent::Unfinished { .. })))
	};
	outputs.iter().filter(is_unfinished).count()
}

fn votes(solo: &Solo) -> Vec<PvfCheckStatement> {
	solo.ballots.0.iter().map(|(statement, _)| *statement).collect()
}

#[test]
fn r_bak_11_a_code_is_prepared_as_soon_as_a_leaf_shows_it_with_a_deadline_of_its_own() {
	let mut facts = asking();
	for para in facts.paras.values_mut() {
		para.backing_state.constraints.future_validation_code = Some((20, code(0x66)));
	}
	let current = facts.paras[&PARA].backing_state.constraints.validation_code_hash;
	let (mut core, mut out): (Validator, Outbox<NodeWords>) = (validator(0), Outbox::default());
	let mut asked = |core: &mut Validator, input| {
		core.handle(NOW, input, &mut out);
		let outputs: Vec<_> = out.drain().collect();
		outputs
			.into_iter()
			.filter_map(|output| match output {
				Output::Job {
					id,
					priority,
					deadline,
					job: Job::Code(CodeJob::Prepare { code, at }),
				} => {
					assert_eq!((deadline, at), (NOW + 60 * SECOND, facts.block.hash));
					Some((id, code, priority))
				}
				_ => None,
			})
			.collect::<Vec<_>>()
	};
	let imported = ChainEvent::Imported {
		facts: Arc::new(facts.clone()),
		fresh: true,
	};
	let import = Input::Chain(imported.into());
	let jobs = asked(&mut core, import);
	// Two at a time, and those first that candidates need.
	let codes: Vec<_> = jobs
		.iter()
		.map(|(_, code, priority)| (*code, *priority))
		.collect();
	let mut expected = [(current, Priority::Normal), (code(0x66), Priority::Normal)];
	expected.sort_by_key(|(code, _)| *code);
	assert_eq!(codes, expected);
	let done = Ok(crate::Done::Code(crate::CodeDone::Prepared(Ok(()))));
	let jobs = asked(&mut core, Input::Done(jobs[0].0, done));
	assert_eq!(jobs.len(), 1);
	assert_eq!((jobs[0].1, jobs[0].2), (code(0x77), Priority::Low));
}

#[test]
fn r_bak_11_a_code_is_prepared_once_while_leaves_show_it() {
	let mut solo = Solo::at(0, &asking());
	let prepared = solo.results.prepared.len();
	assert_eq!(prepared, 2);
	solo.import(&child_of(&asking(), 0));
	assert_eq!(solo.results.prepared.len(), prepared);
}

#[test]
fn r_code_3_a_validator_votes_on_a_code_by_what_its_preparation_comes_to() {
	for (result, accept) in [(Ok(()), true), (Err("too large".into()), false)] {
		let mut solo = Solo::fresh(1);
		solo.results.codes.insert(code(0x77), result);
		solo.import(&asking());
		let expected = PvfCheckStatement {
			accept,
			subject: code(0x77),
			session_index: 1,
			validator_index: ValidatorIndex(1),
		};
		assert_eq!(votes(&solo), [expected]);
		assert!(expected.is_signed_by(&key(1), &solo.ballots.0[0].1), "R-CODE-3");
		// Nobody is asked twice in a session, unless the vote seems to be lost.
		solo.import(&later(&asking(), 1));
		assert_eq!(votes(&solo).len(), 1);
		let much_later = LeafFacts {
			codes_to_check: vec![code(0x77)],
			..later(&asking(), 10)
		};
		solo.import(&much_later);
		assert_eq!(votes(&solo), [expected; 2]);
		// Each session counts anew.
		let next_session = LeafFacts {
			session_index: 2,
			..child_of(&much_later, 0)
		};
		solo.import(&next_session);
		assert_eq!(votes(&solo).len(), 3);
		assert_eq!(votes(&solo)[2].session_index, 2);
	}
}

#[test]
fn r_bak_11_a_preparation_that_is_not_finished_is_tried_once_more_and_no_vote_follows() {
	for failure in [JobFailure::Late, JobFailure::Dropped] {
		let mut solo = Solo::fresh(0);
		let unfinished_code = ExecutionFailure::Unfinished(failure);
		solo.results.codes.insert(code(0x77), Err(unfinished_code));
		let outputs = solo.import(&asking());
		assert_eq!(unfinished(&outputs), 1);
		let outputs = solo.wait(NOW + 60 * SECOND);
		assert_eq!(unfinished(&outputs), 1, "once more");
		let child = LeafFacts {
			codes_to_check: vec![code(0x77)],
			..child_of(&asking(), 0)
		};
		solo.import(&child);
		let tries = solo.results.prepared.iter().filter(|of| **of == code(0x77));
		assert_eq!((tries.count(), votes(&solo).len()), (2, 0));
	}
	// The second time it was in time.
	let mut solo = Solo::fresh(0);
	let late = ExecutionFailure::Unfinished(JobFailure::Late);
	solo.results.codes.insert(code(0x77), Err(late));
	solo.import(&asking());
	solo.results.codes.clear();
	solo.wait(NOW + 60 * SECOND);
	assert_eq!(votes(&solo).len(), 1);
}

#[test]
fn law_5_a_vote_is_the_same_after_a_crash_whatever_the_code_comes_to_then() {
	let mut solo = Solo::at(0, &asking());
	solo.results
		.codes
		.insert(code(0x77), Err("by another compiler".into()));
	solo.crash();
	solo.import(&asking());
	let votes = votes(&solo);
	assert_eq!(votes.len(), 2, "it may not have been given before the crash");
	assert_eq!(votes[0], votes[1]);
	assert!(votes[0].accept);
}

#[test]
fn r_code_3_who_is_no_validator_prepares_and_votes_on_nothing() {
	let mut solo = Solo::fresh(VALIDATORS + 1);
	solo.import(&asking());
	assert!(votes(&solo).is_empty() && solo.results.prepared.is_empty());
}

#[test]
fn r_bak_11_an_execution_without_verdict_makes_no_statement_and_blames_nobody() {
	let candidate = Candidate::new();
	for failure in [JobFailure::Late, JobFailure::Dropped] {
		let mut solo = Solo::at(0, &leaf(None));
		let unfinished = ExecutionFailure::Unfinished(failure);
		solo.results.known.insert(candidate.hash(), Err(unfinished));
		let mut outputs = solo.say(COLLATOR, candidate.advertisement());
		let (id, _, _) = requests(&outputs)[0];
		outputs.extend(solo.answer(id, Ok(crate::Response::Collation(candidate.collation()))));
		assert_eq!(solo.results.executed, [candidate.hash()]);
		assert!(statements(&outputs).is_empty());
		assert_eq!(costs(&outputs), []);
		let failed = |output: &Output<NodeWords>| {
			matches!(output, Output::Event(Event::Backing(async_backing_backing::Event::Failed { failure: of, .. }))
				if *of == failure)
		};
		assert!(outputs.iter().any(failed));
	}
}
