//! What a reader can do.
//!
//! A game is a list of moves, and nothing else: whoever has the list has the state. So a move back is the same list without
//! its end, and a preset is a list that somebody else began.

use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// One thing that a reader does. Relay blocks and candidates are named by their position, in the order in which they came;
/// the first four relay blocks are there from the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Move {
	/// A relay block on another one: it includes what is available, drops what timed out, and backs the best path.
	Block {
		/// The parent.
		on: u32,
	},
	/// A collator builds a parablock, and the first validator of its group seconds it.
	Candidate(Plan),
	/// A validator of the candidate's group says that it is valid.
	Vote {
		/// The candidate.
		candidate: u32,
		/// Position in the group, from 0.
		validator: u8,
		/// Whether the message gets lost on its way here.
		#[serde(default)]
		lost: bool,
	},
	/// What was lost of a candidate's messages arrives after all.
	Deliver {
		/// The candidate.
		candidate: u32,
	},
	/// Validators have, or do not have, their chunks of a candidate.
	Withhold {
		/// The candidate.
		candidate: u32,
		/// Whether they lack them: then it does not become available.
		withheld: bool,
	},
	/// The relay chain's parameters change (R-ABP-1, R-ABP-2).
	Params {
		/// `max_candidate_depth`.
		depth: u32,
		/// `allowed_ancestry_len`.
		ancestry: u32,
	},
	/// Each para has so many cores.
	Cores {
		/// From 1 to 3.
		count: u32,
	},
	/// Somebody sends a downward message to a para, with the next relay block.
	Message {
		/// The para.
		para: u32,
	},
	/// The parachains' rule of their own pace changes (R-HOO-2).
	Hook {
		/// Blocks per relay slot.
		velocity: u32,
		/// Most unincluded blocks.
		capacity: u32,
	},
}

/// What a collator builds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plan {
	/// The para; the first one if it is 0.
	pub para: u32,
	/// The candidate on whose output it builds; `None` is the included head as its relay parent knows it.
	pub on: Option<u32>,
	/// Its relay parent.
	pub relay_parent: u32,
	/// Whether the news of it gets lost on its way here.
	pub lost: bool,
	/// Upward messages.
	pub upward: u32,
	/// Bytes of each.
	pub upward_len: u32,
	/// Downward messages that it processes.
	pub downward: u32,
	/// Bytes of a message to the other para; 0 sends none.
	pub horizontal: u32,
	/// How far behind its relay parent it leaves the watermark of messages from other paras.
	pub watermark_behind: u32,
	/// Whether it announces new code.
	pub announces_code: bool,
	/// Whether other code than the para's validated it.
	pub other_code: bool,
	/// Bytes of its head data beyond the usual ones.
	pub head_len: u32,
	/// The candidate whose head data it ends on as well; `None` is one of its own.
	pub head_of: Option<u32>,
}

/// Where a reader looks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Look {
	/// Tip of a relay chain; the newest if it is none.
	pub leaf: Option<u32>,
	/// The para; the first one if there is no such.
	pub para: u32,
	/// The candidate behind which the next block would stand; `None` is the end of the best path.
	pub at: Option<u32>,
}

/// A game, and where its reader looks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Game {
	/// What was done.
	pub moves: Vec<Move>,
	/// Where to look.
	pub look: Look,
}
