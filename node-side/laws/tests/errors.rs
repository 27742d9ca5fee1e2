//! Every error that carries another one gives it out as its [`source`](std::error::Error::source), so that whoever reports it
//! can say why.
//!
//! This reads the sources of all crates: the types that derive `Error`, and for each of their fields whether its type is one of
//! them.

use std::{
	collections::BTreeSet,
	fs,
	path::{Path, PathBuf},
};

/// Errors of other crates that ours carry.
const FOREIGN: [&str; 5] = [
	"codec::Error",
	"std::io::Error",
	"serde_json::Error",
	"sp_blockchain::Error",
	"ApiError",
];

/// A type that derives `Error`: its name, and its lines without comments.
struct Declared {
	name: String,
	lines: Vec<String>,
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
	for entry in fs::read_dir(folder).expect("the folder can be read") {
		let path = entry.expect("it can be read").path();
		let name = path
			.file_name()
			.and_then(|name| name.to_str())
			.unwrap_or_default();
		if path.is_dir() && !["target", "tests"].contains(&name) {
			sources(&path, found);
		} else if name.ends_with(".rs") && name != "tests.rs" {
			found.push(path);
		}
	}
}

fn declared(text: &str) -> Vec<Declared> {
	let mut all = Vec::new();
	let mut lines = text.lines();
	while let Some(line) = lines.next() {
		let derives = line.trim_start().strip_prefix("#[derive(");
		if !derives.is_some_and(|traits| traits.contains("Error")) {
			continue;
		}
		let mut body = Vec::new();
		for line in lines.by_ref() {
			if !line.trim_start().starts_with("//") {
				body.push(line.trim().to_owned());
			}
			// A unit or tuple type ends with a semicolon, everything else with a brace.
			let is_over = line.starts_with('}') || (line.starts_with("pub") && line.ends_with(';'));
			if is_over {
				break;
			}
		}
		let name = body.iter().find_map(|line| {
			let (_, rest) = line.split_once("struct ").or_else(|| line.split_once("enum "))?;
			rest.split(|c: char| !c.is_alphanumeric())
				.next()
				.map(str::to_owned)
		});
		all.extend(name.map(|name| Declared { name, lines: body }));
	}
	all
}

/// The fields of a line of a declaration: of `Variant(A, B),` or of `name: A,`.
fn fields(line: &str) -> Vec<&str> {
	if line.starts_with('#') || line.ends_with('{') {
		return Vec::new();
	}
	if let Some((_, fields)) = line.split_once('(') {
		return fields
			.trim_end_matches([',', ';', ')'])
			.split(", ")
			.map(|field| field.trim_start_matches("pub "))
			.collect();
	}
	match line.split_once(": ") {
		Some((_, field)) => vec![field.trim_end_matches(',')],
		None => Vec::new(),
	}
}

/// Whether the line, or what is written before it, gives the error out.
fn gives_out(lines: &[String], at: usize) -> bool {
	let line = &lines[at];
	let before: Vec<_> = lines[..at]
		.iter()
		.rev()
		.take_while(|line| line.starts_with('#') || line.starts_with('"') || line.starts_with(')'))
		.collect();
	let marked = |line: &String| {
		["#[source]", "#[from]", ", source)", "(transparent)"]
			.iter()
			.any(|mark| line.contains(mark))
	};
	line.starts_with("source: ")
		|| line.starts_with("pub source: ")
		|| marked(line)
		|| before.into_iter().any(marked)
}

#[test]
fn an_error_in_an_error_is_its_source() {
	let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
	let mut files = Vec::new();
	for folder in ["primitives", "pallets", "node-side"] {
		sources(&root.join(folder), &mut files);
	}
	let mut all = Vec::new();
	for path in files {
		let text = fs::read_to_string(&path).expect("sources are text");
		let of_file = declared(&text).into_iter();
		all.extend(of_file.map(|declared| (path.clone(), declared)));
	}
	assert!(all.len() > 80, "only {} errors are found", all.len());
	let names: BTreeSet<&str> = all
		.iter()
		.map(|(_, declared)| &*declared.name)
		.chain(FOREIGN)
		.collect();
	let mut mute = Vec::new();
	for (path, Declared { name, lines }) in &all {
		for (at, line) in lines.iter().enumerate() {
			for field in fields(line) {
				let field = field.rsplit("] ").next().unwrap_or(field);
				let inner = field
					.trim_start_matches("Box<")
					.split('<')
					.next()
					.unwrap_or_default()
					.trim_end_matches('>');
				// The codec's is an error with the standard library alone, which these crates do without.
				let is_none = inner == "codec::Error" && !path.starts_with(root.join("node-side"));
				if names.contains(inner) && !is_none && !gives_out(lines, at) {
					mute.push(format!("{}: {name}: {line}", path.display()));
				}
			}
		}
	}
	assert!(
		mute.is_empty(),
		"errors without their source:\n{}",
		mute.join("\n")
	);
}
