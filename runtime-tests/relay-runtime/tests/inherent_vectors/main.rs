//! What the published pallets did with inherents, done again by ours (R-DEF-7, R-INC-1): `vectors/inherent`.
//!
//! A history says what a chain of the published pallets was told, block by block, and what it made of it: a verdict on each of many
//! inherents, right ones and such as are wrong by one, and after each block all that nodes are told and parachains read. Ours
//! is told the same and has to say the same, but where the history names a row of decision 9: then it has to say what stands there.
//! Nothing of the published pallets is linked. Parents are those of the history, so that no hash depends on how ours keeps its state.

#[allow(dead_code)] // stories ask for the rest
#[path = "../two_halves/chain.rs"]
mod chain;
mod form;
#[allow(dead_code)] // whoever makes histories asks for the rest
mod ours;
#[allow(dead_code)]
#[path = "../two_halves/plan.rs"]
mod plan;
mod replay;

use form::{History, ACCEPTED};
use replay::{replay, Replayed};
use sp_core::Bytes;
use std::path::{Path, PathBuf};

/// Most bytes of a file.
const MAX_FILE: usize = 300_000;

fn files() -> Vec<(PathBuf, String)> {
	let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/inherent");
	let entries = std::fs::read_dir(folder).expect("the folder is there");
	let mut files: Vec<_> = entries
		.map(|entry| entry.expect("it can be read").path())
		.filter(|path| path.extension().is_some_and(|extension| extension == "json"))
		.map(|path| {
			let content = std::fs::read_to_string(&path).expect("it can be read");
			(path, content)
		})
		.collect();
	files.sort();
	files
}

fn histories() -> Vec<(PathBuf, History)> {
	let histories = files().into_iter().map(|(path, content)| {
		let history =
			serde_json::from_str(&content).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
		(path, history)
	});
	histories.collect()
}

#[test]
fn r_def_7_r_inc_1_what_the_published_pallets_did_ours_does() {
	let mut all = Replayed::default();
	for (path, history) in histories() {
		let replayed = replay(&history);
		let name = path.file_name().unwrap_or_default().to_string_lossy();
		println!(
			"{name}: {} blocks; {} accepted by both, {} refused by both, {} by one; {} answers, {} of them ours alone; {} included, \
			{} timed out; {} disagreements",
			history.blocks.len(),
			replayed.accepted,
			replayed.refused,
			replayed.differ,
			replayed.answers,
			replayed.instead,
			replayed.included,
			replayed.timed_out,
			replayed.disagreements.len(),
		);
		assert!(
			replayed.disagreements.is_empty(),
			"{name}: {} disagreements:\n{}",
			replayed.disagreements.len(),
			replayed.disagreements.join("\n")
		);
		all.accepted += replayed.accepted;
		all.refused += replayed.refused;
		all.differ += replayed.differ;
		all.answers += replayed.answers;
		all.instead += replayed.instead;
		all.included += replayed.included;
		all.timed_out += replayed.timed_out;
		all.reasons.extend(replayed.reasons);
		all.rules.extend(replayed.rules);
	}
	// Histories are about something.
	let counts = [
		all.accepted,
		all.refused,
		all.differ,
		all.answers,
		all.instead,
		all.included,
		all.timed_out,
	];
	assert!(counts.iter().all(|count| *count > 0), "{all:?}");
	assert!(all.reasons.len() >= 15, "{:?}", all.reasons);
	assert!(all.rules.len() >= 5, "{:?}", all.rules);
}

/// Makes a history say another thing than it did.
type Twist = fn(&mut History);

#[test]
fn r_def_7_a_history_that_says_another_thing_is_noticed() {
	let (_, mut history) = histories().swap_remove(0);
	history.blocks.truncate(5);
	assert_eq!(replay(&history).disagreements, Vec::<String>::new());

	let twists: [(&str, Twist); 4] = [
		("verdict", |history| {
			let mut trials = history.blocks.iter_mut().flat_map(|block| &mut block.trials);
			let refused = trials.find(|trial| trial.ours != ACCEPTED);
			refused.expect("there is one").ours = ACCEPTED.to_owned();
		}),
		("claim_queue", |history| {
			let told = history.blocks[0].told.get_mut("claim_queue");
			told.expect("it is told").0[0] ^= 1;
		}),
		("seed", |history| history.blocks[1].seed = Bytes(vec![0; 32])),
		("questions", |history| {
			let told = &mut history.blocks[0].told;
			told.insert("what nobody asks".to_owned(), Bytes(Vec::new()));
		}),
	];
	for (what, twist) in twists {
		let mut twisted = history.clone();
		twist(&mut twisted);
		let disagreements = replay(&twisted).disagreements;
		assert!(
			disagreements.iter().any(|said| said.contains(what)),
			"{what}: {disagreements:?}"
		);
	}
}

#[test]
fn files_are_small_and_in_their_own_form() {
	let files = files();
	assert!(!files.is_empty());
	for (path, content) in files {
		assert!(
			content.len() < MAX_FILE,
			"{}: {} bytes",
			path.display(),
			content.len()
		);
		let history: History = serde_json::from_str(&content).expect("it is a history");
		let again = history.to_json().expect("it serialises");
		assert!(again == content, "{} is not as it is written", path.display());
	}
}
