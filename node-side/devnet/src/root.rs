//! What root does while a run goes, as a flag says it: `10:configuration.set_async_backing_params={"params":{..}}`.

use serde_json::Value;
use std::{fmt, str::FromStr};

/// Beginning of where the pallets of this project are defined.
const OURS: &str = "pallet_async_backing_";

/// A call that root sends. Its text is the value of `--root`, and reads back as itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootCall {
	/// Relay blocks before the one that takes it.
	pub after: u32,
	/// Where its pallet is defined: a crate, such as `pallet_async_backing_paras`.
	pub pallet: String,
	/// Its name.
	pub call: String,
	/// Its arguments, by their names.
	pub arguments: Value,
}

impl fmt::Display for RootCall {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let Self {
			after,
			pallet,
			call,
			arguments,
		} = self;
		let pallet = pallet.strip_prefix(OURS).unwrap_or(pallet);
		write!(f, "{after}:{pallet}.{call}={arguments}")
	}
}

impl FromStr for RootCall {
	type Err = String;

	fn from_str(text: &str) -> Result<Self, String> {
		const FORM: &str = "must be BLOCKS:PALLET.CALL={..}, the arguments as JSON";
		let (after, rest) = text.split_once(':').ok_or(FORM)?;
		let (name, arguments) = rest.split_once('=').ok_or(FORM)?;
		let (pallet, call) = name.split_once('.').ok_or(FORM)?;
		let arguments: Value = serde_json::from_str(arguments).map_err(|error| format!("{FORM}: {error}"))?;
		if !arguments.is_object() || call.is_empty() {
			return Err(FORM.into());
		}
		let pallet = match pallet.starts_with("pallet_") {
			true => pallet.to_owned(),
			false => format!("{OURS}{pallet}"),
		};
		Ok(Self {
			after: after.parse().map_err(|_| FORM)?,
			pallet,
			call: call.to_owned(),
			arguments,
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_call_reads_back_as_itself() {
		for (text, pallet) in [
			(
				r#"10:configuration.set_x={"params":{"a":1}}"#,
				"pallet_async_backing_configuration",
			),
			(
				r#"0:pallet_balances.force_set_balance={"who":"a=b.c"}"#,
				"pallet_balances",
			),
		] {
			let call: RootCall = text.parse().expect(text);
			assert_eq!((call.to_string().as_str(), call.pallet.as_str()), (text, pallet));
		}
	}

	#[test]
	fn what_is_no_call_is_refused() {
		for text in ["", "10", "10:x={}", "a:x.y={}", "1:x.={}", "1:x.y=[1]", "1:x.y={"] {
			let error = text.parse::<RootCall>().expect_err(text);
			assert!(error.starts_with("must be BLOCKS:PALLET.CALL={..}"), "{error}");
		}
	}
}
