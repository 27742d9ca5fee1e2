//! Values of every message, made from bytes that a property test draws, so that they shrink as these do.

use crate::*;
use alloc::{sync::Arc, vec::Vec};
use async_backing_primitives::*;
use bitvec::{order::Lsb0, vec::BitVec};
use codec::Decode;
use core::fmt::Debug;

/// Bytes to make values of; zeros when they are used up.
pub(crate) struct Entropy(alloc::vec::IntoIter<u8>);

impl Entropy {
	pub(crate) fn new(bytes: Vec<u8>) -> Self {
		Self(bytes.into_iter())
	}

	fn byte(&mut self) -> u8 {
		self.0.next().unwrap_or_default()
	}

	/// A number below `limit`, which is at most 256.
	fn below(&mut self, limit: usize) -> usize {
		usize::from(self.byte()) % limit
	}

	fn array<const N: usize>(&mut self) -> [u8; N] {
		core::array::from_fn(|_| self.byte())
	}

	fn number(&mut self) -> u32 {
		u32::from_le_bytes(self.array())
	}

	fn bytes(&mut self, min: usize, max: usize) -> Vec<u8> {
		let len = min + self.below(max - min + 1);
		(0..len).map(|_| self.byte()).collect()
	}

	fn list<T>(&mut self, max: usize, mut value: impl FnMut(&mut Self) -> T) -> Vec<T> {
		(0..self.below(max + 1)).map(|_| value(self)).collect()
	}

	fn bits(&mut self, len: usize) -> BitVec<u8, Lsb0> {
		(0..len).map(|_| self.byte() & 1 == 1).collect()
	}

	fn hash(&mut self) -> Hash {
		Hash::from(self.array())
	}

	fn candidate_hash(&mut self) -> CandidateHash {
		CandidateHash(self.hash())
	}

	fn head_hash(&mut self) -> HeadHash {
		HeadHash(self.hash())
	}

	fn para(&mut self) -> ParaId {
		ParaId(self.number())
	}

	fn validator(&mut self) -> ValidatorIndex {
		ValidatorIndex(self.number())
	}

	fn signature(&mut self) -> ValidatorSignature {
		Decode::decode(&mut &self.array::<64>()[..]).expect("any 64 bytes are a signature")
	}

	fn indices(&mut self) -> Indices {
		let mut indices = self.list(5, |entropy| entropy.number() % MAX_INDEX_BITS as u32);
		indices.push(self.number() % MAX_INDEX_BITS as u32);
		Indices::new(indices).expect("not empty and below the limit")
	}

	fn filter(&mut self) -> StatementFilter {
		let len = 1 + self.below(20);
		StatementFilter {
			seconded_in_group: self.bits(len),
			validated_in_group: self.bits(len),
		}
	}

	fn receipt(&mut self) -> CandidateReceipt {
		Decode::decode(&mut &self.array::<324>()[..]).expect("any 324 bytes are a receipt")
	}

	fn committed_receipt(&mut self) -> CommittedCandidateReceipt {
		CommittedCandidateReceipt {
			descriptor: self.receipt().descriptor,
			commitments: CandidateCommitments {
				upward_messages: self.list(3, |entropy| entropy.bytes(0, 3)),
				horizontal_messages: self.list(3, |entropy| OutboundHrmpMessage {
					recipient: entropy.para(),
					data: entropy.bytes(0, 3),
				}),
				new_validation_code: self.list(1, |entropy| ValidationCode(entropy.bytes(0, 3))).pop(),
				head_data: HeadData(self.bytes(0, 70)),
				processed_downward_messages: self.number(),
				hrmp_watermark: self.number(),
			},
		}
	}

	fn validation_data(&mut self) -> PersistedValidationData {
		PersistedValidationData {
			parent_head: HeadData(self.bytes(0, 70)),
			relay_parent_number: self.number(),
			relay_parent_storage_root: self.hash(),
			max_pov_size: self.number(),
		}
	}

	fn statement(&mut self) -> SignedCompactStatement {
		let hash = self.candidate_hash();
		SignedCompactStatement {
			statement: match self.below(2) {
				0 => CompactStatement::Seconded(hash),
				_ => CompactStatement::Valid(hash),
			},
			validator_index: self.validator(),
			signature: self.signature(),
		}
	}

	fn proof(&mut self) -> ChunkProof {
		let mut nodes = self.list(MAX_PROOF_NODES - 1, |entropy| entropy.bytes(1, 40));
		nodes.push(self.bytes(1, 40));
		ChunkProof::new(nodes).expect("1 to 8 nodes")
	}

	fn pov(&mut self) -> PoV {
		PoV {
			block_data: BlockData(self.bytes(0, 100)),
		}
	}

