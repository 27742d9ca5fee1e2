//! Records in storage.

use async_backing_primitives::{HostConfiguration, SessionIndex};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// A configuration that waits for its session.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct PendingConfig {
	/// The session in which it takes effect.
	pub session: SessionIndex,
	/// All of its values.
	pub config: HostConfiguration,
}
