//! Writes the page of a made-up report: `cargo run -p async-backing-report --example sample FILE.html`.

use async_backing_report::{html, sample::sample};
use std::process::ExitCode;

fn main() -> ExitCode {
	let page = html(&sample());
	let written = match std::env::args_os().nth(1) {
		Some(path) => std::fs::write(path, page),
		None => std::io::Write::write_all(&mut std::io::stdout(), page.as_bytes()),
	};
	match written {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("error: {error}");
			ExitCode::FAILURE
		}
	}
}
