//! Which functions are offered, and who answers them.
//!
//! The list is that of Polkadot's PVF host: the interfaces `misc`, `crypto`, `hashing`, `allocator`, `logging` and `trie` of
//! `sp-io`. A test compares it with what these interfaces have.

use super::own;
use wasmtime::{Caller, Val};

/// Who answers a call.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
	/// The function of `sp-io`.
	SpIo,
	/// The function of `sp-io`, after its items have been counted and paid for.
	Trie(Items),
	/// The allocator, linked by its types: nothing is called as often.
	Malloc,
	/// The same.
	Free,
	/// A function of our own, for one of `sp-io` that panics, or that shows the guest something of the host.
	Own(Own),
	/// Nobody: there is no key store here, as there is none in Polkadot's host. The call ends the execution.
	NoKeystore,
}

/// A function of our own: what it is called with, and what it returns.
pub(crate) type Own = fn(&mut own::Call<'_>) -> wasmtime::Result<Option<Val>>;

/// Where a function of `trie` has its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Items {
	/// Pairs of key and value in the first argument.
	Pairs,
	/// Values in the first argument. Keys are their numbers.
	Values,
	/// Nodes of a proof in the second argument.
	Nodes,
}

/// A caller, as host functions see it.
pub(crate) type Guest<'a> = Caller<'a, super::StoreData>;

use Answer::{Free, Malloc, NoKeystore, Own as By, SpIo, Trie};

/// What Polkadot offers to validation functions, in the order of the alphabet.
pub(crate) const OFFERED: [(&str, Answer); 53] = [
	("ext_allocator_free_version_1", Free),
	("ext_allocator_malloc_version_1", Malloc),
	(
		"ext_crypto_ecdsa_batch_verify_version_1",
		By(own::ecdsa_batch_verify),
	),
	("ext_crypto_ecdsa_generate_version_1", NoKeystore),
	("ext_crypto_ecdsa_public_keys_version_1", NoKeystore),
	("ext_crypto_ecdsa_sign_prehashed_version_1", NoKeystore),
	("ext_crypto_ecdsa_sign_version_1", NoKeystore),
	("ext_crypto_ecdsa_verify_prehashed_version_1", SpIo),
	("ext_crypto_ecdsa_verify_version_1", SpIo),
	("ext_crypto_ecdsa_verify_version_2", SpIo),
	(
		"ext_crypto_ed25519_batch_verify_version_1",
		By(own::ed25519_batch_verify),
	),
	("ext_crypto_ed25519_generate_version_1", NoKeystore),
	("ext_crypto_ed25519_public_keys_version_1", NoKeystore),
	("ext_crypto_ed25519_sign_version_1", NoKeystore),
	("ext_crypto_ed25519_verify_version_1", SpIo),
	(
		"ext_crypto_finish_batch_verify_version_1",
		By(own::finish_batch_verify),
	),
	("ext_crypto_secp256k1_ecdsa_recover_compressed_version_1", SpIo),
	("ext_crypto_secp256k1_ecdsa_recover_compressed_version_2", SpIo),
	("ext_crypto_secp256k1_ecdsa_recover_version_1", SpIo),
	("ext_crypto_secp256k1_ecdsa_recover_version_2", SpIo),
	(
		"ext_crypto_sr25519_batch_verify_version_1",
		By(own::sr25519_batch_verify),
	),
	("ext_crypto_sr25519_generate_version_1", NoKeystore),
	("ext_crypto_sr25519_public_keys_version_1", NoKeystore),
	("ext_crypto_sr25519_sign_version_1", NoKeystore),
	("ext_crypto_sr25519_verify_version_1", SpIo),
	("ext_crypto_sr25519_verify_version_2", SpIo),
	(
		"ext_crypto_start_batch_verify_version_1",
		By(own::start_batch_verify),
	),
	("ext_hashing_blake2_128_version_1", SpIo),
	("ext_hashing_blake2_256_version_1", SpIo),
	("ext_hashing_keccak_256_version_1", SpIo),
	("ext_hashing_keccak_512_version_1", SpIo),
	("ext_hashing_sha2_256_version_1", SpIo),
	("ext_hashing_twox_128_version_1", SpIo),
	("ext_hashing_twox_256_version_1", SpIo),
	("ext_hashing_twox_64_version_1", SpIo),
	("ext_logging_log_version_1", By(own::log)),
	("ext_logging_max_level_version_1", By(own::max_level)),
	("ext_misc_print_hex_version_1", By(own::print)),
	("ext_misc_print_num_version_1", By(own::print_num)),
	("ext_misc_print_utf8_version_1", By(own::print)),
	("ext_misc_runtime_version_version_1", By(own::runtime_version)),
	("ext_trie_blake2_256_ordered_root_version_1", Trie(Items::Values)),
	("ext_trie_blake2_256_ordered_root_version_2", Trie(Items::Values)),
	("ext_trie_blake2_256_root_version_1", Trie(Items::Pairs)),
	("ext_trie_blake2_256_root_version_2", Trie(Items::Pairs)),
	("ext_trie_blake2_256_verify_proof_version_1", Trie(Items::Nodes)),
	("ext_trie_blake2_256_verify_proof_version_2", Trie(Items::Nodes)),
	("ext_trie_keccak_256_ordered_root_version_1", Trie(Items::Values)),
	("ext_trie_keccak_256_ordered_root_version_2", Trie(Items::Values)),
	("ext_trie_keccak_256_root_version_1", Trie(Items::Pairs)),
	("ext_trie_keccak_256_root_version_2", Trie(Items::Pairs)),
	("ext_trie_keccak_256_verify_proof_version_1", Trie(Items::Nodes)),
	("ext_trie_keccak_256_verify_proof_version_2", Trie(Items::Nodes)),
];

