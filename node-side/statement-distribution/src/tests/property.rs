//! Over random topologies, orders, breaking links, failing requests and jobs, and up to f silent or lying validators:
//! everybody whom the grid leads to learns of every backable candidate in time, nobody counts a vote twice (see
//! `Net::count`), and nobody bans an honest peer.

use super::net::{block, Nature, Net, Random, What, BLOCK};
use crate::{
	actors::{self, candidate, known, manifest, Setting},
	filter::{Filter, Kind},
	requests::places,
	Attested, Grid,
};
use async_backing_machine::{Cost, Gain, Judgement, PeerEvent, RequestFailure, RequestId};
use async_backing_primitives::{StatementDistributionMessage as Message, StatementFilter, ValidatorIndex};
use async_backing_wire::AttestedCandidateRequest;
use std::{collections::BTreeSet, time::Duration};

/// The value below which a peer is banned (R-NET-115).
const BAN: i64 = -1_520_000_000;

/// A liar says something that is wrong in one way or another.
pub(super) fn lie(net: &mut Net, at: usize) {
	let to = net.random.below(net.nodes.len() as u64) as usize;
	let (own_group, _) = net.setting.place(at as u32);
	let groups = net.setting.groups().len() as u64;
	let (name, group) = (100 + net.random.below(40) as u8, net.random.below(groups) as u32);
	let size = net.setting.size_of(group);
	let random = &mut net.random;
	let mut filter = StatementFilter::blank(size);
	for member in 0..size {
		for kind in Kind::ALL {
			if random.one_in(2) {
				filter.note(kind, member);
			}
		}
	}
	let known_names = net.seconded.keys().copied().collect::<Vec<_>>();
	let of_somebody = known_names
		.get(net.random.below(known_names.len() as u64) as usize)
		.copied();
	let author = net.random.below(net.nodes.len() as u64) as u32;
	let forged = |net: &Net, hash, seconds| net.setting.statement(hash, seconds, BLOCK, author, at as u32);
	let message = match net.random.below(6) {
		0 => Message::BackedCandidateManifest(manifest(name, group, BLOCK, filter)),
		1 => Message::BackedCandidateKnown(known(name, group, BLOCK, filter)),
		// About what is true: other statements, another head.
		2 => match of_somebody {
			Some(candidate_hash) => {
				let of = net.seconded[&candidate_hash];
				let full = StatementFilter::full(net.setting.size_of(of));
				let mut lie = manifest(name, of, BLOCK, full);
				lie.candidate_hash = candidate_hash;
				if net.random.one_in(3) {
					lie.parent_head_data_hash = Default::default();
				}
				Message::BackedCandidateManifest(lie)
			}
			None => return,
		},
		3 => {
			let seconds = net.random.one_in(2);
			let hash = of_somebody.unwrap_or_else(|| candidate(name, group, BLOCK).hash());
			Message::Statement(block(), forged(net, hash, seconds))
		}
		// Its own statements about too many candidates.
		4 => Message::Statement(
			block(),
			net.setting
				.said(candidate(name, own_group, BLOCK).hash(), true, BLOCK, at as u32),
		),
		_ => Message::Statement(
			actors::hash(77),
			forged(net, candidate(name, group, BLOCK).hash(), true),
		),
	};
	net.send(at, to, PeerEvent::Message(message));
	if net.now < Duration::from_secs(6) {
		let soon = net.now + Duration::from_millis(100 + net.random.below(300));
		net.at(soon, at, What::Lie);
	}
}

/// A liar answers: with something else, or not at all.
pub(super) fn answer(
	net: &mut Net,
	at: usize,
	(asker, epoch, id): (usize, u64, RequestId),
	request: &AttestedCandidateRequest,
) {
	let group = net.seconded.get(&request.candidate_hash).copied().unwrap_or(0);
	let lie: Attested = match net.random.below(4) {
		0 => net.setting.attested(99, group, BLOCK, &[0], &[1]),
		1 => net.setting.attested(99, group, BLOCK + 1, &[0], &[1]),
		2 => {
			let mut lie = net.setting.attested(1, group, BLOCK, &[], &[]);
			lie.statements.extend([0, 1, 2].map(|member| {
				net.setting
					.statement(request.candidate_hash, member == 0, BLOCK, member, at as u32)
			}));
			lie
		}
		_ => {
			let soon = net.now + Duration::from_millis(10);
			return net.at(soon, asker, What::Answer(id, epoch, Err(RequestFailure::Refused)));
		}
	};
	let soon = net.now + Duration::from_millis(10);
	net.at(soon, asker, What::Answer(id, epoch, Ok(lie)));
}

struct Run {
	setting: Setting,
	natures: Vec<Nature>,
	breaks: u64,
	failures: u64,
}

