//! What goes wrong on purpose, as flags say it: each by itself, in any combination, for a while or to the end of the run.
//!
//! A [`Trouble`] is data: its text is the value of its [flag](Trouble::flag), and reads back as itself. Times are slots of
//! the relay chain, counted from the beginning of the run. What is drawn, such as which parcel is lost, is drawn from the
//! seed of the run.

mod collators;
mod draw;
mod parse;
#[cfg(test)]
mod tests;
mod validators;

pub use collators::Misconduct;
pub(crate) use collators::Misled;
pub use draw::{Arena, Mix};
pub(crate) use validators::Faulty;

use crate::{config::out_of_range, ConfigError, RunConfig};
use async_backing_sim::{Effect, Fault, Instant, Moment, NodeId, Nodes, ALL};
use std::{collections::BTreeSet, fmt, ops::Range, time::Duration};

/// When those who cannot reach each other notice, and take their connections for broken.
const NOTICED_AFTER: Duration = Duration::from_secs(1);
/// Longest time that a parcel is held up, in milliseconds.
const MAX_DELAY_MS: u32 = 60_000;
/// Longest partition, in slots: less than what nodes remember of the relay chain.
pub(crate) const MAX_PARTITION: u32 = 40;

/// Slots from one on, and before another: `10..40`, or `10..` to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slots {
	/// First.
	pub from: u32,
	/// First that is none of them; `None` if all others are.
	pub to: Option<u32>,
}

impl Slots {
	/// All.
	pub const ALL: Self = Self { from: 0, to: None };

	/// The same up to another slot at most.
	fn before(self, calm: Option<u32>) -> Self {
		let to = self.to.into_iter().chain(calm).min();
		Self { to, ..self }
	}

	fn time(self, slot: Duration) -> Range<Instant> {
		let end = self.to.map_or(Instant::MAX, |to| slot.saturating_mul(to));
		slot.saturating_mul(self.from)..end
	}
}

/// Nodes with numbers from one to another, both among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
	/// First.
	pub first: u32,
	/// Last.
	pub last: u32,
}

impl Span {
	/// Whether this node is one of them.
	pub const fn contains(&self, node: u32) -> bool {
		self.first <= node && node <= self.last
	}
}

/// What a validator does wrong. Its other half is honest: it does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ValidatorMisconduct {
	/// It tells nobody of statements, its own or others'.
	WithholdStatements,
	/// It hands out no chunks and no data, and says of its own that it has them.
	WithholdChunks,
	/// It tells nobody what it or anybody else has, and puts no bitfield into its blocks.
	WithholdBitfields,
	/// It finds every candidate valid, and says so. Two of them in one group have a quorum of their own.
	VouchForAll,
	/// With each candidate that it seconds it seconds another one that is not there, and confirms its own beside.
	Equivocate,
	/// It says in manifests and acknowledgements that the whole group has seconded and confirmed the candidate.
	LieInManifests,
	/// It says nothing, answers nobody, and builds no blocks.
	Mute,
}

impl ValidatorMisconduct {
	/// All kinds.
	pub const EVERY: [Self; 7] = [
		Self::WithholdStatements,
		Self::WithholdChunks,
		Self::WithholdBitfields,
		Self::VouchForAll,
		Self::Equivocate,
		Self::LieInManifests,
		Self::Mute,
	];

	/// Its name.
	pub const fn name(self) -> &'static str {
		match self {
			Self::WithholdStatements => "withhold-statements",
			Self::WithholdChunks => "withhold-chunks",
			Self::WithholdBitfields => "withhold-bitfields",
			Self::VouchForAll => "vouch-for-all",
			Self::Equivocate => "equivocate",
			Self::LieInManifests => "lie-in-manifests",
			Self::Mute => "mute",
		}
	}
}

/// Who misbehaves, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misbehaviour {
	/// A validator, by its number: `v3=withhold-chunks`.
	Validator(u32, ValidatorMisconduct),
	/// A collator, by its number among those of all paras: `c0=mute`.
	Collator(u32, Misconduct),
}

