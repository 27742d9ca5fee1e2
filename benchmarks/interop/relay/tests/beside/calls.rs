//! Calls that both sides know, in the words of each.

use crate::{
	chain, form,
	plan::{BlockPlan, Op, PARAS},
};
use async_backing_interop_relay::chain::Call;
use async_backing_primitives::HostConfiguration;
use codec::Encode;
use pallet_async_backing_scheduler::PARTS_OF_A_CORE;
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

/// A configuration in the published pallets' layout: these have left out two fields that nobody reads any more, and do not know
/// the last one of ours.
pub(crate) fn configuration(ours: &HostConfiguration) -> Vec<u8> {
	let bytes = ours.encode();
	// From behind: one field that they do not know, the oldest session of relay parents, and the first that is gone, `ttl`.
	let (rest, last) = bytes.split_at(bytes.len() - 12);
	// The base fee, two shares and the length of the queue; before these the other that is gone, `max_availability_timeouts`.
	let (before, orders) = rest.split_at(rest.len() - 28);
	[&before[..before.len() - 4], orders, &last[4..8]].concat()
}

/// What the published pallets are called with where ours are with `op`; `None` where they know no such call, or decision 9 says
/// that it acts at another time: then neither side is called.
///
/// `now` is the block in which it is called.
pub(crate) fn published(op: &Op, now: u32) -> Option<Call> {
	const HALF: u16 = PARTS_OF_A_CORE / 2;
	match *op {
		Op::AssignCore {
			core,
			para,
			later,
			until,
		} => Some(Call::AssignCore {
			core,
			begin: now + later,
			end: until.map(|blocks| now + later + blocks),
			shares: vec![(para.map(|para| para.0), PARTS_OF_A_CORE)],
		}),
		// Twice the same is no share on ours (R-SCH-7).
		Op::ShareCore { core, first, second } if first != second => Some(Call::AssignCore {
			core,
			begin: 0,
			end: None,
			shares: vec![(Some(first.0), HALF), (Some(second.0), HALF)],
		}),
		Op::PlaceOrder(para) => Some(Call::PlaceOrder { para: para.0 }),
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
		Call::AssignCore {
			core,
			begin,
			end,
			shares,
		} => form::Call::AssignCore {
			core,
			begin,
			end,
			shares,
		},
		Call::PlaceOrder { para } => form::Call::PlaceOrder { para },
		Call::SendDownward { para, message } => form::Call::SendDownward {
			para,
			message: Bytes(message),
		},
	}
}

/// An assignment that lasts longer, and now and then begins later, so that another one may come before it. Others stay as they are.
pub(crate) fn further(op: &Op) -> Op {
	match *op {
		Op::AssignCore {
			core,
			para,
			later,
			until,
		} => Op::AssignCore {
			core,
			para,
			later: if later == 2 { 8 } else { later },
			until: until.map(|blocks| 3 * blocks),
		},
		_ => op.clone(),
	}
}

/// Orders in addition to those that there are: a core for orders has something to do in half of the blocks.
pub(crate) fn order(blocks: &mut [BlockPlan]) {
	for (block, para) in blocks
		.iter_mut()
		.skip(1)
		.step_by(2)
		.zip(PARAS.into_iter().cycle())
	{
		block.after.push(Op::PlaceOrder(para));
	}
}

/// Whether it is about what cores are for.
pub(crate) fn is_scheduling(op: &Op) -> bool {
	matches!(
		op,
		Op::AssignCore { .. } | Op::ShareCore { .. } | Op::PlaceOrder(_)
	)
}

/// What every history begins with: channels that open with the next session, and codes that need no vote.
pub(crate) fn prelude() -> Vec<Op> {
	let pairs = [(0, 1), (1, 0), (0, 2), (2, 1)].map(|(from, to)| (PARAS[from], PARAS[to]));
	let requests = pairs.map(|(from, to)| Op::RequestChannel(from, to));
	let acceptances = pairs.map(|(from, to)| Op::AcceptChannel(from, to));
	let codes = [2, 3, 4].map(Op::TrustCode);
	requests.into_iter().chain(acceptances).chain(codes).collect()
}