/// Some network with at most f of others.
fn some_run(random: &mut Random, others: &[Nature], breaks: u64, failures: u64) -> Run {
	let validators = 6 + random.below(13) as u32;
	let setting = Setting {
		validators,
		group_size: 3 + random.below(3) as u32,
		minimum_votes: 1 + random.below(2) as u32,
		depth: random.below(2) as u32,
		ancestry: 1,
		randomness: random.below(256) as u8,
	};
	let f = (validators as usize - 1) / 3;
	let mut natures = vec![Nature::Honest; validators as usize];
	for _ in 0..f {
		if let Some(nature) = others.get(random.below(others.len() as u64) as usize) {
			let at = random.below(validators.into()) as usize;
			natures[at] = *nature;
		}
	}
	Run {
		setting,
		natures,
		breaks,
		failures,
	}
}

/// What came of a run.
#[derive(Debug, Default)]
struct Learned {
	/// Pairs of a validator and a candidate that it was to learn of.
	due: usize,
	/// How many of these no honest way leads to.
	not_led: usize,
	/// The longest time between the first who could author with a candidate and the last.
	slowest: Duration,
}

/// Runs it and judges.
fn try_run(run: &Run, seed: u64) -> Learned {
	let Run { setting, natures, .. } = run;
	let mut net = Net::new(*setting, natures, seed);
	net.failures = run.failures;
	let honest = |index: usize| natures[index] == Nature::Honest;
	for (at, nature) in natures.iter().enumerate() {
		match nature {
			Nature::Honest => {
				let member = setting.place(at as u32).1 as u8;
				// Each seconds as many as it may, if it is among the first two of its group.
				for more in 0..setting.limit() as u8 {
					if member < 2 {
						let soon = Duration::from_millis(900 + net.random.below(2000));
						net.at(soon, at, What::Second(1 + member * 8 + more));
					}
				}
			}
			Nature::Liar => net.at(Duration::from_millis(500), at, What::Lie),
			Nature::Silent => {}
		}
	}
	for _ in 0..run.breaks {
		let count = natures.len() as u64;
		let (one, other) = (net.random.below(count) as usize, net.random.below(count) as usize);
		let at = Duration::from_millis(net.random.below(4000));
		if one != other {
			net.at(at, one, What::Break(one, other));
		}
	}
	// Everybody is told and confirms within some seconds; then two hops, at each of which whoever claims falsely costs its
	// time-out and the pause, so many candidates at a time.
	let groups = setting.groups();
	let candidates = net_candidates(setting, natures);
	let claimants = 2 * setting.group_size as u64;
	let waves = 1 + (candidates / places(groups.len())) as u64;
	let bound = Duration::from_secs(6) + Duration::from_millis(3500) * (2 * claimants * waves) as u32;
	// Nothing of that is ever used up.
	net.run(bound.min(Duration::from_secs(90)));

	let grid = Grid::new(&setting.seed());
	let mut all = Learned::default();
	let seconded = net.seconded.clone();
	for (hash, group) in &seconded {
		let members: BTreeSet<_> = groups[*group as usize]
			.iter()
			.map(|member| member.0 as usize)
			.collect();
		let honest_members: Vec<_> = members.iter().copied().filter(|member| honest(*member)).collect();
		let needed = members.len().min(setting.minimum_votes as usize).max(1);
		if honest_members.len() < needed {
			continue;
		}
		for index in (0..natures.len()).filter(|index| honest(*index)) {
			all.due += 1;
			let is_led = members.contains(&index) || leads(&grid, &honest_members, index, &honest);
			let learned = net.nodes[index].backable.contains_key(hash);
			assert!(
				learned || !is_led,
				"R-SD-1: {index} does not know {hash} of group {group}, seed {seed}, {setting:?}, {natures:?}"
			);
			all.not_led += usize::from(!is_led);
		}
		let learned = (0..natures.len())
			.filter(|index| honest(*index))
			.filter_map(|index| net.nodes[index].backable.get(hash));
		if let (Some(first), Some(last)) = (learned.clone().min(), learned.max()) {
			all.slowest = all.slowest.max(*last - *first);
		}
	}
	judge_reports(&net, natures, seed);
	all
}

fn net_candidates(setting: &Setting, natures: &[Nature]) -> usize {
	natures.len() * setting.limit()
}

/// Whether an honest member is in one's row or column, or an honest link between them (R-SD-8).
fn leads(grid: &Grid, members: &[usize], to: usize, honest: &impl Fn(usize) -> bool) -> bool {
	let all = |index: usize| {
		let of = grid
			.neighbours(ValidatorIndex(index as u32))
			.expect("it is in the grid");
		of.row
			.into_iter()
			.chain(of.column)
			.map(|other| other.0 as usize)
			.collect::<BTreeSet<_>>()
	};
	let mine = all(to);
	members
		.iter()
		.any(|member| mine.contains(member) || mine.intersection(&all(*member)).any(|link| honest(*link)))
}

