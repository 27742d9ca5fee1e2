//! Own statements: what this validator promised, before and after it told anybody (law 5).
//!
//! A statement is promised by storing the intent to make it, with the candidate if it is seconded; only then it is signed.
//! The signature is stored before anybody sees it. So after a crash either nobody ever saw a signature and making another
//! one harms nobody, or the one that was seen is there. Two signatures of one statement would be misbehaviour (R-TAB-3).

use async_backing_machine::{Batch, BatchId, JobId, Snapshot};
use async_backing_primitives::{
	BlockNumber, CandidateHash, CompactStatement, Hash, SessionIndex, ValidatorIndex, ValidatorSignature,
};
use codec::{Decode, DecodeAll, Encode};
use std::{collections::BTreeMap, sync::Arc};

/// Keys of everything that backing stores begin with this.
pub const STORE_PREFIX: &[u8] = b"ba/";
const INTENT: &[u8] = b"ba/i/";
const CONTENT: &[u8] = b"ba/c/";
const SIGNATURE: &[u8] = b"ba/s/";

/// Relay blocks after which a relay parent cannot come into scope again, counted back from what is final: the longest
/// ancestry that can be configured (R-ABP-4).
pub(crate) const LONGEST_ANCESTRY: BlockNumber = 255;

/// Relay parents whose own statements are remembered while nothing becomes final: seven hours of blocks. Older ones go.
pub const MAX_REMEMBERED_PARENTS: usize = 4096;

/// What is promised, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Intent {
	pub(crate) session: SessionIndex,
	/// Number of the relay parent, by which it is known when the promise may be forgotten.
	pub(crate) number: BlockNumber,
	/// This validator in that session.
	pub(crate) validator: ValidatorIndex,
	pub(crate) statement: CompactStatement,
}

impl Intent {
	pub(crate) fn is_seconded(&self) -> bool {
		matches!(self.statement, CompactStatement::Seconded(_))
	}
}

/// How far a promise has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
	/// The data of the candidate are not yet stored. Here is the encoded candidate, if it is seconded. Nothing is promised
	/// yet.
	Decided(Option<Vec<u8>>),
	/// The intent is being stored.
	Intending(BatchId),
	/// It was restored, and the candidate has to be read again.
	Forgotten(Arc<Vec<u8>>),
	/// The candidate is being read again, from these bytes.
	Recalling(JobId, Arc<Vec<u8>>),
	/// To be signed.
	Unsigned,
	/// It is being signed.
	Signing(JobId),
	/// The signature is being stored.
	Sealing(BatchId),
	/// To be counted and shared.
	Sealed,
	/// Counted and shared.
	Shared,
	/// It can't be made (any more): the candidate is lost. It binds all the same.
	Lost,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Promise {
	pub(crate) intent: Intent,
	pub(crate) signature: Option<ValidatorSignature>,
	pub(crate) stage: Stage,
}

/// A relay parent and a candidate: what a promise is found by.
pub(crate) type PromiseId = (Hash, CandidateHash);

/// All own statements at relay parents that are in scope or may come back.
#[derive(Debug, Default)]
pub(crate) struct Promises {
	promises: BTreeMap<PromiseId, Promise>,
}

impl Promises {
	/// What was stored before this validator stopped, taken out of all that was.
	pub(crate) fn restore(snapshot: Snapshot) -> Self {
		let (mut intents, mut contents, mut signatures) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
		for (key, value) in snapshot.0 {
			if let Some(id) = id_of(INTENT, &key) {
				if let Ok(intent) = Intent::decode_all(&mut &value[..]) {
					intents.insert(id, intent);
				}
			} else if let Some(id) = id_of(SIGNATURE, &key) {
				if let Ok(signature) = ValidatorSignature::decode_all(&mut &value[..]) {
					signatures.insert(id, signature);
				}
			} else if let Some(id) = id_of(CONTENT, &key) {
				contents.insert(id, value);
			}
		}
		let restore = |(id, intent): (PromiseId, Intent)| {
			let signature = signatures.remove(&id);
			let stage = match contents.remove(&id) {
				Some(content) if intent.is_seconded() => Stage::Forgotten(Arc::new(content)),
				None if intent.is_seconded() => Stage::Lost,
				_ => Stage::restored(&signature),
			};
			let promise = Promise {
				intent,
				signature,
				stage,
			};
			(id, promise)
		};
		Self {
			promises: intents.into_iter().map(restore).collect(),
		}
	}

	pub(crate) fn get(&self, id: PromiseId) -> Option<&Promise> {
		self.promises.get(&id)
	}

	pub(crate) fn get_mut(&mut self, id: PromiseId) -> Option<&mut Promise> {
		self.promises.get_mut(&id)
	}

