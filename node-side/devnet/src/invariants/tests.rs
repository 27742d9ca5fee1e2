//! Each invariant notices what it is for: a run as it is, but for one thing that observers are told otherwise.

use super::{Invariant, Invariants, Look};
use crate::{
	tests::town::{config, Town},
	words::{DevnetWords, Done},
	world::{NewBlock, Note},
	Assignee, CoreWork, RunConfig, Trouble, PARTS_OF_A_CORE,
};
use async_backing_backing::job;
use async_backing_machine::{Cost, Input, Judgement, Output, PeerEvent, PeerId};
use async_backing_primitives::{CandidateEvent, ParaId};
use async_backing_sim::{NodeId, Step, What};
use async_backing_validator::Done as ValidatorDone;
use std::collections::BTreeSet;

/// Relay blocks of a run.
const BLOCKS: u32 = 12;

/// What is found in a run whose steps are told so: nothing, or the step with what is said of it instead.
fn found_in(
	config: RunConfig,
	mut told: impl FnMut(&Step<'_, DevnetWords, Note>, &mut dyn FnMut(&Step<'_, DevnetWords, Note>)),
) -> Option<Invariant> {
	let mut watching = Invariants::new(&config);
	let mut town = Town::new(config);
	town.run(|step| told(step, &mut |step| watching.see(step)));
	watching.found.map(|(invariant, _)| invariant)
}

/// What is found if blocks are told so.
fn of_blocks(config: RunConfig, mut change: impl FnMut(&mut NewBlock)) -> Option<Invariant> {
	found_in(config, |step, tell| match step.what {
		What::Note(Note::RelayBlock(block)) => {
			let mut block = block.clone();
			change(&mut block);
			let note = Note::RelayBlock(block);
			tell(&Step {
				what: &What::Note(&note),
				..*step
			});
		}
		_ => tell(step),
	})
}

fn is_included(event: &CandidateEvent) -> bool {
	matches!(event, CandidateEvent::CandidateIncluded(..))
}

fn is_backed(event: &CandidateEvent) -> bool {
	matches!(event, CandidateEvent::CandidateBacked(..))
}

#[test]
fn of_a_run_as_it_is_all_holds() {
	assert_eq!(of_blocks(config(BLOCKS, 1), |_| ()), None);
}

#[test]
fn r_glo_10_what_is_offered_and_not_taken_is_noticed() {
	let without = |block: &mut NewBlock| block.events.retain(|event| !is_backed(event));
	let found = of_blocks(config(BLOCKS, 1), without);
	assert_eq!(found, Some(Invariant::OfferIsTaken));
}

#[test]
fn r_bak_2_what_comes_to_something_else_than_it_says_is_noticed_whoever_found_it_valid() {
	let untrue = |block: &mut NewBlock| {
		let included = block.events.iter().filter_map(|event| match event {
			CandidateEvent::CandidateIncluded(receipt, ..) => Some(receipt.hash()),
			_ => None,
		});
		block.truth = included.map(|candidate| (candidate, false)).collect();
	};
	let found = of_blocks(config(BLOCKS, 1), untrue);
	assert_eq!(found, Some(Invariant::IncludedIsValid));
}

#[test]
fn r_glo_5_two_heads_of_one_height_are_noticed() {
	let mut first = None;
	let again = |block: &mut NewBlock| match (&first, block.events.iter().position(is_included)) {
		(None, Some(position)) => first = Some(block.events[position].clone()),
		(Some(first), Some(position)) => block.events[position] = first.clone(),
		_ => {}
	};
	assert_eq!(
		of_blocks(config(BLOCKS, 1), again),
		Some(Invariant::OneIncludedHead)
	);
}

#[test]
fn a_head_that_nothing_led_to_is_noticed() {
	let without = |block: &mut NewBlock| block.events.retain(|event| !is_included(event));
	let found = of_blocks(config(BLOCKS, 1), without);
	assert_eq!(found, Some(Invariant::HeadIsIncluded));
}

