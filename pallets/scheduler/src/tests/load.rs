//! How much the scheduler says that it holds.

use crate::{mock::*, CoreAssignment, CoreClaims, OnDemandOrders, PARTS_OF_A_CORE};
use async_backing_primitives::{
	ports::{CoreScheduler, SchedulerLoad},
	ParaId,
};
use codec::Encode;

#[test]
fn r_def_33_r_wgt_6_the_load_is_what_is_stored() {
	with_cores(&[(0, 1), (1, 2)], &[2], || {
		configure(3, 4);
		let load = || {
			let load = Scheduler::load();
			assert_eq!(load.orders as usize, OnDemandOrders::<Test>::get().len());
			assert_eq!(load.core_bytes as usize, CoreClaims::<Test>::get().encoded_size());
			load
		};
		let expected = SchedulerLoad {
			cores: 3,
			lookahead: 4,
			orders: 0,
			core_bytes: CoreClaims::<Test>::get().encoded_size() as u32,
		};
		assert_eq!(load(), expected, "nothing was ordered yet");
		serve(&[]);
		// More than 63, so that their number takes two bytes.
		for _ in 0..70 {
			order(1).expect("there is room");
		}
		assert_eq!(load().orders, 70, "R-DEF-33");
		let before = load().core_bytes;
		let part = PARTS_OF_A_CORE / 100;
		let many = (0..100).map(|para| (CoreAssignment::Task(ParaId(para)), part));
		assign(0, 2, None, shares(&many.collect::<Vec<_>>())).expect("they make up a core");
		for _ in 0..6 {
			next_block(&[]);
		}
		// An assignment, its parts and those that remain: nine bytes for each of the 99 more.
		assert!(
			load().core_bytes >= before + 99 * 9,
			"R-DEF-33: cores that many share are more to read"
		);
	});
}
