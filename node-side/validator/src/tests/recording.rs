//! Recordings, told again.

use super::{fixture::*, net::*, rows::only_request, solo::*};
use crate::{
	recording::{rerun, Ended, Recorder, Rerun, RerunError, MAGIC},
	Event, Validator, ValidatorConfig,
};
use async_backing_availability::{AvailabilityConfig, Rate, Serving};
use async_backing_chain_view::Limits;
use async_backing_collator_protocol::{SlotClock, ValidatorSideConfig};
use async_backing_machine::Core;
use async_backing_prospective_parachains::{Selection, TreeLimits, UnconnectedLimits, ViewConfig};
use codec::{Compact, Decode, Encode};
use proptest::prelude::*;
use std::{
	io::{self, Write},
	ops::Range,
	time::Duration,
};

/// A run in which a parablock is backed and made available, with one of its validators recorded, which crashes in the middle.
fn recorded(node: u8, crashes_after: Option<usize>) -> Vec<u8> {
	let candidate = Candidate::new();
	let mut net = Net::new(&[&candidate]);
	// From its first input on.
	let mut solo = Solo::fresh(node).knows(&[&candidate]);
	solo.is_alone = true;
	solo.record();
	solo.meet_all();
	net.nodes.insert(node, solo);
	net.crash = crashes_after.map(|after| (node, after));
	net.silent.insert(peer((node + 1) % 3));
	let first = leaf(None);
	net.import(&first);
	net.advertise(&candidate, &[0]);
	net.run_until(NOW + Duration::from_millis(5900));
	net.now = NOW + Duration::from_secs(6);
	let occupied = leaf(Some(&candidate));
	net.import(&occupied);
	net.run_until(NOW + Duration::from_millis(11_900));
	let last = child_of(&occupied, 0);
	net.import(&last);
	net.attested(node, &last);
	let tape = net.nodes[&node].tape.as_ref().expect("it is recorded");
	assert!(tape.steps() > 40, "{} inputs", tape.steps());
	tape.written().expect("memory takes all").clone()
}

/// Where each entry is.
fn entries(recording: &[u8]) -> Vec<Range<usize>> {
	let mut at = MAGIC.len();
	let mut entries = Vec::new();
	while let Some(len) = recording.get(at..at + 4) {
		let len = u32::from_le_bytes(len.try_into().expect("they are four")) as usize;
		entries.push(at..at + 4 + len);
		at += 4 + len;
	}
	entries
}

fn told(recording: &[u8]) -> Rerun {
	rerun(recording).unwrap_or_else(|error| panic!("{error}"))
}

/// Law 6: whoever is made again from what was written does the same, output by output, over a crash as well.
#[test]
fn law_6_what_was_recorded_is_done_again_output_by_output() {
	for node in [0, 1, 5] {
		let calm = told(&recorded(node, None));
		assert_eq!((calm.starts, calm.ended), (1, Ended::Whole));
		assert!(calm.outputs > 60, "{calm:?}");
		for after in [3, 9, 15] {
			let crashed = told(&recorded(node, Some(after)));
			assert_eq!(crashed.starts, 2, "validator {node}, after {after} inputs");
		}
	}
}

/// An execution that gives something else than the candidate says does not follow from the candidate, and is written down.
#[test]
fn what_a_lying_collator_handed_over_is_executed_again_with_the_same_outcome() {
	let candidate = Candidate::new();
	let mut solo = Solo::fresh(0);
	let mut result = candidate.result();
	result.head_data.0.push(1);
	solo.results.known.insert(candidate.hash(), Ok(result));
	solo.record();
	solo.meet_all();
	solo.import(&leaf(None));
	let outputs = solo.say(COLLATOR, candidate.advertisement());
	let (id, ..) = only_request(&outputs);
	let outputs = solo.answer(id, Ok(crate::Response::Collation(candidate.collation())));
	let refused = events(&outputs)
		.into_iter()
		.any(|event| matches!(event, Event::Refused(..)));
	assert!(refused, "{outputs:?}");
	told(solo.tape.as_ref().and_then(Recorder::written).expect("it is"));
}

/// The part of an entry that says what came of the input: the hashes with the words, and where each hash is.
fn hashes(entry: &[u8]) -> Vec<usize> {
	let mut rest = &entry[4..];
	if u8::decode(&mut rest) != Ok(1) {
		return Vec::new();
	}
	<(Duration, u64, u32, Vec<u8>)>::decode(&mut rest).expect("a step");
	let count = Compact::<u32>::decode(&mut rest).expect("outputs").0;
	(0..count)
		.map(|_| {
			let at = entry.len() - rest.len();
			<([u8; 32], String)>::decode(&mut rest).expect("an output");
			at
		})
		.collect()
}

