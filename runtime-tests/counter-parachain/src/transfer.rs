//! The one kind of extrinsic: a signed transfer.

use crate::{error::TransferError, AccountId, Balance};
use alloc::vec::Vec;
use async_backing_primitives::Hash;
use codec::{Decode, Encode};
use sp_core::sr25519::Signature;

/// Sends an amount from the account that signed to another.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SignedTransfer {
	/// The sender.
	pub from: AccountId,
	/// The recipient. Comes into being with its first transfer; may be the sender.
	pub to: AccountId,
	/// What is sent.
	pub amount: Balance,
	/// How many transfers the sender made before this one.
	pub nonce: u32,
	/// The sender's signature over [`SignedTransfer::payload`], in the context `substrate`.
	pub signature: Signature,
}

impl SignedTransfer {
	/// What the sender signs: nothing that is valid on another chain, at another place in its sequence, or as
	/// anything but a transfer. `chain` is what [`crate::Collator::chain`] says.
	pub fn payload(chain: &Hash, to: &AccountId, amount: Balance, nonce: u32) -> Vec<u8> {
		(b"counter-parachain/transfer", chain, to, amount, nonce).encode()
	}

	/// Checks the signature.
	///
	/// # Errors
	/// [`TransferError::BadSignature`].
	pub fn verify(&self, chain: &Hash) -> Result<(), TransferError> {
		let payload = Self::payload(chain, &self.to, self.amount, self.nonce);
		if sp_io::crypto::sr25519_verify(&self.signature, &payload, &self.from) {
			Ok(())
		} else {
			Err(TransferError::BadSignature)
		}
	}
}
