//! Names of protocols on a chain (R-NET-5, R-NET-9, R-NET-10, R-NET-16 to R-NET-24).

use crate::{stream::VALIDATION_VERSION, CollationVersion, PeerSet, Protocol};
use alloc::{borrow::ToOwned, format, string::String, vec::Vec};
use async_backing_primitives::Hash;

/// Name of collation from before names had a prefix. Its version is 1.
const LEGACY_COLLATION: &str = "/polkadot/collation/1";

/// Names of all parachain protocols of one chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProtocolNames {
	prefix: String,
}

impl ProtocolNames {
	/// For a chain with this genesis block, and fork id if its specification has one.
	pub fn new(genesis: Hash, fork_id: Option<&str>) -> Self {
		let prefix = match fork_id {
			Some(fork_id) => format!("/{genesis:x}/{fork_id}"),
			None => format!("/{genesis:x}"),
		};
		Self { prefix }
	}

	/// Main name of the validation protocol. It has no fallback.
	pub fn validation(&self) -> String {
		format!("{}/validation/{VALIDATION_VERSION}", self.prefix)
	}

	/// Main name of a version of the collation protocol.
	pub fn collation(&self, version: CollationVersion) -> String {
		format!("{}/collation/{}", self.prefix, version.number())
	}

	/// Names that one who speaks `main` offers besides, in order of preference: older versions, but 1 only under its
	/// legacy name.
	pub fn collation_fallbacks(&self, main: CollationVersion) -> Vec<String> {
		CollationVersion::NEWEST_FIRST
			.into_iter()
			.filter(|version| *version < main && *version > CollationVersion::V1)
			.map(|version| self.collation(version))
			.chain([LEGACY_COLLATION.to_owned()])
			.collect()
	}

	/// The version that a name stands for; `None` if it is no name of collation here.
	pub fn collation_version(&self, name: &str) -> Option<CollationVersion> {
		if name == LEGACY_COLLATION {
			return Some(CollationVersion::V1);
		}
		CollationVersion::NEWEST_FIRST
			.into_iter()
			.find(|version| self.collation(*version) == name)
	}

	/// The peer set of a stream of this name.
	pub fn peer_set(&self, name: &str) -> Option<PeerSet> {
		if name == self.validation() {
			return Some(PeerSet::Validation);
		}
		self.collation_version(name).map(|_| PeerSet::Collation)
	}

	/// Main name of a request protocol. For the other one see [`Protocol::legacy_name`].
	pub fn request(&self, protocol: Protocol) -> String {
		format!("{}{}", self.prefix, protocol.suffix())
	}

	/// The request protocol of a name, main or legacy.
	pub fn protocol(&self, name: &str) -> Option<Protocol> {
		Protocol::ALL
			.into_iter()
			.find(|protocol| protocol.legacy_name() == Some(name) || self.request(*protocol) == name)
	}
}
