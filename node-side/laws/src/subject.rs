//! What is no core and has no driver, but is told things all the same.

use crate::measure;
use async_backing_machine::laws::{Choices, LIGHT, THOROUGH};
use async_backing_primitives::meter;
use std::{
	fmt::{self, Debug, Write},
	hash::{DefaultHasher, Hash, Hasher},
};

/// A machine that neighbours call: it asks nobody, promises nothing and has no peers of its own. What is left of the laws:
/// it never panics, no input is heavy (1), its memory is bounded (3), and it does the same again (6).
pub trait Subject {
	/// What it is told.
	type Input: Debug;
	/// What it answers.
	type Output: Debug;

	/// What happens next.
	fn next(&mut self, choices: &mut Choices<'_>) -> Self::Input;

	/// What it makes of it.
	fn handle(&mut self, input: Self::Input) -> Self::Output;

	/// Law 1: bytes that may be hashed for an input: less than [`LIGHT`] where all things are small.
	fn light(&self) -> usize {
		LIGHT
	}

	/// Law 1: bytes above that, or of allocations above [`LIGHT`], that this input may cost: for what the own chain says.
	fn allowance(&self, _input: &Self::Input) -> usize {
		0
	}

	/// Law 3: the most bytes that it may hold.
	fn memory_bound(&self) -> usize;

	/// Tells it that all it was told is over. Then it may hold no more than this.
	fn rest(&mut self) -> usize {
		self.memory_bound()
	}

	/// What must hold after each input.
	///
	/// # Panics
	/// If it does not.
	fn check(&self) {}

	/// Lets go of the machine, and all that it holds.
	fn let_go(&mut self);
}

/// What was tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tried {
	/// Most bytes hashed, coded and verified for one input.
	pub heaviest: u64,
	/// Most bytes allocated for one input.
	pub most_allocated: u64,
	/// Most bytes held.
	pub memory: usize,
	/// Most bytes held when all was over.
	pub rest: usize,
}

/// Tells a subject so many things with each seed, and then the same again.
///
/// # Panics
/// If a law is broken, with the seed and the input.
pub fn try_subject<S: Subject>(
	new: impl Fn(&mut Choices<'_>) -> S,
	seeds: impl IntoIterator<Item = u64>,
	inputs: u64,
) -> Tried {
	let mut tried = Tried::default();
	for seed in seeds {
		try_choices(&new, &Choices::seeded(seed), inputs, &mut tried);
	}
	tried
}

/// The same, as these bytes decide: the body of a fuzz target.
///
/// # Panics
/// If a law is broken, with the input.
pub fn try_subject_bytes<S: Subject>(new: impl Fn(&mut Choices<'_>) -> S, bytes: &[u8]) -> Tried {
	let mut tried = Tried::default();
	try_choices(&new, &Choices::bytes(bytes), THOROUGH, &mut tried);
	tried
}

fn try_choices<S: Subject>(
	new: &impl Fn(&mut Choices<'_>) -> S,
	choices: &Choices<'_>,
	inputs: u64,
	tried: &mut Tried,
) {
	let again_with = choices
		.seed()
		.map_or("the same bytes".into(), |seed| format!("seed {seed}"));
	let mut run = |inputs: u64, is_over: bool| -> Vec<u64> {
		let mut choices = choices.clone();
		let mut subject = new(&mut choices);
		let mut outputs = Vec::new();
		while (outputs.len() as u64) < inputs && !choices.is_over() {
			outputs.push(step(&mut subject, &mut choices, &again_with, tried));
		}
		end(subject, is_over, &again_with, tried);
		outputs
	};
	let first = run(inputs, true);
	// Again, and a little less: what is held is seen when it goes.
	let again = run(inputs - inputs / 4, false);
	let differs = first.iter().zip(&again).position(|(first, again)| first != again);
	assert_eq!(
		differs, None,
		"law 6: this input of {again_with} gave something else before"
	);
}

fn step<S: Subject>(subject: &mut S, choices: &mut Choices<'_>, again_with: &str, tried: &mut Tried) -> u64 {
	let input = subject.next(choices);
	let text = Short::of(&input, 512);
	let allowance = subject.allowance(&input);
	let [light, limit] = [subject.light(), LIGHT].map(|limit| limit.saturating_add(allowance) as u64);
	let (mut input, mut output) = (Some(input), None);
	let before = meter::bytes();
	let allocated = measure(&mut || {
		if let Some(input) = input.take() {
			output = Some(subject.handle(input));
		}
	});
	let heavy = meter::bytes().saturating_sub(before);
	tried.heaviest = tried.heaviest.max(heavy);
	tried.most_allocated = tried.most_allocated.max(allocated.total);
	assert!(
		heavy <= light && allocated.total <= limit,
		"law 1: {heavy} bytes hashed of {light}, {} allocated of {limit}, for {text}, with {again_with}",
		allocated.total
	);
	subject.check();
	let mut hasher = DefaultHasher::new();
	Short::of(&output, 4096).hash(&mut hasher);
	hasher.finish()
}

fn end<S: Subject>(mut subject: S, is_over: bool, again_with: &str, tried: &mut Tried) {
	let bound = match is_over {
		true => subject.rest(),
		false => subject.memory_bound(),
	};
	let kept = measure(&mut || subject.let_go()).kept;
	let held = usize::try_from(kept.saturating_neg()).unwrap_or(0);
	match is_over {
		true => tried.rest = tried.rest.max(held),
		false => tried.memory = tried.memory.max(held),
	}
	assert!(
		held <= bound,
		"law 3: it held {held} bytes of {bound}, with {again_with}; all was over: {is_over}"
	);
}

/// The beginning of something's `Debug`. What is behind it is not even written: a code is megabytes.
struct Short {
	text: String,
	room: usize,
}

impl Short {
	fn of(what: &impl Debug, room: usize) -> String {
		let mut short = Self {
			text: String::new(),
			room,
		};
		// An error says that there is no more room.
		let _ = write!(short, "{what:?}");
		short.text
	}
}

impl Write for Short {
	fn write_str(&mut self, text: &str) -> fmt::Result {
		let room = self.room.saturating_sub(self.text.len());
		self.text.extend(text.chars().take(room));
		match text.len() <= room {
			true => Ok(()),
			false => Err(fmt::Error),
		}
	}
}
