//! Signatures that runtimes verify: each once, however often a block with it is made, executed and asked about.
//!
//! An author's runtime verifies each statement and bitfield when it makes the inherent, again when it applies it, and once more
//! when the block is imported. Whether a signature is good follows from key, payload and signature alone, so an answer that is
//! remembered is the answer; runtimes can't tell. Invariant: what is remembered is bounded.

use sp_core::sr25519::{Pair, Public, Signature};
use sp_io::hashing::blake2_256;
use std::{cell::RefCell, collections::HashSet};

/// Good signatures that are remembered, and up to as many before: a thousand validators make fewer in three relay blocks.
const REMEMBERED: usize = 1 << 14;

/// What is remembered.
#[derive(Debug, Default)]
struct Good {
	young: HashSet<[u8; 32]>,
	old: HashSet<[u8; 32]>,
}

impl Good {
	/// Whether a signature is good. Only the good ones are remembered: a bad one ends whatever it is part of.
	fn verify(&mut self, signature: &Signature, payload: &[u8], key: &Public) -> bool {
		// The first two have fixed lengths, so that no other three come to the same bytes.
		let id = blake2_256(&[key.as_ref(), signature.as_ref(), payload].concat());
		if self.young.contains(&id) || self.old.contains(&id) {
			return true;
		}
		let is_good = <Pair as sp_core::Pair>::verify(signature, payload, key);
		if is_good {
			if self.young.len() >= REMEMBERED {
				self.old = std::mem::take(&mut self.young);
			}
			self.young.insert(id);
		}
		is_good
	}
}

thread_local! {
	/// A runtime runs in the thread that calls it.
	static GOOD: RefCell<Good> = RefCell::default();
}

fn verify(signature: &Signature, payload: &[u8], key: &Public) -> bool {
	GOOD.with_borrow_mut(|good| good.verify(signature, payload, key))
}

pub(crate) use host::crypto;

/// What the macro writes is for the guest as well, and has configurations that are none here.
#[allow(
	unexpected_cfgs,
	dead_code,
	unreachable_pub,
	reason = "the macro writes for guests and hosts alike"
)]
mod host {
	use super::{Pair, Public, Signature};
	use sp_runtime_interface::{
		pass_by::{PassFatPointerAndRead, PassPointerAndRead},
		runtime_interface,
	};

	/// The host functions of this name that are answered here instead: `ext_crypto_sr25519_verify_version_1` and `_version_2`.
	#[runtime_interface]
	pub trait Crypto {
		/// Whether a signature is good, or was by what schnorrkel said before its version 0.8.
		fn sr25519_verify(
			sig: PassPointerAndRead<&Signature, 64>,
			msg: PassFatPointerAndRead<&[u8]>,
			pubkey: PassPointerAndRead<&Public, 32>,
		) -> bool {
			Pair::verify_deprecated(sig, msg, pubkey)
		}

		/// Whether a signature is good.
		#[version(2)]
		fn sr25519_verify(
			sig: PassPointerAndRead<&Signature, 64>,
			msg: PassFatPointerAndRead<&[u8]>,
			pub_key: PassPointerAndRead<&Public, 32>,
		) -> bool {
			crate::once::verify(sig, msg, pub_key)
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_core::Pair as _;

	#[test]
	fn a_signature_is_good_for_one_key_and_payload_however_often_it_is_asked() {
		let [own, other] = [1, 2].map(|seed| Pair::from_seed(&[seed; 32]));
		let signature = own.sign(b"yes");
		let mut good = Good::default();
		for _ in 0..2 {
			assert!(good.verify(&signature, b"yes", &own.public()));
			assert!(!good.verify(&signature, b"no", &own.public()));
			assert!(!good.verify(&signature, b"yes", &other.public()));
			assert!(!good.verify(&other.sign(b"yes"), b"yes", &own.public()));
		}
		assert_eq!(good.young.len(), 1, "the bad ones are not remembered");
	}

	#[test]
	fn what_is_remembered_is_bounded() {
		let pair = Pair::from_seed(&[1; 32]);
		let mut good = Good::default();
		let signature = pair.sign(b"last");
		good.young = (0..REMEMBERED as u64)
			.map(|number| blake2_256(&number.to_le_bytes()))
			.collect();
		assert!(good.verify(&signature, b"last", &pair.public()));
		assert_eq!((good.young.len(), good.old.len()), (1, REMEMBERED));
	}
}
