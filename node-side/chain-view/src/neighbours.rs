//! Whom somebody has for neighbours in the grid of a session (R-SD-7).

use async_backing_primitives::ValidatorIndex;
use std::collections::BTreeSet;

/// Those who share a row or a column with somebody in the grid of a session (R-SD-7). Who has no place there is nobody's
/// neighbour: both are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Neighbours {
	/// In the same row.
	pub row: BTreeSet<ValidatorIndex>,
	/// In the same column.
	pub column: BTreeSet<ValidatorIndex>,
}

impl Neighbours {
	/// Whether somebody is one of them.
	pub fn contains(&self, index: ValidatorIndex) -> bool {
		self.row.contains(&index) || self.column.contains(&index)
	}

	/// Whether what `origin` made goes from `own`, whose neighbours these are, along the row, and along the column (R-NET-104): what is
	/// its own along both, what comes along the row along the column, and the other way round.
	pub fn leads_along(&self, own: Option<ValidatorIndex>, origin: ValidatorIndex) -> (bool, bool) {
		if own == Some(origin) {
			(true, true)
		} else if self.row.contains(&origin) {
			(false, true)
		} else {
			(self.column.contains(&origin), false)
		}
	}

	/// Whether what `origin` made goes from `own`, whose neighbours these are, to somebody (R-NET-104).
	pub fn leads(&self, own: Option<ValidatorIndex>, origin: ValidatorIndex, to: ValidatorIndex) -> bool {
		let (row, column) = self.leads_along(own, origin);
		row && self.row.contains(&to) || column && self.column.contains(&to)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn r_net_104_what_comes_along_a_row_goes_on_along_the_column() {
		// 0 1 2 / 3 4 5 / 6 7 8
		let set = |indices: [u32; 2]| indices.map(ValidatorIndex).into();
		let of_4 = Neighbours {
			row: set([3, 5]),
			column: set([1, 7]),
		};
		let led = |own: Option<u32>, origin: u32| {
			let to = (0..9).filter(|to| {
				of_4.leads(
					own.map(ValidatorIndex),
					ValidatorIndex(origin),
					ValidatorIndex(*to),
				)
			});
			to.collect::<Vec<_>>()
		};
		assert_eq!(led(Some(4), 4), [1, 3, 5, 7], "R-NET-104: the own");
		assert_eq!(led(Some(4), 3), [1, 7], "R-NET-104: from the row");
		assert_eq!(led(Some(4), 7), [3, 5], "R-NET-104: from the column");
		assert_eq!(led(Some(4), 0), Vec::<u32>::new(), "R-NET-104: from nowhere near");
		assert!(of_4.contains(ValidatorIndex(5)) && !of_4.contains(ValidatorIndex(8)));
		let nobody = Neighbours::default();
		assert!((0..9).all(|to| !nobody.leads(None, ValidatorIndex(0), ValidatorIndex(to))));
	}
}
