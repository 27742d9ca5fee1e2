//! What a judgement comes to: agreement, disagreement with its reason, or what the data can't decide.

use serde::Serialize;
use std::collections::BTreeMap;

/// What is asked of each block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
	/// The inherent encodes to the bytes that it came in (R-BIN-17).
	Encoding,
	/// The parent header is that of the parent (R-INC-1).
	Parent,
	/// Candidates have the hashes that the chain's events tell (R-GLO-2).
	CandidateHash,
	/// Commitments hash to what the receipt in the event says (R-BIN-5).
	Commitments,
	/// Head data hash to what the descriptor says (R-FRG-16).
	ParaHead,
	/// Descriptors, signals and announced code pass the intrinsic checks (R-FRG-16).
	Intrinsic,
	/// Validation data hash to what the descriptor says (R-PVD-1).
	ValidationData,
	/// The core that a candidate names is the one that it took (R-BIN-16).
	Core,
	/// The group of each core at the relay parent (R-GRP-1).
	Group,
	/// Votes pair up with index bits, and the group is of the right size (R-BKV-2, R-GRP-5).
	Votes,
	/// What the bitfields make available is included, and nothing else (R-ENA-1 to R-ENA-3).
	Availability,
	/// The relay parent is allowed, and does not move backwards (R-REL-3, R-REL-4).
	RelayParent,
	/// The order of bitfields and candidates (R-INC-3).
	Order,
	/// What the tree of the leaf before chooses is what was backed (R-SEL-3, R-PRV-5).
	Choice,
	/// Signatures of validators (R-BKV-3, R-BIT-1).
	Signature,
}

impl Question {
	/// All, in the order in which they are told.
	pub const ALL: [Self; 15] = [
		Self::Encoding,
		Self::Parent,
		Self::CandidateHash,
		Self::Commitments,
		Self::ParaHead,
		Self::Intrinsic,
		Self::ValidationData,
		Self::Core,
		Self::Group,
		Self::Votes,
		Self::Availability,
		Self::RelayParent,
		Self::Order,
		Self::Choice,
		Self::Signature,
	];

	/// What is asked, and the rules.
	pub fn text(self) -> (&'static str, &'static str) {
		match self {
			Self::Encoding => ("encodes to the same bytes", "R-BIN-17"),
			Self::Parent => ("parent header", "R-INC-1"),
			Self::CandidateHash => ("candidate hashes", "R-GLO-2"),
			Self::Commitments => ("commitments hashes", "R-BIN-5"),
			Self::ParaHead => ("para heads", "R-FRG-16"),
			Self::Intrinsic => ("versions, signals, codes", "R-FRG-16"),
			Self::ValidationData => ("validation-data hashes", "R-PVD-1"),
			Self::Core => ("core that is named", "R-BIN-16"),
			Self::Group => ("group of the core", "R-GRP-1"),
			Self::Votes => ("votes and their bits", "R-BKV-2"),
			Self::Availability => ("available by the bitfields", "R-ENA-3"),
			Self::RelayParent => ("relay parents", "R-REL-4"),
			Self::Order => ("order", "R-INC-3"),
			Self::Choice => ("chosen by the tree", "R-SEL-3"),
			Self::Signature => ("signatures", "R-BKV-3"),
		}
	}
}

/// Answers to one question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
	/// Cases in which our rule says what the chain did.
	pub agree: u64,
	/// Cases in which it says something else, and what.
	pub disagree: Vec<String>,
	/// Cases that the data can't decide, by reason.
	pub undecided: BTreeMap<String, u64>,
}

impl Tally {
	fn add(&mut self, other: &Self) {
		self.agree += other.agree;
		self.disagree.extend(other.disagree.iter().cloned());
		for (why, count) in &other.undecided {
			*self.undecided.entry(why.clone()).or_default() += count;
		}
	}

	/// Cases that the data can't decide.
	pub fn undecided_count(&self) -> u64 {
		self.undecided.values().sum()
	}
}

/// Answers to all questions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Verdict(pub BTreeMap<Question, Tally>);

impl Verdict {
	/// Takes note of cases that agree.
	pub(crate) fn agree(&mut self, question: Question, cases: usize) {
		self.0.entry(question).or_default().agree += cases as u64;
	}

	/// Takes note of a case that does not.
	pub(crate) fn disagree(&mut self, question: Question, what: impl Into<String>) {
		self.0.entry(question).or_default().disagree.push(what.into());
	}

	/// Takes note of cases that can't be decided.
	pub(crate) fn undecided(&mut self, question: Question, cases: usize, why: impl Into<String>) {
		if cases > 0 {
			let tally = self.0.entry(question).or_default();
			*tally.undecided.entry(why.into()).or_default() += cases as u64;
		}
	}

	/// Agreement where `agrees`, else disagreement.
	pub(crate) fn judge(&mut self, question: Question, agrees: bool, what: impl FnOnce() -> String) {
		match agrees {
			true => self.agree(question, 1),
			false => self.disagree(question, what()),
		}
	}

	/// The answers to a question.
	pub fn of(&self, question: Question) -> Tally {
		self.0.get(&question).cloned().unwrap_or_default()
	}

	/// Disagreements of all questions.
	pub fn disagreements(&self) -> usize {
		self.0.values().map(|tally| tally.disagree.len()).sum()
	}

	/// Adds the answers of a block to those of all.
	pub(crate) fn add(&mut self, name: &str, other: &Self) {
		for (question, tally) in &other.0 {
			let named = Tally {
				disagree: tally
					.disagree
					.iter()
					.map(|what| format!("{name}: {what}"))
					.collect(),
				..tally.clone()
			};
			self.0.entry(*question).or_default().add(&named);
		}
	}
}
