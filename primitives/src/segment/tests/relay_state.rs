use super::*;
use crate::{keys, HeadData, HostConfiguration, UpgradeRestriction};
use alloc::{
	collections::{BTreeMap, BTreeSet},
	vec,
	vec::Vec,
};

const PARA: ParaId = ParaId(2000);

/// A state, and of which keys it is not known.
#[derive(Default)]
struct State {
	values: BTreeMap<Vec<u8>, Vec<u8>>,
	unproven: BTreeSet<Vec<u8>>,
}

impl RelayStateReader for State {
	fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Unproven> {
		if self.unproven.contains(key) {
			return Err(Unproven);
		}
		Ok(self.values.get(key).cloned())
	}
}

impl State {
	fn new() -> Self {
		let mut state = Self::default();
		state.set(keys::ACTIVE_CONFIG.to_vec(), HostConfiguration::default());
		state
	}

	fn set(&mut self, key: Vec<u8>, value: impl Encode) {
		self.values.insert(key, value.encode());
	}

	fn read(&self) -> Result<RelayState, RelayStateError> {
		RelayState::read(self, PARA)
	}
}

fn channel() -> AbridgedHrmpChannel {
	AbridgedHrmpChannel {
		max_capacity: 8,
		max_total_size: 100,
		max_message_size: 50,
		msg_count: 3,
		total_size: 30,
		mqc_head: None,
	}
}

#[test]
fn r_key_1_to_9_everything_is_read_under_its_key() {
	let mut state = State::new();
	let config = HostConfiguration::default();
	assert_eq!(
		state.read(),
		Ok(RelayState {
			host: (&config).into(),
			ump_remaining: config.max_upward_queue_count,
			ump_remaining_bytes: config.max_upward_queue_size,
			..Default::default()
		}),
		"R-KEY-8: without a queue all of it is left"
	);
	state.set(
		keys::map_key(&keys::RELAY_DISPATCH_QUEUE_SIZE, &PARA),
		(2u32, 20u32),
	);
	let read = state.read().expect("all is there");
	assert_eq!(
		(read.ump_remaining, read.ump_remaining_bytes),
		(
			config.max_upward_queue_count - 2,
			config.max_upward_queue_size - 20
		),
		"R-KEY-8"
	);
	state.set(keys::relay_dispatch_queue_remaining_capacity(PARA), (5u32, 50u32));
	let head = HeadData(vec![1, 2, 3]);
	state.set(keys::map_key(&keys::PARAS_HEADS, &PARA), head.clone());
	state.set(keys::CURRENT_SLOT.to_vec(), 77u64);
	state.set(
		keys::map_key(&keys::UPGRADE_GO_AHEAD_SIGNAL, &PARA),
		UpgradeGoAhead::Abort,
	);
	state.set(
		keys::map_key(&keys::UPGRADE_RESTRICTION_SIGNAL, &PARA),
		UpgradeRestriction::Present,
	);
	state.set(
		keys::map_key(&keys::HRMP_EGRESS_CHANNELS_INDEX, &PARA),
		vec![ParaId(2001)],
	);
	// What later versions append is ignored.
	state.set(RelayState::channel_key(PARA, ParaId(2001)), (channel(), 7u128));
	let read = state.read().expect("all is there");
	assert_eq!(
		read,
		RelayState {
			host: (&config).into(),
			included_head: Some(head.hash()),
			slot: Some(77),
			go_ahead: Some(UpgradeGoAhead::Abort),
			restriction: Some(UpgradeRestriction::Present),
			ump_remaining: 5,
			ump_remaining_bytes: 50,
			channels_out: vec![(ParaId(2001), channel())],
		}
	);
	assert_eq!(
		read.limits(),
		limits((5, 50), &[(2001, 5, 70)]),
		"R-SEG-3: what is left of each"
	);
	let mut proven = RelayState::keys(PARA);
	proven.push(RelayState::channel_key(PARA, ParaId(2001)));
	assert!(
		state.values.keys().all(|key| proven.contains(key)),
		"whoever proves the keys proves all that is read"
	);
}

