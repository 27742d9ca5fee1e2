//! Request protocols: their limits and times (R-NET-16 to R-NET-24, R-NET-26, R-NET-35).

use crate::{
	MAX_ATTESTED_RESPONSE_SIZE, MAX_DATA_RESPONSE_SIZE, MAX_DISPUTE_RESPONSE_SIZE, MAX_REQUEST_SIZE,
};
use core::time::Duration;

/// A request protocol of the parachains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
	/// An erasure chunk whose index is that of its validator (R-NET-16).
	ChunkV1,
	/// An erasure chunk that says its index (R-NET-17).
	ChunkV2,
	/// A collation by relay parent (R-NET-18).
	CollationV1,
	/// A collation by candidate (R-NET-19).
	CollationV2,
	/// A collation by its output head (R-NET-20).
	CollationV3,
	/// A proof of validity (R-NET-21).
	Pov,
	/// All that is erasure-coded (R-NET-22).
	AvailableData,
	/// A dispute, to be confirmed (R-NET-23).
	Dispute,
	/// A candidate with statements about it (R-NET-24).
	AttestedCandidate,
}

/// What there is to know of a protocol.
struct Row {
	suffix: &'static str,
	legacy: Option<&'static str>,
	response_limit: usize,
	timeout_millis: u64,
	queue: usize,
}

/// The table, one line for each protocol.
#[rustfmt::skip]
const fn row(protocol: Protocol) -> Row {
	const DATA: usize = MAX_DATA_RESPONSE_SIZE;
	const fn row(
		suffix: &'static str, legacy: Option<&'static str>, response_limit: usize, timeout_millis: u64, queue: usize,
	) -> Row {
		Row { suffix, legacy, response_limit, timeout_millis, queue }
	}
	match protocol {
		Protocol::ChunkV1 => row("/req_chunk/1", Some("/polkadot/req_chunk/1"), DATA, 1000, 100),
		Protocol::ChunkV2 => row("/req_chunk/2", None, DATA, 1000, 100),
		Protocol::CollationV1 => row("/req_collation/1", Some("/polkadot/req_collation/1"), DATA, 2000, 10),
		Protocol::CollationV2 => row("/req_collation/2", None, DATA, 2000, 10),
		Protocol::CollationV3 => row("/req_collation/3", None, DATA, 2000, 10),
		Protocol::Pov => row("/req_pov/1", Some("/polkadot/req_pov/1"), DATA, 2000, 10),
		Protocol::AvailableData =>
			row("/req_available_data/1", Some("/polkadot/req_available_data/1"), DATA, 2000, 100),
		Protocol::Dispute =>
			row("/send_dispute/1", Some("/polkadot/send_dispute/1"), MAX_DISPUTE_RESPONSE_SIZE, 12_000, 100),
		Protocol::AttestedCandidate =>
			row("/req_attested_candidate/2", None, MAX_ATTESTED_RESPONSE_SIZE, 2500, ATTESTED_QUEUE),
	}
}

/// Attested candidates that seven tenths of 50 MiB/s send within their time-out, less those that are sent at once
/// (R-NET-26).
const ATTESTED_QUEUE: usize = {
	// In 64 bits, because a Wasm address has 32.
	let bandwidth: u64 = 50 * 1024 * 1024 * 7 / 10;
	let within_the_timeout = bandwidth * 2500 / (1000 * MAX_ATTESTED_RESPONSE_SIZE as u64);
	within_the_timeout as usize - MAX_PARALLEL_ATTESTED
};
/// Attested candidates that are sent at once (R-NET-26).
const MAX_PARALLEL_ATTESTED: usize = 5;

impl Protocol {
	/// All of them.
	pub const ALL: [Self; 9] = [
		Self::ChunkV1,
		Self::ChunkV2,
		Self::CollationV1,
		Self::CollationV2,
		Self::CollationV3,
		Self::Pov,
		Self::AvailableData,
		Self::Dispute,
		Self::AttestedCandidate,
	];

	/// What the main name has behind the prefix of the chain.
	pub const fn suffix(self) -> &'static str {
		row(self).suffix
	}

	/// The name from before names had a prefix, offered besides the main one.
	pub const fn legacy_name(self) -> Option<&'static str> {
		row(self).legacy
	}

	/// Most bytes of a request.
	pub const fn request_limit(self) -> usize {
		MAX_REQUEST_SIZE
	}

	/// Most bytes of a response.
	pub const fn response_limit(self) -> usize {
		row(self).response_limit
	}

	/// How long an asker waits for the whole response.
	pub const fn timeout(self) -> Duration {
		Duration::from_millis(row(self).timeout_millis)
	}

	/// Requests that wait to be answered; what comes beyond them is refused at once (R-NET-26).
	pub const fn queue(self) -> usize {
		row(self).queue
	}

	/// What is asked of a peer that does not speak this protocol, with a request of its own (R-NET-35).
	pub const fn fallback(self) -> Option<Self> {
		match self {
			Self::ChunkV2 => Some(Self::ChunkV1),
			_ => None,
		}
	}
}
