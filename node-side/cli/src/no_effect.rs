//! What was asked for of a run and has no effect there. It is no error: a command that is made longer or shorter should not have to
//! be taken apart. But whoever asked wants to know.

use async_backing_devnet::{Misbehaviour, Misconduct, RunConfig, Trouble};
use async_backing_primitives::wiring::path;

/// What has no effect in a run, in words.
pub(crate) fn of(config: &RunConfig) -> Vec<String> {
	let reach = reach(config);
	let troubles = &config.faults.troubles;
	let mut told: Vec<_> = troubles
		.iter()
		.filter_map(|trouble| too_late(config, trouble, reach))
		.collect();
	told.extend(
		troubles
			.iter()
			.filter_map(|trouble| without_channels(config, trouble)),
	);
	let blocks = config.blocks;
	told.extend(config.faults.calm_from.filter(|from| *from > reach).map(|from| {
		format!("'--calm-from {from}' is beyond the {blocks} relay blocks of the run: no para has to live")
	}));
	let unsent = config.root_calls.iter().filter(|call| call.after >= blocks);
	told.extend(unsent.map(|call| {
		let root = format!("{}:{}.{}", call.after, call.pallet, call.call);
		format!("root does not send '{root}': the run has no more than {blocks} relay blocks")
	}));
	let orders = config.on_demand > 0 || !config.orders_for.is_empty();
	if !orders && config.order_every != RunConfig::default().order_every {
		told.push(format!(
			"'--order-every {}' says how often nobody orders: see --on-demand and --order",
			config.order_every
		));
	}
	told
}

/// The last slot that a run may come to: one for each block, unless something takes slots away; then as many more as are usual at
/// most.
fn reach(config: &RunConfig) -> u32 {
	const USUAL: u32 = 3;
	let faults = &config.faults;
	let begins = |trouble: &Trouble| trouble.begins().is_none_or(|from| from <= config.blocks);
	let takes_slots = faults.forks > 0
		|| faults.empty_slots > 0
		|| !config.model.import_jitter.is_zero()
		|| !faults.plan.is_empty()
		|| faults.troubles.iter().any(begins);
	match takes_slots {
		true => {
			let built = 100u32.saturating_sub(faults.empty_slots).max(1);
			let slots = config.blocks.saturating_mul(100).checked_div(built);
			slots.unwrap_or(u32::MAX).saturating_mul(USUAL)
		}
		false => config.blocks,
	}
}

/// A trouble that begins when the run is over, or when all is calm.
fn too_late(config: &RunConfig, trouble: &Trouble, reach: u32) -> Option<String> {
	let from = trouble.begins()?;
	let flag = trouble.flag();
	if from > reach {
		let blocks = config.blocks;
		return Some(format!(
			"'{flag} {trouble}' begins after the {blocks} relay blocks of the run"
		));
	}
	let calm = config.faults.calm_from.filter(|calm| from >= *calm)?;
	Some(format!(
		"'{flag} {trouble}' begins when all is calm: see '--calm-from {calm}'"
	))
}

/// A collator that misuses channels, of which there are none.
fn without_channels(config: &RunConfig, trouble: &Trouble) -> Option<String> {
	let Trouble::Misbehaviour(Misbehaviour::Collator(_, what)) = trouble else {
		return None;
	};
	// What waits to be consumed comes over channels as well.
	if !what.needs_channels() && *what != Misconduct::ExceedConsumed {
		return None;
	}
	// Presets, and parachains that files describe, may have some.
	let may_be_open = config.root_calls.iter().any(|call| call.pallet == path::HRMP)
		|| !config.foreign.is_empty()
		|| config.preset.is_some();
	(!may_be_open).then(|| {
		format!(
			"'{} {trouble}' is about channels, and there are none: root opens them by \
			 hrmp.force_open_hrmp_channel (see --root)",
			trouble.flag()
		)
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::args::{Cli, Command};
	use clap::Parser;

	fn said(line: &str) -> Vec<String> {
		let words = std::iter::once("async-backing").chain(line.split_whitespace());
		match Cli::try_parse_from(words).map(|cli| cli.command) {
			Ok(Command::Dev(dev)) => of(&dev.run_config()),
			other => panic!("{line}: {other:?}"),
		}
	}

	fn one(line: &str) -> String {
		let said = said(line);
		assert_eq!(said.len(), 1, "{line}: {said:?}");
		said.concat()
	}

	#[test]
	fn what_has_an_effect_is_not_told() {
		for line in [
			"dev",
			"dev --blocks 20 --crash 3@19 --calm-from 20",
			"dev --blocks 20 --crash 3@20",
			"dev --blocks 20 --crash 3@10 --calm-from 25",
			"dev --blocks 20 --empty-slots 50 --loss 2@50..60",
			"dev --blocks 20 --misconduct c0=exceed-horizontal",
			"dev --on-demand 1 --order-every 2",
			"dev --order 2000 --order-every 2",
		] {
			assert_eq!(said(line), Vec::<String>::new(), "{line}");
		}
		let opens = r#"--root 1:hrmp.force_open_hrmp_channel={"sender":2000}"#;
		let line = format!("dev --misconduct c0=exceed-channel-bytes {opens}");
		assert_eq!(said(&line), Vec::<String>::new());
	}

	#[test]
	fn what_begins_too_late_is_told() {
		assert_eq!(
			one("dev --blocks 20 --crash 3@50+4"),
			"'--crash 3@50+4' begins after the 20 relay blocks of the run"
		);
		assert_eq!(
			one("dev --blocks 20 --loss 2@21..30"),
			"'--loss 2@21..30' begins after the 20 relay blocks of the run"
		);
		assert_eq!(
			one("dev --blocks 20 --crash 3@15 --calm-from 10"),
			"'--crash 3@15' begins when all is calm: see '--calm-from 10'"
		);
		assert_eq!(
			one("dev --blocks 20 --calm-from 30"),
			"'--calm-from 30' is beyond the 20 relay blocks of the run: no para has to live"
		);
		assert_eq!(
			one(r#"dev --blocks 20 --root 20:hrmp.x={}"#),
			"root does not send '20:pallet_async_backing_hrmp.x': the run has no more than 20 relay blocks"
		);
		assert_eq!(said(r#"dev --blocks 20 --root 19:hrmp.x={}"#).len(), 0);
	}

	#[test]
	fn misuse_of_channels_that_are_not_there_is_told() {
		for what in Misconduct::ALL {
			let about_channels =
				what.name().starts_with("exceed-channel") || what.name() == "exceed-consumed";
			let said = said(&format!("dev --misconduct c0={}", what.name()));
			assert_eq!(
				said.len(),
				usize::from(about_channels),
				"{}: {said:?}",
				what.name()
			);
		}
	}

	#[test]
	fn orders_of_nobody_are_told() {
		assert_eq!(
			one("dev --order-every 2"),
			"'--order-every 2' says how often nobody orders: see --on-demand and --order"
		);
	}
}
