//! What the part hears and says, and its jobs.

use crate::words::BitfieldText;
use async_backing_chain_view::LeafUpdate;
use async_backing_machine::{Never, Words};
use async_backing_primitives::{
	crypto, Hash, SigningContext, UncheckedSignedAvailabilityBitfield, ValidatorId, ValidatorSignature,
};
use async_backing_provisioner::SharedBitfield;
use async_backing_wire::View;
use std::fmt;

/// A validator says which chunks it holds, at a leaf (R-AVL-8).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BitfieldMessage {
	/// The leaf.
	pub(crate) leaf: Hash,
	/// What it holds.
	pub(crate) bitfield: SharedBitfield,
}

/// Signatures of bitfields of one leaf, to be verified.
#[derive(Clone, PartialEq)]
pub struct CheckBitfields {
	/// What they are bound to (R-BIT-1).
	pub context: SigningContext,
	/// Each with the key of the validator that it names.
	pub bitfields: Vec<(ValidatorId, UncheckedSignedAvailabilityBitfield)>,
}

impl fmt::Debug for CheckBitfields {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let bitfields = self
			.bitfields
			.iter()
			.map(|(key, signed)| (key, BitfieldText(signed)));
		f.debug_struct("CheckBitfields")
			.field("context", &self.context)
			.field("bitfields", &bitfields.collect::<Vec<_>>())
			.finish()
	}
}

impl CheckBitfields {
	/// Verifies each: whether it is signed, in their order.
	pub fn run(&self) -> Vec<bool> {
		self.run_with(crypto::verify)
	}

	/// As [`Self::run`], where `verify` says whether somebody signed a payload, for whoever remembers what was asked before.
	pub fn run_with(&self, verify: impl Fn(&ValidatorId, &[u8], &ValidatorSignature) -> bool) -> Vec<bool> {
		let verify = |(key, signed): &(ValidatorId, UncheckedSignedAvailabilityBitfield)| {
			verify(
				key,
				&signed.payload.signing_payload(&self.context),
				&signed.signature,
			)
		};
		self.bitfields.iter().map(verify).collect()
	}
}

/// Work of the part.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum BitfieldJob {
	/// Verify what others sent.
	Check(CheckBitfields),
	/// Sign the own one.
	Sign {
		/// The key to sign with.
		key: ValidatorId,
		/// What to sign.
		payload: Vec<u8>,
	},
}

/// What it came to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum BitfieldDone {
	/// Which are signed, in the order of the job.
	Checked(Vec<bool>),
	/// The signature; `None` if there is no such key.
	Signed(Option<ValidatorSignature>),
}

/// Words of the part that collects bitfields.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BitfieldWords;

impl Words for BitfieldWords {
	type Chain = LeafUpdate;
	/// Who a peer is, the chain view knows.
	type Identity = ();
	type View = View;
	type Message = BitfieldMessage;
	type Request = Never;
	type Response = Never;
	type Job = BitfieldJob;
	type Done = BitfieldDone;
	type Proposing = Never;
	type Proposal = Never;
	type Event = Never;
}
