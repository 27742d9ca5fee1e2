//! What a run's cores are told to do: what of it the chain would refuse or never serve, how many cores it gives a para at
//! once, and how long a para waits for its turn.
//!
//! Whatever the chain would refuse in the first block is refused before the run.

use crate::{
	config::{out_of_range, Assignee, ConfigError, CoreWork, RunConfig},
	PARTS_OF_A_CORE,
};
use async_backing_primitives::{most_turns_in_a_row, step_of_turns, ParaId};
use std::collections::BTreeSet;

impl CoreWork {
	/// Whether it is the core's work in a block, unless other work has begun since.
	fn is_at(&self, block: u32) -> bool {
		self.begin <= block && self.end.is_none_or(|end| block < end)
	}

	fn serves(&self, assignee: Assignee) -> bool {
		self.shares.iter().any(|(of, _)| *of == assignee)
	}

	/// Blocks that pass, at most, from a turn of a para on a core that it shares until its next one. Turns of one share follow
	/// one another, as many as it has times the smallest share (R-SCH-7), so that small shares make for long waits.
	pub fn longest_wait(&self, para: ParaId) -> Option<u32> {
		let own = Assignee::Para(para);
		let step = step_of_turns(self.shares.iter().map(|(_, parts)| *parts));
		let others = self.shares.iter().filter(|(of, _)| *of != own);
		let turns = others.map(|(_, parts)| u32::from(most_turns_in_a_row(*parts, step)));
		self.serves(own).then_some(turns.sum())
	}

	/// Refuses what is no work: shares that are not a whole or come twice, and a lease without blocks.
	pub(crate) fn check(&self) -> Result<(), ConfigError> {
		let parts: u32 = self.shares.iter().map(|(_, parts)| u32::from(*parts)).sum();
		let whole = u32::from(PARTS_OF_A_CORE);
		if parts != whole || self.shares.iter().any(|(_, parts)| *parts == 0) {
			let allowed = format!("shares that add up to {whole}, and no empty one");
			return Err(out_of_range("core", format!("{parts} parts"), allowed));
		}
		for (position, (assignee, _)) in self.shares.iter().enumerate() {
			let mut before = self.shares.iter().take(position);
			if before.any(|(other, _)| other == assignee) {
				let allowed = "one share for each that it works for (R-SCH-7)".into();
				return Err(out_of_range("core", format!("{assignee} twice"), allowed));
			}
		}
		match self.end {
			Some(end) if end <= self.begin => {
				let allowed = "a lease that ends after the block in which it begins".into();
				Err(out_of_range("core", format!("{}..{end}", self.begin), allowed))
			}
			_ => Ok(()),
		}
	}
}

impl std::fmt::Display for Assignee {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		match self {
			Self::Idle => f.write_str("idle"),
			Self::Pool => f.write_str("pool"),
			Self::Para(para) => write!(f, "{}", para.0),
		}
	}
}

/// Refuses what the works come to together: two for one core that begin in one block, of which the second would replace the
/// first, and orders that no core serves.
pub(crate) fn check(config: &RunConfig) -> Result<(), ConfigError> {
	let mut begins = BTreeSet::new();
	for work in &config.works {
		work.check()?;
		if !begins.insert((work.core, work.begin)) {
			return Err(out_of_range(
				"core",
				format!("{} twice from block {}", work.core, work.begin),
				"given other work only in another block: the second replaces the first".into(),
			));
		}
	}
	let serves_orders = match &config.works[..] {
		[] => config.on_demand > 0,
		works => works.iter().any(|work| work.serves(Assignee::Pool)),
	};
	let allowed = || "used with a core that works for the pool: no other serves orders (R-SCH-8)".to_owned();
	match config.orders_for.first() {
		_ if serves_orders => Ok(()),
		Some(para) => Err(out_of_range("orders_for", para.0.to_string(), allowed())),
		None if config.on_demand > 0 => {
			let count = config.on_demand.to_string();
			Err(out_of_range("on_demand", count, allowed()))
		}
		None => Ok(()),
	}
}

