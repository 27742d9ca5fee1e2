//! Every small world: all orders in which a few candidates arrive and are backed, blocks are made, candidates become available or
//! time out, through the real view, provisioner and runtime (R-GLO-10, R-BASE-18, R-TRE-5, R-INC-3).
//!
//! A world is a shape (which candidate builds on which, on which core, and who its rivals are) on a relay chain that begins with
//! a base and may fork. Candidates come in any order, children before their parents too, on any relay parent in scope; each is
//! backed at any time or never; blocks are made on any known block, with or without what the node offers, with any of the
//! occupied cores attested. In each state
//!
//! - what the node offers at each leaf, for each choice of cores that are attested, the chain accepts as it is;
//! - of each candidate by itself, prediction and verdict say the same;
//! - what the node refuses when it arrives, the chain refuses;
//! - a view that is built from scratch, in another order, has the same trees and makes the same choice.
//!
//! `SMALL_WORLDS` says which sizes ([`sizes`]), those of [`QUICK`] without it; `SMALL_WORLDS_REPORT` where to write the table.

#[allow(dead_code)] // stories ask for the rest
#[path = "../two_halves/chain.rs"]
mod chain;
mod explore;
#[allow(dead_code)]
#[path = "../two_halves/node.rs"]
mod node;
#[allow(dead_code)]
#[path = "../two_halves/plan.rs"]
mod plan;
mod relay;
mod report;
mod shape;
mod world;

use async_backing_primitives::{AsyncBackingParams, Hash, HostConfiguration, ParaId};
use explore::{Explorer, Found};
use plan::PARAS;
use relay::{BlockId, Relay, Start};
use shape::Shape;
use std::{
	collections::{BTreeMap, BTreeSet, HashSet},
	sync::{
		atomic::{AtomicUsize, Ordering},
		Mutex,
	},
};
use world::{Setting, Workshop};

/// How large worlds are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Size {
	candidates: usize,
	/// Relay blocks after the base.
	blocks: usize,
}

const fn size(candidates: usize, blocks: usize) -> Size {
	Size { candidates, blocks }
}

/// In `make test`: seconds.
const QUICK: [Size; 3] = [size(1, 2), size(2, 2), size(1, 3)];

/// In `make small-worlds`: minutes. With the base there are three leaves, or four.
const FULL: [Size; 6] = [
	size(1, 2),
	size(2, 2),
	size(3, 2),
	size(4, 2),
	size(1, 3),
	size(2, 3),
];

/// What `SMALL_WORLDS` says: `full`, or candidates and blocks of each size: `3x2,1x3`.
fn sizes() -> Vec<Size> {
	let Ok(wanted) = std::env::var("SMALL_WORLDS") else {
		return QUICK.to_vec();
	};
	if wanted == "full" {
		return FULL.to_vec();
	}
	let parse = |wanted: &str| {
		let (candidates, blocks) = wanted.split_once('x')?;
		Some(size(candidates.parse().ok()?, blocks.parse().ok()?))
	};
	wanted
		.split(',')
		.map(|wanted| parse(wanted).unwrap_or_else(|| panic!("{wanted} is no size")))
		.collect()
}

/// Whose the cores are, and how far nodes may run ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
	/// One para has both cores; depth 1, one relay parent older than the newest.
	OnePara,
	/// Each of two paras has a core; the same.
	TwoParas,
	/// One para has both cores, and backing is synchronous (R-ABP-3).
	Synchronous,
}

const KINDS: [Kind; 3] = [Kind::OnePara, Kind::TwoParas, Kind::Synchronous];

impl Kind {
	fn shapes(self, candidates: usize) -> Vec<Shape> {
		match self {
			Self::OnePara | Self::Synchronous => shape::of_one_para(candidates),
			Self::TwoParas => shape::of_two_paras(candidates),
		}
	}

	fn start(self, blocks: u64) -> Start {
		let (max_candidate_depth, allowed_ancestry_len) = match self {
			Self::OnePara | Self::TwoParas => (1, 1),
			Self::Synchronous => (0, 0),
		};
		let configuration = HostConfiguration {
			async_backing_params: AsyncBackingParams {
				max_candidate_depth,
				allowed_ancestry_len,
			},
			num_cores: 2,
			// What is not available in the next block is dropped in every second one (R-TMO-1).
			group_rotation_frequency: 2,
			paras_availability_period: 1,
			..chain::configuration()
		};
		let [first, second] = self.paras();
		Start {
			configuration,
			assignments: vec![(0, first), (1, second)],
			blocks,
		}
	}