#[test]
fn what_must_be_proven_and_what_a_hook_decides() {
	let name = |key: &[u8]| match key {
		key if *key == keys::ACTIVE_CONFIG => Some("configuration"),
		key if *key == keys::CURRENT_SLOT => None,
		key if key.starts_with(&keys::PARAS_HEADS) => None,
		key if key.starts_with(&keys::UPGRADE_GO_AHEAD_SIGNAL) => Some("go-ahead signal"),
		key if key.starts_with(&keys::UPGRADE_RESTRICTION_SIGNAL) => Some("restriction signal"),
		key if key.starts_with(&keys::RELAY_DISPATCH_QUEUE_SIZE) => Some("upward queue"),
		key if key.starts_with(&keys::HRMP_EGRESS_CHANNELS_INDEX) => Some("index of channels"),
		_ => Some("upward capacity"),
	};
	for key in RelayState::keys(PARA) {
		let mut state = State::new();
		state.unproven.insert(key.clone());
		let expected = match name(&key) {
			Some(what) => Err(RelayStateError::Unproven(what)),
			None => State::new().read(),
		};
		assert_eq!(state.read(), expected);
		if let Some(what) = name(&key) {
			let mut state = State::new();
			state.values.insert(key, vec![4]);
			assert_eq!(state.read(), Err(RelayStateError::Undecodable(what)));
		}
	}
	assert_eq!(
		State::default().read(),
		Err(RelayStateError::Missing("configuration"))
	);
}

#[test]
fn r_key_6_an_index_ascends_and_its_channels_exist() {
	let index = keys::map_key(&keys::HRMP_EGRESS_CHANNELS_INDEX, &PARA);
	let many = (0..=crate::MAX_HRMP_CHANNELS).map(ParaId).collect();
	for recipients in [
		vec![ParaId(2002), ParaId(2001)],
		vec![ParaId(2001), ParaId(2001)],
		many,
	] {
		let mut state = State::new();
		state.set(index.clone(), recipients);
		assert_eq!(state.read(), Err(RelayStateError::BadChannelIndex), "R-KEY-6");
	}
	let mut state = State::new();
	state.set(index.clone(), vec![ParaId(2001)]);
	assert_eq!(state.read(), Err(RelayStateError::MissingChannel(ParaId(2001))));

	let most: Vec<ParaId> = (1..=crate::MAX_HRMP_CHANNELS).map(ParaId).collect();
	let mut state = State::new();
	state.set(index, most.clone());
	for recipient in &most {
		state.set(RelayState::channel_key(PARA, *recipient), channel());
	}
	let channels = state.read().expect("as many as there can be").channels_out;
	let recipients: Vec<_> = channels.into_iter().map(|(recipient, _)| recipient).collect();
	assert_eq!(recipients, most);
}

#[test]
fn r_key_5_the_key_of_a_channel_ends_with_sender_and_recipient() {
	let key = RelayState::channel_key(ParaId(0x0102), ParaId(0x0304));
	assert!(key.starts_with(&keys::HRMP_CHANNELS), "R-KEY-5");
	assert!(key.ends_with(&[2, 1, 0, 0, 4, 3, 0, 0]), "R-KEY-5");
	assert_eq!(key.len(), 32 + 8 + 8, "between them a hash of 64 bits");
}

#[test]
fn r_ump_1_r_hrmp_5_what_one_candidate_may_send() {
	use crate::OutboundHrmpMessage;
	use OutputError::*;
	let state = RelayState {
		host: AbridgedHostConfiguration {
			max_upward_message_size: 4,
			max_upward_message_num_per_candidate: 2,
			hrmp_max_message_num_per_candidate: 1,
			..Default::default()
		},
		channels_out: vec![(ParaId(2001), channel())],
		..Default::default()
	};
	let to = |recipient, length| OutboundHrmpMessage {
		recipient: ParaId(recipient),
		data: vec![7; length],
	};
	let two = [vec![1; 4], vec![1; 4], vec![], vec![1; 5]];
	let three = [vec![1], vec![1], vec![1]];
	for (upward, horizontal, expected) in [
		(&two[..], &[to(2001, 50)][..], Ok(())),
		(&[], &[to(2002, 51)], Ok(())),
		(&three, &[], Err(TooManyUpward { got: 3, max: 2 })),
		(&two[3..], &[], Err(UpwardTooLarge { got: 5, max: 4 })),
		(
			&[],
			&[to(2001, 1), to(2002, 1)],
			Err(TooManyHorizontal { got: 2, max: 1 }),
		),
		(
			&[],
			&[to(2001, 51)],
			Err(HorizontalTooLarge {
				recipient: ParaId(2001),
				got: 51,
				max: 50,
			}),
		),
	] {
		assert_eq!(
			state.check_outputs(upward, horizontal),
			expected,
			"R-UMP-1, R-HRMP-5"
		);
	}
}
