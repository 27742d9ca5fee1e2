//! Calls and signed transactions, from metadata alone.

use crate::{
	encode::{empty, encode, name_of},
	EncodeError, Extension, Metadata, Pallet, TransactionError,
};
use codec::{Compact, Encode};
use scale_info::TypeDef;
use serde_json::{json, Value};
use sp_core::{bytes::to_hex, ed25519, Pair, H256};
use sp_runtime::{
	traits::{BlakeTwo256, Hash},
	OpaqueExtrinsic,
};

/// The first byte of a signed transaction of version 4.
const SIGNED_V4: u8 = 0b1000_0100;
/// Payloads that are longer are hashed before they are signed.
const LONG_PAYLOAD: usize = 256;

/// What transactions are bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
	/// `spec_version` of the runtime.
	pub spec_version: u32,
	/// `transaction_version` of the runtime.
	pub transaction_version: u32,
	/// Hash of block 0.
	pub genesis: H256,
}

impl Metadata {
	/// The call of this name in the pallet that is defined at `path`, as JSON that can be an argument of another call.
	///
	/// # Errors
	/// There is no such pallet.
	pub fn call(&self, path: &str, call: &str, arguments: Value) -> Result<Value, TransactionError> {
		let Pallet { name, .. } = self
			.pallet(path)
			.ok_or_else(|| TransactionError::NoPallet(path.into()))?;
		Ok(json!({ name: { call: arguments } }))
	}

	/// Encodes a call that is given as JSON: the pallet's name, the call's name, the arguments by theirs.
	///
	/// # Errors
	/// There is no such pallet or call, or the arguments are others.
	pub fn encode_call(&self, call: &Value) -> Result<Vec<u8>, TransactionError> {
		encode(&self.types, self.extrinsic.call, call).map_err(|source| {
			let named = |value: &Value| {
				value.as_object().and_then(|object| {
					object
						.iter()
						.next()
						.map(|(key, value)| (key.clone(), value.clone()))
				})
			};
			let (pallet, inner) = named(call).unwrap_or_default();
			let (call, _) = named(&inner).unwrap_or_default();
			TransactionError::Call {
				pallet,
				call,
				source: Box::new(source),
			}
		})
	}

	/// Encodes a value as the type of this number.
	///
	/// # Errors
	/// It does not fit.
	pub fn encode_value(&self, ty: u32, value: &Value) -> Result<Vec<u8>, EncodeError> {
		encode(&self.types, ty, value)
	}

	/// A transaction with this call, valid for ever, by `signer` as its `nonce`-th on the chain. Equal arguments give equal
	/// bytes.
	///
	/// # Errors
	/// The call is none of the runtime's, or its transactions are made in a way that is not known here.
	pub fn signed(
		&self,
		chain: &Chain,
		signer: &ed25519::Pair,
		nonce: u32,
		call: &Value,
	) -> Result<OpaqueExtrinsic, TransactionError> {
		if self.extrinsic.version != 4 {
			return Err(TransactionError::Version(self.extrinsic.version));
		}
		let call = self.encode_call(call)?;
		let (mut values, mut implicits) = (Vec::new(), Vec::new());
		for extension in &self.extrinsic.extensions {
			values.extend(self.value_of(extension, nonce)?);
			implicits.extend(self.implicit_of(extension, chain)?);
		}
		let payload = [&call[..], &values[..], &implicits[..]].concat();
		let signature = match payload.len() > LONG_PAYLOAD {
			true => signer.sign(BlakeTwo256::hash(&payload).as_bytes()),
			false => signer.sign(&payload),
		};
		let transaction = [
			&[SIGNED_V4][..],
			&self.address(signer)?,
			&self.signature(&signature)?,
			&values,
			&call,
		];
		Ok(OpaqueExtrinsic::from_blob(transaction.concat()))
	}

	fn address(&self, signer: &ed25519::Pair) -> Result<Vec<u8>, TransactionError> {
		let ty = self.extrinsic.address;
		let account = to_hex(signer.public().as_ref(), false);
		let value = match self.types.resolve(ty).map(|ty| &ty.type_def) {
			Some(TypeDef::Variant(_)) => json!({ "Id": account }),
			_ => json!(account),
		};
		encode(&self.types, ty, &value).map_err(|_| TransactionError::Address(name_of(&self.types, ty)))
	}

	fn signature(&self, signature: &ed25519::Signature) -> Result<Vec<u8>, TransactionError> {
		let ty = self.extrinsic.signature;
		let value = json!({ "Ed25519": to_hex(signature.as_ref(), false) });
		encode(&self.types, ty, &value).map_err(|_| TransactionError::Signature(name_of(&self.types, ty)))
	}

	/// What an extension has in the transaction.
	fn value_of(&self, extension: &Extension, nonce: u32) -> Result<Vec<u8>, TransactionError> {
		match extension.identifier.as_str() {
			"CheckNonce" => Ok(Compact(nonce).encode()),
			// An era that begins with zero is immortal. Tips are zero, and so is everything that is not wanted.
			_ => empty(&self.types, extension.value).map_err(|_| self.unknown(extension, extension.value)),
		}
	}

