//! Everything goes wrong on purpose: mixes of faults out of a seed, up to f of them, and one more.

use super::town::{config, Town};
use crate::{
	once::Signatures, Arena, DevnetError, Disturbance, Invariant, Misbehaviour, Misconduct, Mix, RunConfig,
	Trouble, ValidatorMisconduct,
};
use async_backing_sim::NodeId;
use std::{collections::BTreeSet, time::Duration};

/// Slot from which on all is calm, and relay blocks of a run.
const CALM_FROM: u32 = 30;
const BLOCKS: u32 = 60;

/// Four validators, of which one may do wrong, and one collator, which does not.
const ARENA: Arena = Arena {
	validators: 4,
	collators: 1,
	calm_from: CALM_FROM,
	beyond: false,
};

fn with(mix: &Mix, seed: u64) -> RunConfig {
	in_a_run(config(BLOCKS, seed), mix)
}

fn in_a_run(mut config: RunConfig, mix: &Mix) -> RunConfig {
	config.faults.calm_from = Some(CALM_FROM);
	config.faults.forks = mix.forks;
	config.faults.empty_slots = mix.empty_slots;
	config.model.import_jitter = Duration::from_millis(mix.import_jitter_ms.into());
	config.faults.troubles = mix.troubles.clone();
	config.expanded().expect("what is drawn can be")
}

/// A run to its end, unless something does not hold.
fn made(config: RunConfig) -> Result<Town, DevnetError> {
	let mut town = Town::new(config);
	town.try_run(|_| ())?;
	town.chronicle.invariants.end(&town.sim, None)?;
	Ok(town)
}

/// The trace of a run to its end, unless something does not hold.
fn run(config: RunConfig) -> Result<[u8; 32], DevnetError> {
	made(config).map(|town| town.sim.trace().hash)
}

/// Whom honest nodes charged for contradicting themselves.
fn charged(town: &Town) -> BTreeSet<usize> {
	let charged = town.chronicle.invariants.charged();
	let contradictions = charged.filter(|(_, reason, _)| *reason == "misbehaviour");
	contradictions.map(|(node, ..)| node.0).collect()
}

#[test]
fn with_up_to_f_faults_all_holds_and_the_para_lives_after_them() {
	for number in 0..24 {
		let mix = ARENA.draw(1, number);
		if let Err(error) = run(with(&mix, number)) {
			panic!("{number}: {error}: {mix:?}");
		}
	}
}

#[test]
fn with_one_more_something_breaks_or_who_contradicts_itself_is_noticed() {
	let beyond = Arena {
		beyond: true,
		..ARENA
	};
	let (mut broke, mut noticed) = (0, 0);
	for number in 0..12 {
		let mix = beyond.draw(1, number);
		let equivocators: BTreeSet<_> = mix.equivocators().map(|number| number as usize).collect();
		broke += u32::from(equivocators.is_empty());
		match made(with(&mix, number)) {
			Ok(town) if !equivocators.is_empty() => {
				assert_eq!(charged(&town), equivocators, "R-TAB-2: {number}: {mix:?}");
				noticed += 1;
			}
			Err(DevnetError::Violated(violation)) => {
				assert_eq!(violation.invariant, Invariant::ParaLives, "{violation}");
				assert!(!violation.last.is_empty());
			}
			// Nobody is left who builds.
			Err(DevnetError::Standstill { .. }) => {}
			other => panic!("{number}: {:?}: {mix:?}", other.map(|_| "all holds")),
		}
	}
	assert!(broke > 2 && noticed > 2, "{broke}, {noticed}");
}

/// Each node that verifies for itself, and one verification for all: the same run, event by event.
#[test]
fn r_stm_2_signatures_that_are_verified_once_change_nothing_of_a_run() {
	for number in 0..3 {
		let mut mix = ARENA.draw(3, number);
		// Some say what is not so, in signed words.
		let liar = Misbehaviour::Validator(3, ValidatorMisconduct::Equivocate);
		mix.troubles
			.retain(|trouble| !matches!(trouble, Trouble::Misbehaviour(_)));
		mix.troubles.push(Trouble::Misbehaviour(liar));
		let trace = |each_for_itself: bool| {
			let mut town = Town::new(with(&mix, number));
			if each_for_itself {
				town.sim.scenario_mut().signatures = Signatures::forgetful();
			}
			town.try_run(|_| ()).expect("all holds");
			town.sim.trace().hash
		};
		assert_eq!(trace(true), trace(false), "R-STM-2: {number}: {mix:?}");
	}
}

