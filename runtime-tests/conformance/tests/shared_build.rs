//! `make run` and `make test` share one build (decisions 2 and 21): every unit of the program is a unit of the tests, with
//! the same features, profile and dependencies, all the way down. A unit that differs is compiled twice, and so is
//! everything above it.

use serde::Deserialize;
use std::{
	collections::{BTreeMap, BTreeSet},
	process::Command,
};

#[derive(Deserialize)]
struct Graph {
	units: Vec<Unit>,
}

#[derive(Deserialize)]
struct Unit {
	pkg_id: String,
	target: Target,
	profile: BTreeMap<String, serde_json::Value>,
	platform: Option<String>,
	mode: String,
	features: Vec<String>,
	dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Target {
	name: String,
	kind: Vec<String>,
}

#[derive(Deserialize)]
struct Dependency {
	index: usize,
}

/// What cargo would compile for `command`.
fn graph(command: &[&str]) -> Graph {
	let printed = Command::new(env!("CARGO"))
		// The graph is for tools, and an unstable option of cargo's; nothing is compiled with it.
		.env("__CARGO_TEST_CHANNEL_OVERRIDE_DO_NOT_USE_THIS", "nightly")
		.args(["-Zunstable-options", "--locked", "--offline"])
		.args(command)
		.args(["--workspace", "--unit-graph"])
		.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
		.output()
		.expect("cargo runs this test");
	assert!(
		printed.status.success(),
		"{}",
		String::from_utf8_lossy(&printed.stderr)
	);
	serde_json::from_slice(&printed.stdout).expect("cargo's own format")
}

/// Each unit with a number that two graphs share where the unit and all below it are the same.
fn numbered(graph: &Graph, numbers: &mut BTreeMap<String, usize>) -> Vec<usize> {
	fn number(
		graph: &Graph,
		index: usize,
		numbers: &mut BTreeMap<String, usize>,
		known: &mut Vec<Option<usize>>,
	) -> usize {
		if let Some(number) = known[index] {
			return number;
		}
		let unit = &graph.units[index];
		let below: BTreeSet<_> = unit
			.dependencies
			.iter()
			.map(|dependency| number(graph, dependency.index, numbers, known))
			.collect();
		// `dev` and `test` are one profile by two names.
		let profile: Vec<_> = unit.profile.iter().filter(|(key, _)| *key != "name").collect();
		let unit = format!(
			"{} {} {:?} {} {:?} {:?} {profile:?} {below:?}",
			unit.pkg_id, unit.target.name, unit.target.kind, unit.mode, unit.platform, unit.features
		);
		let next = numbers.len();
		let number = *numbers.entry(unit).or_insert(next);
		known[index] = Some(number);
		number
	}
	let mut known = vec![None; graph.units.len()];
	(0..graph.units.len())
		.map(|index| number(graph, index, numbers, &mut known))
		.collect()
}

#[test]
fn every_unit_of_the_program_is_one_of_the_tests() {
	let (run, test) = (graph(&["build", "--bin", "async-backing"]), graph(&["test"]));
	let mut numbers = BTreeMap::new();
	let of_tests: BTreeSet<_> = numbered(&test, &mut numbers).into_iter().collect();
	let of_run = numbered(&run, &mut numbers);
	let missing: Vec<_> = of_run
		.iter()
		.zip(&run.units)
		.filter(|(number, _)| !of_tests.contains(number))
		.map(|(_, unit)| format!("{} ({}) with {:?}", unit.pkg_id, unit.target.name, unit.features))
		.collect();
	assert!(
		missing.is_empty(),
		"compiled once more for the tests, with other features or other dependencies; name the features of the lowest \
		 in runtime-tests/conformance/Cargo.toml: {missing:#?}"
	);
	assert!(
		run.units.len() > 500,
		"the client of Substrate is among them: {}",
		run.units.len()
	);
}
