//! What the pallet stores, each bounded by a ceiling that has a reason.

use alloc::collections::VecDeque;
use async_backing_primitives::{
	BlockNumber, CandidateCommitments, CandidateDescriptor, CandidateHash, CandidateReceipt, ClaimQueue,
	CoreIndex, GroupIndex, Hash, ParaId, ScrapedOnChainVotes, ValidatorIndex, MAX_COMMITMENTS_SIZE,
	MAX_CORES, MAX_LOOKAHEAD, MAX_VALIDATORS,
};
use bitvec::{order::Lsb0, vec::BitVec};
use codec::{Decode, DecodeWithMemTracking, Encode, EncodeLike, MaxEncodedLen};
use frame_support::{pallet_prelude::ConstU32, BoundedVec};
use scale_info::TypeInfo;

/// One bit for each validator of a session: which of them voted.
#[derive(
	Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct ValidatorBits {
	validators: u32,
	bytes: BoundedVec<u8, ConstU32<{ MAX_VALIDATORS.div_ceil(8) }>>,
}

impl ValidatorBits {
	/// No votes yet, in a session with so many validators. Those beyond [`MAX_VALIDATORS`] have no bit.
	pub fn none_of(validators: usize) -> Self {
		let validators = u32::try_from(validators).unwrap_or(u32::MAX).min(MAX_VALIDATORS);
		let bytes = alloc::vec![0; validators.div_ceil(8) as usize];
		Self {
			validators,
			bytes: BoundedVec::truncate_from(bytes),
		}
	}

	/// Sets the validator's bit. `false` if there is none.
	pub fn insert(&mut self, validator: ValidatorIndex) -> bool {
		if validator.0 >= self.validators {
			return false;
		}
		match self.bytes.get_mut(validator.as_usize() / 8) {
			Some(byte) => {
				*byte |= 1 << (validator.0 % 8);
				true
			}
			None => false,
		}
	}

	/// Whether the validator's bit is set.
	pub fn contains(&self, validator: ValidatorIndex) -> bool {
		self.bytes
			.get(validator.as_usize() / 8)
			.is_some_and(|byte| byte & (1 << (validator.0 % 8)) != 0)
	}

	/// Number of set bits.
	pub fn count(&self) -> usize {
		self.bytes.iter().map(|byte| byte.count_ones() as usize).sum()
	}

	/// Number of validators, whether they voted or not.
	pub fn validators(&self) -> u32 {
		self.validators
	}

	/// Validators whose bit is set, ascending.
	pub fn indices(&self) -> impl Iterator<Item = ValidatorIndex> + '_ {
		(0..self.validators)
			.map(ValidatorIndex)
			.filter(|validator| self.contains(*validator))
	}

	/// The bits as runtime APIs present them (R-BIN-8).
	pub fn to_bits(&self) -> BitVec<u8, Lsb0> {
		let mut bits = BitVec::from_slice(&self.bytes);
		bits.truncate(self.validators as usize);
		bits
	}
}

/// A candidate that occupies a core: what every block asks about it. What only its end needs is a [`PendingReceipt`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct PendingCandidate {
	/// Its para.
	pub para: ParaId,
	/// Identity of the candidate.
	pub hash: CandidateHash,
	/// Core that it occupies.
	pub core: CoreIndex,
	/// Group that backed it (R-GRP-1).
	pub group: GroupIndex,
	/// Number of its relay parent.
	pub relay_parent_number: BlockNumber,
	/// Block in which it was backed.
	pub backed_in: BlockNumber,
	/// Relay block up to which it consumed horizontal messages: what its enactment removes.
	pub hrmp_watermark: BlockNumber,
	/// How much its enactment will have to do.
	pub outputs: OutputSizes,
	/// Validators that say they hold their chunk.
	pub availability_votes: ValidatorBits,
}