/// Each kind of misconduct by itself, one of four validators: the para lives on with it.
#[test]
fn whatever_a_validator_says_wrong_all_holds() {
	for (number, what) in (0u64..).zip(ValidatorMisconduct::EVERY) {
		let mut mix = Mix::default();
		mix.troubles
			.push(Trouble::Misbehaviour(Misbehaviour::Validator(1, what)));
		if let Err(error) = run(with(&mix, number)) {
			panic!("{}: {error}", what.name());
		}
	}
}

/// Each kind of misconduct by itself, of one of two collators, where the relay chain forks: whoever builds twice in one place builds on
/// another fork than it thinks, and no block is told as something else than it is.
#[test]
fn whatever_a_collator_does_wrong_all_holds_on_forks() {
	// The code of this town takes no proof of validity but its own.
	let kinds = Misconduct::ALL
		.into_iter()
		.filter(|what| *what != Misconduct::GarbledPov);
	for what in kinds {
		for seed in [1, 11] {
			let mut mix = Mix {
				forks: 40,
				..Mix::default()
			};
			mix.troubles
				.push(Trouble::Misbehaviour(Misbehaviour::Collator(1, what)));
			let two = RunConfig {
				collators_per_para: 2,
				..config(BLOCKS, seed)
			};
			if let Err(error) = run(in_a_run(two, &mix)) {
				panic!("{}, seed {seed}: {error}", what.name());
			}
		}
	}
}

/// Seven of ten are apart from three and make a block final before these make three in a row, which is more. When they meet, all follow
/// what is final, however long the other chain is: wherever in the order of authors the two parted.
#[test]
fn what_is_final_is_followed_and_not_what_is_longer() {
	const VALIDATORS: u32 = 10;
	for from in 8..18 {
		let mut mix = Mix::default();
		let apart = format!("{from}..{}:3-10|0-2", from + 5);
		mix.troubles.push(Trouble::partition(&apart).expect("it reads"));
		let ten = RunConfig {
			validators: VALIDATORS,
			..config(BLOCKS, 8)
		};
		let mut ten = in_a_run(ten, &mix);
		ten.model.finality_lag = 1;
		if let Err(error) = run(ten) {
			panic!("apart from slot {from} on: {error}");
		}
	}
}

#[test]
fn faults_are_the_same_again() {
	for number in 0..3 {
		let once = || run(with(&ARENA.draw(2, number), number)).expect("all holds");
		assert_eq!(once(), once(), "{number}");
	}
}

/// Where everything is said twice honest validators cut one another. They meet again, and the para lives.
#[test]
fn r_net_115_whoever_was_cut_comes_back() {
	const VALIDATORS: u32 = 13;
	let mut mix = Mix::default();
	mix.troubles.push(Trouble::repeat("100@2..28").expect("it reads"));
	// Of four nobody hears enough.
	let config = RunConfig {
		validators: VALIDATORS,
		..with(&mix, 1)
	};
	let town = made(config).unwrap_or_else(|error| panic!("{error}"));
	let bans = (0..VALIDATORS as usize).filter_map(|node| town.sim.counters(NodeId(node)));
	let bans: u64 = bans.map(|counters| counters.bans).sum();
	assert!(bans > 0, "nobody was cut");
}

/// A disturbance that is calm from the beginning is none, event by event.
#[test]
fn a_disturbance_that_is_calm_from_the_beginning_changes_no_event() {
	let calm = |disturbance: Option<Disturbance>| {
		let mut config = config(8, 5);
		config.faults.calm_from = Some(0);
		if let Some(disturbance) = disturbance {
			config.faults = disturbance.faults(&config);
		}
		run(config).expect("all holds")
	};
	for disturbance in Disturbance::ALL {
		assert_eq!(calm(Some(disturbance)), calm(None), "{disturbance}");
	}
}
