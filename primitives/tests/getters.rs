//! What a candidate says of itself stands where its layout says (R-BIN-12).

use async_backing_primitives::*;
use codec::{Decode, Encode};

/// A hash of this byte alone.
fn hash(byte: u8) -> Hash {
	Hash::repeat_byte(byte)
}

/// A descriptor of version 2, written field by field. No two fields are the same.
fn written() -> Vec<u8> {
	let mut bytes = Vec::new();
	bytes.extend(2001_u32.encode());
	bytes.extend(hash(1).encode());
	// Version, core, session.
	bytes.push(0);
	bytes.extend(7_u16.encode());
	bytes.extend(9_u32.encode());
	bytes.extend([0; 25]);
	for field in [2, 3, 4] {
		bytes.extend(hash(field).encode());
	}
	bytes.extend([0; 64]);
	for field in [5, 6] {
		bytes.extend(hash(field).encode());
	}
	bytes
}

#[test]
fn r_bin_12_fields_of_a_descriptor_stand_where_they_should() {
	let bytes = written();
	assert_eq!(bytes.len(), CandidateDescriptor::ENCODED_LEN);
	let descriptor = CandidateDescriptor::decode(&mut &bytes[..]).expect("292 bytes are a descriptor");
	assert_eq!(descriptor.para_id(), ParaId(2001));
	assert_eq!(descriptor.relay_parent(), hash(1));
	assert_eq!(descriptor.core_index(), Some(CoreIndex(7)));
	assert_eq!(descriptor.scheduling_session(), Some(9));
	assert_eq!(descriptor.scheduling_parent(), hash(1), "none is named");
	assert_eq!(descriptor.persisted_validation_data_hash(), hash(2));
	assert_eq!(descriptor.pov_hash(), hash(3));
	assert_eq!(descriptor.erasure_root(), hash(4));
	assert_eq!(descriptor.para_head(), HeadHash(hash(5)));
	assert_eq!(descriptor.validation_code_hash(), ValidationCodeHash(hash(6)));

	let receipt = CommittedCandidateReceipt {
		descriptor,
		commitments: CandidateCommitments::default(),
	};
	assert_eq!(receipt.para_id(), ParaId(2001));
	assert_eq!(receipt.to_plain().descriptor, receipt.descriptor);
	assert_eq!(receipt.to_plain().commitments_hash, receipt.commitments.hash());
	assert_eq!(receipt.to_plain().hash(), receipt.hash());
}

#[test]
fn r_frg_16_a_consistent_receipt_has_the_hashes_of_its_parts_whatever_it_is_told() {
	let validation_data = PersistedValidationData {
		parent_head: HeadData(vec![1]),
		relay_parent_number: 7,
		relay_parent_storage_root: hash(1),
		max_pov_size: 1024,
	};
	let commitments = CandidateCommitments {
		head_data: HeadData(vec![2]),
		..Default::default()
	};
	let told = DescriptorFields {
		para_id: ParaId(2001),
		persisted_validation_data_hash: hash(8),
		para_head: HeadHash(hash(9)),
		..Default::default()
	};
	let receipt = CommittedCandidateReceipt::consistent(told, commitments.clone(), &validation_data);
	assert_eq!(receipt.descriptor.para_id(), ParaId(2001));
	assert_eq!(
		receipt.descriptor.persisted_validation_data_hash(),
		validation_data.hash()
	);
	assert_eq!(receipt.descriptor.para_head(), commitments.head_data.hash());
	assert_eq!(receipt.commitments, commitments);
}

#[test]
fn r_grp_1_a_rotation_seen_from_another_block_is_the_same_but_for_the_block() {
	let rotation = GroupRotationInfo {
		session_start_block: 10,
		group_rotation_frequency: 5,
		now: 12,
	};
	let later = GroupRotationInfo { now: 16, ..rotation };
	assert_eq!(rotation.at(16), later);
	assert_eq!(later.at(12), rotation);
	assert_ne!(
		rotation.group_for_core(CoreIndex(0), 3),
		later.group_for_core(CoreIndex(0), 3)
	);
}
