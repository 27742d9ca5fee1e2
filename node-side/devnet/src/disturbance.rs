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
/// How long who crashes is away.
const AWAY: Duration = Duration::from_secs(12);

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

	/// What it is in a run. Nothing of it goes on in the run's [calm](Faults::calm_from), which the faults have as well.
	pub fn faults(self, config: &RunConfig) -> Faults {
		let validators: BTreeSet<_> = (0..config.validators as usize).map(NodeId).collect();
		let calm_from = config.faults.calm_from;
		let calm = calm_from.map_or(Instant::MAX, |slot| config.model.slot.saturating_mul(slot));
		let mut faults = Faults {
			calm_from,
			..Faults::default()
		};
		match self {
			// The calm is a matter of slots, so that whoever builds the blocks asks for it.
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
				faults.plan = periods(config, calm).filter(is_late).map(late).collect();
			}
			Self::LossyLinks => {
				let lost = Fault::Parcels {
					from: Nodes::All,
					to: Nodes::All,
					kind: None,
					during: Instant::ZERO..calm,
					effect: Effect::Lose(20_000),
				};
				faults.plan = (!calm.is_zero()).then_some(lost).into_iter().collect();
			}
			Self::Crashes => {
				let nodes = validators.iter().cycle();
				let crash = |((_, during), node): ((u32, Range<Instant>), &NodeId)| Fault::Crash {
					node: *node,
					when: Moment::At(during.start),
					restart_after: Some(AWAY.min(calm.saturating_sub(during.start))),
				};
				// The first period is the run's beginning.
				faults.plan = periods(config, calm).skip(1).zip(nodes).map(crash).collect();
			}
		}
		faults
	}
}

/// Periods of a run before its calm, numbered from 0.
fn periods(config: &RunConfig, calm: Instant) -> impl Iterator<Item = (u32, Range<Instant>)> {
	let end = config.model.slot.saturating_mul(config.blocks).min(calm);
	(0..)
		.map(move |number: u32| {
			let until = PERIOD.saturating_mul(number.saturating_add(1)).min(calm);
			(number, PERIOD.saturating_mul(number)..until)
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
	fn nothing_of_it_goes_on_in_the_calm() {
		let calm_from = |slot| {
			let mut config = RunConfig::default();
			config.faults.calm_from = Some(slot);
			config
		};
		for disturbance in Disturbance::ALL {
			let faults = disturbance.faults(&calm_from(0));
			assert_eq!(faults.plan, [], "{disturbance}");
			assert_eq!(faults.calm_from, Some(0), "{disturbance}");
		}
		for disturbance in Disturbance::ALL {
			for fault in disturbance.faults(&calm_from(6)).plan {
				let end = match fault {
					Fault::Crash {
						when: Moment::At(at),
						restart_after: Some(away),
						..
					} => at + away,
					Fault::Parcels { during, .. } => during.end,
					other => panic!("{disturbance}: {other:?}"),
				};
				assert!(end <= Duration::from_secs(36), "{disturbance}: {end:?}");
			}
			let plan = |config: &RunConfig| disturbance.faults(config).plan.len();
			let all = plan(&RunConfig::default());
			assert_eq!(plan(&calm_from(64)), all, "{disturbance}: the run ends before");
		}
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
