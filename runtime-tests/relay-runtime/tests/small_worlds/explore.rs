//! Goes through all worlds of a setting, and asks in each whether node and chain agree.

use crate::{
	node::Made,
	relay::{empty, Block, BlockId, Relay},
	world::{attestations, Event, Outcome, Setting, Workshop, World},
};
use async_backing_primitives::{
	BackedCandidate, CandidateHash, Hash, ParaId, ParachainsInherentData, UncheckedSignedAvailabilityBitfield,
};
use async_backing_prospective_parachains::{View, ViewConfig};
use async_backing_provisioner::{provision, usable_cores, BackableSource, ParaCores, SharedBackedCandidate};
use std::{
	collections::{BTreeMap, HashMap, HashSet},
	ops::AddAssign,
	sync::{Arc, Mutex},
};

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
	pub(crate) worlds: u64,
	/// Different states of node and chain.
	pub(crate) states: u64,
	/// Those that were checked: what several worlds have in common is, once.
	pub(crate) checked: u64,
	/// Events that lead from one state to another.
	pub(crate) steps: u64,
	/// Orders in which everything can happen, to the end.
	pub(crate) interleavings: u128,
	/// What nodes would offer, all of it together: the chain accepts each.
	pub(crate) proposals: u64,
	/// Candidates by themselves: accepted by both, refused by both.
	pub(crate) accepted: u64,
	pub(crate) refused: u64,
	/// Accepted by the chain alone, where an inclusion or a time-out of the same block makes room (R-DEP-2, R-SEL-2).
	pub(crate) room: u64,
	/// Blocks at which a pending candidate is dropped.
	pub(crate) time_outs: u64,
	/// Why the chain refused.
	pub(crate) reasons: BTreeMap<&'static str, u64>,
}

impl AddAssign for Found {
	fn add_assign(&mut self, other: Self) {
		self.worlds += other.worlds;
		self.states += other.states;
		self.checked += other.checked;
		self.steps += other.steps;
		self.interleavings = self.interleavings.saturating_add(other.interleavings);
		self.proposals += other.proposals;
		self.accepted += other.accepted;
		self.refused += other.refused;
		self.room += other.room;
		self.time_outs += other.time_outs;
		for (reason, count) in other.reasons {
			*self.reasons.entry(reason).or_default() += count;
		}
	}
}

/// An exploration of one setting.
pub(crate) struct Explorer<'a> {
	setting: &'a Setting,
	relay: &'a mut Relay,
	workshop: &'a mut Workshop,
	/// What was checked already, in this world or another.
	checked: &'a Mutex<HashSet<[u8; 16]>>,
	/// States that were seen, each with the number of ways from it to the end.
	seen: HashMap<[u8; 16], u128>,
	found: Found,
}

impl<'a> Explorer<'a> {
	pub(crate) fn new(
		setting: &'a Setting,
		relay: &'a mut Relay,
		workshop: &'a mut Workshop,
		checked: &'a Mutex<HashSet<[u8; 16]>>,
	) -> Self {
		Self {
			setting,
			relay,
			workshop,
			checked,
			seen: HashMap::new(),
			found: Found::default(),
		}
	}

	/// Everything that can happen in the setting.
	///
	/// # Errors
	/// The first disagreement, with the events that led to it.
	pub(crate) fn explore(mut self) -> Result<Found, String> {
		let world = World::new(self.setting, self.relay);
		let ways = self.go_on(world, &mut Vec::new())?;
		self.found.worlds = 1;
		self.found.states = self.seen.len() as u64;
		self.found.interleavings = ways;
		Ok(self.found)
	}

	/// The ways from here to the end.
	fn go_on(&mut self, world: World, trail: &mut Vec<Event>) -> Result<u128, String> {
		let key = world.fingerprint(self.setting, self.relay);
		if let Some(ways) = self.seen.get(&key) {
			return Ok(*ways);
		}
		let content = world.content(self.setting, self.relay);
		let is_new = self
			.checked
			.lock()
			.expect("nobody panics with it")
			.insert(content);
		if is_new {
			self.found.checked += 1;
			self.check(&world)
				.map_err(|disagreement| self.told(&disagreement, trail))?;
		}
		let mut ways = 0_u128;
		let events = world.events(self.setting, self.relay);
		let mut at_hand = Some(world);
		for event in events {
			let mut next = at_hand.take().unwrap_or_else(|| self.again(trail));
			trail.push(event);
			match next.apply(event, self.setting, self.relay, self.workshop) {
				Outcome::Changed => {
					self.found.steps += 1;
					ways = ways.saturating_add(self.go_on(next, trail)?);
				}
				Outcome::Same => at_hand = Some(next),
				Outcome::Refused(made) => {
					self.check_refused(&next, &made)
						.map_err(|disagreement| self.told(&disagreement, trail))?;
					at_hand = Some(next);
				}
			}
			trail.pop();
		}
		// Nothing more can happen: one way, which is over.
		let ways = ways.max(1);
		self.seen.insert(key, ways);
		Ok(ways)
	}

