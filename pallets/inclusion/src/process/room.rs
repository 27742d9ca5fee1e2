//! What a block has left for the inherent (R-WGT-1).
//!
//! An author asks before any inherent is applied: what the hooks have used by then is booked, what other inherents will
//! use is not, so it is set aside ([`OtherInherents`]). When the block is executed FRAME has booked this very inherent
//! before it is called, and whatever came before; it checks the limits of a block by itself. So execution holds an
//! inherent against an empty block: never less room than its author saw, whatever else the block carries.

use super::Mode;
use crate::{select::Load, Config, OtherInherents};
use async_backing_primitives::{ports::CurrentSession, Header};
use codec::Encode;
use frame_support::{dispatch::DispatchClass, traits::Get, weights::Weight};
use frame_system::limits::WeightsPerClass;

/// Bytes of the extrinsic around the inherent's items and its parent header: three counts of items and the length of the
/// whole, of five bytes at most each, the extrinsic's version and the call's two indices; twice that, for runtimes that
/// wrap theirs.
const ENVELOPE_BYTES: u32 = 2 * (4 * 5 + 3);

/// What a block has left, and what happens above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Room {
	/// Time and bytes.
	pub(crate) budget: Load,
	/// Whether the runtime limits what is mandatory in time: then FRAME refuses a block with more. Otherwise the time of
	/// a block is what an author aims at.
	pub(crate) is_limit: bool,
}

impl Room {
	/// For an inherent that carries this parent header.
	pub(crate) fn of_block<T: Config>(mode: Mode, parent: &Header) -> Self {
		let used = match mode {
			Mode::Create => Used::by_now::<T>(),
			Mode::Execute => Used::default(),
		};
		let header = u32::try_from(parent.encoded_size()).unwrap_or(u32::MAX);
		let length = <T as frame_system::Config>::BlockLength::get();
		let bytes = length
			.max
			.get(DispatchClass::Mandatory)
			.saturating_sub(used.bytes);
		let (weight, is_limit) = left::<T>(&used);
		// A session pallet books the whole block that ends a session, whatever it does there. No candidate is backed in it
		// (R-ABP-10), so nothing but bitfields and disputes would lose their place to a claim that is no measurement.
		let weight = if !is_limit && T::Session::is_change_buffered() {
			left::<T>(&Used::default()).0
		} else {
			weight
		};
		// The length of an extrinsic counts as proof too, where proofs are limited.
		let size = u64::from(bytes).min(weight.proof_size());
		Self {
			budget: Load {
				time: weight.ref_time(),
				size: size
					.saturating_sub(header.into())
					.saturating_sub(ENVELOPE_BYTES.into()),
			},
			is_limit,
		}
	}
}

/// What FRAME accepts of a mandatory extrinsic now, beside other inherents. `None` if it accepts everything.
pub(crate) fn weight_limit<T: Config>() -> Option<Weight> {
	let (weight, is_limit) = left::<T>(&Used::by_now::<T>());
	is_limit.then_some(weight)
}

/// What is used of a block, or set aside.
#[derive(Clone, Copy, Debug, Default)]
struct Used {
	/// By all classes.
	block: Weight,
	/// By what is mandatory.
	mandatory: Weight,
	/// In bytes.
	bytes: u32,
}

impl Used {
	fn by_now<T: Config>() -> Self {
		let booked = frame_system::Pallet::<T>::block_weight();
		let bytes = T::OtherInherents::bytes();
		let others = T::OtherInherents::weight::<T>().saturating_add_proof_size(bytes.into());
		Self {
			block: booked.total().saturating_add(others),
			mandatory: booked.get(DispatchClass::Mandatory).saturating_add(others),
			bytes: frame_system::Pallet::<T>::block_size().saturating_add(bytes),
		}
	}
}

/// What is left for the weight of one mandatory extrinsic, and whether FRAME refuses more.
///
/// The limits are those of `CheckWeight`: the class's maximum; the block's, which a class with a reserve may exceed up to
/// that, and one without a reserve at will; and that of one extrinsic, which does not count its base weight.
fn left<T: Config>(used: &Used) -> (Weight, bool) {
	let limits = <T as frame_system::Config>::BlockWeights::get();
	let WeightsPerClass {
		base_extrinsic,
		max_extrinsic,
		max_total,
		reserved,
	} = *limits.get(DispatchClass::Mandatory);
	let of_block = limits.max_block.saturating_sub(used.block);
	let mut left = match reserved.map(|reserved| reserved.saturating_sub(used.mandatory)) {
		Some(of_reserve) if of_reserve.ref_time() > of_block.ref_time() => of_reserve,
		Some(_) => of_block,
		None => of_block.set_proof_size(u64::MAX),
	};
	if let Some(max_total) = max_total {
		left = left.min(max_total.saturating_sub(used.mandatory));
	}
	left = left.saturating_sub(base_extrinsic);
	if let Some(max_extrinsic) = max_extrinsic {
		left = left.min(max_extrinsic);
	}
	let is_limit = max_extrinsic.or(max_total).or(reserved).is_some();
	(left, is_limit)
}
