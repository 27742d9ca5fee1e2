//! The command that makes a page again.

/// Flags that say where something goes, and nothing of what it is.
const PLACES: [&str; 3] = ["--report", "--json", "--state"];

/// The command with these arguments. A seed that nobody gave is said.
pub(super) fn again(arguments: &[String], seed: Option<u64>) -> String {
	let mut words = vec!["async-backing".to_owned()];
	let mut given = arguments.iter();
	let is = |word: &str, flag: &str| word == flag || word.starts_with(&format!("{flag}="));
	let mut has_seed = false;
	while let Some(word) = given.next() {
		if PLACES.iter().any(|flag| is(word, flag)) {
			// Its value, if that is a word of its own; `--json` of some commands has none.
			let rest = given.as_slice();
			let value = rest.first().filter(|next| *next == "-" || !next.starts_with('-'));
			if !word.contains('=') && value.is_some() {
				given.next();
			}
			continue;
		}
		has_seed |= is(word, "--seed");
		words.push(quoted(word));
	}
	if let Some(seed) = seed.filter(|_| !has_seed) {
		words.push(format!("--seed {seed}"));
	}
	words.push("--report FILE.html".into());
	words.join(" ")
}

/// A word as a shell takes it.
pub(crate) fn quoted(word: &str) -> String {
	let is_plain = |symbol: char| symbol.is_ascii_alphanumeric() || "-_=./:,@+%".contains(symbol);
	match !word.is_empty() && word.chars().all(is_plain) {
		true => word.into(),
		false => format!("'{}'", word.replace('\'', r"'\''")),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_command_says_what_the_run_follows_from_and_not_where_it_went() {
		for (line, expected) in [
			("compare --report my.html", "compare --seed 0"),
			(
				"compare --report=my.html --json - --blocks 9",
				"compare --blocks 9 --seed 0",
			),
			("dev --seed 7 --json out.json", "dev --seed 7"),
			(
				"soak --seed 7 --state soak.jsonl --runs 3",
				"soak --seed 7 --runs 3",
			),
			(
				"dev --seed=7 --core 0=2000:3,pool:5@1..",
				"dev --seed=7 --core 0=2000:3,pool:5@1..",
			),
		] {
			let arguments: Vec<_> = line.split(' ').map(String::from).collect();
			let expected = format!("async-backing {expected} --report FILE.html");
			assert_eq!(again(&arguments, Some(0)), expected, "{line}");
		}
		let arguments = ["replay".to_owned(), "it's here".to_owned()];
		assert_eq!(
			again(&arguments, None),
			r"async-backing replay 'it'\''s here' --report FILE.html"
		);
	}
}
