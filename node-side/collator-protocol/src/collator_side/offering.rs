//! Who shall hear of a collation (R-NET-73, R-NET-74, R-NET-78).

use super::*;
use async_backing_primitives::{CoreIndex, DescriptorVersion, ParaId, ValidatorId};
use async_backing_wire::{AdvertisementV2, AdvertisementV3};

impl CollatorSide {
	/// Offers a collation, to everybody who shall hear of it, now or later.
	///
	/// # Errors
	/// [`OfferError`] says why not. Nothing is kept of it.
	pub fn offer(
		&mut self,
		collation: Collation,
		chain: &ChainView,
		out: &mut Out,
	) -> Result<(), OfferError> {
		let descriptor = &collation.receipt.descriptor;
		let (expected, got) = (self.config.para(), descriptor.para_id());
		if expected != got {
			return Err(OfferError::OtherPara { expected, got });
		}
		let (candidate, core) = (collation.receipt.hash(), collation.core);
		if self.collations.contains_key(&candidate) {
			return Err(OfferError::Known(candidate));
		}
		let scheduling_parent = descriptor.scheduling_parent();
		if !chain.is_in_scope(scheduling_parent) {
			return Err(OfferError::OutOfScope(scheduling_parent));
		}
		if let Some(named) = descriptor.core_index().filter(|named| *named != core) {
			return Err(OfferError::OtherCore { named, got: core });
		}
		let claims = claims(chain, scheduling_parent, core, expected);
		if claims == 0 {
			return Err(OfferError::NoClaim {
				para: expected,
				core,
				scheduling_parent,
			});
		}
		let same = self
			.collations
			.values()
			.filter(|other| (other.scheduling_parent, other.collation.core) == (scheduling_parent, core));
		let same = same.count();
		if same >= claims {
			return Err(OfferError::TooMany(same));
		}
		if self.collations.len() >= MAX_COLLATIONS {
			return Err(OfferError::Full(self.collations.len()));
		}
		let offered = Offered {
			collation,
			scheduling_parent,
			sequence: self.sequence,
			told: BTreeSet::new(),
			served: BTreeMap::new(),
			seconded: BTreeSet::new(),
		};
		self.sequence = self.sequence.wrapping_add(1);
		self.collations.insert(candidate, offered);
		self.advertise_all(chain, out);
		Ok(())
	}

	/// Tells of every collation whoever shall hear of it and has not, oldest first. Cost: collations times members of a group,
	/// times heads of a view and blocks that are remembered.
	pub(super) fn advertise_all(&mut self, chain: &ChainView, out: &mut Out) {
		let mut order: Vec<_> = self
			.collations
			.iter()
			.map(|(hash, it)| (it.sequence, *hash))
			.collect();
		order.sort_unstable();
		let validators = &self.validators;
		for (_, candidate) in order {
			let Some(offered) = self.collations.get_mut(&candidate) else {
				continue;
			};
			let parent = offered.scheduling_parent;
			let group = chain
				.group_for_core(parent, offered.collation.core)
				.unwrap_or_default();
			for peer in group.iter().flat_map(|member| chain.peers_of(parent, *member)) {
				let Some(validator) = validators.get(&peer).filter(|known| known.is_declared) else {
					continue;
				};
				if offered.told.contains(&peer) || !sees(&validator.view, parent, chain) {
					continue;
				}
				let Some(message) = advertisement(candidate, offered, validator.version) else {
					continue;
				};
				if out.notify(Recipients::Peer(peer), message) {
					offered.told.insert(peer);
				}
			}
		}
	}

	/// The validators to be connected to: the groups of all cores that the para has claims on, at each relay parent in scope;
	/// when it is not this collator's turn, those that back what it offers.
	pub(super) fn connect(&self, chain: &ChainView) -> CollatorEffect {
		let mut wanted = BTreeSet::new();
		let mut want = |relay_parent: Hash, core: CoreIndex| {
			let (Some(session), Some(group)) = (
				chain.session_of(relay_parent),
				chain.group_for_core(relay_parent, core),
			) else {
				return;
			};
			wanted.extend(
				group
					.iter()
					.filter_map(|member| session.validator(*member))
					.cloned(),
			);
		};
		if self.is_turn {
			for leaf in chain.leaves() {
				let claims = leaf.claim_queue.iter();
				let own = claims.filter(|(_, claims)| claims.contains(&self.config.para()));
				for (core, _) in own {
					for info in leaf.relay_parents() {
						want(info.hash, *core);
					}
				}
			}
		}
		for offered in self.collations.values() {
			want(offered.scheduling_parent, offered.collation.core);
		}
		let validators: Vec<ValidatorId> = wanted.into_iter().take(MAX_VALIDATORS_HEARD).collect();
		CollatorEffect::Connect { validators }
	}
}

/// Whether somebody with this view can know a relay block (R-NET-78): it is a head, or an ancestor of one that is known here.
fn sees(view: &View, relay_parent: Hash, chain: &ChainView) -> bool {
	let mut heads = view.heads().iter();
	heads.any(|head| *head == relay_parent || chain.descends(*head, relay_parent))
}

/// Claims of a para on a core with this scheduling parent, at the leaf where it has most.
fn claims(chain: &ChainView, scheduling_parent: Hash, core: CoreIndex, para: ParaId) -> usize {
	let at_leaves = chain.leaves_admitting(scheduling_parent).map(|leaf| {
		let told = leaf.ancestor_claim_queues.get(&scheduling_parent);
		let claims = told.unwrap_or(&leaf.claim_queue).get(&core).into_iter().flatten();
		claims.filter(|claim| **claim == para).count()
	});
	at_leaves.max().unwrap_or(0)
}

/// What is said of a collation over a stream of this version; `None` if it can't be said there (R-NET-60).
fn advertisement(
	candidate: CandidateHash,
	offered: &Offered,
	version: CollationVersion,
) -> Option<CollationMessage> {
	let collation = &offered.collation;
	let descriptor = &collation.receipt.descriptor;
	let descriptor_version = descriptor.relaxed_version()?;
	match version {
		CollationVersion::V2 if descriptor_version != DescriptorVersion::V3 => {
			let said = AdvertisementV2 {
				scheduling_parent: offered.scheduling_parent,
				candidate_hash: candidate,
				parent_head_data_hash: collation.parent_head_hash,
			};
			Some(CollationMessage::V2(CollatorMessage::Advertise(said)))
		}
		CollationVersion::V3 => {
			let said = AdvertisementV3 {
				scheduling_parent: offered.scheduling_parent,
				candidate_hash: candidate,
				parent_head_data_hash: collation.parent_head_hash,
				descriptor_version: descriptor_version.into(),
				relay_parent: descriptor.relay_parent(),
			};
			Some(CollationMessage::V3(CollatorMessage::Advertise(said)))
		}
		CollationVersion::V1 | CollationVersion::V2 | CollationVersion::V4 => None,
	}
}
