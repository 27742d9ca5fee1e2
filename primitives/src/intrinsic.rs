//! What a candidate is in itself, wherever it stands: checked once, where it is first met (R-FRG-16).
//!
//! Both sides call [`check_intrinsic`]: the node before a candidate enters its storage, the pallet before it looks at
//! anything else. A candidate that fails enters nowhere.

use crate::{
	check_signals, CandidateCommitments, CandidateDescriptor, DescriptorVersion, Hash, HeadHash,
	PersistedValidationData, SignalError, UmpSignals, UnsupportedDescriptor, MAX_COMMITMENTS_SIZE,
};
use codec::Encode;
use thiserror::Error;

/// Smallest announced code, in bytes: a Wasm header and one more (R-CODE-1).
pub const MIN_CODE_SIZE: usize = 9;

/// Why a candidate is refused wherever it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum IntrinsicError {
	/// The chain does not accept the descriptor's version.
	#[error(transparent)]
	Descriptor(#[from] UnsupportedDescriptor),
	/// The commitments are more than the chain can store.
	#[error("commitments of {0} bytes, but at most 8388608 (R-FRG-16)")]
	CommitmentsTooLarge(usize),
	/// The commitments are not those of the receipt.
	#[error("commitments hash to {got}, but the receipt says {expected} (R-FRG-16)")]
	CommitmentsMismatch {
		/// Hash in the receipt.
		expected: Hash,
		/// Hash of the commitments.
		got: Hash,
	},
	/// The validation data are not those of the descriptor.
	#[error("validation data hash to {got}, but the descriptor says {expected} (R-FRG-16)")]
	ValidationDataMismatch {
		/// Hash in the descriptor.
		expected: Hash,
		/// Hash of the data.
		got: Hash,
	},
	/// The head data are not those of the descriptor.
	#[error("head data hash to {got}, but the descriptor says {expected} (R-FRG-16)")]
	ParaHeadMismatch {
		/// Hash in the descriptor.
		expected: HeadHash,
		/// Hash of the head data.
		got: HeadHash,
	},
	/// Signals are malformed or not legal for the version.
	#[error(transparent)]
	Signals(#[from] SignalError),
	/// The announced code is no code.
	#[error("announced code of {0} bytes, but at least 9 (R-CODE-1)")]
	CodeTooSmall(usize),
}

/// What the intrinsic check found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntrinsicFacts {
	/// Version of the descriptor.
	pub version: DescriptorVersion,
	/// Signals of the candidate.
	pub signals: UmpSignals,
}

/// Checks a candidate in itself (R-FRG-16).
///
/// Pass the commitments' hash of the receipt and the validation data where they are known; the relay chain, which gets
/// commitments instead of their hash and never sees validation data, passes neither.
///
/// Cost: one hash of the head data, and one of each that is passed.
///
/// # Errors
/// [`IntrinsicError`] names the first thing that is wrong.
pub fn check_intrinsic(
	descriptor: &CandidateDescriptor,
	commitments: &CandidateCommitments,
	commitments_hash: Option<Hash>,
	validation_data: Option<&PersistedValidationData>,
	v3_enabled: bool,
) -> Result<IntrinsicFacts, IntrinsicError> {
	let version = descriptor.accepted_version(v3_enabled)?;
	check_size(commitments)?;
	if let Some(expected) = commitments_hash {
		let got = commitments.hash();
		if got != expected {
			return Err(IntrinsicError::CommitmentsMismatch { expected, got });
		}
	}
	if let Some(data) = validation_data {
		let (expected, got) = (descriptor.persisted_validation_data_hash(), data.hash());
		if got != expected {
			return Err(IntrinsicError::ValidationDataMismatch { expected, got });
		}
	}
	let (expected, got) = (descriptor.para_head(), commitments.head_data.hash());
	if got != expected {
		return Err(IntrinsicError::ParaHeadMismatch { expected, got });
	}
	let signals = check_meaning(version, commitments)?;
	Ok(IntrinsicFacts { version, signals })
}

/// The part of [`check_intrinsic`] that outputs alone decide: whether a candidate with a descriptor of this version can
/// have them at all. Returns its signals.
///
/// Cost: linear in the messages.
///
/// # Errors
/// [`IntrinsicError`] names the first thing that is wrong.
pub fn check_outputs(
	version: DescriptorVersion,
	commitments: &CandidateCommitments,
) -> Result<UmpSignals, IntrinsicError> {
	check_size(commitments)?;
	check_meaning(version, commitments)
}

/// Whether storage can hold them.
fn check_size(commitments: &CandidateCommitments) -> Result<(), IntrinsicError> {
	let size = commitments.encoded_size();
	if size > MAX_COMMITMENTS_SIZE as usize {
		return Err(IntrinsicError::CommitmentsTooLarge(size));
	}
	Ok(())
}

