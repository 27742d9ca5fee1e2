//! What was found, for people and for programs.

use crate::{weight::Messages, Question, StorageReport, Verdict, Weights};
use async_backing_primitives::ParaId;
use serde::Serialize;
use std::{
	collections::BTreeMap,
	fmt::{self, Display, Write},
};

/// Version of the form of [`Report`] in JSON.
pub const SCHEMA: u32 = 1;

/// What was found in all blocks.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
	/// [`SCHEMA`].
	pub schema: u32,
	/// Each block, by chain and number.
	pub blocks: Vec<BlockReport>,
	/// The answers of all blocks together.
	pub total: Verdict,
	/// Pieces of chains, and what follows from each as a whole.
	pub runs: Vec<RunReport>,
	/// What became of each para's candidates, by chain.
	pub paras: BTreeMap<String, BTreeMap<u32, ParaReport>>,
	/// How many blocks the relay parents lie back, and how many candidates have them.
	pub lags: BTreeMap<u32, u64>,
	/// Messages of all candidates.
	pub messages: Messages,
	/// Values of storage, where there were some.
	pub storage: Vec<StorageReport>,
	/// Blocks that were there twice.
	pub duplicates: usize,
	/// What could not be read.
	pub unread: Vec<String>,
	/// Whose weights are beside those of the chain.
	pub weights_of: Option<String>,
}

/// What was found in one block.
#[derive(Clone, Debug, Default, Serialize)]
pub struct BlockReport {
	/// Chain and number.
	pub name: String,
	/// Where it was read.
	pub source: String,
	/// Its number, if it is known.
	pub number: Option<u32>,
	/// Its hash, if it was told.
	pub hash: Option<String>,
	/// Bytes of the extrinsic.
	pub bytes: Option<usize>,
	/// Whether a parachains inherent was found in it.
	pub has_inherent: bool,
	/// Cores, by the bitfields; 0 where the data don't tell.
	pub cores: usize,
	/// Bitfields.
	pub bitfields: usize,
	/// Candidates in the inherent.
	pub candidates: usize,
	/// Of these, what the chain took; `None` without events.
	pub backed: Option<usize>,
	/// Candidates that were enacted; `None` without events.
	pub included: Option<usize>,
	/// Candidates that timed out; `None` without events.
	pub timed_out: Option<usize>,
	/// Votes in disputes.
	pub dispute_votes: usize,
	/// Versions of descriptors.
	pub versions: BTreeMap<String, usize>,
	/// How many blocks the relay parents lie back.
	pub lags: BTreeMap<u32, u64>,
	/// Messages of the candidates.
	pub messages: Messages,
	/// Weights.
	pub weights: Weights,
	/// The answers.
	pub verdict: Verdict,
}

/// What follows from a piece of a chain.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RunReport {
	/// Chain and number of the first and of the last block.
	pub blocks: (String, String),
	/// Number of blocks.
	pub length: usize,
	/// Largest depth and largest ancestry that were used: the parameters are these at least. Or those that were told.
	pub params: (u32, u32),
	/// Whether the parameters were told.
	pub are_params_told: bool,
	/// Sizes of proofs with which validation data were found.
	pub max_pov_sizes: Vec<u32>,
	/// Least and largest number of validators that fits, for each session.
	pub validators: Vec<Option<(u32, u32)>>,
	/// Blocks between two rotations, where one was seen.
	pub rotation: Vec<Option<u32>>,
}

/// What became of a para's candidates.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ParaReport {
	/// Candidates that were backed.
	pub backed: u64,
	/// Candidates that were included.
	pub included: u64,
	/// Candidates that timed out.
	pub timed_out: u64,
	/// Relay blocks from backing to inclusion, and how many candidates took so long; only those that were seen from the
	/// beginning.
	pub to_inclusion: BTreeMap<u32, u64>,
	/// Everything, in order.
	pub time_line: Vec<Moment>,
}

