//! What collators say unasked (R-NET-81, R-NET-84).

use super::*;
use crate::CollatorPeer;
use async_backing_primitives::DescriptorVersion;
use async_backing_wire::{declare_payload, Declaration};
use sp_core::{sr25519, Pair};

/// What an advertisement says, in whatever version, once it is known for which para.
type Told = Result<Offer, &'static str>;

impl ValidatorSide {
	pub(super) fn connected(
		&mut self,
		peer: PeerId,
		who: CollatorPeer,
		now: Instant,
		out: &mut Out,
		effects: &mut Vec<ValidatorEffect>,
	) {
		// The first names no candidate, the fourth none by its hash, and neither is offered.
		if !matches!(who.version, CollationVersion::V2 | CollationVersion::V3) {
			self.part(peer, Parting::Version, effects);
			self.stop_tick(out);
			return;
		}
		if let Some(gives_way) = self.collators.connected(now, peer, who) {
			self.part(gives_way, Parting::NoRoom, effects);
		}
		self.start_tick(now, out);
	}

	/// Of whom nothing is known has been let go, and does not know it yet.
	pub(super) fn heard(
		&mut self,
		peer: PeerId,
		message: CollationMessage,
		around: Around<'_>,
		out: &mut Out,
		effects: &mut Vec<ValidatorEffect>,
	) {
		let Some(version) = self.collators.version(peer) else {
			return;
		};
		if version != message.version() {
			return cost(peer, Cost::Major, "message of another version", out);
		}
		match message {
			CollationMessage::V2(CollatorMessage::Advertise(said)) => {
				self.offered(peer, |para| Ok(Offer::from_v2(para, &said)), around, out);
			}
			CollationMessage::V3(CollatorMessage::Advertise(said)) => {
				let offer = |para| Offer::from_v3(para, &said).map_err(|fault| fault.reason());
				self.offered(peer, offer, around, out);
			}
			CollationMessage::V2(CollatorMessage::Declare(declaration))
			| CollationMessage::V3(CollatorMessage::Declare(declaration)) => {
				self.declared(peer, &declaration, around, out, effects);
			}
			CollationMessage::V2(CollatorMessage::Seconded { .. })
			| CollationMessage::V3(CollatorMessage::Seconded { .. }) => {
				cost(peer, Cost::Minor, "collator that seconds", out);
			}
			CollationMessage::V1(_) | CollationMessage::V4(_) => {
				cost(peer, Cost::Major, "message of another version", out);
			}
		}
	}

	/// A peer says for which para it collates (R-NET-81). One signature is verified, of each connection at most one that is
	/// right.
	fn declared(
		&mut self,
		peer: PeerId,
		declaration: &Declaration,
		around: Around<'_>,
		out: &mut Out,
		effects: &mut Vec<ValidatorEffect>,
	) {
		let Declaration {
			collator, para_id, ..
		} = *declaration;
		let who = match self.collators.may_declare(peer, collator) {
			Ok(who) => who,
			Err(unheard) => return refuse(peer, unheard, out),
		};
		if !is_signed(declaration, &who.peer_id) {
			return self.banish(peer, Unheard::BadSignature.reason(), out);
		}
		// Before a leaf is known, nobody can say.
		if around.chain.newest().is_some() && !is_served(around.chain, para_id) {
			refuse(peer, Unheard::NotServed(para_id), out);
			self.part(peer, Parting::NotServed, effects);
			return self.stop_tick(out);
		}
		match self.collators.declare(around.now, peer, para_id, collator) {
			Ok(None) => {}
			Ok(Some(gives_way)) => self.part(gives_way, Parting::NoRoom, effects),
			Err(unheard) => {
				refuse(peer, unheard, out);
				self.part(peer, Parting::NoRoom, effects);
				self.stop_tick(out);
			}
		}
	}

	fn offered(
		&mut self,
		peer: PeerId,
		offer: impl FnOnce(ParaId) -> Told,
		around: Around<'_>,
		out: &mut Out,
	) {
		let Some(para) = self.collators.para_of(peer) else {
			return refuse(peer, Unheard::Undeclared, out);
		};
		match offer(para) {
			Ok(offer) => self.advertised(peer, offer, around, out),
			Err(reason) => cost(peer, Cost::Minor, reason, out),
		}
	}