#[test]
fn r_bak_11_what_nobody_executed_is_noticed() {
	let is_verdict = |what: &What<'_, DevnetWords, Note>| {
		matches!(
			what,
			What::Input(Input::Done(
				_,
				Ok(Done::Validator(ValidatorDone::Backing(job::Done::Validated(_))))
			))
		)
	};
	let found = found_in(config(BLOCKS, 1), |step, tell| {
		if !is_verdict(step.what) {
			tell(step);
		}
	});
	assert_eq!(found, Some(Invariant::IncludedIsValid));
}

/// Where all of a group lie in manifests nobody honest is asked for what it backs. They do execute what they vouch for, so that it
/// is true.
#[test]
fn r_bak_11_what_a_faulty_group_backs_counts_if_it_is_true() {
	let alone = || {
		let mut alone = RunConfig {
			validators: 2,
			..config(BLOCKS, 1)
		};
		let lies = ["v0=lie-in-manifests", "v1=lie-in-manifests"];
		let lies = lies.map(|lies| Trouble::misconduct(lies).expect("it reads"));
		alone.faults.troubles.extend(lies);
		alone.expanded().expect("it can be")
	};
	let mut included = BTreeSet::new();
	let found = of_blocks(alone(), |block| included.extend(block.truth.values().copied()));
	assert_eq!((found, included), (None, [true].into()));
	let unknown = of_blocks(alone(), |block| block.truth.clear());
	assert_eq!(
		unknown,
		Some(Invariant::IncludedIsValid),
		"nobody knows whether it is"
	);
}

/// A para with a core, or a share of one, for good has to live; whose lease ends, or comes from a pool, need not.
#[test]
fn who_has_a_share_of_a_core_for_good_has_to_live() {
	let core = |core, begin, end, shares: &[(Assignee, u16)]| CoreWork {
		core,
		begin,
		end,
		shares: shares.to_vec(),
	};
	let para = |id| Assignee::Para(ParaId(id));
	let half = PARTS_OF_A_CORE / 2;
	let rows: &[(Vec<CoreWork>, &[u32])] = &[
		(vec![core(0, 0, None, &[(para(2000), PARTS_OF_A_CORE)])], &[2000]),
		(
			vec![core(0, 0, None, &[(para(2001), half), (para(2000), half)])],
			&[2000, 2001],
		),
		(
			vec![core(0, 0, None, &[(para(2000), half), (Assignee::Pool, half)])],
			&[2000],
		),
		(
			vec![core(
				0,
				0,
				None,
				&[(para(2000), PARTS_OF_A_CORE - 1), (para(2001), 1)],
			)],
			&[2000],
		),
		(vec![core(0, 0, Some(9), &[(para(2000), PARTS_OF_A_CORE)])], &[]),
		(
			vec![
				core(0, 0, None, &[(para(2000), PARTS_OF_A_CORE)]),
				core(0, 9, None, &[(para(2001), PARTS_OF_A_CORE)]),
			],
			&[],
		),
	];
	for (works, expected) in rows {
		let config = RunConfig {
			works: works.clone(),
			..RunConfig::default()
		};
		let served = super::chain::served_for_good(&config);
		assert_eq!(
			served,
			expected.iter().copied().map(ParaId).collect::<Vec<_>>(),
			"{works:?}"
		);
	}
}

/// The first validator that is connected with another one is told to take it for malicious.
fn punished(config: RunConfig) -> Option<Invariant> {
	found_in(config, |step, tell| {
		tell(step);
		let connected = match step.what {
			What::Input(Input::Peer(peer, PeerEvent::Connected(_))) => Some(*peer),
			_ => None,
		};
		if let (Some(NodeId(0)), Some(NodeId(1)), Some(peer)) = (step.node, step.other, connected) {
			let output = report(peer);
			tell(&Step {
				what: &What::Output(&output),
				..*step
			});
		}
	})
}

fn report(peer: PeerId) -> Output<DevnetWords> {
	Output::Report(peer, Judgement::Cost(Cost::Malicious, "test"))
}

