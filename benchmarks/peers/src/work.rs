//! What both sides do with candidates and leaves, ready to be timed.

use crate::{
	emulator::transcode,
	measure::{beyond, compare, quick, timed, timed_with, Comparison},
	subsystem::Subsystem,
};
use async_backing_node_benchmarks::forest::{forks, Candidates, Schedule, PARA, RELAY_PARENT};
use async_backing_prospective_parachains::{Candidate, TreeLimits, UnconnectedLimits, View, ViewConfig};
use polkadot_primitives as theirs;
use std::hint::black_box;

/// Whose work is compared with ours in this module.
pub const PEER: &str =
	"prospective-parachains 35, fragment chains, through its subsystem interface on this thread";

/// Whether candidates are backed as soon as they are introduced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backed {
	/// Nobody is.
	None,
	/// Each one before the next is introduced.
	AtOnce,
}

/// A candidate in the other side's types.
#[derive(Clone, Debug)]
pub struct Translated {
	pub receipt: theirs::CommittedCandidateReceiptV2,
	pub validation_data: theirs::PersistedValidationData,
	pub hash: theirs::CandidateHash,
}

/// Candidates in both sides' types. Ours are checked and hashed, theirs have their hashes beside them.
#[derive(Clone, Debug)]
pub struct Both {
	pub ours: Vec<Candidate>,
	pub theirs: Vec<Translated>,
}

impl Both {
	pub fn new(candidates: &Candidates) -> Self {
		let check = |(receipt, data): &(_, _)| {
			Candidate::new(Clone::clone(receipt), Clone::clone(data), false).expect("it is valid")
		};
		let translate = |(receipt, data): &(_, _)| {
			let receipt: theirs::CommittedCandidateReceiptV2 = transcode(receipt);
			Translated {
				hash: receipt.hash(),
				validation_data: transcode(data),
				receipt,
			}
		};
		Self {
			ours: candidates.iter().map(check).collect(),
			theirs: candidates.iter().map(translate).collect(),
		}
	}

	pub fn len(&self) -> usize {
		self.ours.len()
	}

	pub fn is_empty(&self) -> bool {
		self.ours.is_empty()
	}
}

/// Our view with one leaf. Its bounds are above what any row needs.
pub fn view(schedule: &Schedule) -> View {
	let mut view = View::new(ViewConfig {
		tree_limits: Some(TreeLimits {
			max_candidates: 40_000,
			max_nodes: 160_000,
			max_nodes_per_candidate: u32::MAX,
		}),
		unconnected: UnconnectedLimits {
			max_candidates: 40_000,
			max_bytes: 1 << 30,
		},
		..ViewConfig::default()
	});
	let _ = view.update_leaves(&[schedule.leaf(RELAY_PARENT, 0)], &[]);
	view
}

/// Their subsystem with the same leaf.
pub fn subsystem(schedule: &Schedule) -> Subsystem {
	let mut subsystem = Subsystem::start(schedule);
	subsystem.update_leaves((RELAY_PARENT, 0), None);
	subsystem
}

/// Our view takes candidates in.
pub fn introduce_ours(view: &mut View, candidates: Vec<Candidate>, backed: Backed) {
	for candidate in candidates {
		let (para, hash) = (candidate.para_id(), candidate.hash());
		view.introduce_checked(candidate).expect("there is room");
		if backed == Backed::AtOnce {
			view.note_backed(para, hash).expect("it was introduced");
		}
	}
}

/// Their subsystem takes candidates in. How many it says that it keeps.
pub fn introduce_theirs(subsystem: &mut Subsystem, candidates: Vec<Translated>, backed: Backed) -> usize {
	let mut kept = 0;
	for candidate in candidates {
		let para = candidate.receipt.descriptor.para_id();
		kept += usize::from(subsystem.introduce(candidate.receipt, candidate.validation_data));
		if backed == Backed::AtOnce {
			subsystem.back(para, candidate.hash);
		}
	}
	kept
}

/// How many of these candidates their subsystem keeps. Ours keeps all.
pub fn kept_by_theirs(schedule: &Schedule, candidates: &Candidates, backed: Backed) -> usize {
	introduce_theirs(&mut subsystem(schedule), Both::new(candidates).theirs, backed)
}

/// The hashes of a candidate that both sides need. Ours is told them.
pub fn hash(candidate: &Translated) {
	black_box((
		candidate.receipt.hash(),
		candidate.validation_data.hash(),
		candidate.validation_data.parent_head.hash(),
		candidate.receipt.commitments.head_data.hash(),
	));
}

