//! The grid of a session (R-SD-7, R-SD-8, R-NET-113).

use async_backing_chain_view::Neighbours;
use async_backing_primitives::{hash_bytes, GridSeed, ValidatorIndex, MAX_VALIDATORS};
use rand_chacha::{
	rand_core::{RngCore, SeedableRng},
	ChaCha20Rng,
};
use std::collections::BTreeSet;

/// Authorities of a session that are laid out: those who validate, and as many who only author. Others are left out.
pub const MAX_AUTHORITIES: u32 = 2 * MAX_VALIDATORS;

/// All authorities of a session, shuffled and laid row by row in a matrix (R-SD-7).
///
/// Memory: 8 bytes for each authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
	order: Vec<ValidatorIndex>,
	positions: Vec<u32>,
	width: usize,
}

/// With whom one exchanges manifests of candidates that a group backs (R-SD-8).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes {
	/// Who is told.
	pub sending: BTreeSet<ValidatorIndex>,
	/// Who may tell.
	pub receiving: BTreeSet<ValidatorIndex>,
}

impl Grid {
	/// Shuffles and lays out. Cost: O(authorities).
	pub fn new(seed: &GridSeed) -> Self {
		let mut subject = [0; 40];
		let (head, tail) = subject.split_at_mut(8);
		head.copy_from_slice(b"gossipsu");
		tail.copy_from_slice(&seed.randomness);
		let mut rng = ChaCha20Rng::from_seed(hash_bytes(&subject).0);
		let len = seed.authorities.min(MAX_AUTHORITIES);
		let mut order: Vec<_> = (0..len).map(ValidatorIndex).collect();
		for last in (1..len).rev() {
			order.swap(last as usize, below(last + 1, &mut rng) as usize);
		}
		let mut positions = vec![0; order.len()];
		for (position, index) in (0..).zip(&order) {
			if let Some(of) = positions.get_mut(index.0 as usize) {
				*of = position;
			}
		}
		Self {
			width: order.len().isqrt(),
			order,
			positions,
		}
	}

	/// The authorities as they are laid out.
	pub fn order(&self) -> &[ValidatorIndex] {
		&self.order
	}

	/// Row and column of somebody.
	fn place(&self, index: ValidatorIndex) -> Option<(usize, usize)> {
		let position = *self.positions.get(usize::try_from(index.0).ok()?)? as usize;
		Some((
			position.checked_div(self.width)?,
			position.checked_rem(self.width)?,
		))
	}

	fn at(&self, row: usize, column: usize) -> Option<ValidatorIndex> {
		self.order
			.get(row.checked_mul(self.width)?.checked_add(column)?)
			.copied()
	}

	/// The neighbours of somebody; `None` if the grid does not have it. Cost: O(sqrt n).
	pub fn neighbours(&self, index: ValidatorIndex) -> Option<Neighbours> {
		let (row, column) = self.place(index)?;
		let in_row = (0..self.width).filter_map(|other| self.at(row, other));
		let in_column = (0..).map_while(|other| self.at(other, column));
		Some(Neighbours {
			row: in_row.filter(|other| *other != index).collect(),
			column: in_column.filter(|other| *other != index).collect(),
		})
	}

	/// With whom `own` exchanges manifests, for each group (R-SD-8). Cost: O(members of all groups, sqrt n for each group).
	pub fn routes(&self, own: ValidatorIndex, groups: &[Vec<ValidatorIndex>]) -> Vec<Routes> {
		let (Some(neighbours), Some(place)) = (self.neighbours(own), self.place(own)) else {
			return vec![Routes::default(); groups.len()];
		};
		let routes_of = |group: &Vec<ValidatorIndex>| self.routes_of(own, place, &neighbours, group);
		groups.iter().map(routes_of).collect()
	}

	fn routes_of(
		&self,
		own: ValidatorIndex,
		(row, column): (usize, usize),
		neighbours: &Neighbours,
		group: &[ValidatorIndex],
	) -> Routes {
		let mut routes = Routes::default();
		if group.contains(&own) {
			routes
				.sending
				.extend(neighbours.row.iter().chain(&neighbours.column));
		} else {
			for member in group {
				let Some((their_row, their_column)) = self.place(*member) else {
					continue;
				};
				if their_row == row {
					routes.receiving.insert(*member);
					routes.sending.extend(&neighbours.column);
				} else if their_column == column {
					routes.receiving.insert(*member);
					routes.sending.extend(&neighbours.row);
				} else {
					let links = [self.at(their_row, column), self.at(row, their_column)];
					routes.receiving.extend(links.into_iter().flatten());
				}
			}
		}
		for member in group {
			routes.sending.remove(member);
		}
		routes
	}
}

