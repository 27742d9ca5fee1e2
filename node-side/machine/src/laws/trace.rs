//! What a run looks like from outside: a hash, and the words of the last input.

use std::{
	fmt::{self, Debug, Write},
	hash::{DefaultHasher, Hasher},
};

/// Bytes of each input's and output's `Debug` that are hashed and shown. Data of megabytes are recognised by their
/// beginning; what differs behind it shows in what follows from it.
const SHOWN: usize = 512;

/// Bytes of the outputs of one input that are shown in all.
const SHOWN_OUTPUTS: usize = 4096;

/// Hash of all that was said, and the last of it.
#[derive(Debug, Default)]
pub(super) struct Trace {
	hasher: DefaultHasher,
	/// The last input.
	pub(super) input: String,
	/// What came of it.
	pub(super) outputs: String,
}

impl Trace {
	/// An input.
	pub(super) fn input(&mut self, input: &impl Debug) {
		self.input.clear();
		self.outputs.clear();
		self.say_input(input);
	}

	/// An output of the last input.
	pub(super) fn output(&mut self, output: &impl Debug) {
		let before = self.outputs.len();
		write_capped(&mut self.outputs, output);
		self.hasher.write(&self.outputs.as_bytes()[before..]);
		if before > SHOWN_OUTPUTS {
			self.outputs.truncate(before);
		} else {
			self.outputs.push_str("; ");
		}
	}

	/// All so far.
	pub(super) fn hash(&self) -> u64 {
		self.hasher.finish()
	}

	fn say_input(&mut self, input: &impl Debug) {
		write_capped(&mut self.input, input);
		self.hasher.write(self.input.as_bytes());
	}
}

fn write_capped(text: &mut String, value: &impl Debug) {
	let end = text.len().saturating_add(SHOWN);
	// It ends with an error when there is no more room, which is how long values cost little.
	let _ = write!(Capped { text, end }, "{value:?}");
}

struct Capped<'t> {
	text: &'t mut String,
	end: usize,
}

impl Write for Capped<'_> {
	fn write_str(&mut self, more: &str) -> fmt::Result {
		let mut room = self.end.saturating_sub(self.text.len());
		if more.len() <= room {
			self.text.push_str(more);
			return Ok(());
		}
		while !more.is_char_boundary(room) {
			room = room.saturating_sub(1);
		}
		self.text.push_str(&more[..room]);
		Err(fmt::Error)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn long_values_are_cut_and_differences_seen() {
		let (mut one, mut other) = (Trace::default(), Trace::default());
		one.input(&"ä".repeat(2000));
		assert!((SHOWN - 1..=SHOWN).contains(&one.input.len()));
		other.input(&"ä".repeat(2000));
		assert_eq!(one.hash(), other.hash());
		(0..10).for_each(|_| one.output(&[7; 2000]));
		assert!(one.outputs.len() < SHOWN_OUTPUTS + 2 * SHOWN);
		assert_ne!(one.hash(), other.hash());
		one.input(&1);
		assert_eq!((&one.input[..], &one.outputs[..]), ("1", ""));
	}
}
