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
const RULES: [(&str, &str, Concerns); 43] = [
	("R-ABP-10", "SessionEnds", ALL),
	("R-BASE-16", "UnknownPara", ALL),
	("R-BIN-12", "UnsupportedDescriptor", ALL),
	("R-FRG-16", "ParaHeadMismatch", ALL),
	("R-UMP-3", "InvalidSignals", SIGNALS),
	("R-CODE-1", "CodeTooSmall", CODE),
	("R-REL-3", "DisallowedRelayParent", ALL),
	("R-REL-4", "RelayParentMovedBackwards", ALL),
	("R-UMP-5", "NoAssignment", ALL),
	("R-UMP-5", "CoreIndexMismatch", ALL),
	("R-UMP-5", "InvalidCoreIndex", ALL),
	("R-BCK-2", "WrongSession", ALL),
	("R-BCK-2", "DuplicateCandidate", ALL),
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
	("R-CON-2", "ChannelBytesExceeded", HORIZONTAL),
	("R-CON-2", "ChannelMessagesExceeded", HORIZONTAL),
	("R-CON-3", "UpwardMessagesExceeded", UPWARD),
	("R-CON-3", "UpwardBytesExceeded", UPWARD),
	("R-CON-4", "DownwardMessagesExceeded", DOWNWARD),
	("R-FRG-12", "UpwardMessageTooLarge", UPWARD),
	("R-FRG-12", "HorizontalMessageTooLarge", HORIZONTAL),
	("R-HRMP-1", "TooManyMessagesConsumed", ALL),
	("R-UMP-6", "UpwardMessagesWhileLeaving", UPWARD),
	("R-DEP-1", "TooDeep", ALL),
	("R-BIN-16", "MalformedVotes", ALL),
	("R-BKV-1", "TooFewVotes", ALL),
	("R-BKV-1", "EmptyGroup", ALL),
	("R-BKV-2", "WrongVoteBits", ALL),
	("R-BKV-2", "VotesDoNotMatchBits", ALL),
	("R-BKV-3", "BadVoteSignature", ALL),
	("R-BKV-4", "DisabledVotes", ALL),
];

/// Rules that no story can make refuse, and why: what asks first, or what this runtime has not.
const OUT_OF_REACH: [(&str, &str, &str); 8] = [
	(
		"R-FRG-16",
		"CommitmentsTooLarge",
		"8 MiB of commitments do not fit into a block of 5 MiB: R-WGT-1 refuses the inherent before",
	),
	(
		"R-FRG-16",
		"CommitmentsMismatch",
		"a backed candidate carries its commitments, so the chain hashes what it has",
	),
	(
		"R-FRG-4",
		"RelayParentTooOld",
		"R-REL-3 and R-REL-4 ask the same with the same bounds, before",
	),
	(
		"R-CON-5",
		"NoUpgradeScheduled",
		"whether a candidate applies an upgrade follows from one being scheduled (R-MOD-6)",
	),
	("R-TMO-6", "ConcludedInvalid", "this runtime has no disputes"),
	(
		"R-GRP-2",
		"NoGroup",
		"a core that R-BCK-3 lets pass has a group; one without validators is EmptyGroup",
	),
	(
		"R-BKV-3",
		"UnknownBackingValidator",
		"groups are made of the session's validators, who have keys",
	),
	(
		"R-BCK-5",
		"TooManyPending",
		"there is a place for each core that a chain can have (1024), and here are 7",
	),
];

/// Errors about other parts of an inherent than its candidates.
const NOT_OF_CANDIDATES: [&str; 11] = [
	"SecondInherent",
	"InvalidParentHeader",
	"DisputesNotCanonical",
	"Overweight",
	"ChainFrozen",
	"BitfieldWrongLength",
	"BitfieldForFreedCore",
	"BitfieldOutOfOrder",
	"BitfieldUnknownValidator",
	"BitfieldBadSignature",
	"CandidatesOutOfOrder",
];

/// In how many of these tables an error is.
pub(crate) fn places(error: &str) -> usize {
	let rules = RULES.iter().filter(|(_, name, _)| *name == error);
	let out_of_reach = OUT_OF_REACH.iter().filter(|(_, name, _)| *name == error);
	let others = NOT_OF_CANDIDATES.iter().filter(|name| **name == error);
	rules.count() + out_of_reach.count() + others.count()
}

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

	/// Refusals with an error of which we say that it is out of reach, or that is none of candidates.
	pub(crate) fn unexpected(&self) -> Vec<&'static str> {
		let refusals = self.refused.keys().copied();
		refusals
			.filter(|reason| RULES.iter().all(|(_, error, _)| error != reason))
			.collect()
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
		page.push_str(
			"\nEvery error that the inherent has about a candidate is in this table, but for those that no story reaches. The test\n\
			fails if one of them occurs, and if a branch of the others does not.\n\n\
			| rule | would refuse with | why it can't |\n|---|---|---|\n",
		);
		for (rule, error, why) in OUT_OF_REACH {
			let _ = writeln!(page, "| {rule} | {error} | {why} |");
		}
		page
	}
}
