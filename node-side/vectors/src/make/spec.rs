//! Trees and candidates in the making.

use super::faults::{block, CODE};
use crate::{
	ask::{Member, Pending, Step, Tree},
	hex::Hex,
	json::{Base, Block},
};
use async_backing_primitives::{
	BlockNumber, CandidateCommitments, CommittedCandidateReceipt, Constraints, DescriptorFields, Hash,
	HeadData, InboundHrmpLimitations, ParaId, PersistedValidationData, ValidationCodeHash,
};
use codec::Encode;

pub(super) const PARA: ParaId = ParaId(2000);
/// The relay block of all trees.
pub(super) const LEAF: BlockNumber = 20;

/// A candidate in the making.
#[derive(Clone, Debug)]
pub(super) struct Spec {
	pub(super) name: String,
	pub(super) from: u8,
	pub(super) relay_parent: BlockNumber,
	pub(super) salt: u8,
	pub(super) code: ValidationCodeHash,
	pub(super) para: ParaId,
	pub(super) commitments: CandidateCommitments,
}

/// From one head to another, on the leaf.
pub(super) fn spec(name: &str, from: u8, to: u8) -> Spec {
	Spec {
		name: name.to_owned(),
		from,
		relay_parent: LEAF,
		salt: 0,
		code: CODE,
		para: PARA,
		commitments: CandidateCommitments {
			head_data: HeadData(vec![to]),
			hrmp_watermark: LEAF,
			..Default::default()
		},
	}
}

impl Spec {
	pub(super) fn at(mut self, relay_parent: BlockNumber) -> Self {
		self.relay_parent = relay_parent;
		self.commitments.hrmp_watermark = relay_parent;
		self
	}

	pub(super) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
		change(&mut self);
		self
	}

	pub(super) fn upward(self, lens: &[usize]) -> Self {
		let messages = lens.iter().map(|len| vec![1; *len]).collect();
		self.with(|spec| spec.commitments.upward_messages = messages)
	}

	fn parts(&self) -> (CommittedCandidateReceipt, PersistedValidationData) {
		let relay_parent = block(self.relay_parent);
		let data = PersistedValidationData {
			parent_head: HeadData(vec![self.from]),
			relay_parent_number: relay_parent.number,
			relay_parent_storage_root: relay_parent.storage_root,
			max_pov_size: 1024,
		};
		let fields = DescriptorFields {
			para_id: self.para,
			relay_parent: relay_parent.hash,
			pov_hash: Hash::repeat_byte(self.salt),
			validation_code_hash: self.code,
			..Default::default()
		};
		let receipt = CommittedCandidateReceipt::consistent(fields, self.commitments.clone(), &data);
		(receipt, data)
	}

	fn member(&self) -> Member {
		let (receipt, data) = self.parts();
		Member {
			name: self.name.clone(),
			receipt: Hex(receipt.encode()),
			validation_data: Hex(data.encode()),
		}
	}
}

pub(super) fn base() -> Constraints {
	Constraints {
		min_relay_parent_number: LEAF - 2,
		max_pov_size: 1024,
		max_code_size: 20,
		max_head_data_size: 8,
		ump_remaining: 10,
		ump_remaining_bytes: 1000,
		max_ump_num_per_candidate: 5,
		hrmp_inbound: InboundHrmpLimitations {
			valid_watermarks: vec![],
		},
		hrmp_channels_out: vec![],
		required_parent: HeadData(vec![0]),
		..super::faults::base()
	}
}

/// At relay block 20, with 18 and 19 in scope, head 0 included.
pub(super) fn tree(specs: &[Spec], pending: &[Spec], steps: Vec<Step>) -> Tree {
	let all = pending.iter().chain(specs);
	Tree {
		para: PARA,
		leaf: block(LEAF).into(),
		ancestors: (LEAF - 2..LEAF)
			.rev()
			.map(|number| Block::from(block(number)))
			.collect(),
		base: Base::from(&base()),
		extension: None,
		max_candidate_depth: 4,
		pending: pending
			.iter()
			.map(|spec| Pending {
				name: spec.name.clone(),
				relay_parent: block(spec.relay_parent).into(),
			})
			.collect(),
		limits: None,
		candidates: all.map(Spec::member).collect(),
		steps,
	}
}
