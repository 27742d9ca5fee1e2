//! A node and the relay chain that it follows, as a few events have made them.
//!
//! A world is not copied: a view counts who holds its candidates, and a copy would count too. Whoever wants one again does
//! again what made it.

use crate::{
	node::{AtLeaf, Made},
	relay::{empty, BlockId, Relay},
	shape::{Member, Shape},
};
use async_backing_primitives::{
	CandidateCommitments, CandidateDescriptor, CommittedCandidateReceipt, CoreIndex, DescriptorFields, Hash,
	HeadData, ParaId, ParachainsInherentData, PersistedValidationData, UncheckedSignedAvailabilityBitfield,
};
use async_backing_prospective_parachains::{Candidate, View, ViewConfig};
use codec::Encode as _;
use std::{
	collections::{BTreeSet, HashMap},
	ops::Deref,
	rc::Rc,
	sync::Arc,
};

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
	/// A candidate, on this relay parent, is introduced to the node.
	Arrives { member: usize, on: BlockId },
	/// It has its quorum.
	IsBacked { member: usize },
	/// A relay block is made and becomes a leaf. Its parent is one no more.
	Block {
		on: BlockId,
		/// Which cores are attested, a bit each.
		attested: u8,
		/// Whether its author offers what this node would, or nothing.
		offers: bool,
	},
}

/// What came of an event.
pub(crate) enum Outcome {
	/// The world is another.
	Changed,
	/// It is the same.
	Same,
	/// It is the same, because the node refuses a candidate.
	Refused(Rc<Crafted>),
}

/// What does not change from event to event.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
	pub(crate) shape: Shape,
	/// Whose the two cores are.
	pub(crate) paras: [ParaId; 2],
	/// Heads that are included at first.
	pub(crate) heads: [HeadData; 2],
	pub(crate) base: BlockId,
	/// Relay blocks that are made at most.
	pub(crate) blocks: usize,
}

/// A candidate as it was made, and as views take it: hashed once, however many worlds introduce it.
#[derive(Debug)]
pub(crate) struct Crafted {
	pub(crate) made: Made,
	pub(crate) candidate: Arc<Candidate>,
}

impl Deref for Crafted {
	type Target = Made;

	fn deref(&self) -> &Made {
		&self.made
	}
}

/// Candidates by head and relay parent.
pub(crate) type Workshop = HashMap<(Vec<u8>, BlockId), Rc<Crafted>>;

/// What the events have made.
pub(crate) struct World {
	pub(crate) view: View,
	/// Relay blocks, in the order in which they came.
	pub(crate) blocks: Vec<BlockId>,
	/// Those of them that are leaves, ascending.
	pub(crate) leaves: BTreeSet<BlockId>,
	/// Candidates that the node has, each with whether it is backed.
	pub(crate) candidates: Vec<Option<(Rc<Crafted>, bool)>>,
}

impl Setting {
	fn para(&self, member: &Member) -> ParaId {
		self.paras[usize::from(member.core)]
	}

	/// The same for every shape in which it has the same ancestors: so that worlds share candidates, and blocks.
	fn head(&self, member: usize) -> Vec<u8> {
		let Member { parent, core, rival } = self.shape[member];
		let mut head = parent.map_or_else(
			|| self.heads[usize::from(core)].0.clone(),
			|parent| self.head(parent),
		);
		head.extend([core, rival]);
		head
	}

	fn make(&self, member: usize, at_leaf: &AtLeaf, on: Hash) -> Option<Made> {
		let place = &self.shape[member];
		let para = self.para(place);
		let relay_parent = *at_leaf.facts.relay_parent(on)?;
		let parent_head = HeadData(place.parent.map_or_else(
			|| self.heads[usize::from(place.core)].0.clone(),
			|parent| self.head(parent),
		));
		let constraints = &at_leaf.facts.paras.get(&para)?.backing_state.constraints;
		let validation_data = PersistedValidationData {
			parent_head,
			relay_parent_number: relay_parent.number,
			relay_parent_storage_root: relay_parent.storage_root,
			max_pov_size: constraints.max_pov_size,
		};
		// The message that waits for the first para is for the first block of each of its chains (R-DMP-2).
		let is_first = place.parent.is_none() && para == self.paras[0];
		let commitments = CandidateCommitments {
			head_data: HeadData(self.head(member)),
			processed_downward_messages: is_first.into(),
			hrmp_watermark: relay_parent.number,
			..CandidateCommitments::default()
		};
		let descriptor = CandidateDescriptor::v2(DescriptorFields {
			para_id: para,
			relay_parent: relay_parent.hash,
			core_index: place.core.into(),
			session_index: at_leaf.facts.session_index,
			persisted_validation_data_hash: validation_data.hash(),
			para_head: commitments.head_data.hash(),
			validation_code_hash: constraints.validation_code_hash,
			..DescriptorFields::default()
		});
		let receipt = CommittedCandidateReceipt {
			descriptor,
			commitments,
		};
		Some(at_leaf.voted(
			receipt,
			validation_data,
			relay_parent,
			CoreIndex(place.core.into()),
			0,
		))
	}
}

