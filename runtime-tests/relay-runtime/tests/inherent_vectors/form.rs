//! The form of a history in `vectors/inherent`, which its README explains. Read here, written by `make beside-published`.

use serde::{Deserialize, Serialize};
use sp_core::Bytes;
use std::collections::BTreeMap;

/// What became of an inherent: `accepted`, or the name of an error.
pub(crate) type Verdict = String;

/// The verdict on an inherent that is taken.
pub(crate) const ACCEPTED: &str = "accepted";

/// A chain from its genesis on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct History {
	pub(crate) about: String,
	pub(crate) genesis: Genesis,
	pub(crate) blocks: Vec<Block>,
}

/// What the chain begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Genesis {
	/// `HostConfiguration`, as the published pallets store it.
	pub(crate) configuration: Bytes,
	/// The same as ours stores it, with what only ours has.
	pub(crate) ours: Bytes,
	pub(crate) paras: Vec<Para>,
	/// Whose core each is; without a para it is for orders.
	pub(crate) cores: Vec<Option<u32>>,
	pub(crate) validators: Vec<Validator>,
	/// What validators are shuffled with.
	pub(crate) seed: Bytes,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Para {
	pub(crate) id: u32,
	pub(crate) head: Bytes,
	pub(crate) code: Bytes,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Validator {
	pub(crate) account: Bytes,
	pub(crate) key: Bytes,
}

/// A session that begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Session {
	pub(crate) index: u32,
	pub(crate) validators: Vec<Validator>,
}

/// A block, in the order in which it is executed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Block {
	pub(crate) number: u32,
	pub(crate) slot: u64,
	/// The parent's header.
	pub(crate) parent: Bytes,
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub(crate) session: Option<Session>,
	/// What is called before the inherent.
	#[serde(default, skip_serializing_if = "Vec::is_empty")]
	pub(crate) before: Vec<Call>,
	/// Inherents that are tried and taken back.
	pub(crate) trials: Vec<Trial>,
	/// The one that the block carries.
	pub(crate) inherent: Bytes,
	/// What is called behind it.
	#[serde(default, skip_serializing_if = "Vec::is_empty")]
	pub(crate) after: Vec<Call>,
	/// The seed from the end of the block on.
	pub(crate) seed: Bytes,
	/// What nodes are told in the state of the block, by question, and what stands below storage keys, by key: the published
	/// pallets' words, where they are other than a block ago.
	pub(crate) told: BTreeMap<String, Bytes>,
	/// What ours says instead, where a row of decision 9 says that it does; where that is other than a block ago. Nothing is the
	/// end of it.
	#[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
	pub(crate) ours: BTreeMap<String, Option<Instead>>,
}

/// What ours says in place of the published pallets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Instead {
	pub(crate) value: Bytes,
	/// Rules of the rows of decision 9 that say why.
	pub(crate) rules: String,
}

/// An inherent with one candidate more than it had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trial {
	/// How many candidates of the block's inherent stand before it, besides its bitfields; without it nothing at all does.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub(crate) behind: Option<usize>,
	/// `BackedCandidate`.
	pub(crate) candidate: Bytes,
	pub(crate) published: Verdict,
	pub(crate) ours: Verdict,
	/// Rules of the row of decision 9 that says why one accepts and the other refuses.
	#[serde(default, skip_serializing_if = "Option::is_none")]
	pub(crate) rules: Option<String>,
}

/// What root, or a para, calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Call {
	/// One field of the configuration.
	Configure {
		field: String,
		value: u32,
	},
	TrustCode {
		code: Bytes,
	},
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
		message: Bytes,
	},
	/// Shares of paras, and without one of orders, with their parts of 57600.
	AssignCore {
		core: u32,
		begin: u32,
		#[serde(default, skip_serializing_if = "Option::is_none")]
		end: Option<u32>,
		shares: Vec<(Option<u32>, u16)>,
	},
	/// An account with enough orders a block.
	PlaceOrder {
		para: u32,
	},
	/// What the published pallet sends a para of its own accord with the call before; ours is made to send it.
	Notice {
		para: u32,
		message: Bytes,
	},
	/// The session's validator with this index commits an offence.
	Disable {
		validator: u32,
	},
}

impl History {
	/// As JSON, a block a line.
	///
	/// # Errors
	/// None, but for those of the serialiser.
	#[allow(dead_code)] // whoever writes them is elsewhere
	pub(crate) fn to_json(&self) -> serde_json::Result<String> {
		let blocks: Vec<_> = self
			.blocks
			.iter()
			.map(serde_json::to_string)
			.collect::<Result<_, _>>()?;
		Ok(format!(
			"{{\n\"about\": {},\n\"genesis\": {},\n\"blocks\": [\n{}\n]\n}}\n",
			serde_json::to_string(&self.about)?,
			serde_json::to_string(&self.genesis)?,
			blocks.join(",\n")
		))
	}
}
