//! What a file may say: what no run could make sense of is refused before anything is begun.

use super::{ParaSpec, Producer, SpecError, MAX_ACCOUNTS, MAX_CORES};
use crate::AuraKey;
use serde_json::Value;
use sp_core::bytes::from_hex;
use std::path::Path;

/// # Errors
/// [`SpecError::Value`] with the first key whose value cannot be.
pub(super) fn check(spec: &ParaSpec, path: &Path) -> Result<(), SpecError> {
	match complaint(spec) {
		None => Ok(()),
		Some((key, value, allowed)) => Err(SpecError::Value {
			path: path.into(),
			key,
			value,
			allowed,
		}),
	}
}

/// A key, its value, and what that may be.
type Complaint = Option<(&'static str, String, String)>;

fn complaint(spec: &ParaSpec) -> Complaint {
	let of_all = || {
		cores(spec)
			.or_else(|| messages(spec))
			.or_else(|| genesis_head(spec))
	};
	match spec.producer {
		Producer::Adder => of_all().or_else(|| adder(spec)),
		Producer::Substrate => of_all().or_else(|| substrate(spec)),
	}
}

fn complain(key: &'static str, value: impl ToString, allowed: impl Into<String>) -> Complaint {
	Some((key, value.to_string(), allowed.into()))
}

fn cores(spec: &ParaSpec) -> Complaint {
	match spec.cores {
		1..=MAX_CORES => None,
		cores => complain("cores", cores, format!("at least 1 and at most {MAX_CORES}")),
	}
}

fn genesis_head(spec: &ParaSpec) -> Complaint {
	let head = spec.genesis_head.as_ref()?;
	match from_hex(head) {
		Ok(_) => None,
		Err(_) => complain("genesis-head", head, "hexadecimal text"),
	}
}

fn messages(spec: &ParaSpec) -> Complaint {
	if let Some(sent) = spec.downward.iter().find(|sent| from_hex(&sent.message).is_err()) {
		return complain("downward.message", &sent.message, "hexadecimal text");
	}
	let mut receivers: Vec<u32> = spec.channels.iter().map(|channel| channel.to).collect();
	receivers.sort_unstable();
	if receivers.contains(&spec.id) {
		return complain("channels.to", spec.id, "another para");
	}
	let twice = receivers.windows(2).find(|pair| pair.first() == pair.last());
	twice.and_then(|pair| complain("channels.to", pair.first()?, "named once"))
}

/// The adder has no runtime: whoever says something about one is mistaken.
fn adder(spec: &ParaSpec) -> Complaint {
	if let Some(code) = &spec.code {
		return complain("code", code.display(), "left out: the adder has its own");
	}
	let given = [
		("preset", spec.preset.is_some()),
		("keys", !spec.keys.is_empty()),
		("genesis", !spec.genesis.is_null()),
		("workload", spec.workload != Default::default()),
		("upgrade", spec.upgrade.is_some()),
		("bounds", spec.bounds != Default::default()),
		("calls", !spec.calls.is_empty()),
	];
	let (key, _) = given.into_iter().find(|(_, given)| *given)?;
	complain(key, "given", "left out: the adder is no runtime")
}

fn substrate(spec: &ParaSpec) -> Complaint {
	if spec.code.is_none() {
		return complain("code", "missing", "the file with the validation code");
	}
	if spec.keys.iter().any(|secret| AuraKey::of_secret(secret).is_err()) {
		// A secret is not repeated.
		return complain("keys", "no secret", "secrets as `//Alice` is one");
	}
	if !(spec.genesis.is_null() || spec.genesis.is_object()) {
		return complain("genesis", &spec.genesis, "a table, by pallets");
	}
	match spec.workload.accounts {
		Some(accounts) if accounts > MAX_ACCOUNTS => {
			return complain("workload.accounts", accounts, format!("at most {MAX_ACCOUNTS}"));
		}
		_ => {}
	}
	let at = |at: u32| at == 0;
	if spec.upgrade.as_ref().is_some_and(|upgrade| at(upgrade.at)) {
		return complain("upgrade.at", 0, "at least 1: block 0 is the genesis");
	}
	for call in &spec.calls {
		if at(call.at) {
			return complain("calls.at", 0, "at least 1: block 0 is the genesis");
		}
		if !matches!(call.arguments, Value::Null | Value::Object(_)) {
			return complain(
				"calls.arguments",
				&call.arguments,
				"a table, by names of arguments",
			);
		}
	}
	None
}
