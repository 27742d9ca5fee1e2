//! The first block.

use crate::{
	block::{extrinsics_root, Header, RelayContext},
	pace::{Books, Pace, Upgrade},
	state::{Account, Changes, Nodes},
	AccountId, Balance,
};
use async_backing_primitives::{Hash, HeadData, ParaId, ValidationCodeHash};
use codec::Encode;

/// What makes a chain: its id and who has what in the beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genesis {
	/// The parachain.
	pub para: ParaId,
	/// Accounts with their balances. Of two entries for one account the later counts.
	pub accounts: Vec<(AccountId, Balance)>,
	/// How it paces its blocks; `None` for a chain that keeps no unincluded segment.
	pub pace: Option<Pace>,
	/// The code that it may upgrade to. Of no effect without a pace: such a chain does not read the relay chain's answer.
	pub upgrade: Option<ValidationCodeHash>,
}

impl Genesis {
	/// The chain's identity, which every signature covers: Blake2-256 of the SCALE encoding of id, accounts and, if there
	/// are any, pace and code.
	pub fn chain(&self) -> Hash {
		let mut encoded = (&self.para, &self.accounts).encode();
		if let Some(pace) = self.pace {
			(pace, self.upgrade).encode_to(&mut encoded);
		}
		sp_io::hashing::blake2_256(&encoded).into()
	}

	/// The head data with which the chain is registered.
	pub fn head(&self) -> HeadData {
		self.build().1.head_data()
	}

	/// The first state and header.
	pub(crate) fn build(&self) -> (Nodes, Header) {
		let accounts = self
			.accounts
			.iter()
			.map(|&(id, balance)| (id, Account { balance, nonce: 0 }))
			.collect();
		let changes = Changes {
			accounts,
			counter: 0,
			books: self.pace.map(|_| Books {
				upgrade: self.upgrade.map(Upgrade::authorized),
				..Default::default()
			}),
		};
		let (nodes, state_root) = changes
			.genesis(&self.chain(), self.pace)
			.expect("a trie that began empty has all its nodes; qed");
		let header = Header {
			parent_hash: Hash::zero(),
			number: 0,
			state_root,
			extrinsics_root: extrinsics_root(&[]),
			relay_parent: RelayContext {
				number: 0,
				storage_root: Hash::zero(),
			},
		};
		(nodes, header)
	}
}
