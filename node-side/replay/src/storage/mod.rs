//! Values of storage and answers of runtimes, as chains have them: whether our types read them to the last byte.

mod configuration;

pub use configuration::{read_configuration, PublishedConfiguration};

use crate::read::{
	json,
	node::{plain, Node},
	read_file,
};
use crate::ReadError;
use async_backing_primitives::{
	AbridgedHrmpChannel, AllowedRelayParents, BackingState, CandidateCommitments, CandidateDescriptor,
	CandidateEvent, CandidateHash, ClaimQueue, CommittedCandidateReceipt, CoreIndex, CoreState, DisputeState,
	GroupIndex, GroupRotationInfo, Hash, HeadData, Header, InboundHrmpMessage, ParaId, SessionInfo,
	ValidationCode, ValidatorId, ValidatorIndex,
};
use bitvec::{order::Lsb0, vec::BitVec};
use codec::{Compact, Decode, Encode};
use serde::Serialize;
use std::{
	collections::{BTreeMap, BTreeSet},
	fmt,
	io::ErrorKind,
	path::Path,
};

/// What became of the values of a folder.
#[derive(Clone, Debug, Default, Serialize)]
pub struct StorageReport {
	/// The folder.
	pub folder: String,
	/// Each value.
	pub values: Vec<ValueReport>,
}

/// What became of a value.
#[derive(Clone, Debug, Serialize)]
pub struct ValueReport {
	/// Its file.
	pub file: String,
	/// The type that reads it to the last byte and encodes to the same bytes.
	pub read_as: Option<String>,
	/// What keeps it from being read, if its type is ours.
	pub error: Option<String>,
	/// Why nothing is said about it.
	pub undecided: Option<String>,
}

impl StorageReport {
	/// Values with a type of ours that it doesn't read.
	pub fn failures(&self) -> usize {
		self.values.iter().filter(|value| value.error.is_some()).count()
	}

	/// Whether all values with a type of ours were read.
	pub fn passes(&self) -> bool {
		self.failures() == 0
	}
}

impl fmt::Display for StorageReport {
	fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
		let read = self.values.iter().filter(|value| value.read_as.is_some()).count();
		let undecided = self.values.iter().filter(|value| value.undecided.is_some());
		writeln!(
			out,
			"\nstorage: {read} of {} values read to the last byte, and encoded to the same bytes",
			self.values.len()
		)?;
		for value in undecided {
			writeln!(
				out,
				"  undecided: {}: {}",
				value.file,
				value.undecided.as_deref().unwrap_or_default()
			)?;
		}
		for value in &self.values {
			if let Some(error) = &value.error {
				writeln!(out, "  DISAGREES: {}: {error}", value.file)?;
			}
		}
		Ok(())
	}
}

/// Reads the values that `index.json` in a folder lists: each entry names a `file`, and what it is by its name.
///
/// # Errors
/// [`ReadError`] if there is no such index. What is wrong with a value is in the report.
pub fn read_storage(folder: &Path) -> Result<StorageReport, ReadError> {
	let index = folder.join("index.json");
	let value = json(&index)?;
	let entries = Node::new(&value, index.display().to_string());
	let values = entries.each(|entry| {
		let file = entry.get(&["file"])?.text()?;
		let name = Path::new(file)
			.file_name()
			.ok_or_else(|| entry.not("the name of a file"))?;
		Ok(one(&folder.join(name)))
	})?;
	Ok(StorageReport {
		folder: folder.display().to_string(),
		values,
	})
}

fn one(path: &Path) -> ValueReport {
	let file = path
		.file_name()
		.unwrap_or_default()
		.to_string_lossy()
		.into_owned();
	let mut report = ValueReport {
		file,
		read_as: None,
		error: None,
		undecided: None,
	};
	match read_file(path) {
		Err(ReadError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
			report.undecided = Some(format!("listed, but not there ({source})"))
		}
		Err(error) => report.error = Some(error.to_string()),
		Ok(bytes) => match read_value(&report.file, &bytes) {
			Outcome::Read(what) => report.read_as = Some(what),
			Outcome::Failed(what) => report.error = Some(what),
			Outcome::Undecided(why) => report.undecided = Some(why),
		},
	}
	report
}

enum Outcome {
	Read(String),
	Failed(String),
	Undecided(String),
}

/// What reading bytes as a type came to: `Err` with the byte at which it stopped.
type Reading = Result<(), Stopped>;

struct Stopped {
	offset: usize,
	what: String,
}