	fn told(&self, disagreement: &str, trail: &[Event]) -> String {
		format!("{disagreement}\nafter {trail:#?}\nin {:?}", self.setting.shape)
	}

	fn again(&mut self, trail: &[Event]) -> World {
		let mut world = World::new(self.setting, self.relay);
		for event in trail {
			let outcome = world.apply(*event, self.setting, self.relay, self.workshop);
			assert!(matches!(outcome, Outcome::Changed), "the same events do the same");
		}
		world
	}

	fn check(&mut self, world: &World) -> Result<(), String> {
		let scratch = self.rebuild(world)?;
		for leaf in &world.leaves {
			let block = self.relay.block(*leaf);
			for attested in attestations(&block.at_leaf) {
				let bitfields = self.relay.bitfields(*leaf, attested);
				self.check_all_together(world, *leaf, &bitfields)?;
				let shared: Vec<_> = bitfields.iter().cloned().map(Arc::new).collect();
				let cores = usable_cores(&block.at_leaf.facts, &shared);
				same_choice(&world.view, &scratch, &block, &cores)?;
				for (made, is_backed) in world.candidates.iter().flatten() {
					if *is_backed {
						self.check_alone(world, *leaf, made, &bitfields, &cores)?;
					}
				}
			}
		}
		Ok(())
	}

	/// What the node refuses, no leaf's child may carry.
	fn check_refused(&mut self, world: &World, made: &Made) -> Result<(), String> {
		for leaf in &world.leaves {
			let block = self.relay.block(*leaf);
			for attested in attestations(&block.at_leaf) {
				let bitfields = self.relay.bitfields(*leaf, attested);
				let shared: Vec<_> = bitfields.iter().cloned().map(Arc::new).collect();
				let cores = usable_cores(&block.at_leaf.facts, &shared);
				self.check_alone(world, *leaf, made, &bitfields, &cores)?;
			}
		}
		Ok(())
	}

	/// A view of the same leaves and candidates, in another order. Candidates stand where they do in the one that grew.
	fn rebuild(&self, world: &World) -> Result<View, String> {
		let mut view = View::new(ViewConfig::default());
		let leaves: Vec<_> = world
			.leaves
			.iter()
			.map(|leaf| self.relay.block(*leaf).at_leaf.facts.clone())
			.collect();
		let update = view.update_leaves(&leaves, &[]);
		assert_eq!(update.diagnostics, [], "the answers of the runtime fit together");
		for (made, is_backed) in world.candidates.iter().flatten().rev() {
			match view.introduce_checked(made.candidate.clone()) {
				Ok(_) if *is_backed => {
					view.note_backed(made.para(), made.hash())
						.map_err(|error| format!("R-TRE-5: {error}"))?;
				}
				Ok(_) => {}
				// It waited before there was a leaf that knows its parent head and has no place for it (R-TRE-14).
				Err(_) if world.view.membership(made.para(), made.hash()).is_empty() => {}
				Err(error) => {
					return Err(format!(
						"R-TRE-5: a view from scratch refuses {}: {error}",
						made.hash()
					));
				}
			}
		}
		for (made, _) in world.candidates.iter().flatten() {
			let grown = world.view.membership(made.para(), made.hash());
			let built = view.membership(made.para(), made.hash());
			if grown != built {
				return Err(format!(
					"R-TRE-5: {} stands at {grown:?}, from scratch at {built:?}",
					made.hash()
				));
			}
		}
		Ok(view)
	}