/// A number below `end`, without bias, as rand 0.8 draws it from a range of `u32` (R-NET-113).
fn below(end: u32, rng: &mut impl RngCore) -> u32 {
	let zone = end.checked_shl(end.leading_zeros()).unwrap_or(0).wrapping_sub(1);
	loop {
		let wide = u64::from(rng.next_u32()) * u64::from(end);
		// The lower half is judged, the upper half is the number.
		if wide as u32 <= zone {
			return (wide >> 32) as u32;
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn set(indices: &[u32]) -> BTreeSet<ValidatorIndex> {
		indices.iter().copied().map(ValidatorIndex).collect()
	}

	/// A grid in which everybody is where its index says.
	fn plain(len: u32) -> Grid {
		Grid {
			order: (0..len).map(ValidatorIndex).collect(),
			positions: (0..len).collect(),
			width: (len as usize).isqrt(),
		}
	}

	#[test]
	fn r_sd_7_rows_and_columns_of_eleven() {
		let grid = plain(11);
		let neighbours = grid.neighbours(ValidatorIndex(10)).expect("it is there");
		assert_eq!(
			(neighbours.row, neighbours.column),
			(set(&[9]), set(&[1, 4, 7])),
			"R-SD-7"
		);
		assert_eq!(grid.neighbours(ValidatorIndex(11)), None);
	}

	#[test]
	fn r_sd_7_every_number_of_authorities_has_a_grid() {
		for authorities in [0, 1, 2, 3, 4, 5, 8, 9, 10, 99, 100, 101, 1000] {
			let seed = GridSeed {
				randomness: [7; 32],
				authorities,
			};
			let grid = Grid::new(&seed);
			let there: BTreeSet<_> = grid.order().iter().copied().collect();
			assert_eq!(there.len(), authorities as usize, "R-NET-113: nobody twice");
			for index in (0..authorities).map(ValidatorIndex) {
				let of = grid.neighbours(index).expect("it is there");
				for other in of.row.iter().chain(&of.column) {
					let back = grid.neighbours(*other).expect("it is there");
					assert!(back.row.contains(&index) || back.column.contains(&index));
				}
				assert!(of.row.is_disjoint(&of.column));
			}
		}
	}

	#[test]
	fn r_sd_8_routes_of_each_case() {
		// 0 1 2 / 3 4 5 / 6 7 8
		let grid = plain(9);
		let groups = [vec![4, 5], vec![0, 1], vec![7], vec![8], vec![3, 6]]
			.map(|group| group.into_iter().map(ValidatorIndex).collect::<Vec<_>>());
		let routes = grid.routes(ValidatorIndex(4), &groups);
		let rows: [(&str, &[u32], &[u32]); 5] = [
			("own group: to neighbours outside, from nobody", &[1, 3, 7], &[]),
			(
				"0 is in neither: its row and our column, and the reverse; 1 is in our column",
				&[3, 5],
				&[1, 3],
			),
			("in our column: to our row", &[3, 5], &[7]),
			("in neither", &[], &[5, 7]),
			("3 in our row, 6 in neither: to our column", &[1, 7], &[3, 7]),
		];
		for ((name, sending, receiving), routes) in rows.into_iter().zip(routes) {
			let expected = Routes {
				sending: set(sending),
				receiving: set(receiving),
			};
			assert_eq!(routes, expected, "R-SD-8: {name}");
		}
		let nobody = grid.routes(ValidatorIndex(9), &groups);
		assert_eq!(
			nobody,
			vec![Routes::default(); 5],
			"R-SD-8: who is not in the grid has no routes"
		);
	}

	#[test]
	fn r_sd_8_who_sends_is_who_is_expected_to() {
		for authorities in [2_u32, 5, 7, 11, 30, 47] {
			let grid = Grid::new(&GridSeed {
				randomness: [3; 32],
				authorities,
			});
			let groups: Vec<Vec<_>> = (0..authorities)
				.map(ValidatorIndex)
				.collect::<Vec<_>>()
				.chunks(3)
				.map(<[_]>::to_vec)
				.collect();
			let routes: Vec<_> = (0..authorities)
				.map(|index| grid.routes(ValidatorIndex(index), &groups))
				.collect();
			for (index, of) in (0..).map(ValidatorIndex).zip(&routes) {
				for (group, mine) in of.iter().enumerate() {
					for from in &mine.receiving {
						let theirs = &routes[from.0 as usize][group];
						assert!(
							theirs.sending.contains(&index),
							"R-SD-8: {from:?} tells {index:?} of {group}"
						);
					}
					if !groups[group].contains(&index) {
						assert!(
							!mine.receiving.is_empty(),
							"R-SD-1: {index:?} hears of group {group}"
						);
					}
				}
			}
		}
	}
}