/// Whether these bytes are a `T` to the last one, and encode to the same.
fn is<T: Decode + Encode>(bytes: &[u8]) -> Reading {
	let mut rest = bytes;
	let read = T::decode(&mut rest);
	let offset = bytes.len() - rest.len();
	let stopped = |what| Err(Stopped { offset, what });
	match read {
		// The decoder takes a whole number at once: it stopped at its first byte, or at the end.
		Err(error) => {
			let what = error.to_string();
			stopped(what.split_whitespace().collect::<Vec<_>>().join(" "))
		}
		Ok(_) if !rest.is_empty() => stopped(format!("{} more bytes behind the value", rest.len())),
		Ok(value) => {
			let encoded = value.encode();
			let same = std::iter::zip(&encoded, bytes).take_while(|(one, other)| one == other);
			let offset = same.count();
			match encoded == bytes {
				true => Ok(()),
				false => Err(Stopped {
					offset,
					what: "encodes to other bytes than it was read from".into(),
				}),
			}
		}
	}
}

fn as_one<T: Decode + Encode>(bytes: &[u8], name: &'static str) -> Outcome {
	as_first([(is::<T>(bytes), name)])
}

/// The first of these that reads it; else how far the one came that came furthest.
fn as_first<const N: usize>(readings: [(Reading, &'static str); N]) -> Outcome {
	let mut furthest: Option<(Stopped, &'static str)> = None;
	for (reading, name) in readings {
		match reading {
			Ok(()) => return Outcome::Read(name.into()),
			Err(stopped)
				if furthest
					.as_ref()
					.is_none_or(|(other, _)| stopped.offset > other.offset) =>
			{
				furthest = Some((stopped, name));
			}
			Err(_) => {}
		}
	}
	Outcome::Failed(furthest.map_or_else(String::new, |(stopped, name)| {
		format!("expected {name}; byte {}: {}", stopped.offset, stopped.what)
	}))
}

/// The same for what only an answer of the runtime is: a stored value is no `Option`.
fn if_answer(is_answer: bool, reading: impl FnOnce() -> Reading) -> Reading {
	match is_answer {
		true => reading(),
		false => Err(Stopped {
			offset: 0,
			what: "no answer of a runtime".into(),
		}),
	}
}

/// A candidate that waits as chains stored it before several could.
type PendingOne = (
	CoreIndex,
	CandidateHash,
	CandidateDescriptor,
	Bits,
	Bits,
	u32,
	u32,
	GroupIndex,
);
/// The same since then.
type PendingMany = Vec<(
	CoreIndex,
	CandidateHash,
	CandidateDescriptor,
	CandidateCommitments,
	Bits,
	Bits,
	u32,
	u32,
	GroupIndex,
)>;
type Bits = BitVec<u8, Lsb0>;
/// The window of relay parents with claim queues in each entry.
type WindowWithClaims = (
	Vec<(Hash, Hash, BTreeMap<ParaId, BTreeMap<u8, BTreeSet<CoreIndex>>>)>,
	u32,
);

/// A claim as the published scheduler stores it.
#[derive(Decode, Encode)]
enum Claim {
	/// An on-demand order.
	#[codec(index = 0)]
	Pool(ParaId, CoreIndex),
	/// A lease.
	#[codec(index = 1)]
	Bulk(ParaId),
}

/// What a value is, by the name of its file, and whether it reads as that.
fn read_value(file: &str, bytes: &[u8]) -> Outcome {
	let name = plain(
		file.strip_suffix(".scale")
			.or(file.strip_suffix(".bin"))
			.unwrap_or(file),
	);
	let has = |part: &str| name.contains(part);
	let is_answer = has("api");
	match () {
		() if has("parabackingstate") => backing_state(bytes),
		() if has("activeconfig") => match read_configuration(bytes) {
			Some((layout, _)) => Outcome::Read(format!("HostConfiguration, {layout:?}")),
			None => Outcome::Failed(configuration::nearest(bytes)),
		},
		() if has("allowedrelayparents") => as_first([
			(is::<AllowedRelayParents>(bytes), "AllowedRelayParents"),
			(
				is::<WindowWithClaims>(bytes),
				"AllowedRelayParents with claim queues",
			),
		]),
		() if has("candidateevents") => as_one::<Vec<CandidateEvent>>(bytes, "Vec<CandidateEvent>"),
		() if has("sessioninfo") => as_first([
			(
				if_answer(is_answer, || is::<Option<SessionInfo>>(bytes)),
				"Option<SessionInfo>",
			),
			(is::<SessionInfo>(bytes), "SessionInfo"),
		]),
		() if has("availabilitycores") && is_answer => as_one::<Vec<CoreState>>(bytes, "Vec<CoreState>"),
		() if has("availabilitycores") => {
			Outcome::Undecided("cores of the scheduler of 2023, which has no type here".into())
		}
		() if has("claimqueue") => claim_queue(bytes),
		() if has("hrmpchannelcontents") => as_one::<BTreeMap<ParaId, Vec<InboundHrmpMessage>>>(
			bytes,
			"BTreeMap<ParaId, Vec<InboundHrmpMessage>>",
		),
		() if has("hrmpchannelsindex")
			|| has("ingresschannels")
			|| has("egresschannels")
			|| has("parasparachains") =>
		{
			as_one::<Vec<ParaId>>(bytes, "Vec<ParaId>")
		}
		() if has("hrmpchannel") => {
			as_one::<(AbridgedHrmpChannel, u128, u128)>(bytes, "AbridgedHrmpChannel and its deposits")
		}
		() if has("pendingavailabilitycommitments") => {
			as_one::<CandidateCommitments>(bytes, "CandidateCommitments")
		}
		() if has("pendingavailability") => as_first([
			(
				if_answer(is_answer, || is::<Option<CommittedCandidateReceipt>>(bytes)),
				"Option<CommittedCandidateReceipt>",
			),
			(
				is::<PendingOne>(bytes),
				"a candidate that waits, alone on its core",
			),
			(
				is::<PendingMany>(bytes),
				"candidates that wait, with their commitments",
			),
		]),
		() if has("validatorgroups") => as_first([
			(
				is::<(Vec<Vec<ValidatorIndex>>, GroupRotationInfo)>(bytes),
				"groups and GroupRotationInfo",
			),
			(is::<Vec<Vec<ValidatorIndex>>>(bytes), "Vec<Vec<ValidatorIndex>>"),
		]),
		() if has("validators") || has("validatorkeys") => {
			as_one::<Vec<ValidatorId>>(bytes, "Vec<ValidatorId>")
		}
		() if has("codehash") => as_one::<Hash>(bytes, "ValidationCodeHash"),
		() if has("codebyhash") => as_one::<ValidationCode>(bytes, "ValidationCode"),
		() if has("dispute") => as_one::<DisputeState>(bytes, "DisputeState"),
		() if has("events") => {
			Outcome::Undecided("events of a whole runtime: their type is that runtime's".into())
		}
		() if has("head") => as_first([
			(is::<HeadData>(bytes), "HeadData"),
			(
				is::<Header>(bytes),
				"a parachain's header, without the length that head data have in front",
			),
		]),
		() if has("sessionindex") || has("sessionstartblock") || has("eventcount") || has("number") => {
			as_one::<u32>(bytes, "u32")
		}
		() => Outcome::Undecided("nothing in its name says what it is".into()),
	}
}

/// The answer that stopped a parachain whose node expected the other layout (R-DEF-22).
fn backing_state(bytes: &[u8]) -> Outcome {
	match BackingState::decode_any(bytes) {
		Ok((version, _)) => Outcome::Read(format!("Option<BackingState>, {version:?}")),
		// Some, then the numbers in the order of either version: what stands where the head-data limit is in one.
		Err(_) => match <(u8, [u32; 4])>::decode(&mut &*bytes) {
			Ok((1, [.., fourth])) => Outcome::Undecided(format!(
				"cut off after {} bytes, so in neither layout to the last one; as version 9 its head-data limit is {fourth}",
				bytes.len()
			)),
			_ => as_one::<Option<BackingState>>(bytes, "Option<BackingState>"),
		},
	}
}

/// A claim queue as the runtime answers with it, or as the published scheduler stores it.
fn claim_queue(bytes: &[u8]) -> Outcome {
	let outcome = as_first([
		(is::<ClaimQueue>(bytes), "ClaimQueue"),
		(
			is::<BTreeMap<CoreIndex, Vec<Claim>>>(bytes),
			"claim queue of the published scheduler",
		),
	]);
	match (outcome, claims_of_broken_queue(bytes)) {
		(Outcome::Failed(_), Some((core, said, got))) => Outcome::Undecided(format!(
			"broken: it says {said} claims for core {core}, and has {got}; so read, it ends with its last byte"
		)),
		(outcome, _) => outcome,
	}
}

/// The core of which a stored claim queue says more claims than it has, with what it says and has, if all else of it is right
/// to the last byte. No reader can read such a value; it was cut by somebody.
fn claims_of_broken_queue(bytes: &[u8]) -> Option<(CoreIndex, u32, u32)> {
	let mut rest = bytes;
	let mut broken = None;
	for _ in 0..Compact::<u32>::decode(&mut rest).ok()?.0 {
		let core = CoreIndex::decode(&mut rest).ok()?;
		let said = Compact::<u32>::decode(&mut rest).ok()?.0;
		for got in 0..said {
			let before = rest;
			if Claim::decode(&mut rest).is_err() {
				rest = before;
				if broken.replace((core, said, got)).is_some() {
					return None;
				}
				break;
			}
		}
	}
	broken.filter(|_| rest.is_empty())
}

#[cfg(test)]
mod tests {
	use super::*;

	fn outcome(file: &str, bytes: &[u8]) -> Result<String, String> {
		match read_value(file, bytes) {
			Outcome::Read(what) => Ok(what),
			Outcome::Failed(what) => Err(what),
			Outcome::Undecided(why) => Err(format!("undecided: {why}")),
		}
	}

	#[test]
	fn r_sch_4_claim_queues_of_both_kinds_and_a_broken_one() {
		let claims = |paras: &[u32]| {
			let claims = paras.iter().map(|para| Claim::Bulk(ParaId(*para)));
			claims.collect::<Vec<_>>()
		};
		let stored: BTreeMap<_, _> =
			[(CoreIndex(0), claims(&[7, 8])), (CoreIndex(2), claims(&[9, 9]))].into();
		let bytes = stored.encode();
		let read = outcome("x-claimQueue.scale", &bytes);
		assert_eq!(read.as_deref(), Ok("claim queue of the published scheduler"));
		let answer: ClaimQueue = [(CoreIndex(1), [ParaId(7)].into())].into();
		let read = outcome("x-claimQueue.scale", &answer.encode());
		assert_eq!(read.as_deref(), Ok("ClaimQueue"));
		// Core 0 says two claims, and one of them is gone.
		let cut = [&bytes[..11], &bytes[16..]].concat();
		let said = outcome("x-claimQueue.scale", &cut).expect_err("nobody reads it");
		assert!(said.contains("says 2 claims for core 0, and has 1"), "{said}");
		let said = outcome("x-claimQueue.scale", &[1, 2, 3]).expect_err("nothing of the kind");
		assert!(said.starts_with("expected ClaimQueue; byte 2: "), "{said}");
	}

	#[test]
	fn r_def_22_backing_state_is_read_in_either_layout() {
		assert_eq!(
			outcome("a-para_backing_state.bin", &[0]).as_deref(),
			Ok("Option<BackingState>, V9")
		);
		let cut = [
			&[1][..],
			&[1, 0, 0, 0],
			&[2, 0, 0, 0],
			&[3, 0, 0, 0],
			&[0, 80, 0, 0],
		]
		.concat();
		let said = outcome("a-para_backing_state.bin", &cut).expect_err("it is cut");
		assert!(said.contains("head-data limit is 20480"), "{said}");
		let said = outcome("a-para_backing_state.bin", &[9]).expect_err("there is no such variant");
		assert!(
			said.starts_with("expected Option<BackingState>; byte 1: "),
			"{said}"
		);
	}

	#[test]
	fn what_is_no_value_is_an_error_and_what_has_no_name_undecided() {
		assert_eq!(outcome("a-head.scale", &[8, 1, 2]).as_deref(), Ok("HeadData"));
		let said = outcome("a-number.scale", &[1, 0, 0, 0, 7]).expect_err("it goes on");
		assert_eq!(said, "expected u32; byte 4: 1 more bytes behind the value");
		let config = async_backing_primitives::HostConfiguration::default().encode();
		let longer = [&config[..], &[0]].concat();
		let said = outcome("a-activeConfig.scale", &longer).expect_err("it goes on");
		assert!(
			said.contains(&format!("byte {}, as Ours: 1 more", config.len())),
			"{said}"
		);
		let said = outcome("a-head.scale", &[8, 1]).expect_err("it is cut");
		assert!(said.starts_with("expected HeadData; byte "), "{said}");
		assert_eq!(outcome("a-number.scale", &[1, 0, 0, 0]).as_deref(), Ok("u32"));
		assert!(outcome("a-thing.scale", &[]).is_err_and(|why| why.starts_with("undecided")));
	}
	#[test]
	fn a_folder_in_the_place_of_a_value_is_a_failure_and_counts() {
		let folder = std::env::temp_dir().join(format!("async-backing-replay-value-{}", std::process::id()));
		std::fs::create_dir_all(folder.join("a-head.scale")).expect("there is room");
		let index = r#"[{ "file": "a-head.scale" }, { "file": "gone-head.scale" }]"#;
		std::fs::write(folder.join("index.json"), index).expect("there is room");
		let values = read_storage(&folder);
		let _gone_or_not = std::fs::remove_dir_all(&folder);
		let values = values.expect("there is an index");
		assert_eq!(values.failures(), 1, "{values}");
		assert!(
			values.values[1].undecided.is_some(),
			"what is not there is undecided"
		);
		let report = crate::Report {
			storage: vec![values],
			..crate::Report::default()
		};
		assert!(!report.passes() && report.disagreements() == 1);
	}
}
