//! Who may write a block, and whether a block's seal proves it.
//!
//! Only BABE's secondary plain slots are used: the epoch's randomness and the slot name one author. A claim is a
//! pre-runtime digest with the author's index and the slot, first in the header; the seal is the author's signature
//! over the hash of the header without the seal, last in the header.

use crate::{signing, Hash, Header, SealError};
use codec::Encode;
use sp_consensus_babe::{
	digests::{CompatibleDigestItem, PreDigest, SecondaryPlainPreDigest},
	AuthorityId, Epoch, Slot,
};
use sp_core::{sr25519, Pair, U256};
use sp_io::hashing::blake2_256;
use sp_runtime::{traits::Header as _, Digest, DigestItem};

/// The rightful author of a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotAuthor {
	/// Position among the epoch's authorities.
	pub index: u32,
	/// The authority's BABE key.
	pub key: sr25519::Public,
}

/// The epoch to which `slot` belongs, seen from a parent that knows its `current` and its `next` epoch.
///
/// The first block starts epoch 0 at its own slot. When whole epochs were skipped, the announced one counts.
pub(crate) fn epoch_of_slot(parent_is_genesis: bool, current: Epoch, next: Epoch, slot: Slot) -> Epoch {
	let end = u64::from(current.start_slot).saturating_add(current.duration);
	if parent_is_genesis || u64::from(slot) < end {
		current
	} else {
		next
	}
}

/// The author of `slot` in `epoch`; `None` when the epoch has no authorities.
///
/// The index is Blake2-256 of (randomness, slot), read as a big-endian number, modulo the number of authorities.
pub(crate) fn author(epoch: &Epoch, slot: Slot) -> Option<SlotAuthor> {
	let count = u32::try_from(epoch.authorities.len())
		.ok()
		.filter(|count| *count > 0)?;
	let random = U256::from_big_endian(&(epoch.randomness, slot).using_encoded(blake2_256));
	let index = (random % U256::from(count)).low_u32();
	let (key, _) = epoch.authorities.get(index as usize)?;
	Some(SlotAuthor { index, key: raw(key) })
}

fn raw(key: &AuthorityId) -> sr25519::Public {
	key.clone().into()
}

/// The digest with which a block claims `slot`.
pub(crate) fn claim(author: &SlotAuthor, slot: Slot) -> DigestItem {
	DigestItem::babe_pre_digest(PreDigest::SecondaryPlain(SecondaryPlainPreDigest {
		authority_index: author.index,
		slot,
	}))
}

/// The claim in a header.
pub(crate) fn claim_of(digest: &Digest) -> Result<SecondaryPlainPreDigest, SealError> {
	let mut claims = digest
		.logs()
		.iter()
		.filter_map(CompatibleDigestItem::as_babe_pre_digest);
	match (claims.next(), claims.next()) {
		(None, _) => Err(SealError::NoClaim),
		(Some(_), Some(_)) => Err(SealError::SeveralClaims),
		(Some(PreDigest::SecondaryPlain(claim)), None) => Ok(claim),
		(Some(_), None) => Err(SealError::NotASecondaryPlainClaim),
	}
}

/// Appends the author's seal to a header as it comes from the runtime.
pub(crate) fn seal(header: &mut Header, author: &sr25519::Pair) {
	let signature = signing::sign(author, header.hash().as_ref());
	header.digest_mut().push(DigestItem::babe_seal(signature.into()));
}

/// Takes the seal off a header and returns it. The rest is as the runtime made it.
pub(crate) fn unseal(header: &mut Header) -> Result<(DigestItem, sr25519::Signature), SealError> {
	let item = header.digest_mut().pop().ok_or(SealError::NoSeal)?;
	let signature = item.as_babe_seal().ok_or(SealError::NoSeal)?;
	Ok((item, signature.into()))
}

/// Whether `signature` is the author's over the hash of the unsealed header.
pub(crate) fn verify(
	signature: &sr25519::Signature,
	unsealed: Hash,
	author: &SlotAuthor,
) -> Result<(), SealError> {
	if sr25519::Pair::verify(signature, unsealed, &author.key) {
		Ok(())
	} else {
		Err(SealError::BadSignature { author: author.key })
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_consensus_babe::{AllowedSlots, BabeEpochConfiguration};

	fn epoch(index: u64, start: u64, authorities: u8) -> Epoch {
		Epoch {
			epoch_index: index,
			start_slot: start.into(),
			duration: 10,
			authorities: (0..authorities)
				.map(|i| (sr25519::Public::from_raw([i; 32]).into(), 1))
				.collect(),
			randomness: [index as u8; 32],
			config: BabeEpochConfiguration {
				c: (0, 1),
				allowed_slots: AllowedSlots::PrimaryAndSecondaryPlainSlots,
			},
		}
	}

	#[test]
	fn the_next_epoch_counts_from_its_first_slot_on() {
		for (genesis, slot, expected) in [
			(false, 100, 3),
			(false, 109, 3),
			(false, 110, 4),
			(false, 119, 4),
			(false, 500, 4),
			(true, 500, 3),
		] {
			let found = epoch_of_slot(genesis, epoch(3, 100, 4), epoch(4, 110, 4), slot.into());
			assert_eq!(found.epoch_index, expected, "genesis {genesis}, slot {slot}");
		}
	}

	#[test]
	fn every_slot_has_one_author_and_each_authority_gets_slots() {
		let epoch = epoch(1, 0, 4);
		let mut slots = [0; 4];
		for slot in 0..1000u64 {
			let author = author(&epoch, slot.into()).expect("there are authorities");
			assert_eq!(author.key, sr25519::Public::from_raw([author.index as u8; 32]));
			slots[author.index as usize] += 1;
		}
		assert!(slots.iter().all(|count| (200..300).contains(count)), "{slots:?}");
		assert_eq!(author(&self::epoch(1, 0, 0), 5.into()), None);
	}

	#[test]
	fn a_seal_is_found_again_and_bound_to_header_and_key() {
		let pair = sr25519::Pair::from_seed(&[9; 32]);
		let author = SlotAuthor {
			index: 0,
			key: pair.public(),
		};
		let mut header = Header::new(
			1,
			Default::default(),
			Default::default(),
			Default::default(),
			Digest {
				logs: vec![claim(&author, 7.into())],
			},
		);
		let unsealed = header.hash();
		seal(&mut header, &pair);
		assert_eq!(
			claim_of(header.digest()).map(|claim| (claim.authority_index, *claim.slot)),
			Ok((0, 7))
		);

		let (_, signature) = unseal(&mut header).expect("was sealed");
		assert_eq!(header.hash(), unsealed);
		assert_eq!(verify(&signature, unsealed, &author), Ok(()));
		assert!(verify(&signature, Hash::repeat_byte(1), &author).is_err());
		let other = SlotAuthor {
			index: 0,
			key: sr25519::Public::from_raw([3; 32]),
		};
		assert_eq!(
			verify(&signature, unsealed, &other),
			Err(SealError::BadSignature { author: other.key })
		);
		assert_eq!(
			unseal(&mut header).map(|_| ()),
			Err(SealError::NoSeal),
			"the claim is no seal"
		);
	}
}
