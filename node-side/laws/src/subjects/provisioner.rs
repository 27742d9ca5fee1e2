//! The choice of a block's content: any leaf, any bitfields, any candidates.

use super::chain::{block, candidate, facts, CODE};
use crate::Subject;
use async_backing_machine::laws::Choices;
use async_backing_primitives::{
	AvailabilityBitfield, BackedCandidate, BackingBits, CandidateHash, CoreIndex, CoreState, Hash, LeafFacts,
	ParaId, UncheckedSigned, UncheckedSignedAvailabilityBitfield, ValidatorIndex, ValidityAttestation,
};
use async_backing_provisioner::{
	provision, BackableSource, BitfieldError, Bitfields, Proposal, SharedBackedCandidate,
};
use std::sync::Arc;

#[derive(Debug)]
pub enum Told {
	Leaf(Arc<LeafFacts>),
	Bitfield(UncheckedSignedAvailabilityBitfield),
	Propose(u64, Offers),
}

#[derive(Debug)]
#[allow(dead_code, reason = "what is answered is compared by its `Debug`")]
pub enum Answer {
	Proposal(Proposal),
	Checked(Result<bool, BitfieldError>),
	Nothing,
}

/// What view and backing offer, well or badly.
#[derive(Clone, Debug)]
pub struct Offers(Vec<(CandidateHash, SharedBackedCandidate)>);

impl BackableSource for Offers {
	fn backable(&mut self, para: ParaId, path: &[CandidateHash], count: usize) -> Vec<(CandidateHash, Hash)> {
		// For each para something else.
		let first = path.len() + para.0 as usize;
		let offers = self.0.iter().skip(first % 2).take(count);
		offers
			.map(|(hash, backed)| (*hash, backed.candidate.descriptor.scheduling_parent()))
			.collect()
	}

	fn backed(&mut self, _: Hash, candidate: CandidateHash) -> Option<SharedBackedCandidate> {
		let found = self.0.iter().find(|(hash, _)| *hash == candidate)?;
		Some(found.1.clone())
	}
}

/// Whoever chooses a block's content: any leaf, any bitfields, any candidates.
#[derive(Debug)]
pub struct Author {
	machine: Option<(Arc<LeafFacts>, Bitfields)>,
	number: u32,
	/// Candidates with codes, made once.
	large: Vec<(CandidateHash, SharedBackedCandidate)>,
}

fn signature(byte: u8) -> sp_core::sr25519::Signature {
	sp_core::sr25519::Signature::from_raw([byte; 64])
}

fn backed(
	to: u8,
	core: u16,
	code: Option<usize>,
	choices: &mut Choices<'_>,
) -> (CandidateHash, SharedBackedCandidate) {
	let (receipt, _) = candidate(to.wrapping_sub(1), to, block(0, 10), core, code);
	let hash = receipt.hash();
	let bits: BackingBits = (0..choices.below(5)).map(|_| choices.flip()).collect();
	let votes = bits
		.iter_ones()
		.map(|_| ValidityAttestation::Explicit(signature(to).into()))
		.collect();
	let backed = BackedCandidate::new(receipt, votes, bits, CoreIndex(core.into()));
	(hash, backed.expect("the descriptor names the core").into())
}

impl Author {
	/// It has heard of nothing yet.
	pub fn new(choices: &mut Choices<'_>) -> Self {
		let facts = Arc::new(facts(0, 10, choices));
		Self {
			machine: Some((facts.clone(), Bitfields::new(&facts))),
			number: 10,
			large: (1..6)
				.map(|to| backed(to, u16::from(to) % 3, Some(CODE), choices))
				.collect(),
		}
	}
}

