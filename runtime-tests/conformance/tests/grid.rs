//! R-SD-7, R-NET-113: the grid of a session is that of the published crates: shuffled as the gossip-support subsystem does,
//! by rand 0.8 and ChaCha20, and laid out by the published topology. R-SD-8: routes follow from the published neighbours.

use async_backing_primitives::ValidatorIndex;
use async_backing_statement_distribution::{Grid, GridSeed, Routes};
use polkadot_node_network_protocol::grid_topology::{GridNeighbors, SessionGridTopology, TopologyPeerInfo};
use polkadot_primitives::{AuthorityDiscoveryId, ValidatorIndex as TheirIndex};
use rand_08::Rng;
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};
use std::collections::{BTreeSet, HashSet};

/// The authorities as the published node shuffles them.
fn shuffled(randomness: [u8; 32], authorities: u32) -> Vec<u32> {
	let subject = [&b"gossipsu"[..], &randomness].concat();
	let mut rng = ChaCha20Rng::from_seed(async_backing_primitives::hash_bytes(&subject).0);
	let mut order: Vec<u32> = (0..authorities).collect();
	for last in (1..order.len()).rev() {
		let other = rng.gen_range(0u32..(last as u32 + 1));
		order.swap(last, other as usize);
	}
	order
}

fn topology(order: &[u32]) -> SessionGridTopology {
	let mut positions = vec![0; order.len()];
	for (position, index) in order.iter().enumerate() {
		positions[*index as usize] = position;
	}
	let authority = |index: &u32| TopologyPeerInfo {
		peer_ids: Vec::new(),
		validator_index: TheirIndex(*index),
		discovery_id: AuthorityDiscoveryId::from(sp_core::sr25519::Public::from_raw([1; 32])),
	};
	SessionGridTopology::new(positions, order.iter().map(authority).collect())
}

fn ours(theirs: &HashSet<TheirIndex>) -> BTreeSet<ValidatorIndex> {
	theirs.iter().map(|index| ValidatorIndex(index.0)).collect()
}

#[test]
fn r_sd_7_r_net_113_grids_are_equal() {
	for authorities in (0..40).chain([97, 99, 100, 101, 255, 1000]) {
		for randomness in [[0; 32], [7; 32], [authorities as u8; 32]] {
			let grid = Grid::new(&GridSeed {
				randomness,
				authorities,
			});
			let order = shuffled(randomness, authorities);
			let ours_order: Vec<_> = grid.order().iter().map(|index| index.0).collect();
			assert_eq!(ours_order, order, "R-NET-113: {authorities} authorities");
			let theirs = topology(&order);
			for index in 0..authorities {
				let theirs = theirs
					.compute_grid_neighbors_for(TheirIndex(index))
					.expect("it is there");
				let mine = grid.neighbours(ValidatorIndex(index)).expect("it is there");
				let expected = (
					ours(&theirs.validator_indices_x),
					ours(&theirs.validator_indices_y),
				);
				assert_eq!(
					(mine.row, mine.column),
					expected,
					"R-SD-7: {index} of {authorities}"
				);
			}
			assert_eq!(grid.neighbours(ValidatorIndex(authorities)), None);
		}
	}
}

/// R-SD-8 in the published neighbours alone.
fn routes(own: u32, group: &[ValidatorIndex], topology: &SessionGridTopology) -> Routes {
	let of = |index: u32| {
		topology
			.compute_grid_neighbors_for(TheirIndex(index))
			.expect("it is there")
	};
	let mine: GridNeighbors = of(own);
	let (row, column) = (ours(&mine.validator_indices_x), ours(&mine.validator_indices_y));
	let mut routes = Routes::default();
	if group.contains(&ValidatorIndex(own)) {
		routes.sending.extend(row.union(&column));
	} else {
		for member in group {
			let theirs = of(member.0);
			if row.contains(member) {
				routes.receiving.insert(*member);
				routes.sending.extend(&column);
			} else if column.contains(member) {
				routes.receiving.insert(*member);
				routes.sending.extend(&row);
			} else {
				let (x, y) = (
					ours(&theirs.validator_indices_x),
					ours(&theirs.validator_indices_y),
				);
				routes
					.receiving
					.extend(x.intersection(&column).chain(y.intersection(&row)));
			}
		}
	}
	routes.sending.retain(|index| !group.contains(index));
	routes
}

#[test]
fn r_sd_8_routes_follow_from_the_published_neighbours() {
	for authorities in [1, 2, 7, 11, 24, 50, 101] {
		let randomness = [authorities as u8; 32];
		let grid = Grid::new(&GridSeed {
			randomness,
			authorities,
		});
		let theirs = topology(&shuffled(randomness, authorities));
		let all: Vec<_> = (0..authorities).map(ValidatorIndex).collect();
		let groups: Vec<_> = all.chunks(4).map(<[_]>::to_vec).collect();
		for own in 0..authorities {
			let expected: Vec<_> = groups.iter().map(|group| routes(own, group, &theirs)).collect();
			assert_eq!(
				grid.routes(ValidatorIndex(own), &groups),
				expected,
				"R-SD-8: {own} of {authorities}"
			);
		}
	}
}
