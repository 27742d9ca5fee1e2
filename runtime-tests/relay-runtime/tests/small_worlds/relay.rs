//! Relay blocks as the real runtime makes them, and what it says to inherents: each asked once, however many worlds ask.

use crate::{
	chain::{self, begin_block, end_block, enter, execute, info, FIRST_SLOT},
	node::{AtLeaf, Node},
	plan::Op,
};
use async_backing_primitives::{
	hash_of, Hash, Header, HostConfiguration, ParaId, ParachainsInherentData, Slot,
	UncheckedSignedAvailabilityBitfield,
};
use async_backing_relay_runtime as runtime;
use sp_io::TestExternalities;
use std::{
	collections::{BTreeMap, HashMap},
	rc::Rc,
};

/// What validators say at a leaf.
pub(crate) type Bitfields = Rc<Vec<UncheckedSignedAvailabilityBitfield>>;

/// Validators that attest what is available: all of them, and one less is enough (R-ENA-1).
const VALIDATORS: usize = 6;

/// Name of a block. The same content has the same name.
pub(crate) type BlockId = usize;

/// What a chain begins with.
#[derive(Clone, Debug)]
pub(crate) struct Start {
	pub(crate) configuration: HostConfiguration,
	pub(crate) assignments: Vec<(u32, ParaId)>,
	/// Blocks before the first leaf.
	pub(crate) blocks: u64,
}

/// A relay block, and what nodes know in its state.
#[derive(Debug)]
pub(crate) struct Block {
	pub(crate) header: Header,
	pub(crate) slot: Slot,
	pub(crate) at_leaf: AtLeaf,
	/// With what is known of the blocks below.
	node: Node,
	state: State,
}

/// Nodes of a trie by key, each with how often it is there.
type TrieNodes = Vec<(Vec<u8>, (Vec<u8>, i32))>;

/// Nodes of a trie, and its root.
#[derive(Clone, Debug)]
struct State {
	nodes: TrieNodes,
	root: Hash,
}

impl State {
	fn of(mut chain: TestExternalities) -> Self {
		chain.commit_all().expect("no transaction is open");
		let (nodes, root) = chain.into_raw_snapshot();
		Self { nodes, root }
	}

	fn restored(&self) -> TestExternalities {
		let version = runtime::VERSION.state_version();
		TestExternalities::from_raw_snapshot(self.nodes.clone(), self.root, version)
	}
}

/// A relay chain with all its forks.
pub(crate) struct Relay {
	blocks: Vec<Rc<Block>>,
	names: HashMap<Hash, BlockId>,
	children: HashMap<(BlockId, Hash), BlockId>,
	verdicts: HashMap<(BlockId, Hash), Option<&'static str>>,
	/// Signing takes longer than all else: once for each leaf and choice.
	bitfields: HashMap<(BlockId, u8), Bitfields>,
	/// Blocks whose child has begun, so that it can be asked.
	begun: BTreeMap<BlockId, TestExternalities>,
}

/// Children that are begun at one time: a state takes some hundred kilobytes.
const MAX_BEGUN: usize = 256;

impl Relay {
	/// A chain of empty blocks, in the first of which the first para is sent a message. The newest one is the base.
	pub(crate) fn new(start: &Start, para: ParaId) -> (Self, BlockId) {
		let storage = chain::genesis(start.configuration.clone(), &start.assignments, &[]);
		let mut externalities = TestExternalities::new(storage);
		let mut node = Node::default();
		let mut slot = FIRST_SLOT;
		let (header, at_leaf) = externalities.execute_with(|| {
			let mut parent = chain::genesis_header();
			for number in 0..start.blocks {
				node.learn(info(&parent), slot - 1);
				begin_block(&parent, slot);
				if number == 0 {
					assert!(execute(&Op::SendDownward(para, 3)), "para {para} is there");
				}
				enter(empty(&parent)).expect("an empty inherent is fine");
				parent = end_block();
				slot += 1;
			}
			let at_leaf = node.learn(info(&parent), slot - 1);
			(parent, at_leaf)
		});
		let base = Block {
			header,
			slot: slot - 1,
			at_leaf,
			node,
			state: State::of(externalities),
		};
		let mut relay = Self {
			blocks: Vec::new(),
			names: HashMap::new(),
			children: HashMap::new(),
			verdicts: HashMap::new(),
			bitfields: HashMap::new(),
			begun: BTreeMap::new(),
		};
		let base = relay.add(base);
		(relay, base)
	}

