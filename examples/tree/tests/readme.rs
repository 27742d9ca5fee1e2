//! The README shows what the example prints.

use std::process::Command;

#[test]
fn the_readme_shows_what_it_prints() {
	let output = Command::new(env!("CARGO_BIN_EXE_async-backing-example-tree"))
		.output()
		.expect("it starts");
	assert!(output.status.success(), "{output:?}");
	let printed = String::from_utf8(output.stdout).expect("it is text");
	let shown = include_str!("../README.md")
		.split_once("prints\n\n```text\n")
		.and_then(|(_, rest)| rest.split_once("```"))
		.map(|(shown, _)| shown);
	assert_eq!(shown, Some(printed.as_str()));
}
