//! Bitfields on a grid (R-NET-104).

use super::*;
use proptest::prelude::*;

const LEAF: Hash = Hash::repeat_byte(1);
const OTHER: Hash = Hash::repeat_byte(2);

/// Where somebody is in a square that is filled row by row, without shuffling.
fn place(own: u32, validators: u32) -> Neighbours {
	let width = validators.isqrt();
	let (row, column) = (own / width, own % width);
	let others = (0..validators).filter(|other| *other != own).map(ValidatorIndex);
	let (in_row, rest): (BTreeSet<_>, BTreeSet<_>) = others.partition(|other| other.0 / width == row);
	Neighbours {
		row: in_row,
		column: rest
			.into_iter()
			.filter(|other| other.0 % width == column)
			.collect(),
	}
}

/// Peers are validators by their number; from 1,000 on they are none.
fn index_of(_: Hash, peer: PeerId) -> Option<ValidatorIndex> {
	(peer.0 < 1000).then_some(ValidatorIndex(peer.0 as u32))
}

/// One of so many, with all others connected, who know the leaf.
fn node(own: u32, validators: u32) -> Gossip {
	let mut gossip = Gossip::new(u64::from(own) + 1);
	gossip.leaf_activated(
		LEAF,
		validators as usize,
		Some(ValidatorIndex(own)),
		place(own, validators),
	);
	for other in (0..validators).filter(|other| *other != own) {
		let peer = PeerId(other.into());
		gossip.connected(peer);
		assert_eq!(gossip.view(peer, &[LEAF], index_of), [], "nothing is known yet");
	}
	gossip
}

fn peers(of: &[u64]) -> Vec<PeerId> {
	of.iter().copied().map(PeerId).collect()
}

#[test]
fn r_net_104_the_own_bitfield_goes_to_row_and_column_and_a_few_more() {
	// Ten by ten; 0 has 1 to 9 in its row and 10, 20, ... in its column.
	let mut gossip = node(0, 100);
	let told = gossip.spread(LEAF, ValidatorIndex(0), index_of);
	let grid: Vec<u64> = (1..10).chain((1..10).map(|row| row * 10)).collect();
	assert!(
		grid.iter().all(|peer| told.contains(&PeerId(*peer))),
		"R-NET-104: {told:?}"
	);
	let more = told.len() - grid.len();
	assert!((1..=RANDOM_PEERS).contains(&more), "R-NET-104: {more} more");
	assert_eq!(gossip.spread(LEAF, ValidatorIndex(0), index_of), [], "once");
}

#[test]
fn r_net_104_what_comes_along_the_row_goes_down_the_column() {
	let mut gossip = node(0, 100);
	assert_eq!(gossip.heard(PeerId(5), LEAF, ValidatorIndex(5)), Ok(Heard::New));
	let told = gossip.spread(LEAF, ValidatorIndex(5), index_of);
	let column = peers(&[10, 20, 30, 40, 50, 60, 70, 80, 90]);
	assert!(
		column.iter().all(|peer| told.contains(peer)),
		"R-NET-104: {told:?}"
	);
	assert!(!told.contains(&PeerId(5)), "not to whom it is of");
	assert!(told.len() <= column.len() + RANDOM_PEERS);
	// From far away it comes over somebody, and goes nowhere but to a few.
	assert_eq!(gossip.heard(PeerId(40), LEAF, ValidatorIndex(44)), Ok(Heard::New));
	let told = gossip.spread(LEAF, ValidatorIndex(44), index_of);
	assert!(
		told.len() <= RANDOM_PEERS && !told.contains(&PeerId(40)),
		"{told:?}"
	);
}

