//! The choice of a block's content: any leaf, any bitfields, any candidates.

mod common;

use async_backing_laws::{seeds, try_subject, Subject};
use async_backing_machine::laws::{Choices, THOROUGH};
use async_backing_primitives::{
	AvailabilityBitfield, BackedCandidate, BackingBits, CandidateHash, CoreIndex, Hash, LeafFacts, ParaId,
	UncheckedSigned, UncheckedSignedAvailabilityBitfield, ValidatorIndex, ValidityAttestation,
};
use async_backing_provisioner::{
	provision, BackableSource, BitfieldError, Bitfields, Proposal, SharedBackedCandidate,
};
use common::{block, candidate, facts, CODE};
use std::sync::Arc;

#[derive(Debug)]
enum Told {
	Leaf(Arc<LeafFacts>),
	Bitfield(UncheckedSignedAvailabilityBitfield),
	Propose(u64, Offers),
}

#[derive(Debug)]
#[allow(dead_code, reason = "what is answered is compared by its `Debug`")]
enum Answer {
	Proposal(Proposal),
	Checked(Result<bool, BitfieldError>),
	Nothing,
}

/// What view and backing offer, well or badly.
#[derive(Clone, Debug)]
struct Offers(Vec<(CandidateHash, SharedBackedCandidate)>);

impl BackableSource for Offers {
	fn backable(&mut self, _: ParaId, path: &[CandidateHash], count: usize) -> Vec<(CandidateHash, Hash)> {
		let offers = self.0.iter().skip(path.len() % 2).take(count);
		offers
			.map(|(hash, backed)| (*hash, backed.candidate.descriptor.scheduling_parent()))
			.collect()
	}

	fn backed(&mut self, candidate: CandidateHash, _: Hash) -> Option<SharedBackedCandidate> {
		let found = self.0.iter().find(|(hash, _)| *hash == candidate)?;
		Some(found.1.clone())
	}
}

struct Author {
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
	fn new(choices: &mut Choices<'_>) -> Self {
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

impl Subject for Author {
	type Input = Told;
	type Output = Answer;

	fn next(&mut self, choices: &mut Choices<'_>) -> Told {
		match choices.below(8) {
			0 => {
				self.number += 1;
				Told::Leaf(Arc::new(facts(choices.below(3) as u8, self.number, choices)))
			}
			1..=5 => {
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
					offers.push(match choices.one_in(3) {
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
				if checked == Ok(true) {
					bitfields.insert_checked(bitfield);
				}
				Answer::Checked(checked)
			}
			Told::Propose(slot, mut offers) => {
				Answer::Proposal(provision(leaf, slot, bitfields.chosen(), &mut offers))
			}
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

#[test]
fn law_1_law_3_law_6_the_choice_for_any_leaf() {
	let tried = try_subject(Author::new, seeds(), THOROUGH);
	assert!(tried.memory > 0, "{tried:?}");
}