	/// A collator has a candidate: it is fetched if it may be seconded, and waits if it may be later (R-BAK-5).
	pub(super) fn advertised(&mut self, peer: PeerId, offer: Offer, around: Around<'_>, out: &mut Out) {
		let scheduling_parent = offer.scheduling_parent;
		let Some(claims) = claims(around.chain, scheduling_parent, offer.para) else {
			return self.keep_early(peer, offer, around, out);
		};
		if offer.descriptor == Some(DescriptorVersion::V3)
			&& !(self.config.v3_enabled && self.is_timely(scheduling_parent, around))
		{
			return cost(
				peer,
				Cost::Minor,
				"scheduling parent of no version 3 descriptor",
				out,
			);
		}
		if claims.of_para == 0 {
			return cost(peer, Cost::Minor, "collation without a claim", out);
		}
		// One more than claims (R-NET-84).
		let limit = claims.all.saturating_add(1);
		let newest = around.chain.newest().map_or(0, |leaf| leaf.block.number);
		if let Err(unheard) = self.collators.hear(
			(around.now, newest),
			peer,
			scheduling_parent,
			offer.candidate,
			limit,
		) {
			return refuse(peer, unheard, out);
		}
		if self.fetching.is_under_way(peer, offer.candidate) {
			return;
		}
		let verdict = match around.gate.demand(offer.candidate) {
			None => around.gate.judge(&offer),
			Some(Demand::Never) => Verdict::Useless,
			Some(Demand::Now | Demand::Later) => Verdict::Wait,
		};
		match verdict {
			Verdict::Fetch | Verdict::FetchUnconnected | Verdict::Wait | Verdict::Taken => {
				if let Some(turn) = self.collators.wait(peer, offer) {
					self.fetch_new(offer.para, turn, around, out);
				}
			}
			Verdict::Useless => {}
			Verdict::Wrong(reason) => cost(peer, Cost::Minor, reason, out),
		}
	}

	/// Whether a version 3 descriptor may have this scheduling parent: the last block of the last slot that is over (R-NET-84).
	fn is_timely(&self, scheduling_parent: Hash, around: Around<'_>) -> bool {
		let running = self.config.slots.map(|clock| clock.slot_at(around.now));
		let is_now = |slot| running.is_none_or(|running| running == slot);
		around.chain.leaves().any(|leaf| {
			let is_leaf = leaf.block.hash == scheduling_parent && is_now(leaf.slot.saturating_add(1));
			let is_parent = leaf.parent_hash == scheduling_parent && is_now(leaf.slot);
			is_leaf || is_parent
		})
	}

	/// Its scheduling parent may be on its way here. One that was here and is over does not come again.
	fn keep_early(&mut self, peer: PeerId, offer: Offer, around: Around<'_>, out: &mut Out) {
		let parent = offer.scheduling_parent;
		if around.chain.number_of(parent).is_some() {
			return cost(peer, Cost::Minor, "advertisement out of view", out);
		}
		let bytes = size_of::<Offer>();
		let kept = self.early.insert(around.now, peer, parent, offer, bytes);
		if !kept.is_ok_and(|given_up| given_up.is_empty()) {
			cost(peer, Cost::Minor, "too many early advertisements", out);
		}
	}
}

/// Whether the key of a declaration signed it, for this connection (R-NET-67).
fn is_signed(declaration: &Declaration, peer_id: &[u8]) -> bool {
	let payload = declare_payload(peer_id);
	async_backing_primitives::meter::count(
		async_backing_primitives::meter::SIGNATURE.saturating_add(payload.len()),
	);
	let key = sr25519::Public::from_raw(declaration.collator.0);
	let signature = sr25519::Signature::from_raw(declaration.signature.0);
	sr25519::Pair::verify(&signature, &payload, &key)
}

fn refuse(peer: PeerId, unheard: Unheard, out: &mut Out) {
	cost(peer, Cost::Minor, unheard.reason(), out);
}
