//! A para's life through the compiled runtime: its code checked by the validators, a channel to a neighbour, blocks on
//! demand, and its removal.

mod common;

use async_backing_primitives::{
	ClaimQueue, HostConfiguration, ParaId, ValidationCode, ValidationCodeHash, ValidatorId,
};
use async_backing_relay_client::BuildBlock;
use async_backing_relay_runtime::{self as runtime, transactions, RuntimeCall};
use common::{story::Story, world::Compiled, FIRST_SLOT};
use serde_json::json;
use sp_runtime::traits::Convert;

const NEW: ParaId = ParaId(2002);
const OLD: ParaId = ParaId(2000);
/// Blocks of a session.
const SESSION: u64 = 6;

fn story() -> Story {
	let world = Compiled::with(
		83,
		json!({
			"epochLength": { "slots": SESSION },
			// Core 3 is the other para's in the tables; here orders have it.
			"paraScheduler": { "assignments": [[0, 2000], [1, 2001]], "pool": [3] },
		}),
	);
	world.0.run(FIRST_SLOT, 1);
	Story { world, nonce: 0 }
}

fn register(code: &ValidationCode) -> RuntimeCall {
	RuntimeCall::Paras(pallet_async_backing_paras::Call::register {
		para: NEW,
		genesis_head: vec![7].into(),
		validation_code: code.clone(),
	})
}

#[test]
fn r_code_3_validators_check_the_code_of_a_new_para_and_it_has_a_life() {
	let mut story = story();
	let code = ValidationCode(vec![0xcd; 40]);
	story.by_root(vec![register(&code)]);
	let under_vote: Vec<ValidationCodeHash> = story.world.ask("pvfs_require_precheck", ());
	assert_eq!(under_vote, [code.hash()], "R-CODE-3");

	let validators: Vec<ValidatorId> = story.world.ask("validators", ());
	let needed = async_backing_primitives::supermajority_threshold(validators.len());
	let mut verdicts = story.verdicts(code.hash(), true, needed);
	let last = verdicts.pop().expect("some are needed");
	story.block(verdicts);
	let under_vote: Vec<ValidationCodeHash> = story.world.ask("pvfs_require_precheck", ());
	assert_eq!(under_vote, [code.hash()], "one is missing");
	story.block(vec![last]);
	let accepted_in = story.session();
	let under_vote: Vec<ValidationCodeHash> = story.world.ask("pvfs_require_precheck", ());
	assert_eq!(under_vote, [], "R-CODE-3");
	story.run_to_session(accepted_in + 1);
	assert!(!story.world.ask::<Vec<ParaId>>("para_ids", ()).contains(&NEW));
	story.run_to_session(accepted_in + 2);
	assert!(story.world.ask::<Vec<ParaId>>("para_ids", ()).contains(&NEW));

	// A channel to its neighbour, asked for by one and accepted by the other.
	let config: HostConfiguration = story
		.world
		.0
		.client
		.call(story.world.parent(), "AsyncBackingApi_active_configuration", ())
		.expect("the runtime answers");
	let endow = |para| {
		RuntimeCall::Balances(pallet_balances::Call::force_set_balance {
			who: runtime::SovereignAccountOf::convert(para).into(),
			new_free: 10 * config.hrmp_sender_deposit,
		})
	};
	story.by_root(vec![endow(NEW), endow(OLD)]);
	let ask = pallet_async_backing_hrmp::Call::init_open_channel {
		recipient: OLD,
		max_capacity: 4,
		max_message_size: 128,
	};
	story.by_para(NEW, RuntimeCall::Hrmp(ask));
	let accept = pallet_async_backing_hrmp::Call::accept_open_channel { sender: NEW };
	story.by_para(OLD, RuntimeCall::Hrmp(accept));
	let channel = pallet_async_backing_hrmp::HrmpChannelId {
		sender: NEW,
		recipient: OLD,
	};
	let is_open = || pallet_async_backing_hrmp::HrmpChannels::<runtime::Runtime>::contains_key(channel);
	assert!(!story.look(is_open), "R-ABP-9: not within the session");
	let opened_in = story.session() + 1;
	story.run_to_session(opened_in);
	assert!(story.look(is_open), "R-KEY-5");

	// A block on demand.
	let genesis = story.world.0.client.genesis_hash();
	story.block(vec![transactions::order(0, genesis, NEW)]);
	let claims: ClaimQueue = story.world.ask("claim_queue", ());
	let shown: Vec<_> = claims.values().flatten().filter(|para| **para == NEW).collect();
	assert_eq!(
		shown.len(),
		2,
		"R-SCH-4, R-SCH-8: the order's claim, and the chance before it"
	);

	// And its end: channel and deposits go with it.
	let leave = pallet_async_backing_paras::Call::deregister { para: NEW };
	story.by_root(vec![RuntimeCall::Paras(leave)]);
	let gone_in = story.session() + 2;
	story.run_to_session(gone_in);
	assert!(!story.world.ask::<Vec<ParaId>>("para_ids", ()).contains(&NEW));
	assert!(!story.look(is_open));
	let held = |para| {
		let account = runtime::SovereignAccountOf::convert(para);
		runtime::System::account(&account).data.reserved
	};
	assert_eq!(story.look(|| (held(NEW), held(OLD))), (0, 0), "deposits are back");
}

#[test]
fn r_code_3_a_verdict_that_does_not_count_stays_out_of_the_block() {
	let mut story = story();
	let code = ValidationCode(vec![0xce; 40]);
	story.by_root(vec![register(&code)]);
	let good = story.verdicts(code.hash(), false, 1);
	let unknown = story.verdicts(ValidationCode(vec![1; 40]).hash(), false, 1);
	let twice = good.clone();
	let (parent, slot) = (story.world.parent(), story.world.slot());
	let request = BuildBlock {
		extrinsics: [good, unknown, twice].concat(),
		..story.world.0.request(parent, slot)
	};
	let built = story
		.world
		.0
		.client
		.build_block(request)
		.expect("the slot is ours");
	assert_eq!(built.refused.len(), 2, "{:?}", built.refused);
	story.world.import(built.block);
	let vote = story.look(|| pallet_async_backing_paras::CodeVotes::<runtime::Runtime>::get(code.hash()));
	assert_eq!(vote.map(|vote| vote.reject.len()), Some(1));
}
