//! Is what a document shows still what a run comes to? For tests that compare the two.
//!
//! Hashes follow from every byte of the compiled runtime, so from the compiler and from where the tree lies (see
//! [`salt`](crate::salt)). What follows from hashes differs from machine to machine: which of two candidates comes first, how many
//! bytes a proof has, and so which message is drawn to be lost. So text has to be the same word by word, with figures as near to
//! each other as counts, and means of measures, of one random run are to those of the next; a drawing has to show things of the same
//! kinds.
//!
//! What must hold for each run, whatever its hashes, is not said here: tests assert it beside the comparison.

use std::collections::BTreeSet;

/// What a hash is masked with.
const HASH: &str = "########";

/// Hashes, and the size of code, which follow from every byte of the runtime: six or more hexadecimal digits are one of these.
pub(crate) fn without_hashes(text: &str) -> String {
	let mut masked = String::new();
	let mut digits = String::new();
	for symbol in text.chars().chain(['\n']) {
		if symbol.is_ascii_digit() || ('a'..='f').contains(&symbol) {
			digits.push(symbol);
			continue;
		}
		masked.push_str(if digits.len() >= 6 { HASH } else { &digits });
		digits.clear();
		masked.push(symbol);
	}
	masked.pop();
	masked
}

/// A figure of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Figure {
	value: f64,
	/// Whether it has a decimal point: it is a measure, or the mean or ratio of some, and no count.
	is_measure: bool,
}

/// The words of a text, without figures, and its figures. How far apart words stand is of no account, nor how long a line of
/// dashes is: both follow from figures.
fn read(text: &str) -> (Vec<String>, Vec<Figure>) {
	let (mut words, mut figures) = (Vec::new(), Vec::new());
	for word in without_hashes(text).split_whitespace() {
		let mut rest = String::new();
		let mut symbols = word.chars().peekable();
		while let Some(symbol) = symbols.next() {
			if !symbol.is_ascii_digit() {
				if !(symbol == '-' && rest.ends_with('-')) {
					rest.push(symbol);
				}
				continue;
			}
			let mut figure = String::from(symbol);
			while let Some(next) = symbols.next_if(|next| next.is_ascii_digit() || *next == '.') {
				figure.push(next);
			}
			let figure = figure.trim_end_matches('.');
			figures.push(Figure {
				value: figure.parse().unwrap_or(0.0),
				is_measure: figure.contains('.'),
			});
			rest.push('0');
		}
		words.push(rest);
	}
	(words, figures)
}

/// Two counts of what happens at random are this near: three times the deviation of the smaller, and one for none. Two measures are
/// within a quarter of the smaller, and a tenth of their unit: those of calm runs are the same to the second digit, means of runs in
/// which much goes wrong are not.
fn are_near(a: Figure, b: Figure) -> bool {
	let smaller = a.value.min(b.value);
	let most = match a.is_measure || b.is_measure {
		true => 0.1 + smaller / 4.0,
		false => 1.0 + 3.0 * smaller.sqrt(),
	};
	(a.value - b.value).abs() <= most
}

/// Says where a text and what it should be differ by more than hashes explain.
pub(crate) fn compare(shown: &str, now: &str) -> Result<(), String> {
	let ((words, figures), (words_now, figures_now)) = (read(shown), read(now));
	if words != words_now {
		return Err(format!("other words\nshown: {shown}\nnow:   {now}"));
	}
	let far: Vec<_> = figures
		.iter()
		.zip(&figures_now)
		.filter(|(shown, now)| !are_near(**shown, **now))
		.map(|(shown, now)| (shown.value, now.value))
		.collect();
	if far.is_empty() {
		return Ok(());
	}
	Err(format!(
		"figures shown, and those of now: {far:?}\nshown: {shown}\nnow:   {now}"
	))
}

/// Says what one drawing has that the other hasn't, when each has its elements once and no figure counts.
pub(crate) fn compare_drawings(shown: &str, now: &str) -> Result<(), String> {
	let kinds = |drawing: &str| -> BTreeSet<String> {
		let words = |element: &str| read(element).0.join(" ");
		drawing.lines().map(words).collect()
	};
	let (shown, now) = (kinds(shown), kinds(now));
	if shown == now {
		return Ok(());
	}
	Err(format!(
		"shown alone: {:#?}\nnow alone: {:#?}",
		shown.difference(&now).collect::<Vec<_>>(),
		now.difference(&shown).collect::<Vec<_>>()
	))
}

#[test]
fn figures_of_one_random_run_are_near_those_of_another_and_words_are_the_same() {
	for (shown, now, is_near) in [
		("| lost | 53 | 24 |", "| lost | 73 | 25 |", true),
		("| lost | 53 | 24 |", "| lost | 153 | 25 |", false),
		("| lost | 53 | 24 |", "| kept | 53 | 24 |", false),
		("| orders | 15 | 0 |", "| orders  |  15 |  1 |", true),
		("| orders | 15 | 0 |", "| orders | 15 | 3 |", false),
		("8222 extrinsics", "8223 extrinsics", true),
		("8222 extrinsics", "9850 extrinsics", false),
		("6.00 s", "6.01 s", true),
		("6.00 s", "12.00 s", false),
		("12.00 s", "6.00 s", false),
		("6.00 s", "7.50 s", true),
		("6.00 s", "7.70 s", false),
		("0.00 s", "0.10 s", true),
		("0.00 s", "0.20 s", false),
		("6.64x", "5.53x", true),
		("6.64x", "11.16x", false),
		// A measure that happens to be whole somewhere is one.
		("9 s", "9.4 s", true),
		("9 s", "15.2 s", false),
		("9 blocks", "15 blocks", true),
		("head 0a1b2c3d", "head 00ffee11", true),
		("|----|---|", "|--|---|", true),
	] {
		assert_eq!(compare(shown, now).is_ok(), is_near, "{shown}, {now}");
	}
}

#[test]
fn drawings_show_the_same_kinds_of_things() {
	let drawing = "<rect x=\"1.5\"/>\n<text>validator 4 to validator 3</text>\n";
	let moved = "<rect x=\"1.8\"/>\n<text>validator 0 to validator 3</text>\n<rect x=\"7\"/>\n";
	assert_eq!(compare_drawings(drawing, moved), Ok(()));
	assert!(compare_drawings(drawing, "<rect x=\"1\"/>\n").is_err());
}
