//! What runs came to, in a file: a line of JSON for each, behind one that says which runs they are.

use crate::{args, error::CliError};
use async_backing_devnet::{Fate, Mix, RunReport, Violation};
use serde::{Deserialize, Serialize};
use std::{
	collections::{BTreeMap, BTreeSet},
	fs::File,
	io::{Read, Write},
	path::Path,
};

/// Version of what a number of a seed means: one more whenever the same number is another run than before.
const VERSION: u32 = 3;

/// Which runs they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
	/// [`VERSION`].
	soak: u32,
	seed: u64,
	blocks: u32,
	validators: u32,
	beyond: bool,
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Outcome {
	/// Its number.
	pub(super) run: u32,
	/// Relay blocks; 0 of a run that was stopped.
	pub(super) relay_blocks: u32,
	/// Parablocks built.
	pub(super) built: u32,
	/// Parablocks included.
	pub(super) included: u32,
	/// Hash of its events, as hexadecimal text.
	pub(super) events: String,
	/// Name of what broke.
	pub(super) broke: Option<String>,
	/// How many parablocks ended in each class, by its name. Files of earlier versions do not say.
	#[serde(default)]
	pub(super) fates: BTreeMap<String, u32>,
	/// Validators that misbehave and that honest ones charged, ascending.
	#[serde(default)]
	pub(super) charged: BTreeSet<u32>,
	/// What broke, with the objects.
	#[serde(default)]
	pub(super) message: String,
	/// The arguments of `dev` that are left of it, and the file for `rerun`, if it was made smaller.
	#[serde(default)]
	pub(super) smaller: Option<(String, String)>,
}

impl Outcome {
	/// Whether it is noticed that this went wrong: something broke, or all validators that contradict themselves were charged,
	/// if there are any.
	pub(super) fn is_noticed(&self, mix: &Mix) -> bool {
		let mut equivocators = mix.equivocators().peekable();
		self.broke.is_some()
			|| (equivocators.peek().is_some() && equivocators.all(|number| self.charged.contains(&number)))
	}

	pub(super) fn whole(run: u32, report: &RunReport) -> Self {
		let sum = |of: fn(&async_backing_devnet::ParaReport) -> u32| report.paras.iter().map(of).sum();
		Self {
			run,
			relay_blocks: report.relay_blocks,
			built: sum(|para| para.built),
			included: sum(|para| para.included),
			events: report.events.clone(),
			broke: None,
			fates: Fate::ALL
				.iter()
				.map(|fate| (fate.name().to_owned(), of_all(report, *fate)))
				.filter(|(_, count)| *count > 0)
				.collect(),
			charged: report.charged.iter().map(|charged| charged.validator).collect(),
			message: String::new(),
			smaller: None,
		}
	}

	pub(super) fn broke(run: u32, violation: &Violation) -> Self {
		Self {
			run,
			relay_blocks: 0,
			built: 0,
			included: 0,
			events: String::new(),
			broke: Some(violation.invariant.name().into()),
			fates: BTreeMap::new(),
			charged: BTreeSet::new(),
			message: violation.message.clone(),
			smaller: None,
		}
	}
}

fn of_all(report: &RunReport, fate: Fate) -> u32 {
	let counts = report.paras.iter().map(|para| para.fates.of(fate));
	counts.fold(0, u32::saturating_add)
}

/// The file, if there is one.
#[derive(Debug)]
pub(super) struct State {
	known: BTreeMap<u32, Outcome>,
	file: Option<(File, String)>,
}

impl State {
	/// Opens the file and reads what is there. A last line that is not whole is of a run that was stopped.
	pub(super) fn open(args: &args::Soak) -> Result<Self, CliError> {
		let Some(path) = &args.state else {
			return Ok(Self {
				known: BTreeMap::new(),
				file: None,
			});
		};
		let header = Header {
			soak: VERSION,
			seed: args.seed,
			blocks: args.blocks,
			validators: args.validators,
			beyond: args.beyond,
		};
		open(path, &header).map_err(|source| CliError::Write {
			flag: "state",
			path: path.display().to_string(),
			source,
		})
	}

	/// What a run came to that was made before.
	pub(super) fn known(&self, run: u32) -> Option<&Outcome> {
		self.known.get(&run)
	}

	/// A run is over.
	pub(super) fn add(&mut self, outcome: &Outcome) -> Result<(), CliError> {
		let Some((file, path)) = &mut self.file else {
			return Ok(());
		};
		let line = serde_json::to_string(outcome)? + "\n";
		let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_data());
		written.map_err(|source| CliError::Unwritten {
			flag: "state",
			path: path.clone(),
			source,
		})
	}
}

