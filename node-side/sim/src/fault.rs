//! The plan of faults: data, so that a run is told by its seed and its plan.

use crate::NodeId;
use async_backing_machine::Instant;
use rand::Rng;
use std::{collections::BTreeSet, ops::Range, time::Duration};

/// All of time.
pub const ALWAYS: Range<Instant> = Instant::ZERO..Instant::MAX;

/// Some nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nodes {
	/// Every node.
	All,
	/// These.
	These(BTreeSet<NodeId>),
	/// All but these.
	Without(BTreeSet<NodeId>),
}

impl Nodes {
	/// One node.
	pub fn one(node: NodeId) -> Self {
		Self::These([node].into())
	}

	/// Whether a node is among them.
	pub fn contains(&self, node: NodeId) -> bool {
		match self {
			Self::All => true,
			Self::These(these) => these.contains(&node),
			Self::Without(others) => !others.contains(&node),
		}
	}
}

/// What goes over a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
	/// A message without answer.
	Message,
	/// What a peer says it knows.
	View,
	/// A request.
	Request,
	/// An answer, or that there is none.
	Answer,
}

/// What happens to a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
	/// So many of a million are lost.
	Lose(u32),
	/// It takes longer, by a time between these, drawn from the seed. Messages of a pair stay in order.
	Delay {
		/// At least.
		least: Duration,
		/// At most.
		most: Duration,
	},
	/// So many of a million messages arrive twice, the second one right behind the first. Requests and answers have an id: what
	/// comes again is none.
	Repeat(u32),
	/// It does not decode: an answer ends its request with
	/// [`Malformed`](async_backing_machine::RequestFailure::Malformed), anything else is lost.
	Garble,
}

/// Loses all.
pub const ALL: u32 = 1_000_000;

/// When a node crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
	/// At this time.
	At(Instant),
	/// With its n-th input, counted from 1 over all its lives: the core handles it, and nothing of what it wants is done.
	Input(u64),
	/// After its n-th output, counted from 1 over all its lives, is carried out; what comes behind it is not.
	Output(u64),
}

/// Something that goes wrong on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
	/// Parcels suffer.
	Parcels {
		/// Whose.
		from: Nodes,
		/// For whom.
		to: Nodes,
		/// Which; `None` for all.
		kind: Option<Kind>,
		/// When they are sent.
		during: Range<Instant>,
		/// What happens.
		effect: Effect,
	},
	/// Some nodes cannot reach the others, nor these them.
	Apart {
		/// One side.
		nodes: BTreeSet<NodeId>,
		/// How long.
		during: Range<Instant>,
		/// Connections break after so much of it, and are made anew at its end; `None` if they last. None is made
		/// meanwhile.
		noticed_after: Option<Duration>,
	},
	/// A node loses all that it has not stored. Of the batches under way some are there, oldest first, drawn from the seed.
	Crash {
		/// Which.
		node: NodeId,
		/// When.
		when: Moment,
		/// When it starts again, counted from the crash; `None` if it does not.
		restart_after: Option<Duration>,
	},
	/// Jobs of a node that begin in this time take longer.
	Slow {
		/// Which.
		node: NodeId,
		/// When.
		during: Range<Instant>,
		/// So many per cent of the usual time.
		percent: u32,
	},
	/// What a node sends in this time goes through a narrow uplink. Four seconds of it may wait; what is over that is lost.
	Clogged {
		/// Which.
		node: NodeId,
		/// When.
		during: Range<Instant>,
		/// Bytes per second.
		bandwidth: u64,
	},
}

impl Fault {
	/// So many of a million parcels are lost, whoever sends them.
	pub fn lossy(of_a_million: u32) -> Self {
		Self::Parcels {
			from: Nodes::All,
			to: Nodes::All,
			kind: None,
			during: ALWAYS,
			effect: Effect::Lose(of_a_million),
		}
	}

	/// A node that hears all and answers no request.
	pub fn silent(node: NodeId, during: Range<Instant>) -> Self {
		Self::Parcels {
			from: Nodes::one(node),
			to: Nodes::All,
			kind: Some(Kind::Answer),
			during,
			effect: Effect::Lose(ALL),
		}
	}

	/// A node that crashes and stays away.
	pub fn dead(node: NodeId, from: Instant) -> Self {
		Self::Crash {
			node,
			when: Moment::At(from),
			restart_after: None,
		}
	}

