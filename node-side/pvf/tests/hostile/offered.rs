//! Functions that Polkadot offers, as honest and as odd guests call them.

use super::{
	common::{fat, params, result, Guest, DATA},
	engine, trap_reason,
};
use async_backing_pvf::{host, Limits, ValidateError, Validated};
use codec::{Decode, Encode};
use sp_core::{ecdsa, ed25519, sr25519, Pair};
use std::borrow::Cow;
use wasm_encoder::{BlockType, CustomSection, InstructionSink, Section, ValType};

const I32: ValType = ValType::I32;
const I64: ValType = ValType::I64;

fn validate(guest: &Guest, body: impl FnOnce(&mut InstructionSink<'_>)) -> Result<Validated, ValidateError> {
	engine()
		.prepare(&guest.code(body))
		.unwrap()
		.validate(&params(), &Limits::default())
}

const START: u32 = 0;
const FINISH: u32 = 1;
const VERIFY: u32 = 2;

/// Batches of signatures of one kind. Data: result, signature, public key, message.
fn batches(kind: &'static str, data: &[u8]) -> Guest {
	let verify = match kind {
		"ed25519" => "ext_crypto_ed25519_batch_verify_version_1",
		"sr25519" => "ext_crypto_sr25519_batch_verify_version_1",
		_ => "ext_crypto_ecdsa_batch_verify_version_1",
	};
	Guest {
		imports: vec![
			("ext_crypto_start_batch_verify_version_1", vec![], vec![]),
			("ext_crypto_finish_batch_verify_version_1", vec![], vec![I32]),
			(verify, vec![I32, I64, I32], vec![I32]),
		],
		data: [&result().encode()[..], data].concat(),
		..Default::default()
	}
}

fn accept(body: &mut InstructionSink<'_>) {
	body.i64_const(fat(DATA, result().encode().len() as u32));
}

/// Traps unless the value on the stack is this.
fn expect(body: &mut InstructionSink<'_>, value: i32) {
	body.i32_const(value)
		.i32_ne()
		.if_(BlockType::Empty)
		.unreachable()
		.end();
}

#[test]
fn batches_verify_at_once_and_remember() {
	let message = b"a transfer";
	let ed = ed25519::Pair::from_seed(&[1; 32]);
	let sr = sr25519::Pair::from_seed(&[1; 32]);
	let ec = ecdsa::Pair::from_seed(&[1; 32]);
	for (kind, signature, public) in [
		("ed25519", ed.sign(message).0.to_vec(), ed.public().0.to_vec()),
		("sr25519", sr.sign(message).0.to_vec(), sr.public().0.to_vec()),
		("ecdsa", ec.sign(message).0.to_vec(), ec.public().0.to_vec()),
	] {
		let guest = batches(kind, &[&signature[..], &public, message].concat());
		let at = DATA + result().encode().len() as u32;
		let key = at + signature.len() as u32;
		let text = key + public.len() as u32;
		let verify = |body: &mut InstructionSink<'_>, length: u32, good: i32| {
			body.i32_const(at as i32)
				.i64_const(fat(text, length))
				.i32_const(key as i32);
			body.call(VERIFY);
			expect(body, good);
		};
		let valid = validate(&guest, |body| {
			// Without a batch.
			verify(body, 10, 1);
			verify(body, 9, 0);
			// A good batch, then a bad one, then one without signatures.
			for (lengths, good) in [(&[10, 10][..], 1), (&[10, 9, 10], 0), (&[], 1)] {
				body.call(START);
				for length in lengths {
					verify(body, *length, i32::from(*length == 10));
				}
				body.call(FINISH);
				expect(body, good);
			}
			accept(body);
		});
		assert_eq!(valid.unwrap().result, result(), "{kind}");
	}
}

#[test]
fn batches_out_of_order_end_the_execution_and_nothing_else() {
	let guest = batches("sr25519", &[]);
	let reason = trap_reason(validate(&guest, |body| {
		body.call(START).call(START);
		accept(body);
	}));
	assert!(reason.contains("batch"), "{reason}");
	for calls in [&[FINISH][..], &[START, FINISH, FINISH]] {
		let reason = trap_reason(validate(&guest, |body| {
			for call in calls {
				body.call(*call);
				if *call == FINISH {
					body.drop();
				}
			}
			accept(body);
		}));
		assert!(reason.contains("batch"), "{reason}");
	}
	// One that is never ended is no harm, also to who comes next.
	for _ in 0..2 {
		let valid = validate(&guest, |body| {
			body.call(START);
			accept(body);
		});
		assert_eq!(valid.unwrap().result, result());
	}
}

