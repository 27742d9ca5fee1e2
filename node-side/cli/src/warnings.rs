//! What is said of a run beside its figures: before it, what is legal but slower than it could be; after it, why it came to
//! nothing.

use crate::{error::CliError, no_effect};
use async_backing_devnet::{most_cores_at_once, Assignee, Model, RunConfig, RunReport, CHUNK_TIMEOUT};
use async_backing_primitives::ParachainPace;
use std::cmp::Reverse;

/// Blocks that a para may wait for its turn before somebody is told, in a run that is longer.
const LONG_WAIT: u32 = 100;

/// What is legal in a run, but slower than it could be (R-DEF-27).
pub(crate) fn of(config: &RunConfig, lookahead: u32) -> Vec<String> {
	let pace = ParachainPace {
		velocity: config.model.velocity,
		segment_capacity: config.model.segment_capacity,
	};
	let tuning = config.params.tuning_warnings(lookahead, Some(pace));
	let mut warnings: Vec<_> = tuning.iter().map(ToString::to_string).collect();
	warnings.extend(idle_cores(config));
	warnings.extend(slow_links(config));
	warnings.extend(long_waits(config));
	warnings.extend(no_effect::of(config));
	warnings
}

/// Cores that a para has and does not use.
fn idle_cores(config: &RunConfig) -> Option<String> {
	let velocity = config.model.velocity;
	let cores = most_cores_at_once(&config.works, &config.orders_for);
	(cores > velocity).then(|| {
		format!("cores give a para up to {cores} blocks at once, but it wants {velocity} per relay block (R-HOO-2)")
	})
}

/// Links on which nobody gets a chunk. Where there is one group, nobody needs one.
fn slow_links(config: &RunConfig) -> Option<String> {
	late_chunks(&config.model).filter(|_| config.cores() > 1)
}

/// The same, where there are several groups.
pub(crate) fn late_chunks(model: &Model) -> Option<String> {
	let there_and_back = model
		.link_latency
		.saturating_add(model.link_jitter)
		.saturating_mul(2);
	(there_and_back >= CHUNK_TIMEOUT).then(|| {
		format!(
			"a request takes up to {} ms there and back, but one for a chunk is given up after {} ms: what other groups \
			 back does not become available (R-NET-16)",
			there_and_back.as_millis(),
			CHUNK_TIMEOUT.as_millis()
		)
	})
}

/// Paras that wait long for their turn on a core that they share: the shares of others come first, one after the other.
fn long_waits(config: &RunConfig) -> Vec<String> {
	let most = config.blocks.min(LONG_WAIT);
	let mut warnings = Vec::new();
	for work in &config.works {
		for (assignee, _) in &work.shares {
			let Assignee::Para(para) = assignee else { continue };
			if let Some(wait) = work.longest_wait(*para).filter(|wait| *wait > most) {
				warnings.push(format!(
					"para {} waits up to {wait} blocks for its turn on core {}: a share has as many turns one after the \
					 other as it has times the smallest one (R-SCH-7)",
					para.0, work.core
				));
			}
		}
	}
	warnings
}

/// A run of more blocks than it takes to begin, in which no para had anything to build, or what was built was lost: whoever
/// asked for it wants to know.
pub(crate) fn came_to_nothing(run: &RunReport) -> Option<CliError> {
	let blocks = run.relay_blocks;
	let built: u32 = run.paras.iter().map(|para| para.built).sum();
	if built == 0 && blocks > crate::table::TO_BEGIN {
		let idle = run.paras.iter().flat_map(|para| &para.idle);
		let reasons = most_frequent(idle.map(|idle| (idle.leaves, &idle.reason)));
		return Some(CliError::Nothing { blocks, reasons });
	}
	let included = run.paras.iter().any(|para| para.included > 0);
	let wasted = run.paras.iter().any(|para| para.wasted > 0);
	(wasted && !included).then(|| CliError::NothingIncluded {
		blocks,
		built,
		reasons: losses(run),
	})
}

/// Why parablocks of a run were lost.
pub(crate) fn losses(run: &RunReport) -> Vec<String> {
	let paras = run.paras.iter();
	let lost = paras.flat_map(|para| para.refusals.iter().chain(&para.lost));
	most_frequent(lost.map(|lost| (lost.candidates, &lost.reason)))
}

