//! What peers cost, over all parts: who costs too much is cut (law 4).
//!
//! Each part judges what it is sent. Here the judgements about a peer are added up, so that a hundred small misdeeds come
//! to the same as one proof of malice, whichever parts saw them. What is owed is forgiven with time, because the honest
//! cost a little now and then.

use async_backing_machine::{Cost, Instant, Judgement, PeerId};
use std::collections::{BTreeMap, BTreeSet};

/// From here on a peer is cut: twenty of the smallest costs at once (R-NET-114).
pub(crate) const CUT_AT: i64 = 2_000_000;
/// What is forgiven each second: three of the smallest costs in a relay block's time.
pub(crate) const FORGIVEN_PER_SECOND: i64 = 50_000;

/// What a peer owes since a moment.
#[derive(Clone, Copy, Debug)]
struct Debt {
	owed: i64,
	since: Instant,
}

impl Debt {
	/// What is left of it by now.
	fn at(&self, now: Instant) -> i64 {
		let millis = i64::try_from(now.saturating_sub(self.since).as_millis()).unwrap_or(i64::MAX);
		let forgiven = millis.saturating_mul(FORGIVEN_PER_SECOND) / 1000;
		self.owed.saturating_sub(forgiven).max(0)
	}
}

/// Debts of connected peers, and how often what was reported.
///
/// Bounded by the number of connected peers, which is the driver's, and of reasons, which are constants.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
	debts: BTreeMap<PeerId, Debt>,
	cut: BTreeSet<PeerId>,
	/// Cut since somebody asked.
	newly_cut: BTreeSet<PeerId>,
	reports: BTreeMap<&'static str, u64>,
}

impl Ledger {
	/// Takes in what a part thinks of a peer. Gives what the driver shall hear, which is the end of the connection if this
	/// was too much.
	pub(crate) fn judge(&mut self, now: Instant, peer: PeerId, judgement: Judgement) -> Judgement {
		let count = self.reports.entry(judgement.reason()).or_default();
		*count = count.saturating_add(1);
		let debt = self.debts.get(&peer).map_or(0, |debt| debt.at(now));
		let owed = debt.saturating_sub(judgement.value().into()).max(0);
		if owed < CUT_AT {
			self.debts.insert(peer, Debt { owed, since: now });
			return judgement;
		}
		self.debts.remove(&peer);
		if self.cut.insert(peer) {
			self.newly_cut.insert(peer);
		}
		Judgement::Cost(Cost::Malicious, judgement.reason())
	}

	/// Whether nothing that this peer says is listened to any more.
	pub(crate) fn is_cut(&self, peer: PeerId) -> bool {
		self.cut.contains(&peer)
	}

	/// Whether a peer has an account.
	#[cfg(feature = "laws")]
	pub(crate) fn knows(&self, peer: PeerId) -> bool {
		self.debts.contains_key(&peer) || self.cut.contains(&peer) || self.newly_cut.contains(&peer)
	}

	/// Takes one of the peers that were cut since this was asked last.
	pub(crate) fn pop_newly_cut(&mut self) -> Option<PeerId> {
		self.newly_cut.pop_first()
	}

	/// A peer is gone, and its id with it.
	pub(crate) fn disconnected(&mut self, peer: PeerId) {
		self.debts.remove(&peer);
		self.cut.remove(&peer);
		self.newly_cut.remove(&peer);
	}

	/// How often what was reported, by reason.
	pub(crate) fn reports(&self) -> &BTreeMap<&'static str, u64> {
		&self.reports
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use async_backing_machine::Gain;
	use std::time::Duration;

	const PEER: PeerId = PeerId(1);
	const MINOR: Judgement = Judgement::Cost(Cost::Minor, "test");

	fn times(ledger: &mut Ledger, now: Instant, judgement: Judgement, times: usize) -> Option<usize> {
		(0..times).find(|_| {
			ledger.judge(now, PEER, judgement);
			ledger.is_cut(PEER)
		})
	}

	#[test]
	fn law_4_small_costs_add_up_to_the_end_of_the_connection() {
		let mut ledger = Ledger::default();
		assert_eq!(times(&mut ledger, Duration::ZERO, MINOR, 19), None);
		assert_eq!(
			ledger.judge(Duration::ZERO, PEER, MINOR),
			Judgement::Cost(Cost::Malicious, "test")
		);
		assert!(ledger.is_cut(PEER) && !ledger.is_cut(PeerId(2)));
		assert_eq!(
			(ledger.pop_newly_cut(), ledger.pop_newly_cut()),
			(Some(PEER), None)
		);
		assert_eq!(ledger.reports().get("test"), Some(&20));
		// Whoever comes back has another id.
		ledger.disconnected(PEER);
		assert!(!ledger.is_cut(PEER));
	}

	#[test]
	fn law_4_one_proof_of_malice_is_enough() {
		let mut ledger = Ledger::default();
		ledger.judge(Duration::ZERO, PEER, Judgement::Cost(Cost::Malicious, "proof"));
		assert!(ledger.is_cut(PEER));
	}

	#[test]
	fn law_4_the_honest_are_forgiven() {
		let mut ledger = Ledger::default();
		for second in 0..1000 {
			let cut = times(&mut ledger, Duration::from_secs(6 * second), MINOR, 3);
			assert_eq!(cut, None, "three small costs in each relay block");
		}
		let cut = times(
			&mut ledger,
			Duration::from_secs(6000),
			Judgement::Gain(Gain::Minor, "x"),
			1000,
		);
		assert_eq!(cut, None, "gains make no debt");
		assert_eq!(times(&mut ledger, Duration::from_secs(6000), MINOR, 19), None);
	}
}
