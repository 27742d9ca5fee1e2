//! What a node makes of the answers in the state of a block: candidates, votes, and what the child shall carry.
//!
//! Everything here is asked in the state of the leaf, before its child begins, and from then on decided by the node-side
//! cores on what was asked.

use crate::{
	chain::{code, sign, KEYS},
	plan::{CandidatePlan, PARAS},
};
use async_backing_primitives::{
	check_core_choice, check_intrinsic,
	ports::UpwardQueues as _,
	runtime_api::{
		runtime_decl_for_async_backing_api::AsyncBackingApiV1,
		runtime_decl_for_parachain_host::ParachainHostV16,
	},
	AvailabilityBitfield, BackedCandidate, BackingBits, CandidateCommitments, CandidateDescriptor,
	CandidateHash, ClaimQueue, ClaimQueueOffset, CommittedCandidateReceipt, CompactStatement, CoreIndex,
	CoreSelector, CoreState, DescriptorFields, Hash, HeadData, LeafFacts, OutboundHrmpMessage, ParaAtLeaf,
	ParaId, ParachainsInherentData, PersistedValidationData, RelayChainBlockInfo, SessionIndex,
	SigningContext, Slot, UmpSignal, UncheckedSigned, UncheckedSignedAvailabilityBitfield, ValidatorIndex,
	ValidityAttestation,
};
use async_backing_prospective_parachains::{View, ViewConfig};
use async_backing_provisioner::{provision, BackableSource, Proposal, SharedBackedCandidate};
use async_backing_relay_runtime::{Block, Runtime, Ump};
use codec::{Decode, Encode};
use sp_core::Pair as _;
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
};

/// A relay block as a node remembers it.
#[derive(Clone, Debug)]
struct Known {
	info: RelayChainBlockInfo,
	session_of_child: SessionIndex,
	claim_queue: ClaimQueue,
}

/// What a node knows of the chain.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
	blocks: Vec<Known>,
}

/// A leaf, and what a node knows there.
#[derive(Clone, Debug)]
pub(crate) struct AtLeaf {
	pub(crate) facts: LeafFacts,
	/// Claim queues of the relay parents in scope.
	claim_queues: BTreeMap<Hash, ClaimQueue>,
	/// Paras whose upward messages wait. The child processes some before its inherent.
	upward_waiting: BTreeSet<ParaId>,
}

/// A candidate with the votes of its group.
#[derive(Clone, Debug)]
pub(crate) struct Made {
	pub(crate) backed: BackedCandidate,
	pub(crate) validation_data: PersistedValidationData,
	/// Whether validators of this node's kind vote for it: it is admitted at its relay parent, and has its quorum.
	pub(crate) is_backable: bool,
	hash: CandidateHash,
}

impl Made {
	pub(crate) fn hash(&self) -> CandidateHash {
		self.hash
	}

	pub(crate) fn para(&self) -> ParaId {
		self.backed.candidate.descriptor.para_id()
	}
}

