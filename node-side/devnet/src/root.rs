//! What root does while a run goes, as a flag says it: `10:configuration.set_async_backing_params={"params":{..}}`.

use crate::{runtime::Runtime, DevnetError};
use async_backing_relay_client::RuntimeExecutor;
use async_backing_runtime_metadata::{EncodeError, Metadata, TransactionError};
use serde_json::{json, Value};
use std::{fmt, str::FromStr};
use thiserror::Error;

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

/// What of a call the runtime does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartOfCall {
	/// Its pallet.
	Pallet,
	/// The call.
	Call,
	/// Arguments of that name and type.
	Arguments,
}

/// Root cannot send a call: the runtime has no such one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{call}`: {reason}")]
pub struct WrongCall {
	/// Which of the calls, from 0.
	pub position: usize,
	/// The call as the flag has it.
	pub call: Box<RootCall>,
	/// What of it is not there.
	pub part: PartOfCall,
	/// Why.
	#[source]
	pub reason: TransactionError,
}

/// Checks calls against what a runtime says of itself.
///
/// # Errors
/// The first that the runtime does not have.
pub(crate) fn check(calls: &[RootCall], metadata: &Metadata) -> Result<(), WrongCall> {
	for (position, call) in calls.iter().enumerate() {
		call.on(metadata).map_err(|reason| WrongCall {
			position,
			call: Box::new(call.clone()),
			part: call.missing_part(metadata),
			reason,
		})?;
	}
	Ok(())
}

impl RootCall {
	/// Checks calls against what a runtime says of itself, so that nobody waits for a run that cannot be.
	///
	/// # Errors
	/// [`DevnetError::Root`] tells the first that the runtime does not have; others if it is no runtime.
	pub fn check_all(calls: &[Self], runtime: &[u8], executor: RuntimeExecutor) -> Result<(), DevnetError> {
		if calls.is_empty() {
			return Ok(());
		}
		Ok(check(calls, &Runtime::read(runtime, executor)?.metadata)?)
	}

	/// The call as this runtime takes it.
	pub(crate) fn on(&self, metadata: &Metadata) -> Result<Value, TransactionError> {
		let call = metadata.call(&self.pallet, &self.call, self.arguments.clone())?;
		metadata.encode_call(&call)?;
		Ok(call)
	}

	/// What of a call is missing that cannot be sent.
	fn missing_part(&self, metadata: &Metadata) -> PartOfCall {
		let with = |arguments: Value| metadata.call(&self.pallet, &self.call, arguments);
		match with(json!({})) {
			Err(_) => PartOfCall::Pallet,
			Ok(bare) => match metadata.encode_call(&bare) {
				// What is wrong with the pallet's value and not within it is the call's name.
				Err(TransactionError::Call { pallet, source, .. }) if matches!(&*source, EncodeError::Mismatch { at, .. } if *at == pallet) => {
					PartOfCall::Call
				}
				_ => PartOfCall::Arguments,
			},
		}
	}
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
