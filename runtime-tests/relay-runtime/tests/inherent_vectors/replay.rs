//! A history of the published pallets, told to ours.

use crate::{
	chain::{self, begin_block, end_block, enter},
	form::{Block, Call, History, Instead, Trial, Validator, ACCEPTED},
	ours,
	plan::PARAS,
};
use async_backing_primitives::{
	BackedCandidate, CandidateEvent, CoreIndex, Header, HostConfiguration, ParaId, ParachainsInherentData,
	ValidationCode,
};
use async_backing_relay_runtime::{self as runtime, AccountId, RuntimeOrigin};
use codec::{DecodeAll, Encode};
use core::fmt::{Debug, Display};
use frame_support::storage::with_storage_layer;
use frame_system::RawOrigin;
use pallet_async_backing_scheduler::CoreAssignment;
use sp_core::Bytes;
use sp_io::TestExternalities;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{traits::Convert as _, DispatchResult};
use std::collections::{BTreeMap, BTreeSet};

/// What came of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Replayed {
	pub(crate) accepted: u64,
	pub(crate) refused: u64,
	/// Inherents of which one side accepts one that the other refuses.
	pub(crate) differ: u64,
	pub(crate) answers: u64,
	/// Answers that are ours and not theirs.
	pub(crate) instead: u64,
	/// Candidates that were included, and that were dropped.
	pub(crate) included: u64,
	pub(crate) timed_out: u64,
	/// Why ours refused.
	pub(crate) reasons: BTreeSet<String>,
	/// Rules by which one side says another thing than the other.
	pub(crate) rules: BTreeSet<String>,
	/// Where ours does not do what the history says.
	pub(crate) disagreements: Vec<String>,
}

struct Chain {
	state: TestExternalities,
	session: u32,
	told: BTreeMap<String, Bytes>,
	instead: BTreeMap<String, Instead>,
	replayed: Replayed,
}

/// Replays a history.
///
/// Panics if it is none: bytes that are not what they should be, an inherent that ours does not take, other paras.
pub(crate) fn replay(history: &History) -> Replayed {
	let mut chain = Chain::new(history);
	for block in &history.blocks {
		chain.block(block);
	}
	chain.replayed
}

/// The chain as the inherent of the block at this position finds it. Panics as [`replay`] does, and if there is no such block.
#[allow(dead_code)] // the fuzz target `inherent` begins there
pub(crate) fn before_inherent(history: &History, position: usize) -> TestExternalities {
	let (earlier, from) = history.blocks.split_at(position);
	let mut chain = Chain::new(history);
	for block in earlier {
		chain.block(block);
	}
	chain.begin(&from[0]);
	chain.state
}

impl Chain {
	fn new(history: &History) -> Self {
		let genesis = &history.genesis;
		let configuration: HostConfiguration = decode(&genesis.ours);
		let cores = || (0..).zip(genesis.cores.iter().copied());
		let assignments: Vec<_> = cores()
			.filter_map(|(core, para)| Some((core, ParaId(para?))))
			.collect();
		let pool: Vec<_> = cores()
			.filter_map(|(core, para)| para.is_none().then_some(core))
			.collect();
		let mut chain = Chain {
			state: TestExternalities::new(chain::genesis(configuration, &assignments, &pool)),
			session: 0,
			told: BTreeMap::new(),
			instead: BTreeMap::new(),
			replayed: Replayed::default(),
		};
		let paras: Vec<_> = genesis
			.paras
			.iter()
			.map(|para| (para.id, para.head.0.clone(), para.code.0.clone()))
			.collect();
		let own = PARAS.map(|para| (para.0, chain::genesis_head(para).0, chain::code(1).0));
		assert_eq!(paras, own, "the same paras");
		let (validators, seed) = chain.state.execute_with(|| (ours::validators(), ours::seed(0)));
		chain.expect("genesis", "validators", &genesis.validators, &named(&validators));
		chain.expect("genesis", "seed", &genesis.seed, &bytes(&seed));
		chain
	}

	/// The first half of a block: all that it executes before its inherent.
	fn begin(&mut self, block: &Block) {
		let place = format!("block {}", block.number);
		let parent: Header = decode(&block.parent);
		assert_eq!(parent.number + 1, block.number);
		let (session, validators) = self.state.execute_with(|| {
			begin_block(&parent, block.slot);
			(ours::session(), ours::validators())
		});
		let starts = (session != self.session).then_some((session, named(&validators)));
		let recorded = block
			.session
			.as_ref()
			.map(|session| (session.index, session.validators.clone()));
		self.expect(&place, "session", &recorded, &starts);
		self.session = session;
		self.calls(&place, &block.before);
	}

