//! How costs grow with size: measured at sizes over several orders of magnitude, with the exponent that fits best.

mod cores;
mod picture;
mod trees;
mod validators;

use crate::{
	measure::Comparison,
	report::{count, table, time, times, Row},
};
use std::{fmt::Write, fs, io, path::Path};

/// Sizes at which most is measured.
const SIZES: [usize; 7] = [10, 30, 100, 300, 1_000, 3_000, 10_000];
/// Lengths of one path: up to the largest depth that our trees know.
const LENGTHS: [usize; 7] = [4, 8, 16, 32, 64, 128, 256];

/// What one call costs.
#[derive(Clone, Debug)]
enum Cost {
	/// Both sides do the work.
	Both(Comparison),
	/// No published crate offers it. In nanoseconds.
	Ours(f64),
}

impl Cost {
	/// Nanoseconds of ours. What was taken off may leave nothing.
	fn ours(&self) -> f64 {
		match self {
			Self::Both(comparison) => comparison.ours_ns.max(1.0),
			Self::Ours(ns) => ns.max(1.0),
		}
	}

	/// Nanoseconds of theirs.
	fn theirs(&self) -> Option<f64> {
		match self {
			Self::Both(comparison) => Some(comparison.theirs_ns.max(1.0)),
			Self::Ours(_) => None,
		}
	}
}

/// The cost of one thing at each size.
#[derive(Clone, Debug)]
pub struct Curve {
	/// What is done.
	what: &'static str,
	/// Whose work ours is compared with.
	peer: Option<&'static str>,
	/// What is to know about it.
	note: String,
	/// Sizes and costs.
	points: Vec<(usize, Cost)>,
}

impl Curve {
	fn measure(
		what: &'static str,
		peer: Option<&'static str>,
		note: impl Into<String>,
		sizes: [usize; 7],
		cost: impl Fn(usize) -> Cost,
	) -> Self {
		let point = |size| {
			eprintln!("scaling: {what}, {size}");
			(size, cost(size))
		};
		Self {
			what,
			peer,
			note: note.into(),
			points: sizes.map(point).to_vec(),
		}
	}

	/// Smallest and largest size.
	fn range(&self) -> (usize, usize) {
		let sizes = || self.points.iter().map(|(size, _)| *size);
		(
			sizes().min().unwrap_or_default(),
			sizes().max().unwrap_or_default(),
		)
	}

	/// Where the last decade of sizes begins, in which what is constant counts least.
	fn last_decade(&self) -> usize {
		self.range().1 / 10
	}

	/// Sizes and nanoseconds of ours, from a size on.
	fn ours(&self, from: usize) -> Vec<(f64, f64)> {
		self.side(from, |cost| Some(cost.ours()))
	}

	/// Sizes and nanoseconds of theirs, from a size on; nothing where there is no peer.
	fn theirs(&self, from: usize) -> Vec<(f64, f64)> {
		self.side(from, Cost::theirs)
	}

	fn side(&self, from: usize, ns: impl Fn(&Cost) -> Option<f64>) -> Vec<(f64, f64)> {
		self.points
			.iter()
			.filter(|(size, _)| *size >= from)
			.filter_map(|(size, cost)| Some((*size as f64, ns(cost)?)))
			.collect()
	}
}

/// Curves over one size.
#[derive(Clone, Debug)]
pub struct Subject {
	/// What the size is.
	title: &'static str,
	/// Name of the picture, without its ending.
	file: &'static str,
	/// What the horizontal axis counts.
	axis: &'static str,
	curves: Vec<Curve>,
}

/// Slope of the straight line that fits best through the logarithms of both (least squares); `None` for less than two
/// sizes.
fn exponent(points: &[(f64, f64)]) -> Option<f64> {
	let count = points.len() as f64;
	let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(|point| of(point).ln()).sum::<f64>() / count;
	let (mean_size, mean_cost) = (mean(|point| point.0), mean(|point| point.1));
	let (mut with_cost, mut with_size) = (0.0, 0.0);
	for (size, cost) in points {
		let away = size.ln() - mean_size;
		with_cost += away * (cost.ln() - mean_cost);
		with_size += away * away;
	}
	(with_size > 0.0).then(|| with_cost / with_size)
}