/// The most blocks that works and orders give one para in one relay block: one for each core that has a share for it, and one
/// if somebody orders blocks for it and some core serves that (R-SCH-8 to R-SCH-10). Zero where there are no works.
pub fn most_cores_at_once(works: &[CoreWork], orders_for: &[ParaId]) -> u32 {
	let paras: BTreeSet<ParaId> = works
		.iter()
		.flat_map(|work| &work.shares)
		.filter_map(|(assignee, _)| match assignee {
			Assignee::Para(para) => Some(*para),
			Assignee::Idle | Assignee::Pool => None,
		})
		.chain(orders_for.iter().copied())
		.collect();
	let at = |para: ParaId, block: u32| {
		// The newest work of each core.
		let is_newest = |work: &&CoreWork| {
			let newer = works
				.iter()
				.filter(|other| other.core == work.core && other.begin <= block);
			work.is_at(block) && newer.map(|other| other.begin).max() == Some(work.begin)
		};
		let now = || works.iter().filter(is_newest);
		let own = now().filter(|work| work.serves(Assignee::Para(para))).count();
		let ordered = orders_for.contains(&para) && now().any(|work| work.serves(Assignee::Pool));
		own.saturating_add(usize::from(ordered))
	};
	let most = paras
		.iter()
		.flat_map(|para| works.iter().map(move |work| at(*para, work.begin)));
	u32::try_from(most.max().unwrap_or(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
	use super::*;

	const WHOLE: u16 = PARTS_OF_A_CORE;

	fn para(id: u32) -> Assignee {
		Assignee::Para(ParaId(id))
	}

	fn work(core: u32, shares: &[(Assignee, u16)]) -> CoreWork {
		CoreWork {
			core,
			begin: 0,
			end: None,
			shares: shares.to_vec(),
		}
	}

	fn lease(core: u32, begin: u32, end: u32) -> CoreWork {
		CoreWork {
			begin,
			end: Some(end),
			..work(core, &[(para(2000), WHOLE)])
		}
	}

	fn refused(works: Vec<CoreWork>, orders_for: Vec<ParaId>, on_demand: u32) -> Result<(), String> {
		let config = RunConfig {
			works,
			orders_for,
			on_demand,
			..RunConfig::default()
		};
		config.validate().map_err(|error| error.to_string())
	}

	#[test]
	fn r_sch_7_what_the_chain_refuses_is_refused_before_the_run() {
		let half = WHOLE / 2;
		let whole = || work(0, &[(para(2000), WHOLE)]);
		let rows = [
			(
				vec![work(0, &[(para(2000), half), (para(2000), half)])],
				Err("core is 2000 twice, but must be one share for each that it works for (R-SCH-7)"),
			),
			(
				vec![work(0, &[(Assignee::Pool, half), (Assignee::Pool, half)])],
				Err("core is pool twice, but must be one share for each that it works for (R-SCH-7)"),
			),
			(
				vec![lease(0, 20, 10)],
				Err("core is 20..10, but must be a lease that ends after the block in which it begins"),
			),
			(
				vec![lease(0, 5, 5)],
				Err("core is 5..5, but must be a lease that ends after the block in which it begins"),
			),
			(
				vec![whole(), work(0, &[(para(2001), WHOLE)])],
				Err(
					"core is 0 twice from block 0, but must be given other work only in another block: the second \
					 replaces the first",
				),
			),
			(vec![whole(), lease(0, 10, 20)], Ok(())),
			(vec![whole(), work(1, &[(para(2000), WHOLE)])], Ok(())),
		];
		for (works, expected) in rows {
			assert_eq!(
				refused(works.clone(), vec![], 0),
				expected.map_err(str::to_owned),
				"R-SCH-7: {works:?}"
			);
		}
	}

	#[test]
	fn r_sch_8_orders_that_no_core_serves_are_refused() {
		let whole = || work(0, &[(para(2000), WHOLE)]);
		let pool = || work(1, &[(Assignee::Pool, WHOLE)]);
		let order = || vec![ParaId(2000)];
		let no = |name, value| {
			Err(format!(
				"{name} is {value}, but must be used with a core that works for the pool: no other serves orders (R-SCH-8)"
			))
		};
		assert_eq!(refused(vec![], order(), 0), no("orders_for", 2000), "R-SCH-8");
		assert_eq!(
			refused(vec![whole()], order(), 0),
			no("orders_for", 2000),
			"R-SCH-8"
		);
		assert_eq!(refused(vec![whole()], vec![], 1), no("on_demand", 1), "R-SCH-8");
		assert_eq!(refused(vec![], order(), 1), Ok(()));
		assert_eq!(refused(vec![whole(), pool()], order(), 0), Ok(()));
		assert_eq!(refused(vec![whole(), pool()], vec![], 1), Ok(()));
	}

	#[test]
	fn r_sch_10_the_most_that_cores_give_a_para_at_once() {
		let whole = |core| work(core, &[(para(2000), WHOLE)]);
		let pool = || work(1, &[(Assignee::Pool, WHOLE)]);
		let order = [ParaId(2000)];
		assert_eq!(most_cores_at_once(&[], &[]), 0);
		assert_eq!(most_cores_at_once(&[whole(0)], &[]), 1);
		assert_eq!(most_cores_at_once(&[whole(0), whole(1)], &[]), 2);
		assert_eq!(most_cores_at_once(&[whole(0), pool()], &[]), 1);
		assert_eq!(most_cores_at_once(&[whole(0), pool()], &order), 2, "R-SCH-10");
		let twice = [ParaId(2000), ParaId(2000)];
		assert_eq!(
			most_cores_at_once(&[whole(0), pool()], &twice),
			2,
			"R-SCH-8: one order a block"
		);
		let other = work(1, &[(para(2001), WHOLE)]);
		assert_eq!(most_cores_at_once(&[whole(0), other], &[]), 1, "one each");
		// 12 to 35 on a second core, 20 to 27 on a third; those of a fourth begin when both have ended.
		let leases = [whole(0), lease(1, 12, 36), lease(2, 20, 28), lease(3, 36, 40)];
		assert_eq!(most_cores_at_once(&leases, &[]), 3);
		// A core has one work at a time.
		assert_eq!(most_cores_at_once(&[whole(0), lease(0, 5, 9)], &[]), 1);
	}

	#[test]
	fn r_sch_7_small_shares_make_for_long_waits() {
		let wait = |work: &CoreWork| [2000, 2001, 2002].map(|id| work.longest_wait(ParaId(id)));
		let thirds = work(0, &[(para(2000), 19_200), (para(2001), 38_400)]);
		assert_eq!(wait(&thirds), [Some(2), Some(1), None], "R-SCH-7: A A B");
		let uneven = work(0, &[(para(2000), 3), (para(2001), 28_797), (para(2002), 28_800)]);
		assert_eq!(wait(&uneven), [Some(19_199), Some(9601), Some(9600)], "R-SCH-7");
		assert_eq!(wait(&work(0, &[(para(2000), WHOLE)]))[0], Some(0));
	}
}