	/// The highest node that it names.
	pub(crate) fn highest_node(&self) -> Option<NodeId> {
		let highest = |nodes: &Nodes| match nodes {
			Nodes::All => None,
			Nodes::These(nodes) | Nodes::Without(nodes) => nodes.last().copied(),
		};
		match self {
			Self::Parcels { from, to, .. } => highest(from).max(highest(to)),
			Self::Apart { nodes, .. } => nodes.last().copied(),
			Self::Crash { node, .. } | Self::Slow { node, .. } | Self::Clogged { node, .. } => Some(*node),
		}
	}
}

/// What the plan does to a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
	Lost,
	/// Arrives, so much later, maybe as something that does not decode.
	Passes {
		delay: Duration,
		garbled: bool,
		repeated: bool,
	},
}

/// What happens to a parcel that is sent now. All faults apply, in order, until one loses it.
pub(crate) fn judge(
	plan: &[Fault],
	random: &mut impl Rng,
	now: Instant,
	(sender, receiver): (NodeId, NodeId),
	sent: Kind,
) -> Verdict {
	if are_apart(plan, now, sender, receiver) {
		return Verdict::Lost;
	}
	let (mut delay, mut garbled, mut repeated) = (Duration::ZERO, false, false);
	for fault in plan {
		match fault {
			Fault::Parcels {
				from,
				to,
				kind,
				during,
				effect,
			} => {
				let hit = during.contains(&now)
					&& from.contains(sender)
					&& to.contains(receiver)
					&& kind.is_none_or(|kind| kind == sent);
				match effect {
					_ if !hit => {}
					Effect::Lose(of_a_million) if random.gen_range(0..ALL) < *of_a_million => {
						return Verdict::Lost
					}
					Effect::Lose(_) => {}
					Effect::Delay { least, most } => {
						delay = delay.saturating_add(draw(random, *least, *most))
					}
					Effect::Repeat(of_a_million) => {
						repeated |= random.gen_range(0..ALL) < *of_a_million && sent == Kind::Message;
					}
					Effect::Garble => garbled = true,
				}
			}
			Fault::Apart { .. } | Fault::Crash { .. } | Fault::Slow { .. } | Fault::Clogged { .. } => {}
		}
	}
	if garbled && sent != Kind::Answer {
		return Verdict::Lost;
	}
	Verdict::Passes {
		delay,
		garbled,
		repeated,
	}
}

fn draw(random: &mut impl Rng, least: Duration, most: Duration) -> Duration {
	let micros = u64::try_from(most.saturating_sub(least).as_micros()).unwrap_or(u64::MAX);
	least.saturating_add(Duration::from_micros(random.gen_range(0..=micros)))
}

/// How long a job of a node takes that begins now, in per cent of the usual time.
pub(crate) fn slowness(plan: &[Fault], now: Instant, of: NodeId) -> u32 {
	plan.iter().fold(100, |slowness: u32, fault| match fault {
		Fault::Slow {
			node,
			during,
			percent,
		} if *node == of && during.contains(&now) => {
			u32::try_from(u64::from(slowness) * u64::from(*percent) / 100).unwrap_or(u32::MAX)
		}
		_ => slowness,
	})
}

/// What the uplink of a node is narrowed to, in bytes per second: the least of all.
pub(crate) fn clogged(plan: &[Fault], now: Instant, of: NodeId) -> Option<u64> {
	let narrow = plan.iter().filter_map(|fault| match fault {
		Fault::Clogged {
			node,
			during,
			bandwidth,
		} if *node == of && during.contains(&now) => Some(*bandwidth),
		_ => None,
	});
	narrow.min()
}

