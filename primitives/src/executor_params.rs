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

/// Longest preparation or execution that can be set, in milliseconds: an hour, beyond any session's use.
pub const MAX_EXECUTOR_TIMEOUT: u64 = 3_600_000;

/// What a value on the Wasm stack may take of the machine's, in bytes.
const NATIVE_BYTES_PER_VALUE: u64 = 128;

/// Executor parameters that do not fit (R-ABP-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InconsistentExecutorParams {
	/// One that may occur once occurs again.
	#[error("executor parameter {0} occurs twice (R-ABP-6)")]
	Repeated(&'static str),
	/// A value is not within its range.
	#[error("executor parameter {parameter} is {value}, but from {min} to {max} (R-ABP-6)")]
	OutOfRange {
		/// Name of the parameter.
		parameter: &'static str,
		/// Its value.
		value: u64,
		/// The smallest legal value.
		min: u64,
		/// The largest legal value.
		max: u64,
	},
	/// A value falls below what another one asks for, set or by default.
	#[error("executor parameter {parameter} is {value}, but at least {min} because of {other} (R-ABP-6)")]
	BelowOther {
		/// Name of the parameter.
		parameter: &'static str,
		/// Its value.
		value: u64,
		/// The smallest value that goes with the other one.
		min: u64,
		/// Name of the other one.
		other: &'static str,
	},
}

impl ExecutorParams {
	/// Checks that each is within its range, occurs once, and goes with the others (R-ABP-6). Cost: quadratic in their
	/// number, which is at most [`MAX_EXECUTOR_PARAMS`].
	///
	/// # Errors
	/// [`InconsistentExecutorParams`] names the first that does not.
	pub fn check_consistency(&self) -> Result<(), InconsistentExecutorParams> {
		use InconsistentExecutorParams::{BelowOther, OutOfRange, Repeated};
		for (position, param) in self.0.iter().enumerate() {
			let (parameter, value, min, max) = param.facts();
			if self
				.0
				.iter()
				.take(position)
				.any(|before| before.facts().0 == parameter)
			{
				return Err(Repeated(parameter));
			}
			if value < min || value > max {
				return Err(OutOfRange {
					parameter,
					value,
					min,
					max,
				});
			}
		}
		let [logical, native, precheck, prepare, backing, approval] = DEFAULTS.map(|(name, default)| {
			let set = self
				.0
				.iter()
				.map(|param| param.facts())
				.find(|facts| facts.0 == name);
			(name, set.map_or(default, |facts| facts.1))
		});
		let stack = logical.1.saturating_mul(NATIVE_BYTES_PER_VALUE);
		for ((parameter, value), min, other) in [
			(native, stack, logical.0),
			(prepare, precheck.1.saturating_add(1), precheck.0),
			(approval, backing.1.saturating_add(1), backing.0),
		] {
			if value < min {
				return Err(BelowOther {
					parameter,
					value,
					min,
					other,
				});
			}
		}
		Ok(())
	}
}

/// Those that are compared with one another, and what holds where they are not set: 65536 values and 256 MiB of stack;
/// a minute to pre-check and six to prepare; 2 s to back and 12 s to approve.
const DEFAULTS: [(&str, u64); 6] = [
	("StackLogicalMax", 65_536),
	("StackNativeMax", 256 * 1024 * 1024),
	("PvfPrepTimeout::Precheck", 60_000),
	("PvfPrepTimeout::Prepare", 360_000),
	("PvfExecTimeout::Backing", 2_000),
	("PvfExecTimeout::Approval", 12_000),
];

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