#[test]
fn another_output_is_noticed_whichever_it_is() {
	let recording = recorded(0, Some(9));
	let (mut step, mut noticed) = (0, 0);
	for entry in entries(&recording).into_iter().skip(1) {
		let bytes = &recording[entry.clone()];
		for (position, at) in hashes(bytes).into_iter().enumerate() {
			noticed += 1;
			// Each is told from the start: not all of them.
			if noticed % 7 != 0 {
				continue;
			}
			let mut mutated = recording.clone();
			mutated[entry.start + at] ^= 1;
			match rerun(&mutated[..]) {
				Err(RerunError::Differs(difference)) => {
					assert_eq!((difference.step, difference.position), (step, position));
					assert_eq!(difference.expected, difference.got, "it says the same, in words");
					let text = difference.to_string();
					assert!(text.starts_with(&format!("input {step} at ")), "{text}");
					assert!(text.ends_with("\n  which differ behind what is shown"), "{text}");
				}
				other => panic!("output {position} of input {step}: {other:?}"),
			}
		}
		step += u64::from(bytes[4] == 1);
	}
	assert!(noticed > 100, "{noticed} outputs");
}

#[test]
fn an_input_that_is_left_out_or_told_twice_is_noticed() {
	let recording = recorded(0, None);
	let all = entries(&recording);
	let mut noticed = 0;
	for entry in all.iter().skip(2) {
		let bytes = &recording[entry.clone()];
		if hashes(bytes).is_empty() {
			// Nothing came of it at once, and perhaps nothing ever.
			continue;
		}
		let without = [&recording[..entry.start], &recording[entry.end..]].concat();
		let twice = [&recording[..entry.end], &recording[entry.start..]].concat();
		noticed += usize::from(rerun(&without[..]).is_err());
		noticed += usize::from(rerun(&twice[..]).is_err());
	}
	assert!(noticed > 60, "{noticed} noticed");
	// What nothing goes on without: the leaf at the beginning.
	let imported = all[..all.len() / 2]
		.iter()
		.max_by_key(|entry| hashes(&recording[(*entry).clone()]).len())
		.expect("there are entries");
	let without = [&recording[..imported.start], &recording[imported.end..]].concat();
	// The end of a job that it would have begun may come first.
	let noticed = rerun(&without[..]);
	assert!(
		matches!(noticed, Err(RerunError::Differs(_) | RerunError::NoJob { .. })),
		"{noticed:?}"
	);
}

#[test]
fn a_recording_may_end_anywhere() {
	let recording = recorded(1, None);
	let ends: Vec<_> = entries(&recording).into_iter().map(|entry| entry.end).collect();
	let whole = told(&recording);
	for cut in (ends[0]..recording.len()).step_by(977).chain(ends.clone()) {
		let rerun = told(&recording[..cut]);
		let expected = match ends.contains(&cut) {
			true => Ended::Whole,
			false => Ended::Torn,
		};
		assert_eq!(rerun.ended, expected, "cut after {cut} bytes");
		assert!(rerun.steps <= whole.steps);
	}
	for cut in 0..ends[0] {
		assert!(rerun(&recording[..cut]).is_err(), "cut after {cut} bytes");
	}
}

/// Takes so many bytes.
struct Disk(usize);

impl Write for Disk {
	fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
		match self.0.checked_sub(bytes.len()) {
			Some(left) => {
				self.0 = left;
				Ok(bytes.len())
			}
			None => Err(io::ErrorKind::StorageFull.into()),
		}
	}

	fn flush(&mut self) -> io::Result<()> {
		Ok(())
	}
}

/// A validator whose recorder fails does what it would do without one.
#[test]
fn a_full_disk_ends_the_recording_and_not_the_validator() {
	let config = ValidatorConfig::new(key(0));
	let mut alone = Validator::new(config.clone());
	let mut watched = Validator::new(config.clone());
	let mut recorder = Recorder::new(Disk(400), &config).expect("there is room for the beginning");
	recorder.started();
	let (mut out, mut seen) = Default::default();
	for index in 1..VALIDATORS {
		let input = || {
			let who = async_backing_chain_view::Identity::of(key(index)).into();
			async_backing_machine::Input::Peer(peer(index), async_backing_machine::PeerEvent::Connected(who))
		};
		alone.handle(NOW, input(), &mut out);
		recorder.handle(&mut watched, NOW, input(), &mut seen);
		assert_eq!(out.drain().collect::<Vec<_>>(), seen.drain().collect::<Vec<_>>());
	}
	let steps = recorder.steps();
	assert!(steps < u64::from(VALIDATORS) - 1, "{steps} were written");
	let failure = recorder.finish().expect_err("the disk is full");
	assert_eq!(failure.kind(), io::ErrorKind::StorageFull);
}