/// Something that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
	/// So many of a million parcels are lost.
	Loss {
		/// How many.
		of_a_million: u32,
		/// When.
		during: Slots,
	},
	/// So many of a million messages arrive twice.
	Repeat {
		/// How many.
		of_a_million: u32,
		/// When.
		during: Slots,
	},
	/// Parcels take longer, by a time between these. Messages of a pair stay in order; others overtake.
	Delay {
		/// At least, in milliseconds.
		least_ms: u32,
		/// At most, in milliseconds.
		most_ms: u32,
		/// When.
		during: Slots,
	},
	/// Sides that cannot reach one another, neither by messages nor by relay blocks. Nodes are numbered, validators first, then
	/// the collators, para by para; who is not named is on the last side.
	Partition {
		/// When. It heals.
		during: Slots,
		/// The sides.
		sides: Vec<Vec<Span>>,
	},
	/// A node crashes, and starts again with what it had stored.
	Crash {
		/// Its number.
		node: u32,
		/// Slot in whose middle it crashes.
		at: u32,
		/// Slots that it is away; `None` if it does not come back.
		away: Option<u32>,
	},
	/// Jobs of a node take longer.
	Slow {
		/// Its number.
		node: u32,
		/// So many per cent of the usual time.
		percent: u32,
		/// When.
		during: Slots,
	},
	/// What a node sends goes through an uplink that is far too narrow: it is late, and what waits too long is lost.
	Clog {
		/// Its number.
		node: u32,
		/// Bytes per second.
		bytes_per_second: u32,
		/// When.
		during: Slots,
	},
	/// Somebody does not do what it should.
	Misbehaviour(Misbehaviour),
}

impl Trouble {
	/// The flag that it is a value of.
	pub const fn flag(&self) -> &'static str {
		match self {
			Self::Loss { .. } => "--loss",
			Self::Repeat { .. } => "--repeat",
			Self::Delay { .. } => "--delay",
			Self::Partition { .. } => "--partition",
			Self::Crash { .. } => "--crash",
			Self::Slow { .. } => "--slow",
			Self::Clog { .. } => "--clog",
			Self::Misbehaviour(_) => "--misconduct",
		}
	}

	/// Slot in which it begins; `None` for what goes on all the time.
	pub const fn begins(&self) -> Option<u32> {
		match self {
			Self::Loss { during, .. }
			| Self::Repeat { during, .. }
			| Self::Delay { during, .. }
			| Self::Partition { during, .. }
			| Self::Slow { during, .. }
			| Self::Clog { during, .. } => Some(during.from),
			Self::Crash { at, .. } => Some(*at),
			Self::Misbehaviour(_) => None,
		}
	}

	/// Adds it to the faults of a run. What ends of itself ends before the run's [calm](crate::Faults::calm_from) at the latest,
	/// and what would begin in the calm does not.
	///
	/// # Errors
	/// The run has no such node, or what is asked for cannot be.
	pub fn add(&self, config: &mut RunConfig) -> Result<(), ConfigError> {
		let slot = config.model.slot;
		let calm = config.faults.calm_from;
		let planned = config.faults.plan.len();
		let time = |during: &Slots| during.before(calm).time(slot);
		let nodes = u32::try_from(config.nodes()).unwrap_or(u32::MAX);
		let refuse = |allowed: String| Err(out_of_range(&self.flag()[2..], self.to_string(), allowed));
		let node = |number: u32| match number < nodes {
			true => Ok(NodeId(number as usize)),
			false => Err(out_of_range(
				&self.flag()[2..],
				self.to_string(),
				format!("a node below {nodes}"),
			)),
		};
		let parcels = |during: &Slots, effect| Fault::Parcels {
			from: Nodes::All,
			to: Nodes::All,
			kind: None,
			during: time(during),
			effect,
		};
		match self {
			Self::Loss {
				of_a_million, during, ..
			} => config
				.faults
				.plan
				.push(parcels(during, Effect::Lose(*of_a_million))),
			Self::Repeat { of_a_million, during } => config
				.faults
				.plan
				.push(parcels(during, Effect::Repeat(*of_a_million))),
			Self::Delay {
				least_ms,
				most_ms,
				during,
			} => {
				let effect = Effect::Delay {
					least: Duration::from_millis((*least_ms).into()),
					most: Duration::from_millis((*most_ms).into()),
				};
				config.faults.plan.push(parcels(during, effect));
			}
			Self::Partition { during, sides } => {
				let during = during.before(calm);
				let length = during.to.map(|to| to.saturating_sub(during.from));
				if length.is_none_or(|length| length > MAX_PARTITION) {
					return refuse(format!("one that heals within {MAX_PARTITION} slots"));
				}
				for span in sides.iter().flatten() {
					node(span.last)?;
				}
				// Each side but the last is apart from all others.
				for side in sides.iter().rev().skip(1) {
					let numbers = side.iter().flat_map(|span| span.first..=span.last);
					let nodes: BTreeSet<_> = numbers.map(|number| NodeId(number as usize)).collect();
					config.faults.plan.push(Fault::Apart {
						nodes,
						during: during.time(slot),
						noticed_after: Some(NOTICED_AFTER),
					});
				}
			}
			Self::Crash { node: who, at, away } => {
				let when = slot.saturating_mul(*at).saturating_add(slot / 2);
				let calm = calm.map(|calm| slot.saturating_mul(calm));
				let until_calm = calm.map(|calm| calm.saturating_sub(when));
				let away = away.map(|away| slot.saturating_mul(away));
				config.faults.plan.push(Fault::Crash {
					node: node(*who)?,
					when: Moment::At(when),
					restart_after: away.into_iter().chain(until_calm).min(),
				});
			}
			Self::Slow {
				node: who,
				percent,
				during,
			} => config.faults.plan.push(Fault::Slow {
				node: node(*who)?,
				during: time(during),
				percent: *percent,
			}),
			Self::Clog {
				node: who,
				bytes_per_second,
				during,
			} => config.faults.plan.push(Fault::Clogged {
				node: node(*who)?,
				during: time(during),
				bandwidth: (*bytes_per_second).into(),
			}),
			Self::Misbehaviour(Misbehaviour::Validator(number, misconduct)) => {
				let validators = config.validators;
				if *number >= validators {
					return refuse(format!("a validator below {validators}"));
				}
				let node = NodeId(*number as usize);
				config.faults.validators.insert(node, *misconduct);
			}
			Self::Misbehaviour(Misbehaviour::Collator(number, misconduct)) => {
				let collators = nodes.saturating_sub(config.validators);
				if *number >= collators {
					return refuse(format!("a collator below {collators}"));
				}
				let node = NodeId(number.saturating_add(config.validators) as usize);
				config.faults.collators.insert(node, *misconduct);
			}
		}
		// Who asks for what cannot be is told so nevertheless.
		if self.begins().zip(calm).is_some_and(|(from, calm)| from >= calm) {
			config.faults.plan.truncate(planned);
		}
		Ok(())
	}
}

