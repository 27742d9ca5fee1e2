//! What is judged after each input, and what the world asks the validator.

use super::{sign, Town, KEYS};
use crate::{
	bitfields::{promised_record, BitfieldRecord},
	collating::BackingGate,
	laws::chain::key,
	routes::PartName,
	Event, Job, Message, NodeWords, Validator,
};
use async_backing_availability::Outcome;
use async_backing_chain_view::EarlyLimits;
use async_backing_collator_protocol::Around;
use async_backing_machine::{
	laws::{Breach, Law, Open},
	Instant, JobId, Output, PeerId, Recipients, RequestId,
};
use async_backing_primitives::{
	Hash, StatementDistributionMessage, UncheckedSignedAvailabilityBitfield, ValidatorIndex,
};
use async_backing_wire::{Envelope, ValidationMessage, Wire};

/// Candidates of one collator at a relay parent: one more than claims (R-NET-84).
const MOST_HEARD: usize = 3;
/// Votes that make a candidate backable.
const QUORUM: usize = 2;

/// Of the parts that know it, and of the whole.
pub(super) fn taken_for_open(validator: &Validator) -> usize {
	let parts = validator.backing.taken_for_open()
		+ validator.statements.taken_for_open()
		+ validator.availability.taken_for_open()
		+ validator.recoverer.taken_for_open()
		+ validator.collations.taken_for_open()
		+ validator.bitfields.taken_for_open()
		+ validator.codes.taken_for_open();
	parts.max(validator.open())
}

/// Of the parts.
pub(super) fn timers_of_use(validator: &Validator) -> usize {
	validator.backing.timers_of_use()
		+ validator.statements.timers_of_use()
		+ validator.availability.timers_of_use()
		+ validator.recoverer.timers_of_use()
		+ validator.collations.timers_of_use()
		+ validator.bitfields.timers_of_use()
		+ validator.codes.timers_of_use()
}

pub(super) fn keeps(validator: &Validator, peer: PeerId) -> bool {
	validator.chain.is_connected(peer)
		|| validator.early.len_of(peer) > 0
		|| validator.collations.keeps(peer)
		|| validator.bitfields.keeps(peer)
		|| validator.statements.keeps(peer)
		|| validator.colleagues.contains(&peer)
		|| validator.desk.ledger.knows(peer)
}

/// Of bitfields there is one check a leaf.
pub(super) fn is_of_use(validator: &Validator, job: JobId) -> bool {
	match validator.desk.routes.wanted(job) {
		Some(PartName::Backing) => validator.backing.is_of_use(job),
		Some(PartName::Statements) => validator.statements.is_of_use(job),
		Some(PartName::Availability) => validator.availability.is_of_use(job),
		Some(PartName::Recovery) => validator.recoverer.is_of_use(job),
		Some(PartName::Collations) => validator.collations.is_of_use(job),
		Some(_) => true,
		None => false,
	}
}

/// Whoever is cut is not named again.
pub(super) fn is_awaited(validator: &Validator, request: RequestId) -> bool {
	let asked = validator.desk.routes.asked(request);
	asked.is_some_and(|(part, peer)| {
		let is_of_use = match part {
			PartName::Backing => validator.backing.awaits(request),
			PartName::Statements => validator.statements.awaits(request),
			PartName::Availability => validator.availability.is_awaiting(request),
			PartName::Recovery => validator.recoverer.is_awaiting(request),
			PartName::Collations => {
				let (backing, view) = (&validator.backing, &validator.view);
				let gate = BackingGate {
					backing,
					view,
					chain: &validator.chain,
				};
				let around = Around {
					now: Instant::ZERO,
					chain: &validator.chain,
					gate: &gate,
				};
				validator.collations.awaits(request, around)
			}
			PartName::Bitfields | PartName::Codes => false,
		};
		is_of_use && !validator.desk.ledger.is_cut(peer)
	})
}

/// What bytes to other validators say, unless they are a view.
pub(super) fn said(bytes: &[u8]) -> Option<ValidationMessage> {
	match Envelope::from_wire(bytes) {
		Ok(Envelope::Message(message)) => Some(message),
		Ok(Envelope::View(_)) | Err(_) => None,
	}
}

fn breach(law: Law, what: &str) -> Result<(), Breach> {
	Err(Breach::new(law, what))
}

impl Town {
	/// Whether this index is the validator's own in the session of a block.
	pub(super) fn is_own(&self, block: Hash, index: ValidatorIndex) -> bool {
		let known = self.chain.session_at(block);
		known.is_some_and(|(_, validators)| validators.get(index.as_usize()) == Some(&key(0)))
	}

	/// Whether a bitfield is signed by whom it names.
	fn is_signed(&self, leaf: Hash, signed: &UncheckedSignedAvailabilityBitfield) -> bool {
		self.chain.session_at(leaf).is_some_and(|(context, validators)| {
			let named = validators.get(signed.validator_index.as_usize());
			let signer = (0..KEYS).find(|index| named == Some(&key(*index)));
			let payload = signed.payload.signing_payload(context);
			signer.is_some_and(|signer| sign(signer, &payload) == signed.signature)
		})
	}