impl Node {
	/// Asks the runtime in the state of `leaf`, which is the state at hand.
	pub(crate) fn learn(&mut self, leaf: RelayChainBlockInfo, slot: Slot) -> AtLeaf {
		let session_index = <Runtime as ParachainHostV16<Block>>::session_index_for_child();
		let claim_queue = <Runtime as ParachainHostV16<Block>>::claim_queue();
		self.blocks.push(Known {
			info: leaf,
			session_of_child: session_index,
			claim_queue: claim_queue.clone(),
		});
		let params = <Runtime as ParachainHostV16<Block>>::async_backing_params();
		let ancestors: Vec<_> = self
			.blocks
			.iter()
			.rev()
			.skip(1)
			.take(params.allowed_ancestry_len as usize)
			.take_while(|block| block.session_of_child == session_index)
			.cloned()
			.collect();
		let cores = <Runtime as ParachainHostV16<Block>>::availability_cores();
		let (groups, rotation) = <Runtime as ParachainHostV16<Block>>::validator_groups();
		let mut paras = BTreeMap::new();
		for para in scheduled(&claim_queue, &cores) {
			if let Some(backing_state) = <Runtime as ParachainHostV16<Block>>::para_backing_state(para) {
				let extension = <Runtime as AsyncBackingApiV1<Block>>::constraints_extension(para);
				paras.insert(
					para,
					ParaAtLeaf {
						backing_state,
						extension,
					},
				);
			}
		}
		let pending_relay_parents = paras
			.values()
			.flat_map(|para| &para.backing_state.pending_availability)
			.filter_map(|pending| {
				let hash = pending.descriptor.relay_parent();
				let known = self.blocks.iter().find(|block| block.info.hash == hash)?;
				Some((hash, known.info))
			})
			.collect();
		let ancestor_claim_queues: BTreeMap<_, _> = ancestors
			.iter()
			.map(|block| (block.info.hash, block.claim_queue.clone()))
			.collect();
		let mut claim_queues = ancestor_claim_queues.clone();
		claim_queues.insert(leaf.hash, claim_queue.clone());
		let facts = LeafFacts {
			block: leaf,
			parent_hash: Default::default(),
			slot,
			session_index,
			session_ends_from_slot: <Runtime as AsyncBackingApiV1<Block>>::session_ends_from_slot(),
			params,
			ancestors: ancestors.iter().map(|block| block.info).collect(),
			validators: <Runtime as ParachainHostV16<Block>>::validators(),
			groups,
			rotation,
			minimum_backing_votes: <Runtime as ParachainHostV16<Block>>::minimum_backing_votes(),
			disabled: <Runtime as ParachainHostV16<Block>>::disabled_validators(),
			cores,
			claim_queue,
			ancestor_claim_queues,
			paras,
			pending_relay_parents,
			codes_to_check: Vec::new(),
			node_features: Default::default(),
			grid: None,
			events: Vec::new(),
		};
		AtLeaf {
			facts,
			claim_queues,
			upward_waiting: PARAS
				.into_iter()
				.filter(|para| Ump::size(*para).count > 0)
				.collect(),
		}
	}
}

/// Paras that appear in a claim queue or occupy a core (R-VIE-1).
fn scheduled(claim_queue: &ClaimQueue, cores: &[CoreState]) -> BTreeSet<ParaId> {
	let claimed = claim_queue.values().flatten().copied();
	let on_cores = cores.iter().filter_map(|core| match core {
		CoreState::Occupied(occupied) => Some(occupied.candidate_descriptor.para_id()),
		CoreState::Scheduled(scheduled) => Some(scheduled.para_id),
		CoreState::Free => None,
	});
	claimed.chain(on_cores).collect()
}

impl AtLeaf {
	/// What cores are for, as nodes were told at a relay parent in scope.
	#[allow(dead_code)] // whoever compares with other pallets asks for it
	pub(crate) fn claim_queue(&self, relay_parent: Hash) -> Option<&ClaimQueue> {
		self.claim_queues.get(&relay_parent)
	}

	/// Whether a candidate may fit because messages of its para are processed that a node saw waiting (R-BASE-5).
	pub(crate) fn profits_from_service(&self, candidate: &Made) -> bool {
		let upward = &candidate.backed.candidate.commitments.upward_messages;
		!upward.is_empty() && self.upward_waiting.contains(&candidate.para())
	}

	/// Whether a candidate that waits is dropped by the child because its time is over (R-TMO-2), and could be taken anew. No
	/// node offers it: whoever waits is not chosen (R-SEL-2).
	pub(crate) fn drops(&self, candidate: CandidateHash) -> bool {
		let building = self.facts.block.number + 1;
		let is_over = |waiting: CandidateHash| {
			self.facts.cores.iter().any(|core| match core {
				CoreState::Occupied(occupied) => {
					occupied.candidate_hash == waiting && occupied.time_out_at <= building
				}
				CoreState::Scheduled(_) | CoreState::Free => false,
			})
		};
		self.facts.paras.values().any(|para| {
			let pending = &para.backing_state.pending_availability;
			let position = pending
				.iter()
				.position(|pending| pending.candidate_hash == candidate);
			// The first one takes all later ones with it (R-TMO-5).
			position.is_some_and(|position| {
				pending[..=position]
					.iter()
					.any(|pending| is_over(pending.candidate_hash))
			})
		})
	}

	/// The candidates of a block, as collators make them and validators vote for them.
	pub(crate) fn make(&self, plans: &[CandidatePlan], salt: u32) -> Vec<Made> {
		let mut made: Vec<Made> = Vec::new();
		for (position, plan) in plans.iter().enumerate() {
			let salt = salt.wrapping_mul(31).wrapping_add(position as u32);
			if let Some(candidate) = self.make_one(plan, &made, salt) {
				made.push(candidate);
			}
		}
		made
	}

