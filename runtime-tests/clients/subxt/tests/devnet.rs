//! The list against a devnet: every row is there and is well.

use async_backing_clients_subxt::{calls, run};
use std::{
	io::{BufRead, BufReader},
	process::{Child, Command, Stdio},
};

/// A devnet that is stopped at the end, whatever the end is.
struct Devnet(Child);

impl Drop for Devnet {
	fn drop(&mut self) {
		let _ = self.0.kill();
		let _ = self.0.wait();
	}
}

/// Ten slots a session, and a slot takes half a second.
const ARGUMENTS: [&str; 9] = [
	"dev",
	"--rpc",
	"0",
	"--real-time=12",
	"--keep-serving",
	"--session-length",
	"10",
	"--blocks",
	"2000",
];

fn start() -> (Devnet, String) {
	let program = std::env::var("ASYNC_BACKING").expect("ASYNC_BACKING names the program, as `make test-subxt` does");
	let mut child = Command::new(program)
		.args(ARGUMENTS)
		.stdout(Stdio::null())
		.stderr(Stdio::piped())
		.spawn()
		.expect("the program starts");
	let stderr = child.stderr.take().expect("it is piped");
	let devnet = Devnet(child);
	let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
	let url = lines
		.find_map(|line| Some(line.split_once(" at ws://")?.1.to_owned()))
		.expect("it says where it serves");
	// Whatever else it says, nobody waits for it to be read.
	std::thread::spawn(move || lines.for_each(drop));
	(devnet, format!("ws://{url}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn r_net_140_all_that_collators_and_tools_ask() {
	let (devnet, url) = start();
	let rows = run(&url).await;
	drop(devnet);
	let mut failed = Vec::new();
	for row in &rows {
		match &row.outcome {
			Ok(said) => println!("{}: {said}", row.call),
			Err(error) => failed.push(format!("{}: {error}", row.call)),
		}
	}
	assert!(failed.is_empty(), "{failed:#?}");
	let names: Vec<_> = rows.iter().map(|row| row.call.clone()).collect();
	assert_eq!(names, calls(), "R-NET-140..142: every row, in order");
}