	fn block(&mut self, block: &Block) {
		self.begin(block);
		let place = format!("block {}", block.number);
		let inherent: ParachainsInherentData = decode(&block.inherent);
		for (position, trial) in block.trials.iter().enumerate() {
			self.judge(&format!("{place}, trial {position}"), trial, &inherent);
		}
		let entered = self.state.execute_with(|| enter(inherent));
		self.expect(&place, "inherent", &Ok(()), &entered);
		self.calls(&place, &block.after);
		self.state.execute_with(end_block);
		let seed = self.state.execute_with(|| ours::seed(ours::session()));
		self.expect(&place, "seed", &block.seed, &bytes(&seed));
		self.compare(&place, block);
	}

	fn calls(&mut self, place: &str, calls: &[Call]) {
		for call in calls {
			let done = self.state.execute_with(|| with_storage_layer(|| dispatch(call)));
			self.expect(place, format!("{call:?}"), &Ok(()), &done);
		}
	}

	/// What ours says of an inherent with one candidate more.
	fn judge(&mut self, place: &str, trial: &Trial, inherent: &ParachainsInherentData) {
		let candidate: BackedCandidate = decode(&trial.candidate);
		let mut data = inherent.clone();
		data.backed_candidates.truncate(trial.behind.unwrap_or(0));
		if trial.behind.is_none() {
			data.bitfields.clear();
		}
		data.backed_candidates.push(candidate);
		let verdict = match self.state.execute_with(|| ours::verdict(&data)) {
			Ok(()) => ACCEPTED,
			Err(reason) => reason,
		};
		self.expect(place, "verdict", &trial.ours, &verdict.to_owned());
		let is_same = (trial.ours == ACCEPTED) == (trial.published == ACCEPTED);
		// Whoever differs says why, and nobody else does.
		self.expect(place, "rules", &trial.rules.is_none(), &is_same);
		self.replayed.rules.extend(trial.rules.clone());
		match (is_same, verdict) {
			(false, _) => self.replayed.differ += 1,
			(true, ACCEPTED) => self.replayed.accepted += 1,
			(true, reason) => {
				self.replayed.refused += 1;
				self.replayed.reasons.insert(reason.to_owned());
			}
		}
	}

	/// All that nodes are told and parachains read, byte for byte.
	fn compare(&mut self, place: &str, block: &Block) {
		self.told.extend(block.told.clone());
		for (name, instead) in &block.ours {
			match instead {
				Some(instead) => self.instead.insert(name.clone(), instead.clone()),
				None => self.instead.remove(name),
			};
		}
		let ours = self.state.execute_with(|| {
			let mut ours: BTreeMap<_, _> = ours::answers().into_iter().collect();
			for para in PARAS {
				let answers = ours::answers_of(para).into_iter();
				ours.extend(answers.map(|(name, answer)| (format!("{para}: {name}"), answer)));
			}
			for key in self.told.keys().filter(|name| name.starts_with("0x")) {
				let raw = sp_core::bytes::from_hex(key).expect("keys are hex");
				ours.insert(
					key.clone(),
					sp_io::storage::get(&raw).map(Vec::from).unwrap_or_default(),
				);
			}
			ours
		});
		for event in self.state.execute_with(ours::candidate_events) {
			match event {
				CandidateEvent::CandidateIncluded(..) => self.replayed.included += 1,
				CandidateEvent::CandidateTimedOut(..) => self.replayed.timed_out += 1,
				CandidateEvent::CandidateBacked(..) => {}
			}
		}
		let names = |map: Vec<&String>| map.into_iter().cloned().collect::<BTreeSet<_>>();
		self.expect(
			place,
			"questions",
			&names(self.told.keys().collect()),
			&names(ours.keys().collect()),
		);
		for (name, value) in ours {
			self.replayed.answers += 1;
			let expected = match (self.instead.get(&name), self.told.get(&name)) {
				(Some(instead), _) => {
					self.replayed.instead += 1;
					self.replayed.rules.insert(instead.rules.clone());
					instead.value.clone()
				}
				(None, Some(told)) => told.clone(),
				(None, None) => continue,
			};
			self.expect(place, &name, &expected, &Bytes(value));
		}
	}