impl World {
	/// Before anything happens: the base is the only leaf.
	pub(crate) fn new(setting: &Setting, relay: &Relay) -> Self {
		let mut view = View::new(ViewConfig::default());
		let base = relay.block(setting.base);
		let update = view.update_leaves(core::slice::from_ref(&base.at_leaf.facts), &[]);
		assert_eq!(update.diagnostics, [], "the answers of the runtime fit together");
		Self {
			view,
			blocks: vec![setting.base],
			leaves: BTreeSet::from([setting.base]),
			candidates: vec![None; setting.shape.len()],
		}
	}

	/// What may happen next. Some of it changes nothing.
	pub(crate) fn events(&self, setting: &Setting, relay: &Relay) -> Vec<Event> {
		let mut events = Vec::new();
		for (member, candidate) in self.candidates.iter().enumerate() {
			match candidate {
				None => events.extend(
					self.blocks
						.iter()
						.filter(|on| self.in_scope(**on, relay).is_some())
						.map(|on| Event::Arrives { member, on: *on }),
				),
				Some((_, false)) => events.push(Event::IsBacked { member }),
				Some((_, true)) => {}
			}
		}
		if self.blocks.len() <= setting.blocks {
			for on in &self.blocks {
				for attested in attestations(&relay.block(*on).at_leaf) {
					for offers in [true, false] {
						events.push(Event::Block {
							on: *on,
							attested,
							offers,
						});
					}
				}
			}
		}
		events
	}

	/// A leaf at which a block is a legal relay parent.
	fn in_scope(&self, block: BlockId, relay: &Relay) -> Option<BlockId> {
		let hash = relay.block(block).at_leaf.facts.block.hash;
		self.leaves
			.iter()
			.copied()
			.find(|leaf| relay.block(*leaf).at_leaf.facts.relay_parent(hash).is_some())
	}

	/// Lets it happen.
	pub(crate) fn apply(
		&mut self,
		event: Event,
		setting: &Setting,
		relay: &mut Relay,
		workshop: &mut Workshop,
	) -> Outcome {
		match event {
			Event::Arrives { member, on } => {
				let Some(leaf) = self.in_scope(on, relay) else {
					return Outcome::Same;
				};
				let made = workshop.entry((setting.head(member), on)).or_insert_with(|| {
					let (leaf, on) = (relay.block(leaf), relay.block(on));
					let made = setting.make(member, &leaf.at_leaf, on.at_leaf.facts.block.hash);
					let made = made.expect("its para is scheduled at the leaf, its relay parent in scope");
					assert!(made.is_backable, "validators of its group vote for it");
					let receipt = made.backed.candidate.clone();
					let candidate = Candidate::new(receipt, made.validation_data.clone(), false);
					let candidate = Arc::new(candidate.expect("it is sound by itself"));
					Rc::new(Crafted { made, candidate })
				});
				match self.view.introduce_checked(made.candidate.clone()) {
					Ok(_) => {
						self.candidates[member] = Some((Rc::clone(made), false));
						Outcome::Changed
					}
					Err(_) => Outcome::Refused(Rc::clone(made)),
				}
			}
			Event::IsBacked { member } => {
				let Some((made, is_backed)) = &mut self.candidates[member] else {
					return Outcome::Same;
				};
				self.view
					.note_backed(made.para(), made.hash())
					.expect("the view has it");
				*is_backed = true;
				Outcome::Changed
			}
			Event::Block { on, attested, offers } => {
				if self.add_block(on, attested, offers, relay) {
					Outcome::Changed
				} else {
					Outcome::Same
				}
			}
		}
	}

