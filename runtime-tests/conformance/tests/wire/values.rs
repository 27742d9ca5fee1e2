//! Random messages, in addition to the values that all suites use.

use crate::common::Random;
use async_backing_primitives::*;
use async_backing_wire::*;

impl Random {
	pub(crate) fn validator(&mut self) -> ValidatorIndex {
		ValidatorIndex(self.number())
	}

	pub(crate) fn head_hash(&mut self) -> HeadHash {
		HeadHash(self.hash())
	}

	pub(crate) fn pov(&mut self) -> PoV {
		PoV {
			block_data: BlockData(self.bytes(300)),
		}
	}

	pub(crate) fn available_data(&mut self) -> AvailableData {
		AvailableData {
			pov: self.pov(),
			validation_data: self.validation_data(),
		}
	}

	pub(crate) fn view(&mut self) -> View {
		let heads = self.list(7, Self::hash);
		View::new(heads, self.number())
	}

	/// A view, or more often a message.
	pub(crate) fn envelope<M>(&mut self, message: impl FnOnce(&mut Self) -> M) -> Envelope<M> {
		if self.one_in(5) {
			Envelope::View(self.view())
		} else {
			Envelope::Message(message(self))
		}
	}

	pub(crate) fn collator_message<A>(
		&mut self,
		advertisement: impl FnOnce(&mut Self) -> A,
	) -> Envelope<CollatorMessage<A>> {
		self.envelope(|random| match random.below(3) {
			0 => CollatorMessage::Declare(Declaration {
				collator: CollatorId(random.array()),
				para_id: random.para(),
				signature: CollatorSignature(random.array()),
			}),
			1 => CollatorMessage::Advertise(advertisement(random)),
			_ => CollatorMessage::Seconded {
				scheduling_parent: random.hash(),
				statement: SignedStatement {
					payload: if random.flip() {
						Statement::Seconded(random.committed_receipt())
					} else {
						Statement::Valid(random.candidate_hash())
					},
					validator_index: random.validator(),
					signature: random.signature(),
				},
			},
		})
	}

	pub(crate) fn advertisement_v2(&mut self) -> AdvertisementV2 {
		AdvertisementV2 {
			scheduling_parent: self.hash(),
			candidate_hash: self.candidate_hash(),
			parent_head_data_hash: self.head_hash(),
		}
	}

	pub(crate) fn descriptor_claim(&mut self) -> DescriptorClaim {
		let unknown = DescriptorClaim::Unknown(self.byte());
		self.pick(&[
			DescriptorClaim::V1,
			DescriptorClaim::V2,
			DescriptorClaim::V3,
			unknown,
		])
	}

	pub(crate) fn advertisement_v3(&mut self) -> AdvertisementV3 {
		AdvertisementV3 {
			scheduling_parent: self.hash(),
			candidate_hash: self.candidate_hash(),
			parent_head_data_hash: self.head_hash(),
			descriptor_version: self.descriptor_claim(),
			relay_parent: self.hash(),
		}
	}

	pub(crate) fn segment(&mut self) -> Segment {
		Segment {
			scheduling_parent: self.hash(),
			para_id: self.para(),
			descriptor_version: self.descriptor_claim(),
			candidates: self.list(MAX_SEGMENT_LEN as u32, |random| Fingerprint {
				output_head_data_hash: random.head_hash(),
				parent_head_data_hash: random.head_hash(),
				claim_queue_offset: random.byte(),
			}),
		}
	}

	/// Both lists for one group.
	pub(crate) fn group_filter(&mut self) -> StatementFilter {
		let len = 1 + self.below(20);
		StatementFilter {
			seconded_in_group: (0..len).map(|_| self.flip()).collect(),
			validated_in_group: (0..len).map(|_| self.flip()).collect(),
		}
	}

	pub(crate) fn validation_message(&mut self) -> ValidationMessage {
		match self.below(4) {
			0 => ValidationMessage::Bitfield {
				relay_parent: self.hash(),
				bitfield: self.bitfield(),
			},
			1 | 2 => ValidationMessage::Statement(self.group_message()),
			_ => ValidationMessage::Approval(self.approval_message()),
		}
	}

	/// As [`distribution_message`](Self::distribution_message), with lists of one length.
	fn group_message(&mut self) -> StatementDistributionMessage {
		let mut message = self.distribution_message();
		match &mut message {
			StatementDistributionMessage::Statement(..) => {}
			StatementDistributionMessage::BackedCandidateManifest(manifest) => {
				manifest.statement_knowledge = self.group_filter();
			}
			StatementDistributionMessage::BackedCandidateKnown(known) => {
				known.statement_knowledge = self.group_filter();
			}
		}
		message
	}

	fn indices(&mut self) -> Indices {
		let limit = MAX_INDEX_BITS as u32;
		let mut indices = self.list(4, |random| random.below(limit));
		indices.push(self.below(limit));
		Indices::new(indices).expect("one at least, all below the limit")
	}

	fn vrf(&mut self) -> Vrf {
		let mut proof: [u8; 64] = self.array();
		// Below 2^252, so below the order of the group.
		for half in proof.chunks_exact_mut(32) {
			half[31] &= 0x0f;
		}
		Vrf {
			pre_output: self.array(),
			proof,
		}
	}

	fn approval_message(&mut self) -> ApprovalMessage {
		if self.flip() {
			return ApprovalMessage::Approvals(self.list(3, |random| Approval {
				block_hash: random.hash(),
				candidates: random.indices(),
				validator: random.validator(),
				signature: random.signature(),
			}));
		}
		ApprovalMessage::Assignments(self.list(3, |random| Assignment {
			block_hash: random.hash(),
			validator: random.validator(),
			cert: AssignmentCert {
				kind: if random.flip() {
					AssignmentKind::Modulo {
						cores: random.indices(),
					}
				} else {
					AssignmentKind::Delay {
						core: CoreIndex(random.number()),
					}
				},
				vrf: random.vrf(),
			},
			candidates: random.indices(),
		}))
	}

	pub(crate) fn collation(&mut self) -> CollationResponse {
		CollationResponse {
			receipt: self.receipt(),
			pov: self.pov().into(),
			parent_head_data: self.option(Self::head),
		}
	}

	pub(crate) fn proof(&mut self) -> ChunkProof {
		let node = |random: &mut Self| {
			let mut node = random.bytes(MAX_PROOF_NODE_SIZE as u32 - 1);
			node.push(random.byte());
			node
		};
		let mut nodes = self.list(MAX_PROOF_NODES as u32 - 1, node);
		nodes.push(node(self));
		ChunkProof::new(nodes).expect("1 to 8 nodes of 1 to 612 bytes")
	}

	pub(crate) fn dispute_request(&mut self) -> DisputeRequest {
		let kind = loop {
			if let DisputeStatement::Valid(kind) = self.dispute_statement() {
				break kind;
			}
		};
		DisputeRequest {
			receipt: self.receipt(),
			session_index: self.number(),
			invalid_vote: InvalidVote {
				validator_index: self.validator(),
				signature: self.signature(),
				kind: InvalidDisputeStatementKind::Explicit,
			},
			valid_vote: ValidVote {
				validator_index: self.validator(),
				signature: self.signature(),
				kind,
			},
		}
	}
}
