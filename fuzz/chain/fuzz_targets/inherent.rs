//! Hostile inherents for the relay runtime, native, with all its pallets (R-INC-1, R-INC-3, R-GLO-10).
//!
//! A chain that has some past (the histories of `vectors/inherent`, up to the inherent of one of their blocks) is given an inherent
//! that a fuzzer makes: bytes, or that of the block with candidates, votes, bitfields and disputes that are other than they were, signed
//! anew where it pleases, so that what stands behind the signatures is reached. Whatever it is
//!
//! - nothing panics: neither who makes an inherent of it, nor who executes it, nor the end of the block;
//! - what an author makes of it, the chain accepts;
//! - what the chain accepts, an author leaves as it is;
//! - what is refused leaves no trace; what is accepted leaves a state that is sound.
#![no_main]

#[allow(dead_code)]
#[path = "../../../runtime-tests/relay-runtime/tests/two_halves/chain.rs"]
mod chain;
#[path = "../../../runtime-tests/relay-runtime/tests/inherent_vectors/form.rs"]
mod form;
#[allow(dead_code)]
#[path = "../../../runtime-tests/relay-runtime/tests/inherent_vectors/ours.rs"]
mod ours;
#[allow(dead_code)]
#[path = "../../../runtime-tests/relay-runtime/tests/two_halves/plan.rs"]
mod plan;
#[allow(dead_code)]
#[path = "../../../runtime-tests/relay-runtime/tests/inherent_vectors/replay.rs"]
mod replay;

use arbitrary::Arbitrary;
use async_backing_primitives::{runtime_api::runtime_decl_for_parachain_host::ParachainHostV16, *};
use async_backing_relay_runtime::{self as runtime, Block, ParaInherent, Runtime, RuntimeCall};
use codec::{Decode, DecodeAll, Encode};
use frame_support::{dispatch::RawOrigin, inherent::ProvideInherent as _};
use libfuzzer_sys::fuzz_target;
use sp_core::Pair as _;
use sp_inherents::InherentData;
use sp_io::TestExternalities;
use sp_runtime::traits::Dispatchable as _;
use std::{cell::RefCell, path::Path};

#[derive(Arbitrary, Debug)]
enum Input {
	/// Bitfields, candidates and disputes as they stand, for the right parent.
	Parts(u8, Vec<u8>),
	/// All of it as it stands.
	Whole(u8, Vec<u8>),
	/// That of the block, edited.
	Edited(u8, Vec<Edit>),
}

#[derive(Arbitrary, Debug)]
enum Edit {
	/// One more of those that the history tried.
	Add(u8),
	Remove(u8),
	Repeat(u8),
	Swap(u8, u8),
	/// A byte of the candidate's encoding, votes and all.
	Byte(u8, u16, u8),
	/// A byte of its descriptor, and its voters vote again.
	Descriptor(u8, u8, u8),
	/// An output, and its voters vote again for what it has become.
	Outputs(u8, Output),
	Vote(u8, Vote),
	Bitfield(u8, Attested),
	Dispute(Dispute),
	/// A byte of the parent's header.
	Parent(u8, u8),
}

#[derive(Arbitrary, Debug)]
enum Output {
	Upward(Vec<u8>),
	/// Messages as they stand, so that there are signals.
	Messages(Vec<Vec<u8>>),
	Horizontal(Vec<(u8, u8)>),
	Head(u8),
	Code(u8),
	Downward(u8),
	Watermark(u8),
	Number(u32),
}

#[derive(Arbitrary, Debug)]
enum Vote {
	Pop,
	Repeat,
	Reverse,
	Bit(u8),
	Bits(Vec<bool>),
}

#[derive(Arbitrary, Debug)]
enum Attested {
	Remove,
	Repeat,
	Swap(u8),
	/// Another who attests; signed by him where there is one.
	Validator(u32),
	/// What is attested, signed anew.
	Bits(Vec<bool>),
	Signature(u8, u8),
}

#[derive(Arbitrary, Debug)]
struct Dispute {
	candidate: u8,
	session: u8,
	votes: Vec<(bool, u8, bool)>,
}

/// A chain before the inherent of a block.
struct Start {
	state: TestExternalities,
	inherent: ParachainsInherentData,
	/// Candidates that the history tried there.
	pool: Vec<BackedCandidate>,
}

