//! What parachains read of their upward messages, once one was sent.

use super::{Finding, Level};
use crate::FIRST_PARA;
use async_backing_primitives::{keys, wiring::path, HostConfiguration, ParaId};
use async_backing_relay_client::{QueryError, RelayClient};
use async_backing_runtime_metadata::Metadata;

/// Whether a para can send a message of one byte to a runtime with these limits, or why not.
pub(super) fn can_send(metadata: &Metadata, limits: Option<&HostConfiguration>) -> Result<(), String> {
	if metadata.pallet(path::UMP).is_none() {
		return Err(format!("the runtime has no pallet of `{}`", path::UMP));
	}
	let fits = |limits: &HostConfiguration| {
		limits
			.max_upward_message_size
			.min(limits.max_upward_message_num_per_candidate)
			.min(limits.max_upward_queue_count)
			.min(limits.max_upward_queue_size)
			> 0
	};
	match limits.is_none_or(fits) {
		true => Ok(()),
		false => Err("the preset's limits leave no room for upward messages".into()),
	}
}

/// What is at the keys of a para's queue after so many of its blocks, the first of which sent a message.
pub(super) fn findings(
	sent: Result<(), String>,
	client: &RelayClient,
	included: usize,
) -> Result<Vec<Finding>, QueryError> {
	let best = client.best().hash;
	let para = ParaId(FIRST_PARA);
	let sent = sent.and_then(|()| match included {
		0 => Err(format!("no block of para {para} is included")),
		_ => Ok(()),
	});
	let rows = [
		(
			"room for upward messages",
			keys::relay_dispatch_queue_remaining_capacity(para),
			"R-KEY-7",
		),
		(
			"the size of its upward queue",
			keys::map_key(&keys::RELAY_DISPATCH_QUEUE_SIZE, &para),
			"R-KEY-8",
		),
	];
	rows.into_iter()
		.map(|(what, key, rule)| {
			let found = client.storage(best, &key)?.is_some();
			Ok(row(what, sent.clone(), found, rule))
		})
		.collect()
}

fn row(what: &str, sent: Result<(), String>, found: bool, rule: &'static str) -> Finding {
	let (level, came) = match (found, sent) {
		(true, _) => (Level::Ok, "it is there".to_owned()),
		(false, Err(why)) => (Level::Warn, format!("not tried: {why}")),
		(false, Ok(())) => (
			Level::Fail,
			"there is nothing after a message; is `Ump` the `QueueChangeHandler` of the message queue?"
				.to_owned(),
		),
	};
	Finding::of(
		level,
		format!("what parachains read: {what}"),
		"there, at its well-known key, once a message was sent",
		came,
		rule,
	)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn r_key_7_a_message_queue_that_tells_nobody_is_named() {
		let finding = row("room for upward messages", Ok(()), false, "R-KEY-7");
		assert_eq!(finding.level, Level::Fail);
		assert!(finding.came.contains("`QueueChangeHandler`"), "{finding:?}");
		assert_eq!(row("room", Ok(()), true, "R-KEY-7").level, Level::Ok);
	}

	#[test]
	fn r_key_7_what_was_not_sent_is_no_fault() {
		let finding = row("room", Err("there is no pallet".into()), false, "R-KEY-7");
		assert_eq!(
			(finding.level, finding.came.as_str()),
			(Level::Warn, "not tried: there is no pallet")
		);
	}
}
