//! What a runtime's metadata says, of versions 14 and 15 alike.

use crate::MetadataError;
use async_backing_primitives::wiring::PalletOf;
use codec::Decode;
use frame_metadata::{v14, v15, RuntimeMetadata, RuntimeMetadataPrefixed};
use scale_info::{form::PortableForm, PortableRegistry, TypeDef};
use std::collections::BTreeMap;

/// A pallet of a runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pallet {
	/// Its name in the runtime.
	pub name: String,
	/// Its index in the runtime.
	pub index: u8,
	/// Where it is defined: its crate, and the module if it is not the crate's first pallet. `None` if it has no calls, events
	/// and errors to tell it by.
	pub path: Option<String>,
	/// Type of its calls.
	pub calls: Option<u32>,
	/// Type of its errors.
	pub errors: Option<u32>,
	/// Under which name its storage is, if it has some; its own everywhere but in old pallets.
	pub prefix: Option<String>,
	/// Types of its storage items' values, by their names.
	pub storage: BTreeMap<String, u32>,
	/// Its constants, encoded.
	pub constants: BTreeMap<String, Vec<u8>>,
}

/// A transaction extension, called signed extension before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
	/// Its name.
	pub identifier: String,
	/// Type of what is in the transaction.
	pub value: u32,
	/// Type of what only the signature covers.
	pub implicit: u32,
}

/// How transactions are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extrinsic {
	/// Version of their format.
	pub version: u8,
	/// Type of addresses.
	pub address: u32,
	/// Type of calls.
	pub call: u32,
	/// Type of signatures.
	pub signature: u32,
	/// Extensions, in their order.
	pub extensions: Vec<Extension>,
}

/// What a runtime says of itself.
#[derive(Clone, Debug)]
pub struct Metadata {
	/// All types.
	pub types: PortableRegistry,
	/// Its pallets, in the order in which their hooks run and their genesis is built.
	pub pallets: Vec<Pallet>,
	/// How transactions are made.
	pub extrinsic: Extrinsic,
}

impl Metadata {
	/// Reads what `Metadata_metadata` or `Metadata_metadata_at_version` answers, without the length before it.
	///
	/// # Errors
	/// It does not decode, or has another version than 14 and 15.
	pub fn decode(bytes: &[u8]) -> Result<Self, MetadataError> {
		let RuntimeMetadataPrefixed(_, metadata) = RuntimeMetadataPrefixed::decode(&mut &bytes[..])?;
		match metadata {
			RuntimeMetadata::V14(metadata) => Self::of_v14(metadata),
			RuntimeMetadata::V15(metadata) => Ok(Self::of_v15(metadata)),
			other => Err(MetadataError::Version {
				found: other.version(),
			}),
		}
	}

