//! The collator's side: builds blocks on any head that it knows.
//!
//! Invariants:
//! - Every head in the index has its whole state among the nodes. Nodes are never removed: a chain of these tests lives
//!   for some hundred blocks, and states share all but the paths that a block touched.
//! - What is built has been put together from the proof alone, as a validator does it. A proof that does not suffice
//!   is found here.

use crate::{
	block::{check_relay_parent, extrinsics_root, Block, Header, RelayContext},
	error::{BlockError, StateError},
	execute::execute,
	genesis::Genesis,
	pace::{advance, Outputs, Pace, Upgrade},
	state::{Changes, Layout, Nodes, Reader},
	validate::validate,
	Account, AccountId, SignedTransfer,
};
use async_backing_primitives::{
	ClaimQueueOffset, CoreSelector, Hash, HeadData, HeadHash, PoV, SegmentTracker, Slot, ValidationCode,
	ValidationParams,
};
use sp_runtime::traits::BlakeTwo256;
use sp_trie::{HashDBT as _, Recorder, StorageProof, EMPTY_PREFIX};
use std::{collections::BTreeMap, fmt};
use thiserror::Error;

/// The collator does not know a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("unknown head {head}")]
pub struct UnknownHead {
	/// Hash of the head data.
	pub head: HeadHash,
}

/// Why a block cannot be built or imported. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BuildError {
	/// The parent is not known.
	#[error(transparent)]
	UnknownParent(#[from] UnknownHead),
	/// The block would be invalid.
	#[error(transparent)]
	Invalid(#[from] BlockError),
}

impl From<StateError> for BuildError {
	fn from(error: StateError) -> Self {
		Self::Invalid(error.into())
	}
}

/// A block as it is offered to validators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltBlock {
	/// Head data after the block.
	pub head: HeadData,
	/// The block and its witness.
	pub pov: PoV,
	/// The header, decoded: state root and number of the block are here.
	pub header: Header,
	/// How many extrinsics the block executes.
	pub extrinsics: u32,
}

/// What a block has beside its transfers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachments {
	/// The core that it picks, if it is none of the next relay block's (R-UMP-5).
	pub core: Option<(CoreSelector, ClaimQueueOffset)>,
	/// On a chain that keeps an unincluded segment, the part of the relay parent's state that it reads
	/// ([`RelayState`](async_backing_primitives::RelayState)).
	pub relay_state: Option<StorageProof>,
	/// The code that it announces (R-SEG-6).
	pub new_code: Option<ValidationCode>,
}

/// Holds the chain's states and builds on any of them.
pub struct Collator {
	chain: Hash,
	pace: Option<Pace>,
	/// The pace by which it builds, whatever the chain's is.
	pretended: Option<Pace>,
	genesis: HeadData,
	headers: BTreeMap<HeadHash, Header>,
	nodes: Nodes,
}

impl fmt::Debug for Collator {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.debug_struct("Collator")
			.field("chain", &self.chain)
			.field("heads", &self.headers.len())
			.finish_non_exhaustive()
	}
}

impl Collator {
	/// A collator that knows the genesis block.
	pub fn new(genesis: &Genesis) -> Self {
		let (nodes, header) = genesis.build();
		let head = header.head_data();
		Self {
			chain: genesis.chain(),
			pace: genesis.pace,
			pretended: None,
			headers: BTreeMap::from([(head.hash(), header)]),
			genesis: head,
			nodes,
		}
	}

	/// The chain's identity, which every signature covers.
	pub fn chain(&self) -> &Hash {
		&self.chain
	}

	/// Head data of the genesis block.
	pub fn genesis_head(&self) -> &HeadData {
		&self.genesis
	}

	/// The header behind a head, if it is known.
	///
	/// # Errors
	/// [`UnknownHead`].
	pub fn header(&self, head: &HeadData) -> Result<&Header, UnknownHead> {
		let head = head.hash();
		self.headers.get(&head).ok_or(UnknownHead { head })
	}

	/// Whether the collator can build on `head`.
	pub fn knows(&self, head: &HeadData) -> bool {
		self.header(head).is_ok()
	}

