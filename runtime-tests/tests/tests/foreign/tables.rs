//! Tables for `docs/interop.md`, put together by `make interop-devnet`.

use super::{built, Adder};
use async_backing_pvf::host;
use async_backing_runtime_metadata::Blob;
use std::collections::{BTreeMap, BTreeSet};

/// Reasons are cut to so many letters: a runtime may say much.
const LETTERS: usize = 160;

/// Where tables are: a part for each para, and the head of all.
pub(crate) fn write(table: &str, part: &str, head: &str, rows: &[String]) {
	let Some((folder, _)) = built() else {
		return;
	};
	let folder = folder.join("tables");
	let put = |name: String, text: String| {
		std::fs::write(folder.join(name), text).expect("tables can be written");
	};
	std::fs::create_dir_all(&folder).expect("tables can be written");
	put(format!("{table}.head.md"), format!("{head}\n"));
	put(format!("{table}-{part}.md"), rows.join("\n") + "\n");
}

/// A reason as a cell of a table: in one line, not too long, and without places of the machine that compiled the runtime.
pub(crate) fn short(reason: &str) -> String {
	let line = reason.replace(['\n', '|'], " ");
	let words: Vec<_> = line
		.split(' ')
		.map(|word| match word.rfind("/src/") {
			Some(_) => {
				let parts: Vec<_> = word.rsplit('/').collect();
				let near = parts.iter().position(|part| *part == "src").unwrap_or(0);
				let near = parts.get(..=near + 1).unwrap_or(&parts);
				near.iter().rev().copied().collect::<Vec<_>>().join("/")
			}
			None => word.to_owned(),
		})
		.collect();
	let line = words.join(" ");
	match line.char_indices().nth(LETTERS) {
		Some((end, _)) => format!("{}…", &line[..end]),
		None => line,
	}
}

/// What a runtime links and never calls during validation, where its `validate_block` puts its own in the place.
fn is_replaced(import: &str) -> bool {
	[
		"ext_storage_",
		"ext_default_child_storage_",
		"ext_offchain_index_",
	]
	.iter()
	.any(|prefix| import.starts_with(prefix))
}

fn offered(import: &str) -> &'static str {
	let is = |name: &'static str| name == import;
	match (host::refused().any(is), host::offered().any(is)) {
		(true, _) => "offered; a call is refused: it needs a key store",
		(_, true) => "offered",
		_ => "the runtime's own in its place",
	}
}

#[test]
fn every_import_of_a_runtime_is_offered_or_replaced() {
	let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
	let mut paras = vec!["adder".to_owned()];
	// No runtime, so that it is looked at for what it may import.
	for import in ["ext_hashing_keccak_256_version_1", "ext_logging_log_version_1"] {
		assert!(Adder::validation_code()
			.0
			.windows(import.len())
			.any(|part| part == import.as_bytes()));
		imports.entry(import.into()).or_default().insert("adder".into());
	}
	let (folder, names) = built().unwrap_or_default();
	for name in names {
		let code = std::fs::read(folder.join(format!("{name}.wasm"))).expect("it is built");
		for import in Blob::read(&code).expect("it is a runtime").imports {
			imports.entry(import).or_default().insert(name.clone());
		}
		paras.push(name);
	}
	let rows: Vec<_> = imports
		.iter()
		.map(|(import, who)| {
			let here = offered(import);
			assert!(here.starts_with("offered") || is_replaced(import), "{import}");
			let cells = paras.iter().map(|para| match who.contains(para) {
				true => "yes |",
				false => " |",
			});
			let cells: Vec<_> = cells.collect();
			format!("| `{import}` | {} {here} |", cells.join(" "))
		})
		.collect();
	let head = format!(
		"| import | {} | here |\n|---|{}---|",
		paras.join(" | "),
		"---|".repeat(paras.len())
	);
	write("imports", "all", &head, &rows);
}