fn exponent_text(points: &[(f64, f64)]) -> String {
	// A slope that rounds to nothing has no sign.
	exponent(points).map_or_else(
		|| "-".to_owned(),
		|slope| format!("{slope:.2}").replace("-0.00", "0.00"),
	)
}

/// Measures everything.
pub fn measure() -> Vec<Subject> {
	vec![
		trees::path(),
		trees::candidates(),
		trees::forks(),
		trees::paras(),
		validators::subject(),
		cores::subject(),
	]
}

/// Draws a picture of each subject into the folder.
///
/// # Errors
/// What writing the files came to.
pub fn draw(subjects: &[Subject], folder: &Path) -> io::Result<()> {
	fs::create_dir_all(folder)?;
	for subject in subjects {
		let picture = picture::draw(subject).map_err(|error| io::Error::other(error.to_string()))?;
		fs::write(folder.join(format!("{}.svg", subject.file)), picture)?;
	}
	Ok(())
}

/// The section about scaling, in Markdown; pictures are in `folder`, seen from the file.
pub fn markdown(subjects: &[Subject], folder: &str) -> String {
	let mut text = String::from(
		"## Scaling\n\nCost of the whole against size. Exponents are slopes of the straight lines that fit best through \
		 the logarithms of sizes and costs (least squares): 0 is a cost that does not grow, 1 one that grows with the \
		 size, 2 with its square. The second exponent of a side is that of the last decade of sizes, where what is \
		 constant counts least. Ratios are those at the largest size.\n\n\
		 | size | what is done | range | ours | last decade | theirs | last decade | theirs / ours |\n\
		 |---|---|---:|---:|---:|---:|---:|---:|\n",
	);
	for subject in subjects {
		for curve in &subject.curves {
			let ratio = match curve.points.last() {
				Some((_, Cost::Both(comparison))) => format!("**{}**", times(comparison.ratio)),
				_ => "no peer".to_owned(),
			};
			let ((first, last), decade) = (curve.range(), curve.last_decade());
			let _ = writeln!(
				text,
				"| {} | {} | {} to {} | {} | {} | {} | {} | {ratio} |",
				subject.axis,
				curve.what,
				count(first),
				count(last),
				exponent_text(&curve.ours(0)),
				exponent_text(&curve.ours(decade)),
				exponent_text(&curve.theirs(0)),
				exponent_text(&curve.theirs(decade)),
			);
		}
	}
	for subject in subjects {
		text.push_str(&subject.markdown(folder));
	}
	text
}

impl Subject {
	fn markdown(&self, folder: &str) -> String {
		let mut text = format!(
			"\n### {}\n\n![Cost against {}]({folder}/{}.svg)\n",
			self.title, self.axis, self.file
		);
		for curve in &self.curves {
			let peer = curve.peer.map_or_else(
				|| "No peer: the published crates have it inside a subsystem only.".to_owned(),
				|peer| format!("Peer: {peer}."),
			);
			let _ = writeln!(text, "\n**{}.** {peer} {}\n", capitalised(curve.what), curve.note);
			if curve.peer.is_some() {
				let rows = curve.points.iter().filter_map(|(size, cost)| match cost {
					Cost::Both(comparison) => Some(Row {
						name: count(*size),
						comparison: comparison.clone(),
					}),
					Cost::Ours(_) => None,
				});
				text.push_str(&table(self.axis, &rows.collect::<Vec<_>>()));
			} else {
				let _ = writeln!(text, "| {} | ours |\n|---|---:|", self.axis);
				for (size, cost) in &curve.points {
					let _ = writeln!(text, "| {} | {} |", count(*size), time(cost.ours()));
				}
			}
		}
		text
	}
}

fn capitalised(text: &str) -> String {
	let mut letters = text.chars();
	letters
		.next()
		.map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
