//! A chain of the published pallets that follows the headers of another chain.
//!
//! Everything that crosses the border does so in SCALE, so that no type of either side is known to the other.

use crate::{
	parachains_configuration, parachains_origin, parachains_paras, parachains_scheduler, AccountId, Balances,
	Configuration, Coretime, Header, Hrmp, Initializer, MessageQueue, OnDemand, ParaInherent, ParaScheduler,
	Paras, Runtime, RuntimeEvent, RuntimeOrigin, System,
};
use codec::{Decode, DecodeAll, Encode};
use core::cell::RefCell;
use frame_support::{
	storage::{with_storage_layer, with_transaction_unchecked, TransactionOutcome},
	traits::{BuildGenesisConfig, Currency, DisabledValidators, Hooks, OneSessionHandler, Randomness},
};
use frame_system::RawOrigin;
use polkadot_primitives::{
	CoreIndex, HeadData, Id as ParaId, InherentData, OccupiedCoreAssumption, PersistedValidationData,
	ValidationCode, ValidatorId,
};
use polkadot_runtime_parachains::{
	paras::AssignCoretime,
	runtime_api_impl::v13,
	scheduler::{CoreAssignment, PartsOf57600},
};
use sp_core::H256;
use sp_io::TestExternalities;
use sp_runtime::{traits::AccountIdConversion, BuildStorage, Digest, DispatchError, DispatchResult};
use std::collections::BTreeSet;

