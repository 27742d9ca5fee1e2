//! Which rules let candidates pass, and which refused some.

use crate::{node::Made, story::Tally};
use async_backing_primitives::{upward_messages_before_separator, CandidateCommitments};
use std::{collections::BTreeMap, fmt::Write as _};

/// Whether a rule has something to look at in a candidate.
type Concerns = fn(&CandidateCommitments, relay_parent: u32) -> bool;

const ALL: Concerns = |_, _| true;
const UPWARD: Concerns = |outputs, _| !upward_messages_before_separator(&outputs.upward_messages).is_empty();
const SIGNALS: Concerns = |outputs, _| outputs.upward_messages.iter().any(Vec::is_empty);
const DOWNWARD: Concerns = |outputs, _| outputs.processed_downward_messages > 0;
const HORIZONTAL: Concerns = |outputs, _| !outputs.horizontal_messages.is_empty();
const CODE: Concerns = |outputs, _| outputs.new_validation_code.is_some();
const TRUNK: Concerns = |outputs, relay_parent| outputs.hrmp_watermark < relay_parent;

/// What the chain refuses with, by which rule, and which candidates passed it for a reason.
const RULES: [(&str, &str, Concerns); 26] = [
	("R-BIN-12", "UnsupportedDescriptor", ALL),
	("R-FRG-16", "ParaHeadMismatch", ALL),
	("R-UMP-3", "InvalidSignals", SIGNALS),
	("R-CODE-1", "CodeTooSmall", CODE),
	("R-REL-3", "DisallowedRelayParent", ALL),
	("R-REL-4", "RelayParentMovedBackwards", ALL),
	("R-UMP-5", "CoreIndexMismatch", SIGNALS),
	("R-UMP-5", "InvalidCoreIndex", ALL),
	("R-BCK-2", "WrongSession", ALL),
	("R-BCK-3", "CoreNotEligible", ALL),
	("R-FRG-1", "RecipientsNotAscending", HORIZONTAL),
	("R-FRG-2", "ValidationCodeMismatch", ALL),
	("R-FRG-3", "HeadDataTooLarge", ALL),
	("R-FRG-5", "CodeUpgradeRestricted", CODE),
	("R-FRG-6", "CodeTooLarge", CODE),
	("R-FRG-7", "TooManyHorizontalMessages", HORIZONTAL),
	("R-FRG-8", "ValidationDataMismatch", ALL),
	("R-FRG-9", "DownwardMessagesNotProcessed", DOWNWARD),
	("R-FRG-10", "TooManyUpwardMessages", UPWARD),
	("R-CON-1", "WatermarkAheadOfRelayParent", ALL),
	("R-CON-1", "DisallowedWatermark", TRUNK),
	("R-CON-2", "NoSuchChannel", HORIZONTAL),
	("R-CON-4", "DownwardMessagesExceeded", DOWNWARD),
	("R-BKV-1", "TooFewVotes", ALL),
	("R-BKV-2", "VotesDoNotMatchBits", ALL),
	("R-BKV-3", "BadVoteSignature", ALL),
];

/// How often each rule said what.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
	/// By position in the table.
	accepted: BTreeMap<usize, u64>,
	refused: BTreeMap<&'static str, u64>,
	comparisons: u64,
}

impl Counts {
	pub(crate) fn add(&mut self, candidate: &Made, refusal: Option<&'static str>) {
		self.comparisons += 1;
		if let Some(reason) = refusal {
			*self.refused.entry(reason).or_default() += 1;
			return;
		}
		let outputs = &candidate.backed.candidate.commitments;
		let relay_parent = candidate.validation_data.relay_parent_number;
		for (position, (.., concerns)) in RULES.iter().enumerate() {
			if concerns(outputs, relay_parent) {
				*self.accepted.entry(position).or_default() += 1;
			}
		}
	}

	pub(crate) fn comparisons(&self) -> u64 {
		self.comparisons
	}

	fn of(&self, position: usize, error: &str) -> (u64, u64) {
		let accepted = self.accepted.get(&position).copied().unwrap_or_default();
		(accepted, self.refused.get(error).copied().unwrap_or_default())
	}

	/// Rules of the table of which one branch was never taken.
	pub(crate) fn never(&self) -> Vec<&'static str> {
		let rules = RULES.iter().enumerate();
		let never = rules.filter(|(position, (_, error, _))| {
			let (accepted, refused) = self.of(*position, error);
			accepted == 0 || refused == 0
		});
		never.map(|(_, (_, error, _))| *error).collect()
	}

	/// As a page.
	pub(crate) fn report(&self, tally: &Tally, offered: u64) -> String {
		let mut page = format!(
			"# Agreement\n\n\
			Written by `make agreement`. Random histories of a relay chain; at each block, candidates that are right or wrong by\n\
			one: what tree and provisioner of a node say at the leaf, beside the verdict of the runtime, native and compiled.\n\n\
			| | |\n|---|---:|\n\
			| blocks | {} |\n\
			| calls before and behind inherents, unseen by who predicts | {} |\n\
			| candidates compared | {} |\n\
			| accepted by both | {} |\n\
			| refused by both | {} |\n\
			| accepted by the chain alone, where the block itself made room | {} |\n\
			| inherents of provisioners, all accepted | {offered} |\n\
			| disagreements | 0 |\n\n\
			By rule: candidates that it let pass (of those with something for it to look at) and that it refused.\n\n\
			| rule | refuses with | passed | refused |\n|---|---|---:|---:|\n",
			tally.blocks, tally.calls, self.comparisons, tally.accepted, tally.refused, tally.loosened
		);
		for (position, (rule, error, _)) in RULES.iter().enumerate() {
			let (accepted, refused) = self.of(position, error);
			// Writing to a string does not fail.
			let _ = writeln!(page, "| {rule} | {error} | {accepted} | {refused} |");
		}
		let others: Vec<_> = self
			.refused
			.iter()
			.filter(|(reason, _)| RULES.iter().all(|(_, error, _)| error != *reason))
			.map(|(reason, count)| format!("{reason} {count}"))
			.collect();
		if !others.is_empty() {
			let _ = writeln!(
				page,
				"\nAlso refused, where histories happen to lead there: {}.",
				others.join(", ")
			);
		}
		page
	}
}
