//! `--sweep`.

use super::Compare;
use clap::{Arg, CommandFactory, Parser};
use std::str::FromStr;

/// Most points of a sweep: each is two runs.
const MOST: u64 = 24;
/// Points, if nobody says how many.
const USUAL: u64 = 8;

/// One flag with several values: `link-latency-ms=50..400`, in eight steps, or in steps of a size, `50..400/50`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sweep {
	/// The flag, without dashes.
	pub(crate) flag: String,
	/// Its values, ascending, in its unit.
	pub(crate) values: Vec<u64>,
}

const FORM: &str = "must be FLAG=FROM..TO or FLAG=FROM..TO/STEP, such as link-latency-ms=50..400";

impl FromStr for Sweep {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		let (flag, range) = text.split_once('=').ok_or(FORM)?;
		let flag = flag.trim_start_matches('-').to_owned();
		let (range, step) = match range.split_once('/') {
			Some((range, step)) => (range, Some(step)),
			None => (range, None),
		};
		let (from, to) = range.split_once("..").ok_or(FORM)?;
		let number = |text: &str| text.trim().parse::<u64>().map_err(|_| FORM.to_owned());
		let (from, to) = (number(from)?, number(to)?);
		if from >= to {
			return Err(format!("must begin below where it ends, not {from}..{to}"));
		}
		let length = to - from;
		let step = match step {
			Some(step) => number(step)?,
			// As many points as may be, but no more than there are values.
			None => length.div_ceil(USUAL - 1).max(1),
		};
		if step == 0 {
			return Err("must have steps of at least 1".into());
		}
		if length / step >= MOST {
			let least = length / (MOST - 1) + 1;
			return Err(format!(
				"must have no more than {MOST} points, with steps of {least} or more"
			));
		}
		let mut values: Vec<_> = (0..=length / step).map(|point| from + point * step).collect();
		if values.last() != Some(&to) {
			values.push(to);
		}
		Ok(Self { flag, values })
	}
}

impl Sweep {
	/// What `compare` is asked for at each of the values: the given words, with the flag.
	///
	/// # Errors
	/// Why the flag is none of `compare`'s, or has no such value, in the parser's words and in the flag's own unit.
	pub(crate) fn runs(&self, given: &[String]) -> Result<Vec<(u64, Compare)>, String> {
		let known = Point::command();
		let is_known = known
			.get_arguments()
			.filter_map(Arg::get_long)
			.any(|long| long == self.flag);
		// The two runs differ in them.
		if ["max-candidate-depth", "allowed-ancestry-len"].contains(&self.flag.as_str()) {
			return Err(format!(
				"compare sets '--{}' itself: it compares (0, 0) with (4, 3)",
				self.flag
			));
		}
		if !is_known || ["sweep", "json", "report"].contains(&self.flag.as_str()) {
			return Err(format!("'--{}' is no flag of a run with a number", self.flag));
		}
		let mut rest = without(given, "--sweep");
		rest = without(&rest, &format!("--{}", self.flag));
		self.values
			.iter()
			.map(|value| {
				let own = [format!("--{}", self.flag), value.to_string()];
				let words = std::iter::once("compare".to_owned())
					.chain(rest.clone())
					.chain(own);
				let point = Point::try_parse_from(words).map_err(|error| first_line(&error))?;
				Ok((*value, point.compare))
			})
			.collect()
	}
}

/// `compare` alone.
#[derive(Debug, Parser)]
#[command(name = "compare")]
struct Point {
	#[command(flatten)]
	compare: Compare,
}

/// Words without a flag and its value.
fn without(given: &[String], flag: &str) -> Vec<String> {
	let mut words = given.iter();
	let mut kept = Vec::new();
	while let Some(word) = words.next() {
		if word == flag {
			words.next();
		} else if !word.starts_with(&format!("{flag}=")) {
			kept.push(word.clone());
		}
	}
	kept
}

fn first_line(error: &clap::Error) -> String {
	let text = error.to_string();
	let line = text.lines().next().unwrap_or_default();
	line.trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
	use super::*;

	fn words(line: &str) -> Vec<String> {
		line.split_whitespace().map(String::from).collect()
	}

	#[test]
	fn a_sweep_has_both_ends_and_steps_between_them() {
		let values = |text: &str| text.parse::<Sweep>().map(|sweep| sweep.values);
		assert_eq!(
			values("link-latency-ms=50..400"),
			Ok(vec![50, 100, 150, 200, 250, 300, 350, 400])
		);
		assert_eq!(values("paras=1..3"), Ok(vec![1, 2, 3]));
		assert_eq!(values("link-latency-ms=0..250/100"), Ok(vec![0, 100, 200, 250]));
		for (text, why) in [
			("link-latency-ms", FORM),
			("link-latency-ms=50", FORM),
			("link-latency-ms=50..x", FORM),
			(
				"link-latency-ms=400..50",
				"must begin below where it ends, not 400..50",
			),
			("seed=0..100/0", "must have steps of at least 1"),
			(
				"seed=0..100/1",
				"must have no more than 24 points, with steps of 5 or more",
			),
		] {
			assert_eq!(values(text), Err(why.to_owned()), "{text}");
		}
	}

	#[test]
	fn each_point_is_what_was_given_with_one_value_changed() {
		let sweep: Sweep = "link-latency-ms=100..300/100".parse().expect("it reads");
		let given = words("--blocks 24 --sweep link-latency-ms=100..300/100 --link-latency-ms 7 --seed 3");
		let runs = sweep.runs(&given).expect("they are flags of compare");
		let latencies: Vec<_> = runs
			.iter()
			.map(|(value, compare)| {
				let config = &compare.run_configs()[1];
				assert_eq!((config.blocks, config.seed), (24, 3));
				(*value, config.model.link_latency.as_millis())
			})
			.collect();
		assert_eq!(latencies, [(100, 100), (200, 200), (300, 300)]);
	}

	#[test]
	fn what_cannot_be_is_said_in_the_unit_of_the_flag() {
		let told = |text: &str| text.parse::<Sweep>().expect("it reads").runs(&[]).map(|_| ());
		assert_eq!(
			told("link-latency-ms=1500..2500/500"),
			Err("invalid value '2500' for '--link-latency-ms <MS>': 2500 is not in 0..=2000".into())
		);
		assert_eq!(
			told("link-latency=1..2"),
			Err("'--link-latency' is no flag of a run with a number".into())
		);
		for flag in ["max-candidate-depth", "allowed-ancestry-len"] {
			assert_eq!(
				told(&format!("{flag}=0..4")),
				Err(format!(
					"compare sets '--{flag}' itself: it compares (0, 0) with (4, 3)"
				))
			);
		}
		assert!(
			told("authoring=1..2").is_err_and(|why| why.starts_with("invalid value '1' for '--authoring"))
		);
	}
}