	/// Balance and nonce of an account after the block `head`.
	///
	/// # Errors
	/// [`UnknownHead`].
	#[allow(clippy::missing_panics_doc, reason = "the expectation carries its proof")]
	pub fn account(&self, head: &HeadData, account: &AccountId) -> Result<Account, UnknownHead> {
		let header = self.header(head)?;
		Ok(Reader::new(&self.nodes, &header.state_root, None)
			.account(account)
			.expect(WHOLE_STATE))
	}

	/// How many extrinsics the chain executed up to and with the block `head`.
	///
	/// # Errors
	/// [`UnknownHead`].
	#[allow(clippy::missing_panics_doc, reason = "the expectation carries its proof")]
	pub fn counter(&self, head: &HeadData) -> Result<u64, UnknownHead> {
		let header = self.header(head)?;
		Ok(Reader::new(&self.nodes, &header.state_root, None)
			.counter()
			.expect(WHOLE_STATE))
	}

	/// How the chain paces its blocks; `None` if it keeps no unincluded segment.
	pub fn pace(&self) -> Option<Pace> {
		self.pace
	}

	/// From now on it builds by another pace than the chain's: a fault, for whoever wants to see what validators make of it.
	pub fn pretend(&mut self, pace: Pace) {
		self.pretended = Some(pace);
	}

	/// The unincluded segment after the block `head`, whose own hash is known in it; `None` on a chain that keeps none.
	///
	/// # Errors
	/// [`UnknownHead`].
	#[allow(clippy::missing_panics_doc, reason = "the expectation carries its proof")]
	pub fn segment(&self, head: &HeadData) -> Result<Option<SegmentTracker>, UnknownHead> {
		let header = self.header(head)?;
		Ok(self.pace.map(|_| {
			let reader = Reader::new(&self.nodes, &header.state_root, None);
			let mut tracker = reader.segment().expect(WHOLE_STATE);
			tracker.segment.note_parent(head.hash());
			tracker
		}))
	}

	/// Whether the chain takes a block on `head` when the relay parent is of `slot` and `included` is the included head there
	/// (R-HOO-3).
	///
	/// # Errors
	/// [`UnknownHead`].
	pub fn can_build_upon(
		&self,
		head: &HeadData,
		included: HeadHash,
		slot: Slot,
	) -> Result<bool, UnknownHead> {
		let tracker = self.segment(head)?;
		let pace = self.pretended.or(self.pace);
		Ok(tracker
			.zip(pace)
			.is_none_or(|(tracker, pace)| tracker.can_build_upon(&pace.hook(), included, slot)))
	}

	/// Where the chain's code upgrade is after the block `head`; `None` if there is none.
	///
	/// # Errors
	/// [`UnknownHead`].
	#[allow(clippy::missing_panics_doc, reason = "the expectation carries its proof")]
	pub fn upgrade(&self, head: &HeadData) -> Result<Option<Upgrade>, UnknownHead> {
		let header = self.header(head)?;
		Ok(Reader::new(&self.nodes, &header.state_root, None)
			.upgrade()
			.expect(WHOLE_STATE))
	}

	/// Executes `extrinsics` on top of `parent` and remembers the block.
	///
	/// Any known head will do as parent, included or not. Cost: one signature check per extrinsic, and a proof of the
	/// accounts that they touch.
	///
	/// # Errors
	/// [`BuildError::UnknownParent`]; [`BuildError::Invalid`] with the first invalid extrinsic, or when `relay_parent`
	/// is older than the parent's.
	pub fn build_block(
		&mut self,
		parent: &HeadData,
		relay_parent: RelayContext,
		extrinsics: Vec<SignedTransfer>,
	) -> Result<BuiltBlock, BuildError> {
		self.build_with(parent, relay_parent, Attachments::default(), extrinsics)
	}

