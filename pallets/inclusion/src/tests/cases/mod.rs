//! Inherents that no block may carry: one table for the mock and for the compiled runtime.
//!
//! A [`World`] is a chain on which a block is being made: eight validators in four groups of two; cores 0 to 2 are para
//! 2000's, core 3 is para 2001's; depth 1, ancestry 3, groups that rotate every five blocks; the block is number
//! [`BLOCK`], and nothing is pending. Each case takes an honest inherent (bitfields of all, two candidates of para 2000
//! and one of para 2001), spoils it, and says with which error a block that carries it fails, and what an author keeps.
//!
//! The runtime's tests include this file by its path: it asks for nothing but `async-backing-primitives` with
//! its `test-helpers`.

#![allow(unreachable_pub)] // public for the runtime's tests, which include this file

pub mod bad;

use async_backing_primitives::{
	test_helpers, AvailabilityBitfield, BackedCandidate, BlockNumber, CandidateCommitments, CandidateHash,
	CoreIndex, DisputeStatementSet, Hash, HeadData, Header, OutboundHrmpMessage, ParaId,
	ParachainsInherentData, RelayChainBlockInfo, SessionIndex, SigningContext, UncheckedSigned,
	UncheckedSignedAvailabilityBitfield, ValidationCode, ValidationCodeHash, ValidatorIndex,
	ValidatorSignature,
};
use std::ops::{Deref, DerefMut};

/// Number of the block that is being made.
pub const BLOCK: BlockNumber = 11;
/// Blocks between two rotations.
pub const ROTATION: u32 = 5;
/// The deepest candidate.
pub const DEPTH: u32 = 1;
/// How many blocks the oldest relay parent is behind the newest.
pub const ANCESTRY: u32 = 3;
/// Validators.
pub const VALIDATORS: u32 = 8;
/// The para of each core.
pub const CORES: [ParaId; 4] = [ParaId(2000), ParaId(2000), ParaId(2000), ParaId(2001)];

const PARA: ParaId = CORES[0];
const OTHER: ParaId = CORES[3];

/// A chain on which a block is being made.
pub trait World {
	/// The session.
	fn session(&self) -> SessionIndex;
	/// Header of the parent.
	fn parent_header(&self) -> Header;
	/// The relay block that is `age` blocks older than the parent.
	fn ancestor(&self, age: u32) -> RelayChainBlockInfo;
	/// The group that has a core at a block.
	fn members(&self, core: u32, at: BlockNumber) -> Vec<ValidatorIndex>;
	/// A validator's signature; somebody else's for an unknown validator.
	fn sign(&self, validator: ValidatorIndex, payload: &[u8]) -> ValidatorSignature;
	/// Included head of a para.
	fn head(&self, para: ParaId) -> HeadData;
	/// Code of both paras.
	fn code(&self) -> ValidationCodeHash;
	/// Heads of a para's pending candidates, in dependency order.
	fn pending_heads(&self, para: ParaId) -> Vec<HeadData>;
	/// Limits that candidates are judged by: PoV, head data and code, in bytes.
	fn limits(&self) -> (u32, u32, u32);
}

/// A spoiled inherent, and what an author makes of it.
pub struct Offered {
	/// What is offered.
	pub data: ParachainsInherentData,
	/// What is left when the bad part is gone.
	pub kept: ParachainsInherentData,
}

/// A case.
pub struct Case {
	/// What is wrong, and the rule.
	pub name: &'static str,
	/// Name of the error.
	pub error: &'static str,
	/// Makes it.
	pub make: fn(&dyn World) -> Offered,
}

/// A candidate that is not signed yet.
#[derive(Clone)]
struct Draft {
	draft: test_helpers::Draft,
	/// Who signs in place of the members of the group.
	signers: Option<Vec<ValidatorIndex>>,
	votes: usize,
}

impl Deref for Draft {
	type Target = test_helpers::Draft;
	fn deref(&self) -> &test_helpers::Draft {
		&self.draft
	}
}

impl DerefMut for Draft {
	fn deref_mut(&mut self) -> &mut test_helpers::Draft {
		&mut self.draft
	}
}

impl Draft {
	fn new(world: &dyn World, para: ParaId, core: u16, parent_head: HeadData, block: u8) -> Self {
		let mut head = parent_head.clone();
		head.0.push(block);
		let (max_pov_size, ..) = world.limits();
		let mut draft = test_helpers::Draft::new(
			para,
			world.ancestor(0),
			parent_head,
			head,
			world.code(),
			max_pov_size,
		);
		draft.core = CoreIndex(core.into());
		draft.session = world.session();
		Self {
			draft,
			signers: None,
			votes: 2,
		}
	}

