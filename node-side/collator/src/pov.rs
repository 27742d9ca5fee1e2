//! What a block takes: bytes of its PoV, and fuel of its validation.

/// A collator's target for its PoV: 85 % of the limit (R-HOO-6). Bytes of the SCALE encoding; rounds down.
pub fn pov_target(max_pov_size: u32) -> u32 {
	u32::try_from(u64::from(max_pov_size) * 85 / 100).unwrap_or(u32::MAX)
}

/// Largest size of a PoV as a function of its extrinsics, in bytes of its SCALE encoding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PovSize {
	/// Of a block without extrinsics.
	pub base: u64,
	/// What each extrinsic adds.
	pub per_extrinsic: u64,
}

impl PovSize {
	/// Of a block with this many extrinsics; saturating.
	pub fn of(&self, extrinsics: u32) -> u64 {
		self.per_extrinsic
			.saturating_mul(extrinsics.into())
			.saturating_add(self.base)
	}

	/// Most extrinsics for which the PoV fits into `max` bytes; `None` if not even an empty block does.
	pub fn extrinsics_within(&self, max: u64) -> Option<u32> {
		let room = max.checked_sub(self.base)?;
		let count = room.checked_div(self.per_extrinsic).unwrap_or(u64::MAX);
		Some(u32::try_from(count).unwrap_or(u32::MAX))
	}
}

/// Most fuel that the validation of a block takes, as a function of its extrinsics, and of the code that it announces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FuelUse {
	/// Of a block without extrinsics.
	pub base: u64,
	/// What each extrinsic adds.
	pub per_extrinsic: u64,
	/// What each byte of a code adds that the block announces (R-SEG-6): it is read, hashed and handed on.
	pub per_code_byte: u64,
}

impl FuelUse {
	/// Of a block with this many extrinsics; saturating.
	pub fn of(&self, extrinsics: u32) -> u64 {
		self.per_extrinsic
			.saturating_mul(extrinsics.into())
			.saturating_add(self.base)
	}

	/// What announcing a code of so many bytes takes; saturating.
	pub fn of_code(&self, bytes: usize) -> u64 {
		let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
		self.per_code_byte.saturating_mul(bytes)
	}

	/// How many extrinsics a block has room for that also announces a code of so many bytes, where it has room for
	/// `extrinsics` without: the code is paid for out of their fuel, or a backer would run out of time (R-BAK-11). None if the
	/// code takes more than all of them; then it goes alone.
	///
	/// ```
	/// use async_backing_collator::FuelUse;
	///
	/// let fuel = FuelUse { base: 50, per_extrinsic: 100, per_code_byte: 2 };
	/// assert_eq!(fuel.extrinsics_beside(40, 0), 40);
	/// assert_eq!(fuel.extrinsics_beside(40, 1_001), 19);
	/// assert_eq!(fuel.extrinsics_beside(40, 1_000_000), 0);
	/// ```
	pub fn extrinsics_beside(&self, extrinsics: u32, code_bytes: usize) -> u32 {
		let worth = self.of_code(code_bytes).div_ceil(self.per_extrinsic.max(1));
		extrinsics.saturating_sub(u32::try_from(worth).unwrap_or(u32::MAX))
	}
}
