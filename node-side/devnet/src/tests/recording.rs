//! Validators of runs in which all kinds of things go wrong, recorded and told again.

use super::town::{config, Town};
use crate::{Arena, RunConfig};
use async_backing_validator::recording::{rerun, Ended, Rerun};
use std::{cell::RefCell, io, rc::Rc, time::Duration};

/// Slot from which on all is calm, and relay blocks of a run.
const CALM_FROM: u32 = 10;
const BLOCKS: u32 = 16;
const VALIDATORS: u32 = 4;

/// Four validators, of which one may do wrong, and one collator.
const ARENA: Arena = Arena {
	validators: VALIDATORS,
	collators: 1,
	calm_from: CALM_FROM,
	beyond: false,
};

/// A file in memory.
#[derive(Clone, Debug, Default)]
struct Memory(Rc<RefCell<Vec<u8>>>);

impl io::Write for Memory {
	fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
		self.0.borrow_mut().extend(bytes);
		Ok(bytes.len())
	}

	fn flush(&mut self) -> io::Result<()> {
		Ok(())
	}
}

/// A mix of faults out of a seed.
fn mixed(number: u64) -> RunConfig {
	let mix = ARENA.draw(3, number);
	let mut config = config(BLOCKS, number);
	config.faults.calm_from = Some(CALM_FROM);
	config.faults.forks = mix.forks;
	config.faults.empty_slots = mix.empty_slots;
	config.model.import_jitter = Duration::from_millis(mix.import_jitter_ms.into());
	config.faults.troubles = mix.troubles.clone();
	config.expanded().expect("what is drawn can be")
}

/// A run, with a validator recorded: the hash of its trace, and the recording.
fn recorded(config: RunConfig, validator: Option<usize>) -> ([u8; 32], Vec<u8>) {
	let mut town = Town::new(config);
	let file = Memory::default();
	if let Some(validator) = validator {
		let world = town.sim.scenario_mut();
		world
			.record(validator, Box::new(file.clone()))
			.expect("there is such a validator");
	}
	town.try_run(|_| ()).expect("all holds");
	let inputs = town.sim.scenario_mut().end_recording().expect("memory takes all");
	assert_eq!(inputs.is_some(), validator.is_some());
	let recording = file.0.borrow().clone();
	(town.sim.trace().hash, recording)
}

fn told(recording: &[u8]) -> Rerun {
	rerun(recording).unwrap_or_else(|error| panic!("{error}"))
}

/// Law 6, over whole runs: crashes, lost and late parcels, partitions, forks, liars. What is recorded is told again, output by
/// output, and recording changes nothing.
#[test]
fn law_6_validators_of_runs_with_faults_do_the_same_again() {
	let (mut starts, mut outputs) = (0, 0);
	for number in 0..12 {
		let validator = (number % u64::from(VALIDATORS)) as usize;
		let (hash, recording) = recorded(mixed(number), Some(validator));
		assert_eq!(hash, recorded(mixed(number), None).0, "{number}");
		let told = told(&recording);
		assert_eq!(told.ended, Ended::Whole);
		assert!(told.steps > 200, "{number}: {told:?}");
		starts += told.starts;
		outputs += told.outputs;
	}
	assert!(starts > 12, "somebody crashed: {starts} starts");
	assert!(outputs > 12 * 200, "{outputs} outputs");
}

#[test]
fn there_is_nothing_to_record_of_who_is_not_there() {
	let mut town = Town::new(config(2, 0));
	let refused = town
		.sim
		.scenario_mut()
		.record(VALIDATORS as usize, Box::new(io::sink()));
	assert_eq!(
		refused.expect_err("there are four").to_string(),
		"there is no validator 4"
	);
}
