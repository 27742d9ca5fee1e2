#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod approval;
mod bits;
mod collation;
mod cost;
mod envelope;
mod error;
mod limits;
mod names;
mod protocol;
mod reader;
mod request;
mod stream;
mod validation;
mod view;

#[cfg(test)]
mod tests;

pub use approval::{Approval, ApprovalMessage, Assignment, AssignmentCert, AssignmentKind, Vrf};
pub use bits::{Indices, NoIndices};
pub use collation::{
	declare_payload, Advertisement, AdvertisementV1, AdvertisementV2, AdvertisementV3, CollationMessage,
	CollatorId, CollatorMessage, CollatorSignature, Declaration, DescriptorClaim, Fingerprint, Segment,
	SignedStatement,
};
pub use cost::{Cost, Gain};
pub use envelope::{Envelope, Notification};
pub use error::{DecodeError, Fault};
pub use limits::*;
pub use names::ProtocolNames;
pub use protocol::Protocol;
pub use reader::{Read, Reader, Wire};
pub use request::*;
pub use stream::{CollationVersion, PeerSet, Role, Slots};
pub use validation::ValidationMessage;
pub use view::{BadView, View};
