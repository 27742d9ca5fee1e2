//! What tools and nodes of others look for in this runtime.

use crate::*;
use async_backing_primitives::{AssignmentId, AuthorityDiscoveryId, ValidatorId};
use codec::Decode;
use frame_support::traits::{GetCallMetadata, PalletInfoAccess};
use sp_core::{sr25519, Pair};
use sp_runtime::BuildStorage;
use std::collections::BTreeMap;

#[test]
fn calls_events_and_pallets_have_the_names_that_tools_look_for() {
	assert_eq!(RuntimeCall::get_call_names("ParaInherent"), ["enter"]);
	assert_eq!(ParaScheduler::name(), "ParaScheduler");
	assert_eq!(ParaSessionInfo::name(), "ParaSessionInfo");
	// Some constants are read from the state, such as the length of an epoch.
	let metadata = sp_io::TestExternalities::default().execute_with(Runtime::metadata_ir);
	let inclusion = metadata
		.pallets
		.iter()
		.find(|pallet| pallet.name == "ParaInclusion");
	let events = inclusion.and_then(|pallet| pallet.event.as_ref());
	let events = events.expect("it has events").ty.type_info();
	let scale_info::TypeDef::Variant(variants) = events.type_def else {
		panic!("events are an enum");
	};
	let names: Vec<_> = variants.variants.iter().map(|variant| variant.name).collect();
	assert_eq!(
		names,
		["CandidateBacked", "CandidateIncluded", "CandidateTimedOut"]
	);
	let constants: BTreeMap<_, _> = metadata
		.pallets
		.iter()
		.flat_map(|pallet| {
			pallet
				.constants
				.iter()
				.map(|constant| ((pallet.name, constant.name), &constant.value))
		})
		.collect();
	let value = |pallet, name| u32::decode(&mut &constants[&(pallet, name)][..]);
	assert_eq!(
		value("ParaScheduler", "MaxCores"),
		Ok(async_backing_primitives::MAX_CORES)
	);
	assert_eq!(
		value("Paras", "MaxParas"),
		Ok(async_backing_primitives::MAX_PARAS)
	);
}

#[test]
fn view_functions_can_be_called() {
	let storage = RuntimeGenesisConfig::default().build_storage().expect("builds");
	sp_io::TestExternalities::new(storage).execute_with(|| {
		let metadata = Runtime::metadata_ir();
		let price = metadata
			.pallets
			.iter()
			.flat_map(|pallet| &pallet.view_functions)
			.find(|function| function.name == "order_price")
			.expect("it is published");
		let id = frame_support::view_functions::ViewFunctionId::decode(&mut &price.id[..]);
		let answer = Runtime::execute_view_function(id.expect("it is an id"), Vec::new());
		let price = u128::decode(&mut &answer.expect("it answers")[..]);
		assert_eq!(price, Ok(ParaScheduler::order_price()));
	});
}

/// A key of a validator, of its own for each kind.
fn key(validator: u8, kind: u8) -> sr25519::Public {
	sr25519::Pair::from_seed(&[validator.wrapping_mul(8) + kind; 32]).public()
}

#[test]
fn r_bin_30_session_info_has_assignment_and_discovery_keys_in_the_order_of_validators() {
	const VALIDATORS: u8 = 7;
	let validator = |index: u8| {
		let account = AccountId::from(key(index, 0));
		let keys = SessionKeys {
			babe: key(index, 1).into(),
			grandpa: sp_core::ed25519::Pair::from_seed(&[index + 1; 32])
				.public()
				.into(),
			para_validator: key(index, 2).into(),
			para_assignment: key(index, 3).into(),
			authority_discovery: key(index, 4).into(),
		};
		(account.clone(), account, keys)
	};
	let config = RuntimeGenesisConfig {
		session: SessionConfig {
			keys: (0..VALIDATORS).map(validator).collect(),
			..Default::default()
		},
		..Default::default()
	};
	let storage = config.build_storage().expect("builds");
	sp_io::TestExternalities::new(storage).execute_with(|| {
		let info = ParaSessionInfo::session_info(0).expect("it is remembered from genesis on");
		assert_eq!(info.validators.len(), usize::from(VALIDATORS));
		let others: BTreeMap<ValidatorId, (AssignmentId, AuthorityDiscoveryId)> = (0..VALIDATORS)
			.map(|index| (key(index, 2).into(), (key(index, 3).into(), key(index, 4).into())))
			.collect();
		let told: Vec<_> = info
			.assignment_keys
			.into_iter()
			.zip(info.discovery_keys)
			.collect();
		let expected: Vec<_> = info
			.validators
			.iter()
			.map(|validator| others[validator].clone())
			.collect();
		assert_eq!(told, expected, "R-BIN-30");
	});
}
