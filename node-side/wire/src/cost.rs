//! What peers are charged and credited (R-NET-114).

/// What a misdeed costs a peer's reputation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cost {
	/// A small one, as may happen to the honest.
	Minor,
	/// A small one that came again.
	MinorRepeated,
	/// One that the honest do not commit.
	Major,
	/// One that the honest do not commit, again.
	MajorRepeated,
	/// Proof of malice: the end of the connection.
	Malicious,
}

impl Cost {
	/// The change of reputation, below zero.
	pub const fn value(self) -> i32 {
		match self {
			Self::Minor => -100_000,
			Self::MinorRepeated => -200_000,
			Self::Major => -300_000,
			Self::MajorRepeated => -600_000,
			Self::Malicious => i32::MIN,
		}
	}
}

/// What a service adds to a peer's reputation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gain {
	/// A small one.
	Minor,
	/// A small one, before all others.
	MinorFirst,
	/// What the network lives of.
	Major,
	/// What the network lives of, before all others.
	MajorFirst,
}

impl Gain {
	/// The change of reputation, above zero.
	pub const fn value(self) -> i32 {
		match self {
			Self::Minor => 10_000,
			Self::MinorFirst => 15_000,
			Self::Major => 200_000,
			Self::MajorFirst => 300_000,
		}
	}
}
