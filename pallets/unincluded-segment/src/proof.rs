//! Relay state by a storage proof.

use crate::ports::RelayStateSource;
use alloc::vec::Vec;
use async_backing_primitives::{
	Hash, Hashing, ParaId, RelayState, RelayStateError, RelayStateReader, Unproven,
};
use sp_trie::{read_trie_value, HashDBT, LayoutV1, MemoryDB, StorageProof, EMPTY_PREFIX};

/// Reads relay state from a storage proof under the relay parent's state root, which validators know.
#[derive(Clone, Copy, Debug)]
pub struct ProvenRelayState;

/// The part of a state that a proof shows.
struct Proof {
	nodes: MemoryDB<Hashing>,
	root: Hash,
}

impl RelayStateReader for Proof {
	fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Unproven> {
		// Also reads what was written under the older state version.
		read_trie_value::<LayoutV1<Hashing>, _>(&self.nodes, &self.root, key, None, None)
			.map_err(|_| Unproven)
	}
}

impl RelayStateSource for ProvenRelayState {
	type Evidence = StorageProof;

	fn read(
		para: ParaId,
		storage_root: Hash,
		evidence: &StorageProof,
	) -> Result<RelayState, RelayStateError> {
		let nodes: MemoryDB<Hashing> = evidence.to_memory_db();
		if !nodes.contains(&storage_root, EMPTY_PREFIX) {
			return Err(RelayStateError::WrongRoot(storage_root));
		}
		let proof = Proof {
			nodes,
			root: storage_root,
		};
		RelayState::read(&proof, para)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn evidence(state: Vec<(Vec<u8>, Vec<u8>)>) -> (Hash, StorageProof) {
		prove_all(state)
	}
}

/// The root of a state that consists of these keys, and a proof of all of it.
#[cfg(any(test, feature = "runtime-benchmarks"))]
pub(crate) fn prove_all(state: Vec<(Vec<u8>, Vec<u8>)>) -> (Hash, StorageProof) {
	use sp_trie::{TrieDBMutBuilder, TrieMut};
	let mut nodes = MemoryDB::<Hashing>::with_hasher(Default::default());
	let mut root = Hash::default();
	let mut trie = TrieDBMutBuilder::<LayoutV1<Hashing>>::new(&mut nodes, &mut root).build();
	for (key, value) in state {
		trie.insert(&key, &value)
			.expect("a trie that began empty has all its nodes; qed");
	}
	drop(trie);
	let nodes = nodes.drain().into_values().filter(|(_, count)| *count > 0);
	let proof = StorageProof::new(nodes.map(|(node, _)| node));
	(root, proof)
}
