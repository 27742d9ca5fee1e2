//! What happens to a view, and what it answers. Every step is followed by [`check`].

mod arrival;
mod context;
mod forks;
mod histories;
mod introducing;
mod leaves;
mod queries;

use crate::*;
use async_backing_primitives::*;
use std::{collections::BTreeMap, vec, vec::Vec};

pub(crate) const PARA: ParaId = ParaId(2000);
pub(crate) const OTHER: ParaId = ParaId(2001);

/// Relay block `number` of a fork of the relay chain; below 100 all forks are one.
pub(crate) fn block_of(fork: u8, number: BlockNumber) -> RelayChainBlockInfo {
	let fork = if number < 100 { 0 } else { fork };
	RelayChainBlockInfo {
		hash: Hash::from_low_u64_be(u64::from(number) * 256 + u64::from(fork)),
		number,
		storage_root: Hash::from_low_u64_be(1_000_000 + u64::from(number)),
	}
}

pub(crate) fn block(number: BlockNumber) -> RelayChainBlockInfo {
	block_of(0, number)
}

pub(crate) fn head(number: u8) -> HeadData {
	HeadData(vec![number])
}

fn code(number: u8) -> ValidationCodeHash {
	ValidationCodeHash(Hash::repeat_byte(number))
}

fn base(min_relay_parent_number: BlockNumber, included: u8) -> Constraints {
	Constraints {
		min_relay_parent_number,
		max_pov_size: 1024,
		max_code_size: 100,
		max_head_data_size: 32,
		ump_remaining: 10,
		ump_remaining_bytes: 1000,
		max_ump_num_per_candidate: 5,
		dmp_remaining_messages: vec![],
		hrmp_inbound: InboundHrmpLimitations {
			valid_watermarks: vec![],
		},
		hrmp_channels_out: vec![],
		max_hrmp_num_per_candidate: 4,
		required_parent: head(included),
		validation_code_hash: code(1),
		upgrade_restriction: None,
		future_validation_code: None,
	}
}

/// A leaf of a fork, with D = 4 and A = 2, that schedules no para yet.
pub(crate) fn leaf_of(fork: u8, number: BlockNumber) -> LeafFacts {
	LeafFacts {
		block: block_of(fork, number),
		parent_hash: block_of(fork, number - 1).hash,
		slot: number.into(),
		session_index: 0,
		session_ends_from_slot: u64::MAX,
		params: AsyncBackingParams {
			max_candidate_depth: 4,
			allowed_ancestry_len: 2,
		},
		ancestors: (number - 2..number)
			.rev()
			.map(|number| block_of(fork, number))
			.collect(),
		validators: vec![],
		groups: vec![vec![ValidatorIndex(0), ValidatorIndex(1)]],
		rotation: GroupRotationInfo {
			session_start_block: 0,
			group_rotation_frequency: 10,
			now: number + 1,
		},
		minimum_backing_votes: 2,
		disabled: vec![],
		cores: vec![],
		ancestor_claim_queues: Default::default(),
		claim_queue: ClaimQueue::new(),
		paras: BTreeMap::new(),
		pending_relay_parents: BTreeMap::new(),
		codes_to_check: Vec::new(),
		node_features: Default::default(),
		grid: None,
		events: vec![],
	}
}

pub(crate) fn leaf(number: BlockNumber) -> LeafFacts {
	leaf_of(0, number)
}

/// What makes facts readable.
pub(crate) trait Facts: Sized {
	/// Schedules a para on the next core, with this head included and these candidates pending.
	fn with(self, para: ParaId, included: u8, pending: &[&Candidate]) -> Self;
}

impl Facts for LeafFacts {
	fn with(mut self, para: ParaId, included: u8, pending: &[&Candidate]) -> Self {
		let min = self.block.number - self.params.allowed_ancestry_len;
		let pending_availability = pending.iter().map(|candidate| CandidatePendingAvailability {
			candidate_hash: candidate.hash(),
			descriptor: candidate.receipt().descriptor.clone(),
			commitments: candidate.commitments().clone(),
			relay_parent_number: candidate.relay_parent_number(),
			max_pov_size: 1024,
		});
		let pending_availability = pending_availability.collect();
		let backing_state = BackingState {
			constraints: base(min, included),
			pending_availability,
		};
		self.paras.insert(
			para,
			ParaAtLeaf {
				backing_state,
				extension: None,
			},
		);
		for candidate in pending {
			let known = block(candidate.relay_parent_number());
			if known.hash == candidate.relay_parent() {
				self.pending_relay_parents.insert(known.hash, known);
			}
		}
		let core = CoreIndex(self.claim_queue.len() as u32);
		self.claim_queue.insert(core, [para, para, para].into());
		self
	}
}

/// A candidate in the making.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
	para: ParaId,
	from: u8,
	to: u8,
	relay_parent: RelayChainBlockInfo,
	salt: u8,
	code: u8,
	core: u16,
	new_code: Option<usize>,
}

