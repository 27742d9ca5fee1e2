//! Why a parachain cannot be run, and why it has no block.

use async_backing_collator::RelayReadError;
use async_backing_primitives::{HeadHash, ParaId};
use async_backing_relay_client::{Hash, QueryError};
use async_backing_runtime_metadata::{BlobError, MetadataError, TransactionError};
use sp_core::bytes::to_hex;
use thiserror::Error;

/// Why a runtime cannot be run as a parachain here.
#[derive(Debug, Error)]
pub enum SetupError {
	/// The file is no runtime.
	#[error("the code is {0}")]
	Blob(#[from] BlobError),
	/// Its genesis cannot be built.
	#[error(transparent)]
	Genesis(#[from] async_backing_relay_client::SetupError),
	/// It does not answer.
	#[error(transparent)]
	Query(#[from] QueryError),
	/// It is a runtime, but none of a parachain.
	#[error("the runtime does not export `validate_block`: it is no parachain's")]
	NotAParachain,
	/// It lacks an API that whoever builds its blocks asks.
	#[error("the runtime has {} of the API `{name}`, but its blocks can be built from version {expected} on", version(*.found))]
	Api {
		/// Name of the API.
		name: &'static str,
		/// First version that has what is asked.
		expected: u32,
		/// Version that the runtime has.
		found: Option<u32>,
	},
	/// It is another para than it shall be, and its genesis takes no other number.
	#[error("the runtime is of para {found}, but para {expected} shall run it (is there no `parachainInfo` in its genesis?)")]
	ParaId {
		/// The para that it shall be.
		expected: ParaId,
		/// The para that it says it is.
		found: ParaId,
	},
	/// Its blocks want a proof of scheduling, with candidates of version 3.
	#[error(
		"the runtime wants candidates of version 3 (`SchedulingV3EnabledApi`), which are not built here"
	)]
	SchedulingV3,
	/// Nobody of those whose keys there are may build.
	#[error("none of the keys is an Aura authority's: at genesis these may build: {}", .authorities.join(", "))]
	NoAuthority {
		/// Who may, as hexadecimal text.
		authorities: Vec<String>,
	},
	/// Its genesis has another head than was given.
	#[error("the runtime's genesis has the head {found}, but {expected} is given")]
	GenesisHead {
		/// The head that was given, as hexadecimal text.
		expected: String,
		/// That of the genesis.
		found: String,
	},
	/// The code to upgrade to is no runtime.
	#[error("the code to upgrade to is {0}")]
	UpgradeBlob(#[source] BlobError),
	/// The code to upgrade to is a runtime, but none of a parachain.
	#[error("the code to upgrade to does not export `validate_block`: it is no parachain's")]
	UpgradeNotAParachain,
	/// The code to upgrade to is the one that is there.
	#[error("the code to upgrade to is the one that the parachain begins with")]
	UpgradeSame,
	/// The code to upgrade to is of another chain, or of no later version.
	#[error("the code to upgrade to is `{next}`, but the parachain is `{now}` and takes only later versions of itself (unless `unchecked`)")]
	UpgradeVersion {
		/// Name and version of what is there.
		now: String,
		/// The same of the code.
		next: String,
	},
	/// It shall upgrade or be called by root, and its genesis has no place for who is.
	#[error("the runtime shall upgrade, or take calls as root, but its genesis has no `sudo` key, by which it is told to")]
	NoSudo,
}

fn version(found: Option<u32>) -> String {
	found.map_or_else(|| "nothing".into(), |found| format!("version {found}"))
}

/// Why there is no block.
#[derive(Debug, Error)]
pub enum ProducerError {
	/// The parent is not known.
	#[error("unknown head {0}")]
	UnknownParent(HeadHash),
	/// The parachain's client does not answer.
	#[error(transparent)]
	Query(#[from] QueryError),
	/// The relay parent cannot be read.
	#[error(transparent)]
	Relay(#[from] RelayReadError),
	/// The relay parent is not so far behind the best relay block as the runtime demands (`RelayParentOffsetApi`): an upgrade has
	/// changed what it demands.
	#[error("the runtime demands {expected} relay blocks on top of the relay parent, and there are {found} (R-COL-2)")]
	Descendants {
		/// What the runtime demands.
		expected: u32,
		/// Relay blocks on top of the relay parent.
		found: usize,
	},
	/// A header of the relay chain is none.
	#[error("a header of the relay chain does not decode: {0}")]
	RelayHeader(#[source] codec::Error),
	/// A call of the configuration can't be made: its pallet, its name or its arguments are others.
	#[error("the call `{pallet}::{call}` of block {at}: {source}")]
	Call {
		/// The block.
		at: u32,
		/// The pallet.
		pallet: String,
		/// The call.
		call: String,
		/// Why.
		source: Box<ProducerError>,
	},
	/// A blob that came by an upgrade is none.
	#[error("the code is {0}")]
	Blob(#[from] BlobError),
	/// What the runtime says of itself can't be read.
	#[error(transparent)]
	Metadata(#[from] MetadataError),
	/// A transaction of the workload can't be made.
	#[error("a transaction of the workload: {0}")]
	Transaction(#[from] TransactionError),
	/// The slot is somebody else's.
	#[error("the slot is {}'s, whose key is not given", to_hex(.author, false))]
	NotOurSlot {
		/// The parachain's slot.
		slot: u64,
		/// Whose it is.
		author: [u8; 32],
	},
	/// Nobody may build.
	#[error("the runtime has no Aura authorities")]
	NoAuthorities,
	/// The runtime wants child tries of the relay chain proven.
	#[error("the runtime asks for a child trie of the relay chain (`KeyToIncludeInRelayProof`), which is not proven here")]
	ChildTrie,
	/// The runtime fails, or refuses what it made itself. The words are its own.
	#[error("the runtime fails to {stage}: {source}")]
	Runtime {
		/// What it was to do.
		stage: &'static str,
		/// Its words.
		source: Box<sp_blockchain::Error>,
	},
	/// The runtime takes none of the workload's transactions.
	#[error("the runtime takes none of the {count} transactions of the workload: {reason}")]
	Refused {
		/// How many there were.
		count: usize,
		/// Why it refused the first.
		reason: String,
	},
	/// The runtime was told to upgrade, and does not.
	#[error("the runtime was told to upgrade in block {0}, and announces no code: is it none of its next version, or too large?")]
	NotAnnounced(u32),
	/// The inherents cannot be encoded.
	#[error("inherent data: {0}")]
	Inherents(#[from] sp_inherents::Error),
	/// The recorded proof does not cover the block.
	#[error("the recorded proof does not begin at the parent's state root {0:?}")]
	Proof(Hash),
	/// The block does not get into the parachain's client.
	#[error("the block cannot be imported: {0}")]
	Import(String),
	/// Not even what has to be in a block fits.
	#[error("the block takes a PoV of {got} bytes, but at most {max} are allowed")]
	PovTooLarge {
		/// Most bytes allowed.
		max: u32,
		/// What it takes.
		got: usize,
	},
}
