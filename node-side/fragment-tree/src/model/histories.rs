//! Random histories: whatever happens in whatever order, tree and model agree.

use super::*;
use proptest::{
	collection::vec as vec_of,
	prelude::*,
	sample::Index,
	strategy::ValueTree,
	test_runner::{RngAlgorithm, TestRng, TestRunner},
};

#[derive(Clone, Debug)]
enum Event {
	/// A candidate arrives, before or after those that it builds on.
	Introduce(Index),
	Back(Index),
	/// A leaf with the same constraints becomes active: its tree is built from the storage.
	Rebuild,
	/// Candidates that no tree holds are forgotten.
	Prune,
}

fn event() -> impl Strategy<Value = Event> {
	prop_oneof![
		5 => any::<Index>().prop_map(Event::Introduce),
		4 => any::<Index>().prop_map(Event::Back),
		1 => Just(Event::Rebuild),
		1 => Just(Event::Prune),
	]
}

prop_compose! {
	/// Few heads, so that forks, diamonds and cycles are common.
	pub(crate) fn any_spec()(
		from in 0u8..5,
		step in 1u8..5,
		backwards in prop::bool::weighted(0.2),
		relay_parent in prop_oneof![1 => Just(17u32), 2 => Just(18), 3 => Just(19), 4 => Just(20)],
		salt in 0u8..3,
		code in prop_oneof![5 => Just(1u8), 2 => Just(2)],
		ump in prop_oneof![3 => Just(0usize), 2 => Just(1), 1 => Just(3)],
		dmp in prop_oneof![3 => Just(0u32), 3 => Just(1), 1 => Just(2)],
		hrmp in prop_oneof![4 => Just(0usize), 1 => Just(20)],
		watermark in prop_oneof![5 => Just(None), 1 => (16u32..22).prop_map(Some)],
		announces in prop::bool::weighted(0.1),
	) -> Spec {
		let to = if backwards { from.saturating_sub(step) } else { (from + step).min(5) };
		let mut spec = spec(from, if to == from { from + 1 } else { to }).at(relay_parent).salt(salt).code(code).dmp(dmp);
		if ump > 0 {
			spec = spec.ump(ump, 30 * ump);
		}
		if hrmp > 0 {
			spec = spec.hrmp(2001, hrmp);
		}
		if announces {
			spec = spec.announces();
		}
		if let Some(watermark) = watermark {
			spec.commitments.hrmp_watermark = watermark;
		}
		spec
	}
}

prop_compose! {
	/// A base, and up to two candidates pending availability.
	pub(crate) fn any_world()(
		max_depth in 0u32..5,
		pending in 0usize..3,
		dmp in prop_oneof![3 => Just(vec![]), 1 => Just(vec![19, 20])],
		future in prop_oneof![2 => Just(None), 1 => Just(Some((20u32, code(2)))), 1 => Just(Some((19, code(2))))],
		ump_remaining in 3u32..10,
	) -> World {
		let channel = OutboundHrmpChannelLimitations { bytes_remaining: 50, messages_remaining: 9 };
		let base = Constraints {
			dmp_remaining_messages: dmp,
			future_validation_code: future,
			ump_remaining,
			hrmp_channels_out: vec![(ParaId(2001), channel)],
			hrmp_inbound: InboundHrmpLimitations { valid_watermarks: vec![16, 17, 19] },
			..base()
		};
		let chain = [spec(0, 1).at(16).salt(9).build(), spec(1, 2).at(17).salt(9).build()];
		World { base, max_depth, pending: chain[..pending].to_vec(), ..world() }
	}
}

/// With candidates passed over the best path is that of a tree where these are not backed, whoever they are.
fn check_passing_over(world: &World, known: &Known, tree: &FragmentTree) {
	let refused = tree.len() as u8 % 4;
	let is_refused = |hash: CandidateHash| hash.0.as_bytes()[0] % 4 == refused;
	let mut backed_less = known.clone();
	for (hash, (_, is_backed)) in &mut backed_less {
		*is_backed &= !is_refused(*hash);
	}
	let model = Model::new(world, &backed_less);
	for required in model.paths.iter().chain([&Vec::new()]) {
		let best = model.best_after(required);
		for count in [1, 2, usize::MAX] {
			let steps =
				tree.select_children_where(required, count, |backable| !is_refused(backable.candidate_hash));
			let selected: Vec<_> = steps.iter().map(|step| step.backable().candidate_hash).collect();
			let expected: Vec<_> = best.iter().take(count).copied().collect();
			assert_eq!(selected, expected, "R-SEL-3, R-BAK-14: after {required:?}");
		}
	}
}