	fn make_one(&self, plan: &CandidatePlan, earlier: &[Made], salt: u32) -> Option<Made> {
		let facts = &self.facts;
		let para = PARAS[plan.para];
		let state = &facts.paras.get(&para)?.backing_state;
		let constraints = &state.constraints;
		let relay_parent = *facts.relay_parents().nth(plan.age)?;
		let previous = earlier
			.iter()
			.rev()
			.find(|made| plan.on_previous && made.para() == para)
			.map(|made| &made.backed.candidate.commitments);
		let tip = previous.or(state
			.pending_availability
			.last()
			.map(|pending| &pending.commitments));
		let parent_head = tip
			.map_or(&constraints.required_parent, |tip| &tip.head_data)
			.clone();
		let consumed: u32 = state
			.pending_availability
			.iter()
			.map(|pending| &pending.commitments)
			.chain(previous)
			.map(|commitments| commitments.processed_downward_messages)
			.sum();
		let waiting = constraints
			.dmp_remaining_messages
			.iter()
			.skip(consumed as usize)
			.filter(|sent_at| **sent_at <= relay_parent.number)
			.count() as u32;
		let claims = self.claim_queues.get(&relay_parent.hash)?;
		let assigned: Vec<_> = claims
			.iter()
			.filter(|(_, claims)| claims.front() == Some(&para))
			.map(|(core, _)| core.0 as u16)
			.collect();
		let core = assigned.get(plan.core).copied().unwrap_or(plan.core as u16 % 5);
		let mut upward_messages: Vec<_> = plan.upward.iter().map(|bytes| vec![1; *bytes]).collect();
		if let Some((selector, offset)) = plan.selects {
			let signal = UmpSignal::SelectCore(CoreSelector(selector), ClaimQueueOffset(offset));
			upward_messages.extend([Vec::new(), signal.encode()]);
		}
		let mut horizontal_messages: Vec<_> = plan
			.horizontal
			.iter()
			.map(|(recipient, bytes)| OutboundHrmpMessage {
				recipient: constraints
					.hrmp_channels_out
					.get(*recipient)
					.map_or(PARAS[*recipient % PARAS.len()], |(recipient, _)| *recipient),
				data: vec![2; *bytes],
			})
			.collect();
		horizontal_messages.sort_by_key(|message| message.recipient);
		let watermarks = &constraints.hrmp_inbound.valid_watermarks;
		let listed = plan.watermark.and_then(|position| watermarks.get(position));
		let mut head = salt.encode();
		head.resize(plan.head_bytes, 7);
		let commitments = CandidateCommitments {
			upward_messages,
			horizontal_messages,
			new_validation_code: plan.code.map(code),
			head_data: HeadData(head),
			processed_downward_messages: plan.more_downward + if plan.is_diligent { waiting } else { 0 },
			hrmp_watermark: listed.copied().unwrap_or(relay_parent.number),
		};
		let validation_data = PersistedValidationData {
			parent_head,
			relay_parent_number: relay_parent.number,
			relay_parent_storage_root: relay_parent.storage_root,
			max_pov_size: constraints.max_pov_size,
		};
		let descriptor = CandidateDescriptor::v2(DescriptorFields {
			para_id: para,
			relay_parent: relay_parent.hash,
			core_index: core,
			session_index: facts.session_index,
			persisted_validation_data_hash: validation_data.hash(),
			pov_hash: Hash::from_low_u64_be(salt.into()),
			para_head: commitments.head_data.hash(),
			validation_code_hash: constraints.validation_code_hash,
			..Default::default()
		});
		let descriptor = if plan.is_version_1 {
			version_1(&descriptor)
		} else {
			descriptor
		};
		let receipt = CommittedCandidateReceipt {
			descriptor,
			commitments,
		};
		Some(self.voted(
			receipt,
			validation_data,
			relay_parent,
			CoreIndex(core.into()),
			plan.missing_votes,
		))
	}