impl fmt::Display for Slots {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "{}..", self.from)?;
		self.to.map_or(Ok(()), |to| write!(f, "{to}"))
	}
}

impl fmt::Display for Span {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self.first == self.last {
			true => write!(f, "{}", self.first),
			false => write!(f, "{}-{}", self.first, self.last),
		}
	}
}

/// Slots behind an `@`, unless they are all.
struct At(Slots);

impl fmt::Display for At {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self.0 == Slots::ALL {
			true => Ok(()),
			false => write!(f, "@{}", self.0),
		}
	}
}

/// So many of a million, in per cent.
struct Percent(u32);

impl fmt::Display for Percent {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		const OF_A_PERCENT: u32 = ALL / 100;
		let (whole, rest) = (self.0 / OF_A_PERCENT, self.0 % OF_A_PERCENT);
		match rest {
			0 => write!(f, "{whole}"),
			rest => write!(f, "{whole}.{}", format!("{rest:04}").trim_end_matches('0')),
		}
	}
}

impl fmt::Display for Trouble {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Loss { of_a_million, during } | Self::Repeat { of_a_million, during } => {
				write!(f, "{}{}", Percent(*of_a_million), At(*during))
			}
			Self::Delay {
				least_ms,
				most_ms,
				during,
			} => write!(f, "{least_ms}..{most_ms}{}", At(*during)),
			Self::Partition { during, sides } => {
				let side = |side: &Vec<Span>| {
					let spans: Vec<_> = side.iter().map(Span::to_string).collect();
					spans.join(",")
				};
				let sides: Vec<_> = sides.iter().map(side).collect();
				write!(f, "{during}:{}", sides.join("|"))
			}
			Self::Crash { node, at, away } => {
				write!(f, "{node}@{at}")?;
				away.map_or(Ok(()), |away| write!(f, "+{away}"))
			}
			Self::Slow {
				node,
				percent,
				during,
			} => write!(f, "{node}={percent}{}", At(*during)),
			Self::Clog {
				node,
				bytes_per_second,
				during,
			} => write!(f, "{node}={bytes_per_second}{}", At(*during)),
			Self::Misbehaviour(Misbehaviour::Validator(number, what)) => {
				write!(f, "v{number}={}", what.name())
			}
			Self::Misbehaviour(Misbehaviour::Collator(number, what)) => {
				write!(f, "c{number}={}", what.name())
			}
		}
	}
}
