//! Stacking modifications, and applying them.

use super::{
	faults::{base, extension, made},
	random::Random,
	Case, VectorFile,
};
use crate::json::{Base, Extension};
use serde_json::{json, Value};

pub(super) fn file() -> VectorFile {
	let mut cases = Vec::new();
	examples(&mut cases);
	applied(&mut cases);
	random(&mut cases);
	VectorFile {
		family: "stacking",
		about: "What several candidates change, one on top of the other, and what constraints that leaves. Stacking checks nothing.",
		cases,
	}
}

fn stack(cases: &mut Vec<Case>, rule: &'static str, name: &str, modifications: &[Value]) {
	let question = made(json!({ "ask": "stack", "modifications": modifications }));
	cases.push(Case::new(rule, name, question));
}

fn examples(cases: &mut Vec<Case>) {
	stack(cases, "R-MOD-7", "nothing", &[]);
	stack(
		cases,
		"R-MOD-7",
		"nothing on something",
		&[json!({ "ump_messages_sent": 3 }), json!({})],
	);
	let one = json!({ "ump_messages_sent": 4, "ump_bytes_sent": 300 });
	let two = json!({ "ump_messages_sent": 5, "ump_bytes_sent": 600 });
	stack(cases, "R-MOD-10", "counts add up", &[one, two]);
	let watermarks = [
		(
			"the kind stays where it does not move",
			json!({ "head": 9 }),
			json!({ "trunk": 9 }),
		),
		("the other way round", json!({ "trunk": 9 }), json!({ "head": 9 })),
		("the later one", json!({ "trunk": 6 }), json!({ "head": 9 })),
		(
			"backwards as well: nothing is checked",
			json!({ "head": 9 }),
			json!({ "trunk": 6 }),
		),
	];
	for (name, first, second) in watermarks {
		stack(
			cases,
			"R-MOD-8",
			&format!("watermarks: {name}"),
			&[
				json!({ "hrmp_watermark": first }),
				json!({ "hrmp_watermark": second }),
			],
		);
	}
	let sent = |recipient: u32, bytes: u32, messages: u32| json!({ "recipient": recipient, "bytes": bytes, "messages": messages });
	stack(
		cases,
		"R-MOD-8",
		"channels merge, ascending",
		&[
			json!({ "outbound_hrmp": [sent(2001, 5, 1), sent(2004, 7, 1)] }),
			json!({ "outbound_hrmp": [sent(2000, 1, 1), sent(2004, 8, 1), sent(2005, 0, 1)] }),
		],
	);
	let full = json!({
		"ump_messages_sent": u32::MAX,
		"ump_bytes_sent": u32::MAX,
		"dmp_messages_processed": u32::MAX,
		"outbound_hrmp": [sent(2000, u32::MAX, u32::MAX)],
	});
	stack(cases, "R-PRE-2", "sums saturate", &[full.clone(), full]);
	for (one, two) in [(false, false), (true, false), (false, true), (true, true)] {
		stack(
			cases,
			"R-MOD-8",
			&format!("flags {one} and {two}"),
			&[
				json!({ "code_upgrade_applied": one, "code_upgrade_announced": two, "required_parent": "0x01" }),
				json!({ "code_upgrade_applied": two, "code_upgrade_announced": two }),
			],
		);
	}
}

fn apply(
	cases: &mut Vec<Case>,
	rule: &'static str,
	name: String,
	change: impl FnOnce(&mut Value),
	modifications: Value,
) {
	let mut base = json!(Base::from(&base()));
	change(&mut base);
	let question = made(json!({
		"ask": "apply",
		"base": base,
		"extension": Extension::from(&extension()),
		"modifications": modifications,
	}));
	cases.push(Case::new(rule, name, question));
}

