//! Everything goes wrong on purpose: mixes of faults out of a seed, up to f of them, and one more.

use super::town::{config, Town};
use crate::{Arena, DevnetError, Invariant, Mix, RunConfig};
use std::time::Duration;

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
	let mut config = config(BLOCKS, seed);
	config.faults.calm_from = Some(CALM_FROM);
	config.faults.forks = mix.forks;
	config.faults.empty_slots = mix.empty_slots;
	config.model.import_jitter = Duration::from_millis(mix.import_jitter_ms.into());
	config.faults.troubles = mix.troubles.clone();
	config.expanded().expect("what is drawn can be")
}

/// A run to its end: its trace, unless something does not hold.
fn run(config: RunConfig) -> Result<[u8; 32], DevnetError> {
	let mut town = Town::new(config);
	town.try_run(|_| ())?;
	town.chronicle.invariants.end(&town.sim, None)?;
	Ok(town.sim.trace().hash)
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
fn with_one_more_something_breaks_and_is_noticed() {
	let beyond = Arena {
		beyond: true,
		..ARENA
	};
	for number in 0..6 {
		let mix = beyond.draw(1, number);
		match run(with(&mix, number)) {
			Err(DevnetError::Violated(violation)) => {
				assert_eq!(violation.invariant, Invariant::ParaLives, "{violation}");
				assert!(!violation.last.is_empty());
			}
			// Nobody is left who builds.
			Err(DevnetError::Standstill { .. }) => {}
			other => panic!("{number}: {other:?}: {mix:?}"),
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
