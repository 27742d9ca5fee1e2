//! The command as its users meet it: exit codes, closed pipes and full disks.

use std::process::{Command, Output, Stdio};

fn command(arguments: &str) -> Command {
	let mut command = Command::new(env!("CARGO_BIN_EXE_async-backing"));
	command.args(arguments.split_whitespace()).env("NO_COLOR", "1");
	command
}

fn run(arguments: &str) -> Output {
	command(arguments).output().expect("the command starts")
}

fn text(bytes: &[u8]) -> String {
	String::from_utf8_lossy(bytes).into_owned()
}

/// The one line on the error output of a command that is refused.
fn refused(arguments: &str) -> String {
	let output = run(arguments);
	assert_eq!(
		output.status.code(),
		Some(2),
		"{arguments}: {}",
		text(&output.stderr)
	);
	assert!(output.stdout.is_empty(), "{arguments}");
	text(&output.stderr).trim_end().to_owned()
}

#[test]
fn contexts_that_cannot_be_are_refused_before_any_run() {
	assert_eq!(
		refused("context --para 1999"),
		"error: invalid value '1999' for '--para': must be one of 2000, 2001"
	);
	let error = refused("context --at 10000");
	assert!(
		error.contains("'10000'") && error.contains("--at") && error.contains("1..=9000"),
		"{error}"
	);
	let error = refused("context --as backer --at 12 --leaf 11");
	assert!(
		error.contains("relay parent 12 is not built yet at that leaf"),
		"{error}"
	);
}

#[test]
fn a_closed_pipe_ends_quietly() {
	for arguments in ["dev --blocks 1 --json -", "tree --example 900"] {
		let mut command = command(arguments);
		let mut child = command
			.stdout(Stdio::piped())
			.stderr(Stdio::piped())
			.spawn()
			.expect("the command starts");
		drop(child.stdout.take());
		let output = child.wait_with_output().expect("it ends");
		assert!(
			output.status.success(),
			"{arguments}: {:?} {}",
			output.status,
			text(&output.stderr)
		);
		assert_eq!(text(&output.stderr), "", "{arguments}");
	}
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error_and_no_wrong_flag() {
	let output = run("tree --example 3 --out /dev/full");
	assert_eq!(output.status.code(), Some(1));
	let said = text(&output.stderr);
	assert!(
		said.starts_with("error: the file of '--out', '/dev/full', could not be written:"),
		"{said}"
	);

	let full = std::fs::File::options()
		.write(true)
		.open("/dev/full")
		.expect("it is there");
	let output = command("tree --example 3")
		.stdout(full)
		.output()
		.expect("the command starts");
	assert_eq!(output.status.code(), Some(1));
	assert!(text(&output.stderr).starts_with("error: the standard output could not be written"));
}

#[test]
fn an_old_report_stays_until_the_new_one_is_whole() {
	let folder = std::env::temp_dir().join(format!("async-backing-report-{}", std::process::id()));
	std::fs::create_dir_all(&folder).expect("there is room");
	let report = folder.join("run.json");
	std::fs::write(&report, "old").expect("there is room");
	let path = report.display();
	// It fails after it has opened the file: the relay parent is out of scope at that leaf.
	let output = run(&format!("context --at 3 --as backer --leaf 9 --out {path}"));
	assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
	assert_eq!(std::fs::read_to_string(&report).expect("it is there"), "old");
	let output = run(&format!("dev --blocks 2 --json {path}"));
	assert!(output.status.success(), "{}", text(&output.stderr));
	let new = std::fs::read_to_string(&report).expect("it is there");
	assert!(new.starts_with('{') && new.ends_with("}\n"), "{new}");
	let left: Vec<_> = std::fs::read_dir(&folder).expect("it is there").collect();
	assert_eq!(left.len(), 1, "no draft stays: {left:?}");
	std::fs::remove_dir_all(folder).expect("it is ours");
}

/// A file with the runtime of `examples/relay`, of which this program knows nothing.
fn adopters_runtime(name: &str) -> std::path::PathBuf {
	let code = async_backing_example_relay::WASM_BINARY
		.expect("these tests need the compiled runtime: unset SKIP_WASM_BUILD");
	let path = std::env::temp_dir().join(format!("async-backing-{name}-{}.wasm", std::process::id()));
	std::fs::write(&path, code).expect("there is room");
	path
}

#[test]
fn an_adopters_runtime_runs_and_includes_parablocks() {
	let file = adopters_runtime("dev");
	let path = file.display();
	let output = run(&format!(
		"dev --runtime {path} --blocks 14 --on-demand 1 --json -"
	));
	assert!(output.status.success(), "{}", text(&output.stderr));
	let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
	let run = &report["runs"][0];
	assert!(
		run["sessions"].as_u64() >= Some(2),
		"its sessions have ten slots: {run}"
	);
	for para in run["paras"].as_array().expect("there are paras") {
		assert!(para["included"].as_u64() >= Some(1), "{para}");
	}

	assert_eq!(
		refused(&format!("dev --runtime {path} --preset rococo")),
		"error: the relay chain does not start: the runtime has no genesis preset named \"rococo\": it has none"
	);
	assert_eq!(
		refused(&format!("dev --runtime {path} --session-length 20")),
		"error: the runtime fixes 10 slots for a session, and its genesis takes no other number (20 asked for)"
	);
	std::fs::remove_file(file).expect("it is ours");
}

#[test]
fn check_runtime_says_by_its_exit_code_whether_a_runtime_will_do() {
	let file = adopters_runtime("check");
	let output = run(&format!("check-runtime {}", file.display()));
	let said = text(&output.stdout);
	assert_eq!(output.status.code(), Some(0), "{said}");
	assert!(
		said.starts_with("async-backing-example 1, its default configuration\n"),
		"{said}"
	);
	assert!(said.contains("\nok    blocks of para 2000: "), "{said}");
	assert!(said.ends_with(" 0 failures\n"), "{said}");
	std::fs::write(&file, "no runtime").expect("there is room");
	let output = run(&format!("check-runtime --json {}", file.display()));
	assert_eq!(output.status.code(), Some(1));
	let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
	assert_eq!(report["findings"][0]["level"], "fail");
	std::fs::remove_file(&file).expect("it is ours");
	let gone = refused(&format!("check-runtime {}", file.display()));
	assert!(gone.contains("must be a file that can be read"), "{gone}");
}