/// Of what a validator is made from nothing is lost.
#[test]
fn the_beginning_says_what_the_validator_is_made_from() {
	let seconds = Duration::from_secs;
	let rate = |per_second| Rate {
		per_second,
		burst: 2 * per_second,
	};
	let mut config = ValidatorConfig {
		bitfield_after: seconds(11),
		gossip_seed: 12,
		availability: AvailabilityConfig {
			keep_included: 13,
			keep_unavailable: 14,
			max_bytes: 15,
			max_candidates: 16,
			serving: Serving {
				total: rate(17),
				validator: rate(18),
				strangers: rate(19),
			},
		},
		collators: ValidatorSideConfig {
			v3_enabled: true,
			slots: Some(SlotClock {
				at: seconds(20),
				slot: 21,
				duration: seconds(22),
			}),
		},
		view: ViewConfig {
			v3_enabled: true,
			tree_limits: Some(TreeLimits {
				max_candidates: 32,
				max_nodes: 33,
				max_nodes_per_candidate: 34,
			}),
			unconnected: UnconnectedLimits {
				max_candidates: 35,
				max_bytes: 36,
			},
			selection: Selection::Chain,
		},
		preparation: seconds(23),
		limits: Limits {
			leaves: 24,
			blocks: 25,
			facts: 26,
			finalized: 27,
			peers: 28,
			authorities: 29,
		},
		..ValidatorConfig::new(key(3))
	};
	config.backing.validation = seconds(30);
	config.statements.serve_burst = 31;
	let read = crate::recording::config_again(&config).expect("it decodes");
	assert_eq!(format!("{read:?}"), format!("{config:?}"));
}

/// A validator reckons with the times that it is made from: of a file that somebody sends in, they are hostile.
#[test]
fn times_beyond_any_clock_are_an_error() {
	let with = |change: fn(&mut ValidatorConfig)| {
		let mut config = ValidatorConfig::new(key(0));
		change(&mut config);
		let mut file = Vec::new();
		let mut recorder = Recorder::new(&mut file, &config).expect("memory takes all");
		recorder.started();
		recorder.finish().expect("memory takes all");
		rerun(&file[..])
	};
	assert!(with(|_| {}).is_ok());
	let rows: [fn(&mut ValidatorConfig); 4] = [
		|config| config.bitfield_after = Duration::MAX,
		|config| config.backing.sign = Duration::MAX,
		|config| config.statements.retry = Duration::MAX,
		|config| config.preparation = Duration::MAX,
	];
	for (row, change) in rows.into_iter().enumerate() {
		let told = with(change);
		assert!(
			matches!(told, Err(RerunError::Malformed { step: 0, .. })),
			"row {row}: {told:?}"
		);
	}
}

proptest! {
	/// Whatever a file says, nothing panics.
	#[test]
	fn bytes_that_are_no_recording_are_an_error(entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..6), is_started in any::<bool>()) {
		let mut file = Vec::new();
		let mut recorder = Recorder::new(&mut file, &ValidatorConfig::new(key(0))).expect("memory takes all");
		if is_started {
			recorder.started();
		}
		drop(recorder);
		for entry in &entries {
			file.extend((entry.len() as u32).to_le_bytes());
			file.extend(entry);
		}
		// An entry may be a start, and nothing else.
		let starts = entries.iter().all(|entry| entry == &[0]);
		prop_assert_eq!(rerun(&file[..]).is_ok(), starts);
	}

	/// One byte of an input is another one: it is another input, or none; it is told all the same.
	#[test]
	fn a_changed_byte_never_panics(place in any::<prop::sample::Index>(), bit in 0u32..8) {
		let mut recording = RECORDED.with(Clone::clone);
		let at = MAGIC.len() + place.index(recording.len() - MAGIC.len());
		recording[at] ^= 1 << bit;
		let _ = rerun(&recording[..]);
	}
}

thread_local! {
	static RECORDED: Vec<u8> = recorded(1, Some(9));
}

#[test]
fn a_file_of_something_else_is_none() {
	for bytes in [&b""[..], b"async-backing rerun 1: devnet\n{}", MAGIC] {
		assert!(matches!(rerun(bytes), Err(RerunError::NoRecording)));
	}
	let unfinished = [MAGIC, &3u32.to_le_bytes(), &"x".encode()].concat();
	assert!(rerun(&unfinished[..]).is_err());
}
