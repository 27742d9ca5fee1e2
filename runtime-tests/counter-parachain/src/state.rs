//! The state: a trie of accounts, the counter of extrinsics and the chain's identity.
//!
//! Invariants:
//! - Values are at most 32 bytes, so that each lies in its leaf and a proof of the key is a proof of the value. But for the
//!   unincluded segment and the code upgrade, on chains that keep them: each of their blocks reads and writes both.
//! - Nothing is ever removed, so that a proof of the keys that are read suffices to write them: no sibling collapses.

use crate::{
	error::StateError,
	pace::{Books, Pace, Upgrade},
	AccountId, Balance,
};
use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use async_backing_primitives::{Hash, SegmentTracker};
use codec::{Decode, DecodeAll, Encode};
use sp_runtime::traits::BlakeTwo256;
use sp_trie::{LayoutV1, MemoryDB, Trie, TrieDB, TrieDBBuilder, TrieDBMutBuilder, TrieError, TrieMut};

pub(crate) type Layout = LayoutV1<BlakeTwo256>;
/// Nodes of tries, by hash.
pub(crate) type Nodes = MemoryDB<BlakeTwo256>;
/// Something that takes down which nodes are read.
pub(crate) type Recorder<'a> = &'a mut dyn sp_trie::TrieRecorder<Hash>;

const COUNTER: &[u8] = &[0];
const CHAIN: &[u8] = &[1];
const ACCOUNT: u8 = 2;
const PACE: &[u8] = &[3];
const SEGMENT: &[u8] = &[4];
const UPGRADE: &[u8] = &[5];

/// What the chain knows of an account. One that never received anything is all zeros.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Account {
	/// What it has.
	pub balance: Balance,
	/// How many transfers it sent.
	pub nonce: u32,
}

/// Keys are hashed, lest somebody grows a deep branch by choosing keys; the account follows for whoever iterates.
fn account_key(account: &AccountId) -> Vec<u8> {
	let mut key = Vec::with_capacity(49);
	key.push(ACCOUNT);
	key.extend_from_slice(&sp_io::hashing::blake2_128(&account.0));
	key.extend_from_slice(&account.0);
	key
}

fn state_error(root: &Hash, error: &TrieError<Layout>) -> StateError {
	match error {
		TrieError::<Layout>::IncompleteDatabase(node) | TrieError::<Layout>::InvalidStateRoot(node) => {
			StateError::MissingNode { node: *node }
		}
		_ => StateError::CorruptNode { root: *root },
	}
}

/// Reads one state.
pub(crate) struct Reader<'a> {
	root: &'a Hash,
	trie: TrieDB<'a, 'a, Layout>,
}

impl<'a> Reader<'a> {
	pub(crate) fn new(nodes: &'a Nodes, root: &'a Hash, recorder: Option<Recorder<'a>>) -> Self {
		Self {
			root,
			trie: TrieDBBuilder::new(nodes, root)
				.with_optional_recorder(recorder)
				.build(),
		}
	}

	fn read<T: Decode>(&self, key: &[u8]) -> Result<Option<T>, StateError> {
		let value = self
			.trie
			.get(key)
			.map_err(|error| state_error(self.root, &error))?;
		value
			.map(|value| T::decode_all(&mut &value[..]))
			.transpose()
			.map_err(|_| StateError::CorruptValue { root: *self.root })
	}

	fn read_fixture<T: Decode>(&self, key: &[u8]) -> Result<T, StateError> {
		self.read(key)?
			.ok_or(StateError::CorruptValue { root: *self.root })
	}

	pub(crate) fn account(&self, account: &AccountId) -> Result<Account, StateError> {
		Ok(self.read(&account_key(account))?.unwrap_or_default())
	}

	/// How many extrinsics the chain executed.
	pub(crate) fn counter(&self) -> Result<u64, StateError> {
		self.read_fixture(COUNTER)
	}

	/// How the chain paces its blocks; `None` if it keeps no unincluded segment.
	pub(crate) fn pace(&self) -> Result<Option<Pace>, StateError> {
		self.read(PACE)
	}

	/// The unincluded segment, and what else is kept with it.
	pub(crate) fn segment(&self) -> Result<SegmentTracker, StateError> {
		self.read_fixture(SEGMENT)
	}

	/// The code that the chain may upgrade to; `None` if there is none.
	pub(crate) fn upgrade(&self) -> Result<Option<Upgrade>, StateError> {
		self.read(UPGRADE)
	}

	/// The chain's identity, which every signature covers.
	pub(crate) fn chain(&self) -> Result<Hash, StateError> {
		self.read_fixture(CHAIN)
	}
}

/// What a block writes.
#[derive(Debug, Default)]
pub(crate) struct Changes {
	pub(crate) accounts: BTreeMap<AccountId, Account>,
	pub(crate) counter: u64,
	/// The unincluded segment and what belongs to it, on chains that keep one.
	pub(crate) books: Option<Books>,
}

impl Changes {
	/// Writes the changes on top of the state `root`. Returns the new root; the old state's nodes may be gone.
	pub(crate) fn commit(&self, nodes: &mut Nodes, root: &Hash) -> Result<Hash, StateError> {
		let mut new_root = *root;
		let mut trie = TrieDBMutBuilder::<Layout>::from_existing(nodes, &mut new_root).build();
		self.insert(&mut trie)
			.map_err(|error| state_error(root, &error))?;
		// Dropping the trie writes it.
		drop(trie);
		Ok(new_root)
	}

	fn insert(&self, trie: &mut dyn TrieMut<Layout>) -> Result<(), Box<TrieError<Layout>>> {
		trie.insert(COUNTER, &self.counter.encode())?;
		if let Some(Books { tracker, upgrade }) = &self.books {
			trie.insert(SEGMENT, &tracker.encode())?;
			if let Some(upgrade) = upgrade {
				trie.insert(UPGRADE, &upgrade.encode())?;
			}
		}
		for (id, account) in &self.accounts {
			trie.insert(&account_key(id), &account.encode())?;
		}
		Ok(())
	}

	/// The first state of a chain.
	#[cfg(feature = "std")]
	pub(crate) fn genesis(&self, chain: &Hash, pace: Option<Pace>) -> Result<(Nodes, Hash), StateError> {
		let mut nodes = Nodes::default();
		let mut root = Hash::default();
		let mut trie = TrieDBMutBuilder::<Layout>::new(&mut nodes, &mut root).build();
		let fixtures = [
			Some((CHAIN, chain.encode())),
			pace.map(|pace| (PACE, pace.encode())),
		];
		let written = fixtures
			.into_iter()
			.flatten()
			.try_for_each(|(key, value)| trie.insert(key, &value).map(|_| ()))
			.and_then(|()| self.insert(&mut trie));
		drop(trie);
		written.map_err(|error| state_error(&root, &error))?;
		Ok((nodes, root))
	}
}
