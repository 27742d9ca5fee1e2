//! Signals: instructions to the relay chain that ride behind the upward messages (R-UMP-3).
//!
//! The first empty upward message is a separator. What stands before it are messages and consumes queue capacity;
//! what follows are signals and consumes none.

use crate::{DescriptorVersion, UpwardMessage};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::{bounded::BoundedVec, ConstU32};

/// Which of the cores assigned to the para the candidate picks, counted ascending and modulo their number.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct CoreSelector(pub u8);

/// Position in the claim queue at which the cores are looked up.
#[derive(
	Clone,
	Copy,
	Debug,
	Default,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub struct ClaimQueueOffset(pub u8);

/// Identifies a network peer, as opaque bytes.
pub type ApprovedPeerId = BoundedVec<u8, ConstU32<64>>;

/// A signal (R-BIN-20).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum UmpSignal {
	/// Picks the core that the candidate shall occupy.
	SelectCore(CoreSelector, ClaimQueueOffset),
	/// Names the collator peer whose reputation the parachain wants to raise.
	ApprovedPeer(ApprovedPeerId),
}

/// The signals of a candidate, at most one of each kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UmpSignals {
	/// The core that the candidate picks.
	pub select_core: Option<(CoreSelector, ClaimQueueOffset)>,
	/// The peer that it approves.
	pub approved_peer: Option<ApprovedPeerId>,
}

impl UmpSignals {
	/// Whether there is none.
	pub fn is_empty(&self) -> bool {
		self.select_core.is_none() && self.approved_peer.is_none()
	}
}

/// Why the signals of a candidate are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignalError {
	/// More messages behind the separator than there are kinds of signals.
	#[error("{0} signals are more than the 2 that there can be (R-UMP-3)")]
	TooMany(usize),
	/// A message behind the separator is no signal.
	#[error("message {0} behind the separator is no signal (R-UMP-3)")]
	Undecodable(usize),
	/// A kind of signal occurs twice.
	#[error("signal {0} is of a kind that came before (R-UMP-3)")]
	Duplicate(usize),
	/// Version 1 descriptors carry no signals.
	#[error("a version 1 candidate carries signals (R-UMP-4)")]
	NotAllowed,
	/// Version 3 descriptors need a signal.
	#[error("a version 3 candidate carries no signal (R-UMP-4)")]
	Missing,
}

/// The messages before the separator: those that consume queue capacity (R-MOD-4). Linear in their number.
#[inline]
pub fn upward_messages_before_separator(messages: &[UpwardMessage]) -> &[UpwardMessage] {
	split(messages).0
}

/// Messages before the separator and those behind it.
#[inline]
fn split(messages: &[UpwardMessage]) -> (&[UpwardMessage], &[UpwardMessage]) {
	match messages.iter().position(|message| message.is_empty()) {
		Some(separator) => (&messages[..separator], &messages[separator + 1..]),
		None => (messages, &[]),
	}
}

/// The signals behind the separator (R-UMP-3).
///
/// Bytes behind a signal are ignored, as everywhere on the network: a parachain whose signals pass there must not be
/// stuck here.
///
/// # Errors
/// [`SignalError`] when a message is no signal, a kind occurs twice, or there are more than two.
pub fn parse_signals(messages: &[UpwardMessage]) -> Result<UmpSignals, SignalError> {
	const KINDS: usize = 2;
	let encoded = split(messages).1;
	if encoded.len() > KINDS {
		return Err(SignalError::TooMany(encoded.len()));
	}
	let mut signals = UmpSignals::default();
	for (index, message) in encoded.iter().enumerate() {
		match UmpSignal::decode(&mut &message[..]).map_err(|_| SignalError::Undecodable(index))? {
			UmpSignal::SelectCore(selector, offset) if signals.select_core.is_none() => {
				signals.select_core = Some((selector, offset));
			}
			UmpSignal::ApprovedPeer(peer) if signals.approved_peer.is_none() => {
				signals.approved_peer = Some(peer);
			}
			_ => return Err(SignalError::Duplicate(index)),
		}
	}
	Ok(signals)
}