	fn add(&mut self, block: Block) -> BlockId {
		let next = self.blocks.len();
		let name = *self.names.entry(hash_of(&block.header)).or_insert(next);
		if name == next {
			self.blocks.push(Rc::new(block));
		}
		name
	}

	/// Hashes of all blocks.
	pub(crate) fn hashes(&self) -> impl Iterator<Item = Hash> + '_ {
		self.names.keys().copied()
	}

	pub(crate) fn block(&self, name: BlockId) -> Rc<Block> {
		Rc::clone(&self.blocks[name])
	}

	/// What validators say at a leaf who have the data of these cores' candidates, a bit each: nothing if there are none.
	pub(crate) fn bitfields(&mut self, leaf: BlockId, attested: u8) -> Bitfields {
		let at_leaf = &self.blocks[leaf].at_leaf;
		let sign = || {
			let occupants = at_leaf.occupants();
			let has = |candidate| {
				occupants
					.iter()
					.any(|(core, occupant)| attested & (1 << core) != 0 && *occupant == candidate)
			};
			let validators = if attested == 0 { 0 } else { VALIDATORS };
			Rc::new(at_leaf.attest(validators, has))
		};
		let bitfields = self.bitfields.entry((leaf, attested));
		Rc::clone(bitfields.or_insert_with(sign))
	}

	/// The child that carries this, which the runtime accepts.
	pub(crate) fn child(&mut self, parent: BlockId, data: &ParachainsInherentData) -> BlockId {
		let key = (parent, hash_of(data));
		if let Some(child) = self.children.get(&key) {
			return *child;
		}
		let block = self.block(parent);
		let mut externalities = block.state.restored();
		let mut node = block.node.clone();
		let slot = block.slot + 1;
		let (header, at_leaf) = externalities.execute_with(|| {
			begin_block(&block.header, slot);
			enter(data.clone()).expect("its author asked before");
			let header = end_block();
			let at_leaf = node.learn(info(&header), slot);
			(header, at_leaf)
		});
		let child = self.add(Block {
			header,
			slot,
			at_leaf,
			node,
			state: State::of(externalities),
		});
		self.children.insert(key, child);
		child
	}

	/// Why the child of a block may not carry this; `None` if it may.
	pub(crate) fn refusal(&mut self, parent: BlockId, data: &ParachainsInherentData) -> Option<&'static str> {
		use frame_support::storage::{with_transaction_unchecked, TransactionOutcome};
		let key = (parent, hash_of(data));
		if let Some(refusal) = self.verdicts.get(&key) {
			return *refusal;
		}
		if !self.begun.contains_key(&parent) {
			if self.begun.len() == MAX_BEGUN {
				self.begun.pop_first();
			}
			let block = self.block(parent);
			let mut externalities = block.state.restored();
			externalities.execute_with(|| begin_block(&block.header, block.slot + 1));
			self.begun.insert(parent, externalities);
		}
		let begun = self.begun.get_mut(&parent).expect("it was put there");
		let outcome = begun.execute_with(|| {
			with_transaction_unchecked(|| TransactionOutcome::Rollback(enter(data.clone())))
		});
		let refusal = outcome.err().map(Into::into);
		self.verdicts.insert(key, refusal);
		refusal
	}
}

/// An inherent without anything.
pub(crate) fn empty(parent: &Header) -> ParachainsInherentData {
	ParachainsInherentData {
		bitfields: Vec::new(),
		backed_candidates: Vec::new(),
		disputes: Vec::new(),
		parent_header: parent.clone(),
	}
}