/// Reasons, the most frequent first, each once.
fn most_frequent<'a>(reasons: impl Iterator<Item = (u32, &'a String)>) -> Vec<String> {
	let mut counted: Vec<(u32, &String)> = Vec::new();
	for (count, reason) in reasons {
		match counted.iter_mut().find(|(_, known)| *known == reason) {
			Some((known, _)) => *known = known.saturating_add(count),
			None => counted.push((count, reason)),
		}
	}
	counted.sort_by_key(|(count, _)| Reverse(*count));
	counted.into_iter().map(|(_, reason)| reason.clone()).collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::args::{Cli, Command};
	use async_backing_devnet::Refusal;
	use async_backing_primitives::HostConfiguration;
	use clap::Parser;

	fn said(line: &str) -> Vec<String> {
		let words = std::iter::once("async-backing").chain(line.split_whitespace());
		let Ok(Cli {
			command: Command::Dev(dev),
		}) = Cli::try_parse_from(words)
		else {
			panic!("{line}")
		};
		of(
			&dev.run_config(),
			HostConfiguration::default().scheduling_lookahead,
		)
	}

	#[test]
	fn r_def_27_what_slows_a_run_down_is_said() {
		assert_eq!(said("dev"), Vec::<String>::new(), "the default is in tune");
		assert_eq!(
			said("dev --max-candidate-depth 0 --allowed-ancestry-len 0"),
			Vec::<String>::new(),
			"R-ABP-3"
		);
		assert_eq!(
			said("dev --segment-capacity 2 --allowed-ancestry-len 6"),
			[
				"the claim queue looks 4 blocks ahead, but a relay parent is legal for 7 (R-SCH-12)",
				"2 unincluded blocks allowed, but 3 come before the first is included (R-SEG-8)",
			]
		);
	}

	#[test]
	fn r_hoo_2_cores_that_a_para_does_not_use_are_named() {
		let two = "dev --paras 1 --core 0=2000 --core 1=2000";
		assert_eq!(said(two), Vec::<String>::new(), "it uses both");
		assert_eq!(
			said(&format!("{two} --velocity 1")),
			["cores give a para up to 2 blocks at once, but it wants 1 per relay block (R-HOO-2)"]
		);
	}

	#[test]
	fn r_net_16_links_on_which_no_chunk_comes_are_named() {
		assert_eq!(said("dev --link-latency-ms 489"), Vec::<String>::new());
		assert_eq!(
			said("dev --link-latency-ms 490"),
			[
				"a request takes up to 1000 ms there and back, but one for a chunk is given up after 1000 ms: what other \
				 groups back does not become available (R-NET-16)"
			]
		);
	}

	#[test]
	fn r_sch_7_long_waits_are_named() {
		let waits = said("dev --paras 3 --core 0=2000:3,2001:28797,2002:28800 --blocks 30");
		assert_eq!(waits.len(), 3, "{waits:?}");
		assert_eq!(
			waits[0],
			"para 2000 waits up to 19199 blocks for its turn on core 0: a share has as many turns one after the other as it \
			 has times the smallest one (R-SCH-7)"
		);
		let even = "dev --paras 2 --core 0=2000:28800,2001:28800";
		assert_eq!(said(even), Vec::<String>::new());
	}

	#[test]
	fn r_net_16_what_was_built_and_lost_is_an_error_with_its_reasons() {
		let refusal = |reason: &str, candidates| Refusal {
			reason: reason.into(),
			candidates,
		};
		let mut run = crate::table::tests::run(4, 3, 6.0, 0);
		(run.paras[0].included, run.paras[0].wasted) = (0, 9);
		run.paras[0].refusals = vec![refusal("slow", 2)];
		run.paras[0].lost = vec![refusal("behind", 1), refusal("chunks", 6)];
		let told = |run: &RunReport| came_to_nothing(run).map(|error| error.to_string());
		assert_eq!(
			told(&run),
			Some(
				"10 parablocks were built in 20 relay blocks, and none is included: chunks; slow; behind"
					.into()
			)
		);
		run.paras[0].wasted = 0;
		assert_eq!(told(&run), None, "all may still be included");
		(run.paras[0].included, run.paras[0].wasted) = (1, 9);
		assert_eq!(told(&run), None);
	}
}