	/// What only the signature covers of an extension.
	fn implicit_of(&self, extension: &Extension, chain: &Chain) -> Result<Vec<u8>, TransactionError> {
		let implicit = match extension.identifier.as_str() {
			"CheckSpecVersion" => chain.spec_version.encode(),
			"CheckTxVersion" => chain.transaction_version.encode(),
			"CheckGenesis" | "CheckMortality" | "CheckEra" => chain.genesis.encode(),
			_ => empty(&self.types, extension.implicit)
				.ok()
				// Nothing, or that there is nothing.
				.filter(|implicit| implicit.is_empty() || *implicit == [0])
				.ok_or_else(|| self.unknown(extension, extension.implicit))?,
		};
		Ok(implicit)
	}

	fn unknown(&self, extension: &Extension, ty: u32) -> TransactionError {
		TransactionError::Extension {
			identifier: extension.identifier.clone(),
			wants: name_of(&self.types, ty),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use scale_info::{MetaType, Registry, TypeInfo};

	#[allow(dead_code)]
	#[derive(TypeInfo)]
	enum RuntimeCall {
		#[codec(index = 3)]
		Para(Call),
	}

	#[allow(dead_code, non_camel_case_types)]
	#[derive(TypeInfo)]
	enum Call {
		#[codec(index = 5)]
		order { para: u32 },
	}

	#[allow(dead_code)]
	#[derive(TypeInfo)]
	enum Signature {
		Ed25519([u8; 64]),
		Sr25519([u8; 64]),
	}

	#[allow(dead_code)]
	#[derive(TypeInfo)]
	enum Mode {
		Disabled,
		Enabled,
	}

	/// A runtime with these extensions: name, value, implicit.
	fn metadata(extensions: &[(&str, MetaType, MetaType)]) -> Metadata {
		let mut registry = Registry::new();
		let mut id = |ty: &MetaType| registry.register_type(ty).id;
		let extrinsic = crate::Extrinsic {
			version: 4,
			address: id(&MetaType::new::<[u8; 32]>()),
			call: id(&MetaType::new::<RuntimeCall>()),
			signature: id(&MetaType::new::<Signature>()),
			extensions: extensions
				.iter()
				.map(|(identifier, value, implicit)| Extension {
					identifier: (*identifier).into(),
					value: id(value),
					implicit: id(implicit),
				})
				.collect(),
		};
		Metadata {
			types: registry.into(),
			pallets: Vec::new(),
			extrinsic,
		}
	}

	const CHAIN: Chain = Chain {
		spec_version: 9,
		transaction_version: 2,
		genesis: H256::repeat_byte(1),
	};

	#[test]
	fn extensions_get_what_they_ask_for_in_their_order() {
		let nothing = MetaType::new::<()>();
		let metadata = metadata(&[
			("Mystery", nothing, nothing),
			("CheckSpecVersion", nothing, MetaType::new::<u32>()),
			("CheckNonce", MetaType::new::<Compact<u32>>(), nothing),
			("CheckGenesis", nothing, MetaType::new::<[u8; 32]>()),
			(
				"CheckMetadataHash",
				MetaType::new::<Mode>(),
				MetaType::new::<Option<[u8; 32]>>(),
			),
		]);
		let signer = ed25519::Pair::from_seed(&[7; 32]);
		let call = json!({ "Para": { "order": { "para": 2000 } } });
		let made = metadata
			.signed(&CHAIN, &signer, 70, &call)
			.expect("all are known");

		let call = (3u8, 5u8, 2000u32).encode();
		let values = (Compact(70u32), 0u8).encode();
		let implicit = (9u32, CHAIN.genesis, 0u8).encode();
		let payload = [&call[..], &values, &implicit].concat();
		let signed = made.inner();
		let (head, rest) = signed.split_at(1 + 32 + 1);
		assert_eq!(head, [&[0x84][..], &signer.public().0, &[0]].concat());
		let (signature, rest) = rest.split_at(64);
		let signature = ed25519::Signature::try_from(signature).expect("it has that length");
		assert!(ed25519::Pair::verify(&signature, &payload, &signer.public()));
		assert_eq!(rest, [values, call].concat());
	}

	#[test]
	fn what_an_unknown_extension_wants_is_named() {
		let nothing = MetaType::new::<()>();
		let metadata = metadata(&[("Mystery", nothing, MetaType::new::<u32>())]);
		let signer = ed25519::Pair::from_seed(&[7; 32]);
		let call = json!({ "Para": { "order": { "para": 2000 } } });
		let error = metadata
			.signed(&CHAIN, &signer, 0, &call)
			.expect_err("it wants a number");
		assert_eq!(
			error.to_string(),
			"the transaction extension `Mystery` wants u32, which is not known"
		);
	}
}
