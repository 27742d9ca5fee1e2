//! What a candidate says of itself.

use super::*;
use async_backing_availability::{erasure_root_of, ErasureError};
use std::sync::Arc;

fn build_on() -> BuildOn {
	let mut facts = leaf(10, params(4, 3), 2, &genesis());
	facts.validators = (0..6).map(sp_validator).collect();
	Collator::new(config(5, 1), &genesis()).decide(&facts).unwrap()
}

fn sp_validator(key: u8) -> ValidatorId {
	codec::Decode::decode(&mut &[key; 32][..]).unwrap()
}

#[test]
fn r_bin_11_the_descriptor_names_place_core_and_contents() {
	let build_on = BuildOn {
		core: CoreIndex(1),
		..build_on()
	};
	let produced = produce(&build_on);
	let root = |data: &AvailableData| erasure_root_of(build_on.validators, data);
	let collated = collate(&build_on, produced.clone(), root).unwrap();

	let data = PersistedValidationData {
		parent_head: genesis(),
		relay_parent_number: 10,
		relay_parent_storage_root: Hash::from_low_u64_be(1010),
		max_pov_size: MAX_POV,
	};
	assert_eq!(collated.validation_data, data, "R-PVD-1");
	let descriptor = &collated.receipt.descriptor;
	assert_eq!(
		descriptor.accepted_version(false),
		Ok(DescriptorVersion::V2),
		"R-BIN-12"
	);
	assert_eq!(descriptor.para_id(), PARA);
	assert_eq!(descriptor.relay_parent(), relay_block(10).hash, "R-COL-2");
	assert_eq!(descriptor.core_index(), Some(CoreIndex(1)), "R-UMP-5");
	assert_eq!(descriptor.scheduling_session(), Some(1), "R-BIN-13");
	assert_eq!(
		descriptor.persisted_validation_data_hash(),
		data.hash(),
		"R-PVD-1"
	);
	assert_eq!(descriptor.pov_hash(), produced.pov.hash());
	assert_eq!(
		descriptor.para_head(),
		produced.commitments.head_data.hash(),
		"R-BCK-2"
	);
	assert_eq!(descriptor.validation_code_hash(), CODE, "R-FRG-2");
	let available = AvailableData {
		pov: produced.pov.clone(),
		validation_data: data,
	};
	assert_eq!(
		Ok(descriptor.erasure_root()),
		erasure_root_of(6, &available),
		"R-AVL-4"
	);
	assert_eq!(collated.hash, collated.receipt.hash(), "R-GLO-2");
	assert_eq!(collated.receipt.commitments, produced.commitments);
	assert_eq!(collated.pov, produced.pov);
}

#[test]
fn r_col_2_the_candidate_fits_where_it_was_built() {
	let facts = leaf(10, params(4, 3), 1, &genesis());
	let mut collator = Collator::new(config(5, 1), &genesis());
	let (_, collated) = build(&mut collator, &facts).unwrap();
	let constraints = &facts.paras[&PARA].backing_state.constraints;
	let checked = check_fragment(
		&facts.block,
		&Operating::new(constraints, &ConstraintModifications::default()),
		&FragmentCandidate {
			commitments: &collated.receipt.commitments,
			validation_code_hash: collated.receipt.descriptor.validation_code_hash(),
			validation_data: ValidationDataClaim::Full(&collated.validation_data),
			is_pending_availability: false,
		},
	);
	assert_eq!(checked.map(|_| ()), Ok(()), "R-COL-2");
	let core = collated.receipt.descriptor.core_index().unwrap();
	assert_eq!(
		check_core_choice(&facts.claim_queue, PARA, core, None),
		Ok(()),
		"R-UMP-5"
	);
}

#[test]
fn what_no_backer_would_take_is_refused() {
	let no_root = |_: &AvailableData| -> Result<Hash, ErasureError> { panic!("refused before") };
	let build_on = build_on();
	let mut tight = build_on.clone();
	let context = Arc::make_mut(&mut tight.context);
	context.validation_data.max_pov_size.value = 10;
	assert_eq!(
		collate(&tight, produce(&tight), no_root),
		Err(CollateError::PovTooLarge { max: 10, got: 11 }),
		"the length prefix counts"
	);
	let high = BuildOn {
		core: CoreIndex(65_536),
		..build_on.clone()
	};
	assert_eq!(
		collate(&high, produce(&high), no_root),
		Err(CollateError::CoreTooHigh(CoreIndex(65_536))),
		"R-BIN-11"
	);
	let lonely = BuildOn {
		validators: 1,
		..build_on
	};
	let failed = collate(&lonely, produce(&lonely), |data| {
		erasure_root_of(lonely.validators, data)
	});
	assert!(
		matches!(failed, Err(CollateError::Erasure(_))),
		"R-AVL-1: {failed:?}"
	);
}
