//! Calls that both sides know, in the words of each.

use crate::{
	chain, form,
	plan::{Op, PARAS},
};
use async_backing_interop_relay::chain::Call;
use sp_core::Bytes;

/// Names of the values that [`Op::Configure`] knows by their numbers from 4 on.
const FIELDS: [&str; 10] = [
	"max_upward_queue_count",
	"max_upward_message_num_per_candidate",
	"max_upward_message_size",
	"hrmp_max_message_num_per_candidate",
	"max_head_data_size",
	"max_code_size",
	"minimum_backing_votes",
	"paras_availability_period",
	"group_rotation_frequency",
	"max_validators",
];

/// What the published pallets are called with where ours are with `op`; `None` where they know no such call, or decision 9 says
/// that it acts at another time: then neither side is called.
pub(crate) fn published(op: &Op) -> Option<Call> {
	match *op {
		// Depth is limited by the chain on our side alone; ancestry is the lookahead on theirs.
		Op::Configure(which @ 4..=13, value) => Some(Call::Configure(which, value)),
		Op::TrustCode(version) => Some(Call::TrustCode(chain::code(version).0)),
		Op::RequestChannel(sender, recipient) => Some(Call::RequestChannel {
			sender: sender.0,
			recipient: recipient.0,
			capacity: 2,
			message_size: 32,
		}),
		Op::AcceptChannel(sender, recipient) => Some(Call::AcceptChannel {
			sender: sender.0,
			recipient: recipient.0,
		}),
		Op::CancelRequest(sender, recipient) => Some(Call::CancelRequest {
			sender: sender.0,
			recipient: recipient.0,
		}),
		Op::CloseChannel(sender, recipient, by_sender) => Some(Call::CloseChannel {
			sender: sender.0,
			recipient: recipient.0,
			by: if by_sender { sender.0 } else { recipient.0 },
		}),
		Op::SendDownward(para, bytes) => Some(Call::SendDownward {
			para: para.0,
			message: vec![1; bytes],
		}),
		_ => None,
	}
}

/// A call as it is written down.
pub(crate) fn written(call: &Call) -> form::Call {
	match call.clone() {
		Call::Configure(which, value) => form::Call::Configure {
			field: FIELDS[usize::from(which) - 4].to_owned(),
			// As both sides make the value.
			value: match which {
				8 => 5 + value,
				9 => 10 + value,
				_ => value,
			},
		},
		Call::TrustCode(code) => form::Call::TrustCode { code: Bytes(code) },
		Call::RequestChannel {
			sender,
			recipient,
			capacity,
			message_size,
		} => form::Call::RequestChannel {
			sender,
			recipient,
			capacity,
			message_size,
		},
		Call::AcceptChannel { sender, recipient } => form::Call::AcceptChannel { sender, recipient },
		Call::CancelRequest { sender, recipient } => form::Call::CancelRequest { sender, recipient },
		Call::CloseChannel {
			sender,
			recipient,
			by,
		} => form::Call::CloseChannel {
			sender,
			recipient,
			by,
		},
		Call::SendDownward { para, message } => form::Call::SendDownward {
			para,
			message: Bytes(message),
		},
	}
}

/// What every history begins with: channels that open with the next session, and codes that need no vote.
pub(crate) fn prelude() -> Vec<Op> {
	let pairs = [(0, 1), (1, 0), (0, 2), (2, 1)].map(|(from, to)| (PARAS[from], PARAS[to]));
	let requests = pairs.map(|(from, to)| Op::RequestChannel(from, to));
	let acceptances = pairs.map(|(from, to)| Op::AcceptChannel(from, to));
	let codes = [2, 3, 4].map(Op::TrustCode);
	requests.into_iter().chain(acceptances).chain(codes).collect()
}
