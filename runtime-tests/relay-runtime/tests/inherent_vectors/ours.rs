//! Our chain: what it begins with, and what it says.

use crate::{chain, plan::PARAS};
use async_backing_primitives::{
	runtime_api::{
		runtime_decl_for_async_backing_api::AsyncBackingApiV1,
		runtime_decl_for_parachain_host::ParachainHostV16,
	},
	AsyncBackingParams, BackingState, BlockNumber, CandidateEvent, ConstraintsExtension, Hash,
	HostConfiguration, OccupiedCoreAssumption, ParaId, ParachainsInherentData, PersistedValidationData,
};
use async_backing_relay_runtime::{self as runtime, AccountId, Block, Runtime};
use codec::Encode;
use frame_support::{
	storage::{with_transaction_unchecked, TransactionOutcome},
	traits::Randomness,
};
use sp_io::TestExternalities;

/// Answers by their names, in SCALE.
pub(crate) type Answers = Vec<(String, Vec<u8>)>;

/// What a chain begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
	/// Every limit is met soon.
	pub(crate) is_narrow: bool,
	/// The last core is for orders.
	pub(crate) has_pool: bool,
}

/// How far nodes see what cores are for.
pub(crate) const LOOKAHEAD: u32 = 3;

/// How many cores there are.
pub(crate) const CORES: u32 = 4;

impl Kind {
	/// Whose core each is. The first para has two, so that several of its candidates wait at a time, or may order another one.
	pub(crate) fn cores(self) -> [Option<ParaId>; CORES as usize] {
		let [first, second, third] = PARAS;
		let last = (!self.has_pool).then_some(first);
		[Some(first), Some(second), Some(third), last]
	}
}

/// Where every limit is met now and then, or soon. Legal relay parents are what the lookahead makes legal for theirs.
pub(crate) fn configuration(is_narrow: bool) -> HostConfiguration {
	let usual = HostConfiguration {
		async_backing_params: AsyncBackingParams {
			max_candidate_depth: if is_narrow { 0 } else { 3 },
			allowed_ancestry_len: 2,
		},
		num_cores: CORES,
		scheduling_lookahead: LOOKAHEAD,
		..chain::configuration()
	};
	if !is_narrow {
		return usual;
	}
	HostConfiguration {
		max_upward_queue_count: 3,
		max_upward_queue_size: 100,
		max_upward_message_size: 60,
		..usual
	}
}

pub(crate) fn genesis(kind: Kind) -> TestExternalities {
	let cores = || (0..).zip(kind.cores());
	let assignments: Vec<_> = cores().filter_map(|(core, para)| Some((core, para?))).collect();
	let pool: Vec<_> = cores()
		.filter_map(|(core, para)| para.is_none().then_some(core))
		.collect();
	TestExternalities::new(chain::genesis(configuration(kind.is_narrow), &assignments, &pool))
}

/// Validators of the session pallet, with their keys.
pub(crate) fn validators() -> Vec<(AccountId, [u8; 32])> {
	let accounts = runtime::Session::validators().into_iter();
	accounts
		.map(|account| {
			let keys = pallet_session::NextKeys::<Runtime>::get(&account).expect("all have keys");
			let key = keys.para_validator.encode();
			(account, key.try_into().expect("it has 32 bytes"))
		})
		.collect()
}

/// What the validators of this session are shuffled with.
pub(crate) fn seed(session: u32) -> Hash {
	let subject = (*b"async-backing sessions", session).encode();
	pallet_babe::RandomnessFromOneEpochAgo::<Runtime>::random(&subject).0
}

/// The block that is executed.
pub(crate) fn now() -> BlockNumber {
	runtime::System::block_number()
}

pub(crate) fn session() -> u32 {
	runtime::Session::current_index()
}

/// Whom the session pallet has disabled.
pub(crate) fn disabled() -> Vec<u32> {
	runtime::Session::disabled_validators()
}

/// Runs something, and takes back what it did.
pub(crate) fn try_out<T>(run: impl FnOnce() -> T) -> T {
	with_transaction_unchecked(|| TransactionOutcome::Rollback(run()))
}

