//! Views: what a peer says it sees of the relay chain (R-NET-55 to R-NET-58).

use crate::{Cost, Fault, Read, Reader, MAX_VIEW_HEADS};
use alloc::vec::Vec;
use async_backing_primitives::{BlockNumber, Hash};
use codec::Encode;

/// At most [`MAX_VIEW_HEADS`] heads, strictly ascending by hash, and the finalized number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode)]
pub struct View {
	heads: Vec<Hash>,
	finalized_number: BlockNumber,
}

/// A view that no peer should send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadView {
	/// The finalized number is lower than before.
	#[error("finalized block {got} after {before} (R-NET-57)")]
	FinalizedBackwards {
		/// What the peer said before.
		before: BlockNumber,
		/// What it says now.
		got: BlockNumber,
	},
	/// There are no heads.
	#[error("a view without heads (R-NET-57)")]
	Empty,
}

impl BadView {
	/// What it costs the peer (R-NET-57).
	pub const COST: Cost = Cost::Major;
}

impl View {
	/// The view of one who has these leaves, the newest first: of more than [`MAX_VIEW_HEADS`] the oldest are left out
	/// (R-NET-58).
	pub fn new(newest_first: impl IntoIterator<Item = Hash>, finalized_number: BlockNumber) -> Self {
		let mut heads = Vec::with_capacity(MAX_VIEW_HEADS);
		for head in newest_first {
			if heads.len() == MAX_VIEW_HEADS {
				break;
			}
			if !heads.contains(&head) {
				heads.push(head);
			}
		}
		heads.sort_unstable();
		Self {
			heads,
			finalized_number,
		}
	}

	/// The heads, strictly ascending.
	pub fn heads(&self) -> &[Hash] {
		&self.heads
	}

	/// Number of the newest block that is finalized.
	pub const fn finalized_number(&self) -> BlockNumber {
		self.finalized_number
	}

	/// Whether a block is one of the heads.
	pub fn contains(&self, head: &Hash) -> bool {
		self.heads.binary_search(head).is_ok()
	}

	/// Whether the view may follow one whose finalized number is this, 0 if it is the first (R-NET-57).
	///
	/// # Errors
	/// [`BadView`]; the finalized number is judged first.
	pub fn check_after(&self, before: BlockNumber) -> Result<(), BadView> {
		if self.finalized_number < before {
			return Err(BadView::FinalizedBackwards {
				before,
				got: self.finalized_number,
			});
		}
		if self.heads.is_empty() {
			return Err(BadView::Empty);
		}
		Ok(())
	}
}

impl Read for View {
	fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
		let heads: Vec<Hash> = reader.list("heads", 0..=MAX_VIEW_HEADS, Hash::len_bytes())?;
		let unsorted = heads.windows(2).find_map(|pair| match pair {
			[before, got] if before >= got => Some(Fault::UnsortedHeads {
				before: *before,
				got: *got,
			}),
			_ => None,
		});
		match unsorted {
			Some(fault) => Err(fault),
			None => Ok(Self {
				heads,
				finalized_number: Read::read(reader)?,
			}),
		}
	}
}