/// Something that happened to a candidate.
#[derive(Clone, Debug, Serialize)]
pub struct Moment {
	/// Number of the relay block.
	pub block: Option<u32>,
	/// `backed`, `included` or `timed out`.
	pub what: &'static str,
	/// The candidate.
	pub candidate: String,
	/// Core and group, where they were told.
	pub core: Option<u32>,
	/// See `core`.
	pub group: Option<u32>,
	/// How many blocks the relay parent lies back; of what is backed.
	pub lag: Option<u32>,
	/// Candidates of the para that waited before it; of what is backed.
	pub depth: Option<u32>,
}

impl Report {
	/// Whether nothing disagrees, and everything could be read.
	pub fn passes(&self) -> bool {
		self.disagreements() == 0 && self.unread.is_empty()
	}

	/// Disagreements: cases of blocks, and values of storage that their type doesn't read.
	pub fn disagreements(&self) -> usize {
		let values: usize = self.storage.iter().map(StorageReport::failures).sum();
		self.total.disagreements() + values
	}
}

/// Picoseconds, as milliseconds.
fn milliseconds(picoseconds: u64) -> String {
	format!("{:.1} ms", picoseconds as f64 / 1e9)
}

/// Pairs of a map in a line.
fn pairs<K: Display, V: Display>(map: &BTreeMap<K, V>) -> String {
	let pairs: Vec<_> = map.iter().map(|(key, value)| format!("{key}: {value}")).collect();
	pairs.join(", ")
}

impl Display for Report {
	fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
		for block in &self.blocks {
			block.write(out)?;
		}
		self.write_runs(out)?;
		self.write_paras(out)?;
		for storage in &self.storage {
			write!(out, "{storage}")?;
		}
		if !self.blocks.is_empty() {
			self.write_total(out)?;
		}
		self.unread
			.iter()
			.try_for_each(|error| writeln!(out, "UNREAD: {error}"))
	}
}

impl BlockReport {
	fn write(&self, out: &mut impl Write) -> fmt::Result {
		let count = |count: Option<usize>| count.map_or("?".into(), |count| count.to_string());
		if !self.has_inherent {
			return self.write_without_inherent(out);
		}
		write!(
			out,
			"{}: {} bitfields for {} cores, {} candidates, {} backed, {} included",
			self.name,
			self.bitfields,
			self.cores,
			self.candidates,
			count(self.backed),
			count(self.included)
		)?;
		if self.timed_out.is_some_and(|count| count > 0) {
			write!(out, ", {} timed out", count(self.timed_out))?;
		}
		if self.dispute_votes > 0 {
			write!(out, ", {} votes in disputes", self.dispute_votes)?;
		}
		writeln!(out)?;
		self.write_verdict(out)
	}

	fn write_without_inherent(&self, out: &mut impl Write) -> fmt::Result {
		writeln!(out, "{}: no parachains inherent was found", self.name)?;
		self.write_verdict(out)
	}

	fn write_verdict(&self, out: &mut impl Write) -> fmt::Result {
		let agree: u64 = self.verdict.0.values().map(|tally| tally.agree).sum();
		let undecided: u64 = self.verdict.0.values().map(|tally| tally.undecided_count()).sum();
		write!(
			out,
			"  {agree} agree, {} disagree, {undecided} undecided",
			self.verdict.disagreements()
		)?;
		if let Some(booked) = self.weights.booked {
			write!(out, "; booked {}", milliseconds(booked))?;
			if let Some(ours) = self.weights.ours {
				write!(out, ", ours {}", milliseconds(ours))?;
			}
		}
		writeln!(out)?;
		for (question, tally) in &self.verdict.0 {
			for what in &tally.disagree {
				writeln!(
					out,
					"  DISAGREES, {} ({}): {what}",
					question.text().0,
					question.text().1
				)?;
			}
		}
		Ok(())
	}
}

