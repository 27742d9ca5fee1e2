//! `dev --watch`: a run while it goes on, for the terminal.
//!
//! On a terminal the picture is drawn over itself after each relay block; elsewhere there is a line for each. Both are text out of
//! the run's story, so that they can be tested without a terminal.

mod frame;
mod lines;
mod pace;
#[cfg(test)]
mod tests;

pub(crate) use pace::Pace;

use async_backing_devnet::{Devnet, RunConfig};
use console::Term;
use std::{cell::RefCell, io::Write, rc::Rc, time::Duration};

/// Lines and columns, where nobody says how many a terminal has.
const USUAL: (usize, usize) = (40, 100);

/// What is the same in all pictures of a run.
#[derive(Clone, Debug)]
struct Look {
	slot: Duration,
	blocks: u32,
	paras: Vec<u32>,
	title: String,
}

impl Look {
	fn of(config: &RunConfig) -> Self {
		let params = config.params;
		Self {
			slot: config.model.slot,
			blocks: config.blocks,
			paras: config.para_ids().map(|para| para.0).collect(),
			title: format!(
				"seed {}, {} validators, max_candidate_depth {}, allowed_ancestry_len {}",
				config.seed, config.validators, params.max_candidate_depth, params.allowed_ancestry_len
			),
		}
	}
}

/// Has the run be shown while it goes on: on the standard output, or on the error output where the other one belongs to a report.
pub(crate) fn begin(devnet: &mut Devnet, config: &RunConfig, to_stderr: bool) {
	let term = match to_stderr {
		true => Term::stderr(),
		false => Term::stdout(),
	};
	let look = Look::of(config);
	let is_terminal = term.is_term();
	if is_terminal {
		// What cannot be drawn is not worth a run.
		let _ = term.clear_screen();
	}
	let term = Rc::new(RefCell::new(term));
	let mut told = 0;
	devnet.watch(move |devnet| {
		let Ok(Some(story)) = devnet.story() else { return };
		let mut term = term.borrow_mut();
		let text = match is_terminal {
			true => {
				let size = term
					.size_checked()
					.map(|(rows, columns)| (rows.into(), columns.into()));
				let drawn = frame::draw(&look, &story, tree(devnet), devnet.now(), size.unwrap_or(USUAL));
				over(&drawn)
			}
			false => lines::since(&look, &story, &mut told),
		};
		// Nor is a terminal that is gone.
		let _ = term.write_all(text.as_bytes()).and_then(|()| term.flush());
	});
}

/// A picture over the one before: each line clears what is behind it, the last one what is below.
fn over(drawn: &str) -> String {
	let mut text = String::from("\x1b[H");
	for line in drawn.lines() {
		text += line;
		text += "\x1b[K\n";
	}
	text + "\x1b[J"
}

/// The trees of the best leaf as validator 0 sees them, para by para, as text.
fn tree(devnet: &Devnet) -> Vec<(u32, String)> {
	let Some((leaf, view)) = devnet.leaf().zip(devnet.view(0)) else {
		return Vec::new();
	};
	let trees = view.trees_at(leaf);
	trees
		.map(|(para, tree)| (para.0, tree.drawing().text()))
		.collect()
}
