//! Validators that misbehave: an honest one whose words somebody picks.
//!
//! What is withheld is known by its kind, so that it stays withheld whatever carries it.

use super::ValidatorMisconduct;
use crate::words::DevnetWords;
use async_backing_machine::{Core, Input, Instant, Outbox, Output, Refusal};
use async_backing_provisioner::Proposal;

/// A validator that does not do what it should.
#[derive(Debug)]
pub(crate) struct Faulty<C> {
	honest: C,
	misconduct: ValidatorMisconduct,
}

impl<C> Faulty<C> {
	pub(crate) fn new(honest: C, misconduct: ValidatorMisconduct) -> Self {
		Self { honest, misconduct }
	}
}

/// Words by which what is said is known to be about statements.
const STATEMENTS: [&str; 3] = ["statement", "manifest", "acknowledgement"];
const BITFIELDS: [&str; 1] = ["bitfield"];
/// The same of what is asked for.
const DATA: [&str; 2] = ["chunk", "available data"];

fn is_about(kind: &str, words: &[&str]) -> bool {
	words.iter().any(|word| kind.contains(word))
}

impl ValidatorMisconduct {
	fn withholds_message(self, kind: &str) -> bool {
		match self {
			Self::WithholdStatements => is_about(kind, &STATEMENTS),
			Self::WithholdBitfields => is_about(kind, &BITFIELDS),
			Self::Mute => true,
			Self::WithholdChunks | Self::VouchForAll => false,
		}
	}

	fn refuses(self, kind: &str) -> bool {
		match self {
			// What was asked for by who heard of it elsewhere.
			Self::WithholdStatements => is_about(kind, &["candidate", "statement"]),
			Self::WithholdChunks => is_about(kind, &DATA),
			Self::Mute => true,
			Self::WithholdBitfields | Self::VouchForAll => false,
		}
	}
}

impl ValidatorMisconduct {
	/// What it puts into its own blocks, if it builds any.
	fn proposes(self, mut proposal: Proposal) -> Option<Proposal> {
		match self {
			Self::Mute => return None,
			Self::WithholdBitfields => proposal.bitfields.clear(),
			Self::WithholdStatements | Self::WithholdChunks | Self::VouchForAll => {}
		}
		Some(proposal)
	}
}

impl<C: Core<Words = DevnetWords>> Core for Faulty<C> {
	type Words = DevnetWords;

	fn handle(&mut self, now: Instant, input: Input<DevnetWords>, out: &mut Outbox<DevnetWords>) {
		let Self { honest, misconduct } = self;
		if let Input::Request(_, ticket, request) = &input {
			if misconduct.refuses(request.kind()) {
				return out.respond(*ticket, Err(Refusal::Unknown));
			}
		}
		out.part(
			|part: &mut Outbox<DevnetWords>| honest.handle(now, input, part),
			|output| match output {
				Output::Notify(_, message) if misconduct.withholds_message(message.kind()) => None,
				Output::Proposal(id, proposal) => {
					let proposal = misconduct.proposes(proposal)?;
					Some(Output::Proposal(id, proposal))
				}
				output => Some(output),
			},
		);
	}
}