	fn of_v14(metadata: v14::RuntimeMetadataV14) -> Result<Self, MetadataError> {
		let v14::RuntimeMetadataV14 {
			types,
			pallets,
			extrinsic,
			..
		} = metadata;
		// Its parameters are named as those of `UncheckedExtrinsic`.
		let of_extrinsic = types.resolve(extrinsic.ty.id);
		let parameter = |name: &'static str| {
			of_extrinsic
				.and_then(|ty| ty.type_params.iter().find(|parameter| parameter.name == name))
				.and_then(|parameter| parameter.ty)
				.map(|ty| ty.id)
				.ok_or(MetadataError::Extrinsic(name))
		};
		let extrinsic = Extrinsic {
			version: extrinsic.version,
			address: parameter("Address")?,
			call: parameter("Call")?,
			signature: parameter("Signature")?,
			extensions: extensions(extrinsic.signed_extensions.into_iter().map(|extension| {
				(
					extension.identifier,
					extension.ty.id,
					extension.additional_signed.id,
				)
			})),
		};
		let pallets = pallets
			.into_iter()
			.map(|pallet| {
				Pallet::of(
					&types,
					(pallet.name, pallet.index),
					[
						pallet.calls.map(|calls| calls.ty.id),
						pallet.event.map(|event| event.ty.id),
						pallet.error.map(|error| error.ty.id),
					],
					pallet.storage,
					pallet.constants,
				)
			})
			.collect();
		Ok(Self {
			types,
			pallets,
			extrinsic,
		})
	}

	fn of_v15(metadata: v15::RuntimeMetadataV15) -> Self {
		let v15::RuntimeMetadataV15 {
			types,
			pallets,
			extrinsic,
			..
		} = metadata;
		let extrinsic = Extrinsic {
			version: extrinsic.version,
			address: extrinsic.address_ty.id,
			call: extrinsic.call_ty.id,
			signature: extrinsic.signature_ty.id,
			extensions: extensions(extrinsic.signed_extensions.into_iter().map(|extension| {
				(
					extension.identifier,
					extension.ty.id,
					extension.additional_signed.id,
				)
			})),
		};
		let pallets = pallets
			.into_iter()
			.map(|pallet| {
				Pallet::of(
					&types,
					(pallet.name, pallet.index),
					[
						pallet.calls.map(|calls| calls.ty.id),
						pallet.event.map(|event| event.ty.id),
						pallet.error.map(|error| error.ty.id),
					],
					pallet.storage,
					pallet.constants,
				)
			})
			.collect();
		Self {
			types,
			pallets,
			extrinsic,
		}
	}

	/// The pallet that is defined there, if the runtime has it: the first, if it has several.
	pub fn pallet(&self, path: &str) -> Option<&Pallet> {
		self.pallets
			.iter()
			.find(|pallet| pallet.path.as_deref() == Some(path))
	}

	/// All pallets that can be told by where they are defined, as integrity tests see them.
	pub fn wiring(&self) -> Vec<PalletOf> {
		let of = |pallet: &Pallet| {
			Some(PalletOf {
				name: pallet.name.clone(),
				index: pallet.index,
				path: pallet.path.clone()?,
			})
		};
		self.pallets.iter().filter_map(of).collect()
	}

	/// Names and types of the arguments of a call, `None` if there is no such call.
	pub fn arguments(&self, pallet: &Pallet, call: &str) -> Option<Vec<(String, u32)>> {
		let calls = self.types.resolve(pallet.calls?)?;
		let TypeDef::Variant(calls) = &calls.type_def else {
			return None;
		};
		let call = calls.variants.iter().find(|variant| variant.name == call)?;
		let argument =
			|field: &scale_info::Field<PortableForm>| (field.name.clone().unwrap_or_default(), field.ty.id);
		Some(call.fields.iter().map(argument).collect())
	}

	/// Names of the runtime's session keys and where their types are defined, in their order: what `set_keys` of the session
	/// pallet takes. `None` if it has no such call.
	pub fn session_keys(&self) -> Option<Vec<(String, String)>> {
		let pallet = self.pallet("pallet_session")?;
		let (_, keys) = self
			.arguments(pallet, "set_keys")?
			.into_iter()
			.find(|(name, _)| name == "keys")?;
		let TypeDef::Composite(keys) = &self.types.resolve(keys)?.type_def else {
			return None;
		};
		let key = |field: &scale_info::Field<PortableForm>| {
			let path = self.types.resolve(field.ty.id)?.path.segments.join("::");
			Some((field.name.clone()?, path))
		};
		keys.fields.iter().map(key).collect()
	}
}

impl Pallet {
	/// With the types of its calls, events and errors.
	fn of(
		types: &PortableRegistry,
		(name, index): (String, u8),
		told_by: [Option<u32>; 3],
		storage: Option<v14::PalletStorageMetadata<PortableForm>>,
		constants: Vec<v14::PalletConstantMetadata<PortableForm>>,
	) -> Self {
		let [calls, _, errors] = told_by;
		let path = told_by.into_iter().flatten().find_map(|ty| path_of(types, ty));
		let value = |ty: v14::StorageEntryType<PortableForm>| match ty {
			v14::StorageEntryType::Plain(value) | v14::StorageEntryType::Map { value, .. } => value.id,
		};
		let prefix = storage.as_ref().map(|storage| storage.prefix.clone());
		let entries = storage.into_iter().flat_map(|storage| storage.entries);
		Self {
			name,
			index,
			path,
			calls,
			errors,
			prefix,
			storage: entries.map(|entry| (entry.name, value(entry.ty))).collect(),
			constants: constants
				.into_iter()
				.map(|constant| (constant.name, constant.value))
				.collect(),
		}
	}

	/// The constant of this name, decoded.
	pub fn constant<T: Decode>(&self, name: &str) -> Option<T> {
		T::decode(&mut &self.constants.get(name)?[..]).ok()
	}
}

/// Where the pallet of such a type is defined: what is around the module that `#[pallet]` is on.
fn path_of(types: &PortableRegistry, ty: u32) -> Option<String> {
	let segments = &types.resolve(ty)?.path.segments;
	let around = segments.len().checked_sub(2).filter(|around| *around > 0)?;
	Some(segments[..around].join("::"))
}

fn extensions(of: impl Iterator<Item = (String, u32, u32)>) -> Vec<Extension> {
	of.map(|(identifier, value, implicit)| Extension {
		identifier,
		value,
		implicit,
	})
	.collect()
}