	/// A candidate with the votes of its core's group but for the first few, and for those that are disabled at the leaf
	/// (R-BAK-14).
	pub(crate) fn voted(
		&self,
		receipt: CommittedCandidateReceipt,
		validation_data: PersistedValidationData,
		relay_parent: RelayChainBlockInfo,
		core: CoreIndex,
		missing: usize,
	) -> Made {
		let votes = |position, validator| position >= missing && !self.facts.disabled.contains(&validator);
		let (backed, is_backable) = self.vote(receipt, relay_parent, core, votes);
		let is_admitted = self.admits(&backed, &validation_data, core);
		Made {
			hash: backed.hash(),
			backed,
			validation_data,
			is_backable: is_backable && is_admitted,
		}
	}

	/// The same candidate with the votes of the whole group, those of disabled validators included. No node counts these
	/// (R-BAK-14). `None` if nobody in the group is disabled.
	#[allow(dead_code)] // `agreement` of the runtime tests makes wrong candidates of it
	pub(crate) fn voted_by_all(&self, made: &Made) -> Option<Made> {
		let receipt = made.backed.candidate.clone();
		let relay_parent = *self.facts.relay_parent(receipt.descriptor.relay_parent())?;
		let core = made.backed.core().ok()?;
		let (counted, _) = self.vote(receipt.clone(), relay_parent, core, |_, validator| {
			!self.facts.disabled.contains(&validator)
		});
		let (backed, _) = self.vote(receipt, relay_parent, core, |_, _| true);
		// Who votes says all: signatures follow from it.
		(backed.validator_indices != counted.validator_indices).then(|| Made {
			backed,
			is_backable: false,
			..made.clone()
		})
	}

	/// Whether validators of the core's group second it: what is checked at its relay parent (R-FRG-16, R-UMP-5).
	fn admits(
		&self,
		backed: &BackedCandidate,
		validation_data: &PersistedValidationData,
		core: CoreIndex,
	) -> bool {
		let (descriptor, commitments) = (&backed.candidate.descriptor, &backed.candidate.commitments);
		let Ok(intrinsic) = check_intrinsic(descriptor, commitments, None, Some(validation_data), false)
		else {
			return false;
		};
		let claims = self.claim_queues.get(&descriptor.relay_parent());
		claims.is_some_and(|claims| {
			check_core_choice(claims, descriptor.para_id(), core, intrinsic.signals.select_core).is_ok()
		}) && descriptor
			.check_scheduling_session(self.facts.session_index)
			.is_ok()
	}

	/// The votes of those of the core's group who vote, by position in it and name. Tells whether they are enough.
	fn vote(
		&self,
		candidate: CommittedCandidateReceipt,
		relay_parent: RelayChainBlockInfo,
		core: CoreIndex,
		votes: impl Fn(usize, ValidatorIndex) -> bool,
	) -> (BackedCandidate, bool) {
		let facts = &self.facts;
		let group = facts
			.rotation
			.at(relay_parent.number + 1)
			.group_for_core(core, facts.groups.len())
			.and_then(|group| facts.groups.get(group.as_usize()))
			.cloned()
			.unwrap_or_default();
		let hash = candidate.hash();
		let context = SigningContext {
			session_index: facts.session_index,
			parent_hash: relay_parent.hash,
		};
		let payload = CompactStatement::Valid(hash).signing_payload(&context);
		let bits: BackingBits = group
			.iter()
			.enumerate()
			.map(|(position, member)| votes(position, *member))
			.collect();
		let voters: Vec<_> = bits.iter_ones().map(|position| group[position]).collect();
		let validity_votes: Vec<_> = voters
			.iter()
			.map(|voter| ValidityAttestation::Explicit(self.sign(*voter, &payload)))
			.collect();
		let needed = (facts.minimum_backing_votes as usize).min(group.len()).max(1);
		let is_enough = validity_votes.len() >= needed;
		let backed = BackedCandidate::new(candidate, validity_votes, bits, core).expect("cores are few");
		(backed, is_enough)
	}

	fn sign(
		&self,
		validator: ValidatorIndex,
		payload: &[u8],
	) -> async_backing_primitives::ValidatorSignature {
		let public = &self.facts.validators[validator.as_usize()];
		let key = KEYS
			.iter()
			.find(|key| key.public() == *public)
			.expect("all keys are known");
		sign(key, payload)
	}

	/// What so many validators attest: whatever is pending.
	pub(crate) fn bitfields(&self, count: usize) -> Vec<UncheckedSignedAvailabilityBitfield> {
		self.attest(count, |_| true)
	}