pub(crate) fn spec(from: u8, to: u8, relay_parent: BlockNumber) -> Spec {
	let relay_parent = block(relay_parent);
	Spec {
		para: PARA,
		from,
		to,
		relay_parent,
		salt: 0,
		code: 1,
		core: 0,
		new_code: None,
	}
}

impl Spec {
	pub(crate) fn parts(self) -> (CommittedCandidateReceipt, PersistedValidationData) {
		let validation_data = PersistedValidationData {
			parent_head: head(self.from),
			relay_parent_number: self.relay_parent.number,
			relay_parent_storage_root: self.relay_parent.storage_root,
			max_pov_size: 1024,
		};
		let commitments = CandidateCommitments {
			head_data: head(self.to),
			hrmp_watermark: self.relay_parent.number,
			new_validation_code: self.new_code.map(|len| ValidationCode(vec![1; len])),
			..Default::default()
		};
		let descriptor = CandidateDescriptor::v2(DescriptorFields {
			para_id: self.para,
			relay_parent: self.relay_parent.hash,
			core_index: self.core,
			persisted_validation_data_hash: validation_data.hash(),
			pov_hash: Hash::repeat_byte(self.salt),
			para_head: commitments.head_data.hash(),
			validation_code_hash: code(self.code),
			..Default::default()
		});
		(
			CommittedCandidateReceipt {
				descriptor,
				commitments,
			},
			validation_data,
		)
	}

	pub(crate) fn build(self) -> Candidate {
		let (receipt, validation_data) = self.parts();
		Candidate::new(receipt, validation_data, false).expect("the parts fit together")
	}
}

pub(crate) fn view_at(leaves: &[LeafFacts]) -> View {
	let mut view = View::new(ViewConfig::default());
	let update = view.update_leaves(leaves, &[]);
	assert_eq!(update.diagnostics, []);
	check(&view);
	view
}

/// Introduces a candidate, and returns where it stands.
pub(crate) fn introduce(view: &mut View, candidate: &Candidate) -> Membership {
	let introduced = view.introduce_checked(candidate.clone()).expect("it is good");
	check(view);
	introduced.membership
}

/// The set of paths of a tree.
pub(crate) fn paths(tree: &FragmentTree) -> Vec<Vec<CandidateHash>> {
	let mut paths: Vec<Vec<CandidateHash>> = Vec::new();
	for node in tree.nodes() {
		let mut path = node
			.parent
			.map_or(Vec::new(), |parent| paths[parent.position()].clone());
		path.push(node.candidate.hash());
		paths.push(path);
	}
	paths.sort();
	paths
}

/// Whether a tree has no room for one more node of some candidate. Which of its nodes it holds then depends on the order
/// in which they came.
fn is_full(tree: &FragmentTree) -> bool {
	let mut nodes = BTreeMap::<_, u32>::new();
	for node in tree.nodes() {
		*nodes.entry(node.candidate.hash()).or_default() += 1;
	}
	let limits = tree.limits();
	assert!(
		nodes
			.values()
			.all(|count| *count <= limits.max_nodes_per_candidate),
		"R-TRE-11"
	);
	assert!(nodes.values().sum::<u32>() <= limits.max_nodes, "R-TRE-11");
	nodes
		.values()
		.any(|count| *count == limits.max_nodes_per_candidate)
		|| nodes.values().sum::<u32>() == limits.max_nodes
}

/// What a view promises about itself, unless a limit was reached.
pub(crate) fn check(view: &View) {
	for (leaf, at) in &view.leaves {
		for (para, tree) in &at.trees {
			let storage = &view.paras[para].storage;
			let (rebuilt, _) = FragmentTree::populate(tree.scope().clone(), tree.limits(), storage);
			if is_full(tree) || is_full(&rebuilt) {
				continue;
			}
			assert_eq!(
				paths(tree),
				paths(&rebuilt),
				"R-TRE-5, R-FRG-15: tree of {para} at {leaf}"
			);
			let best = |tree: &FragmentTree| {
				tree.select_children(&[], usize::MAX)
					.map(Candidate::hash)
					.collect::<Vec<_>>()
			};
			assert_eq!(best(tree), best(&rebuilt), "R-SEL-3: trees know what is backed");
			context::check(view, tree);
		}
	}
	for (para_id, para) in &view.paras {
		let trees: Vec<_> = view
			.leaves
			.values()
			.filter_map(|leaf| leaf.trees.get(para_id))
			.collect();
		assert!(!trees.is_empty(), "R-VIE-4: para {para_id} is scheduled nowhere");
		let loose: Vec<_> = para
			.storage
			.iter()
			.filter(|stored| {
				let hash = stored.candidate().hash();
				let held = trees.iter().any(|tree| tree.contains(hash));
				assert_eq!(stored.is_in_tree(), held, "R-VIE-4: {hash}");
				!held && !trees.iter().any(|tree| tree.scope().is_pending(hash))
			})
			.map(|stored| stored.candidate().hash())
			.collect();
		assert_eq!(para.waiting().collect::<Vec<_>>(), loose, "R-TRE-14");
	}
}
