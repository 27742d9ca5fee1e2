//! Whom a proof of validity may come from beside those who stated its candidate: collators that advertise it.
//!
//! A seconder may be silent, lie, or crash as soon as its statement is out. Its candidate is none the worse for that: the
//! group votes on it all the same, with a proof of validity from whoever else has it (R-DEF-38).

use super::{Backing, CandidateHash, Effect, Turn, Work};
use crate::View;
use async_backing_chain_view::ChainView;

/// Whether the proof of validity of a candidate that somebody else seconded is wanted from a collator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Demand {
	/// Backers were asked in vain, or none is there: whoever has it shall hand it over.
	Now,
	/// Not yet. Backers are being asked, or it is being checked, or there is no room for another execution.
	Later,
	/// This validator has it or needs it not.
	Never,
}

impl Backing {
	/// Whether a candidate's proof of validity is wanted from a collator that has it, to confirm what somebody else seconded
	/// (R-BAK-10). `None` if nobody seconded it: then it may be seconded ([`can_second`](Self::can_second)).
	///
	/// [`Effect::Lacking`] tells when it becomes [`Demand::Now`].
	pub fn demand(&self, candidate: CandidateHash, chain: &ChainView) -> Option<Demand> {
		let state = self.candidates.get(&candidate)?;
		state.seconded.as_ref()?;
		let scheduling_parent = state.scheduling_parent;
		let Some(parent) = self.relay_parents.get(&scheduling_parent) else {
			return Some(Demand::Never);
		};
		let is_done = state.settled || self.promises.contains((scheduling_parent, candidate));
		let in_group = |own: &_| parent.table.is_in_group(candidate, *own);
		let Some(own) = parent.session.own.filter(|own| !is_done && in_group(own)) else {
			return Some(Demand::Never);
		};
		let claims = parent
			.own_core()
			.map_or(0, |core| parent.claims(core, state.para));
		let has_room = match state.work {
			Work::Validating { .. } => false,
			// It has its place already.
			Work::FetchingPov { .. } => true,
			Work::Idle => self.executions(state.para, false) < claims.max(1),
		};
		// One that is disabled may count again at the next leaf.
		if !has_room || !parent.counts(own) {
			return Some(Demand::Later);
		}
		let is_asking = matches!(state.work, Work::FetchingPov { .. });
		let is_left_alone = || !is_asking && self.next_backer(candidate, chain).is_none();
		// What only disabled validators vouch for is nobody's concern (R-BAK-14).
		let is_vouched = || {
			parent
				.table
				.backers(candidate)
				.iter()
				.any(|backer| parent.counts(*backer))
		};
		match (state.in_vain || is_left_alone()) && is_vouched() {
			true => Some(Demand::Now),
			false => Some(Demand::Later),
		}
	}

	/// What is wanted of collators now.
	#[cfg(feature = "laws")]
	pub(crate) fn lacking<'a>(&'a self, chain: &'a ChainView) -> impl Iterator<Item = CandidateHash> + 'a {
		let to_confirm = self.to_confirm.iter().copied();
		to_confirm.filter(|candidate| self.demand(*candidate, chain) == Some(Demand::Now))
	}

	/// Tells the neighbours what is wanted of collators from now on.
	pub(super) fn tell_lacking<V: View>(&mut self, turn: &mut Turn<'_, V>) {
		for candidate in &self.to_confirm {
			let is_lacking = self.demand(*candidate, turn.chain) == Some(Demand::Now);
			let Some(state) = self.candidates.get_mut(candidate) else {
				continue;
			};
			if is_lacking && !state.lacking {
				turn.effects.push(Effect::Lacking {
					candidate: *candidate,
					para: state.para,
				});
			}
			state.lacking = is_lacking;
		}
	}
}