	fn add_block(&mut self, on: BlockId, attested: u8, offers: bool, relay: &mut Relay) -> bool {
		let parent = relay.block(on);
		let bitfields = relay.bitfields(on, attested).to_vec();
		let data = if offers {
			self.proposal(on, bitfields, relay)
		} else {
			ParachainsInherentData {
				bitfields,
				..empty(&parent.header)
			}
		};
		if offers && data.backed_candidates.is_empty() {
			// Then its author may as well know nothing.
			return false;
		}
		let child = relay.child(on, &data);
		if self.blocks.contains(&child) {
			return false;
		}
		let facts = &relay.block(child).at_leaf.facts;
		let gone: Vec<_> = self
			.leaves
			.contains(&on)
			.then_some(parent.at_leaf.facts.block.hash)
			.into_iter()
			.collect();
		let update = self.view.update_leaves(core::slice::from_ref(facts), &gone);
		assert_eq!(update.diagnostics, [], "the answers of the runtime fit together");
		self.blocks.push(child);
		self.leaves.remove(&on);
		self.leaves.insert(child);
		for candidate in &mut self.candidates {
			let is_gone =
				|(made, _): &(Rc<Crafted>, bool)| self.view.candidate(made.para(), made.hash()).is_none();
			if candidate.as_ref().is_some_and(is_gone) {
				*candidate = None;
			}
		}
		true
	}

	/// Candidates that the node has.
	pub(crate) fn made(&self) -> Vec<&Made> {
		self.candidates
			.iter()
			.flatten()
			.map(|(made, _)| &made.made)
			.collect()
	}

	/// What this node offers for the child of a block: nothing where that is no leaf.
	pub(crate) fn proposal(
		&self,
		on: BlockId,
		bitfields: Vec<UncheckedSignedAvailabilityBitfield>,
		relay: &Relay,
	) -> ParachainsInherentData {
		let block = relay.block(on);
		let proposal = block
			.at_leaf
			.propose_from(&self.view, block.slot + 1, &self.made(), bitfields);
		proposal.into_inherent_data(block.header.clone(), Vec::new())
	}

	/// What the node knows and where it stands: the same for worlds from which the same follows.
	pub(crate) fn fingerprint(&self, setting: &Setting, relay: &Relay) -> [u8; 16] {
		let known = |candidate: &Option<(Rc<Crafted>, bool)>| {
			candidate
				.as_ref()
				.map(|(made, is_backed)| (made.hash().0, *is_backed))
		};
		let candidates: Vec<_> = self.candidates.iter().map(known).collect();
		(candidates, self.content(setting, relay)).using_encoded(sp_io::hashing::blake2_128)
	}

	/// What the node knows, whichever member of the shape is which, and whatever the blocks are called: the same for worlds in
	/// which the same is to be checked, those of other shapes included.
	pub(crate) fn content(&self, setting: &Setting, relay: &Relay) -> [u8; 16] {
		let hash = |block: &BlockId| relay.block(*block).at_leaf.facts.block.hash;
		let blocks: BTreeSet<_> = self.blocks.iter().map(hash).collect();
		let leaves: BTreeSet<_> = self.leaves.iter().map(hash).collect();
		let known = self.candidates.iter().flatten();
		let candidates: BTreeSet<_> = known
			.map(|(made, is_backed)| (made.hash().0, *is_backed))
			.collect();
		let mut bytes = (blocks, &leaves, candidates).encode();
		for leaf in leaves {
			for (para, tree) in self.view.trees_at(leaf) {
				para.encode_to(&mut bytes);
				// In the order of the tree, of which the order of what joins later can depend.
				for node in tree.nodes() {
					let parent = node.parent.map(|parent| parent.position() as u32);
					(parent, node.candidate.hash().0, node.is_backed, node.is_pending).encode_to(&mut bytes);
				}
			}
		}
		for para in BTreeSet::from(setting.paras) {
			let waiting: Vec<_> = self.view.waiting(para).map(|candidate| candidate.0).collect();
			(waiting, self.view.candidate_count(para) as u32).encode_to(&mut bytes);
		}
		sp_io::hashing::blake2_128(&bytes)
	}
}

/// Every choice of cores that may be attested at a leaf: of those that are occupied.
pub(crate) fn attestations(at_leaf: &AtLeaf) -> Vec<u8> {
	let occupied: u8 = at_leaf.occupants().iter().map(|(core, _)| 1 << core).sum();
	(0..4_u8).filter(|attested| attested & !occupied == 0).collect()
}