	/// What is said to other validators.
	fn judge_said(&self, to: &Recipients, bytes: &[u8], open: &Open<NodeWords>) -> Result<(), Breach> {
		match said(bytes) {
			Some(ValidationMessage::Bitfield {
				relay_parent: leaf,
				bitfield,
			}) => {
				self.judge_audience(to, leaf, open)?;
				if !self.is_signed(leaf, &bitfield) {
					return breach(Law::Checked, "a forged bitfield goes on");
				}
				let record = promised_record(&open.stored, leaf);
				let is_stored =
					record.and_then(|record| record.signature).as_ref() == Some(&bitfield.signature);
				if self.is_own(leaf, bitfield.validator_index) && !is_stored {
					return breach(
						Law::Restart,
						"a bitfield is shared before its signature is stored",
					);
				}
				Ok(())
			}
			Some(ValidationMessage::Statement(message)) => match message {
				StatementDistributionMessage::Statement(block, _) => self.judge_audience(to, block, open),
				StatementDistributionMessage::BackedCandidateManifest(manifest) => {
					self.judge_audience(to, manifest.scheduling_parent, open)
				}
				StatementDistributionMessage::BackedCandidateKnown(_) => Ok(()),
			},
			Some(ValidationMessage::Approval(_)) => breach(Law::Checked, "nobody approves here"),
			None => Ok(()),
		}
	}

	pub(super) fn judge_all(
		&self,
		validator: &Validator,
		outputs: &[Output<NodeWords>],
		open: &Open<NodeWords>,
	) -> Result<(), Breach> {
		for output in outputs {
			match output {
				Output::Notify(to, Message::Validation(bytes)) => self.judge_said(to, bytes, open)?,
				Output::Job {
					job: Job::SignBitfield { payload, .. },
					..
				} => {
					let is_stored = BitfieldRecord::all(&open.stored).any(|(leaf, record)| {
						let context = self.chain.session_at(leaf).map(|(context, _)| context);
						context.is_some_and(|context| record.bitfield.signing_payload(context) == *payload)
					});
					if !is_stored {
						return breach(Law::Restart, "a bitfield is signed before it is stored");
					}
				}
				Output::Proposal(_, proposal) => self.judge_proposal(proposal)?,
				Output::Event(Event::Recovery(outcome)) => self.judge_recovered(outcome)?,
				Output::Respond(ticket, Ok(_)) if self.last.asked_in_vain == Some(*ticket) => {
					return breach(Law::Checked, "somebody is answered who is cut");
				}
				_ => {}
			}
		}
		self.judge_bounds(validator)
	}

	/// Law 7: who hears something is a validator of the session that it is about.
	fn judge_audience(&self, to: &Recipients, block: Hash, open: &Open<NodeWords>) -> Result<(), Breach> {
		let mut known = to.as_slice().iter().filter_map(|peer| open.peers.get(peer));
		match known.all(|known| {
			self.chain
				.has_validator(block, known.identity.authorities.iter().cloned())
		}) {
			true => Ok(()),
			false => breach(Law::Sessions, "somebody hears of a session that is not its own"),
		}
	}

	/// Law 4: what is recovered is what was coded, and that was coded rightly here.
	fn judge_recovered(&self, outcome: &Outcome) -> Result<(), Breach> {
		let coded = |candidate| self.chain.samples().find(|sample| sample.hash() == candidate);
		match outcome {
			Outcome::Recovered { candidate, data } => {
				match coded(*candidate).is_none_or(|sample| sample.data() == **data) {
					true => Ok(()),
					false => breach(Law::Checked, "data is not what it should be"),
				}
			}
			Outcome::Invalid { .. } => breach(Law::Checked, "data is taken for invalid"),
			Outcome::Unavailable { .. } => Ok(()),
		}
	}

	/// Law 4: a block carries nothing that was not checked.
	fn judge_proposal(&self, proposal: &async_backing_provisioner::Proposal) -> Result<(), Breach> {
		let leaf = self.last.proposes_on;
		for signed in &proposal.bitfields {
			if !leaf.is_some_and(|leaf| self.is_signed(leaf, signed)) {
				return breach(Law::Checked, "a proposal has a forged bitfield");
			}
		}
		let mut candidates = proposal.backed_candidates.iter();
		match candidates.all(|candidate| candidate.validity_votes.len() >= QUORUM) {
			true => Ok(()),
			false => breach(Law::Checked, "a proposal has a candidate without its quorum"),
		}
	}

	fn judge_bounds(&self, validator: &Validator) -> Result<(), Breach> {
		if let Some(peer) = self.last.peer {
			for (most, is) in [
				(EarlyLimits::validators().per_peer, validator.early.len_of(peer)),
				(
					EarlyLimits::strangers().per_peer,
					validator.collations.early_of(peer),
				),
			] {
				if is > most {
					let what = format!("{is} things of one peer wait, but at most {most} may");
					return Err(Breach::new(Law::Memory, what));
				}
			}
		}
		if validator.collations.most_heard() > MOST_HEARD {
			return breach(Law::Memory, "too many candidates of a collator are remembered");
		}
		if validator.bitfields.is_stuck() {
			return breach(Law::Ends, "bitfields wait for a check that nothing leads to");
		}
		if !self.last.is_chain {
			return Ok(());
		}
		let oldest = validator.bitfields.oldest();
		match oldest.is_some_and(|oldest| oldest < validator.chain.finalized_number()) {
			true => breach(Law::Memory, "a bitfield is remembered that binds nobody"),
			false => Ok(()),
		}
	}
}