#[test]
fn r_net_114_who_is_punished_for_nothing_is_noticed() {
	assert_eq!(
		punished(config(BLOCKS, 1)),
		Some(Invariant::NoPunishmentWithoutProof)
	);
	let mut guilty = config(BLOCKS, 1);
	guilty.faults.troubles = vec![Trouble::misconduct("v1=withhold-bitfields").expect("it reads")];
	let guilty = guilty.expanded().expect("there is such a validator");
	assert_eq!(punished(guilty), None, "it may be");
}

#[test]
fn a_tree_on_another_head_is_noticed() {
	let mut watching = Invariants::new(&config(BLOCKS, 1));
	let mut town = Town::new(config(BLOCKS, 1));
	let mut leaf = None;
	town.run(|step| {
		watching.see(step);
		if let What::Note(Note::RelayBlock(block)) = step.what {
			leaf = Some(block.facts.parent_hash);
		}
	});
	let leaf = leaf.expect("there are blocks");
	watching.looks = vec![Look::Trees(NodeId(0), leaf)];
	watching.check(&town.sim).expect("the root is the head");
	let para = crate::tests::town::PARA;
	watching.relay.forget_head(leaf, para);
	watching.looks = vec![Look::Trees(NodeId(0), leaf)];
	let error = watching.check(&town.sim).expect_err("it is another head");
	assert!(
		error.to_string().starts_with("root-is-head does not hold"),
		"{error}"
	);
}

/// A run of four validators that is calm from the beginning, with so many that say nothing of what they have.
fn lives_with(withholding: u32) -> Result<(), crate::DevnetError> {
	let mut config = config(60, 1);
	config.faults.calm_from = Some(0);
	let validators = (0..withholding).map(|number| format!("v{number}=withhold-bitfields"));
	let troubles = validators.map(|text| Trouble::misconduct(&text).expect("it reads"));
	config.faults.troubles = troubles.collect();
	let config = config.expanded().expect("there are such validators");
	Town::new(config).try_run(|_| ())
}

#[test]
fn a_para_lives_with_f_and_not_with_one_more_and_that_is_noticed() {
	lives_with(1).expect("one of four may");
	let error = lives_with(2).expect_err("two of four may not");
	assert!(
		error.to_string().starts_with("para-lives does not hold"),
		"{error}"
	);
}

/// A run whose collator lies about its heads, with so many validators who believe it.
fn believed_by(validators: u32) -> Result<(), crate::DevnetError> {
	let mut config = config(BLOCKS, 1);
	let believers = (0..validators).map(|number| format!("v{number}=vouch-for-all"));
	let all = believers.chain(["c0=wrong-head".to_owned()]);
	let troubles = all.map(|text| Trouble::misconduct(&text).expect("it reads"));
	config.faults.troubles = troubles.collect();
	let config = config.expanded().expect("there are such nodes");
	Town::new(config).try_run(|_| ())
}

#[test]
fn r_bkv_1_one_who_vouches_for_all_is_no_quorum_and_two_are_noticed() {
	believed_by(1).expect("two votes are needed");
	let error = believed_by(2).expect_err("two votes are enough");
	assert!(
		error.to_string().starts_with("included-is-valid does not hold"),
		"{error}"
	);
}

#[test]
fn what_is_included_can_be_put_together_from_the_honest() {
	let mut town = Town::new(config(BLOCKS, 1));
	town.run(|_| ());
	town.chronicle
		.invariants
		.end(&town.sim, None)
		.expect("all have their chunks");
	let mut blamed = config(BLOCKS, 1);
	let all = ["v0=mute", "v1=mute", "v2=mute", "v3=mute"];
	blamed.faults.troubles = all
		.map(|text| Trouble::misconduct(text).expect("it reads"))
		.into();
	let blamed = blamed.expanded().expect("there are such validators");
	// Whom the observer takes for faulty it asks for nothing.
	let mut watching = Invariants::new(&blamed);
	let mut town = Town::new(config(BLOCKS, 1));
	town.run(|step| watching.see(step));
	let error = watching.end(&town.sim, None).expect_err("nobody is asked");
	assert!(
		error
			.to_string()
			.starts_with("included-is-recoverable does not hold"),
		"{error}"
	);
}