	/// What an author is offered, the chain accepts as it is (R-INC-3); and it has its quorum.
	fn check_all_together(
		&mut self,
		world: &World,
		leaf: BlockId,
		bitfields: &[UncheckedSignedAvailabilityBitfield],
	) -> Result<(), String> {
		let data = world.proposal(leaf, bitfields.to_vec(), self.relay);
		self.found.proposals += 1;
		for offered in &data.backed_candidates {
			let is_backed = world
				.candidates
				.iter()
				.flatten()
				.any(|(made, is_backed)| *is_backed && made.hash() == offered.hash());
			if !is_backed {
				return Err(format!(
					"R-PRV-5: {} is offered without its quorum",
					offered.hash()
				));
			}
		}
		match self.relay.refusal(leaf, &data) {
			None => Ok(()),
			Some(reason) => Err(format!("R-INC-3: {reason}: the chain refuses {data:?}")),
		}
	}

	/// Of a candidate by itself node and chain say the same.
	fn check_alone(
		&mut self,
		world: &World,
		leaf: BlockId,
		made: &Made,
		bitfields: &[UncheckedSignedAvailabilityBitfield],
		cores: &BTreeMap<ParaId, ParaCores>,
	) -> Result<(), String> {
		let block = self.relay.block(leaf);
		let facts = &block.at_leaf.facts;
		let mut only = Only {
			view: &world.view,
			leaf: facts.block.hash,
			made,
		};
		let shared = bitfields.iter().cloned().map(Arc::new).collect();
		let proposal = provision(facts, block.slot + 1, shared, &mut only);
		let is_predicted = !proposal.backed_candidates.is_empty();
		let data = ParachainsInherentData {
			bitfields: bitfields.to_vec(),
			backed_candidates: vec![made.backed.clone()],
			..empty(&block.header)
		};
		let refusal = self.relay.refusal(leaf, &data);
		match (is_predicted, refusal) {
			(true, None) => self.found.accepted += 1,
			(false, Some(reason)) => {
				self.found.refused += 1;
				*self.found.reasons.entry(reason).or_default() += 1;
			}
			(false, None) if makes_room(&block, made, cores) => self.found.room += 1,
			(predicted, refusal) => {
				return Err(format!(
					"R-GLO-10: predicted {predicted}, but the chain says {refusal:?} at {:?}: {made:?}",
					facts.block
				));
			}
		}
		if facts.paras.values().any(|para| {
			let pending = &para.backing_state.pending_availability;
			pending
				.iter()
				.any(|pending| block.at_leaf.drops(pending.candidate_hash))
		}) {
			self.found.time_outs += 1;
		}
		Ok(())
	}
}

/// Whether the block itself makes room for what a node holds to have none: its inclusions, where depth is used up (R-DEP-2), or
/// a time-out of the candidate itself, which can be taken anew (R-SEL-2).
fn makes_room(block: &Block, made: &Made, cores: &BTreeMap<ParaId, ParaCores>) -> bool {
	let max_depth = block.at_leaf.facts.params.max_candidate_depth as usize;
	let is_deep = cores.get(&made.para()).is_some_and(|cores| {
		let path = cores.required_path.len();
		path > max_depth && path - cores.will_enact <= max_depth
	});
	is_deep || block.at_leaf.drops(made.hash())
}

/// Both views choose the same: ties do not depend on who came first (R-SEL-3).
fn same_choice(
	grown: &View,
	built: &View,
	block: &Block,
	cores: &BTreeMap<ParaId, ParaCores>,
) -> Result<(), String> {
	let leaf = block.at_leaf.facts.block.hash;
	for (para, cores) in cores {
		let choose = |view: &View| -> Vec<CandidateHash> {
			let backable = view.get_backable(leaf, *para, &cores.required_path, cores.usable.len());
			backable.iter().map(|backable| backable.candidate_hash).collect()
		};
		let (grown, built) = (choose(grown), choose(built));
		if grown != built {
			return Err(format!("R-SEL-3: {grown:?} are chosen, from scratch {built:?}"));
		}
	}
	Ok(())
}

/// Offers one candidate, if the view lets it.
struct Only<'a> {
	view: &'a View,
	leaf: Hash,
	made: &'a Made,
}

impl BackableSource for Only<'_> {
	fn backable(&mut self, para: ParaId, path: &[CandidateHash], count: usize) -> Vec<(CandidateHash, Hash)> {
		let wanted = self.made.hash();
		self.view
			.get_backable_where(self.leaf, para, path, count, |backable| {
				backable.candidate_hash == wanted
			})
			.into_iter()
			.map(|backable| (backable.candidate_hash, backable.scheduling_parent))
			.collect()
	}

	fn backed(&mut self, _: Hash, candidate: CandidateHash) -> Option<SharedBackedCandidate> {
		let made: &BackedCandidate = &self.made.backed;
		(self.made.hash() == candidate).then(|| made.clone().into())
	}
}