impl ExecutorParam {
	/// Its name, which may occur once; its value; the smallest and the largest legal one.
	fn facts(&self) -> (&'static str, u64, u64, u64) {
		const GIB: u64 = 1024 * 1024 * 1024;
		match *self {
			Self::MaxMemoryPages(pages) => ("MaxMemoryPages", pages.into(), 1, 65_536),
			Self::StackLogicalMax(values) => ("StackLogicalMax", values.into(), 1024, 131_072),
			Self::StackNativeMax(bytes) => ("StackNativeMax", bytes.into(), 1, u32::MAX.into()),
			Self::PrecheckingMaxMemory(bytes) => ("PrecheckingMaxMemory", bytes, GIB / 4, 16 * GIB),
			Self::PvfPrepTimeout(PvfPrepKind::Precheck, millis) => {
				("PvfPrepTimeout::Precheck", millis, 1, MAX_EXECUTOR_TIMEOUT)
			}
			Self::PvfPrepTimeout(PvfPrepKind::Prepare, millis) => {
				("PvfPrepTimeout::Prepare", millis, 1, MAX_EXECUTOR_TIMEOUT)
			}
			Self::PvfExecTimeout(PvfExecKind::Backing, millis) => {
				("PvfExecTimeout::Backing", millis, 1, MAX_EXECUTOR_TIMEOUT)
			}
			Self::PvfExecTimeout(PvfExecKind::Approval, millis) => {
				("PvfExecTimeout::Approval", millis, 1, MAX_EXECUTOR_TIMEOUT)
			}
			Self::WasmExtBulkMemory => ("WasmExtBulkMemory", 1, 1, 1),
			Self::EnabledHostFunction(ExecutorHostFunction::EccRfc163) => {
				("EnabledHostFunction::EccRfc163", 1, 1, 1)
			}
		}
	}
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
	#[test]
	fn r_abp_6_each_executor_param_has_a_smallest_and_a_largest_value() {
		use ExecutorParam::*;
		type Row = (&'static str, fn(u64) -> ExecutorParam, u64, u64);
		fn narrow(value: u64) -> u32 {
			u32::try_from(value).expect("a row within 32 bits")
		}
		let rows: [Row; 8] = [
			("MaxMemoryPages", |pages| MaxMemoryPages(narrow(pages)), 1, 65_536),
			(
				"StackLogicalMax",
				|values| StackLogicalMax(narrow(values)),
				1_024,
				131_072,
			),
			(
				"StackNativeMax",
				|bytes| StackNativeMax(narrow(bytes)),
				1,
				4_294_967_295,
			),
			(
				"PrecheckingMaxMemory",
				PrecheckingMaxMemory,
				268_435_456,
				17_179_869_184,
			),
			(
				"PvfPrepTimeout::Precheck",
				|millis| PvfPrepTimeout(PvfPrepKind::Precheck, millis),
				1,
				3_600_000,
			),
			(
				"PvfPrepTimeout::Prepare",
				|millis| PvfPrepTimeout(PvfPrepKind::Prepare, millis),
				1,
				3_600_000,
			),
			(
				"PvfExecTimeout::Backing",
				|millis| PvfExecTimeout(PvfExecKind::Backing, millis),
				1,
				3_600_000,
			),
			(
				"PvfExecTimeout::Approval",
				|millis| PvfExecTimeout(PvfExecKind::Approval, millis),
				1,
				3_600_000,
			),
		];
		for (parameter, param, min, max) in rows {
			let is_out_of_range = |value| {
				let params = ExecutorParams::try_from(alloc::vec![param(value)]).expect("a single one");
				let refused = InconsistentExecutorParams::OutOfRange {
					parameter,
					value,
					min,
					max,
				};
				params.check_consistency() == Err(refused)
			};
			assert!(is_out_of_range(min - 1), "R-ABP-6: {parameter} below {min}");
			assert!(!is_out_of_range(min), "R-ABP-6: {parameter} of {min}");
			assert!(!is_out_of_range(max), "R-ABP-6: {parameter} of {max}");
			// There is no number above the largest native stack.
			assert!(
				max == u64::from(u32::MAX) || is_out_of_range(max + 1),
				"R-ABP-6: {parameter} above {max}"
			);
		}
	}

	#[test]
	fn r_abp_6_executor_params_that_do_not_fit_are_named() {
		use ExecutorParam::*;
		use InconsistentExecutorParams::{BelowOther, OutOfRange, Repeated};
		let check = |params: &[ExecutorParam]| {
			ExecutorParams::try_from(params.to_vec())
				.expect("few enough")
				.check_consistency()
		};
		let out_of_range = |parameter, value, min, max| {
			Err(OutOfRange {
				parameter,
				value,
				min,
				max,
			})
		};
		let all = [
			MaxMemoryPages(8192),
			StackLogicalMax(131_072),
			StackNativeMax(16 * 1024 * 1024),
			PrecheckingMaxMemory(2 << 30),
			PvfPrepTimeout(PvfPrepKind::Precheck, 60_000),
			PvfPrepTimeout(PvfPrepKind::Prepare, 60_001),
			PvfExecTimeout(PvfExecKind::Backing, 2_500),
			PvfExecTimeout(PvfExecKind::Approval, 15_000),
			WasmExtBulkMemory,
			EnabledHostFunction(ExecutorHostFunction::EccRfc163),
		];
		assert_eq!(check(&[]), Ok(()));
		assert_eq!(check(&all), Ok(()), "R-ABP-6: one of each");
		for param in all {
			assert_eq!(
				check(&[all.as_slice(), &[param]].concat()),
				Err(Repeated(param.facts().0)),
				"R-ABP-6"
			);
		}
		assert_eq!(
			check(&[MaxMemoryPages(0)]),
			out_of_range("MaxMemoryPages", 0, 1, 65_536)
		);
		assert_eq!(
			check(&[MaxMemoryPages(65_537)]),
			out_of_range("MaxMemoryPages", 65_537, 1, 65_536)
		);
		assert_eq!(
			check(&[StackLogicalMax(1023)]),
			out_of_range("StackLogicalMax", 1023, 1024, 131_072)
		);
		assert_eq!(
			check(&[PvfExecTimeout(PvfExecKind::Backing, 0)]),
			out_of_range("PvfExecTimeout::Backing", 0, 1, 3_600_000)
		);
		assert_eq!(
			check(&[PrecheckingMaxMemory(1)]),
			out_of_range("PrecheckingMaxMemory", 1, 1 << 28, 1 << 34)
		);
		let below = |parameter, value, min, other| {
			Err(BelowOther {
				parameter,
				value,
				min,
				other,
			})
		};
		assert_eq!(
			check(&[StackNativeMax(8 * 1024 * 1024 - 1)]),
			below("StackNativeMax", 8_388_607, 8_388_608, "StackLogicalMax"),
			"held against the default"
		);
		assert_eq!(
			check(&[PvfExecTimeout(PvfExecKind::Backing, 12_000)]),
			below(
				"PvfExecTimeout::Approval",
				12_000,
				12_001,
				"PvfExecTimeout::Backing"
			)
		);
		assert_eq!(
			check(&[PvfPrepTimeout(PvfPrepKind::Prepare, 60_000)]),
			below(
				"PvfPrepTimeout::Prepare",
				60_000,
				60_001,
				"PvfPrepTimeout::Precheck"
			)
		);
	}
}