/// The signals, if a descriptor of this version may carry them (R-UMP-3, R-UMP-4).
///
/// # Errors
/// [`SignalError`] for malformed signals, any signal of version 1, none of version 3.
pub fn check_signals(
	version: DescriptorVersion,
	messages: &[UpwardMessage],
) -> Result<UmpSignals, SignalError> {
	let signals = parse_signals(messages)?;
	match version {
		DescriptorVersion::V1 if !signals.is_empty() => Err(SignalError::NotAllowed),
		DescriptorVersion::V3 if signals.is_empty() => Err(SignalError::Missing),
		_ => Ok(signals),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use alloc::{vec, vec::Vec};

	#[test]
	fn r_bin_20_golden_core_selection() {
		let signal = UmpSignal::SelectCore(CoreSelector(1), ClaimQueueOffset(0));
		assert_eq!(signal.encode(), [0, 1, 0]);
	}

	#[test]
	fn r_ump_3_signals_behind_the_separator() {
		let select = UmpSignal::SelectCore(CoreSelector(1), ClaimQueueOffset(2)).encode();
		let peer = UmpSignal::ApprovedPeer(BoundedVec::truncate_from(vec![7; 3])).encode();
		let selected = UmpSignals {
			select_core: Some((CoreSelector(1), ClaimQueueOffset(2))),
			approved_peer: None,
		};
		let rows: [(&str, Vec<UpwardMessage>, Result<UmpSignals, SignalError>); 12] = [
			("no separator", vec![vec![1]], Ok(UmpSignals::default())),
			(
				"separator with nothing after it",
				vec![vec![1], vec![]],
				Ok(UmpSignals::default()),
			),
			("one signal", vec![vec![], select.clone()], Ok(selected.clone())),
			(
				"twice one kind",
				vec![vec![], select.clone(), select.clone()],
				Err(SignalError::Duplicate(1)),
			),
			(
				"twice the other kind",
				vec![vec![], peer.clone(), peer.clone()],
				Err(SignalError::Duplicate(1)),
			),
			(
				"three",
				vec![vec![], select.clone(), peer.clone(), peer.clone()],
				Err(SignalError::TooMany(3)),
			),
			(
				"a later empty message",
				vec![vec![], select.clone(), vec![]],
				Err(SignalError::Undecodable(1)),
			),
			(
				"trailing bytes are ignored",
				vec![vec![], [&select[..], &[0]].concat()],
				Ok(selected.clone()),
			),
			(
				"cut off",
				vec![vec![], select[..2].to_vec()],
				Err(SignalError::Undecodable(0)),
			),
			(
				"one of each kind",
				vec![vec![1], vec![], peer.clone(), select.clone()],
				Ok(UmpSignals {
					approved_peer: Some(BoundedVec::truncate_from(vec![7; 3])),
					..selected.clone()
				}),
			),
			(
				"a peer of 64 bytes",
				vec![vec![], [&[1, 1, 1][..], &[7; 64]].concat()],
				Ok(UmpSignals {
					select_core: None,
					approved_peer: Some(BoundedVec::truncate_from(vec![7; 64])),
				}),
			),
			(
				"a peer of 65 bytes",
				vec![vec![], [&[1, 5, 1][..], &[7; 65]].concat()],
				Err(SignalError::Undecodable(0)),
			),
		];
		for (name, messages, expected) in rows {
			assert_eq!(parse_signals(&messages), expected, "R-UMP-3: {name}");
		}
	}

	#[test]
	fn r_ump_4_versions_and_signals() {
		let with = [
			vec![],
			UmpSignal::SelectCore(CoreSelector(0), ClaimQueueOffset(0)).encode(),
		];
		assert_eq!(
			check_signals(DescriptorVersion::V1, &with),
			Err(SignalError::NotAllowed)
		);
		let selected = UmpSignals {
			select_core: Some((CoreSelector(0), ClaimQueueOffset(0))),
			approved_peer: None,
		};
		for (version, messages, signals) in [
			(DescriptorVersion::V1, &[][..], UmpSignals::default()),
			(DescriptorVersion::V2, &[], UmpSignals::default()),
			(DescriptorVersion::V2, &with, selected.clone()),
			(DescriptorVersion::V3, &with, selected),
		] {
			assert_eq!(
				check_signals(version, messages),
				Ok(signals),
				"R-UMP-4: {version:?}"
			);
		}
		assert_eq!(
			check_signals(DescriptorVersion::V3, &[]),
			Err(SignalError::Missing)
		);
	}
}
