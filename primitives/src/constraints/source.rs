//! Where the checker reads base constraints from.

use super::{Constraints, HrmpConsumption, OutboundHrmpChannelLimitations};
use crate::{BlockNumber, HeadData, ParaId, ValidationCodeHash};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// Base constraints as the checker reads them.
///
/// A node has them as [`Constraints`] or [`ExtendedConstraints`]. A pallet may answer from storage, so that it reads
/// only the channels and messages that a candidate touches; its answers must equal the eager form (R-BASE-18).
pub trait ConstraintSource {
	/// Oldest legal relay parent (R-BASE-1).
	fn min_relay_parent_number(&self) -> BlockNumber;
	/// Largest proof of validity, in bytes (R-BASE-2).
	fn max_pov_size(&self) -> u32;
	/// Largest new validation code, in bytes (R-BASE-3).
	fn max_code_size(&self) -> u32;
	/// Largest head data, in bytes (R-BASE-4).
	fn max_head_data_size(&self) -> u32;
	/// Upward messages that may still be queued (R-BASE-5).
	fn ump_remaining(&self) -> u32;
	/// Bytes of upward messages that may still be queued (R-BASE-6).
	fn ump_remaining_bytes(&self) -> u32;
	/// Most upward messages of one candidate (R-BASE-7).
	fn max_ump_num_per_candidate(&self) -> u32;
	/// Number of queued downward messages (R-BASE-8).
	fn dmp_len(&self) -> u32;
	/// Block in which the downward message at `index` from the front was sent (R-BASE-8).
	fn dmp_sent_at(&self, index: u32) -> Option<BlockNumber>;
	/// Whether the watermark may move to `watermark` (R-BASE-9).
	fn is_valid_watermark(&self, watermark: BlockNumber) -> bool;
	/// What remains of the channel to `recipient` (R-BASE-10).
	fn outbound_channel(&self, recipient: ParaId) -> Option<OutboundHrmpChannelLimitations>;
	/// Most horizontal messages of one candidate (R-BASE-11).
	fn max_hrmp_num_per_candidate(&self) -> u32;
	/// Head data on which the next candidate builds (R-BASE-12).
	fn required_parent(&self) -> &HeadData;
	/// Code that validates the next candidate (R-BASE-13).
	fn validation_code_hash(&self) -> ValidationCodeHash;
	/// Whether no upgrade may be announced (R-BASE-14).
	fn is_upgrade_restricted(&self) -> bool;
	/// The scheduled code, and the relay-parent number from which it applies (R-BASE-15).
	fn future_validation_code(&self) -> Option<(BlockNumber, ValidationCodeHash)>;
	/// Largest single upward message, in bytes, if known (R-BASE-17).
	fn max_ump_message_size(&self) -> Option<u32> {
		None
	}
	/// Largest single message on the channel to `recipient`, in bytes, if known (R-BASE-17).
	fn max_hrmp_message_size(&self, _recipient: ParaId) -> Option<u32> {
		None
	}
	/// Whether the para is leaving and may send no upward message (R-UMP-6).
	fn is_offboarding(&self) -> bool {
		false
	}
	/// Most horizontal messages that one candidate may consume, if known (R-BASE-17).
	fn max_hrmp_consumed(&self) -> Option<u32> {
		None
	}
	/// Horizontal messages that a watermark passes on its way from block `after`, or from where it is, to `watermark`.
	/// Nothing where the limit is not known (R-BASE-17).
	fn hrmp_consumption(&self, _after: Option<BlockNumber>, _watermark: BlockNumber) -> HrmpConsumption {
		HrmpConsumption::default()
	}
}

impl ConstraintSource for Constraints {
	#[inline]
	fn min_relay_parent_number(&self) -> BlockNumber {
		self.min_relay_parent_number
	}

	#[inline]
	fn max_pov_size(&self) -> u32 {
		self.max_pov_size
	}

	#[inline]
	fn max_code_size(&self) -> u32 {
		self.max_code_size
	}

	#[inline]
	fn max_head_data_size(&self) -> u32 {
		self.max_head_data_size
	}

	#[inline]
	fn ump_remaining(&self) -> u32 {
		self.ump_remaining
	}

	#[inline]
	fn ump_remaining_bytes(&self) -> u32 {
		self.ump_remaining_bytes
	}

	#[inline]
	fn max_ump_num_per_candidate(&self) -> u32 {
		self.max_ump_num_per_candidate
	}

	#[inline]
	fn dmp_len(&self) -> u32 {
		u32::try_from(self.dmp_remaining_messages.len()).unwrap_or(u32::MAX)
	}

	#[inline]
	fn dmp_sent_at(&self, index: u32) -> Option<BlockNumber> {
		self.dmp_remaining_messages.get(index as usize).copied()
	}

	#[inline]
	fn is_valid_watermark(&self, watermark: BlockNumber) -> bool {
		self.hrmp_inbound
			.valid_watermarks
			.binary_search(&watermark)
			.is_ok()
	}

