//! The relay-parent window: which relay blocks a candidate may be built on (R-REL-1 to R-REL-6).
//!
//! Invariants: entries are a contiguous piece of the relay chain, oldest first; the newest is the parent of the block
//! being processed; there are never more than `allowed_ancestry_len + 1` after an update.

use crate::{BlockNumber, Hash, MAX_RELAY_PARENTS};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::{bounded::BoundedVec, ConstU32};

/// A relay block as a candidate refers to it.
#[derive(
	Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RelayChainBlockInfo {
	/// Its hash.
	pub hash: Hash,
	/// Its number.
	pub number: BlockNumber,
	/// State root in its own header (R-PVD-2).
	pub storage_root: Hash,
}

/// An entry of the window. Its number follows from its position.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
struct Entry {
	hash: Hash,
	storage_root: Hash,
}

/// The relay blocks on which candidates of the block being processed may build.
///
/// ```
/// use async_backing_primitives::{AllowedRelayParents, Hash, RelayChainBlockInfo};
///
/// let block = |number| RelayChainBlockInfo {
///     hash: Hash::repeat_byte(number as u8),
///     number,
///     storage_root: Hash::zero(),
/// };
/// let mut window = AllowedRelayParents::default();
/// for number in 1..=5 {
///     window.update(block(number), 3);
/// }
/// assert_eq!(window.lookup(Hash::repeat_byte(2)), Some(block(2)));
/// assert_eq!(window.lookup(Hash::repeat_byte(1)), None);
/// ```
#[derive(
	Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct AllowedRelayParents {
	buffer: BoundedVec<Entry, ConstU32<MAX_RELAY_PARENTS>>,
	latest_number: BlockNumber,
}

impl AllowedRelayParents {
	/// Takes in the parent of the block being processed, and returns the hashes that leave (R-REL-2).
	///
	/// A hash that is there already changes nothing. Cost: linear in the window's length.
	pub fn update(&mut self, parent: RelayChainBlockInfo, allowed_ancestry_len: u32) -> Vec<Hash> {
		if self.lookup(parent.hash).is_some() {
			return Vec::new();
		}
		let keep_before = allowed_ancestry_len.min(MAX_RELAY_PARENTS - 1) as usize;
		let surplus = self.buffer.len().saturating_sub(keep_before);
		let mut kept = core::mem::take(&mut self.buffer).into_inner();
		let left = kept.drain(..surplus).map(|entry| entry.hash).collect();
		kept.push(Entry {
			hash: parent.hash,
			storage_root: parent.storage_root,
		});
		self.buffer = BoundedVec::truncate_from(kept);
		self.latest_number = parent.number;
		left
	}

	/// The relay block with this hash, if candidates may build on it (R-REL-3). Cost: linear in the window's length.
	pub fn lookup(&self, hash: Hash) -> Option<RelayChainBlockInfo> {
		self.iter().find(|info| info.hash == hash)
	}

	/// All relay blocks of the window, newest first.
	pub fn iter(&self) -> impl Iterator<Item = RelayChainBlockInfo> + '_ {
		self.buffer
			.iter()
			.rev()
			.zip(0..)
			.map(|(entry, age)| RelayChainBlockInfo {
				hash: entry.hash,
				number: self.latest_number.saturating_sub(age),
				storage_root: entry.storage_root,
			})
	}

	/// Number of relay blocks in the window.
	pub fn len(&self) -> usize {
		self.buffer.len()
	}

	/// Whether the window is empty, as it is at the end of a session's last block.
	pub fn is_empty(&self) -> bool {
		self.buffer.is_empty()
	}

	/// The newest relay block of the window.
	pub fn latest(&self) -> Option<RelayChainBlockInfo> {
		self.iter().next()
	}

	/// The oldest relay block of the window. Cost: linear in the window's length.
	pub fn oldest(&self) -> Option<RelayChainBlockInfo> {
		self.iter().last()
	}

	/// Number of the oldest relay block on which a candidate of the child of block `at` may build, judged in the
	/// state of `at` (R-REL-6).
	pub fn earliest_for_child_of(&self, at: BlockNumber, allowed_ancestry_len: u32) -> BlockNumber {
		let len = u32::try_from(self.buffer.len()).unwrap_or(u32::MAX);
		at.saturating_sub(allowed_ancestry_len.min(len))
	}

	/// Forgets everything, as a session change does (R-REL-5), and returns the hashes that leave.
	pub fn clear(&mut self) -> Vec<Hash> {
		core::mem::take(&mut self.buffer)
			.into_iter()
			.map(|entry| entry.hash)
			.collect()
	}
}