	/// As [`build_block`](Self::build_block), with more than transfers.
	///
	/// # Errors
	/// As [`build_block`](Self::build_block), and on a chain that keeps an unincluded segment when it has no room for the block
	/// (R-SEG-2), when the proof of the relay parent's state is none, or when the chain does not wait for the code.
	pub fn build_with(
		&mut self,
		parent: &HeadData,
		relay_parent: RelayContext,
		attachments: Attachments,
		extrinsics: Vec<SignedTransfer>,
	) -> Result<BuiltBlock, BuildError> {
		let Attachments {
			core,
			relay_state,
			new_code,
		} = attachments;
		let parent_header = self.header(parent)?;
		check_relay_parent(parent_header, relay_parent.number)?;
		let number = parent_header
			.number
			.checked_add(1)
			.ok_or(BlockError::WrongNumber {
				parent: parent_header.number,
				actual: 0,
			})?;
		let parent_root = parent_header.state_root;

		let mut recorder = Recorder::<Layout>::new();
		let reader = Reader::new(&self.nodes, &parent_root, Some(&mut recorder));
		let pace = reader.pace()?.map(|pace| self.pretended.unwrap_or(pace));
		let books = advance(
			&reader,
			pace,
			parent.hash(),
			&relay_parent,
			relay_state.as_ref(),
			Outputs {
				upward_messages: &Block::upward_messages(core),
				new_code: new_code.as_ref(),
			},
		)?;
		let changes = Changes {
			books,
			..execute(&reader, &extrinsics)?
		};
		let proof = StorageProof::new(recorder.drain().into_iter().map(|record| record.data))
			.into_compact_proof::<BlakeTwo256>(parent_root)
			.map_err(|_| BlockError::WrongProof {
				expected: parent_root,
			})?;

		let (mut nodes, _) =
			proof
				.to_memory_db::<BlakeTwo256>(&parent_root)
				.map_err(|_| BlockError::WrongProof {
					expected: parent_root,
				})?;
		let state_root = changes.commit(&mut nodes, &parent_root)?;

		let header = Header {
			parent_hash: parent.hash().0,
			number,
			state_root,
			extrinsics_root: extrinsics_root(&extrinsics),
			relay_parent,
		};
		self.remember(header.clone(), nodes);
		let count = extrinsics.len() as u32;
		let block_data = Block {
			header: header.clone(),
			core,
			extrinsics,
			proof,
			relay_state,
			new_code,
		}
		.block_data();
		Ok(BuiltBlock {
			head: header.head_data(),
			pov: PoV { block_data },
			header,
			extrinsics: count,
		})
	}

	/// Takes over a block that another collator built. Returns its head data.
	///
	/// # Errors
	/// [`BuildError::UnknownParent`]; [`BuildError::Invalid`] with what [`validate`] says.
	pub fn import(&mut self, params: &ValidationParams) -> Result<HeadData, BuildError> {
		let parent_root = self.header(&params.parent_head)?.state_root;
		let head = validate(params)?.head_data;
		let block = Block::from_block_data(&params.block_data).ok_or(BlockError::UndecodableBlock)?;
		let reader = Reader::new(&self.nodes, &parent_root, None);
		let books = advance(
			&reader,
			reader.pace()?,
			params.parent_head.hash(),
			&block.header.relay_parent,
			block.relay_state.as_ref(),
			Outputs {
				upward_messages: &Block::upward_messages(block.core),
				new_code: block.new_code.as_ref(),
			},
		)?;
		let changes = Changes {
			books,
			..execute(&reader, &block.extrinsics)?
		};
		let (mut nodes, _) = block
			.proof
			.to_memory_db::<BlakeTwo256>(&parent_root)
			.map_err(|_| BlockError::WrongProof {
				expected: parent_root,
			})?;
		changes.commit(&mut nodes, &parent_root)?;
		self.remember(block.header, nodes);
		Ok(head)
	}

	/// Adds a block whose new nodes are among `nodes`.
	fn remember(&mut self, header: Header, mut nodes: Nodes) {
		// Whatever its count of references says: a node that the block replaced is there already, and one that two
		// branches share may have been counted down twice.
		for (hash, (node, _)) in nodes.drain() {
			if !self.nodes.contains(&hash, EMPTY_PREFIX) {
				self.nodes.insert(EMPTY_PREFIX, &node);
			}
		}
		self.headers.insert(header.head_data().hash(), header);
	}
}

const WHOLE_STATE: &str =
	"remember() adds a head after all nodes of its state, and nodes are never removed; qed";