	fn child(&self, world: &dyn World, core: u16, block: u8) -> Self {
		Self::new(world, self.para, core, self.head(), block)
	}

	fn back(&self, world: &dyn World) -> BackedCandidate {
		let context = SigningContext {
			session_index: world.session(),
			..self.context()
		};
		let members = world.members(self.core.0, self.relay_parent.number + 1);
		let signers = self.signers.as_ref().unwrap_or(&members);
		let voters: Vec<_> = (0..self.votes).collect();
		self.back_with(&context, members.len(), &voters, |position, payload| {
			world.sign(signers[position], payload)
		})
	}
}

/// Two candidates of the first para, one on the other.
fn honest_chain(world: &dyn World) -> Vec<Draft> {
	let first = Draft::new(world, PARA, 0, world.head(PARA), 1);
	let second = first.child(world, 1, 2);
	vec![first, second]
}

fn bitfield(
	world: &dyn World,
	validator: u32,
	context: SigningContext,
) -> UncheckedSignedAvailabilityBitfield {
	let payload = AvailabilityBitfield(CORES.iter().map(|_| false).collect());
	let index = ValidatorIndex(validator);
	UncheckedSigned {
		signature: world.sign(index, &payload.signing_payload(&context)),
		validator_index: index,
		payload,
	}
}

fn context(world: &dyn World) -> SigningContext {
	SigningContext {
		session_index: world.session(),
		parent_hash: world.parent_header().hash(),
	}
}

fn honest_bitfields(world: &dyn World) -> Vec<UncheckedSignedAvailabilityBitfield> {
	(0..VALIDATORS)
		.map(|validator| bitfield(world, validator, context(world)))
		.collect()
}

fn inherent(world: &dyn World, chain: &[Draft]) -> ParachainsInherentData {
	let other = Draft::new(world, OTHER, 3, world.head(OTHER), 1);
	ParachainsInherentData {
		bitfields: honest_bitfields(world),
		backed_candidates: chain
			.iter()
			.chain([&other])
			.map(|draft| draft.back(world))
			.collect(),
		disputes: Vec::new(),
		parent_header: world.parent_header(),
	}
}

/// An inherent with nothing wrong.
pub fn honest(world: &dyn World) -> ParachainsInherentData {
	inherent(world, &honest_chain(world))
}

/// An inherent with a candidate of each para that announces code of so many bytes, and without bitfields.
#[allow(dead_code)] // the runtime's tests alone ask for it
pub fn announcing(world: &dyn World, code_bytes: usize) -> ParachainsInherentData {
	let candidates = [(PARA, 0), (OTHER, 3)].map(|(para, core)| {
		let mut draft = Draft::new(world, para, core, world.head(para), 1);
		draft.commitments.new_validation_code = Some(ValidationCode(vec![7; code_bytes]));
		draft.back(world)
	});
	ParachainsInherentData {
		bitfields: Vec::new(),
		backed_candidates: candidates.into(),
		disputes: Vec::new(),
		parent_header: world.parent_header(),
	}
}

/// An inherent with one candidate of the first para, which says this, and without bitfields.
#[allow(dead_code)] // the runtime's tests alone ask for it
pub fn saying(world: &dyn World, say: impl FnOnce(&mut CandidateCommitments)) -> ParachainsInherentData {
	let mut draft = Draft::new(world, PARA, 0, world.head(PARA), 1);
	say(&mut draft.commitments);
	ParachainsInherentData {
		bitfields: Vec::new(),
		backed_candidates: vec![draft.back(world)],
		disputes: Vec::new(),
		parent_header: world.parent_header(),
	}
}

type Bitfields = Vec<UncheckedSignedAvailabilityBitfield>;

/// Spoils bitfields; `spoil` returns the positions of those that go.
fn with_bitfields(world: &dyn World, spoil: fn(&dyn World, &mut Bitfields) -> &'static [usize]) -> Offered {
	let mut data = honest(world);
	let gone = spoil(world, &mut data.bitfields);
	let mut kept = data.clone();
	let mut position = 0..;
	kept.bitfields
		.retain(|_| position.next().is_some_and(|position| !gone.contains(&position)));
	Offered { data, kept }
}