/// Sends a para what the other side sent it of its own accord.
pub(crate) fn send_downward(para: ParaId, message: Vec<u8>) {
	let message = message.try_into().expect("theirs has the same limit");
	runtime::Dmp::force_send(frame_system::RawOrigin::Root.into(), para, message).expect("theirs could");
}

/// What the chain says to an inherent.
pub(crate) fn verdict(data: &ParachainsInherentData) -> Result<(), &'static str> {
	try_out(|| chain::enter(data.clone())).map_err(Into::into)
}

/// Base constraints and candidates pending of a para, as they are after an inherent.
pub(crate) fn state_after(
	data: &ParachainsInherentData,
	para: ParaId,
) -> Option<(BackingState, Option<ConstraintsExtension>)> {
	try_out(|| {
		chain::enter(data.clone()).ok()?;
		let state = <Runtime as ParachainHostV16<Block>>::para_backing_state(para)?;
		let extension = <Runtime as AsyncBackingApiV1<Block>>::constraints_extension(para);
		Some((state, extension))
	})
}

/// Number of the relay parent of the last candidate of a para that waits.
pub(crate) fn relay_parent_of_tip(para: ParaId) -> Option<BlockNumber> {
	let state = <Runtime as ParachainHostV16<Block>>::para_backing_state(para)?;
	Some(state.pending_availability.last()?.relay_parent_number)
}

/// What nodes are told of the chain as a whole: the same questions, in the same order, as on the other side.
pub(crate) fn answers() -> Answers {
	type Api = Runtime;
	vec![
		(
			"validators".into(),
			<Api as ParachainHostV16<Block>>::validators().encode(),
		),
		(
			"validator_groups".into(),
			<Api as ParachainHostV16<Block>>::validator_groups().encode(),
		),
		(
			"availability_cores".into(),
			<Api as ParachainHostV16<Block>>::availability_cores().encode(),
		),
		(
			"session_index_for_child".into(),
			<Api as ParachainHostV16<Block>>::session_index_for_child().encode(),
		),
		(
			"minimum_backing_votes".into(),
			<Api as ParachainHostV16<Block>>::minimum_backing_votes().encode(),
		),
		(
			"disabled_validators".into(),
			<Api as ParachainHostV16<Block>>::disabled_validators().encode(),
		),
		(
			"claim_queue".into(),
			<Api as ParachainHostV16<Block>>::claim_queue().encode(),
		),
		(
			"candidate_events".into(),
			<Api as ParachainHostV16<Block>>::candidate_events().encode(),
		),
	]
}

/// What nodes are told of a para.
pub(crate) fn answers_of(para: ParaId) -> Answers {
	use OccupiedCoreAssumption::{Free, Included};
	type Api = Runtime;
	// Each chain has a state of its own, with a root of its own.
	let validation_data = |assumption| {
		let ask = || <Api as ParachainHostV16<Block>>::persisted_validation_data(para, assumption);
		try_out(ask).map(|data| PersistedValidationData {
			relay_parent_storage_root: Hash::zero(),
			..data
		})
	};
	vec![
		(
			"persisted_validation_data, free".into(),
			validation_data(Free).encode(),
		),
		(
			"persisted_validation_data, included".into(),
			validation_data(Included).encode(),
		),
		(
			"validation_code_hash, free".into(),
			<Api as ParachainHostV16<Block>>::validation_code_hash(para, Free).encode(),
		),
		(
			"candidates_pending_availability".into(),
			<Api as ParachainHostV16<Block>>::candidates_pending_availability(para).encode(),
		),
		(
			"dmq_contents".into(),
			<Api as ParachainHostV16<Block>>::dmq_contents(para).encode(),
		),
		(
			"inbound_hrmp_channels_contents".into(),
			<Api as ParachainHostV16<Block>>::inbound_hrmp_channels_contents(para).encode(),
		),
		(
			"backing_constraints".into(),
			<Api as ParachainHostV16<Block>>::backing_constraints(para).encode(),
		),
	]
}

/// What became of candidates in the block.
pub(crate) fn candidate_events() -> Vec<CandidateEvent> {
	<Runtime as ParachainHostV16<Block>>::candidate_events()
}
