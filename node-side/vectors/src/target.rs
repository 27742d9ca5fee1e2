//! Questions line by line, from whoever asks.

use crate::{answer_line, Malformed};
use serde_json::json;
use std::io::{self, BufRead, Write};

/// Most bytes of a line.
pub const MAX_LINE: usize = 1 << 20;

/// What came until the end of a line.
enum Line {
	Whole,
	TooLong,
	End,
}

/// Answers each line of `input` with a line, until it ends or nobody listens any more. Empty lines are passed over. What is
/// no question, is no text or is longer than [`MAX_LINE`] is answered with an error; of the latter no more is kept.
///
/// # Errors
/// Those of reading, and of writing but for a reader that has gone.
pub fn serve(mut input: impl BufRead, mut output: impl Write) -> io::Result<()> {
	let mut line = Vec::new();
	loop {
		let answer = match read_line(&mut input, &mut line)? {
			Line::End => return Ok(()),
			Line::TooLong => error(&Malformed::TooLong { max: MAX_LINE }),
			Line::Whole => match std::str::from_utf8(&line) {
				Ok(text) if text.trim().is_empty() => continue,
				Ok(text) => answer_line(text),
				Err(_) => error(&Malformed::NotText),
			},
		};
		// Whoever asks waits for it.
		let written = output
			.write_all((answer + "\n").as_bytes())
			.and_then(|()| output.flush());
		match written {
			Err(gone) if gone.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
			written => written?,
		}
	}
}

fn error(malformed: &Malformed) -> String {
	crate::canonical(&json!({ "error": malformed.to_string() }))
}

/// Reads up to the end of a line, or of the input; keeps [`MAX_LINE`] bytes of it at most.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Line> {
	line.clear();
	let (mut is_too_long, mut has_begun) = (false, false);
	loop {
		let available = match input.fill_buf() {
			Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
			available => available?,
		};
		if available.is_empty() {
			return Ok(match (has_begun, is_too_long) {
				(false, _) => Line::End,
				(true, true) => Line::TooLong,
				(true, false) => Line::Whole,
			});
		}
		has_begun = true;
		let end = available.iter().position(|byte| *byte == b'\n');
		let piece = available
			.get(..end.unwrap_or(available.len()))
			.unwrap_or_default();
		is_too_long |= line.len().saturating_add(piece.len()) > MAX_LINE;
		if !is_too_long {
			line.extend_from_slice(piece);
		}
		let used = piece.len().saturating_add(usize::from(end.is_some()));
		input.consume(used);
		if end.is_some() {
			return Ok(match is_too_long {
				true => Line::TooLong,
				false => Line::Whole,
			});
		}
	}
}
