//! What every node does alike, done once for all: signatures verified, data coded.
//!
//! Both are pure functions of their arguments, so an answer that is remembered is the answer; the virtual time of the work is
//! charged to each node that asks, remembered or not. Memory is bounded; what is forgotten is worked out again.

use async_backing_availability::{encode, ErasureError};
use async_backing_primitives::{crypto, AvailableData, CandidateHash, ValidatorId, ValidatorSignature};
use async_backing_validator::work::Coded;
use std::{
	cell::RefCell,
	collections::{HashMap, VecDeque},
	hash::Hash,
	sync::Arc,
};

/// Signatures that are remembered at least: more than a thousand validators make within three relay blocks.
const SIGNATURES: usize = 1 << 15;
/// Bytes of coded data that are remembered: those of what two hundred cores are about to back, of full blocks of the devnet.
const CODED_BYTES: usize = 256 << 20;

/// Remembers the newest so many entries, and up to as many before.
#[derive(Debug)]
struct Memory<K, V> {
	most: usize,
	/// In tests alone: nothing is remembered.
	forgets: bool,
	young: HashMap<K, V>,
	old: HashMap<K, V>,
}

impl<K: Hash + Eq, V: Clone> Memory<K, V> {
	fn new(most: usize) -> Self {
		Self {
			most,
			forgets: false,
			young: HashMap::new(),
			old: HashMap::new(),
		}
	}

	fn get(&self, key: &K) -> Option<V> {
		self.young.get(key).or_else(|| self.old.get(key)).cloned()
	}

	fn insert(&mut self, key: K, value: V) {
		if self.forgets {
			return;
		}
		if self.young.len() >= self.most {
			self.old = std::mem::take(&mut self.young);
		}
		self.young.insert(key, value);
	}
}

/// Who signed what, with which signature: all that the answer depends on.
type Signed = (ValidatorId, ValidatorSignature, Vec<u8>);

/// Signatures that somebody verified, good and bad ones.
#[derive(Debug)]
pub(crate) struct Signatures(RefCell<Memory<[u8; 32], bool>>);

impl Default for Signatures {
	fn default() -> Self {
		Self(RefCell::new(Memory::new(SIGNATURES)))
	}
}

impl Signatures {
	/// One that remembers nothing: each node verifies for itself.
	#[cfg(test)]
	pub(crate) fn forgetful() -> Self {
		let mut memory = Memory::new(0);
		memory.forgets = true;
		Self(RefCell::new(memory))
	}

	/// Whether the owner of this key signed this payload. Verified the first time that it is asked.
	pub(crate) fn verify(
		&self,
		validator: &ValidatorId,
		payload: &[u8],
		signature: &ValidatorSignature,
	) -> bool {
		use codec::Encode;
		let signed: Signed = (validator.clone(), signature.clone(), payload.to_vec());
		let key = sp_io::hashing::blake2_256(&signed.encode());
		let known = self.0.borrow().get(&key);
		known.unwrap_or_else(|| {
			let is_good = crypto::verify(validator, payload, signature);
			self.0.borrow_mut().insert(key, is_good);
			is_good
		})
	}
}

/// A candidate that was executed, and for how many validators it is coded: the descriptor that its hash is of names the data.
type CodedFor = (CandidateHash, usize);

/// Data of candidates, coded.
#[derive(Debug, Default)]
pub(crate) struct Codings {
	known: HashMap<CodedFor, Coded>,
	/// Oldest first, with its bytes.
	order: VecDeque<(CodedFor, usize)>,
	bytes: usize,
}

impl Codings {
	/// The data of a candidate and their code, the same for all who ask. Done the first time that it is asked.
	///
	/// # Errors
	/// As of [`encode`].
	pub(crate) fn code(
		&mut self,
		candidate: CandidateHash,
		validators: usize,
		data: AvailableData,
	) -> Result<Coded, ErasureError> {
		let key = (candidate, validators);
		if let Some(coded) = self.known.get(&key) {
			return Ok(coded.clone());
		}
		let code = Arc::new(encode(validators, &data)?);
		let coded = (Arc::new(data), code);
		let bytes = coded.1.chunks.iter().map(|chunk| chunk.chunk.len()).sum();
		self.bytes = self.bytes.saturating_add(bytes);
		self.known.insert(key, coded.clone());
		self.order.push_back((key, bytes));
		while self.bytes > CODED_BYTES {
			let Some((oldest, bytes)) = self.order.pop_front() else {
				break;
			};
			self.known.remove(&oldest);
			self.bytes = self.bytes.saturating_sub(bytes);
		}
		Ok(coded)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use async_backing_relay_client::{signing::sign, ValidatorKeys};

	#[test]
	fn r_stm_2_a_bad_signature_stays_bad_and_a_good_one_is_good_for_one_payload_and_key() {
		let keys = [0, 1].map(|index| ValidatorKeys::of_run(7, index));
		let [own, other] = [0, 1].map(|index| ValidatorId::from(keys[index].sr25519_public()));
		let signature = ValidatorSignature::from(sign(&keys[0].sr25519, b"yes"));
		let signatures = Signatures::default();
		for _ in 0..2 {
			assert!(signatures.verify(&own, b"yes", &signature), "R-STM-2");
			assert!(!signatures.verify(&own, b"no", &signature), "R-STM-2");
			assert!(!signatures.verify(&other, b"yes", &signature), "R-STM-2");
		}
		let known = signatures.0.borrow().young.len();
		assert_eq!(known, 3, "each once");
	}

	#[test]
	fn what_is_remembered_is_bounded_and_the_newest_is_known() {
		let mut memory = Memory::new(4);
		for number in 0..100u32 {
			memory.insert(number, number);
			let size = memory.young.len() + memory.old.len();
			assert!(size <= 8, "{size}");
			for newer in number.saturating_sub(3)..=number {
				assert_eq!(memory.get(&newer), Some(newer));
			}
		}
		assert_eq!(memory.get(&0), None);
	}

	#[test]
	fn r_avl_1_data_is_coded_once_for_each_number_of_validators() {
		let mut codings = Codings::default();
		let (pov, validation_data) = Default::default();
		let data = AvailableData { pov, validation_data };
		let candidate = CandidateHash::default();
		for validators in [4, 7] {
			let (own, first) = codings.code(candidate, validators, data.clone()).unwrap();
			assert_eq!(*own, data);
			assert_eq!(*first, encode(validators, &data).unwrap(), "R-AVL-1");
			let (_, again) = codings.code(candidate, validators, data.clone()).unwrap();
			assert!(Arc::ptr_eq(&first, &again));
		}
		assert!(codings.code(candidate, 0, data).is_err());
		assert_eq!(codings.order.len(), 2);
	}
}