#[test]
fn r_net_104_only_who_knows_the_leaf_is_told_and_neighbours_hear_it_when_they_do() {
	let mut gossip = Gossip::new(7);
	gossip.leaf_activated(LEAF, 100, Some(ValidatorIndex(0)), place(0, 100));
	for peer in [1, 10, 55, 2000] {
		gossip.connected(PeerId(peer));
	}
	assert_eq!(
		gossip.spread(LEAF, ValidatorIndex(0), index_of),
		[],
		"R-NET-104: no view has it"
	);
	assert_eq!(gossip.view(PeerId(1), &[OTHER], index_of), []);
	let own = [(LEAF, ValidatorIndex(0))];
	assert_eq!(gossip.view(PeerId(1), &[OTHER, LEAF], index_of), own, "R-NET-104");
	assert_eq!(gossip.view(PeerId(1), &[LEAF], index_of), [], "once");
	assert_eq!(gossip.view(PeerId(1), &[], index_of), []);
	assert_eq!(
		gossip.view(PeerId(1), &[LEAF], index_of),
		[],
		"once, whatever it says in between"
	);
	assert_eq!(
		gossip.view(PeerId(55), &[LEAF], index_of),
		[],
		"it is no neighbour"
	);
	assert_eq!(gossip.view(PeerId(9), &[LEAF], index_of), [], "nobody knows it");
	gossip.disconnected(PeerId(1));
	gossip.connected(PeerId(1));
	assert_eq!(
		gossip.view(PeerId(1), &[LEAF], index_of),
		own,
		"it may have forgotten"
	);
}

#[test]
fn r_net_104_whoever_comes_goes_or_becomes_somebody_else_is_told_as_what_it_is_then() {
	// All but the grid: so many that a sample hardly meets the same peer twice.
	let mut gossip = node(0, 100);
	let told = |gossip: &mut Gossip, of: u32, index_of: &dyn Fn(Hash, PeerId) -> Option<ValidatorIndex>| {
		gossip.spread(LEAF, ValidatorIndex(of), index_of)
	};
	// Of the column of 0, which leads to its row.
	assert!(
		told(&mut gossip, 10, &index_of).contains(&PeerId(1)),
		"R-NET-104: along the row"
	);
	gossip.view(PeerId(1), &[], index_of);
	assert!(
		!told(&mut gossip, 20, &index_of).contains(&PeerId(1)),
		"it does not know the leaf"
	);
	gossip.view(PeerId(1), &[LEAF], index_of);
	assert!(
		told(&mut gossip, 30, &index_of).contains(&PeerId(1)),
		"it does again"
	);
	gossip.disconnected(PeerId(1));
	assert!(
		!told(&mut gossip, 40, &index_of).contains(&PeerId(1)),
		"it is gone"
	);
	// Another connection proves to be validator 1.
	let moved = |leaf, peer| match peer {
		PeerId(5000) => Some(ValidatorIndex(1)),
		peer => index_of(leaf, peer),
	};
	gossip.connected(PeerId(5000));
	gossip.view(PeerId(5000), &[LEAF], index_of);
	gossip.connected(PeerId(5000));
	assert!(
		told(&mut gossip, 50, &moved).contains(&PeerId(5000)),
		"R-NET-104: along the row"
	);
}

/// Law 7: peers that know the leaf and are no validators of its session.
#[test]
fn r_net_104_who_validates_in_another_session_hears_nothing() {
	let mut gossip = node(0, 12);
	for stranger in 1000..1060 {
		gossip.connected(PeerId(stranger));
		assert_eq!(gossip.view(PeerId(stranger), &[LEAF], index_of), []);
	}
	let mut told = BTreeSet::new();
	for of in 0..12 {
		told.extend(gossip.spread(LEAF, ValidatorIndex(of), index_of));
	}
	assert!(told.len() > 8, "others hear of it: {told:?}");
	assert!(told.iter().all(|peer| peer.0 < 1000), "R-NET-104: {told:?}");
}