fn open(path: &Path, header: &Header) -> std::io::Result<State> {
	let mut file = File::options().read(true).append(true).create(true).open(path)?;
	let mut text = String::new();
	file.read_to_string(&mut text)?;
	let whole = text.rfind('\n').map_or(0, |end| end + 1);
	file.set_len(whole as u64)?;
	let mut lines = text[..whole].lines();
	match lines.next() {
		Some(line) if serde_json::from_str::<Header>(line).ok().as_ref() == Some(header) => {}
		Some(_) => {
			let other =
				"it is of other runs: another seed, number of blocks or of validators, or of another version";
			return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, other));
		}
		None => file.write_all((serde_json::to_string(header)? + "\n").as_bytes())?,
	}
	let outcomes = lines.map(serde_json::from_str::<Outcome>);
	let known = outcomes
		.map(|outcome| outcome.map(|outcome| (outcome.run, outcome)))
		.collect::<Result<_, _>>()?;
	Ok(State {
		known,
		file: Some((file, path.display().to_string())),
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use async_backing_devnet::Trouble;

	const HEADER: Header = Header {
		soak: VERSION,
		seed: 7,
		blocks: 100,
		validators: 10,
		beyond: false,
	};

	#[test]
	fn who_contradicts_itself_is_noticed_if_it_is_charged() {
		let trouble = |text: &&str| Trouble::misconduct(text).expect("it reads");
		let mix = |texts: &[&str]| Mix {
			troubles: texts.iter().map(trouble).collect(),
			..Mix::default()
		};
		/// What goes wrong, whom honest validators charged, which invariant broke, and whether that is noticed.
		type Row = (
			&'static [&'static str],
			&'static [u32],
			Option<&'static str>,
			bool,
		);
		let rows: &[Row] = &[
			(&["v1=mute"], &[], Some("para-lives"), true),
			(&["v1=mute"], &[], None, false),
			(&["v1=mute"], &[1], None, false),
			(&["v1=equivocate", "v2=lie-in-manifests"], &[1], None, true),
			(&["v1=equivocate", "v2=equivocate"], &[1], None, false),
			(&["v1=equivocate", "v2=equivocate"], &[1, 2, 3], None, true),
			(&[], &[], None, false),
		];
		for (texts, charged, broke, expected) in rows {
			let outcome = Outcome {
				run: 0,
				relay_blocks: 1,
				built: 0,
				included: 0,
				events: String::new(),
				broke: broke.map(str::to_owned),
				fates: BTreeMap::new(),
				charged: charged.iter().copied().collect(),
				message: String::new(),
				smaller: None,
			};
			assert_eq!(
				outcome.is_noticed(&mix(texts)),
				*expected,
				"{texts:?} {charged:?} {broke:?}"
			);
		}
	}

	#[test]
	fn what_was_made_is_not_made_again() {
		let name = format!("async-backing-soak-{}", std::process::id());
		let path = std::env::temp_dir().join(name);
		let outcome = |run| Outcome {
			run,
			relay_blocks: 100,
			built: 200,
			included: 190,
			events: "0x00".into(),
			broke: None,
			fates: [("included".to_owned(), 190)].into(),
			charged: [3].into(),
			message: String::new(),
			smaller: None,
		};
		let before = r#"{"run":9,"relay_blocks":1,"built":0,"included":0,"events":"","broke":null}"#;
		let before: Outcome = serde_json::from_str(before).expect("what earlier versions wrote is read");
		assert!(before.fates.is_empty());
		let mut state = open(&path, &HEADER).expect("there is room");
		assert_eq!(state.known(0), None);
		state.add(&outcome(0)).expect("there is room");
		state.add(&outcome(1)).expect("there is room");
		// Half of a line, as of a program that was stopped.
		let (file, _) = state.file.as_mut().expect("there is one");
		file.write_all(b"{\"run\":2,").expect("there is room");
		drop(state);
		let mut again = open(&path, &HEADER).expect("it is there");
		assert_eq!(again.known(1), Some(&outcome(1)));
		assert_eq!(again.known(2), None);
		again.add(&outcome(2)).expect("there is room");
		drop(again);
		let third = open(&path, &HEADER).expect("it is there");
		assert_eq!(third.known(2), Some(&outcome(2)));
		let other = Header { seed: 8, ..HEADER };
		assert!(open(&path, &other).is_err(), "other runs");
		std::fs::remove_file(path).expect("it is ours");
	}
}