impl Report {
	fn write_runs(&self, out: &mut impl Write) -> fmt::Result {
		for run in self.runs.iter().filter(|run| run.length > 1) {
			let (depth, ancestry) = run.params;
			let least = if run.are_params_told {
				""
			} else {
				" at least, by what was used"
			};
			write!(
				out,
				"\n{} to {}: {} consecutive blocks, parameters ({depth}, {ancestry}){least}",
				run.blocks.0, run.blocks.1, run.length
			)?;
			for validators in run.validators.iter().flatten() {
				match validators {
					(least, most) if least == most => write!(out, ", {least} validators")?,
					(least, most) => write!(out, ", {least} to {most} validators")?,
				}
			}
			for rotation in run.rotation.iter().flatten() {
				write!(out, ", groups rotate every {rotation} blocks")?;
			}
			writeln!(out, ", proofs up to {:?} bytes", run.max_pov_sizes)?;
		}
		Ok(())
	}

	fn write_paras(&self, out: &mut impl Write) -> fmt::Result {
		for (chain, paras) in &self.paras {
			writeln!(out, "\nparas of {chain}")?;
			for (para, report) in paras {
				let lags = report.time_line.iter().filter_map(|moment| moment.lag);
				let depths = report.time_line.iter().filter_map(|moment| moment.depth);
				write!(
					out,
					"  {:>5}: {} backed, {} included",
					ParaId(*para),
					report.backed,
					report.included
				)?;
				if report.timed_out > 0 {
					write!(out, ", {} timed out", report.timed_out)?;
				}
				if let (Some(least), Some(most)) = (lags.clone().min(), lags.max()) {
					write!(out, ", relay parents {least} to {most} back")?;
				}
				if let Some(deepest) = depths.max() {
					write!(out, ", depth up to {deepest}")?;
				}
				if !report.to_inclusion.is_empty() {
					write!(out, ", blocks to inclusion {}", pairs(&report.to_inclusion))?;
				}
				writeln!(out)?;
			}
		}
		Ok(())
	}

	fn write_total(&self, out: &mut impl Write) -> fmt::Result {
		let Messages {
			upward,
			signals,
			horizontal,
			downward,
			codes,
			watermarks_behind,
		} = self.messages;
		writeln!(out, "\n{} blocks", self.blocks.len())?;
		if !self.lags.is_empty() {
			writeln!(out, "relay parents lie back: {}", pairs(&self.lags))?;
		}
		writeln!(
			out,
			"messages: {upward} upward, {signals} signals, {horizontal} horizontal, {downward} downward processed, {codes} new codes, \
			 {watermarks_behind} watermarks behind the relay parent"
		)?;
		if let Some(whose) = &self.weights_of {
			let both: Vec<_> = self
				.blocks
				.iter()
				.filter_map(|block| Some((block.weights.booked?, block.weights.ours?)))
				.collect();
			let sum = |of: fn(&(u64, u64)) -> u64| both.iter().map(of).fold(0, u64::saturating_add);
			let (booked, ours) = (sum(|pair| pair.0), sum(|pair| pair.1));
			writeln!(
				out,
				"weights: {} booked, {} by {whose}, for {} inherents",
				milliseconds(booked),
				milliseconds(ours),
				both.len()
			)?;
		}
		if self.duplicates > 0 {
			writeln!(out, "{} blocks were there twice", self.duplicates)?;
		}
		writeln!(
			out,
			"\n{:<28} {:>8} {:>9} {:>10}",
			"", "agree", "disagree", "undecided"
		)?;
		for question in Question::ALL {
			let tally = self.total.of(question);
			let (what, rule) = question.text();
			writeln!(
				out,
				"{what:<28} {:>8} {:>9} {:>10}  {rule}",
				tally.agree,
				tally.disagree.len(),
				tally.undecided_count()
			)?;
		}
		writeln!(out)?;
		for (question, tally) in &self.total.0 {
			for (why, count) in &tally.undecided {
				writeln!(out, "undecided, {}: {count}: {why}", question.text().0)?;
			}
		}
		for (question, tally) in &self.total.0 {
			for what in &tally.disagree {
				writeln!(
					out,
					"DISAGREES, {} ({}): {what}",
					question.text().0,
					question.text().1
				)?;
			}
		}
		Ok(())
	}
}
