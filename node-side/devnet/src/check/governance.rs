//! What root does to a runtime: changes a parameter and opens a channel.

use super::{Finding, Level};
use crate::{Devnet, RunConfig, FIRST_PARA};
use async_backing_primitives::{keys, wiring::path, HostConfiguration, ParaId, SessionIndex};
use async_backing_relay_client::{QueryError, RelayClient};
use async_backing_runtime_metadata::Metadata;
use serde_json::{json, Value};

/// What root sets the depth to.
const DEPTH: u32 = 5;

/// Whether each call could be made, or why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Governance {
	parameter: Result<(), String>,
	channel: Result<(), String>,
}

impl Governance {
	/// Has root send both, in the second block.
	pub(super) fn send(devnet: &mut Devnet, config: &RunConfig) -> Self {
		let Some(desk) = devnet.order_desk() else {
			let nobody = || Err("nobody sends transactions".to_owned());
			return Self {
				parameter: nobody(),
				channel: nobody(),
			};
		};
		let params = json!({ "params": {
			"max_candidate_depth": DEPTH,
			"allowed_ancestry_len": config.params.allowed_ancestry_len,
		} });
		let channel = json!({
			"sender": FIRST_PARA,
			"recipient": FIRST_PARA.saturating_add(1),
			"max_capacity": 1,
			"max_message_size": 64,
		});
		let mut send = |path, name, arguments| -> Result<(), String> {
			let call = call(desk.metadata(), path, name, arguments)?;
			desk.send_as_root(1, call);
			Ok(())
		};
		Self {
			parameter: send(path::CONFIGURATION, "set_async_backing_params", params),
			channel: send(path::HRMP, "force_open_hrmp_channel", channel),
		}
	}

	/// What came of it in a run with so many session changes; `None` if nobody can be root.
	pub(super) fn findings(
		sent: Option<Self>,
		client: &RelayClient,
		changes: u32,
	) -> Result<Vec<Finding>, QueryError> {
		let Some(Self {
			parameter: asked,
			channel: opened,
		}) = sent
		else {
			return Ok(vec![Finding::of(
				Level::Warn,
				"governance",
				"root changes a parameter and opens a channel",
				"not tried: the runtime has no pallet_sudo by which a run could be root",
				"docs/guide/governance.md",
			)]);
		};
		let best = client.best().hash;
		let active: HostConfiguration = client.call(best, "AsyncBackingApi_active_configuration", ())?;
		let pending: Vec<(SessionIndex, HostConfiguration)> =
			client.call(best, "AsyncBackingApi_pending_configurations", ())?;
		let depth = active.async_backing_params.max_candidate_depth;
		let staged = pending
			.iter()
			.any(|(_, config)| config.async_backing_params.max_candidate_depth == DEPTH);
		let key = (ParaId(FIRST_PARA), ParaId(FIRST_PARA.saturating_add(1)));
		let open = client
			.storage(best, &keys::map_key(&keys::HRMP_CHANNELS, &key))?
			.is_some();
		Ok(vec![
			parameter(asked, depth, staged),
			channel(opened, open, changes),
		])
	}
}

/// The call, if the runtime has it.
fn call(metadata: &Metadata, path: &str, name: &str, arguments: Value) -> Result<Value, String> {
	let call = metadata
		.call(path, name, arguments)
		.map_err(|error| error.to_string())?;
	metadata.encode_call(&call).map_err(|error| error.to_string())?;
	Ok(call)
}

fn parameter(asked: Result<(), String>, depth: u32, staged: bool) -> Finding {
	let what = "a parameter that root changes";
	let expected = format!("depth {DEPTH}, in force two sessions later");
	let read = "R-ABP-5, R-ABP-7";
	if let Err(why) = asked {
		return Finding::of(Level::Warn, what, expected, format!("not tried: {why}"), read);
	}
	Finding::if_holds(
		depth == DEPTH || staged,
		Level::Fail,
		what,
		expected,
		match (depth, staged) {
			(depth, true) => format!("depth {depth} in force, {DEPTH} staged"),
			(depth, false) => format!("depth {depth} in force"),
		},
		read,
	)
}

/// A channel opens when a session begins, so nothing is known of one before.
fn channel(asked: Result<(), String>, open: bool, changes: u32) -> Finding {
	let (level, came) = match (asked, open, changes) {
		(_, true, _) => (Level::Ok, "it is open".to_owned()),
		(Err(why), ..) => (Level::Warn, format!("not tried: {why}")),
		(Ok(()), false, 0) => (
			Level::Warn,
			"not tried: no session began in this run, and a channel opens when one does".to_owned(),
		),
		(Ok(()), false, changes) => (
			Level::Fail,
			format!(
				"there is none after {changes} session changes; is the horizontal messages' pallet told of sessions?"
			),
		),
	};
	Finding::of(
		level,
		"a channel that root opens",
		"open from the next session on, where parachains read it",
		came,
		"R-KEY-5, R-ABP-9",
	)
}

#[cfg(test)]
mod tests {
	use super::*;
	use async_backing_runtime_metadata::TransactionError;

	/// What is said of a channel, with how bad it is.
	fn said(asked: Result<(), String>, open: bool, changes: u32) -> (Level, String) {
		let finding = channel(asked, open, changes);
		(finding.level, finding.came)
	}

	#[test]
	fn r_abp_9_a_channel_is_no_fault_of_a_runtime_whose_sessions_are_longer_than_the_run() {
		let (level, came) = said(Ok(()), false, 0);
		assert_eq!(level, Level::Warn);
		assert!(came.starts_with("not tried: no session began"), "{came}");
	}

	#[test]
	fn r_key_5_a_channel_is_no_fault_of_a_runtime_without_horizontal_messages() {
		let none = || Err(TransactionError::NoPallet(path::HRMP.into()).to_string());
		for changes in [0, 2] {
			let (level, came) = said(none(), false, changes);
			assert_eq!(level, Level::Warn);
			assert_eq!(
				came,
				"not tried: the runtime has no pallet of `pallet_async_backing_hrmp`"
			);
		}
	}

	#[test]
	fn r_abp_9_a_channel_that_does_not_open_with_a_session_is_a_fault() {
		let (level, came) = said(Ok(()), false, 2);
		assert_eq!(level, Level::Fail);
		assert!(came.contains("told of sessions"), "{came}");
		assert_eq!(said(Ok(()), true, 2), (Level::Ok, "it is open".into()));
	}

	#[test]
	fn r_abp_5_a_parameter_that_nobody_could_set_is_no_fault() {
		let none = Err("the runtime has no such call".to_owned());
		assert_eq!(parameter(none, 4, false).level, Level::Warn);
		assert_eq!(parameter(Ok(()), 4, false).level, Level::Fail);
		assert_eq!(parameter(Ok(()), 4, true).level, Level::Ok);
		assert_eq!(parameter(Ok(()), DEPTH, false).level, Level::Ok);
	}
}