thread_local! {
	static STARTS: RefCell<Vec<Start>> = RefCell::new(starts());
}

/// Three blocks of each of the first two histories: soon after the beginning, in the middle, and at the end.
fn starts() -> Vec<Start> {
	let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/inherent");
	let entries = std::fs::read_dir(folder).expect("there are histories");
	let mut files: Vec<_> = entries
		.map(|entry| entry.expect("it can be read").path())
		.filter(|path| path.extension().is_some_and(|extension| extension == "json"))
		.collect();
	files.sort();
	let mut starts = Vec::new();
	for file in files.iter().take(2) {
		let content = std::fs::read_to_string(file).expect("it can be read");
		let history: form::History = serde_json::from_str(&content).expect("it is a history");
		let blocks = history.blocks.len();
		for position in [blocks / 4, blocks / 2, blocks - 1] {
			let block = &history.blocks[position];
			let mut pool = Vec::new();
			for trial in &block.trials {
				let candidate = BackedCandidate::decode_all(&mut &trial.candidate.0[..]).expect("it is one");
				if !pool.contains(&candidate) {
					pool.push(candidate);
				}
			}
			starts.push(Start {
				state: replay::before_inherent(&history, position),
				inherent: DecodeAll::decode_all(&mut &block.inherent.0[..]).expect("it is one"),
				pool,
			});
		}
	}
	starts
}

/// The member at a position, all the way round.
fn at<T>(list: &mut [T], position: u8) -> Option<&mut T> {
	let len = list.len();
	(len > 0).then(|| &mut list[usize::from(position) % len])
}

/// Bytes, of which one is another; where they still decode.
fn flipped<T: Encode + Decode>(value: &T, position: usize, with: u8) -> Option<T> {
	let mut bytes = value.encode();
	let len = bytes.len();
	*bytes.get_mut(position % len.max(1))? ^= with;
	T::decode_all(&mut &bytes[..]).ok()
}

/// Votes of those who voted, for what the candidate is now.
fn vote_again(before: &BackedCandidate, now: &mut BackedCandidate, session_index: SessionIndex) {
	let payload = |backed: &BackedCandidate| {
		let context = SigningContext {
			session_index,
			parent_hash: backed.candidate.descriptor.relay_parent(),
		};
		CompactStatement::Valid(backed.hash()).signing_payload(&context)
	};
	let (old, new) = (payload(before), payload(now));
	for vote in &mut now.validity_votes {
		let (ValidityAttestation::Explicit(signature) | ValidityAttestation::Implicit(signature)) = vote;
		let voter = chain::KEYS
			.iter()
			.find(|key| ValidatorPair::verify(signature, &old, &key.public()));
		if let Some(voter) = voter {
			*vote = ValidityAttestation::Explicit(chain::sign(voter, &new));
		}
	}
}

fn set(outputs: &mut CandidateCommitments, output: Output) {
	match output {
		Output::Upward(sizes) => {
			outputs.upward_messages = sizes.iter().map(|size| vec![1; usize::from(*size)]).collect();
		}
		Output::Messages(messages) => outputs.upward_messages.extend(messages),
		Output::Horizontal(messages) => {
			let message = |(to, size): &(u8, u8)| OutboundHrmpMessage {
				recipient: ParaId(1999 + u32::from(to % 5)),
				data: vec![2; usize::from(*size)],
			};
			outputs.horizontal_messages = messages.iter().map(message).collect();
		}
		Output::Head(size) => outputs.head_data = HeadData(vec![3; usize::from(size)]),
		Output::Code(size) => {
			outputs.new_validation_code =
				(size > 0).then(|| ValidationCode(vec![size % 5; usize::from(size % 64)]));
		}
		Output::Downward(count) => outputs.processed_downward_messages = count.into(),
		Output::Watermark(watermark) => outputs.hrmp_watermark = watermark.into(),
		Output::Number(number) => outputs.hrmp_watermark = number,
	}
}