thread_local! {
	/// What the chain that is followed draws lots with.
	static SEED: RefCell<H256> = const { RefCell::new(H256::zero()) };
	/// Whom the chain that is followed has disabled, by index in the validator set.
	static DISABLED: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

/// The randomness of the chain that is followed.
pub struct Seed;

impl Randomness<H256, u32> for Seed {
	fn random(_: &[u8]) -> (H256, u32) {
		(SEED.with_borrow(|seed| *seed), 0)
	}
}

/// Offenders of the chain that is followed.
pub struct Disabled;

impl DisabledValidators for Disabled {
	fn is_disabled(index: u32) -> bool {
		DISABLED.with_borrow(|disabled| disabled.contains(&index))
	}

	fn disabled_validators() -> Vec<u32> {
		DISABLED.with_borrow(Clone::clone)
	}
}

/// Sets what is drawn from now on.
pub fn set_seed(seed: H256) {
	SEED.set(seed);
}

/// Sets who is disabled from now on.
pub fn set_disabled(disabled: Vec<u32>) {
	DISABLED.set(disabled);
}

/// A call that both sides know.
#[derive(Clone, Debug)]
pub enum Call {
	/// One value of the configuration, by its place in the list of `Op::Configure`.
	Configure(u8, u32),
	TrustCode(Vec<u8>),
	RequestChannel {
		sender: u32,
		recipient: u32,
		capacity: u32,
		message_size: u32,
	},
	AcceptChannel {
		sender: u32,
		recipient: u32,
	},
	CancelRequest {
		sender: u32,
		recipient: u32,
	},
	CloseChannel {
		sender: u32,
		recipient: u32,
		by: u32,
	},
	SendDownward {
		para: u32,
		message: Vec<u8>,
	},
	/// Shares of paras, and without one of orders, with their parts of 57600.
	AssignCore {
		core: u32,
		begin: u32,
		end: Option<u32>,
		shares: Vec<(Option<u32>, u16)>,
	},
	/// An account with enough orders a block.
	PlaceOrder {
		para: u32,
	},
}

/// Who orders blocks.
const CUSTOMER: AccountId = AccountId::new([7; 32]);

/// A validator: its account and key.
pub type Validator = (AccountId, [u8; 32]);

/// A para of genesis: its id, head and code.
pub type Para = (u32, Vec<u8>, Vec<u8>);

/// The state after genesis: these paras, with a core each, and then one more for each of `more_cores`, for orders without a para.
///
/// `configuration` is SCALE, in the layout of these pallets. Cores are counted by who gets one, so that it has to know none.
pub fn genesis(
	configuration: &[u8],
	paras: &[Para],
	more_cores: &[Option<u32>],
	validators: &[Validator],
) -> TestExternalities {
	let storage = frame_system::GenesisConfig::<Runtime>::default()
		.build_storage()
		.expect("it builds");
	let mut chain = TestExternalities::new(storage);
	chain.execute_with(|| {
		let config = parachains_configuration::HostConfiguration::<u32>::decode_all(&mut &configuration[..]);
		let mut config = config.expect("same layout, to the last byte");
		config.scheduler_params.num_cores = 0;
		parachains_configuration::ActiveConfig::<Runtime>::put(config);
		parachains_paras::GenesisConfig::<Runtime> {
			paras: paras
				.iter()
				.map(|(para, head, code)| {
					let genesis = parachains_paras::ParaGenesisArgs {
						genesis_head: HeadData(head.clone()),
						validation_code: ValidationCode(code.clone()),
						para_kind: parachains_paras::ParaKind::Parachain,
					};
					(ParaId::from(*para), genesis)
				})
				.collect(),
			..Default::default()
		}
		.build();
		for para in more_cores {
			match para {
				Some(para) => ParaScheduler::assign_coretime(ParaId::from(*para)),
				None => {
					let core = parachains_configuration::ActiveConfig::<Runtime>::mutate(|config| {
						let core = config.scheduler_params.num_cores;
						config.scheduler_params.num_cores += 1;
						core
					});
					// From the first block on, as the others.
					assign_core(core, 1, None, &[(None, u16::MAX)])
				}
			}
			.expect("nothing is in the way");
		}
		let _ = Balances::deposit_creating(&CUSTOMER, u128::MAX / 4);
		for (para, ..) in paras {
			let account: AccountId = ParaId::from(*para).into_account_truncating();
			let _ = Balances::deposit_creating(&account, 1_000_000_000);
		}
		let keys: Vec<_> = validators.iter().map(key).collect();
		Initializer::on_genesis_session(keys.iter().map(|(account, key)| (account, key.clone())));
	});
	chain
}

fn key((account, key): &Validator) -> (AccountId, ValidatorId) {
	(
		account.clone(),
		ValidatorId::from(sp_core::sr25519::Public::from_raw(*key)),
	)
}

/// Begins the block on this header. `session` starts with it: its index and validators.
pub fn begin(number: u32, parent_hash: H256, session: Option<(u32, &[Validator])>) {
	System::reset_events();
	System::initialize(&number, &parent_hash, &Digest::default());
	if let Some((index, validators)) = session {
		pallet_session::CurrentIndex::<Runtime>::put(index);
		let keys: Vec<_> = validators.iter().map(key).collect();
		let of = || keys.iter().map(|(account, key)| (account, key.clone()));
		<Initializer as OneSessionHandler<AccountId>>::on_new_session(true, of(), of());
	}
	MessageQueue::on_initialize(number);
	OnDemand::on_initialize(number);
	ParaInherent::on_initialize(number);
	Initializer::on_initialize(number);
}

/// The inherent: SCALE of its data. A refusal changes nothing.
///
/// # Errors
/// What the pallet says, by its name.
pub fn enter(data: &[u8]) -> Result<(), String> {
	let data =
		InherentData::<Header>::decode(&mut &data[..]).map_err(|error| format!("Undecodable: {error}"))?;
	with_storage_layer(|| {
		ParaInherent::enter(RawOrigin::None.into(), data)
			.map(drop)
			.map_err(|error| error.error)
	})
	.map_err(name)
}

/// As [`enter`], but whatever it says nothing changes.
///
/// # Errors
/// As [`enter`].
pub fn would_enter(data: &[u8]) -> Result<(), String> {
	with_transaction_unchecked(|| TransactionOutcome::Rollback(enter(data)))
}

fn name(error: DispatchError) -> String {
	match error {
		DispatchError::Module(error) => error.message.unwrap_or("nameless").to_owned(),
		other => format!("{other:?}"),
	}
}

/// Ends the block.
pub fn end() {
	let number = System::block_number();
	ParaInherent::on_finalize(number);
	Initializer::on_finalize(number);
}

/// Executes a call; an error takes it back.
///
/// # Errors
/// What the pallet says, by its name.
pub fn execute(call: &Call) -> Result<(), String> {
	with_storage_layer(|| dispatch(call)).map_err(name)
}

/// Whether a call would go through, and what would be the case behind it; whatever it says nothing changes.
///
/// # Errors
/// As [`execute`].
pub fn would_execute<T>(call: &Call, behind: impl FnOnce() -> T) -> Result<T, String> {
	with_transaction_unchecked(|| TransactionOutcome::Rollback(execute(call).map(|()| behind())))
}

fn root() -> RuntimeOrigin {
	RawOrigin::Root.into()
}

fn of_para(para: u32) -> RuntimeOrigin {
	parachains_origin::Origin::Parachain(ParaId::from(para)).into()
}

fn assign_core(core: u32, begin: u32, end: Option<u32>, shares: &[(Option<u32>, u16)]) -> DispatchResult {
	let share = |(para, parts): &(Option<u32>, u16)| {
		let assignment = para.map_or(CoreAssignment::Pool, CoreAssignment::Task);
		(assignment, PartsOf57600::new_saturating(*parts))
	};
	let shares = shares.iter().map(share).collect();
	let core = u16::try_from(core).map_err(|_| DispatchError::Other("no such core"))?;
	Coretime::assign_core(root(), core, begin, shares, end)
}

fn dispatch(call: &Call) -> DispatchResult {
	let channel = |sender: u32, recipient: u32| polkadot_primitives::HrmpChannelId {
		sender: sender.into(),
		recipient: recipient.into(),
	};
	match call.clone() {
		Call::Configure(which, value) => match which {
			4 => Configuration::set_max_upward_queue_count(root(), value),
			5 => Configuration::set_max_upward_message_num_per_candidate(root(), value),
			6 => Configuration::set_max_upward_message_size(root(), value),
			7 => Configuration::set_hrmp_max_message_num_per_candidate(root(), value),
			8 => Configuration::set_max_head_data_size(root(), 5 + value),
			9 => Configuration::set_max_code_size(root(), 10 + value),
			10 => Configuration::set_minimum_backing_votes(root(), value),
			11 => Configuration::set_paras_availability_period(root(), value),
			12 => Configuration::set_group_rotation_frequency(root(), value),
			13 => Configuration::set_max_validators(root(), Some(value)),
			_ => Err(DispatchError::Other("not known")),
		},
		Call::TrustCode(code) => Paras::add_trusted_validation_code(root(), ValidationCode(code)),
		Call::RequestChannel {
			sender,
			recipient,
			capacity,
			message_size,
		} => Hrmp::hrmp_init_open_channel(of_para(sender), recipient.into(), capacity, message_size),
		Call::AcceptChannel { sender, recipient } => {
			Hrmp::hrmp_accept_open_channel(of_para(recipient), sender.into())
		}
		Call::CancelRequest { sender, recipient } => {
			Hrmp::hrmp_cancel_open_request(of_para(sender), channel(sender, recipient), u32::MAX)
		}
		Call::CloseChannel {
			sender,
			recipient,
			by,
		} => Hrmp::hrmp_close_channel(of_para(by), channel(sender, recipient)),
		Call::AssignCore {
			core,
			begin,
			end,
			shares,
		} => assign_core(core, begin, end, &shares),
		#[allow(deprecated)] // as ours is called
		Call::PlaceOrder { para } => {
			let customer = RawOrigin::Signed(CUSTOMER).into();
			OnDemand::place_order_keep_alive(customer, u128::MAX, para.into())
		}
		Call::SendDownward { para, message } => {
			let config = parachains_configuration::ActiveConfig::<Runtime>::get();
			crate::Dmp::queue_downward_message(&config, para.into(), message)
				.map_err(|_| DispatchError::Other("too long, or unroutable"))
		}
	}
}

/// Downward messages that wait for a para, the oldest first.
pub fn downward_messages(para: u32) -> Vec<Vec<u8>> {
	let waiting = v13::dmq_contents::<Runtime>(ParaId::from(para)).into_iter();
	waiting.map(|message| message.msg).collect()
}

/// Who is disabled, by index among the active validators.
pub fn disabled_validators() -> Vec<u32> {
	let disabled = v13::disabled_validators::<Runtime>().into_iter();
	disabled.map(|validator| validator.0).collect()
}

/// What cores are for, in SCALE: asked within a block for those behind it.
pub fn claim_queue() -> Vec<u8> {
	v13::claim_queue::<Runtime>().encode()
}

/// Paras whose orders wait for a core, once for each order, the oldest first.
pub fn orders() -> Vec<u32> {
	let orders = OnDemand::peek_order_queue().encode();
	let orders = Vec::<(ParaId, u32)>::decode_all(&mut &orders[..]).expect("paras, and when they ordered");
	orders.into_iter().map(|(para, _)| para.into()).collect()
}

/// Where the last of the schedules that wait for a core begins.
pub fn last_schedule(core: u32) -> Option<u32> {
	let descriptors = parachains_scheduler::CoreDescriptors::<Runtime>::get();
	let queue = descriptors.get(&CoreIndex(core))?.queue()?;
	Some(queue.last)
}

/// How many cores beyond those of the session serve orders, or do so within the lookahead.
pub fn order_cores_beyond() -> usize {
	let cores = parachains_scheduler::ValidatorGroups::<Runtime>::decode_len().unwrap_or(0);
	let config = parachains_configuration::ActiveConfig::<Runtime>::get();
	let seen = System::block_number() + 1 + config.scheduler_params.lookahead;
	let is_beyond = |core: &CoreIndex| core.0 as usize >= cores;
	let is_pool = |assignment: &CoreAssignment| *assignment == CoreAssignment::Pool;
	let working = parachains_scheduler::CoreDescriptors::<Runtime>::get();
	let working = working.iter().filter(|(core, descriptor)| {
		let work = descriptor.current_work();
		is_beyond(core) && work.is_some_and(|work| work.assignments.iter().any(|(share, _)| is_pool(share)))
	});
	let scheduled =
		parachains_scheduler::CoreSchedules::<Runtime>::iter().filter(|((begin, core), schedule)| {
			is_beyond(core) && *begin < seen && schedule.assignments().iter().any(|(share, _)| is_pool(share))
		});
	let cores = working
		.map(|(core, _)| *core)
		.chain(scheduled.map(|((_, core), _)| core));
	cores.collect::<BTreeSet<_>>().len()
}

/// An answer by its name, in SCALE.
pub type Answers = Vec<(String, Vec<u8>)>;

/// What nodes are told of the chain as a whole.
pub fn answers() -> Answers {
	let events = v13::candidate_events::<Runtime, _>(|event| match event {
		RuntimeEvent::ParaInclusion(event) => Some(event),
		_ => None,
	});
	vec![
		("validators".into(), v13::validators::<Runtime>().encode()),
		(
			"validator_groups".into(),
			v13::validator_groups::<Runtime>().encode(),
		),
		(
			"availability_cores".into(),
			v13::availability_cores::<Runtime>().encode(),
		),
		(
			"session_index_for_child".into(),
			v13::session_index_for_child::<Runtime>().encode(),
		),
		(
			"minimum_backing_votes".into(),
			v13::minimum_backing_votes::<Runtime>().encode(),
		),
		(
			"disabled_validators".into(),
			v13::disabled_validators::<Runtime>().encode(),
		),
		("claim_queue".into(), v13::claim_queue::<Runtime>().encode()),
		("candidate_events".into(), events.encode()),
	]
}

/// What nodes are told of a para.
pub fn answers_of(para: u32) -> Answers {
	let para = ParaId::from(para);
	let free = OccupiedCoreAssumption::Free;
	let included = OccupiedCoreAssumption::Included;
	// Each chain has a state of its own, with a root of its own. What is assumed to be included is enacted to find out.
	let validation_data = |assumption| {
		let ask = || v13::persisted_validation_data::<Runtime>(para, assumption);
		let data = with_transaction_unchecked(|| TransactionOutcome::Rollback(ask()));
		data.map(|data| PersistedValidationData {
			relay_parent_storage_root: H256::zero(),
			..data
		})
	};
	vec![
		(
			"persisted_validation_data, free".into(),
			validation_data(free).encode(),
		),
		(
			"persisted_validation_data, included".into(),
			validation_data(included).encode(),
		),
		(
			"validation_code_hash, free".into(),
			v13::validation_code_hash::<Runtime>(para, free).encode(),
		),
		(
			"candidates_pending_availability".into(),
			v13::candidates_pending_availability::<Runtime>(para).encode(),
		),
		("dmq_contents".into(), v13::dmq_contents::<Runtime>(para).encode()),
		(
			"inbound_hrmp_channels_contents".into(),
			v13::inbound_hrmp_channels_contents::<Runtime>(para).encode(),
		),
		(
			"backing_constraints".into(),
			v13::backing_constraints::<Runtime>(para).encode(),
		),
	]
}

/// The keys that parachains read by, of one para and of its channels to others.
pub fn well_known_keys(para: u32, others: &[u32]) -> Vec<(String, Vec<u8>)> {
	use polkadot_primitives::{well_known_keys as keys, HrmpChannelId};
	let id = ParaId::from(para);
	let mut all = vec![
		("head".into(), keys::para_head(id)),
		(
			"upward queue, room".into(),
			keys::relay_dispatch_queue_remaining_capacity(id).key,
		),
		("channels in".into(), keys::hrmp_ingress_channel_index(id)),
		("channels out".into(), keys::hrmp_egress_channel_index(id)),
		("downward queue".into(), keys::dmq_mqc_head(id)),
		("go-ahead".into(), keys::upgrade_go_ahead_signal(id)),
		("restriction".into(), keys::upgrade_restriction_signal(id)),
	];
	for other in others {
		let channel = HrmpChannelId {
			sender: id,
			recipient: ParaId::from(*other),
		};
		all.push(("channel".into(), keys::hrmp_channels(channel)));
	}
	all
}