/// What Polkadot does not offer. There the call traps, here it traps with the guest's words: invalid in both.
const BEYOND: [(&str, Answer); 1] = [("ext_panic_handler_abort_on_panic_version_1", By(own::abort))];

/// Who answers calls of `name`; `None` if nobody does.
pub(crate) fn answer(name: &str) -> Option<Answer> {
	OFFERED
		.iter()
		.chain(&BEYOND)
		.find(|(offered, _)| *offered == name)
		.map(|(_, answer)| *answer)
}

/// Names of the functions that a validation function may call, without those that only end its execution.
pub fn offered() -> impl Iterator<Item = &'static str> {
	OFFERED
		.iter()
		.filter(|(_, answer)| !matches!(answer, NoKeystore))
		.map(|(name, _)| *name)
}

/// Names of the functions that need a key store: a validation function may import them, and a call ends its execution.
pub fn refused() -> impl Iterator<Item = &'static str> {
	OFFERED
		.iter()
		.filter(|(_, answer)| matches!(answer, NoKeystore))
		.map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::host::link::Interfaces;
	use sp_wasm_interface::HostFunctions;
	use std::collections::BTreeSet;

	/// Name of every import that the published host offers to validation functions: crate `polkadot-node-core-pvf-common`,
	/// `executor_interface::HostFunctions` with sp-io 49.0.0, taken from its source.
	const PUBLISHED: &str = include_str!("../../tests/data/published-imports.txt");

	fn published() -> BTreeSet<&'static str> {
		PUBLISHED
			.lines()
			.filter(|line| !line.starts_with('#') && !line.is_empty())
			.collect()
	}

	#[test]
	fn every_function_that_polkadot_offers_is_offered() {
		let ours: BTreeSet<_> = OFFERED.iter().map(|(name, _)| *name).collect();
		assert_eq!(ours.len(), OFFERED.len(), "each once");
		assert_eq!(ours, published());
		assert!(OFFERED.is_sorted_by_key(|(name, _)| *name));
	}

	#[test]
	fn the_published_list_is_what_the_interfaces_have() {
		let experimental = |name: &str| name.contains("bls381") || name.contains("bandersnatch");
		let have: BTreeSet<_> = Interfaces::host_functions()
			.into_iter()
			.map(sp_wasm_interface::Function::name)
			.filter(|name| !experimental(name) && !name.starts_with("ext_panic_handler"))
			.collect();
		assert_eq!(have, published());
	}

	#[test]
	fn the_table_for_readers_has_every_import() {
		// Beside the repository alone: the published package has no `docs`.
		let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");
		if !std::path::Path::new(docs).exists() {
			return;
		}
		let table = std::fs::read_to_string(format!("{docs}/interop.md")).unwrap();
		for (name, _) in OFFERED.iter().chain(&BEYOND) {
			let row = format!("| `{name}` | ");
			assert!(table.contains(&row), "docs/interop.md lacks {name}");
		}
		for name in refused() {
			assert!(
				table.contains(&format!("| `{name}` | refused")),
				"docs/interop.md does not say that {name} is refused"
			);
		}
	}
}