/// R-UMP-3, R-UMP-4 and R-CODE-1.
fn check_meaning(
	version: DescriptorVersion,
	commitments: &CandidateCommitments,
) -> Result<UmpSignals, IntrinsicError> {
	let signals = check_signals(version, &commitments.upward_messages)?;
	match &commitments.new_validation_code {
		Some(code) if code.0.len() < MIN_CODE_SIZE => Err(IntrinsicError::CodeTooSmall(code.0.len())),
		_ => Ok(signals),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{DescriptorFields, HeadData, ValidationCode};
	use alloc::vec;

	fn candidate(commitments: &CandidateCommitments, data: &PersistedValidationData) -> CandidateDescriptor {
		CandidateDescriptor::v2(DescriptorFields {
			para_head: commitments.head_data.hash(),
			persisted_validation_data_hash: data.hash(),
			..Default::default()
		})
	}

	#[test]
	fn r_frg_16_each_mismatch_is_named() {
		let data = PersistedValidationData::default();
		let good = CandidateCommitments {
			head_data: HeadData(vec![1]),
			..Default::default()
		};
		let descriptor = candidate(&good, &data);
		let check = |commitments: &CandidateCommitments, hash, data: &PersistedValidationData| {
			check_intrinsic(&descriptor, commitments, hash, Some(data), false)
		};
		assert!(check(&good, Some(good.hash()), &data).is_ok(), "R-FRG-16");
		assert!(matches!(
			check(&good, Some(Hash::zero()), &data),
			Err(IntrinsicError::CommitmentsMismatch { expected, .. }) if expected.is_zero()
		));
		let other_data = PersistedValidationData {
			max_pov_size: 1,
			..data.clone()
		};
		assert!(matches!(
			check(&good, None, &other_data),
			Err(IntrinsicError::ValidationDataMismatch { got, .. }) if got == other_data.hash()
		));
		let other_head = CandidateCommitments {
			head_data: HeadData(vec![2]),
			..good.clone()
		};
		assert!(matches!(
			check(&other_head, None, &data),
			Err(IntrinsicError::ParaHeadMismatch { .. })
		));
		let bad_signal = CandidateCommitments {
			upward_messages: vec![vec![], vec![9]],
			..good.clone()
		};
		let undecodable = Err(IntrinsicError::Signals(SignalError::Undecodable(0)));
		assert_eq!(check(&bad_signal, None, &data), undecodable);
		for (len, expected) in [(8, Err(IntrinsicError::CodeTooSmall(8))), (9, Ok(()))] {
			let announcing = CandidateCommitments {
				new_validation_code: Some(ValidationCode(vec![0; len])),
				..good.clone()
			};
			assert_eq!(check(&announcing, None, &data).map(|_| ()), expected, "R-CODE-1");
		}
		let fixed = CandidateCommitments {
			upward_messages: vec![vec![]],
			..good.clone()
		}
		.encoded_size()
			+ 3;
		for (excess, fits) in [(0, true), (1, false)] {
			let message = vec![0; MAX_COMMITMENTS_SIZE as usize - fixed + excess];
			let large = CandidateCommitments {
				upward_messages: vec![message],
				..good.clone()
			};
			assert_eq!(
				check(&large, None, &data).is_ok(),
				fits,
				"R-FRG-16: {} bytes",
				large.encoded_size()
			);
		}
	}

	#[test]
	fn r_frg_16_outputs_show_by_themselves_whether_a_version_can_have_them() {
		use crate::{ClaimQueueOffset, CoreSelector, UmpSignal};
		use DescriptorVersion::{V1, V2, V3};
		let selection = (CoreSelector(3), ClaimQueueOffset(1));
		let signal = UmpSignal::SelectCore(selection.0, selection.1).encode();
		let silent = CandidateCommitments::default();
		let selecting = CandidateCommitments {
			upward_messages: vec![vec![], signal],
			..Default::default()
		};
		let signals = UmpSignals {
			select_core: Some(selection),
			approved_peer: None,
		};
		for (version, of_silent, of_selecting) in [
			(V1, Ok(UmpSignals::default()), Err(SignalError::NotAllowed)),
			(V2, Ok(UmpSignals::default()), Ok(signals.clone())),
			(V3, Err(SignalError::Missing), Ok(signals)),
		] {
			for (commitments, expected) in [(&silent, of_silent), (&selecting, of_selecting)] {
				let expected = expected.map_err(IntrinsicError::Signals);
				assert_eq!(
					check_outputs(version, commitments),
					expected,
					"R-UMP-4: {version:?}"
				);
			}
		}
		let large = CandidateCommitments {
			head_data: HeadData(vec![0; MAX_COMMITMENTS_SIZE as usize]),
			..Default::default()
		};
		assert_eq!(
			check_outputs(V2, &large),
			Err(IntrinsicError::CommitmentsTooLarge(large.encoded_size()))
		);
	}
}
