//! Judging real relay blocks.

use crate::{
	args::Replay,
	error::CliError,
	output::{self, Output},
	page,
};
use async_backing_primitives::{upward_messages_before_separator, AsyncBackingParams};
use async_backing_relay_runtime::{weights::pallet_async_backing_inclusion::WeightInfo, Runtime};
use async_backing_replay::{replay as judged, Load, Options, Weigh};
use codec::Encode;
use pallet_async_backing_inclusion::weights::UnitWeights;
use sp_runtime::Weight;

/// Reads, judges, prints, and fails if something disagrees or could not be read.
pub(crate) fn replay(args: &Replay) -> Result<(), CliError> {
	let mut options = Options::default();
	options.max_pov_sizes.extend(&args.max_pov_size);
	if let (Some(max_candidate_depth), Some(allowed_ancestry_len)) =
		(args.max_candidate_depth, args.allowed_ancestry_len)
	{
		options.params = Some(AsyncBackingParams {
			max_candidate_depth,
			allowed_ancestry_len,
		});
	}
	page::check(args.report.as_deref(), args.json)?;
	// Opened before anything is read, so that nobody waits for a page that cannot be written.
	let page = args
		.report
		.as_deref()
		.map(|path| Ok::<_, CliError>((Output::open("report", path)?, path)))
		.transpose()?;
	let report = judged(&args.paths, &options, Some(&Ours));
	let text = match args.json {
		true => serde_json::to_string_pretty(&report)? + "\n",
		false => report.to_string(),
	};
	let page_is_stdout = page::is_stdout(args.report.as_deref());
	if !page_is_stdout {
		output::print(&text)?;
	}
	if let Some((out, path)) = page {
		page::write_replay(out, path, &report, args.json || page_is_stdout)?;
	}
	match report.passes() {
		true => Ok(()),
		false => Err(CliError::Disagrees {
			cases: report.disagreements(),
			unread: report.unread.len(),
		}),
	}
}

/// The weights that `make weights` measured, on our relay runtime, with its costs of reading and writing.
struct Ours;

type Units = WeightInfo<Runtime>;

impl Weigh for Ours {
	fn name(&self) -> &str {
		"ours (`make weights`)"
	}

	/// As the pallet adds them up (R-WGT-6), but for what no block tells: claims beyond those that were measured, orders that
	/// wait, horizontal messages that were consumed.
	fn weigh(&self, load: &Load<'_>) -> u64 {
		let times =
			|unit: Weight, count: usize| unit.saturating_mul(u64::try_from(count).unwrap_or(u64::MAX));
		let many = |unit: Weight, count: u32| unit.saturating_mul(count.into());
		let mut parts = vec![
			Units::empty_inherent(),
			many(Units::core(), load.cores),
			many(Units::pending(), load.waiting),
			many(Units::bitfield(), load.bitfields),
			many(Units::scheduling_parent(), load.scheduling_parents),
			many(Units::timeout(), load.timed_out),
		];
		for dispute in load.disputes {
			parts.push(times(Units::dispute_vote(), dispute.statements.len()));
		}
		for backed in load.candidates {
			let commitments = &backed.candidate.commitments;
			let sends_upward = !upward_messages_before_separator(&commitments.upward_messages).is_empty();
			let queues = usize::from(sends_upward) + usize::from(commitments.new_validation_code.is_some());
			parts.extend([
				Units::candidate(),
				times(Units::vote(), backed.validity_votes.len()),
				times(Units::candidate_byte(), backed.encoded_size()),
				times(Units::offered_head_byte(), commitments.head_data.0.len()),
				times(Units::offered_upward_queue(), queues),
				times(
					Units::offered_horizontal_message(),
					commitments.horizontal_messages.len(),
				),
			]);
		}
		for enacted in &load.enacted {
			parts.extend([
				Units::enactment(),
				times(Units::head_byte(), enacted.head.0.len()),
			]);
			let Some(commitments) = enacted.commitments else {
				continue;
			};
			let upward = upward_messages_before_separator(&commitments.upward_messages);
			let upward_bytes = upward.iter().map(Vec::len).sum();
			let horizontal_bytes = commitments
				.horizontal_messages
				.iter()
				.map(|message| message.data.len())
				.sum();
			let code = commitments.new_validation_code.as_ref();
			parts.extend([
				times(Units::upward_queue(), usize::from(!upward.is_empty())),
				times(Units::upward_message(), upward.len()),
				times(Units::upward_byte(), upward_bytes),
				times(Units::horizontal_message(), commitments.horizontal_messages.len()),
				times(Units::horizontal_byte(), horizontal_bytes),
				times(
					Units::downward_queue(),
					usize::from(commitments.processed_downward_messages > 0),
				),
				many(Units::downward_message(), commitments.processed_downward_messages),
				times(Units::code_upgrade(), usize::from(code.is_some())),
				times(Units::code_byte(), code.map_or(0, |code| code.0.len())),
				times(Units::stored_watermark(), usize::from(enacted.keeps_watermark)),
			]);
		}
		parts
			.iter()
			.fold(0, |sum: u64, part| sum.saturating_add(part.ref_time()))
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn r_wgt_6_weights_grow_with_what_an_inherent_carries() {
		let empty = Load {
			cores: 100,
			..Load::default()
		};
		let full = Load {
			bitfields: 500,
			..empty.clone()
		};
		let (empty, full) = (Ours.weigh(&empty), Ours.weigh(&full));
		assert!(empty > 0 && full > empty, "R-WGT-6: {empty} and {full}");
	}
}