/// Edits an inherent. `leaf` is session, hash and validators of its parent.
fn edit_with(
	pool: &[BackedCandidate],
	data: &mut ParachainsInherentData,
	edit: Edit,
	leaf: (SessionIndex, Hash, &[ValidatorId]),
) {
	let (session_index, parent_hash, validators) = leaf;
	let candidates = &mut data.backed_candidates;
	match edit {
		Edit::Add(which) => {
			let len = pool.len().max(1);
			candidates.extend(pool.get(usize::from(which) % len).cloned());
		}
		Edit::Remove(which) if !candidates.is_empty() => {
			let len = candidates.len();
			candidates.remove(usize::from(which) % len);
		}
		Edit::Remove(_) => {}
		Edit::Repeat(which) => {
			let again = at(candidates, which).cloned();
			candidates.extend(again);
		}
		Edit::Swap(one, other) => {
			let len = candidates.len().max(1);
			let (one, other) = (usize::from(one) % len, usize::from(other) % len);
			if !candidates.is_empty() {
				candidates.swap(one, other);
			}
		}
		Edit::Byte(which, position, with) => {
			if let Some(candidate) = at(candidates, which) {
				if let Some(twisted) = flipped(candidate, position.into(), with) {
					*candidate = twisted;
				}
			}
		}
		Edit::Descriptor(which, position, with) => {
			if let Some(candidate) = at(candidates, which) {
				let before = candidate.clone();
				let descriptor = flipped(&before.candidate.descriptor, position.into(), with);
				if let Some(descriptor) = descriptor {
					candidate.candidate.descriptor = descriptor;
					vote_again(&before, candidate, session_index);
				}
			}
		}
		Edit::Outputs(which, output) => {
			if let Some(candidate) = at(candidates, which) {
				let before = candidate.clone();
				set(&mut candidate.candidate.commitments, output);
				let head = candidate.candidate.commitments.head_data.hash();
				let mut bytes = before.candidate.descriptor.encode();
				// Where the descriptor has the hash of the head data.
				bytes[228..260].copy_from_slice(head.as_ref());
				if let Ok(descriptor) = CandidateDescriptor::decode_all(&mut &bytes[..]) {
					candidate.candidate.descriptor = descriptor;
				}
				vote_again(&before, candidate, session_index);
			}
		}
		Edit::Vote(which, vote) => {
			let Some(candidate) = at(candidates, which) else {
				return;
			};
			match vote {
				Vote::Pop => drop(candidate.validity_votes.pop()),
				Vote::Repeat => {
					let again = candidate.validity_votes.last().cloned();
					candidate.validity_votes.extend(again);
				}
				Vote::Reverse => candidate.validity_votes.reverse(),
				Vote::Bit(position) => {
					let len = candidate.validator_indices.len();
					if len > 0 {
						let position = usize::from(position) % len;
						let bit = candidate.validator_indices[position];
						candidate.validator_indices.set(position, !bit);
					}
				}
				Vote::Bits(bits) => candidate.validator_indices = bits.into_iter().collect(),
			}
		}
		Edit::Bitfield(which, attested) => {
			let bitfields = &mut data.bitfields;
			if bitfields.is_empty() {
				return;
			}
			let which = usize::from(which) % bitfields.len();
			let context = SigningContext {
				session_index,
				parent_hash,
			};
			let again = |bitfield: &mut UncheckedSignedAvailabilityBitfield| {
				let public = validators.get(bitfield.validator_index.as_usize());
				let key = public.and_then(|public| chain::KEYS.iter().find(|key| key.public() == *public));
				if let Some(key) = key {
					bitfield.signature = chain::sign(key, &bitfield.payload.signing_payload(&context));
				}
			};
			match attested {
				Attested::Remove => drop(bitfields.remove(which)),
				Attested::Repeat => bitfields.push(bitfields[which].clone()),
				Attested::Swap(other) => {
					let other = usize::from(other) % bitfields.len();
					bitfields.swap(which, other);
				}
				Attested::Validator(validator) => {
					bitfields[which].validator_index = ValidatorIndex(validator);
					again(&mut bitfields[which]);
				}
				Attested::Bits(bits) => {
					bitfields[which].payload = AvailabilityBitfield(bits.into_iter().collect());
					again(&mut bitfields[which]);
				}
				Attested::Signature(position, with) => {
					if let Some(twisted) = flipped(&bitfields[which].signature, position.into(), with) {
						bitfields[which].signature = twisted;
					}
				}
			}
		}
		Edit::Dispute(dispute) => {
			let len = pool.len().max(1);
			let candidate = pool.get(usize::from(dispute.candidate) % len);
			let statements = dispute.votes.iter().map(|(is_valid, validator, is_signed)| {
				let key = &chain::KEYS[usize::from(*validator) % chain::KEYS.len()];
				let payload = if *is_signed { b"signed".as_slice() } else { b"" };
				let statement = match is_valid {
					true => DisputeStatement::Valid(ValidDisputeStatementKind::Explicit),
					false => DisputeStatement::Invalid(InvalidDisputeStatementKind::Explicit),
				};
				(
					statement,
					ValidatorIndex((*validator).into()),
					chain::sign(key, payload),
				)
			});
			data.disputes.push(DisputeStatementSet {
				candidate_hash: candidate.map(BackedCandidate::hash).unwrap_or_default(),
				session: dispute.session.into(),
				statements: statements.collect(),
			});
		}
		Edit::Parent(position, with) => {
			if let Some(header) = flipped(&data.parent_header, position.into(), with) {
				data.parent_header = header;
			}
		}
	}
}

