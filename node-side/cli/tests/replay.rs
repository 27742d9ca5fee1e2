//! `async-backing replay`, from the outside.

use std::process::{Command, Output};

fn replay(arguments: &[&str]) -> Output {
	Command::new(env!("CARGO_BIN_EXE_async-backing"))
		.arg("replay")
		.args(arguments)
		.output()
		.expect("the command starts")
}

#[test]
fn what_cannot_be_read_is_named_and_a_failure() {
	let output = replay(&["no-such-file.json"]);
	assert_eq!(output.status.code(), Some(1));
	let text = String::from_utf8_lossy(&output.stdout);
	assert!(
		text.starts_with("UNREAD: no-such-file.json"),
		"no table of what no block was asked: {text}"
	);
	let error = String::from_utf8_lossy(&output.stderr);
	assert!(
		error.contains("disagreements: 0; inputs that could not be read: 1"),
		"{error}"
	);
}

#[test]
fn json_says_the_same() {
	let output = replay(&["--json", "no-such-file.json"]);
	let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("nothing but JSON");
	assert_eq!(report["schema"], 1);
	assert_eq!(report["unread"].as_array().map(Vec::len), Some(1));
}

#[test]
fn wrong_arguments_are_usage_errors() {
	assert_eq!(replay(&[]).status.code(), Some(2));
	let alone = replay(&["--max-candidate-depth", "3", "x"]);
	assert_eq!(alone.status.code(), Some(2), "one parameter without the other");
}