	fn descriptor_claim(&mut self) -> DescriptorClaim {
		match self.below(4) {
			0 => DescriptorClaim::V1,
			1 => DescriptorClaim::V2,
			2 => DescriptorClaim::V3,
			_ => DescriptorClaim::Unknown(self.byte()),
		}
	}

	fn vrf(&mut self) -> Vrf {
		let mut vrf = Vrf {
			pre_output: self.array(),
			proof: self.array(),
		};
		// Below the order of the group.
		vrf.proof[31] &= 0x0f;
		vrf.proof[63] &= 0x0f;
		vrf
	}
}

/// A message of which there are random values.
pub(crate) trait Sample: Wire + PartialEq + Debug {
	fn sample(entropy: &mut Entropy) -> Self;
}

/// A view, or a message from the rest of the entropy.
fn envelope<M>(entropy: &mut Entropy, message: impl FnOnce(&mut Entropy) -> M) -> Envelope<M> {
	match entropy.below(5) {
		0 => {
			let heads = entropy.list(7, Entropy::hash);
			Envelope::View(View::new(heads, entropy.number()))
		}
		_ => Envelope::Message(message(entropy)),
	}
}

fn collator<A>(
	entropy: &mut Entropy,
	advertisement: impl FnOnce(&mut Entropy) -> A,
) -> Envelope<CollatorMessage<A>> {
	envelope(entropy, |entropy| match entropy.below(3) {
		0 => CollatorMessage::Declare(Declaration {
			collator: CollatorId(entropy.array()),
			para_id: entropy.para(),
			signature: CollatorSignature(entropy.array()),
		}),
		1 => CollatorMessage::Advertise(advertisement(entropy)),
		_ => CollatorMessage::Seconded {
			scheduling_parent: entropy.hash(),
			statement: SignedStatement {
				payload: match entropy.below(2) {
					0 => Statement::Seconded(entropy.committed_receipt()),
					_ => Statement::Valid(entropy.candidate_hash()),
				},
				validator_index: entropy.validator(),
				signature: entropy.signature(),
			},
		},
	})
}

fn validation(entropy: &mut Entropy) -> ValidationMessage {
	use StatementDistributionMessage::*;
	match entropy.below(6) {
		0 => {
			let len = entropy.below(40);
			ValidationMessage::Bitfield {
				relay_parent: entropy.hash(),
				bitfield: UncheckedSigned {
					payload: AvailabilityBitfield(entropy.bits(len)),
					validator_index: entropy.validator(),
					signature: entropy.signature(),
				},
			}
		}
		1 => ValidationMessage::Statement(Statement(entropy.hash(), entropy.statement())),
		2 => {
			let manifest = async_backing_primitives::BackedCandidateManifest {
				scheduling_parent: entropy.hash(),
				candidate_hash: entropy.candidate_hash(),
				group_index: GroupIndex(entropy.number()),
				para_id: entropy.para(),
				parent_head_data_hash: entropy.head_hash(),
				statement_knowledge: entropy.filter(),
			};
			ValidationMessage::Statement(BackedCandidateManifest(manifest))
		}
		3 => ValidationMessage::Statement(BackedCandidateKnown(BackedCandidateAcknowledgement {
			candidate_hash: entropy.candidate_hash(),
			statement_knowledge: entropy.filter(),
		})),
		4 => ValidationMessage::Approval(ApprovalMessage::Assignments(entropy.list(3, |entropy| {
			Assignment {
				block_hash: entropy.hash(),
				validator: entropy.validator(),
				cert: AssignmentCert {
					kind: match entropy.below(2) {
						0 => AssignmentKind::Modulo {
							cores: entropy.indices(),
						},
						_ => AssignmentKind::Delay {
							core: CoreIndex(entropy.number()),
						},
					},
					vrf: entropy.vrf(),
				},
				candidates: entropy.indices(),
			}
		}))),
		_ => ValidationMessage::Approval(ApprovalMessage::Approvals(entropy.list(3, |entropy| Approval {
			block_hash: entropy.hash(),
			candidates: entropy.indices(),
			validator: entropy.validator(),
			signature: entropy.signature(),
		}))),
	}
}

fn lookup<T>(entropy: &mut Entropy, found: impl FnOnce(&mut Entropy) -> T) -> Lookup<T> {
	match entropy.below(5) {
		0 => Lookup::NotFound,
		_ => Lookup::Found(found(entropy)),
	}
}

macro_rules! samples {
	($($type:ty: $sample:expr;)*) => {$(
		impl Sample for $type {
			fn sample(entropy: &mut Entropy) -> Self {
				let sample: fn(&mut Entropy) -> Self = $sample;
				sample(entropy)
			}
		}
	)*};
}