fn applied(cases: &mut Vec<Case>) {
	let nothing = |_: &mut Value| ();
	for (kind, watermark) in [
		("trunk", 8),
		("head", 9),
		("head", 12),
		("trunk", 7),
		("trunk", 6),
		("trunk", 5),
	] {
		let modifications = json!({ "hrmp_watermark": { kind: watermark } });
		apply(
			cases,
			"R-APP-8",
			format!("{kind}({watermark}) on [6, 8, 10]"),
			nothing,
			modifications,
		);
	}
	for (recipient, bytes, messages) in [
		(2000, 50, 2),
		(2000, 51, 1),
		(2000, 1, 3),
		(1999, 0, 1),
		(2003, 0, 0),
	] {
		let sent = json!([{ "recipient": recipient, "bytes": bytes, "messages": messages }]);
		let name = format!("{bytes} bytes and {messages} messages to {recipient}, 50 and 2 are left");
		apply(cases, "R-CON-2", name, nothing, json!({ "outbound_hrmp": sent }));
	}
	for (messages, bytes) in [(10, 90), (11, 1), (1, 91), (10, 0)] {
		let name = format!("{messages} upward messages of {bytes} bytes, 10 of 90 are left");
		let modifications = json!({ "ump_messages_sent": messages, "ump_bytes_sent": bytes });
		apply(cases, "R-CON-3", name, nothing, modifications);
	}
	for processed in [0, 2, 3, 4] {
		let queue = |base: &mut Value| base["dmp_remaining_messages"] = json!([4, 4, 7]);
		let name = format!("{processed} of 3 downward messages");
		apply(
			cases,
			"R-CON-4",
			name,
			queue,
			json!({ "dmp_messages_processed": processed }),
		);
	}
	let future = |base: &mut Value| {
		base["future_validation_code"] = json!({ "at": 20, "code_hash": super::faults::FUTURE });
	};
	let applies = json!({ "code_upgrade_applied": true });
	apply(
		cases,
		"R-APP-5",
		"an upgrade is applied".into(),
		future,
		applies.clone(),
	);
	apply(
		cases,
		"R-CON-5",
		"an upgrade is applied that is not there".into(),
		nothing,
		applies,
	);
	let announces = json!({ "code_upgrade_announced": true, "required_parent": "0x0102" });
	apply(
		cases,
		"R-APP-6",
		"an upgrade is announced".into(),
		nothing,
		announces,
	);
}

fn random(cases: &mut Vec<Case>) {
	let mut random = Random::new(8);
	for n in 0..24 {
		let count = random.within(2, 4);
		let modifications: Vec<_> = (0..count).map(|_| modifications(&mut random)).collect();
		stack(cases, "R-MOD-8", &format!("random stack {n}"), &modifications);
	}
	for n in 0..24 {
		let modifications = modifications(&mut random);
		apply(
			cases,
			"R-APP-1",
			format!("random modifications {n}"),
			|base| {
				base["dmp_remaining_messages"] = json!([3, 5]);
				base["future_validation_code"] = json!({ "at": 9, "code_hash": super::faults::FUTURE });
			},
			modifications,
		);
	}
}

fn modifications(random: &mut Random) -> Value {
	let mut recipient = 1999;
	let mut sent = Vec::new();
	for _ in 0..random.below(4) {
		recipient += random.within(1, 2);
		let (bytes, messages) = (random.below(52), random.below(3));
		sent.push(json!({ "recipient": recipient, "bytes": bytes, "messages": messages }));
	}
	let at = random.within(6, 11);
	let watermark = match random.below(3) {
		0 => json!({ "head": at }),
		1 => json!({ "trunk": random.pick(&[6, 8, 10], at) }),
		_ => Value::Null,
	};
	let head = random.within(0, 3);
	json!({
		"required_parent": random.one_in(2).then(|| crate::hex::hex(random.bytes(head))),
		"hrmp_watermark": watermark,
		"outbound_hrmp": sent,
		"ump_messages_sent": random.below(8),
		"ump_bytes_sent": random.below(80),
		"dmp_messages_processed": random.below(4),
		"code_upgrade_applied": random.one_in(4),
		"code_upgrade_announced": random.one_in(4),
	})
}