	/// A halving of the list by hand: the compiler makes half the instructions of it that it makes of the library's, and
	/// this is where a candidate with messages spends its time.
	#[inline]
	fn outbound_channel(&self, recipient: ParaId) -> Option<OutboundHrmpChannelLimitations> {
		let mut channels = self.hrmp_channels_out.as_slice();
		while channels.len() > 1 {
			let (low, high) = channels.split_at(channels.len() / 2);
			channels = match high {
				[(at, _), ..] if *at <= recipient => high,
				_ => low,
			};
		}
		match channels {
			[(at, limitations)] if *at == recipient => Some(*limitations),
			_ => None,
		}
	}

	#[inline]
	fn max_hrmp_num_per_candidate(&self) -> u32 {
		self.max_hrmp_num_per_candidate
	}

	#[inline]
	fn required_parent(&self) -> &HeadData {
		&self.required_parent
	}

	#[inline]
	fn validation_code_hash(&self) -> ValidationCodeHash {
		self.validation_code_hash
	}

	#[inline]
	fn is_upgrade_restricted(&self) -> bool {
		self.upgrade_restriction.is_some()
	}

	#[inline]
	fn future_validation_code(&self) -> Option<(BlockNumber, ValidationCodeHash)> {
		self.future_validation_code
	}
}

/// What the wire format of [`Constraints`] cannot express (R-BASE-17).
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ConstraintsExtension {
	/// Largest single upward message, in bytes.
	pub max_ump_message_size: u32,
	/// Largest single message of each outbound channel, in bytes, ascending by recipient.
	pub hrmp_max_message_size: Vec<(ParaId, u32)>,
	/// Whether the para is leaving.
	pub offboarding: bool,
	/// Most horizontal messages that one candidate may consume, unless a watermark cannot consume less.
	pub hrmp_max_messages_consumed: u32,
	/// Horizontal messages that wait: relay blocks above the watermark, ascending, and how many came since the one before.
	pub hrmp_waiting: Vec<(BlockNumber, u32)>,
}

/// [`Constraints`] with their extension, where the runtime offers one.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct ExtendedConstraints {
	/// What every runtime offers.
	pub constraints: Constraints,
	/// What only ours does; without it its checks are skipped (R-BASE-17).
	pub extension: Option<ConstraintsExtension>,
}

impl From<Constraints> for ExtendedConstraints {
	fn from(constraints: Constraints) -> Self {
		Self {
			constraints,
			extension: None,
		}
	}
}

macro_rules! delegate {
	($($name:ident($($arg:ident: $type:ty)?) -> $result:ty),* $(,)?) => {
		$(fn $name(&self $(, $arg: $type)?) -> $result {
			self.constraints.$name($($arg)?)
		})*
	};
}

impl ConstraintSource for ExtendedConstraints {
	delegate! {
		min_relay_parent_number() -> BlockNumber,
		max_pov_size() -> u32,
		max_code_size() -> u32,
		max_head_data_size() -> u32,
		ump_remaining() -> u32,
		ump_remaining_bytes() -> u32,
		max_ump_num_per_candidate() -> u32,
		dmp_len() -> u32,
		dmp_sent_at(index: u32) -> Option<BlockNumber>,
		is_valid_watermark(watermark: BlockNumber) -> bool,
		outbound_channel(recipient: ParaId) -> Option<OutboundHrmpChannelLimitations>,
		max_hrmp_num_per_candidate() -> u32,
		required_parent() -> &HeadData,
		validation_code_hash() -> ValidationCodeHash,
		is_upgrade_restricted() -> bool,
		future_validation_code() -> Option<(BlockNumber, ValidationCodeHash)>,
	}

	fn max_ump_message_size(&self) -> Option<u32> {
		self.extension
			.as_ref()
			.map(|extension| extension.max_ump_message_size)
	}

	fn max_hrmp_message_size(&self, recipient: ParaId) -> Option<u32> {
		let sizes = &self.extension.as_ref()?.hrmp_max_message_size;
		let found = sizes
			.binary_search_by_key(&recipient, |(recipient, _)| *recipient)
			.ok()?;
		sizes.get(found).map(|(_, size)| *size)
	}

	fn is_offboarding(&self) -> bool {
		self.extension
			.as_ref()
			.is_some_and(|extension| extension.offboarding)
	}

	fn max_hrmp_consumed(&self) -> Option<u32> {
		self.extension
			.as_ref()
			.map(|extension| extension.hrmp_max_messages_consumed)
	}

	fn hrmp_consumption(&self, after: Option<BlockNumber>, watermark: BlockNumber) -> HrmpConsumption {
		self.extension
			.as_ref()
			.map(|extension| HrmpConsumption::between(&extension.hrmp_waiting, after, watermark))
			.unwrap_or_default()
	}
}
