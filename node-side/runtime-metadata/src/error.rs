//! What can go wrong.

use thiserror::Error;

/// Why a file is no runtime. Each says what the file is: "the file is ...".
#[derive(Debug, Error)]
pub enum BlobError {
	/// It begins otherwise than Wasm does.
	#[error("no Wasm file: it begins with {}, not with 00 61 73 6d", hex(.found))]
	NotWasm {
		/// Its first bytes, at most four.
		found: Vec<u8>,
	},
	/// It says that it is compressed, and can't be decompressed.
	#[error("compressed, but cannot be decompressed: {0}")]
	Compressed(sp_maybe_compressed_blob::Error),
	/// It begins as Wasm does, and is none.
	#[error("no valid Wasm: {0}")]
	Malformed(#[from] wasmparser::BinaryReaderError),
	/// It lacks what every runtime exports.
	#[error("Wasm, but no runtime: it does not export `{missing}`")]
	NotARuntime {
		/// The function.
		missing: &'static str,
	},
	/// Its version does not decode.
	#[error("Wasm, but its section `runtime_version` does not decode: {0}")]
	Version(#[source] codec::Error),
}

fn hex(bytes: &[u8]) -> String {
	let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
	match digits.is_empty() {
		true => "nothing".into(),
		false => digits.join(" "),
	}
}

/// Why metadata can't be used.
#[derive(Debug, Error)]
pub enum MetadataError {
	/// It does not decode.
	#[error("the metadata does not decode: {0}")]
	Decode(#[from] codec::Error),
	/// It is of another version.
	#[error("the metadata has version {found}, but must have 14 or 15")]
	Version {
		/// Its version.
		found: u32,
	},
	/// The type of its extrinsics does not name what it is made of.
	#[error("the type of extrinsics does not tell its {0}")]
	Extrinsic(&'static str),
}

/// Why a value can't be encoded as a type of a runtime.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EncodeError {
	/// The runtime has no type of this number.
	#[error("the metadata has no type {0}")]
	NoType(u32),
	/// The value does not fit the type.
	#[error("{at}: must be {expected}, but is {found}")]
	Mismatch {
		/// Where in the value.
		at: String,
		/// What the type is.
		expected: String,
		/// The value.
		found: String,
	},
	/// A type has no empty value.
	#[error("{0} has no empty value")]
	NoDefault(String),
}

/// Why a value of a runtime can't be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
	/// The runtime has no type of this number.
	#[error("the metadata has no type {0}")]
	NoType(u32),
	/// An enum has no such variant.
	#[error("type {ty} has no variant {index}")]
	NoVariant {
		/// The type.
		ty: u32,
		/// Index of the variant.
		index: u8,
	},
	/// Values are nested too deeply.
	#[error("values nested deeper than {0}")]
	TooDeep(u32),
	/// A sequence of bits has a unit or an order that nobody knows.
	#[error("type {0} is one of bits in an unknown order or unit")]
	Bits(u32),
	/// The runtime does not say of which type its events are.
	#[error("the metadata has no `Events` of `frame_system`")]
	NoEvents,
	/// The bytes are none of the type.
	#[error(transparent)]
	Codec(#[from] codec::Error),
}

/// Why a transaction can't be made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TransactionError {
	/// The runtime has no such pallet.
	#[error("the runtime has no pallet of `{0}`")]
	NoPallet(String),
	/// The call does not fit.
	#[error("the call `{pallet}::{call}`: {source}")]
	Call {
		/// Name of the pallet.
		pallet: String,
		/// Name of the call.
		call: String,
		/// Why.
		source: Box<EncodeError>,
	},
	/// Transactions of this version are not known here.
	#[error("the runtime takes extrinsics of version {0}, but must take version 4")]
	Version(u8),
	/// The runtime names accounts otherwise.
	#[error("the runtime's addresses are {0}, but must be `MultiAddress` or a 32-byte account")]
	Address(String),
	/// The runtime takes no ed25519 signatures.
	#[error("the runtime's signatures are {0}, but must be `MultiSignature`")]
	Signature(String),
	/// An extension wants something that nobody here knows.
	#[error("the transaction extension `{identifier}` wants {wants}, which is not known")]
	Extension {
		/// Its name.
		identifier: String,
		/// The type.
		wants: String,
	},
}
