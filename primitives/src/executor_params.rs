//! Limits of the Wasm executor that a network may set apart from the defaults (R-BIN-30).

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::{bounded::BoundedVec, ConstU32};

/// Most entries of [`ExecutorParams`]: thrice what there is to say, so that whatever a network stored can be read.
pub const MAX_EXECUTOR_PARAMS: u32 = 32;

/// Departures from the default limits of the parachain Wasm executor; empty means defaults.
///
/// ```
/// use async_backing_primitives::{ExecutorParam, ExecutorParams, MAX_EXECUTOR_PARAMS};
///
/// assert!(ExecutorParams::try_from(vec![ExecutorParam::MaxMemoryPages(8192)]).is_ok());
/// let many = vec![ExecutorParam::WasmExtBulkMemory; MAX_EXECUTOR_PARAMS as usize + 1];
/// assert!(ExecutorParams::try_from(many).is_err());
/// ```
#[derive(
	Clone, Debug, Default, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ExecutorParams(pub BoundedVec<ExecutorParam, ConstU32<MAX_EXECUTOR_PARAMS>>);

impl TryFrom<Vec<ExecutorParam>> for ExecutorParams {
	/// The entries back: there are more than [`MAX_EXECUTOR_PARAMS`].
	type Error = Vec<ExecutorParam>;

	fn try_from(entries: Vec<ExecutorParam>) -> Result<Self, Self::Error> {
		entries.try_into().map(Self)
	}
}

/// One of the [`ExecutorParams`].
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ExecutorParam {
	/// Most memory pages of 64 KiB.
	#[codec(index = 1)]
	MaxMemoryPages(u32),
	/// Most values on the Wasm stack.
	#[codec(index = 2)]
	StackLogicalMax(u32),
	/// Most bytes of the machine's stack.
	#[codec(index = 3)]
	StackNativeMax(u32),
	/// Most memory for pre-checking, in bytes.
	#[codec(index = 4)]
	PrecheckingMaxMemory(u64),
	/// Longest preparation, in milliseconds.
	#[codec(index = 5)]
	PvfPrepTimeout(PvfPrepKind, u64),
	/// Longest execution, in milliseconds.
	#[codec(index = 6)]
	PvfExecTimeout(PvfExecKind, u64),
	/// The bulk-memory extension of Wasm is on.
	#[codec(index = 7)]
	WasmExtBulkMemory,
	/// This host function may be called.
	#[codec(index = 8)]
	EnabledHostFunction(ExecutorHostFunction),
}

/// What validation code is prepared for.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum PvfPrepKind {
	/// To judge new code.
	Precheck,
	/// To execute it.
	Prepare,
}

/// What validation code is executed for.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum PvfExecKind {
	/// To back a candidate.
	Backing,
	/// To approve or dispute one.
	Approval,
}

/// Host functions that a network may switch on.
#[derive(
	Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ExecutorHostFunction {
	/// Elliptic-curve arithmetic of RFC 163.
	#[codec(index = 1)]
	EccRfc163,
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn r_bin_30_executor_params_keep_their_numbers() {
		let params = [
			ExecutorParam::MaxMemoryPages(1),
			ExecutorParam::StackLogicalMax(1),
			ExecutorParam::StackNativeMax(1),
			ExecutorParam::PrecheckingMaxMemory(1),
			ExecutorParam::PvfPrepTimeout(PvfPrepKind::Prepare, 1),
			ExecutorParam::PvfExecTimeout(PvfExecKind::Approval, 1),
			ExecutorParam::WasmExtBulkMemory,
			ExecutorParam::EnabledHostFunction(ExecutorHostFunction::EccRfc163),
		];
		for (position, param) in params.iter().enumerate() {
			assert_eq!(usize::from(param.encode()[0]), position + 1, "R-BIN-30");
		}
		assert_eq!(params[4].encode(), [5, 1, 1, 0, 0, 0, 0, 0, 0, 0], "R-BIN-30");
		assert_eq!(params[7].encode(), [8, 1], "R-BIN-30");
	}
}
