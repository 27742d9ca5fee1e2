//! The chain's view, and the buffer for what is early: any blocks in any order, any peers.

use super::chain::{block, facts, key, KEYS, PARAMS, VALIDATORS};
use crate::Subject;
use async_backing_chain_view::{Arrived, ChainEvent, ChainView, Early, EarlyLimits, Identity, Limits};
use async_backing_machine::{laws::Choices, Instant, PeerId};
use async_backing_primitives::{Hash, ValidatorIndex};
use std::{sync::Arc, time::Duration};

const LIMITS: Limits = Limits {
	leaves: 4,
	blocks: 24,
	facts: 6,
	finalized: 8,
	peers: 12,
	authorities: 3,
};
const EARLY: EarlyLimits = EarlyLimits {
	per_peer: 6,
	per_relay_parent: 12,
	total: 32,
	bytes_per_peer: 8 * 1024,
	total_bytes: 32 * 1024,
	time: Duration::from_secs(12),
	leaves: 2,
};

#[derive(Debug)]
pub enum Told {
	Chain(ChainEvent),
	Connected(PeerId, Identity),
	Disconnected(PeerId),
	Early(PeerId, Hash, Vec<u8>),
	Expire,
}

#[derive(Debug)]
#[allow(dead_code, reason = "what is answered is compared by its `Debug`")]
pub enum Answer {
	Leaves(Vec<Hash>, Vec<Hash>, bool, Vec<Arrived<Vec<u8>>>),
	Kept(bool, usize),
	Nothing,
}

/// The chain's view, and the buffer for what is early: any blocks in any order, any peers.
#[derive(Debug)]
pub struct Watcher {
	machine: Option<(ChainView, Early<Vec<u8>>)>,
	now: Instant,
	newest: u32,
	/// Whether anything becomes final: if nothing does, nothing goes by itself.
	has_finality: bool,
	/// When something came early for the last time.
	early_at: Instant,
	/// Whoever left just now.
	gone: Option<PeerId>,
	is_expired: bool,
}

impl Watcher {
	/// It has heard of nothing yet.
	pub fn new(choices: &mut Choices<'_>) -> Self {
		Self {
			machine: Some((ChainView::new(Some(key(0)), LIMITS), Early::new(EARLY))),
			now: Instant::ZERO,
			newest: 20,
			has_finality: choices.flip(),
			early_at: Instant::ZERO,
			gone: None,
			is_expired: false,
		}
	}

	fn block(&self, choices: &mut Choices<'_>) -> (u8, u32) {
		let number = self.newest.saturating_sub(choices.below(12) as u32);
		(choices.below(3) as u8, number)
	}
}

impl Subject for Watcher {
	type Input = Told;
	type Output = Answer;

	fn next(&mut self, choices: &mut Choices<'_>) -> Told {
		self.now += match choices.one_in(50) {
			true => Duration::from_secs(20),
			false => Duration::from_millis(choices.below(3000)),
		};
		let (fork, number) = self.block(choices);
		let hash = block(fork, number).hash;
		let peer = PeerId(choices.below(20));
		match choices.below(16) {
			0..=5 => {
				self.newest += u32::from(choices.one_in(3));
				let number = if choices.flip() { self.newest } else { number };
				let mut facts = facts(fork, number, choices);
				match choices.below(24) {
					// No runtime says this.
					0 => {
						let numbers = [0, 1, u32::MAX, choices.below(1 << 32) as u32];
						facts.block.number = choices.pick(&numbers).copied().unwrap_or_default();
					}
					1 => facts.parent_hash = facts.block.hash,
					2 => facts.ancestors.reverse(),
					3 => facts.validators.clear(),
					_ => {}
				}
				Told::Chain(ChainEvent::Imported {
					facts: Arc::new(facts),
					fresh: !choices.one_in(8),
				})
			}
			6 if self.has_finality => Told::Chain(ChainEvent::Finalized {
				hash,
				number: if choices.one_in(8) {
					number + 1
				} else {
					number.saturating_sub(4)
				},
			}),
			7 if choices.one_in(3) => Told::Chain(ChainEvent::Reverted { hash }),
			8..=9 => {
				let keys = choices.below(8);
				let authorities = (0..keys).map(|_| key(choices.below(KEYS.into()) as u8));
				Told::Connected(
					peer,
					Identity {
						authorities: authorities.collect(),
					},
				)
			}
			10 => Told::Disconnected(peer),
			11..=14 => {
				// Mostly for what nobody has imported yet, and some say much.
				let unborn = Hash::from_low_u64_be(1 << 40 | choices.below(8));
				let (at, item) = match choices.one_in(4) {
					true => (hash, vec![7; choices.index(10_000)]),
					false => (unborn, vec![7; choices.index(100)]),
				};
				Told::Early(if choices.flip() { PeerId(3) } else { peer }, at, item)
			}
			_ => Told::Expire,
		}
	}