	pub(crate) fn contains(&self, id: PromiseId) -> bool {
		self.promises.contains_key(&id)
	}

	pub(crate) fn insert(&mut self, id: PromiseId, promise: Promise) {
		self.promises.insert(id, promise);
	}

	pub(crate) fn remove(&mut self, id: PromiseId) {
		self.promises.remove(&id);
	}

	/// Own statements at a relay parent, ascending by candidate.
	pub(crate) fn at(&self, relay_parent: Hash) -> impl Iterator<Item = (CandidateHash, &Promise)> {
		let from = (relay_parent, CandidateHash(Hash::zero()));
		let at = self.promises.range(from..);
		at.take_while(move |((parent, _), _)| *parent == relay_parent)
			.map(|((_, candidate), promise)| (*candidate, promise))
	}

	/// Candidates that this validator seconded, or will, at a relay parent.
	pub(crate) fn seconded_at(&self, relay_parent: Hash) -> impl Iterator<Item = CandidateHash> + '_ {
		let seconded = self
			.at(relay_parent)
			.filter(|(_, promise)| promise.intent.is_seconded());
		seconded.map(|(candidate, _)| candidate)
	}

	/// Whether own candidates have to be read again before it is known where they stand.
	pub(crate) fn is_recalling(&self) -> bool {
		let mut stages = self.promises.values().map(|promise| &promise.stage);
		stages.any(|stage| matches!(stage, Stage::Recalling(..)))
	}

	/// All of them, ascending.
	pub(crate) fn iter(&self) -> impl Iterator<Item = (PromiseId, &Promise)> {
		self.promises.iter().map(|(id, promise)| (*id, promise))
	}

	/// Relay parents that left all scopes: what was only decided there is not promised, and what was not finished stays as
	/// it is stored.
	pub(crate) fn leave_scope(&mut self, in_scope: impl Fn(Hash) -> bool) {
		self.promises.retain(|(parent, _), promise| {
			if in_scope(*parent) {
				return true;
			}
			match &promise.stage {
				Stage::Decided(_) => return false,
				Stage::Recalling(_, content) => promise.stage = Stage::Forgotten(content.clone()),
				Stage::Signing(_) => promise.stage = Stage::Unsigned,
				_ => {}
			}
			true
		});
	}

	/// Forgets what binds nobody any more: relay parents that can't come into scope again, and those that are too many.
	/// Returns what to remove from the store.
	pub(crate) fn forget(&mut self, finalized: BlockNumber) -> Batch {
		let mut numbers: BTreeMap<Hash, BlockNumber> = BTreeMap::new();
		for ((parent, _), promise) in &self.promises {
			numbers.insert(*parent, promise.intent.number);
		}
		let mut oldest: Vec<_> = numbers.into_iter().map(|(hash, number)| (number, hash)).collect();
		oldest.sort_unstable();
		let too_many = oldest.len().saturating_sub(MAX_REMEMBERED_PARENTS);
		let is_old = |number: BlockNumber| number.saturating_add(LONGEST_ANCESTRY) < finalized;
		let mut batch = Batch::default();
		for (position, (number, parent)) in oldest.into_iter().enumerate() {
			if position >= too_many && !is_old(number) {
				break;
			}
			let gone: Vec<_> = self
				.at(parent)
				.map(|(candidate, _)| (parent, candidate))
				.collect();
			for id in gone {
				self.promises.remove(&id);
				for kind in [INTENT, CONTENT, SIGNATURE] {
					batch.remove(key(kind, id));
				}
			}
		}
		batch
	}
}

impl Stage {
	/// Of something restored whose candidate is at hand.
	pub(crate) fn restored(signature: &Option<ValidatorSignature>) -> Self {
		match signature {
			Some(_) => Self::Sealed,
			None => Self::Unsigned,
		}
	}
}

/// What is stored before anything is signed.
pub(crate) fn intent_batch(id: PromiseId, intent: &Intent, content: Option<Vec<u8>>) -> Batch {
	let mut batch = Batch::default();
	if let Some(content) = content {
		batch.put(key(CONTENT, id), content);
	}
	batch.put(key(INTENT, id), intent.encode());
	batch
}

/// What is stored before anything is shared.
pub(crate) fn signature_batch(id: PromiseId, signature: &ValidatorSignature) -> Batch {
	let mut batch = Batch::default();
	batch.put(key(SIGNATURE, id), signature.encode());
	batch
}

fn key(kind: &[u8], id: PromiseId) -> Vec<u8> {
	let mut key = kind.to_vec();
	id.encode_to(&mut key);
	key
}

fn id_of(kind: &[u8], key: &[u8]) -> Option<PromiseId> {
	PromiseId::decode_all(&mut key.strip_prefix(kind)?).ok()
}