/// Number of the oldest relay parent that a candidate may have at a place (R-REL-4, R-TRE-6).
///
/// `before` is the relay parent of the candidate before it: accepted, pending or included, whether that is still in the
/// window or not. `earliest` is the oldest in the window. A candidate that is pending availability had its relay parent
/// in the window when it was backed, so nothing but the one before binds it.
pub fn oldest_legal_relay_parent(
	before: Option<BlockNumber>,
	earliest: BlockNumber,
	is_pending_availability: bool,
) -> BlockNumber {
	let earliest = if is_pending_availability { 0 } else { earliest };
	before.map_or(earliest, |before| before.max(earliest))
}

/// A relay parent is older than that of the candidate before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("relay parent {got}, but the candidate before is on {latest} (R-REL-4)")]
pub struct RelayParentMovedBackwards {
	/// Number of the relay parent of the candidate before.
	pub latest: BlockNumber,
	/// Number of the candidate's.
	pub got: BlockNumber,
}

/// Checks that relay parents do not move backwards along a path (R-REL-4, R-TRE-6). Equal numbers are fine, and so is
/// anything where there was no candidate before.
///
/// # Errors
/// [`RelayParentMovedBackwards`] carries both numbers.
pub fn check_relay_parent_progress(
	latest: Option<BlockNumber>,
	got: BlockNumber,
) -> Result<(), RelayParentMovedBackwards> {
	match latest {
		Some(latest) if got < latest => Err(RelayParentMovedBackwards { latest, got }),
		_ => Ok(()),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	fn block(number: BlockNumber) -> RelayChainBlockInfo {
		RelayChainBlockInfo {
			hash: Hash::from_low_u64_be(number.into()),
			number,
			storage_root: Hash::from_low_u64_be(1000 + u64::from(number)),
		}
	}

	fn numbers(window: &AllowedRelayParents) -> Vec<BlockNumber> {
		let mut numbers: Vec<_> = window.iter().map(|info| info.number).collect();
		numbers.reverse();
		numbers
	}

	#[test]
	fn r_tre_6_r_rel_4_what_bounds_a_relay_parent_from_below() {
		let rows = [
			("root, nothing included before", None, 18, false, 18),
			("root, a candidate was included", Some(19), 18, false, 19),
			("after one that is out of the window", Some(15), 18, false, 18),
			("after one in the window", Some(19), 18, false, 19),
			("pending on the included head", None, 18, true, 0),
			(
				"pending after one that is out of the window",
				Some(15),
				18,
				true,
				15,
			),
			("pending after one in the window", Some(19), 18, true, 19),
		];
		for (name, before, earliest, is_pending, expected) in rows {
			let oldest = oldest_legal_relay_parent(before, earliest, is_pending);
			assert_eq!(oldest, expected, "R-TRE-6: {name}");
			assert_eq!(check_relay_parent_progress(Some(oldest), expected), Ok(()));
			if let Some(below) = expected.checked_sub(1) {
				let refused = RelayParentMovedBackwards {
					latest: expected,
					got: below,
				};
				assert_eq!(
					check_relay_parent_progress(Some(oldest), below),
					Err(refused),
					"R-TRE-6: {name}"
				);
			}
		}
	}

	#[test]
	fn r_abp_12_buffer_after_a_session_change() {
		let mut window = AllowedRelayParents::default();
		(95..100).for_each(|number| {
			window.update(block(number), 2);
		});
		window.clear();
		for (parent, expected) in [
			(100, &[100][..]),
			(101, &[100, 101]),
			(102, &[100, 101, 102]),
			(103, &[101, 102, 103]),
		] {
			window.update(block(parent), 2);
			assert_eq!(numbers(&window), expected, "R-ABP-12");
		}
	}

	#[test]
	fn r_abp_2_a_relay_parent_is_usable_in_a_plus_one_blocks() {
		let mut window = AllowedRelayParents::default();
		let usable: Vec<_> = (1..30)
			.filter(|child| {
				window.update(block(child - 1), 3);
				window.lookup(block(10).hash).is_some()
			})
			.collect();
		assert_eq!(usable, [11, 12, 13, 14], "R-ABP-2");
		assert_eq!(window.lookup(block(27).hash), Some(block(27)), "R-REL-3");
	}

	#[test]
	fn r_rel_2_shrinking_drops_several_and_a_known_hash_changes_nothing() {
		let mut window = AllowedRelayParents::default();
		(1..=4).for_each(|number| {
			window.update(block(number), 3);
		});
		let before = window.clone();
		assert!(window.update(block(4), 3).is_empty());
		assert_eq!(window, before);
		assert_eq!(
			window.update(block(5), 1),
			[1, 2, 3].map(|number| block(number).hash)
		);
		assert_eq!(numbers(&window), [4, 5]);
		assert_eq!(window.update(block(6), 0).len(), 2);
		assert_eq!(
			numbers(&window),
			[6],
			"R-ABP-3: synchronous backing knows one relay parent"
		);
	}

	#[test]
	fn r_abp_8_r_rel_1_the_tracker_holds_what_a_node_has_in_scope() {
		for ancestry in [0, 1, 3, 255] {
			let params = crate::AsyncBackingParams::new(4, ancestry).expect("legal");
			let mut window = AllowedRelayParents::default();
			(1..=600).for_each(|number| {
				window.update(block(number), ancestry);
			});
			// What the child of block 600 may build on, as a node says it: the leaf, and so many ancestors.
			let scope: Vec<_> = (600 - ancestry..=600).map(block).collect();
			let mut held: Vec<_> = window.iter().collect();
			held.reverse();
			assert_eq!(held, scope, "R-ABP-8");
			assert_eq!(window.len(), params.relay_parent_window() as usize, "R-ABP-8");
			assert_eq!(window.latest(), Some(block(600)), "R-REL-1");
		}
	}

	#[test]
	fn r_rel_6_earliest_relay_parent_of_the_child() {
		let mut window = AllowedRelayParents::default();
		for (state_of, earliest) in [(101, 100), (102, 100), (103, 100), (104, 101), (105, 102)] {
			window.update(block(state_of - 1), 3);
			assert_eq!(
				window.earliest_for_child_of(state_of, 3),
				earliest,
				"R-REL-6: state of {state_of}"
			);
		}
	}

	#[test]
	fn r_rel_4_relay_parents_do_not_move_backwards() {
		assert_eq!(
			check_relay_parent_progress(None, 0),
			Ok(()),
			"R-REL-4: the first candidate"
		);
		assert_eq!(
			check_relay_parent_progress(Some(7), 7),
			Ok(()),
			"R-REL-4: equal is fine"
		);
		assert_eq!(
			check_relay_parent_progress(Some(7), 6),
			Err(RelayParentMovedBackwards { latest: 7, got: 6 }),
			"R-REL-4"
		);
	}

	proptest::proptest! {
		#[test]
		fn r_rel_6_earliest_is_what_the_child_accepts(ancestry in 0u32..6, blocks in 1u32..20) {
			let mut window = AllowedRelayParents::default();
			(0..blocks).for_each(|number| { window.update(block(number), ancestry); });
			let predicted = window.earliest_for_child_of(blocks, ancestry);
			window.update(block(blocks), ancestry);
			proptest::prop_assert_eq!(numbers(&window)[0], predicted);
		}
	}

	#[test]
	fn r_abp_4_however_long_the_ancestry_the_window_keeps_its_bound_and_its_newest_block() {
		for ancestry in [MAX_RELAY_PARENTS - 1, MAX_RELAY_PARENTS, 1_000, u32::MAX] {
			let mut window = AllowedRelayParents::default();
			(1..=600).for_each(|number| {
				window.update(block(number), ancestry);
			});
			assert_eq!(window.len(), 256, "R-ABP-4: A = {ancestry}");
			assert_eq!(window.latest(), Some(block(600)), "R-ABP-4: A = {ancestry}");
			assert_eq!(window.oldest(), Some(block(345)), "R-ABP-4: A = {ancestry}");
		}
	}

	#[test]
	fn r_rel_5_a_window_is_empty_until_its_first_block_and_when_cleared() {
		let mut window = AllowedRelayParents::default();
		assert!(window.is_empty());
		assert_eq!((window.oldest(), window.latest()), (None, None));
		window.update(block(1), 3);
		window.update(block(2), 3);
		assert!(!window.is_empty());
		assert_eq!(
			(window.oldest(), window.latest()),
			(Some(block(1)), Some(block(2)))
		);
		window.clear();
		assert!(window.is_empty(), "R-REL-5");
	}
}
