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

/// Most fuel that the validation of a block takes, as a function of its extrinsics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FuelUse {
	/// Of a block without extrinsics.
	pub base: u64,
	/// What each extrinsic adds.
	pub per_extrinsic: u64,
}

impl FuelUse {
	/// Of a block with this many extrinsics; saturating.
	pub fn of(&self, extrinsics: u32) -> u64 {
		self.per_extrinsic
			.saturating_mul(extrinsics.into())
			.saturating_add(self.base)
	}
}
