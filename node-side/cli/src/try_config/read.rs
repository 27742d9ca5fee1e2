//! The configuration that is to be tried, out of its file.

use async_backing_primitives::HostConfiguration;
use async_backing_replay::{read_configuration, PublishedConfiguration};
use serde_json::Value;

/// A configuration, and what of it is the network's own and stays as it is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Staged {
	/// The whole configuration.
	pub(super) config: HostConfiguration,
	/// What of the file is not tried, with the reason.
	pub(super) kept: Vec<String>,
}

/// Reads a file over the configuration that is in force.
///
/// # Errors
/// What it has to be.
pub(super) fn read(bytes: &[u8], active: &HostConfiguration) -> Result<Staged, String> {
	let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
	let text = std::str::from_utf8(bytes).map(str::trim).unwrap_or_default();
	if text.starts_with('{') {
		return laid_over(text, active);
	}
	let (layout, config) = stored(bytes, text)?.ok_or(
		"must be JSON, or a host configuration as a chain stores it, of version 5, 12 or 13 or ours, as SCALE or hexadecimal",
	)?;
	let mut staged = of_a_network(config, active);
	staged
		.kept
		.insert(0, format!("read as a stored configuration, {layout:?}"));
	Ok(staged)
}

/// The mark that some editors put in front of UTF-8.
const MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// A stored configuration as SCALE, or in hexadecimal with or without `0x`. A line may end behind either: shells and editors add
/// that, and no configuration has a byte too many otherwise.
fn stored(bytes: &[u8], text: &str) -> Result<Option<(PublishedConfiguration, HostConfiguration)>, String> {
	let prefixed = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
	if let Some(digits) = prefixed {
		let bytes = from_hex(digits).ok_or("the digits behind 0x are no bytes")?;
		return Ok(read_configuration(&bytes));
	}
	let without_line_end = bytes
		.strip_suffix(b"\r\n")
		.or_else(|| bytes.strip_suffix(b"\n"))
		.unwrap_or(bytes);
	let in_hex = || read_configuration(&from_hex(text)?);
	let read = read_configuration(bytes).or_else(|| read_configuration(without_line_end));
	Ok(read.or_else(in_hex))
}

/// Fields that somebody wrote over those in force. What is written is meant.
fn laid_over(text: &str, active: &HostConfiguration) -> Result<Staged, String> {
	let written: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
	let mut whole = serde_json::to_value(active).map_err(|error| error.to_string())?;
	merge(&mut whole, written);
	let config = serde_json::from_value(whole).map_err(|error| error.to_string())?;
	Ok(Staged {
		config,
		kept: Vec::new(),
	})
}

fn merge(into: &mut Value, from: Value) {
	match (into, from) {
		(Value::Object(into), Value::Object(from)) => {
			for (key, value) in from {
				merge(into.entry(key).or_insert(Value::Null), value);
			}
		}
		(into, from) => *into = from,
	}
}

/// Of another network's configuration, what depends on its size stays as it is here.
fn of_a_network(mut config: HostConfiguration, active: &HostConfiguration) -> Staged {
	let mut kept = Vec::new();
	if config.num_cores != active.num_cores {
		kept.push(format!(
			"num_cores stays {} instead of {}: this network is of another size",
			active.num_cores, config.num_cores
		));
		config.num_cores = active.num_cores;
	}
	if config.max_validators != active.max_validators {
		kept.push(format!(
			"max_validators stays {:?} instead of {:?}: this network is of another size",
			active.max_validators, config.max_validators
		));
		config.max_validators = active.max_validators;
	}
	Staged { config, kept }
}

fn from_hex(digits: &str) -> Option<Vec<u8>> {
	let pairs = digits.as_bytes().chunks(2);
	pairs
		.map(|pair| {
			u8::from_str_radix(std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?, 16).ok()
		})
		.collect()
}

/// Fields in which two configurations differ, with both values.
pub(super) fn changes(before: &HostConfiguration, after: &HostConfiguration) -> Vec<String> {
	let fields = |config: &HostConfiguration| match serde_json::to_value(config) {
		Ok(Value::Object(fields)) => fields,
		_ => serde_json::Map::new(),
	};
	let (before, after) = (fields(before), fields(after));
	let changed = after
		.iter()
		.filter_map(|(name, value)| Some((name, before.get(name)?, value)));
	changed
		.filter(|(_, before, after)| before != after)
		.map(|(name, before, after)| format!("{name}: {before} becomes {after}"))
		.collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::Encode;

	#[test]
	fn fields_are_laid_over_what_is_in_force() {
		let active = HostConfiguration::default();
		let text = br#"{ "async_backing_params": { "max_candidate_depth": 1 }, "scheduling_lookahead": 2 }"#;
		let staged = read(text, &active).expect("they are fields");
		let mut expected = active.clone();
		expected.async_backing_params.max_candidate_depth = 1;
		expected.scheduling_lookahead = 2;
		assert_eq!(staged.config, expected);
		let changed = changes(&active, &staged.config);
		assert_eq!(changed.len(), 2, "{changed:?}");
		assert!(changed[0].starts_with("async_backing_params: {"), "{changed:?}");
		let marked = [MARK, text].concat();
		assert_eq!(
			read(&marked, &active),
			Ok(staged),
			"a mark in front is none of the text"
		);
		for (wrong, reason) in [
			(
				&br#"{ "max_code_sizes": 1 }"#[..],
				"unknown field `max_code_sizes`",
			),
			(br#"{ "num_cores": "two" }"#, "invalid type"),
			(b"0x1", "no bytes"),
			(b"nothing", "must be JSON, or a host configuration"),
		] {
			let error = read(wrong, &active).expect_err(reason);
			assert!(error.contains(reason), "{error}");
		}
	}

	#[test]
	fn what_a_chain_stores_is_tried_at_this_size() {
		let active = HostConfiguration {
			num_cores: 2,
			..HostConfiguration::default()
		};
		let real = HostConfiguration {
			num_cores: 100,
			max_pov_size: 10 * 1024 * 1024,
			..HostConfiguration::default()
		};
		let hex: String = real.encode().iter().map(|byte| format!("{byte:02x}")).collect();
		for bytes in [
			real.encode(),
			[&real.encode()[..], b"\n"].concat(),
			[&real.encode()[..], b"\r\n"].concat(),
			format!("0x{hex}\n").into_bytes(),
			format!("0X{}", hex.to_uppercase()).into_bytes(),
			format!("{hex}\n").into_bytes(),
			[MARK, hex.as_bytes()].concat(),
		] {
			let staged = read(&bytes, &active).expect("it is one");
			assert_eq!(
				(staged.config.num_cores, staged.config.max_pov_size),
				(2, real.max_pov_size)
			);
			assert_eq!(staged.kept.len(), 2, "{:?}", staged.kept);
		}
	}
}
