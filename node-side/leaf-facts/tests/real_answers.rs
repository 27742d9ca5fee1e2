//! Answers of a real chain's runtime, of before asynchronous backing.

mod common;

use async_backing_leaf_facts::FactsError;
use async_backing_primitives::{CoreIndex, ParaId, SessionInfo};
use common::world::{World, LEAF};

/// Answers of real chains, where the folder is beside the checkout or named by `CHAIN_DATA`.
#[test]
fn r_bin_31_answers_of_a_chain_without_a_claim_queue() {
	let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/chain-data");
	let folder = std::env::var("CHAIN_DATA").unwrap_or_else(|_| beside.into());
	let read = |name: &str| std::fs::read(format!("{folder}/storage/westend-2023-api-{name}.scale"));
	let mut world = World::new(7, false);
	for (method, name) in [
		("session_index_for_child", "sessionIndex"),
		("validators", "validators"),
		("validator_groups", "validatorGroups"),
		("availability_cores", "availabilityCores"),
		("candidate_events", "candidateEvents"),
	] {
		let Ok(answer) = read(name) else {
			println!("skipped: no chain data");
			return;
		};
		world
			.at(LEAF)
			.answer_bytes(&format!("ParachainHost_{method}"), (), answer);
	}
	// Nobody wrote this one down.
	world
		.at(LEAF)
		.answer("ParachainHost_session_info", 26_895u32, None::<SessionInfo>);
	let answer = world.ask().expect("the bytes are those of ParachainHost");
	let facts = answer.facts;
	assert_eq!((facts.session_index, facts.validators.len()), (26_895, 17));
	assert_eq!(facts.groups.iter().map(Vec::len).collect::<Vec<_>>(), [6, 6, 5]);
	assert_eq!(facts.events.len(), 36);
	let paras = [1000, 1001, 1002].map(ParaId);
	let cores = [0, 1, 2].map(CoreIndex);
	let claims = std::iter::zip(cores, paras.map(|para| [para].into()));
	assert_eq!(
		facts.claim_queue,
		claims.collect(),
		"each para has its core (R-SCH-3)"
	);
	// Nobody wrote down what this chain says about them.
	assert!(answer.left_out.keys().eq(&paras));
	let calls = |error: &FactsError| {
		matches!(
			error,
			FactsError::Call {
				method: "para_backing_state",
				..
			}
		)
	};
	assert!(answer.left_out.values().all(calls), "R-VIE-3");
}
