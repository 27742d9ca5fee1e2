//! Messages to foreign paras: downward, and from one to another.

use super::{adder, built, config, load, run_with, ASYNCHRONOUS, PARA};
use async_backing_devnet::{Devnet, ForeignPara, Idleness, Model, RunConfig};
use async_backing_primitives::{keys, wiring::path, AbridgedHrmpChannel, Hash, ParaId};
use codec::Decode;
use serde_json::json;

/// The value of one of the relay chain's keys when the run ended.
fn stored<T: Decode>(devnet: &Devnet, key: &[u8]) -> Option<T> {
	let client = devnet.relay().client();
	let value = client
		.storage(client.best().hash, key)
		.expect("the state is there")?;
	Some(T::decode(&mut &value[..]).expect("it decodes"))
}

fn as_root(config: RunConfig) -> RunConfig {
	RunConfig {
		customer_is_root: true,
		..config
	}
}

#[test]
fn r_dmp_1_a_para_that_does_not_take_its_messages_says_why_it_stalls() {
	let sent = |devnet: &mut Devnet| {
		let message = json!({ "para": PARA, "message": "0x0102" });
		let sent = devnet.send_as_root(4, path::DMP, "force_send", message);
		sent.expect("the runtime has such a call");
	};
	let (report, _) = run_with(as_root(config(ASYNCHRONOUS, PARA, 16)), vec![adder()], sent);
	let para = &report.paras[0];
	assert!(0 < para.included && para.included < 10, "{para:?}");
	let reason = "a downward message sent at 5 waits";
	let said = |idle: &Idleness| idle.reason.contains(reason) && idle.reason.contains("R-FRG-9");
	assert!(para.idle.iter().any(said), "{:?}", para.idle);
}

/// Two Cumulus runtimes: the published penpal, whose `pallet_xcm` sends a program to the small one.
#[test]
fn cumulus_runtimes_take_messages_from_above_and_send_each_other_some() {
	const SENDER: u32 = 2000;
	const RECEIVER: u32 = 2001;
	let Some((folder, names)) = built() else {
		return;
	};
	if names.len() < 2 {
		return;
	}
	let code = |name: &str| folder.join(format!("{name}.wasm"));
	let spec = |name: &str, text: String| {
		let path = std::env::temp_dir().join(format!("messages-{}-{name}.toml", std::process::id()));
		std::fs::write(&path, text).expect("it can be written");
		path
	};
	// Sent by whoever signs, so that the program begins with where that is.
	let sender = format!(
		r#"
		id = {SENDER}
		producer = "substrate"
		code = {:?}
		[[channels]]
		to = {RECEIVER}
		[[calls]]
		at = 20
		pallet = "pallet_xcm"
		call = "send"
		[calls.arguments]
		dest = {{ V5 = {{ parents = 1, interior = {{ X1 = [{{ Parachain = {RECEIVER} }}] }} }} }}
		message = {{ V5 = ["RefundSurplus"] }}
		"#,
		code("penpal")
	);
	let receiver = format!(
		r#"
		id = {RECEIVER}
		producer = "substrate"
		code = {:?}
		[workload]
		transfers = 2
		"#,
		code("small")
	);
	let [sender, receiver] = [load(&spec("penpal", sender)), load(&spec("small", receiver))];
	let foreign = [sender.0, receiver.0].map(|id| ForeignPara {
		id: ParaId(id),
		cores: 1,
	});
	let config = as_root(RunConfig {
		foreign: foreign.to_vec(),
		model: Model {
			session_length: Some(10),
			..Model::default()
		},
		..config(ASYNCHRONOUS, SENDER, 40)
	});
	let (report, devnet) = run_with(config, vec![sender.2, receiver.2], |devnet| {
		let channel = json!({
			"sender": SENDER,
			"recipient": RECEIVER,
			"max_capacity": 8,
			"max_message_size": 1024,
		});
		let opened = devnet.send_as_root(0, path::HRMP, "force_open_hrmp_channel", channel);
		opened.expect("the runtime has such a call");
		for after in [5, 5, 9] {
			let message = json!({ "para": RECEIVER, "message": "0x0102" });
			let sent = devnet.send_as_root(after, path::DMP, "force_send", message);
			sent.expect("the runtime has such a call");
		}
	});
	for para in &report.paras {
		println!("{}: {} included of {} built", para.id, para.included, para.built);
		assert!(para.included >= 33, "{para:?}");
	}
	assert_eq!(report.refused_on_chain, 0);
	let key = keys::map_key(&keys::DOWNWARD_MESSAGE_QUEUE_HEADS, &ParaId(RECEIVER));
	let sent: Option<Hash> = stored(&devnet, &key);
	assert!(
		sent.is_some_and(|head| head != Hash::default()),
		"messages were sent"
	);
	let key = keys::map_key(&keys::HRMP_CHANNELS, &(ParaId(SENDER), ParaId(RECEIVER)));
	let channel: AbridgedHrmpChannel = stored(&devnet, &key).expect("the channel is open");
	println!("the channel: {channel:?}");
	assert!(channel.mqc_head.is_some(), "a message was sent");
	assert_eq!(channel.msg_count, 0, "and received");
	let waiting = devnet
		.relay()
		.client()
		.downward_messages(devnet.relay().client().best().hash, ParaId(RECEIVER));
	assert_eq!(waiting.expect("it is asked").len(), 0, "all were received");
}
