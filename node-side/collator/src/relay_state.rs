//! The port to the relay chain's state at a relay parent: what a parachain may read there, and prove.

use async_backing_primitives::{
	keys, Hash, InboundDownwardMessage, InboundHrmpMessage, ParaId, RelayState, RelayStateError,
	RelayStateReader, Unproven,
};
use codec::Decode;
use sp_io::hashing::twox_128;
use sp_trie::StorageProof;
use std::{
	cell::{Cell, RefCell},
	collections::{BTreeMap, BTreeSet},
	error::Error,
};
use thiserror::Error;

/// Why the state of a relay parent cannot be read. The reason is the relay client's own.
#[derive(Debug, Error)]
#[error("the relay parent's state cannot be read: {0}")]
pub struct RelayReadError(#[source] pub Box<dyn Error + Send + Sync>);

impl RelayReadError {
	/// Wraps the client's reason.
	pub fn new(reason: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
		Self(reason.into())
	}
}

/// The relay chain as it is after one block, the relay parent, in the eyes of whoever executes a parablock there.
///
/// Which keys a parachain proves is its own affair: its validation function has to find them. The well-known ones (R-KEY) are
/// in [`async_backing_primitives::keys`].
pub trait RelayParentState {
	/// The value under a key.
	///
	/// # Errors
	/// [`RelayReadError`] if the client does not say.
	fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RelayReadError>;

	/// A proof of the values under these keys against the relay parent's state root. That there is no value is proven too.
	///
	/// # Errors
	/// [`RelayReadError`] if the client does not say.
	fn prove(&self, keys: &[Vec<u8>]) -> Result<StorageProof, RelayReadError>;

	/// Downward messages that wait for a para, oldest first.
	///
	/// # Errors
	/// [`RelayReadError`] if the client does not say.
	fn downward_messages(&self, para: ParaId) -> Result<Vec<InboundDownwardMessage>, RelayReadError>;

	/// Horizontal messages that wait for a para, by sender, oldest first.
	///
	/// # Errors
	/// [`RelayReadError`] if the client does not say.
	fn horizontal_messages(
		&self,
		para: ParaId,
	) -> Result<BTreeMap<ParaId, Vec<InboundHrmpMessage>>, RelayReadError>;

	/// SCALE encodings of the headers from the relay parent up to `leaf`, oldest first, each with its seal: by them a validation
	/// function that demands relay blocks on top of its relay parent has these proven (R-COL-2).
	///
	/// # Errors
	/// [`RelayReadError`] if the client does not say, or the relay parent is no ancestor of the leaf.
	fn headers_up_to(&self, leaf: Hash) -> Result<Vec<Vec<u8>>, RelayReadError>;
}

/// For parachains that read nothing of the relay chain: every question is an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoRelayState;

impl NoRelayState {
	fn refuse<T>() -> Result<T, RelayReadError> {
		Err(RelayReadError::new("there is none here"))
	}
}

impl RelayParentState for NoRelayState {
	fn read(&self, _: &[u8]) -> Result<Option<Vec<u8>>, RelayReadError> {
		Self::refuse()
	}

	fn prove(&self, _: &[Vec<u8>]) -> Result<StorageProof, RelayReadError> {
		Self::refuse()
	}

	fn downward_messages(&self, _: ParaId) -> Result<Vec<InboundDownwardMessage>, RelayReadError> {
		Self::refuse()
	}

	fn horizontal_messages(
		&self,
		_: ParaId,
	) -> Result<BTreeMap<ParaId, Vec<InboundHrmpMessage>>, RelayReadError> {
		Self::refuse()
	}

	fn headers_up_to(&self, _: Hash) -> Result<Vec<Vec<u8>>, RelayReadError> {
		Self::refuse()
	}
}

/// Why there is no proof of a para's relay state.
#[derive(Debug, Error)]
pub enum RelayProofError {
	/// The state cannot be read.
	#[error(transparent)]
	Read(#[from] RelayReadError),
	/// It is no state of a relay chain.
	#[error(transparent)]
	State(#[from] RelayStateError),
}

/// What concerns a para at a relay parent, and a proof of exactly that: of all keys that [`RelayState::read`] asks for, and of
/// no others, so that it is as small as it can be.
///
/// # Errors
/// [`RelayProofError`].
pub fn prove_relay_state(
	state: &dyn RelayParentState,
	para: ParaId,
) -> Result<(RelayState, StorageProof), RelayProofError> {
	let noting = Noting {
		state,
		keys: RefCell::default(),
		failure: Cell::default(),
	};
	let read = RelayState::read(&noting, para);
	if let Some(failure) = noting.failure.take() {
		return Err(failure.into());
	}
	let keys: Vec<_> = noting.keys.into_inner().into_iter().collect();
	Ok((read?, state.prove(&keys)?))
}

/// Values of BABE from which parachains draw randomness: of this block, of an epoch ago and of two.
const RANDOMNESS: [&str; 3] = ["AuthorVrfRandomness", "NextRandomness", "Randomness"];

/// Storage keys of BABE's authorities, those of now and those of the next epoch: who seals the relay blocks on top of a relay
/// parent (R-COL-2).
pub fn authority_keys() -> [Vec<u8>; 2] {
	["Authorities", "NextAuthorities"].map(babe_key)
}

/// The key of a value of BABE.
fn babe_key(item: &str) -> Vec<u8> {
	[twox_128(b"Babe"), twox_128(item.as_bytes())].concat()
}

/// All keys that collators of the field prove, with those of the channels that the para has at the relay parent (R-KEY,
/// R-NET-148): for a validation function that is not ours. Some have no value, which is proven as well.
///
/// # Errors
/// [`RelayReadError`] if the state cannot be read, or an index of channels does not decode.
pub fn parachain_keys(state: &dyn RelayParentState, para: ParaId) -> Result<Vec<Vec<u8>>, RelayReadError> {
	let paras_at = |key: &[u8]| -> Result<Vec<ParaId>, RelayReadError> {
		let decoded = state.read(key)?.map(|value| Decode::decode(&mut &value[..]));
		Ok(decoded
			.transpose()
			.map_err(RelayReadError::new)?
			.unwrap_or_default())
	};
	let mut all = RelayState::keys(para);
	all.push(keys::map_key(&keys::DOWNWARD_MESSAGE_QUEUE_HEADS, &para));
	let ingress = keys::map_key(&keys::HRMP_INGRESS_CHANNELS_INDEX, &para);
	for sender in paras_at(&ingress)? {
		all.push(RelayState::channel_key(sender, para));
	}
	all.push(ingress);
	let egress = keys::map_key(&keys::HRMP_EGRESS_CHANNELS_INDEX, &para);
	for recipient in paras_at(&egress)? {
		all.push(RelayState::channel_key(para, recipient));
	}
	all.extend(RANDOMNESS.map(babe_key));
	Ok(all)
}

/// Takes down what is read.
struct Noting<'a> {
	state: &'a dyn RelayParentState,
	keys: RefCell<BTreeSet<Vec<u8>>>,
	/// The first thing that went wrong.
	failure: Cell<Option<RelayReadError>>,
}

impl RelayStateReader for Noting<'_> {
	fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Unproven> {
		self.keys.borrow_mut().insert(key.to_vec());
		self.state.read(key).map_err(|error| {
			let first = self.failure.take().unwrap_or(error);
			self.failure.set(Some(first));
			Unproven
		})
	}
}
