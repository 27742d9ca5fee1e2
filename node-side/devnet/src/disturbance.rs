//! Disturbances of a run: the same for synchronous and asynchronous backing, so that what they cost can be compared.

use crate::{Faults, RunConfig};
use async_backing_sim::{Effect, Fault, Instant, Kind, Moment, NodeId, Nodes};
use std::{collections::BTreeSet, fmt, ops::Range, str::FromStr, time::Duration};

/// What disturbs a run. None of it stops it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disturbance {
	/// Every fifth relay block backs nothing: its author put no candidates into it.
	EmptyBlocks,
	/// Every other half minute what collators say takes four to six seconds longer, so that backers begin late, and quorums are
	/// late.
	LateQuorums,
	/// One of fifty parcels is lost, whatever it is.
	LossyLinks,
	/// Every half minute another validator crashes, and is away for twelve seconds. The blocks of its slots are missing.
	Crashes,
}

/// What comes and goes does so at this pace.
const PERIOD: Duration = Duration::from_secs(30);

impl Disturbance {
	/// All of them.
	pub const ALL: [Self; 4] = [
		Self::EmptyBlocks,
		Self::LateQuorums,
		Self::LossyLinks,
		Self::Crashes,
	];

	/// Its name.
	pub const fn name(self) -> &'static str {
		match self {
			Self::EmptyBlocks => "empty-blocks",
			Self::LateQuorums => "late-quorums",
			Self::LossyLinks => "lossy-links",
			Self::Crashes => "crashes",
		}
	}

	/// What it is in a run.
	pub fn faults(self, config: &RunConfig) -> Faults {
		let validators: BTreeSet<_> = (0..config.validators as usize).map(NodeId).collect();
		let mut faults = Faults::default();
		match self {
			Self::EmptyBlocks => faults.backs_nothing = (5..=config.blocks).step_by(5).collect(),
			Self::LateQuorums => {
				let is_late = |(number, _): &(u32, Range<Instant>)| number % 2 == 1;
				let late = |(_, during)| Fault::Parcels {
					from: Nodes::Without(validators.clone()),
					to: Nodes::All,
					kind: Some(Kind::Message),
					during,
					effect: Effect::Delay {
						least: Duration::from_secs(4),
						most: Duration::from_secs(6),
					},
				};
				faults.plan = periods(config).filter(is_late).map(late).collect();
			}
			Self::LossyLinks => faults.plan = vec![Fault::lossy(20_000)],
			Self::Crashes => {
				let nodes = validators.iter().cycle();
				let crash = |((_, during), node): ((u32, Range<Instant>), &NodeId)| Fault::Crash {
					node: *node,
					when: Moment::At(during.start),
					restart_after: Some(Duration::from_secs(12)),
				};
				// The first period is the run's beginning.
				faults.plan = periods(config).skip(1).zip(nodes).map(crash).collect();
			}
		}
		faults
	}
}

/// Periods of a run, numbered from 0.
fn periods(config: &RunConfig) -> impl Iterator<Item = (u32, Range<Instant>)> {
	let end = config.model.slot.saturating_mul(config.blocks);
	(0..)
		.map(|number| {
			(
				number,
				PERIOD.saturating_mul(number)..PERIOD.saturating_mul(number + 1),
			)
		})
		.take_while(move |(_, during)| during.start < end)
}

impl fmt::Display for Disturbance {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(self.name())
	}
}

impl FromStr for Disturbance {
	type Err = String;

	fn from_str(name: &str) -> Result<Self, String> {
		let found = Self::ALL.into_iter().find(|known| known.name() == name);
		found.ok_or_else(|| {
			let names = Self::ALL.map(Self::name).join("', '");
			format!("must be one of '{names}'")
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_disturbance_is_called_by_its_name() {
		for disturbance in Disturbance::ALL {
			assert_eq!(disturbance.name().parse(), Ok(disturbance));
		}
		assert_eq!(
			"rain".parse::<Disturbance>(),
			Err("must be one of 'empty-blocks', 'late-quorums', 'lossy-links', 'crashes'".into())
		);
	}

	#[test]
	fn it_comes_and_goes_as_long_as_the_run_lasts() {
		let config = RunConfig::default();
		let plan = |disturbance: Disturbance| disturbance.faults(&config).plan.len();
		// Six minutes.
		assert_eq!(plan(Disturbance::LateQuorums), 6);
		assert_eq!(plan(Disturbance::Crashes), 11);
		let empty = Disturbance::EmptyBlocks.faults(&config).backs_nothing;
		assert_eq!(empty.len(), 12);
	}
}