/// Whether two nodes cannot reach each other.
pub(crate) fn are_apart(plan: &[Fault], now: Instant, one: NodeId, other: NodeId) -> bool {
	plan.iter().any(|fault| match fault {
		Fault::Apart { nodes, during, .. } => {
			during.contains(&now) && nodes.contains(&one) != nodes.contains(&other)
		}
		_ => false,
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use rand_chacha::{rand_core::SeedableRng, ChaCha8Rng};

	const A: NodeId = NodeId(0);
	const B: NodeId = NodeId(1);
	const SECOND: Duration = Duration::from_secs(1);

	fn passes(plan: &[Fault], now: Instant, from: NodeId, to: NodeId, kind: Kind) -> bool {
		let mut random = ChaCha8Rng::seed_from_u64(1);
		judge(plan, &mut random, now, (from, to), kind) != Verdict::Lost
	}

	#[test]
	fn so_many_of_a_million_are_lost() {
		let plan = [Fault::lossy(250_000)];
		let mut random = ChaCha8Rng::seed_from_u64(1);
		let lost = (0..10_000)
			.filter(|_| judge(&plan, &mut random, SECOND, (A, B), Kind::View) == Verdict::Lost)
			.count();
		assert!((2_300..2_700).contains(&lost), "{lost}");
		assert!(!passes(&[Fault::lossy(ALL)], SECOND, A, B, Kind::View));
	}

	#[test]
	fn messages_are_repeated_and_nothing_else() {
		let rule = Fault::Parcels {
			from: Nodes::All,
			to: Nodes::All,
			kind: None,
			during: ALWAYS,
			effect: Effect::Repeat(ALL),
		};
		let mut random = ChaCha8Rng::seed_from_u64(1);
		for (kind, expected) in [
			(Kind::Message, true),
			(Kind::Request, false),
			(Kind::Answer, false),
		] {
			let verdict = judge(std::slice::from_ref(&rule), &mut random, SECOND, (A, B), kind);
			let Verdict::Passes { repeated, .. } = verdict else {
				panic!("nothing is lost")
			};
			assert_eq!(repeated, expected, "{kind:?}");
		}
	}

	#[test]
	fn the_silent_hear_and_say_but_answer_nothing() {
		let plan = [Fault::silent(A, SECOND..2 * SECOND)];
		assert!(!passes(&plan, SECOND, A, B, Kind::Answer));
		assert!(passes(&plan, SECOND, A, B, Kind::Message));
		assert!(passes(&plan, SECOND, B, A, Kind::Answer));
		assert!(passes(&plan, 2 * SECOND, A, B, Kind::Answer));
	}

	#[test]
	fn those_apart_reach_each_other_and_nobody_else() {
		let plan = [Fault::Apart {
			nodes: [A, B].into(),
			during: SECOND..3 * SECOND,
			noticed_after: Some(SECOND),
		}];
		assert!(passes(&plan, SECOND, A, B, Kind::Message));
		assert!(!passes(&plan, SECOND, A, NodeId(2), Kind::Message));
		assert!(!passes(&plan, SECOND, NodeId(2), B, Kind::Message));
		assert!(are_apart(&plan, SECOND, A, NodeId(2)));
		assert!(!are_apart(&plan, SECOND, A, B));
		assert!(!are_apart(&plan, 3 * SECOND, A, NodeId(2)));
	}

	#[test]
	fn delays_add_up_and_what_is_garbled_is_known_for_an_answer_alone() {
		let rule = |effect| Fault::Parcels {
			from: Nodes::All,
			to: Nodes::Without([A].into()),
			kind: None,
			during: ALWAYS,
			effect,
		};
		let delay = Effect::Delay {
			least: SECOND,
			most: SECOND,
		};
		let plan = [rule(delay), rule(delay), rule(Effect::Garble)];
		let mut random = ChaCha8Rng::seed_from_u64(1);
		let verdict = judge(&plan, &mut random, SECOND, (A, B), Kind::Answer);
		let expected = Verdict::Passes {
			delay: 2 * SECOND,
			garbled: true,
			repeated: false,
		};
		assert_eq!(verdict, expected);
		assert!(!passes(&plan, SECOND, A, B, Kind::Message));
		assert!(passes(&plan, SECOND, B, A, Kind::Message));
	}

	#[test]
	fn a_slow_node_is_slow_for_a_while() {
		let slow = |percent| Fault::Slow {
			node: A,
			during: SECOND..2 * SECOND,
			percent,
		};
		assert_eq!(slowness(&[slow(300), slow(200)], SECOND, A), 600);
		assert_eq!(slowness(&[slow(300)], SECOND, B), 100);
		assert_eq!(slowness(&[slow(300)], 2 * SECOND, A), 100);
	}

	#[test]
	fn the_narrowest_uplink_counts_for_a_while() {
		let plan = [300, 200].map(|bandwidth| Fault::Clogged {
			node: A,
			during: SECOND..2 * SECOND,
			bandwidth,
		});
		assert_eq!(clogged(&plan, SECOND, A), Some(200));
		assert_eq!(clogged(&plan, SECOND, B), None);
		assert_eq!(clogged(&plan, 2 * SECOND, A), None);
	}
}