/// What the end of a candidate has to do: counts and bytes, so that a block can tell what it will cost without reading
/// commitments (R-WGT-6). What it consumes of horizontal messages is not here: that depends on what waits.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct OutputSizes {
	/// Upward messages.
	pub upward_messages: u32,
	/// Bytes of all upward messages.
	pub upward_bytes: u32,
	/// Horizontal messages.
	pub horizontal_messages: u32,
	/// Bytes of all horizontal messages.
	pub horizontal_bytes: u32,
	/// Downward messages that were processed.
	pub downward_messages: u32,
	/// Bytes of new code.
	pub code_bytes: u32,
	/// Bytes of its head data.
	pub head_bytes: u32,
	/// Bytes of all its commitments, encoded.
	pub commitments_bytes: u32,
	/// Whether it applies the scheduled upgrade (R-CODE-6).
	pub applies_upgrade: bool,
}

/// The candidates that wait for availability, para by para, each para's in dependency order. The bound is one for each
/// core.
pub type PendingList = BoundedVec<PendingCandidate, ConstU32<MAX_CORES>>;

/// What is kept of a pending candidate for its end and for those who build on it. Its commitments take at most
/// [`MAX_COMMITMENTS_SIZE`] bytes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct PendingReceipt {
	/// What it is. Comes first, so that it can be read without the rest.
	pub descriptor: CandidateDescriptor,
	/// What including it does.
	pub commitments: CandidateCommitments,
	/// Hash of its commitments, so that nobody hashes them again.
	pub commitments_hash: Hash,
	/// Validators that backed it.
	pub backers: ValidatorBits,
	/// Largest proof of validity when it was backed, in bytes.
	pub max_pov_size: u32,
}

impl PendingReceipt {
	/// The receipt without commitments.
	pub fn to_plain(&self) -> CandidateReceipt {
		CandidateReceipt {
			descriptor: self.descriptor.clone(),
			commitments_hash: self.commitments_hash,
		}
	}
}

impl MaxEncodedLen for PendingReceipt {
	fn max_encoded_len() -> usize {
		let parts = [
			CandidateDescriptor::max_encoded_len(),
			MAX_COMMITMENTS_SIZE as usize,
			Hash::max_encoded_len(),
			ValidatorBits::max_encoded_len(),
			u32::max_encoded_len(),
		];
		parts.iter().sum()
	}
}

/// A [`PendingReceipt`] on its way into storage: encodes as that does, and copies nothing.
#[derive(Encode)]
pub(crate) struct PendingReceiptRef<'a> {
	pub(crate) descriptor: &'a CandidateDescriptor,
	pub(crate) commitments: &'a CandidateCommitments,
	pub(crate) commitments_hash: Hash,
	pub(crate) backers: &'a ValidatorBits,
	pub(crate) max_pov_size: u32,
}

impl EncodeLike<PendingReceipt> for PendingReceiptRef<'_> {}

/// Who backed what in a block, and the dispute votes that it carried. All of it came in the block's inherent, whose size
/// the block length bounds; [`MAX_COMMITMENTS_SIZE`] is above every block length.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct StoredVotes(pub(crate) ScrapedOnChainVotes);

impl MaxEncodedLen for StoredVotes {
	fn max_encoded_len() -> usize {
		MAX_COMMITMENTS_SIZE as usize
	}
}

type Claims = BoundedVec<ParaId, ConstU32<MAX_LOOKAHEAD>>;

/// The claim queue that nodes saw at a relay parent (R-REL-7).
#[derive(
	Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct ClaimQueueSnapshot(BoundedVec<(CoreIndex, Claims), ConstU32<MAX_CORES>>);

impl ClaimQueueSnapshot {
	/// Cores with claims, in the order in which they are stored.
	pub(crate) fn cores(&self) -> impl Iterator<Item = CoreIndex> + '_ {
		self.0.iter().map(|(core, _)| *core)
	}
}