/// Nobody bans an honest peer: no cost of the greater kind, and all costs together are far from a ban.
fn judge_reports(net: &Net, natures: &[Nature], seed: u64) {
	for (index, node) in net
		.nodes
		.iter()
		.enumerate()
		.filter(|(index, _)| natures[*index] == Nature::Honest)
	{
		for other in (0..natures.len()).filter(|other| natures[*other] == Nature::Honest) {
			let of = node.reports.iter().filter(|(of, _)| *of == other);
			let costs = of.filter(|(_, judgement)| judgement.value() < 0);
			let sum: i64 = costs
				.clone()
				.map(|(_, judgement)| i64::from(judgement.value()))
				.sum();
			for (_, judgement) in costs {
				assert!(
					matches!(judgement, Judgement::Cost(Cost::Minor, _)),
					"R-NET-98: {index} of honest {other}: {judgement:?}, seed {seed}"
				);
			}
			assert!(
				sum > BAN / 100,
				"R-NET-115: {index} of honest {other}: {sum}, seed {seed}"
			);
		}
	}
}

/// Two hops, each of them a manifest, then a request, its answer and a check, for so many candidates at a time: as long as the
/// links and the jobs of this network take at most.
fn two_hops(run: &Run) -> Duration {
	let (link, job) = (Duration::from_millis(150), Duration::from_millis(40));
	let places = places(run.setting.groups().len());
	let waves = 1 + (net_candidates(&run.setting, &run.natures) / places) as u32;
	2 * (link + waves * (2 * link + job))
}

#[test]
fn r_sd_1_among_the_honest_everybody_learns_everything_within_two_hops_and_nobody_pays() {
	let mut random = Random(1);
	for seed in 0..8 {
		let run = some_run(&mut random, &[], 0, 0);
		let all = try_run(&run, seed + 1000);
		assert!(
			all.due > 0 && all.not_led == 0,
			"R-SD-1: the grid leads everywhere"
		);
		let bound = two_hops(&run);
		assert!(
			all.slowest > Duration::ZERO && all.slowest <= bound,
			"R-SD-8: {:?} of {bound:?}, seed {seed}",
			all.slowest
		);
	}
}

#[test]
fn r_sd_1_with_breaking_links_and_failing_requests() {
	let mut random = Random(2);
	for seed in 0..8 {
		let run = some_run(&mut random, &[], 40, 6);
		let all = try_run(&run, seed);
		assert!(
			all.due > 0 && all.not_led == 0,
			"R-SD-1: the grid leads everywhere"
		);
	}
}

/// Where a third is silent or lies, few are not led to by any of their ways; all others learn everything (see [`try_run`]).
fn with_others(others: &[Nature], seed: u64) {
	let mut random = Random(seed);
	let (mut due, mut not_led) = (0, 0);
	for seed in 0..12 {
		let run = some_run(&mut random, others, 10, 10);
		let all = try_run(&run, seed);
		(due, not_led) = (due + all.due, not_led + all.not_led);
	}
	assert!(due > 100 && not_led * 8 < due, "R-SD-1: {not_led} of {due}");
}

#[test]
fn r_sd_1_with_f_silent_validators() {
	with_others(&[Nature::Silent], 3);
}

#[test]
fn r_sd_1_with_f_liars() {
	with_others(&[Nature::Liar], 4);
}

#[test]
fn r_sd_1_with_f_who_lie_or_are_silent() {
	with_others(&[Nature::Liar, Nature::Silent], 5);
}

#[test]
fn r_net_98_service_is_paid() {
	let run = Run {
		setting: Setting {
			validators: 9,
			group_size: 3,
			minimum_votes: 2,
			depth: 1,
			ancestry: 1,
			randomness: 1,
		},
		natures: vec![Nature::Honest; 9],
		breaks: 0,
		failures: 0,
	};
	let mut net = Net::new(run.setting, &run.natures, 1);
	net.at(Duration::from_secs(1), 0, What::Second(1));
	net.run(Duration::from_secs(9));
	let gains: BTreeSet<_> = net
		.nodes
		.iter()
		.flat_map(|node| &node.reports)
		.filter_map(|(_, judgement)| match judgement {
			Judgement::Gain(gain, _) => Some(gain.value()),
			Judgement::Cost(..) => None,
		})
		.collect();
	assert_eq!(
		gains,
		[Gain::Major.value(), Gain::MajorFirst.value()].into(),
		"R-NET-98"
	);
	assert!(net.messages > 0);
}