	fn handle(&mut self, told: Told) -> Answer {
		let Some((chain, early)) = &mut self.machine else {
			return Answer::Nothing;
		};
		(self.gone, self.is_expired) = (None, false);
		match told {
			Told::Chain(event) => {
				let (update, result) = chain.try_handle(event);
				let released = early.leaves_changed(self.now, &update, chain);
				let activated = update.activated.iter().map(|leaf| leaf.block.hash);
				Answer::Leaves(activated.collect(), update.deactivated, result.is_ok(), released)
			}
			Told::Connected(peer, identity) => {
				chain.connected(peer, identity);
				Answer::Nothing
			}
			Told::Disconnected(peer) => {
				chain.disconnected(peer);
				self.gone = Some(peer);
				Answer::Kept(true, early.disconnected(peer))
			}
			Told::Early(peer, relay_parent, item) => {
				let bytes = item.len();
				self.early_at = self.now;
				let kept = early.insert(self.now, peer, relay_parent, item, bytes);
				Answer::Kept(kept.is_ok(), kept.map_or(0, |gone| gone.len()))
			}
			Told::Expire => {
				self.is_expired = true;
				Answer::Kept(true, early.expire(self.now))
			}
		}
	}

	fn allowance(&self, told: &Told) -> usize {
		match told {
			Told::Chain(_) => 1 << 20,
			_ => 0,
		}
	}

	/// Blocks with their ancestors, facts of some, peers with their keys, and what is early.
	fn memory_bound(&self) -> usize {
		let blocks = LIMITS.blocks * (PARAMS.1 as usize + 4) * 256;
		let facts = (LIMITS.leaves + LIMITS.facts) * 16 * 1024;
		let sessions = LIMITS.blocks * usize::from(VALIDATORS) * 512;
		blocks + facts + sessions + LIMITS.peers * 4096 + EARLY.total_bytes + EARLY.total * 1024
	}

	/// Law 7: a peer is found for an index only if it proved the key that has this index in the session in question.
	fn check(&self) {
		let Some((chain, early)) = &self.machine else {
			return;
		};
		assert!(chain.leaves().count() <= LIMITS.leaves && chain.peer_count() <= LIMITS.peers);
		assert!(early.len() <= EARLY.total && early.bytes() <= EARLY.total_bytes);
		assert!(
			chain.block_count() <= LIMITS.blocks.max(LIMITS.leaves),
			"law 3: {} blocks",
			chain.block_count()
		);
		for peer in (0..20).map(PeerId) {
			assert!(
				early.len_of(peer) <= EARLY.per_peer,
				"law 3: {peer:?} says much too early"
			);
		}
		if let Some(gone) = self.gone {
			assert!(
				early.len_of(gone) == 0 && !chain.is_connected(gone),
				"law 3: something of {gone:?} is kept"
			);
		}
		let is_late = self.now.saturating_sub(self.early_at) > EARLY.time;
		assert!(
			!(self.is_expired && is_late) || early.is_empty(),
			"law 3: it waits for ever"
		);
		for leaf in chain.leaves() {
			let at = leaf.block.hash;
			for peer in (0..20).map(PeerId) {
				let keys = chain.validators_of(at, peer).count();
				assert!(keys <= LIMITS.authorities, "law 3: {peer:?} has {keys} keys");
			}
			for (index, key) in (0..).map(ValidatorIndex).zip(&leaf.validators) {
				if let Some(peer) = chain.peer_of(at, index) {
					let known = chain
						.validators_of(at, peer)
						.any(|known| leaf.validators.get(known.0 as usize) == Some(key));
					assert!(chain.is_connected(peer), "law 3: {peer:?} is gone");
					assert!(known, "law 7: {peer:?} is no {index:?} at {at}");
				}
			}
		}
	}

	fn let_go(&mut self) {
		self.machine = None;
	}
}