#[test]
fn functions_that_need_a_key_store_refuse() {
	let types = |name: &str| match name {
		name if name.contains("public_keys") => (vec![I32], vec![I64]),
		name if name.contains("generate") => (vec![I32, I64], vec![I32]),
		name if name.contains("prehashed") => (vec![I32, I32, I32], vec![I64]),
		_ => (vec![I32, I32, I64], vec![I64]),
	};
	assert_eq!(host::refused().count(), 10);
	for name in host::refused() {
		let (params, results) = types(name);
		let guest = Guest {
			imports: vec![(name, params.clone(), results)],
			..Default::default()
		};
		let imported = validate(&guest, |body| guest.accept(body));
		assert_eq!(imported.unwrap().result, result(), "{name} is only imported");
		let reason = trap_reason(validate(&guest, |body| {
			for param in &params {
				match *param {
					ValType::I64 => body.i64_const(0),
					_ => body.i32_const(0),
				};
			}
			body.call(0).drop();
			guest.accept(body);
		}));
		assert!(reason.contains(name) && reason.contains("key store"), "{reason}");
	}
}

/// What the guest is told about the version of `code`.
fn version_of(code: &[u8]) -> Option<Vec<u8>> {
	let guest = Guest {
		imports: vec![("ext_misc_runtime_version_version_1", vec![I64], vec![I64])],
		locals: 2,
		data: code.to_vec(),
		memory: (4, None),
		heap_base: 3 * 65_536,
		..Default::default()
	};
	// Hands what it is told to the host as its last words.
	let guest = Guest {
		imports: [
			guest.imports.clone(),
			vec![("ext_panic_handler_abort_on_panic_version_1", vec![I64], vec![])],
		]
		.concat(),
		..guest
	};
	let outcome = validate(&guest, |body| {
		body.i64_const(fat(DATA, code.len() as u32))
			.call(0)
			.call(1)
			.unreachable();
	});
	match outcome {
		Err(ValidateError::Aborted { reason }) => Decode::decode(&mut reason.as_bytes()).unwrap(),
		other => panic!("{other:?}"),
	}
}

fn custom(module: &mut Vec<u8>, name: &str, data: &[u8]) {
	let section = CustomSection {
		name: Cow::Borrowed(name),
		data: Cow::Borrowed(data),
	};
	module.push(section.id());
	section.encode_to(module);
}

trait EncodeTo {
	fn encode_to(&self, sink: &mut Vec<u8>);
}

impl EncodeTo for CustomSection<'_> {
	fn encode_to(&self, sink: &mut Vec<u8>) {
		wasm_encoder::Encode::encode(self, sink);
	}
}

#[test]
fn the_version_of_a_runtime_is_what_it_carries() {
	// Letters and small numbers only: the way out of the guest is text.
	let version = sp_version::RuntimeVersion {
		spec_name: "para".into(),
		impl_name: "para".into(),
		authoring_version: 1,
		spec_version: 17,
		impl_version: 2,
		transaction_version: 3,
		system_version: 1,
		apis: Cow::Owned(Vec::new()),
	};
	let guest = Guest::default();
	let plain = guest.code(|body| guest.accept(body)).0;
	assert_eq!(version_of(&plain), None, "it carries none");
	assert_eq!(version_of(&plain[..plain.len() - 1]), None, "it is no Wasm");
	assert_eq!(version_of(&[]), None);
	let mut bad = plain.clone();
	custom(&mut bad, "runtime_version", &[1]);
	assert_eq!(version_of(&bad), None, "it does not decode");

	let mut good = plain;
	custom(&mut good, "runtime_version", &version.encode());
	let told = version_of(&good).unwrap();
	let packed = sp_maybe_compressed_blob::compress_weakly(&good, 1 << 20).unwrap();
	assert_eq!(version_of(&packed).unwrap(), told);
	let told = sp_version::RuntimeVersion::decode(&mut &told[..]).unwrap();
	assert_eq!((told.spec_name.as_ref(), told.spec_version), ("para", 17));
}