/// Spoils the chain of the first para; `spoil` returns how many of it stay.
fn with_chain(world: &dyn World, spoil: fn(&dyn World, &mut Vec<Draft>) -> usize) -> Offered {
	let mut chain = honest_chain(world);
	let stay = spoil(world, &mut chain);
	let data = inherent(world, &chain);
	let mut kept = data.clone();
	kept.backed_candidates.drain(stay..chain.len());
	Offered { data, kept }
}

/// Spoils the signed second candidate of the first para, which goes.
fn with_second(world: &dyn World, spoil: fn(&mut BackedCandidate)) -> Offered {
	let mut data = honest(world);
	spoil(&mut data.backed_candidates[1]);
	let mut kept = data.clone();
	kept.backed_candidates.remove(1);
	Offered { data, kept }
}

/// Spoils the second candidate before it is signed; it goes.
fn with_second_draft(world: &dyn World, spoil: fn(&dyn World, &mut Draft)) -> Offered {
	let mut chain = honest_chain(world);
	spoil(world, &mut chain[1]);
	let data = inherent(world, &chain);
	let mut kept = data.clone();
	kept.backed_candidates.remove(1);
	Offered { data, kept }
}

/// A block of a scenario: what it carries, and what holds after it.
pub struct Step {
	/// Cores on which candidates of the first para are backed, each on the one before.
	pub back: &'static [u16],
	/// Cores whose candidates everybody attests.
	pub attest: &'static [u32],
	/// How many candidates are included after it.
	pub included: usize,
	/// How many are pending after it.
	pub pending: usize,
}

/// An inherent with candidates of the first para on the cores `back`, each on the one before and the first on the para's
/// latest head, and with bitfields of all for the cores `attest`.
pub fn inherent_of(world: &dyn World, back: &[u16], attest: &[u32]) -> ParachainsInherentData {
	let mut head = world
		.pending_heads(PARA)
		.pop()
		.unwrap_or_else(|| world.head(PARA));
	let mut candidates = Vec::new();
	for core in back {
		let draft = Draft::new(world, PARA, *core, head, 1);
		head = draft.commitments.head_data.clone();
		candidates.push(draft.back(world));
	}
	let mut bitfields = honest_bitfields(world);
	for bitfield in &mut bitfields {
		for core in attest {
			bitfield.payload.0.set(*core as usize, true);
		}
		let payload = bitfield.payload.signing_payload(&context(world));
		bitfield.signature = world.sign(bitfield.validator_index, &payload);
	}
	ParachainsInherentData {
		bitfields,
		backed_candidates: candidates,
		disputes: Vec::new(),
		parent_header: world.parent_header(),
	}
}

/// What every world has to agree on after a step, `genesis` being the length of the para's first head.
pub fn check_step(world: &dyn World, name: &str, at: usize, step: &Step, genesis: usize) {
	// Each candidate appends a byte to the head.
	assert_eq!(
		world.head(PARA).0.len() - genesis,
		step.included,
		"{name}, block {at}: included"
	);
	assert_eq!(
		world.pending_heads(PARA).len(),
		step.pending,
		"{name}, block {at}: pending"
	);
}

const fn step(back: &'static [u16], attest: &'static [u32], included: usize, pending: usize) -> Step {
	Step {
		back,
		attest,
		included,
		pending,
	}
}

/// Ways of candidates from backing to inclusion. The first block is [`BLOCK`].
pub fn scenarios() -> Vec<(&'static str, Vec<Step>)> {
	vec![
		(
			"R-ENA-5 one candidate a block, on one core",
			vec![
				step(&[0], &[], 0, 1),
				step(&[0], &[0], 1, 1),
				step(&[0], &[0], 2, 1),
				step(&[], &[0], 3, 0),
			],
		),
		(
			"R-ENA-2, R-ENA-3 what is available waits for its predecessor",
			vec![
				step(&[0, 1], &[], 0, 2),
				step(&[], &[1], 0, 2),
				step(&[], &[0], 2, 0),
			],
		),
		(
			"R-DEP-1 room is made by enactment in the same block",
			vec![
				step(&[0], &[], 0, 1),
				step(&[1], &[], 0, 2),
				step(&[2], &[0], 1, 2),
				step(&[0, 2], &[1, 2], 3, 2),
			],
		),
		(
			"R-SCH-9 any of the para's cores, in any order",
			vec![
				step(&[2, 0], &[], 0, 2),
				step(&[1, 2], &[0, 2], 2, 2),
				step(&[], &[1, 2], 4, 0),
			],
		),
	]
}
