//! What a validation function returns is a place in its memory, and what lies there: both are its own choice (R-BAK-11).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use async_backing_primitives::{HeadData, ValidationParams, ValidationResult};
use async_backing_pvf::{Limits, PreparedPvf, PvfConfig, PvfEngine, ValidateError};
use codec::{Compact, DecodeAll, Encode};
use common::{params, result, Guest};
use proptest::{collection::vec, prelude::*};
use std::sync::LazyLock;
use wasm_encoder::MemArg;

/// Bytes of the parameters behind the block: the number, and the root.
const NUMBER: i32 = 4;
const ROOT: i32 = 32;

const LIMITS: Limits = Limits {
	memory_pages: 64,
	fuel: 10_000_000,
};

/// Pages that the guest begins with, and has in the end.
const PAGES: u64 = 2;

/// Returns what stands in the first eight bytes of the root: pointer and length. An odd number before it says that the pointer
/// counts from where the parameters begin.
static CHOOSY: LazyLock<PreparedPvf> = LazyLock::new(|| {
	let guest = Guest {
		memory: (PAGES, None),
		..Default::default()
	};
	let unaligned = MemArg {
		offset: 0,
		align: 0,
		memory_index: 0,
	};
	let code = guest.code(|code| {
		// Where the parameters end, less the root.
		code.local_get(0).local_get(1).i32_add().i32_const(ROOT).i32_sub();
		code.i64_load(unaligned);
		code.local_get(0)
			.local_get(1)
			.i32_add()
			.i32_const(ROOT + NUMBER)
			.i32_sub();
		code.i32_load(unaligned).i32_const(1).i32_and();
		code.local_get(0).i32_mul().i64_extend_i32_u().i64_add();
	});
	let engine = PvfEngine::new(PvfConfig::default()).unwrap();
	engine.prepare(&code).unwrap()
});

/// Where the result is.
#[derive(Clone, Copy, Debug)]
enum Place {
	/// Some bytes from where the block begins within the parameters, and more or less as long as the block.
	Near(i8, i8),
	Anywhere(u32, u32),
}

fn place() -> impl Strategy<Value = Place> {
	let near = prop_oneof![3 => Just((0_i8, 0_i8)), 1 => (-8..8_i8, -8..8_i8), 1 => any::<(i8, i8)>()];
	let edge = (PAGES * 65_536) as u32;
	prop_oneof![
		4 => near.prop_map(|(from, more)| Place::Near(from, more)),
		1 => any::<(u32, u32)>().prop_map(|(pointer, length)| Place::Anywhere(pointer, length)),
		// At the end of the memory, and around the end of what a pointer can say.
		1 => (edge - 4..edge + 4, 0..8_u32).prop_map(|(pointer, length)| Place::Anywhere(pointer, length)),
		1 => (u32::MAX - 4..=u32::MAX, 0..8_u32).prop_map(|(pointer, length)| Place::Anywhere(pointer, length)),
		1 => (0..edge, u32::MAX - 8..=u32::MAX).prop_map(|(pointer, length)| Place::Anywhere(pointer, length)),
	]
}

/// Results, damaged ones, and bytes.
fn block() -> impl Strategy<Value = Vec<u8>> {
	let outputs = (vec(vec(any::<u8>(), 0..8), 0..4), vec(any::<u8>(), 0..8)).prop_map(|(upward, head)| {
		ValidationResult {
			head_data: HeadData(head),
			upward_messages: upward,
			..result()
		}
		.encode()
	});
	let damaged =
		(outputs.clone(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut bytes, at, with)| {
			let at = at.index(bytes.len());
			bytes[at] ^= with;
			bytes
		});
	prop_oneof![2 => outputs, 2 => damaged, 1 => vec(any::<u8>(), 0..64)]
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

	/// R-BAK-11: whatever is named, there is a verdict, and nothing beyond the guest's memory is read. Bytes are a result exactly
	/// if they decode as one, all of them.
	#[test]
	fn r_bak_11_any_place_and_any_bytes_are_a_verdict(block in block(), place in place()) {
		let common = params();
		// Behind the head, and the block's own length.
		let begin = common.parent_head.encoded_size() + Compact(block.len() as u32).encoded_size();
		let (pointer, length, is_near) = match place {
			Place::Near(from, more) => (
				(begin as u32).saturating_add_signed(from.into()),
				(block.len() as u32).saturating_add_signed(more.into()),
				true,
			),
			Place::Anywhere(pointer, length) => (pointer, length, false),
		};
		let mut root = [0; ROOT as usize];
		root[..4].copy_from_slice(&pointer.to_le_bytes());
		root[4..8].copy_from_slice(&length.to_le_bytes());
		let params = ValidationParams {
			block_data: block.into(),
			relay_parent_number: is_near.into(),
			relay_parent_storage_root: root.into(),
			..common
		};
		let outcome = CHOOSY.validate(&params, &LIMITS);

		let memory = (PAGES * 65_536) as usize;
		let encoded = params.encode();
		let (from, to) = (pointer as usize, pointer as usize + length as usize);
		if let Some(returned) = encoded.get(from..to).filter(|_| is_near) {
			match (ValidationResult::decode_all(&mut &returned[..]), outcome) {
				(Ok(expected), Ok(got)) => prop_assert_eq!(expected, got.result),
				(Err(_), Err(ValidateError::UndecodableResult { length, .. })) => prop_assert_eq!(length, returned.len()),
				(expected, got) => prop_assert!(false, "{expected:?}, but {got:?}"),
			}
		} else if !is_near && to > memory {
			let expected = ValidateError::ResultOutOfBounds { pointer, length, memory };
			prop_assert_eq!(outcome, Err(expected));
		} else {
			let is_verdict = matches!(
				outcome,
				Ok(_) | Err(ValidateError::UndecodableResult { .. } | ValidateError::ResultOutOfBounds { .. })
			);
			prop_assert!(is_verdict, "{outcome:?}");
		}
	}
}