	fn expect<T: PartialEq + Debug>(&mut self, place: &str, what: impl Display, expected: &T, got: &T) {
		if expected != got {
			let told = format!("{place}: {what}: expected {expected:?}, ours says {got:?}");
			self.replayed.disagreements.push(told);
		}
	}
}

fn decode<T: DecodeAll>(bytes: &Bytes) -> T {
	T::decode_all(&mut &bytes.0[..]).unwrap_or_else(|error| panic!("{error}: {bytes:?}"))
}

fn bytes(value: &impl Encode) -> Bytes {
	Bytes(value.encode())
}

fn named(validators: &[(AccountId, [u8; 32])]) -> Vec<Validator> {
	let named = validators.iter().map(|(account, key)| Validator {
		account: bytes(account),
		key: Bytes(key.to_vec()),
	});
	named.collect()
}

fn of_para(para: u32) -> RuntimeOrigin {
	RawOrigin::Signed(runtime::SovereignAccountOf::convert(ParaId(para))).into()
}

fn dispatch(call: &Call) -> DispatchResult {
	use runtime::{Configuration, Dmp, Hrmp, ParaScheduler, Paras, Session};
	let root = || RuntimeOrigin::from(RawOrigin::Root);
	match call.clone() {
		Call::Configure { field, value } => {
			let mut config = Configuration::pending()
				.pop()
				.map_or_else(Configuration::active_config, |(_, config)| config);
			configure(&mut config, &field, value);
			Configuration::set_config(root(), config)
		}
		Call::TrustCode { code } => Paras::trust_code(root(), ValidationCode(code.0)),
		Call::RequestChannel {
			sender,
			recipient,
			capacity,
			message_size,
		} => Hrmp::init_open_channel(of_para(sender), ParaId(recipient), capacity, message_size),
		Call::AcceptChannel { sender, recipient } => {
			Hrmp::accept_open_channel(of_para(recipient), ParaId(sender))
		}
		Call::CancelRequest { sender, recipient } => {
			Hrmp::cancel_open_request(of_para(sender), channel(sender, recipient))
		}
		Call::CloseChannel {
			sender,
			recipient,
			by,
		} => Hrmp::close_channel(of_para(by), channel(sender, recipient)),
		Call::AssignCore {
			core,
			begin,
			end,
			shares,
		} => {
			let share = |(para, parts): (Option<u32>, u16)| {
				let assignment = para.map_or(CoreAssignment::Pool, |para| CoreAssignment::Task(ParaId(para)));
				(assignment, parts)
			};
			let shares: Vec<_> = shares.into_iter().map(share).collect();
			let shares = shares.try_into().expect("there are few");
			ParaScheduler::assign_core(root(), CoreIndex(core), begin, end, shares)
		}
		Call::PlaceOrder { para } => {
			let customer = RawOrigin::Signed(Sr25519Keyring::Alice.to_account_id());
			ParaScheduler::place_order_keep_alive(customer.into(), ParaId(para), u128::MAX)
		}
		Call::SendDownward { para, message } | Call::Notice { para, message } => {
			let message = message.0.try_into().expect("theirs has the same limit");
			Dmp::force_send(root(), ParaId(para), message)
		}
		Call::Disable { validator } => {
			Session::disable_index(validator);
			Ok(())
		}
	}
}

fn channel(sender: u32, recipient: u32) -> pallet_async_backing_hrmp::HrmpChannelId {
	pallet_async_backing_hrmp::HrmpChannelId {
		sender: ParaId(sender),
		recipient: ParaId(recipient),
	}
}

fn configure(config: &mut HostConfiguration, field: &str, value: u32) {
	match field {
		"max_upward_queue_count" => config.max_upward_queue_count = value,
		"max_upward_message_num_per_candidate" => config.max_upward_message_num_per_candidate = value,
		"max_upward_message_size" => config.max_upward_message_size = value,
		"hrmp_max_message_num_per_candidate" => config.hrmp_max_message_num_per_candidate = value,
		"max_head_data_size" => config.max_head_data_size = value,
		"max_code_size" => config.max_code_size = value,
		"minimum_backing_votes" => config.minimum_backing_votes = value,
		"paras_availability_period" => config.paras_availability_period = value,
		"group_rotation_frequency" => config.group_rotation_frequency = value,
		"max_validators" => config.max_validators = Some(value),
		_ => panic!("no field of the configuration: {field}"),
	}
}