impl From<ClaimQueue> for ClaimQueueSnapshot {
	/// Cores and claims beyond the ceilings, which no scheduler of ours hands out, are left out.
	fn from(queue: ClaimQueue) -> Self {
		let cores = queue
			.into_iter()
			.map(|(core, claims)| (core, Claims::truncate_from(claims.into_iter().collect())));
		Self(BoundedVec::truncate_from(cores.collect()))
	}
}

impl From<ClaimQueueSnapshot> for ClaimQueue {
	fn from(snapshot: ClaimQueueSnapshot) -> Self {
		let claims_of = |claims: Claims| claims.into_iter().collect::<VecDeque<_>>();
		snapshot
			.0
			.into_iter()
			.map(|(core, claims)| (core, claims_of(claims)))
			.collect()
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use async_backing_primitives::HeadData;

	#[test]
	fn validator_bits_know_their_session() {
		let mut bits = ValidatorBits::none_of(9);
		assert!(
			bits.insert(ValidatorIndex(0))
				&& bits.insert(ValidatorIndex(8))
				&& bits.insert(ValidatorIndex(8))
		);
		assert!(!bits.insert(ValidatorIndex(9)), "there are nine validators");
		assert_eq!(bits.count(), 2);
		assert_eq!(
			bits.indices().collect::<Vec<_>>(),
			[ValidatorIndex(0), ValidatorIndex(8)]
		);
		assert!(bits.contains(ValidatorIndex(8)) && !bits.contains(ValidatorIndex(1)));
		assert_eq!(bits.to_bits().len(), 9);
		assert_eq!(bits.to_bits().iter_ones().collect::<Vec<_>>(), [0, 8], "R-BIN-8");
	}

	#[test]
	fn validator_bits_stay_below_their_ceiling() {
		let mut bits = ValidatorBits::none_of(MAX_VALIDATORS as usize + 1);
		assert!(bits.insert(ValidatorIndex(MAX_VALIDATORS - 1)));
		assert!(!bits.insert(ValidatorIndex(MAX_VALIDATORS)));
		assert!(bits.encoded_size() <= ValidatorBits::max_encoded_len());
	}

	#[test]
	fn stored_votes_have_the_ceiling_of_a_block() {
		assert_eq!(StoredVotes::max_encoded_len(), 8 * 1024 * 1024);
	}

	#[test]
	fn a_receipt_is_stored_as_it_is_read_and_below_its_ceiling() {
		let mut backers = ValidatorBits::none_of(MAX_VALIDATORS as usize);
		backers.insert(ValidatorIndex(3));
		let fixed = CandidateCommitments::default().encoded_size();
		let commitments = CandidateCommitments {
			// The length takes three bytes more than that of an empty head.
			head_data: HeadData(vec![7; MAX_COMMITMENTS_SIZE as usize - fixed - 3]),
			..Default::default()
		};
		assert_eq!(commitments.encoded_size(), MAX_COMMITMENTS_SIZE as usize);
		let stored = PendingReceipt {
			descriptor: CandidateDescriptor::v2(Default::default()),
			commitments_hash: commitments.hash(),
			commitments,
			backers,
			max_pov_size: 9,
		};
		let borrowed = PendingReceiptRef {
			descriptor: &stored.descriptor,
			commitments: &stored.commitments,
			commitments_hash: stored.commitments_hash,
			backers: &stored.backers,
			max_pov_size: 9,
		};
		let bytes = borrowed.encode();
		assert_eq!(bytes.len(), PendingReceipt::max_encoded_len());
		assert_eq!(PendingReceipt::decode(&mut &bytes[..]), Ok(stored));
	}

	#[test]
	fn r_rel_7_a_snapshot_is_the_claim_queue() {
		let queue = ClaimQueue::from([
			(CoreIndex(0), VecDeque::from([ParaId(7), ParaId(8)])),
			(CoreIndex(3), VecDeque::from([ParaId(7)])),
		]);
		assert_eq!(
			ClaimQueue::from(ClaimQueueSnapshot::from(queue.clone())),
			queue,
			"R-REL-7"
		);
	}
}
