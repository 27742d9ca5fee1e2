//! Troubles out of their text.

use super::{Misbehaviour, Slots, Span, Trouble, ValidatorMisconduct, MAX_DELAY_MS};
use crate::Misconduct;
use async_backing_sim::ALL;
use std::str::FromStr;

impl FromStr for Slots {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		const FORM: &str = "slots must be FROM..TO or FROM.., with FROM below TO";
		let (from, to) = text.split_once("..").ok_or(FORM)?;
		let from = number(from, FORM)?;
		let to = (!to.is_empty()).then(|| number(to, FORM)).transpose()?;
		match to.is_none_or(|to| from < to) {
			true => Ok(Self { from, to }),
			false => Err(FORM.into()),
		}
	}
}

fn number(text: &str, form: &str) -> Result<u32, String> {
	text.parse().map_err(|_| form.to_owned())
}

/// A value, and the slots that it is for.
fn at(text: &str) -> Result<(&str, Slots), String> {
	match text.split_once('@') {
		Some((value, slots)) => Ok((value, slots.parse()?)),
		None => Ok((text, Slots::ALL)),
	}
}

/// Per cent, with up to four digits behind the point, as so many of a million.
fn percent(text: &str) -> Result<u32, String> {
	const FORM: &str = "must be per cent from 0 to 100, as 2 or 0.25, and maybe @FROM..TO";
	const DIGITS: usize = 4;
	let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
	if rest.len() > DIGITS {
		return Err(FORM.into());
	}
	let rest = number(&format!("{rest:0<DIGITS$}"), FORM)?;
	let whole = number(whole, FORM)?.checked_mul(ALL / 100).ok_or(FORM)?;
	let sum = whole.checked_add(rest).filter(|sum| *sum <= ALL);
	sum.ok_or_else(|| FORM.to_owned())
}

impl FromStr for Span {
	type Err = String;

	/// `3`, or `3-5`.
	fn from_str(text: &str) -> Result<Self, String> {
		const FORM: &str = "must be a node's number, or two as 0-3";
		let (first, last) = text.split_once('-').unwrap_or((text, text));
		let (first, last) = (number(first, FORM)?, number(last, FORM)?);
		match first <= last {
			true => Ok(Self { first, last }),
			false => Err(FORM.into()),
		}
	}
}

impl Trouble {
	/// Of `--loss PERCENT[@FROM..TO]`.
	///
	/// # Errors
	/// What the text must be.
	pub fn loss(text: &str) -> Result<Self, String> {
		let (value, during) = at(text)?;
		let of_a_million = percent(value)?;
		Ok(Self::Loss { of_a_million, during })
	}

	/// Of `--repeat PERCENT[@FROM..TO]`.
	///
	/// # Errors
	/// What the text must be.
	pub fn repeat(text: &str) -> Result<Self, String> {
		let (value, during) = at(text)?;
		let of_a_million = percent(value)?;
		Ok(Self::Repeat { of_a_million, during })
	}

	/// Of `--delay LEAST..MOST[@FROM..TO]`, in milliseconds.
	///
	/// # Errors
	/// What the text must be.
	pub fn delay(text: &str) -> Result<Self, String> {
		let form = format!("must be LEAST..MOST milliseconds up to {MAX_DELAY_MS}, and maybe @FROM..TO");
		let (value, during) = at(text)?;
		let (least, most) = value.split_once("..").ok_or_else(|| form.clone())?;
		let (least_ms, most_ms) = (number(least, &form)?, number(most, &form)?);
		match least_ms <= most_ms && most_ms <= MAX_DELAY_MS {
			true => Ok(Self::Delay {
				least_ms,
				most_ms,
				during,
			}),
			false => Err(form),
		}
	}