/// What of their introducing candidates is not the work: a question and a message for each that a subsystem has no work
/// with, and its hashes.
fn around(idle: &mut Subsystem, candidates: &[Translated], backed: Backed) {
	for candidate in candidates {
		idle.round_trip();
		hash(candidate);
		if backed == Backed::AtOnce {
			idle.one_way();
		}
	}
}

/// In words what is taken off theirs, with what it comes to.
pub fn taken_off() -> String {
	let mut idle = subsystem(&Schedule::default());
	let question = quick(&mut timed(|| idle.round_trip()));
	let message = quick(&mut timed(|| idle.one_way()));
	let candidate = Both::new(&forks(1, 1)).theirs.remove(0);
	let hashing = quick(&mut timed(|| hash(&candidate)));
	format!(
		"Taken off theirs, and measured in turn with it: a question and a message that it has no work with (about \
		 {question:.0} and {message:.0} ns), and where candidates are introduced the four hashes of each (about \
		 {hashing:.0} ns; ours is told them). Bounds of both are above the size of every row."
	)
}

/// Candidates are introduced, one after the other, where nothing was before: time of all.
pub fn growth(schedule: &Schedule, candidates: &Candidates, backed: Backed) -> Comparison {
	let both = Both::new(candidates);
	assert!(
		backed == Backed::AtOnce || kept_by_theirs(schedule, candidates, backed) == candidates.len(),
		"where nobody is backed, both sides keep all candidates"
	);
	let mut ours = timed_with(
		|| (view(schedule), both.ours.clone()),
		|(mut view, candidates)| {
			introduce_ours(&mut view, candidates, backed);
			view
		},
	);
	let theirs = timed_with(
		|| (subsystem(schedule), both.theirs.clone()),
		|(mut subsystem, candidates)| {
			introduce_theirs(&mut subsystem, candidates, backed);
			subsystem
		},
	);
	let mut idle = subsystem(&Schedule::default());
	let mut net = beyond(theirs, timed(|| around(&mut idle, &both.theirs, backed)));
	compare(&mut ours, &mut net)
}

/// A leaf comes and its sibling goes; the candidates are there.
pub fn new_leaf(schedule: &Schedule, candidates: &Candidates, backed: Backed) -> Comparison {
	let both = Both::new(candidates);
	let mut view = view(schedule);
	introduce_ours(&mut view, both.ours, backed);
	let siblings = [1, 2].map(|fork| schedule.leaf(RELAY_PARENT + 1, fork));
	let _ = view.update_leaves(&siblings[..1], &[]);
	let mut turn = 0;
	let mut ours = timed(|| {
		let [gone, comes] = [turn % 2, (turn + 1) % 2];
		turn += 1;
		view.update_leaves(&siblings[comes..=comes], &[siblings[gone].block.hash])
	});
	let mut subsystem = subsystem(schedule);
	introduce_theirs(&mut subsystem, both.theirs, backed);
	subsystem.update_leaves((RELAY_PARENT + 1, 1), None);
	let mut turn = 0;
	let theirs = timed(|| {
		let [gone, comes] = [turn % 2, (turn + 1) % 2].map(|sibling| (RELAY_PARENT + 1, sibling + 1));
		turn += 1;
		subsystem.update_leaves(comes, Some(gone));
	});
	let mut idle = self::subsystem(&Schedule::default());
	let mut net = beyond(theirs, timed(|| idle.one_way()));
	compare(&mut ours, &mut net)
}

/// The best path for so many cores of a para, after all these candidates were backed.
pub fn selection(schedule: &Schedule, candidates: &Candidates, count: usize) -> Comparison {
	let both = Both::new(candidates);
	let mut view = view(schedule);
	introduce_ours(&mut view, both.ours, Backed::AtOnce);
	let mut subsystem = subsystem(schedule);
	introduce_theirs(&mut subsystem, both.theirs, Backed::AtOnce);
	let at = schedule.leaf(RELAY_PARENT, 0).block.hash;
	assert_eq!(view.get_backable(at, PARA, &[], count).len(), count);
	assert_eq!(subsystem.backable((RELAY_PARENT, 0), count as u32).len(), count);
	let mut ours = timed(|| view.get_backable(black_box(at), PARA, &[], count));
	let theirs = timed(|| subsystem.backable((RELAY_PARENT, 0), count as u32));
	let mut idle = self::subsystem(&Schedule::default());
	let mut net = beyond(theirs, timed(|| idle.round_trip()));
	compare(&mut ours, &mut net)
}
