//! sr25519 signatures that are the same every time.
//!
//! `sp_core`'s pairs draw randomness from the system for each signature, so that two runs of one seed would differ
//! in every block hash. schnorrkel derives the nonce from the secret key, the message and a generator; here the
//! generator is seeded by the public key and the message. The nonce stays secret, for the key's own nonce seed goes
//! into it, and no two messages share one. The signatures verify like any other.

use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};
use sp_core::{sr25519, Pair};
use sp_io::hashing::blake2_256;

/// The signing context of every sr25519 signature of a Substrate chain.
const CONTEXT: &[u8] = b"substrate";

/// Signs `message` with `pair`. Equal arguments give equal signatures.
///
/// ```
/// use async_backing_relay_client::signing::sign;
/// use sp_core::{sr25519, Pair};
///
/// let pair = sr25519::Pair::from_seed(&[7; 32]);
/// let signature = sign(&pair, b"a statement");
/// assert_eq!(signature, sign(&pair, b"a statement"));
/// assert!(sr25519::Pair::verify(&signature, b"a statement", &pair.public()));
/// ```
pub fn sign(pair: &sr25519::Pair, message: &[u8]) -> sr25519::Signature {
	let seed = blake2_256(&[pair.public().as_ref(), message].concat());
	let transcript = schnorrkel::context::attach_rng(
		schnorrkel::signing_context(CONTEXT).bytes(message),
		ChaCha20Rng::from_seed(seed),
	);
	let keypair: &schnorrkel::Keypair = pair.as_ref();
	sr25519::Signature::from_raw(keypair.sign(transcript).to_bytes())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn signatures_differ_by_message_and_key_and_verify_under_their_own_key_only() {
		let (alice, bob) = (
			sr25519::Pair::from_seed(&[1; 32]),
			sr25519::Pair::from_seed(&[2; 32]),
		);
		let signature = sign(&alice, b"one");
		assert_eq!(signature, sign(&alice, b"one"));
		assert_ne!(signature, sign(&alice, b"two"));
		assert_ne!(signature, sign(&bob, b"one"));
		assert!(sr25519::Pair::verify(&signature, b"one", &alice.public()));
		assert!(!sr25519::Pair::verify(&signature, b"two", &alice.public()));
		assert!(!sr25519::Pair::verify(&signature, b"one", &bob.public()));
	}
}
