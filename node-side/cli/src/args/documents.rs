//! What documents say to type is what the program takes: commands, their flags, and the names of what misbehaves.

use super::Cli;
use async_backing_devnet::{Misconduct, Trouble, ValidatorMisconduct};
use clap::{CommandFactory, Parser};
use std::{
	collections::BTreeSet,
	fs,
	path::{Path, PathBuf},
};

/// How commands begin.
const PROGRAM: &str = "async-backing ";

fn root() -> PathBuf {
	Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All pages for readers, with their text.
fn pages() -> Vec<(String, String)> {
	let mut found = vec![root().join("README.md"), root().join("CONTRIBUTING.md")];
	let mut folders = vec![root().join("docs")];
	while let Some(folder) = folders.pop() {
		for entry in fs::read_dir(folder).expect("it is there").flatten() {
			match entry.path() {
				path if path.is_dir() => folders.push(path),
				path if path.extension().is_some_and(|extension| extension == "md") => found.push(path),
				_ => {}
			}
		}
	}
	found.sort();
	let text = |path: PathBuf| {
		let text = fs::read_to_string(&path).expect("it is there");
		(path.display().to_string(), text)
	};
	found.into_iter().map(text).collect()
}

/// What stands between back ticks in the lines of a page that are no block, and the lines of its blocks.
fn typed(page: &str) -> Vec<String> {
	let (mut all, mut prose, mut in_block) = (Vec::new(), String::new(), false);
	for line in page.lines() {
		match (line.trim_start().starts_with("```"), in_block) {
			(true, _) => in_block = !in_block,
			(false, true) => all.push(line.trim_start().trim_start_matches("$ ").to_owned()),
			// A span may go on in the next line.
			(false, false) => prose = [&prose, line, " "].concat(),
		}
	}
	all.extend(prose.split('`').skip(1).step_by(2).map(str::to_owned));
	all
}

/// Arguments of a command as a shell takes it, up to whatever it does with the output. `None` if it is none.
fn words(line: &str) -> Option<Vec<String>> {
	let line = line.strip_prefix(PROGRAM)?;
	let (mut all, mut word, mut quote) = (Vec::new(), String::new(), None);
	for character in line.chars().chain([' ']) {
		match (character, quote) {
			('\'' | '"', None) => quote = Some(character),
			(_, Some(mark)) if character == mark => quote = None,
			(' ', None) if word.is_empty() => {}
			(' ', None) if matches!(word.as_str(), "|" | ">" | "#" | "&&" | ";" | "…") => break,
			(' ', None) => all.push(std::mem::take(&mut word)),
			_ => word.push(character),
		}
	}
	Some(all)
}

/// Whether a word stands for what a reader puts there: `FILE`, `FILE.html`, `N`.
fn is_placeholder(word: &str) -> bool {
	let stem = word.split(['.', '=', '|']).next().unwrap_or(word);
	!stem.is_empty() && stem.chars().all(|character| character.is_ascii_uppercase())
}

#[test]
fn what_documents_say_to_type_is_taken() {
	let program = Cli::command();
	let (mut whole, mut flags) = (0, 0);
	for (page, text) in pages() {
		for line in typed(&text) {
			let Some(words) = words(&line) else { continue };
			let Some(name) = words.first() else { continue };
			let command = program.find_subcommand(name);
			let Some(command) = command else {
				panic!("{page}: `{line}`: there is no {name}");
			};
			for word in &words {
				let Some(flag) = word.strip_prefix("--") else {
					continue;
				};
				let flag = flag.split('=').next().unwrap_or(flag);
				let mut known = command.get_arguments().filter_map(|argument| argument.get_long());
				let is_known = flag == "help" || known.any(|known| known == flag);
				assert!(is_known, "{page}: `{line}`: {name} has no --{flag}");
				flags += 1;
			}
			// Values that nobody can type, several at once, and commands that a sentence only names.
			let is_whole = words.len() > 1
				&& !words.iter().any(|word| {
					is_placeholder(word) || word.contains(['|', '*', '…']) && !word.contains("..")
				}) && !words.iter().any(|word| word == "--help");
			if is_whole {
				let line = ["async-backing"]
					.into_iter()
					.chain(words.iter().map(String::as_str));
				if let Err(error) = Cli::try_parse_from(line) {
					// A sentence names a command by what it is about.
					use clap::error::ErrorKind::MissingRequiredArgument;
					assert_eq!(
						error.kind(),
						MissingRequiredArgument,
						"{page}: {words:?}: {error}"
					);
				}
				whole += 1;
			}
		}
	}
	assert!(whole > 60 && flags > 150, "they are found: {whole}, {flags}");
}

/// What the first column of a table says, whose head is this, between back ticks.
fn first_column(page: &str, head: &str) -> BTreeSet<String> {
	let rows = page.lines().skip_while(|line| !line.starts_with(head)).skip(2);
	let rows = rows.take_while(|line| line.starts_with('|'));
	rows.flat_map(|row| {
		let cell = row.split('|').nth(1).unwrap_or_default();
		cell.split('`')
			.skip(1)
			.step_by(2)
			.map(str::to_owned)
			.collect::<Vec<_>>()
	})
	.collect()
}

#[test]
fn all_that_misbehaves_is_told_by_the_name_that_is_taken() {
	let page = fs::read_to_string(root().join("docs/guide/faults.md")).expect("it is there");
	let named =
		|names: &[&str]| -> BTreeSet<String> { names.iter().map(|name| (*name).to_owned()).collect() };
	let validators = ValidatorMisconduct::EVERY.map(ValidatorMisconduct::name);
	assert_eq!(first_column(&page, "| a validator |"), named(&validators));
	let collators = Misconduct::ALL.map(Misconduct::name);
	assert_eq!(first_column(&page, "| a collator |"), named(&collators));
}

/// `v3=withhold-chunks`, wherever it stands.
#[test]
fn whoever_misbehaves_in_a_document_can() {
	let mut found = 0;
	for (page, text) in pages() {
		let word = |character: char| !(character.is_ascii_alphanumeric() || "=-".contains(character));
		for word in text.split(word) {
			let Some((who, what)) = word.split_once('=') else {
				continue;
			};
			let number = who.strip_prefix(['v', 'c']).unwrap_or_default();
			let is_one = !number.is_empty() && number.chars().all(|digit| digit.is_ascii_digit());
			if is_one && what.starts_with(|first: char| first.is_ascii_lowercase()) {
				assert!(Trouble::misconduct(word).is_ok(), "{page}: {word}");
				found += 1;
			}
		}
	}
	assert!(found > 5, "they are found: {found}");
}
