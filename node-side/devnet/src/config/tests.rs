//! What can be, and what is named that cannot.

use super::*;
use crate::PARTS_OF_A_CORE;

fn work(core: u32, shares: &[(Assignee, u16)]) -> CoreWork {
	CoreWork {
		core,
		begin: 0,
		end: None,
		shares: shares.to_vec(),
	}
}

#[test]
fn what_does_not_fit_is_named_with_its_bounds() {
	type Edit = fn(&mut RunConfig);
	assert_eq!(RunConfig::default().validate(), Ok(()));
	let foreign = |id, cores| ForeignPara {
		id: ParaId(id),
		cores,
	};
	let mut config = RunConfig {
		paras: 0,
		foreign: vec![foreign(1000, 1), foreign(2100, 2)],
		..RunConfig::default()
	};
	assert_eq!(config.validate(), Ok(()));
	assert_eq!((config.cores(), config.nodes()), (3, 8));
	config.foreign.swap(0, 1);
	let refused = config.validate().map_err(|error| error.to_string());
	assert!(refused.is_err_and(|error| error.starts_with("foreign is 1000")));
	let rows: [(Edit, &str); 18] = [
		(
			|c| {
				c.foreign = vec![ForeignPara {
					id: ParaId(2001),
					cores: 1,
				}]
			},
			"foreign is 2001, but must be no other para's, and above the one before",
		),
		(
			|c| {
				c.foreign = vec![ForeignPara {
					id: ParaId(2100),
					cores: 0,
				}]
			},
			"foreign is 0, but must be at least 1 and at most 16",
		),
		(
			|c| c.blocks = 0,
			"blocks is 0, but must be at least 1 and at most 10000",
		),
		(
			|c| c.validators = 1,
			"validators is 1, but must be at least 2 and at most 1000",
		),
		(
			|c| c.paras = 7,
			"validators is 6, but must be at least 7 and at most 1000",
		),
		(
			|c| c.cores_per_para = 4,
			"validators is 6, but must be at least 8 and at most 1000",
		),
		(
			|c| c.cores_per_para = 0,
			"cores_per_para is 0, but must be at least 1 and at most 16",
		),
		(
			|c| c.orders_for = vec![ParaId(2002)],
			"orders_for is 2002, but must be at least 2000 and at most 2001",
		),
		(
			|c| c.works = vec![work(6, &[(Assignee::Pool, PARTS_OF_A_CORE)])],
			"validators is 6, but must be at least 7 and at most 1000",
		),
		(
			|c| c.works = vec![work(0, &[(Assignee::Idle, 57_599)])],
			"core is 57599 parts, but must be shares that add up to 57600, and no empty one",
		),
		(
			|c| c.works = vec![work(0, &[(Assignee::Para(ParaId(7)), PARTS_OF_A_CORE)])],
			"core is 7, but must be at least 2000 and at most 2001",
		),
		(
			|c| c.collators_per_para = 0,
			"collators_per_para is 0, but must be at least 1 and at most 10",
		),
		(
			|c| (c.paras, c.on_demand) = (6, 1),
			"validators is 6, but must be at least 7 and at most 1000",
		),
		(
			|c| (c.paras, c.on_demand, c.cores_per_para) = (200, 200, 10),
			"cores_per_para is 10, but must be at most 4, so that 1000 validators suffice for a group each",
		),
		(
			|c| c.order_every = 0,
			"order_every is 0, but must be at least 1 and at most 10000",
		),
		(
			|c| c.params.max_candidate_depth = 256,
			"max_candidate_depth is 256, but must be at most 255",
		),
		(
			|c| c.model.extrinsic_cost = Duration::ZERO,
			"extrinsic_cost is 0, but must be positive",
		),
		(
			|c| c.model.leaf_active_after = Duration::from_secs(5),
			"leaf_active_after is 5000 ms, but must be at most 4000 ms, so that a slot suffices",
		),
	];
	for (edit, message) in rows {
		let mut config = RunConfig::default();
		edit(&mut config);
		assert_eq!(
			config.validate().map_err(|error| error.to_string()),
			Err(message.into())
		);
	}
}
