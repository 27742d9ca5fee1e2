//! Golden encodings.

use super::super::*;
use crate::Hash;
use alloc::vec;

#[test]
fn r_bin_29_golden_constraints() {
	let constraints = Constraints {
		min_relay_parent_number: 1,
		max_pov_size: 2,
		max_code_size: 3,
		max_head_data_size: 4,
		ump_remaining: 5,
		ump_remaining_bytes: 6,
		max_ump_num_per_candidate: 7,
		dmp_remaining_messages: vec![8, 9],
		hrmp_inbound: InboundHrmpLimitations {
			valid_watermarks: vec![10],
		},
		hrmp_channels_out: vec![(
			ParaId(2000),
			OutboundHrmpChannelLimitations {
				bytes_remaining: 11,
				messages_remaining: 12,
			},
		)],
		max_hrmp_num_per_candidate: 13,
		required_parent: HeadData(vec![0xaa]),
		validation_code_hash: ValidationCodeHash(Hash::repeat_byte(6)),
		upgrade_restriction: Some(UpgradeRestriction::Present),
		future_validation_code: Some((14, ValidationCodeHash(Hash::repeat_byte(7)))),
	};
	let golden = hex_literal::hex!(
		"01000000 02000000 03000000 04000000 05000000 06000000 07000000 08 08000000 09000000 04 0a000000"
		"04 d0070000 0b000000 0c000000 0d000000 04aa"
		"0606060606060606060606060606060606060606060606060606060606060606"
		"0100 01 0e000000 0707070707070707070707070707070707070707070707070707070707070707"
	);
	assert_eq!(constraints.encode(), golden, "R-BIN-29");
	assert_eq!(Constraints::decode(&mut &golden[..]), Ok(constraints), "R-BIN-29");
}

#[test]
fn canonical_order_is_recognised_and_restored() {
	let limits = OutboundHrmpChannelLimitations::default();
	let mut constraints = crate::testing::base();
	assert!(constraints.is_canonical());
	constraints.hrmp_inbound.valid_watermarks = vec![8, 6, 8];
	assert!(!constraints.is_canonical(), "watermarks ascend strictly");
	constraints.canonicalize();
	assert_eq!(constraints.hrmp_inbound.valid_watermarks, [6, 8]);
	let first = OutboundHrmpChannelLimitations {
		bytes_remaining: 1,
		..limits
	};
	constraints.hrmp_channels_out = vec![(ParaId(2), limits), (ParaId(1), first), (ParaId(1), limits)];
	assert!(!constraints.is_canonical(), "recipients ascend strictly");
	constraints.canonicalize();
	assert_eq!(
		constraints.hrmp_channels_out,
		[(ParaId(1), first), (ParaId(2), limits)]
	);
	constraints.dmp_remaining_messages = vec![7, 7, 9];
	assert!(
		constraints.is_canonical(),
		"several messages of one block are in order"
	);
	constraints.dmp_remaining_messages = vec![9, 7];
	assert!(!constraints.is_canonical(), "older messages come first");
}
