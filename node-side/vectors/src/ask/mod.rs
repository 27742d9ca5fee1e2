//! Questions, and the functions of the other crates that answer them. Nothing here knows a rule.

mod base;
mod candidate;
mod erasure;
mod fragment;
mod numbers;
mod refusal;
mod signing;
mod strict;
mod tree;
mod wire;

pub(crate) use tree::{Member, Pending, Select, Step, Tree, Try};
pub(crate) use wire::names as message_names;

use crate::{canonical, Malformed};
use refusal::Answer;
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

macro_rules! questions {
	($($(#[$doc:meta])* $name:ident($module:ident::$question:ident),)*) => {
		/// A question about a rule. In JSON, `ask` says which; the other fields are the question's.
		#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
		#[serde(tag = "ask", rename_all = "snake_case")]
		#[allow(private_interfaces)] // they are made of JSON
		pub enum Question {
			$($(#[$doc])* $name($module::$question),)*
		}

		impl Question {
			fn answer(self) -> Answer {
				match self {
					$(Self::$name(question) => question.answer(),)*
				}
			}
		}
	};
}

questions! {
	/// Whether a candidate fits behind a path of others (R-FRG).
	CheckFragment(fragment::CheckFragment),
	/// Whether a candidate whose parent is unknown may wait (R-TRE-14).
	CheckUnconnected(fragment::CheckUnconnected),
	/// Modifications put on top of one another (R-MOD-8).
	Stack(fragment::Stack),
	/// Constraints after modifications (R-APP).
	Apply(fragment::Apply),
	/// Constraints out of their bytes (R-BIN-2).
	DecodeConstraints(base::DecodeConstraints),
	/// Bytes of constraints (R-BIN-2).
	EncodeConstraints(base::EncodeConstraints),
	/// A backing state out of its bytes, in whichever layout (R-BIN-31).
	DecodeBackingState(base::DecodeBackingState),
	/// The relay parents that are legal after some blocks (R-REL-2).
	RelayParentWindow(base::RelayParentWindow),
	/// The oldest legal relay parent at a place (R-REL-4, R-TRE-6).
	OldestRelayParent(base::OldestRelayParent),
	/// What a candidate is in itself (R-FRG-16).
	CheckIntrinsic(candidate::CheckIntrinsic),
	/// Whether a candidate may take the core that it names (R-UMP-5).
	CheckCoreChoice(candidate::CheckCoreChoice),
	/// What becomes of a tree (R-TRE, R-SEL).
	Tree(tree::Tree),
	/// The group of a core (R-GRP-2).
	GroupForCore(numbers::GroupForCore),
	/// The core of a group (R-GRP-3).
	CoreForGroup(numbers::CoreForGroup),
	/// When groups rotate (R-GRP-4).
	Rotation(numbers::Rotation),
	/// Validators over groups (R-GRP-5).
	SplitIntoGroups(numbers::SplitIntoGroups),
	/// Number of cores (R-GRP-5).
	CoreCount(numbers::CoreCount),
	/// Numbers that follow from the number of validators (R-GLO-19, R-ENA-1, R-AVL-1).
	Thresholds(numbers::Thresholds),
	/// Votes that a candidate needs (R-BKV-1).
	RequiredBackingVotes(numbers::RequiredBackingVotes),
	/// How many pending candidates are enacted (R-ENA-3).
	Enactable(numbers::Enactable),
	/// Depth on the chain (R-DEP-1).
	CheckDepth(numbers::CheckDepth),
	/// Time-outs (R-TMO).
	TimeOut(numbers::TimeOut),
	/// Chunks, proofs and root of data (R-AVL-1, R-AVL-4).
	ErasureEncode(erasure::ErasureEncode),
	/// Data out of chunks (R-AVL-1, R-AVL-3).
	ErasureRecover(erasure::ErasureRecover),
	/// Whether a chunk belongs to a root (R-AVL-4).
	VerifyChunk(erasure::VerifyChunk),
	/// Which chunk a validator has (R-AVL-6).
	ChunkIndex(erasure::ChunkIndex),
	/// The bytes that are signed (R-STM-2, R-AVL-8, R-BIN-23, R-NET-67).
	SigningPayload(signing::SigningPayload),
	/// Whether a signature is that of a key.
	VerifySignature(signing::VerifySignature),
	/// Whether the votes of a backed candidate back it (R-BKV).
	CheckBackingVotes(signing::CheckBackingVotes),
	/// Whether bytes are a message of the network (R-NET).
	DecodeMessage(wire::DecodeMessage),
}

/// The answer: `{"ok": …}`, or `{"refused": {"kind": …, "rule": …, …}}`.
///
/// # Errors
/// [`Malformed`] if the question makes no sense, or is too dear to be answered.
pub fn answer(question: Question) -> Result<Value, Malformed> {
	question.answer()
}

/// The answer to a question in JSON, in JSON on one line; what makes no sense is answered with `{"error": …}`. An `id` in
/// the question is in the answer as well.
pub fn answer_line(line: &str) -> String {
	let (id, answered) = match serde_json::from_str::<Value>(line) {
		Ok(Value::Object(mut fields)) => {
			let id = fields.remove("id");
			let question = Value::Object(fields);
			let answered = strict::check_fields(line)
				.and_then(|()| strict::check_numbers(&question, "question"))
				.map_err(Malformed::Json)
				.and_then(|()| {
					serde_json::from_value(question).map_err(|error| Malformed::Json(error.to_string()))
				})
				.and_then(answer);
			(id, answered)
		}
		Ok(_) => (None, Err(Malformed::Json("it is no object".into()))),
		Err(error) => (None, Err(Malformed::Json(error.to_string()))),
	};
	let mut answer = answered.unwrap_or_else(|malformed| json!({ "error": malformed.to_string() }));
	if let (Some(id), Value::Object(fields)) = (id, &mut answer) {
		fields.insert("id".into(), id);
	}
	canonical(&answer)
}

/// What is right.
fn ok(value: impl Into<Value>) -> Answer {
	Ok(json!({ "ok": value.into() }))
}

/// Bytes of SCALE, used up to the last one.
fn decoded<T: codec::DecodeAll>(what: &'static str, bytes: &[u8]) -> Result<T, Malformed> {
	T::decode_all(&mut &*bytes).map_err(|error| Malformed::Bytes {
		what,
		why: error.to_string(),
	})
}
