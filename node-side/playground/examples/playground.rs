//! What `make playground` and `make test-pages` call:
//!
//! ```sh
//! playground page MODULE.wasm PAGE.html       # puts the page together
//! playground transcript FILE.json             # 1,000 random moves, and what the crates say after each
//! ```

use async_backing_playground::{page, play, random, Game};
use std::{error::Error, fs, process::ExitCode};

/// Games, and moves of each.
const GAMES: u64 = 20;
const MOVES: usize = 50;

fn main() -> ExitCode {
	let args: Vec<_> = std::env::args().skip(1).collect();
	let args: Vec<_> = args.iter().map(String::as_str).collect();
	let done = match args.as_slice() {
		["page", module, file] => page(module, file),
		["transcript", file] => transcript(file),
		_ => Err("usage: playground page MODULE.wasm PAGE.html | playground transcript FILE.json".into()),
	};
	match done {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("error: {error}");
			ExitCode::FAILURE
		}
	}
}

fn page(module: &str, file: &str) -> Result<(), Box<dyn Error>> {
	let wasm = fs::read(module)?;
	let page = page::html(&wasm);
	println!(
		"{file}: {} kB, {} kB of them Wasm",
		page.len() / 1000,
		wasm.len() / 1000
	);
	Ok(fs::write(file, page)?)
}

/// A list of questions and answers, both as text.
fn transcript(file: &str) -> Result<(), Box<dyn Error>> {
	let mut lines = Vec::new();
	for seed in 0..GAMES {
		let game = random::game(seed, MOVES);
		for (at, look) in game.looks.iter().enumerate() {
			let asked = serde_json::to_string(&Game {
				moves: game.moves[..=at].to_vec(),
				look: look.clone(),
			})?;
			let said = play(&asked);
			lines.push((asked, said));
		}
	}
	Ok(fs::write(file, serde_json::to_string(&lines)?)?)
}