	/// Candidates that occupy cores, by core.
	#[allow(dead_code)] // `small_worlds` asks for it
	pub(crate) fn occupants(&self) -> Vec<(usize, CandidateHash)> {
		let occupied = |(core, state): (usize, &CoreState)| match state {
			CoreState::Occupied(occupied) => Some((core, occupied.candidate_hash)),
			CoreState::Scheduled(_) | CoreState::Free => None,
		};
		self.facts.cores.iter().enumerate().filter_map(occupied).collect()
	}

	/// What so many validators attest, of what is pending.
	pub(crate) fn attest(
		&self,
		count: usize,
		has: impl Fn(CandidateHash) -> bool,
	) -> Vec<UncheckedSignedAvailabilityBitfield> {
		let attested = |core: &CoreState| match core {
			CoreState::Occupied(occupied) => has(occupied.candidate_hash),
			CoreState::Scheduled(_) | CoreState::Free => false,
		};
		let payload = AvailabilityBitfield(self.facts.cores.iter().map(attested).collect());
		let bytes = payload.signing_payload(&self.facts.signing_context(self.facts.block.hash));
		(0..count.min(self.facts.validators.len()) as u32)
			.map(ValidatorIndex)
			.map(|validator_index| UncheckedSigned {
				payload: payload.clone(),
				validator_index,
				signature: self.sign(validator_index, &bytes),
			})
			.collect()
	}

	/// What an author offers who knows these candidates, for a child in this slot.
	pub(crate) fn propose(
		&self,
		slot: Slot,
		made: &[&Made],
		bitfields: Vec<UncheckedSignedAvailabilityBitfield>,
	) -> Proposal {
		let mut view = View::new(ViewConfig::default());
		let update = view.update_leaves(core::slice::from_ref(&self.facts), &[]);
		assert_eq!(update.diagnostics, [], "the answers of the runtime fit together");
		for candidate in made {
			let introduced = view.introduce(
				candidate.backed.candidate.clone(),
				candidate.validation_data.clone(),
			);
			if introduced.is_ok() && candidate.is_backable {
				view.note_backed(candidate.para(), candidate.hash())
					.expect("it was introduced");
			}
		}
		self.propose_from(&view, slot, made, bitfields)
	}

	/// The same of a view that has the leaf and the candidates.
	pub(crate) fn propose_from(
		&self,
		view: &View,
		slot: Slot,
		made: &[&Made],
		bitfields: Vec<UncheckedSignedAvailabilityBitfield>,
	) -> Proposal {
		let mut source = Source {
			view,
			leaf: self.facts.block.hash,
			made,
		};
		let bitfields = bitfields.into_iter().map(Arc::new).collect();
		provision(&self.facts, slot, bitfields, &mut source)
	}
}

struct Source<'a> {
	view: &'a View,
	leaf: Hash,
	made: &'a [&'a Made],
}

impl BackableSource for Source<'_> {
	fn backable(&mut self, para: ParaId, path: &[CandidateHash], count: usize) -> Vec<(CandidateHash, Hash)> {
		self.view
			.get_backable(self.leaf, para, path, count)
			.into_iter()
			.map(|backable| (backable.candidate_hash, backable.scheduling_parent))
			.collect()
	}

	fn backed(&mut self, _: Hash, candidate: CandidateHash) -> Option<SharedBackedCandidate> {
		let made = self.made.iter().find(|made| made.hash() == candidate)?;
		Some(made.backed.clone().into())
	}
}

/// The same candidate in version 1: whose collator and signature are not zero.
fn version_1(descriptor: &CandidateDescriptor) -> CandidateDescriptor {
	let mut bytes = descriptor.encode();
	bytes[36..68].fill(1);
	bytes[164..228].fill(1);
	CandidateDescriptor::decode(&mut &bytes[..]).expect("it has its length")
}

/// An inherent that carries this and nothing else.
pub(crate) fn inherent(
	header: &async_backing_primitives::Header,
	backed_candidates: Vec<BackedCandidate>,
) -> ParachainsInherentData {
	ParachainsInherentData {
		bitfields: Vec::new(),
		backed_candidates,
		disputes: Vec::new(),
		parent_header: header.clone(),
	}
}
