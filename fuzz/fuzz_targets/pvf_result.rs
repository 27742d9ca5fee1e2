//! What a hostile validation function returns, and what a validator makes of it (R-BAK-7, R-BAK-11, R-FRG-16).
//!
//! The bytes are the result of an execution, as it lies in the guest's memory; a candidate's receipt says the same, or another thing.
//! That any place in the guest's memory may be named as the result's is a test of the engine (`node-side/pvf/tests/results.rs`).
//!
//! - Nothing panics, and decoding takes no more memory than the bytes justify.
//! - Only a candidate whose receipt says what was returned is valid, and its outputs are those; each verdict has its reason.
//! - What a validator keeps of it to survive a crash is what it recalls.
#![no_main]

use arbitrary::Arbitrary;
use async_backing_availability::erasure_root_of;
use async_backing_backing::job::{
	self, Done, Execution, Executor, Expected, Invalid, Job, Signer, Validated, ValidationJob,
};
use async_backing_fragment_tree::SharedValidationData;
use async_backing_primitives::*;
use codec::{DecodeAll, DecodeWithMemLimit, Encode};
use libfuzzer_sys::fuzz_target;
use std::sync::Arc;

#[derive(Arbitrary, Debug)]
struct Input {
	returned: Returned,
	claim: Claim,
	validators: u8,
	block: Vec<u8>,
}

#[derive(Arbitrary, Debug)]
enum Returned {
	/// As they lie there.
	Bytes(Vec<u8>),
	/// A result, whose upward messages are more or less signals.
	Outputs {
		upward: Vec<Vec<u8>>,
		signals: Vec<Signal>,
		horizontal: Vec<(u32, Vec<u8>)>,
		code: Option<Vec<u8>>,
		head: Vec<u8>,
		downward: u32,
		watermark: u32,
	},
}

#[derive(Arbitrary, Debug)]
enum Signal {
	Core(u8, u8),
	Bytes(Vec<u8>),
}

#[derive(Arbitrary, Debug)]
enum Claim {
	/// What the bytes decode to, if they do.
	Same,
	/// With one byte of its encoding another.
	Twisted(u16, u8),
	/// Another head in the descriptor.
	Head(u8),
	/// Any hash.
	Hash(u8),
}

impl Returned {
	fn bytes(self) -> Vec<u8> {
		match self {
			Self::Bytes(bytes) => bytes,
			Self::Outputs {
				mut upward,
				signals,
				horizontal,
				code,
				head,
				downward,
				watermark,
			} => {
				if !signals.is_empty() {
					upward.push(Vec::new());
				}
				upward.extend(signals.into_iter().map(|signal| match signal {
					Signal::Core(selector, offset) => {
						UmpSignal::SelectCore(CoreSelector(selector), ClaimQueueOffset(offset)).encode()
					}
					Signal::Bytes(bytes) => bytes,
				}));
				let horizontal = horizontal
					.into_iter()
					.map(|(recipient, data)| OutboundHrmpMessage {
						recipient: ParaId(recipient),
						data,
					});
				ValidationResult {
					head_data: HeadData(head),
					new_validation_code: code.map(ValidationCode),
					upward_messages: upward,
					horizontal_messages: horizontal.collect(),
					processed_downward_messages: downward,
					hrmp_watermark: watermark,
				}
				.encode()
			}
		}
	}
}

/// Has the result at hand, as the engine decodes it.
struct Guest(Result<ValidationResult, String>);

impl Executor for Guest {
	fn execute(
		&mut self,
		_: CandidateHash,
		_: ValidationCodeHash,
		_: &PersistedValidationData,
		_: &PoV,
	) -> Execution {
		Execution {
			outcome: self.0.clone().map_err(Into::into),
			fuel: 1,
		}
	}
}

struct Nobody;

impl Signer for Nobody {
	fn sign(&self, _: &ValidatorId, _: &[u8]) -> Option<ValidatorSignature> {
		None
	}
}

fuzz_target!(|input: Input| {
	let Input {
		returned,
		claim,
		validators,
		block,
	} = input;
	let returned = returned.bytes();
	let result = ValidationResult::decode_all(&mut &returned[..]);
	// Rows of empty messages are the densest that there is.
	let bounded =
		ValidationResult::decode_with_mem_limit(&mut &returned[..], returned.len() * 32 + 64 * 1024);
	assert!(result.is_err() || bounded.is_ok(), "memory within bounds");
	if let Ok(result) = &result {
		assert_eq!(result.encode(), returned, "one value, one encoding");
	}

	let said = result.clone().map(CandidateCommitments::from).unwrap_or_default();
	let twisted = |position: u16, with: u8| {
		let mut bytes = said.encode();
		let len = bytes.len();
		bytes[usize::from(position) % len] ^= with;
		CandidateCommitments::decode_all(&mut &bytes[..]).unwrap_or_default()
	};
	let (hash, para_head) = match claim {
		Claim::Same => (said.hash(), said.head_data.hash()),
		Claim::Twisted(position, with) => {
			let claimed = twisted(position, with);
			(claimed.hash(), claimed.head_data.hash())
		}
		Claim::Head(byte) => (said.hash(), HeadData(vec![byte]).hash()),
		Claim::Hash(byte) => (Hash::repeat_byte(byte), said.head_data.hash()),
	};
	let is_honest = hash == said.hash() && para_head == said.head_data.hash();
	let pov = PoV {
		block_data: block.into(),
	};
	let validation_data = PersistedValidationData {
		parent_head: HeadData(vec![9]),
		relay_parent_number: 7,
		relay_parent_storage_root: Hash::zero(),
		max_pov_size: 1 << 20,
	};
	let data = AvailableData {
		pov: pov.clone(),
		validation_data: validation_data.clone(),
	};
	let validators = usize::from(validators) + 2;
	let descriptor = CandidateDescriptor::v2(DescriptorFields {
		para_id: ParaId(2000),
		persisted_validation_data_hash: validation_data.hash(),
		pov_hash: pov.hash(),
		para_head,
		erasure_root: erasure_root_of(validators, &data).expect("so many validators can be coded for"),
		..Default::default()
	});
	let job = ValidationJob {
		candidate: CandidateHash::default(),
		descriptor,
		expected: Expected::Hash(hash),
		validation_data: SharedValidationData::Whole(Arc::new(validation_data)),
		pov: Arc::new(pov),
		validators,
	};
	let mut guest = Guest(result.clone().map_err(|error| error.to_string()));
	let (done, _) = job::run(Job::Validate(Box::new(job)), &mut guest, &Nobody);
	let Ok(Done::Validated(verdict)) = done else {
		panic!("a validation comes to a verdict here, not to {done:?}");
	};
	match verdict {
		Ok(validated) => {
			assert!(result.is_ok() && is_honest, "only what was returned");
			let Validated {
				candidate, content, ..
			} = *validated;
			assert_eq!(*candidate.commitments(), said);
			let content = content.expect("nobody seconded it yet");
			let (recalled, _) = job::run(Job::Recall(content.into()), &mut guest, &Nobody);
			assert_eq!(
				recalled,
				Ok(Done::Recalled(Some(candidate))),
				"what is kept is recalled"
			);
		}
		Err(Invalid::Execution(_)) => assert!(result.is_err()),
		Err(Invalid::Outputs(_)) => assert!(result.is_ok() && !is_honest),
		Err(Invalid::Intrinsic(_)) => assert!(result.is_ok() && is_honest, "outputs are compared first"),
		Err(other) => panic!("inputs and coding are right: {other}"),
	}
});