/// Bytes that are what they are.
struct Raw<'a>(&'a [u8]);

impl Encode for Raw<'_> {
	fn encode(&self) -> Vec<u8> {
		self.0.to_vec()
	}
}

/// What an author makes of these bytes.
fn create(bytes: &[u8]) -> Option<ParachainsInherentData> {
	let mut data = InherentData::new();
	data.put_data(PARACHAINS_INHERENT_IDENTIFIER, &Raw(bytes))
		.expect("there is one of each");
	match ParaInherent::create_inherent(&data)? {
		pallet_async_backing_inclusion::inherent::Call::enter { data } => Some(data),
		_ => None,
	}
}

fn root() -> Vec<u8> {
	sp_io::storage::root(runtime::VERSION.state_version())
}

/// Executes an inherent as a block does. Tells whether it is accepted, and takes back what it did.
fn enter(data: &ParachainsInherentData) -> Result<(), String> {
	let call = RuntimeCall::ParaInherent(pallet_async_backing_inclusion::inherent::Call::enter {
		data: data.clone(),
	});
	ours::try_out(|| {
		let before = root();
		match call.dispatch(RawOrigin::None.into()) {
			Ok(_) => {
				chain::end_block();
				Ok(())
			}
			Err(error) => {
				assert_eq!(before, root(), "what is refused leaves no trace (R-INC-3)");
				Err(format!("{:?}", error.error))
			}
		}
	})
}

fn judge(data: &ParachainsInherentData, made: Option<ParachainsInherentData>) {
	let is_parent = hash_of(&data.parent_header) == runtime::System::parent_hash();
	assert_eq!(made.is_some(), is_parent, "R-INC-1");
	let verdict = enter(data);
	if let Some(made) = made {
		assert_eq!(
			enter(&made),
			Ok(()),
			"what an author makes is accepted (R-GLO-10)"
		);
		if verdict.is_ok() {
			assert_eq!(&made, data, "what is accepted is not filtered");
		}
	}
}

fuzz_target!(|input: Input| {
	STARTS.with_borrow_mut(|starts| {
		let (Input::Parts(start, _) | Input::Whole(start, _) | Input::Edited(start, _)) = &input;
		let start = usize::from(*start) % starts.len();
		let Start {
			state,
			inherent,
			pool,
		} = &mut starts[start];
		let mut data = inherent.clone();
		state.execute_with(|| match input {
			Input::Whole(_, bytes) => {
				let made = create(&bytes);
				match ParachainsInherentData::decode(&mut &bytes[..]) {
					Ok(data) => judge(&data, made),
					Err(_) => assert_eq!(made, None),
				}
			}
			Input::Parts(_, bytes) => {
				let Ok((bitfields, backed_candidates, disputes)) = Decode::decode(&mut &bytes[..]) else {
					return;
				};
				let data = ParachainsInherentData {
					bitfields,
					backed_candidates,
					disputes,
					parent_header: data.parent_header,
				};
				judge(&data, create(&data.encode()));
			}
			Input::Edited(_, edits) => {
				let session_index = ours::session();
				let validators = <Runtime as ParachainHostV16<Block>>::validators();
				let parent_hash = runtime::System::parent_hash();
				for edit in edits.into_iter().take(16) {
					edit_with(pool, &mut data, edit, (session_index, parent_hash, &validators));
				}
				judge(&data, create(&data.encode()));
			}
		});
	});
});
