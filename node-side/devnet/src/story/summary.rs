//! Figures of a para, out of what its parablocks ended as and of what became of its orders.

use super::{
	fate::{Fate, Verdict},
	seen::{Candidate, Recorder, Seen},
};
use crate::{
	orders::Ordered,
	report::{Fates, Latency, OrderFates},
	RunConfig,
};
use async_backing_primitives::{BlockNumber, CandidateHash, CoreIndex, Hash, ParaId};
use std::collections::{BTreeMap, BTreeSet};

/// What candidates ended as, in the order in which they were built.
#[derive(Debug)]
pub(crate) struct Summary<'a> {
	recorder: &'a Recorder,
	/// Positions of the blocks of the best chain, by their number.
	best: BTreeMap<BlockNumber, usize>,
	verdicts: Vec<Verdict>,
}

impl Recorder {
	/// What all came to, if the best head is this one and these candidates may still be included.
	pub(crate) fn summary(&self, head: Hash, alive: &BTreeSet<CandidateHash>) -> Summary<'_> {
		let best = self.best_chain(head);
		let verdicts = self.ended(&best, alive).verdicts();
		Summary {
			recorder: self,
			best,
			verdicts,
		}
	}
}

impl Summary<'_> {
	fn of(&self, para: ParaId) -> impl Iterator<Item = (&Candidate, &Verdict)> {
		let all = self.recorder.candidates.iter().zip(&self.verdicts);
		all.filter(move |(candidate, _)| candidate.built.para == para)
	}

	/// How many of a para's parablocks ended as what.
	pub(crate) fn fates(&self, para: ParaId) -> Fates {
		let mut fates = Fates::default();
		for (_, verdict) in self.of(para) {
			fates.count(verdict.fate);
		}
		fates
	}

	/// How long the included ones took.
	pub(crate) fn latency(&self, para: ParaId) -> Option<Latency> {
		let included = self
			.of(para)
			.filter(|(_, verdict)| verdict.fate == Fate::Included);
		let took = included.filter_map(|(candidate, _)| {
			let block = candidate.included.iter().rev().find_map(|position| {
				let block = self.recorder.blocks.get(*position)?;
				(self.best.get(&block.number) == Some(position)).then_some(block)
			})?;
			Some(block.at.saturating_sub(candidate.at).as_secs_f64())
		});
		Latency::of(took.collect())
	}

	/// What became of the orders for a para; `None` if there were none.
	pub(crate) fn orders(&self, para: ParaId, config: &RunConfig) -> Option<OrderFates> {
		let mut fates = OrderFates::default();
		let mut any = false;
		let of_pool = |core: &CoreIndex| config.serves_orders(*core);
		let best = self.best.values();
		for block in best.filter_map(|position| self.recorder.blocks.get(*position)) {
			for (_, ordered) in block.orders.iter().filter(|(of, _)| *of == para) {
				any = true;
				let count = match ordered {
					Ordered::Placed => &mut fates.placed,
					Ordered::Failed | Ordered::Refused => &mut fates.failed,
					Ordered::Again => &mut fates.placed_again,
				};
				*count = count.saturating_add(1);
			}
			let on_pool = |cores: &[(CoreIndex, ParaId)]| {
				let those = cores.iter().filter(|(core, of)| *of == para && of_pool(core));
				u32::try_from(those.count()).unwrap_or(u32::MAX)
			};
			let Seen { used, unused, .. } = block;
			fates.served = fates.served.saturating_add(on_pool(used));
			fates.lost = fates.lost.saturating_add(on_pool(unused));
		}
		let last = self.best.values().next_back();
		let claims = last.and_then(|last| self.recorder.blocks.get(*last));
		let claims = claims.into_iter().flat_map(|last| &last.claims);
		let claimed = claims.filter(|(core, of)| *of == para && of_pool(core)).count();
		// Where a para shares a core with the orders for it, turns do not say whose they are.
		fates.served = fates.served.min(fates.placed);
		let rest = fates.placed.saturating_sub(fates.served);
		let claimed = u32::try_from(claimed).unwrap_or(u32::MAX);
		fates.lost = fates.lost.min(rest.saturating_sub(claimed));
		fates.waiting = rest.saturating_sub(fates.lost);
		any.then_some(fates)
	}
}
