//! What collators do wrong.

/// What a collator does wrong, in a run where somebody tries what becomes of it. It is connected all the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misconduct {
	/// It builds nothing in its turns.
	Mute,
	/// What it says its blocks do is not what they do.
	Invalid,
	/// Its blocks lead to another head than it says: only who executes them finds out.
	WrongHead,
	/// Its blocks build on others that it gives to nobody.
	PrivateFork,
	/// Every second block stands beside the one before, on the same parent.
	Equivocate,
	/// Its proofs of validity lack their last byte. The descriptor names them as they are.
	GarbledPov,
	/// One byte more of a proof of validity than the chain takes (R-BASE-2).
	ExceedPov,
	/// One byte more of head data (R-BASE-4).
	ExceedHead,
	/// One byte more of a new code (R-BASE-3).
	ExceedCode,
	/// One upward message more than a candidate may have (R-BASE-7).
	ExceedUpwardCount,
	/// One byte more of upward messages than the queue has room for (R-BASE-6).
	ExceedUpwardBytes,
	/// One downward message more than there are (R-CON-4).
	ExceedDownward,
	/// One horizontal message more than a candidate may have, to paras to which there are no channels (R-BASE-11, R-CON-2).
	ExceedHorizontal,
	/// Its watermark is one block above its relay parent (R-CON-1).
	ExceedWatermark,
}

impl Misconduct {
	/// All kinds.
	pub const ALL: [Self; 14] = [
		Self::Mute,
		Self::Invalid,
		Self::WrongHead,
		Self::PrivateFork,
		Self::Equivocate,
		Self::GarbledPov,
		Self::ExceedPov,
		Self::ExceedHead,
		Self::ExceedCode,
		Self::ExceedUpwardCount,
		Self::ExceedUpwardBytes,
		Self::ExceedDownward,
		Self::ExceedHorizontal,
		Self::ExceedWatermark,
	];

	/// Its name.
	pub const fn name(self) -> &'static str {
		match self {
			Self::Mute => "mute",
			Self::Invalid => "invalid",
			Self::WrongHead => "wrong-head",
			Self::PrivateFork => "private-fork",
			Self::Equivocate => "equivocate",
			Self::GarbledPov => "garbled-pov",
			Self::ExceedPov => "exceed-pov",
			Self::ExceedHead => "exceed-head",
			Self::ExceedCode => "exceed-code",
			Self::ExceedUpwardCount => "exceed-upward-count",
			Self::ExceedUpwardBytes => "exceed-upward-bytes",
			Self::ExceedDownward => "exceed-downward",
			Self::ExceedHorizontal => "exceed-horizontal",
			Self::ExceedWatermark => "exceed-watermark",
		}
	}

	/// Whether its blocks exceed a limit of the chain by what they do: their code really comes to that, so that nothing but the
	/// limit is between them and the chain.
	pub(crate) const fn exceeds(self) -> bool {
		matches!(
			self,
			Self::ExceedHead
				| Self::ExceedCode
				| Self::ExceedUpwardCount
				| Self::ExceedUpwardBytes
				| Self::ExceedDownward
				| Self::ExceedHorizontal
				| Self::ExceedWatermark
		)
	}
}
