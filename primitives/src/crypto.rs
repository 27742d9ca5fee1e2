//! Validator keys, signatures and signing contexts.

use crate::{Hash, SessionIndex};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_application_crypto::KeyTypeId;

/// Key type of the validators' parachain keys.
pub const PARACHAIN_KEY_TYPE_ID: KeyTypeId = KeyTypeId(*b"para");

#[allow(missing_docs, missing_debug_implementations, unreachable_pub)] // written by the macro
mod app {
	use sp_application_crypto::{app_crypto, sr25519};
	app_crypto!(sr25519, super::PARACHAIN_KEY_TYPE_ID);
}

#[allow(missing_docs, missing_debug_implementations, unreachable_pub)] // written by the macro
mod assignment {
	use sp_application_crypto::{app_crypto, sr25519, KeyTypeId};
	app_crypto!(sr25519, KeyTypeId(*b"asgn"));
}

#[allow(missing_docs, missing_debug_implementations, unreachable_pub)] // written by the macro
mod discovery {
	use sp_application_crypto::{app_crypto, key_types::AUTHORITY_DISCOVERY, sr25519};
	app_crypto!(sr25519, AUTHORITY_DISCOVERY);
}

/// sr25519 key that assigns approval checks to a validator.
pub type AssignmentId = assignment::Public;
/// sr25519 key under which a validator publishes its address.
pub type AuthorityDiscoveryId = discovery::Public;
/// sr25519 key with which a validator signs statements and bitfields.
pub type ValidatorId = app::Public;
/// Signature of a [`ValidatorId`], 64 bytes.
pub type ValidatorSignature = app::Signature;
/// Key pair of a [`ValidatorId`].
#[cfg(feature = "std")]
pub type ValidatorPair = app::Pair;

// The macro that writes the type leaves this out.
impl MaxEncodedLen for ValidatorSignature {
	fn max_encoded_len() -> usize {
		sp_core::sr25519::Signature::max_encoded_len()
	}
}

/// What a signature is bound to, so that it cannot be used in another session or at another relay block.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct SigningContext {
	/// The session of the relay block.
	pub session_index: SessionIndex,
	/// The relay block: a candidate's scheduling parent, or the leaf whose cores a bitfield describes.
	pub parent_hash: Hash,
}

/// Whether `signature` was made over `payload` by `validator`. Cost: one sr25519 verification, in the host.
pub fn verify(validator: &ValidatorId, payload: &[u8], signature: &ValidatorSignature) -> bool {
	use sp_application_crypto::RuntimeAppPublic;
	crate::meter::count(crate::meter::SIGNATURE.saturating_add(payload.len()));
	validator.verify(&payload, signature)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn r_bin_10_a_signature_takes_64_bytes() {
		let signature = ValidatorSignature::from(sp_core::sr25519::Signature::from_raw([7; 64]));
		assert_eq!(signature.encode(), [7; 64]);
		assert_eq!(ValidatorSignature::max_encoded_len(), 64);
	}
}