samples! {
	Envelope<CollatorMessage<AdvertisementV1>>: |entropy| collator(entropy, |entropy| AdvertisementV1 {
		relay_parent: entropy.hash(),
	});
	Envelope<CollatorMessage<AdvertisementV2>>: |entropy| collator(entropy, |entropy| AdvertisementV2 {
		scheduling_parent: entropy.hash(),
		candidate_hash: entropy.candidate_hash(),
		parent_head_data_hash: entropy.head_hash(),
	});
	Envelope<CollatorMessage<AdvertisementV3>>: |entropy| collator(entropy, |entropy| AdvertisementV3 {
		scheduling_parent: entropy.hash(),
		candidate_hash: entropy.candidate_hash(),
		parent_head_data_hash: entropy.head_hash(),
		descriptor_version: entropy.descriptor_claim(),
		relay_parent: entropy.hash(),
	});
	Envelope<Segment>: |entropy| envelope(entropy, |entropy| Segment {
		scheduling_parent: entropy.hash(),
		para_id: entropy.para(),
		descriptor_version: entropy.descriptor_claim(),
		candidates: entropy.list(MAX_SEGMENT_LEN, |entropy| Fingerprint {
			output_head_data_hash: entropy.head_hash(),
			parent_head_data_hash: entropy.head_hash(),
			claim_queue_offset: entropy.byte(),
		}),
	});
	Envelope<ValidationMessage>: |entropy| envelope(entropy, validation);
	CollationRequestV1: |entropy| Self {
		relay_parent: entropy.hash(),
		para_id: entropy.para(),
	};
	CollationRequestV2: |entropy| Self {
		scheduling_parent: entropy.hash(),
		para_id: entropy.para(),
		candidate_hash: entropy.candidate_hash(),
	};
	CollationRequestV3: |entropy| Self {
		scheduling_parent: entropy.hash(),
		para_id: entropy.para(),
		output_head_data_hash: entropy.head_hash(),
	};
	CollationResponse: |entropy| Self {
		receipt: entropy.receipt(),
		pov: Arc::new(entropy.pov()),
		parent_head_data: entropy.list(1, |entropy| HeadData(entropy.bytes(0, 70))).pop(),
	};
	CollationResponseV3: |entropy| Self {
		receipt: entropy.receipt(),
		pov: Arc::new(entropy.pov()),
		parent_head_data: HeadData(entropy.bytes(0, 70)),
	};
	AttestedCandidateRequest: |entropy| Self {
		candidate_hash: entropy.candidate_hash(),
		mask: entropy.filter(),
	};
	AttestedCandidateResponse: |entropy| Self {
		candidate: entropy.committed_receipt(),
		validation_data: entropy.validation_data(),
		statements: entropy.list(4, Entropy::statement),
	};
	ChunkRequestV1: |entropy| Self {
		candidate_hash: entropy.candidate_hash(),
		validator_index: entropy.validator(),
	};
	ChunkRequestV2: |entropy| Self {
		candidate_hash: entropy.candidate_hash(),
		validator_index: entropy.validator(),
	};
	ChunkResponseV1: |entropy| lookup(entropy, |entropy| ChunkV1 {
		bytes: entropy.bytes(0, 70).into(),
		proof: entropy.proof(),
	});
	ChunkResponseV2: |entropy| lookup(entropy, |entropy| ChunkV2 {
		bytes: entropy.bytes(0, 70).into(),
		index: entropy.number(),
		proof: entropy.proof(),
	});
	PovRequest: |entropy| Self { candidate_hash: entropy.candidate_hash() };
	PovResponse: |entropy| lookup(entropy, |entropy| Arc::new(entropy.pov()));
	AvailableDataRequest: |entropy| Self { candidate_hash: entropy.candidate_hash() };
	AvailableDataResponse: |entropy| lookup(entropy, |entropy| Arc::new(AvailableData {
		pov: entropy.pov(),
		validation_data: entropy.validation_data(),
	}));
	DisputeRequest: |entropy| Self {
		receipt: entropy.receipt(),
		session_index: entropy.number(),
		invalid_vote: InvalidVote {
			validator_index: entropy.validator(),
			signature: entropy.signature(),
			kind: InvalidDisputeStatementKind::Explicit,
		},
		valid_vote: ValidVote {
			validator_index: entropy.validator(),
			signature: entropy.signature(),
			kind: match entropy.below(5) {
				0 => ValidDisputeStatementKind::Explicit,
				1 => ValidDisputeStatementKind::BackingSeconded(entropy.hash()),
				2 => ValidDisputeStatementKind::BackingValid(entropy.hash()),
				3 => ValidDisputeStatementKind::ApprovalChecking,
				_ => ValidDisputeStatementKind::ApprovalCheckingMultipleCandidates(
					entropy.list(12, Entropy::candidate_hash).try_into().expect("at most 16"),
				),
			},
		},
	};
	DisputeConfirmed: |_| Self;
}