	/// Of `--partition FROM..TO:NODES|NODES`, nodes as `0-3,7`.
	///
	/// # Errors
	/// What the text must be.
	pub fn partition(text: &str) -> Result<Self, String> {
		const FORM: &str = "must be FROM..TO:NODES|NODES, as 20..40:0-3|4-9; no node on two sides";
		let (slots, sides) = text.split_once(':').ok_or(FORM)?;
		let during: Slots = slots.parse()?;
		let span = |text: &str| text.parse::<Span>().map_err(|_| FORM.to_owned());
		let side = |text: &str| text.split(',').map(span).collect::<Result<Vec<_>, _>>();
		let sides = sides.split('|').map(side).collect::<Result<Vec<_>, _>>()?;
		let mut spans: Vec<_> = sides.iter().flatten().collect();
		spans.sort_by_key(|span| span.first);
		let overlap = spans.windows(2).any(|pair| pair[0].last >= pair[1].first);
		if sides.len() < 2 || overlap || during.to.is_none() {
			return Err(FORM.into());
		}
		Ok(Self::Partition { during, sides })
	}

	/// Of `--crash NODE@SLOT[+SLOTS]`.
	///
	/// # Errors
	/// What the text must be.
	pub fn crash(text: &str) -> Result<Self, String> {
		const FORM: &str = "must be NODE@SLOT, and maybe +SLOTS that it is away";
		let (node, when) = text.split_once('@').ok_or(FORM)?;
		let (at, away) = match when.split_once('+') {
			Some((at, away)) => (at, Some(number(away, FORM)?)),
			None => (when, None),
		};
		Ok(Self::Crash {
			node: number(node, FORM)?,
			at: number(at, FORM)?,
			away,
		})
	}

	/// Of `--slow NODE=PERCENT[@FROM..TO]`.
	///
	/// # Errors
	/// What the text must be.
	pub fn slow(text: &str) -> Result<Self, String> {
		const FORM: &str = "must be NODE=PERCENT of the usual time, from 100 to 10000, and maybe @FROM..TO";
		let (value, during) = at(text)?;
		let (node, percent) = value.split_once('=').ok_or(FORM)?;
		let percent = number(percent, FORM)?;
		if !(100..=10_000).contains(&percent) {
			return Err(FORM.into());
		}
		Ok(Self::Slow {
			node: number(node, FORM)?,
			percent,
			during,
		})
	}

	/// Of `--clog NODE=BYTES[@FROM..TO]`, bytes per second.
	///
	/// # Errors
	/// What the text must be.
	pub fn clog(text: &str) -> Result<Self, String> {
		const FORM: &str = "must be NODE=BYTES per second, from 1, and maybe @FROM..TO";
		let (value, during) = at(text)?;
		let (node, bytes) = value.split_once('=').ok_or(FORM)?;
		let bytes_per_second = number(bytes, FORM)?;
		if bytes_per_second == 0 {
			return Err(FORM.into());
		}
		Ok(Self::Clog {
			node: number(node, FORM)?,
			bytes_per_second,
			during,
		})
	}

	/// Of `--misconduct vNUMBER=WHAT` or `cNUMBER=WHAT`.
	///
	/// # Errors
	/// What the text must be.
	pub fn misconduct(text: &str) -> Result<Self, String> {
		let form = || {
			let validators = ValidatorMisconduct::EVERY
				.map(ValidatorMisconduct::name)
				.join(", ");
			let collators = Misconduct::ALL.map(Misconduct::name).join(", ");
			format!("must be vNUMBER=WHAT of a validator ({validators}) or cNUMBER=WHAT of a collator ({collators})")
		};
		let (who, what) = text.split_once('=').ok_or_else(form)?;
		let number = |text: &str| text.parse().map_err(|_| form());
		let misbehaviour = if let Some(validator) = who.strip_prefix('v') {
			let mut every = ValidatorMisconduct::EVERY.into_iter();
			let found = every.find(|known| known.name() == what);
			Misbehaviour::Validator(number(validator)?, found.ok_or_else(form)?)
		} else {
			let collator = who.strip_prefix('c').ok_or_else(form)?;
			let found = Misconduct::ALL.into_iter().find(|known| known.name() == what);
			Misbehaviour::Collator(number(collator)?, found.ok_or_else(form)?)
		};
		Ok(Self::Misbehaviour(misbehaviour))
	}
}
