//! What a block's events say of its transactions: which of them failed, and why.

use crate::{decode::decode, DecodeError, Metadata};
use scale_info::TypeDef;
use serde_json::Value;

/// A transaction that is in a block and did not do what it was sent for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedDispatch {
	/// Which extrinsic of the block.
	pub extrinsic: u32,
	/// Why: the pallet and its error, or what the runtime says.
	pub reason: String,
}

impl Metadata {
	/// Transactions of a block whose dispatch failed, in their order; also calls that somebody had root make and that failed
	/// then. `events` are those of the block, as its state has them.
	///
	/// # Errors
	/// The runtime's events are not what its metadata says.
	pub fn failed_dispatches(&self, events: &[u8]) -> Result<Vec<FailedDispatch>, DecodeError> {
		let system = self.pallet("frame_system");
		let ty = system.and_then(|system| system.storage.get("Events"));
		let ty = *ty.ok_or(DecodeError::NoEvents)?;
		let Value::Array(records) = decode(&self.types, ty, &mut &events[..])? else {
			return Ok(Vec::new());
		};
		let failed = records.iter().filter_map(|record| {
			let extrinsic = record["phase"]["ApplyExtrinsic"].as_u64()?;
			let (_, event) = record["event"].as_object()?.iter().next()?;
			let error = event
				.get("ExtrinsicFailed")
				.and_then(|failed| failed.get("dispatch_error"))
				.or_else(|| event.get("Sudid")?.get("sudo_result")?.get("Err"))?;
			Some(FailedDispatch {
				extrinsic: u32::try_from(extrinsic).ok()?,
				reason: self.dispatch_error(error),
			})
		});
		Ok(failed.collect())
	}

	/// A dispatch error in words: the pallet and its error, if it is one of a pallet.
	fn dispatch_error(&self, error: &Value) -> String {
		let of_pallet = || {
			let module = error.get("Module")?;
			let index = module["index"].as_u64()?;
			let pallet = self
				.pallets
				.iter()
				.find(|pallet| u64::from(pallet.index) == index)?;
			let bytes = sp_core::bytes::from_hex(module["error"].as_str()?).ok()?;
			let TypeDef::Variant(errors) = &self.types.resolve(pallet.errors?)?.type_def else {
				return None;
			};
			let error = errors
				.variants
				.iter()
				.find(|error| Some(&error.index) == bytes.first())?;
			Some(format!("{}::{}", pallet.name, error.name))
		};
		of_pallet().unwrap_or_else(|| match error {
			Value::String(name) => name.clone(),
			other => other.to_string(),
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{Extrinsic, Pallet};
	use codec::Encode;
	use scale_info::{MetaType, Registry, TypeInfo};
	use std::collections::BTreeMap;

	#[derive(Encode, TypeInfo)]
	enum Phase {
		ApplyExtrinsic(u32),
		Finalization,
	}

	#[allow(dead_code)]
	#[derive(Encode, TypeInfo)]
	enum DispatchError {
		BadOrigin,
		Module(ModuleError),
	}

	#[derive(Encode, TypeInfo)]
	struct ModuleError {
		index: u8,
		error: [u8; 4],
	}

	#[allow(dead_code)]
	#[derive(Encode, TypeInfo)]
	enum System {
		ExtrinsicSuccess { weight: (u64, u128) },
		ExtrinsicFailed { dispatch_error: DispatchError },
	}

	#[derive(Encode, TypeInfo)]
	enum Sudo {
		Sudid { sudo_result: Result<(), DispatchError> },
	}

	#[derive(Encode, TypeInfo)]
	enum Event {
		System(System),
		Sudo(Sudo),
	}

	#[derive(Encode, TypeInfo)]
	struct Record {
		phase: Phase,
		event: Event,
		topics: Vec<[u8; 32]>,
	}

	#[allow(dead_code)]
	#[derive(TypeInfo)]
	enum Errors {
		Full,
		TooDear,
	}

	fn metadata() -> Metadata {
		let mut registry = Registry::new();
		let events = registry.register_type(&MetaType::new::<Vec<Record>>()).id;
		let errors = registry.register_type(&MetaType::new::<Errors>()).id;
		let pallet = |name: &str, index, path: &str| Pallet {
			name: name.into(),
			index,
			path: Some(path.into()),
			calls: None,
			errors: Some(errors),
			prefix: None,
			storage: BTreeMap::from([("Events".into(), events)]),
			constants: BTreeMap::new(),
		};
		Metadata {
			types: registry.into(),
			pallets: vec![
				pallet("System", 0, "frame_system"),
				pallet("Shop", 7, "pallet_shop"),
			],
			extrinsic: Extrinsic {
				version: 4,
				address: 0,
				call: 0,
				signature: 0,
				extensions: Vec::new(),
			},
		}
	}

	fn record(phase: Phase, event: Event) -> Record {
		Record {
			phase,
			event,
			topics: vec![[1; 32]],
		}
	}

	fn too_dear() -> DispatchError {
		DispatchError::Module(ModuleError {
			index: 7,
			error: [1, 0, 0, 0],
		})
	}

	#[test]
	fn failed_transactions_are_told_with_the_pallets_own_words() {
		let fine = System::ExtrinsicSuccess {
			weight: (1, u128::MAX),
		};
		let failed = |dispatch_error| Event::System(System::ExtrinsicFailed { dispatch_error });
		let sudid = |sudo_result| Event::Sudo(Sudo::Sudid { sudo_result });
		let events = vec![
			record(Phase::ApplyExtrinsic(0), Event::System(fine)),
			record(Phase::ApplyExtrinsic(1), failed(too_dear())),
			record(Phase::ApplyExtrinsic(2), failed(DispatchError::BadOrigin)),
			record(Phase::ApplyExtrinsic(3), sudid(Ok(()))),
			record(Phase::ApplyExtrinsic(4), sudid(Err(too_dear()))),
			record(Phase::Finalization, failed(DispatchError::BadOrigin)),
		];
		let told = metadata().failed_dispatches(&events.encode()).unwrap();
		let told: Vec<_> = told
			.iter()
			.map(|failed| (failed.extrinsic, &failed.reason[..]))
			.collect();
		assert_eq!(
			told,
			[(1, "Shop::TooDear"), (2, "BadOrigin"), (4, "Shop::TooDear")]
		);
	}

	#[test]
	fn what_is_no_list_of_events_is_refused() {
		let metadata = metadata();
		let events = vec![record(
			Phase::Finalization,
			Event::Sudo(Sudo::Sudid { sudo_result: Ok(()) }),
		)]
		.encode();
		for length in 1..events.len() {
			assert!(
				metadata.failed_dispatches(&events[..length]).is_err(),
				"{length} bytes"
			);
		}
		let mut unknown = events;
		unknown[1] = 9;
		assert!(matches!(
			metadata.failed_dispatches(&unknown),
			Err(DecodeError::NoVariant { index: 9, .. })
		));
	}
}
