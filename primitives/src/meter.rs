//! How much is hashed, coded and verified: a count for tests, behind the feature `meter`. Without the feature there is no
//! count and no code for it.
//!
//! A node's cores may not do heavy work while an input waits; that is a law that tests can check only if work is counted
//! where it is done. Each thread counts for itself.

/// Bytes for which a verification of an sr25519 signature counts, beside its payload. It takes as long as hashing 50 to 60
/// kilobytes: one at a time is light, two are not.
pub const SIGNATURE: usize = 32 * 1024;

/// Counts bytes that are hashed, coded or verified.
#[inline(always)]
pub fn count(bytes: usize) {
	#[cfg(feature = "meter")]
	BYTES.with(|sum| sum.set(sum.get().saturating_add(bytes as u64)));
	#[cfg(not(feature = "meter"))]
	let _ = bytes;
}

/// Bytes that were counted in this thread so far.
#[cfg(feature = "meter")]
pub fn bytes() -> u64 {
	BYTES.with(core::cell::Cell::get)
}

#[cfg(feature = "meter")]
std::thread_local! {
	static BYTES: core::cell::Cell<u64> = const { core::cell::Cell::new(0) };
}

#[cfg(test)]
#[cfg(feature = "meter")]
mod tests {
	use super::*;
	use crate::{BlockData, HeadData, PoV, SigningContext, ValidationCode};

	fn counted(work: impl FnOnce()) -> u64 {
		let before = bytes();
		work();
		bytes() - before
	}

	#[test]
	fn what_is_hashed_and_verified_is_counted() {
		let data = vec![7; 1000];
		let pov = PoV {
			block_data: BlockData(data.clone()),
		};
		assert_eq!(
			counted(|| {
				let _ = pov.hash();
			}),
			1002,
			"with its length prefix"
		);
		assert_eq!(
			counted(|| {
				let _ = HeadData(data.clone()).hash();
			}),
			1000
		);
		assert_eq!(
			counted(|| {
				let _ = ValidationCode(data.clone()).hash();
			}),
			1000
		);
		assert_eq!(
			counted(|| {
				let _ = crate::chunk_hash(&data);
			}),
			1000
		);
		assert_eq!(
			counted(|| {
				let _ = crate::hash_of(&SigningContext::default());
			}),
			36
		);
		let (key, signature) = (
			sp_core::sr25519::Public::default().into(),
			sp_core::sr25519::Signature::default().into(),
		);
		let verify = || assert!(!crate::crypto::verify(&key, &data, &signature));
		assert_eq!(counted(verify), 32 * 1024 + 1000);
	}

	#[test]
	fn each_thread_counts_for_itself() {
		let other = || std::thread::spawn(|| count(1)).join();
		assert_eq!(counted(|| assert!(other().is_ok())), 0);
	}
}