/// No core is used twice, and one code is enough (R-PRV-5).
fn check_candidates(proposal: &Proposal) {
	let mut cores: Vec<_> = proposal
		.backed_candidates
		.iter()
		.map(|backed| backed.core().ok())
		.collect();
	let (count, candidates) = (cores.len(), proposal.backed_candidates.iter());
	cores.sort();
	cores.dedup();
	assert_eq!(cores.len(), count, "law 4: a core is used twice");
	let codes = candidates.filter(|backed| backed.candidate.commitments.new_validation_code.is_some());
	assert!(codes.count() <= 1, "law 3: two codes in one block");
}

impl Subject for Author {
	type Input = Told;
	type Output = Answer;

	fn next(&mut self, choices: &mut Choices<'_>) -> Told {
		match choices.below(8) {
			0 if choices.one_in(12) => {
				self.number += 1;
				Told::Leaf(Arc::new(facts(choices.below(3) as u8, self.number, choices)))
			}
			0..=5 => {
				let bits = if choices.one_in(8) { choices.below(20) } else { 3 };
				let payload = AvailabilityBitfield((0..bits).map(|_| choices.flip()).collect());
				Told::Bitfield(UncheckedSigned {
					payload,
					validator_index: ValidatorIndex(choices.below(8) as u32),
					signature: signature(1).into(),
				})
			}
			_ => {
				let mut offers = Vec::new();
				for to in 1..=choices.below(5) as u8 {
					offers.push(match choices.flip() {
						true => self.large[choices.index(self.large.len())].clone(),
						false => backed(to, choices.below(4) as u16, None, choices),
					});
				}
				Told::Propose(u64::from(self.number) + choices.below(15), Offers(offers))
			}
		}
	}

	fn handle(&mut self, told: Told) -> Answer {
		let Some((leaf, bitfields)) = &mut self.machine else {
			return Answer::Nothing;
		};
		match told {
			Told::Leaf(facts) => {
				*bitfields = Bitfields::new(&facts);
				*leaf = facts;
				Answer::Nothing
			}
			Told::Bitfield(bitfield) => {
				let checked = bitfields.check(&bitfield);
				let best = |bitfields: &Bitfields| -> Vec<_> {
					let chosen = bitfields.chosen().into_iter();
					let bits = chosen.map(|signed| (signed.validator_index, signed.payload.0.count_ones()));
					bits.collect()
				};
				let before = best(bitfields);
				if checked == Ok(true) {
					bitfields.insert_checked(bitfield);
				}
				let after = best(bitfields);
				let is_better = |now: &&(ValidatorIndex, usize)| {
					before.iter().all(|was| was.0 != now.0 || was.1 <= now.1)
				};
				assert_eq!(
					after.iter().find(|now| !is_better(now)),
					None,
					"R-PRV-7: a worse one is kept"
				);
				Answer::Checked(checked)
			}
			Told::Propose(slot, mut offers) => {
				let proposal = provision(leaf, slot, bitfields.chosen(), &mut offers);
				check_candidates(&proposal);
				Answer::Proposal(proposal)
			}
		}
	}

	/// Law 4: what is kept can be of this leaf. Law 3: and is one bitfield of each validator, with a bit for each core.
	fn check(&self) {
		let Some((leaf, bitfields)) = &self.machine else {
			return;
		};
		let chosen = bitfields.chosen();
		assert!(
			chosen.len() <= leaf.validators.len(),
			"law 3: {} bitfields",
			chosen.len()
		);
		for signed in chosen {
			assert!(
				signed.validator_index.as_usize() < leaf.validators.len(),
				"law 4: there is no {}",
				signed.validator_index
			);
			assert_eq!(
				signed.payload.0.len(),
				leaf.cores.len(),
				"law 4: bits for cores that are not"
			);
			let is_occupied = |core: usize| matches!(leaf.cores.get(core), Some(CoreState::Occupied(_)));
			assert!(
				signed.payload.0.iter_ones().all(is_occupied),
				"law 4: a free core"
			);
		}
	}

	/// One leaf, and one bitfield of each validator.
	fn memory_bound(&self) -> usize {
		64 * 1024
	}

	fn let_go(&mut self) {
		self.machine = None;
	}
}
