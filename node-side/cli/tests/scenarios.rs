//! The gallery of docs/scenarios: each file comes to what it expects, to the same twice, and to what the table says.

mod common;
#[allow(dead_code, reason = "drawings are compared beside the command")]
#[path = "../src/figures.rs"]
mod figures;

use common::{command, refused, text};
use std::{
	fs,
	path::{Path, PathBuf},
};

const BEGIN: &str = "<!-- table: begin -->\n";
const END: &str = "<!-- table: end -->\n";

fn gallery() -> PathBuf {
	Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/scenarios")
}

fn files() -> Vec<PathBuf> {
	let mut files: Vec<_> = fs::read_dir(gallery())
		.expect("the gallery is there")
		.filter_map(|entry| Some(entry.ok()?.path()))
		.filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
		.collect();
	files.sort();
	files
}

/// Makes all runs. The table, and the outcomes without how long they took here.
fn run(json: &Path) -> (String, String) {
	let output = command("scenario --table")
		.args(files())
		.arg("--json")
		.arg(json)
		.output()
		.expect("the command starts");
	assert!(output.status.success(), "{}", text(&output.stderr));
	let outcomes = fs::read_to_string(json).expect("it is written");
	let outcomes = outcomes.lines().filter(|line| !line.contains("\"wall_s\""));
	(text(&output.stdout), outcomes.collect::<Vec<_>>().join("\n"))
}

fn without_last_cell(row: &str) -> String {
	let cells = row.trim_end_matches('|');
	format!("{}\n", &cells[..cells.rfind('|').unwrap_or(0)])
}

#[test]
fn the_gallery_comes_to_what_it_says_and_to_the_same_twice() {
	assert!(files().len() >= 12, "twelve kinds");
	let folder = std::env::temp_dir().join(format!("async-backing-scenarios-{}", std::process::id()));
	fs::create_dir_all(&folder).expect("there is room");
	let (table, once) = run(&folder.join("once.json"));
	let (same, again) = run(&folder.join("again.json"));
	assert!(
		once == again,
		"two runs of one file differ: see {}",
		folder.display()
	);
	assert_eq!(table, same);
	fs::remove_dir_all(folder).expect("it is ours");

	let path = gallery().join("README.md");
	let page = fs::read_to_string(&path).expect("it is there");
	let (before, rest) = page.split_once(BEGIN).expect("the table begins");
	let (committed, after) = rest.split_once(END).expect("the table ends");
	if std::env::var_os("UPDATE_TABLES").is_some() {
		fs::write(path, [before, BEGIN, &table, END, after].concat()).expect("it can be written");
	} else {
		// Which blocks are lost, and why, follows from hashes; the other cells are near what they are elsewhere.
		let told = |table: &str| -> String { table.lines().map(without_last_cell).collect() };
		if let Err(why) = figures::compare(&told(committed), &told(&table)) {
			panic!("`make scenarios` writes the table anew: {why}");
		}
	}
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_its_line_and_key() {
	let path = std::env::temp_dir().join(format!("async-backing-wrong-{}.toml", std::process::id()));
	fs::write(&path, "title = \"x\"\n[run]\nblocks = 3\nvalidators = \"many\"\n").expect("there is room");
	let error = refused(&format!("scenario {}", path.display()));
	assert!(
		error.contains(": line 4: validators: invalid value 'many'"),
		"{error}"
	);
	fs::remove_file(path).expect("it is ours");
}