	fn paras(self) -> [ParaId; 2] {
		match self {
			Self::OnePara | Self::Synchronous => [PARAS[0]; 2],
			Self::TwoParas => [PARAS[0], PARAS[1]],
		}
	}
}

/// One world to go through.
#[derive(Clone, Debug)]
struct Job {
	size: Size,
	kind: Kind,
	/// Blocks before the base: one more or less, and candidates time out in other blocks.
	before: u64,
	shape: Shape,
}

fn jobs(sizes: &[Size]) -> Vec<Job> {
	let mut jobs = Vec::new();
	for size in sizes {
		for kind in KINDS {
			for before in [3, 4] {
				jobs.extend(kind.shapes(size.candidates).into_iter().map(|shape| Job {
					size: *size,
					kind,
					before,
					shape,
				}));
			}
		}
	}
	// Those that take longest first, so that no thread is left alone with one.
	jobs.sort_by_key(|job| core::cmp::Reverse((job.size.candidates, job.size.blocks)));
	jobs
}

/// What one thread has made of a chain: shapes share blocks and candidates.
struct Shared {
	relay: Relay,
	base: BlockId,
	workshop: Workshop,
}

/// By size and kind; and the blocks that there were.
type Results = (BTreeMap<(Size, Kind), Found>, BTreeSet<Hash>);

fn work(
	jobs: &[Job],
	next: &AtomicUsize,
	checked: &Mutex<HashSet<[u8; 16]>>,
	results: &Mutex<Results>,
	failed: &Mutex<Option<String>>,
) {
	let mut chains = BTreeMap::<(Kind, u64), Shared>::new();
	while failed.lock().expect("nobody panics with it").is_none() {
		let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) else {
			break;
		};
		let shared = chains.entry((job.kind, job.before)).or_insert_with(|| {
			let (relay, base) = Relay::new(&job.kind.start(job.before), PARAS[0]);
			Shared {
				relay,
				base,
				workshop: Workshop::new(),
			}
		});
		let paras = job.kind.paras();
		let setting = Setting {
			shape: job.shape.clone(),
			paras,
			heads: paras.map(chain::genesis_head),
			base: shared.base,
			blocks: job.size.blocks,
		};
		let explorer = Explorer::new(&setting, &mut shared.relay, &mut shared.workshop, checked);
		match explorer.explore() {
			Ok(found) => {
				let (results, _) = &mut *results.lock().expect("nobody panics with it");
				*results.entry((job.size, job.kind)).or_default() += found;
			}
			Err(error) => {
				let error = format!(
					"{:?} {:?}, {} blocks before: {error}",
					job.size, job.kind, job.before
				);
				*failed.lock().expect("nobody panics with it") = Some(error);
			}
		}
	}
	let (_, blocks) = &mut *results.lock().expect("nobody panics with it");
	blocks.extend(chains.values().flat_map(|shared| shared.relay.hashes()));
}

#[test]
fn r_glo_10_in_every_small_world_node_and_chain_agree() {
	let jobs = jobs(&sizes());
	let next = AtomicUsize::new(0);
	let checked = Mutex::new(HashSet::new());
	let results = Mutex::new(Results::default());
	let failed = Mutex::new(None);
	let threads = std::thread::available_parallelism().map_or(1, usize::from);
	std::thread::scope(|scope| {
		for _ in 0..threads {
			scope.spawn(|| work(&jobs, &next, &checked, &results, &failed));
		}
	});
	if let Some(error) = failed.into_inner().expect("no thread panicked") {
		panic!("{error}");
	}
	let results = results.into_inner().expect("no thread panicked");
	let report = report::report(&results);
	println!("{report}");
	if let Ok(path) = std::env::var("SMALL_WORLDS_REPORT") {
		std::fs::write(path, &report).expect("the report can be written");
	}
	let mut all = Found::default();
	results.0.into_values().for_each(|found| all += found);
	// Worlds are about something.
	let counts = [all.accepted, all.refused, all.room, all.time_outs];
	assert!(counts.iter().all(|count| *count > 0), "{all:?}");
	for reason in [
		"TooDeep",
		"CoreNotEligible",
		"ValidationDataMismatch",
		"DuplicateCandidate",
	] {
		assert!(all.reasons.contains_key(reason), "{reason} never occurs: {all:?}");
	}
}
