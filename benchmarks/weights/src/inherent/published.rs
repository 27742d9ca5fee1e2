//! The weights that the field publishes for its inherent.

/// What one read and one write cost, in nanoseconds: `RocksDbWeight` of frame-support, which both runtimes use.
const READ: f64 = 25_000.0;
const WRITE: f64 = 100_000.0;

/// A weight in its parts, as runtimes publish it.
#[derive(Clone, Copy)]
pub struct Published {
	/// Time without storage, in nanoseconds.
	pub nanos: f64,
	/// Storage values read.
	pub reads: f64,
	/// Storage values written.
	pub writes: f64,
}

impl Published {
	/// A weight of these parts.
	pub const fn new(nanos: f64, reads: f64, writes: f64) -> Self {
		Self { nanos, reads, writes }
	}

	/// Both.
	pub fn plus(self, other: Self) -> Self {
		Self::new(
			self.nanos + other.nanos,
			self.reads + other.reads,
			self.writes + other.writes,
		)
	}

	/// So many times as much.
	pub fn times(self, count: f64) -> Self {
		Self::new(self.nanos * count, self.reads * count, self.writes * count)
	}

	/// What this has more than the other.
	pub fn less(self, other: Self) -> Self {
		self.plus(other.times(-1.0))
	}

	/// In nanoseconds, with reads and writes at their price.
	pub fn total(self) -> f64 {
		self.nanos + self.reads * READ + self.writes * WRITE
	}
}

// westend-runtime 40.0.0, weights of paras_inherent and inclusion, measured on 2026-02-25 on `Intel(R) Xeon(R) CPU @
// 2.60GHz`.
/// An inherent that carries nothing.
pub const EMPTY: Published = Published::new(294_541.0, 17.0, 5.0);
const BITFIELDS: Published = Published::new(556_214.0, 19.0, 7.0);
const CANDIDATE: Published = Published::new(1_513_057.081, 32.0, 16.0);
const VOTE: Published = Published::new(47_356.84, 0.0, 0.0);
const ENACT: Published = Published::new(156_323.556, 8.0, 6.0);
const UPWARD: Published = Published::new(529_418.705, 1.0, 3.0);
const HORIZONTAL: Published = Published::new(527_179.667, 3.0, 4.0);
const UPGRADE: Published = Published::new(45_652.413, 9.0, 8.0);

/// Messages that the published weight books for every core that a bitfield names, whatever was sent: the configured
/// maxima of the largest relay chain, and a code upgrade.
pub const MOST_UPWARD: f64 = 16.0;
/// See [`MOST_UPWARD`].
pub const MOST_HORIZONTAL: f64 = 10.0;

/// One bitfield more.
pub fn bitfield() -> Published {
	BITFIELDS.less(EMPTY)
}

/// One candidate more, with so many votes.
pub fn candidate(votes: f64) -> Published {
	CANDIDATE.plus(VOTE.times(votes)).less(EMPTY)
}

/// One candidate enacted that sends so many messages, with so many code upgrades.
pub fn enact(upward: f64, horizontal: f64, upgrades: f64) -> Published {
	ENACT
		.plus(UPWARD.times(upward))
		.plus(HORIZONTAL.times(horizontal))
		.plus(UPGRADE.times(upgrades))
}
