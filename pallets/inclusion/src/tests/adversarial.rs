//! The table of inherents that no block may carry, against the mock: each refused with its own error and storage
//! untouched; an author drops exactly the bad part. The compiled runtime is held against the same table.

use super::cases::{self, World};
use crate::{mock::*, Pallet};
use async_backing_primitives::{
	ports::CoreScheduler, BlockNumber, CoreIndex, HeadData, Header, ParaId, RelayChainBlockInfo,
	SessionIndex, ValidationCodeHash, ValidatorIndex, ValidatorSignature,
};
use frame_support::assert_ok;
use sp_core::Pair;
use sp_runtime::DispatchError;

/// The mock chain.
struct Mock;

impl World for Mock {
	fn session(&self) -> SessionIndex {
		neighbours(|state| state.session)
	}

	fn parent_header(&self) -> Header {
		parent_header()
	}

	fn ancestor(&self, age: u32) -> RelayChainBlockInfo {
		block(parent().number - age)
	}

	fn members(&self, core: u32, at: BlockNumber) -> Vec<ValidatorIndex> {
		let group = Scheduler::rotation_info(at)
			.group_for_core(CoreIndex(core), Scheduler::core_count() as usize)
			.expect("the core exists");
		Scheduler::groups()[group.as_usize()].clone()
	}

	fn sign(&self, validator: ValidatorIndex, payload: &[u8]) -> ValidatorSignature {
		pair(validator.0).sign(payload)
	}

	fn head(&self, para: ParaId) -> HeadData {
		included_head(para)
	}

	fn code(&self) -> ValidationCodeHash {
		code(0).hash()
	}

	fn pending_heads(&self, para: ParaId) -> Vec<HeadData> {
		let pending = Pallet::<Test>::candidates_pending_availability(para);
		pending
			.into_iter()
			.map(|candidate| candidate.commitments.head_data)
			.collect()
	}

	fn limits(&self) -> (u32, u32, u32) {
		neighbours(|state| {
			(
				state.config.max_pov_size,
				state.config.max_head_data_size,
				state.config.max_code_size,
			)
		})
	}
}

fn world() -> Setup {
	Setup {
		params: (cases::DEPTH, cases::ANCESTRY),
		cores: cases::CORES.len() as u32,
		assignments: (0..).zip(cases::CORES).collect(),
		pool: Vec::new(),
		validators: cases::VALIDATORS,
		rotation: cases::ROTATION,
		availability_period: 2,
	}
}

#[test]
fn r_inc_3_and_4_every_bad_inherent_is_refused_and_an_author_drops_exactly_the_bad_part() {
	for case in cases::bad::cases() {
		let name = case.name;
		world().run(|| {
			run_to(cases::BLOCK);
			let offered = (case.make)(&Mock);
			let root = || sp_io::storage::root(sp_runtime::StateVersion::V1);
			let before = root();
			let refused = enter(offered.data.clone()).expect_err(name);
			let DispatchError::Module(error) = refused else {
				panic!("{name}: {refused:?}")
			};
			assert_eq!(error.message, Some(case.error), "R-INC-3: {name}");
			assert_eq!(root(), before, "{name}: storage is untouched");
			let filtered = Pallet::<Test>::filter(offered.data);
			assert_eq!(root(), before, "{name}: creation changes nothing");
			assert!(
				filtered == offered.kept,
				"R-INC-4: {name}: exactly the bad part goes"
			);
			assert_ok!(enter(filtered));
		});
	}
}

#[test]
fn r_ena_3_and_r_dep_1_the_ways_of_candidates() {
	for (name, steps) in cases::scenarios() {
		world().run(|| {
			run_to(cases::BLOCK);
			let genesis = included_head(PARA).0.len();
			for (at, step) in steps.iter().enumerate() {
				let data = cases::inherent_of(&Mock, step.back, step.attest);
				assert!(
					Pallet::<Test>::filter(data.clone()) == data,
					"R-INC-3: {name}, block {at}"
				);
				finish_block_with(data);
				cases::check_step(&Mock, name, at, step, genesis);
			}
		});
	}
}

#[test]
fn the_honest_inherent_of_the_table_is_accepted() {
	world().run(|| {
		run_to(cases::BLOCK);
		let honest = cases::honest(&Mock);
		assert!(Pallet::<Test>::filter(honest.clone()) == honest);
		assert_ok!(enter(honest));
	});
}