#[test]
fn r_net_104_repeats_strangers_to_the_session_and_other_leaves_cost() {
	let mut gossip = node(0, 100);
	assert_eq!(gossip.heard(PeerId(5), LEAF, ValidatorIndex(5)), Ok(Heard::New));
	gossip.spread(LEAF, ValidatorIndex(5), index_of);
	assert_eq!(
		gossip.heard(PeerId(6), LEAF, ValidatorIndex(5)),
		Ok(Heard::Known),
		"from somebody else"
	);
	let rows = [
		(PeerId(5), LEAF, 5, GossipError::Repeated(5), Some(-200_000)),
		(PeerId(6), LEAF, 5, GossipError::Repeated(5), Some(-200_000)),
		(
			PeerId(5),
			LEAF,
			100,
			GossipError::NoValidator {
				validators: 100,
				index: 100,
			},
			Some(-300_000),
		),
		(PeerId(5), OTHER, 5, GossipError::OutOfView(OTHER), Some(-100_000)),
		(
			PeerId(5000),
			LEAF,
			5,
			GossipError::UnknownPeer(PeerId(5000)),
			None,
		),
	];
	for (peer, leaf, validator, error, cost) in rows {
		let refused = gossip.heard(peer, leaf, ValidatorIndex(validator));
		assert_eq!(refused, Err(error), "R-NET-104");
		assert_eq!(error.cost().map(Cost::value), cost, "R-NET-104: {error}");
	}
	gossip.leaf_deactivated(LEAF);
	assert_eq!(
		gossip.heard(PeerId(7), LEAF, ValidatorIndex(7)),
		Err(GossipError::OutOfView(LEAF))
	);
	assert_eq!(gossip.spread(LEAF, ValidatorIndex(7), index_of), []);
}

#[test]
fn law_3_views_are_bounded() {
	let mut gossip = node(0, 100);
	let many: Vec<_> = (0..100).map(Hash::from_low_u64_be).collect();
	gossip.view(PeerId(1), &many, index_of);
	assert!(
		gossip.views[&PeerId(1)].len() <= MAX_VIEW_HEADS,
		"R-NET-104, R-NET-55"
	);
	assert!(gossip_memory_bound(1000, 5, 1000) < 8 << 20);
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(16))]

	#[test]
	fn r_net_104_everybody_hears_everything_within_two_steps_and_no_honest_peer_pays(
		validators in 4u32..40, order in any::<u64>(),
	) {
		let mut nodes: Vec<_> = (0..validators).map(|own| node(own, validators)).collect();
		// In order of steps; with equally many any may come next.
		let mut waiting: BTreeMap<(u32, u64), (u32, u32, u32)> = BTreeMap::new();
		let mut has = vec![BTreeMap::new(); validators as usize];
		let mut turn = order;
		let mut next = |steps: u32| {
			turn = turn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
			(steps, turn)
		};
		for own in 0..validators {
			has[own as usize].insert(own, 0);
			for peer in nodes[own as usize].spread(LEAF, ValidatorIndex(own), index_of) {
				waiting.insert(next(1), (own, peer.0 as u32, own));
			}
		}
		let mut sent = BTreeSet::new();
		while let Some(((steps, _), (from, to, of))) = waiting.pop_first() {
			prop_assert!(sent.insert((from, to, of)), "once: {from} to {to} about {of}");
			let heard = nodes[to as usize].heard(PeerId(from.into()), LEAF, ValidatorIndex(of));
			prop_assert!(heard.is_ok(), "law 4: {heard:?}");
			if heard == Ok(Heard::New) {
				has[to as usize].insert(of, steps);
				for peer in nodes[to as usize].spread(LEAF, ValidatorIndex(of), index_of) {
					waiting.insert(next(steps + 1), (to, peer.0 as u32, of));
				}
			}
		}
		let square = validators.isqrt().pow(2) == validators;
		for (own, has) in has.iter().enumerate() {
			prop_assert_eq!(has.len(), validators as usize, "R-NET-104: {} heard of all", own);
			let most = has.values().max().copied().unwrap_or(0);
			// The last row of a grid that is no square may be short: then random peers help.
			prop_assert!(!square || most <= 2, "R-NET-104: {most} steps");
		}
	}
}
