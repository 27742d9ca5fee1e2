//! What a parablock ends as.

use serde::{Deserialize, Serialize};

/// What became of a parablock that was built. Each ends in exactly one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
	/// Its data are available, and the para's head is the one that it leads to.
	Included,
	/// Nothing is decided yet.
	InFlight,
	/// It is of a fork that lost: of the relay chain, or of its para.
	ForkLost,
	/// Its relay parent grew too old before a relay block took it.
	RelayParentOutOfScope,
	/// What it builds on came to nothing.
	ParentLost,
	/// The session changed before it was included.
	SessionEnd,
	/// Its core served somebody else, or nobody.
	NoClaim,
	/// A relay block had no room for it.
	BlockFull,
	/// It was backed, and its data did not become available in time.
	AvailabilityLate,
	/// Validators refused it, by a rule.
	Refused,
}

impl Class {
	/// All of them, in the order in which they are shown.
	pub const ALL: [Self; 10] = [
		Self::Included,
		Self::InFlight,
		Self::ForkLost,
		Self::RelayParentOutOfScope,
		Self::ParentLost,
		Self::SessionEnd,
		Self::NoClaim,
		Self::BlockFull,
		Self::AvailabilityLate,
		Self::Refused,
	];

	/// Its position in [`ALL`](Self::ALL).
	pub fn position(self) -> usize {
		self as usize
	}

	/// What it is called.
	pub fn name(self) -> &'static str {
		match self {
			Self::Included => "included",
			Self::InFlight => "still in flight",
			Self::ForkLost => "fork lost",
			Self::RelayParentOutOfScope => "relay parent out of scope",
			Self::ParentLost => "parent lost",
			Self::SessionEnd => "session end",
			Self::NoClaim => "no claim",
			Self::BlockFull => "block full",
			Self::AvailabilityLate => "availability late",
			Self::Refused => "refused by rule",
		}
	}

	/// What it means, in a sentence.
	pub fn meaning(self) -> &'static str {
		match self {
			Self::Included => "its data are available, and the para's head has moved to it",
			Self::InFlight => "when the run ended it could still be included",
			Self::ForkLost => "it was of a fork, of the relay chain or of its para, that others left behind",
			Self::RelayParentOutOfScope => "its relay parent grew too old before a relay block took it",
			Self::ParentLost => "the block that it builds on came to nothing",
			Self::SessionEnd => "the session changed before it was included, and began with an empty slate",
			Self::NoClaim => "its core was never its para's while it could be backed",
			Self::BlockFull => "an author offered it, and the relay block did not take it",
			Self::AvailabilityLate => "it was backed, and too few validators held their chunk in time",
			Self::Refused => "a validator looked at it and would not vote for it",
		}
	}

	/// Name of its colour and icon in the page.
	pub(crate) fn key(self) -> &'static str {
		match self {
			Self::Included => "included",
			Self::InFlight => "flight",
			Self::ForkLost => "fork",
			Self::RelayParentOutOfScope => "scope",
			Self::ParentLost => "parent",
			Self::SessionEnd => "session",
			Self::NoClaim => "claim",
			Self::BlockFull => "full",
			Self::AvailabilityLate => "late",
			Self::Refused => "refused",
		}
	}

	/// Its icon: strokes in a square of 12.
	pub(crate) fn icon(self) -> &'static str {
		match self {
			Self::Included => "M2 6.5 5 9.5 10 3",
			Self::InFlight => "M2 6h8M7 3l3 3-3 3",
			Self::ForkLost => "M6 11V7L2.5 2M6 7l3.5-5",
			Self::RelayParentOutOfScope => "M2.5 1.5h7L2.5 10.5h7z",
			Self::ParentLost => "M1 6h3M8 6h3M4.5 3.5l3 5M7.5 3.5l-3 5",
			Self::SessionEnd => "M3 1v10M3 1.5h6.5L7.5 4l2 2.5H3",
			Self::NoClaim => "M6 1.5a4.5 4.5 0 1 0 .01 0M3 9l6-6",
			Self::BlockFull => "M2 2h8v8H2zM2 5h8M2 7.5h8",
			Self::AvailabilityLate => "M6 1.5a4.5 4.5 0 1 0 .01 0M6 3.5V6l2 1.5",
			Self::Refused => "M2.5 2.5l7 7M9.5 2.5l-7 7",
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::collections::BTreeSet;

	#[test]
	fn classes_are_told_apart_without_colour() {
		let distinct =
			|of: fn(Class) -> &'static str| Class::ALL.map(of).into_iter().collect::<BTreeSet<_>>().len();
		for of in [Class::name, Class::meaning, Class::key, Class::icon] {
			assert_eq!(distinct(of), Class::ALL.len());
		}
		for (position, class) in Class::ALL.into_iter().enumerate() {
			assert_eq!(class.position(), position);
		}
	}
}