fn check(world: &World, known: &Known, tree: &FragmentTree, pool: &[Candidate]) {
	check_invariants(tree);
	let model = Model::new(world, known);
	model.assert_agrees(tree);
	check_passing_over(world, known, tree);
	for candidate in pool
		.iter()
		.filter(|candidate| !known.contains_key(&candidate.hash()))
	{
		for backed_only in [false, true] {
			assert_eq!(
				tree.hypothetical_depths(HypotheticalCandidate::Complete(candidate), backed_only),
				model.hypothetical_depths(candidate, backed_only),
				"R-TRE-12"
			);
		}
	}
}

/// Candidates of a history: few enough for the naive tree.
const MAX_CANDIDATES: usize = 11;
/// Events of a history.
const MAX_EVENTS: usize = 29;

/// A world, candidates, and what happens to them.
#[derive(Clone, Debug)]
pub(crate) struct History {
	world: World,
	pool: Vec<Spec>,
	events: Vec<Event>,
}

prop_compose! {
	pub(crate) fn any_history()(
		world in any_world(),
		pool in vec_of(any_spec(), 1..=MAX_CANDIDATES),
		events in vec_of(event(), 1..=MAX_EVENTS),
	) -> History {
		History { world, pool, events }
	}
}

impl History {
	/// Lets it happen to a tree, and compares it with the model after every event (R-TRE-5, R-TRE-8, R-TRE-12, R-SEL-3).
	///
	/// # Panics
	/// If they disagree.
	pub(crate) fn happen(self) {
		let Self { world, pool, events } = self;
		let mut pool: Vec<_> = pool.into_iter().map(Spec::build).collect();
		pool.sort_by_key(Candidate::hash);
		pool.dedup();
		let mut known: Known = world
			.pending
			.iter()
			.map(|pending| (pending.hash(), (pending.clone(), true)))
			.collect();
		let (mut storage, mut tree) = world.start();
		for event in &events {
			match event {
				Event::Introduce(index) => {
					let candidate = index.get(&pool);
					let is_new = storage
						.insert(candidate.clone(), CandidateState::Introduced)
						.is_ok();
					assert_eq!(is_new, !known.contains_key(&candidate.hash()), "R-STO-2");
					let before = tree.len();
					let outcome = tree.add_and_populate(candidate.hash(), &storage);
					assert!(!matches!(
						outcome,
						Err(AttachError::TreeFull(_) | AttachError::Unknown(_))
					));
					assert_eq!(
						tree.len() - before,
						outcome.map_or(0, |report| report.nodes as usize)
					);
					known
						.entry(candidate.hash())
						.or_insert_with(|| (candidate.clone(), false));
				}
				Event::Back(index) => {
					let hash = index.get(&pool).hash();
					assert_eq!(storage.mark_backed(hash).is_ok(), known.contains_key(&hash));
					if let Some((_, is_backed)) = known.get_mut(&hash) {
						assert_eq!(tree.mark_backed(hash), tree.contains(hash) && !*is_backed);
						*is_backed = true;
					}
				}
				Event::Rebuild => {
					let (rebuilt, report) = FragmentTree::populate(world.scope(), world.limits, &storage);
					assert_eq!(report.nodes as usize, rebuilt.len());
					tree = rebuilt;
				}
				Event::Prune => {
					for hash in storage.retain(|stored| stored.is_in_tree()) {
						assert!(!tree.contains(hash));
						known.remove(&hash);
					}
				}
			}
			check(&world, &known, &tree, &pool);
		}
		let (rebuilt, _) = FragmentTree::populate(world.scope(), world.limits, &storage);
		check(&world, &known, &rebuilt, &pool);
	}
}

/// What a strategy draws with these bytes as the seed.
fn drawn<T: core::fmt::Debug>(strategy: &impl Strategy<Value = T>, told: &[u8]) -> Option<T> {
	let mut seed = [0; 32];
	seed[..told.len()].copy_from_slice(told);
	let choices = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
	let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), choices);
	Some(strategy.new_tree(&mut runner).ok()?.current())
}

/// Runs the history that bytes tell: the body of a fuzz target. The first four draw the world, each other four a candidate or an
/// event, up to as many as a history has; so that a change of one byte changes one thing.
///
/// # Panics
/// If tree and model disagree, or if the tree breaks a promise about itself.
pub fn try_bytes(bytes: &[u8]) {
	let mut told = bytes.chunks_exact(4);
	let Some(world) = told.next().and_then(|seed| drawn(&any_world(), seed)) else {
		return;
	};
	let (mut pool, mut events) = (Vec::new(), Vec::new());
	for seed in told {
		if seed[0] % 3 == 0 {
			pool.extend(drawn(&any_spec(), seed));
		} else {
			events.extend(drawn(&event(), seed));
		}
	}
	pool.truncate(MAX_CANDIDATES);
	events.truncate(MAX_EVENTS);
	if !pool.is_empty() {
		History { world, pool, events }.happen();
	}
}
