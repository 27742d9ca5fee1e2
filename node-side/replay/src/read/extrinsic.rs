//! One extrinsic: the parachains inherent as a block has it.

use crate::{ExtrinsicError, Inherent};
use async_backing_primitives::ParachainsInherentData;
use codec::{Compact, Decode, Encode};

/// Reads `ParaInherent::enter`: compact length, version byte, pallet, call 0, argument. One without the length is read as
/// well.
///
/// Every part is read by itself, so that an error says what was being read, and where (R-BIN-17).
///
/// # Errors
/// [`ExtrinsicError`], with the offset.
pub fn read_extrinsic(bytes: &[u8]) -> Result<Inherent, ExtrinsicError> {
	let body = without_length(bytes)?;
	let at = |rest: &[u8]| bytes.len() - rest.len();
	let [version, pallet, call, argument @ ..] = body else {
		return Err(ExtrinsicError::TooShort { bytes: bytes.len() });
	};
	if !matches!(version, 4 | 5) {
		return Err(ExtrinsicError::Version {
			offset: at(body),
			got: *version,
		});
	}
	if *call != 0 {
		return Err(ExtrinsicError::Call {
			offset: at(body) + 2,
			pallet: *pallet,
			got: *call,
		});
	}
	let mut rest = argument;
	let data = ParachainsInherentData {
		bitfields: list(bytes, &mut rest, "bitfield")?,
		backed_candidates: list(bytes, &mut rest, "candidate")?,
		disputes: list(bytes, &mut rest, "dispute")?,
		parent_header: part(bytes, &mut rest, || "header of the parent".into())?,
	};
	if !rest.is_empty() {
		return Err(ExtrinsicError::Trailing {
			offset: at(rest),
			bytes: rest.len(),
		});
	}
	let encodes_alike = data.encode() == argument;
	Ok(Inherent {
		data,
		bytes: Some(bytes.to_vec()),
		encodes_alike: Some(encodes_alike),
		told_hash: None,
		bits_unknown: None,
	})
}

/// Pallets of the inherent on public chains: Polkadot, Kusama, Paseo and Rococo have it at 54, Westend at 45.
pub(super) const PALLETS: [u8; 2] = [54, 45];

/// One of all the extrinsics of a block: the inherent, or `None` for what calls something else.
///
/// An extrinsic that is not signed and calls 0 of a pallet that has the inherent on a public chain is the inherent, whatever
/// follows: if it doesn't decode, something is wrong with it. A chain may have the pallet elsewhere, so that every other
/// extrinsic that decodes as an inherent is taken for one as well.
pub(super) fn among_others(bytes: &[u8]) -> Result<Option<Inherent>, ExtrinsicError> {
	match read_extrinsic(bytes) {
		Ok(inherent) => Ok(Some(inherent)),
		Err(error) if calls_inherent(bytes) => Err(error),
		Err(_) => Ok(None),
	}
}

/// Whether the call is that of the inherent, even if the length in front is not that of what follows: it may be cut.
fn calls_inherent(bytes: &[u8]) -> bool {
	let is_call = |body: &[u8]| matches!(body, [4 | 5, pallet, 0, ..] if PALLETS.contains(pallet));
	let mut rest = bytes;
	let behind_length = Compact::<u32>::decode(&mut rest).is_ok() && is_call(rest);
	behind_length || is_call(bytes)
}

/// What follows the length, or all of it where there is none.
fn without_length(bytes: &[u8]) -> Result<&[u8], ExtrinsicError> {
	let mut rest = bytes;
	let length = Compact::<u32>::decode(&mut rest).map(|length| length.0);
	match (length, bytes) {
		(Ok(length), _) if length as usize == rest.len() => Ok(rest),
		(_, [4 | 5, _, 0, ..]) => Ok(bytes),
		(Ok(said), _) => Err(ExtrinsicError::Length {
			said,
			got: rest.len(),
		}),
		(Err(_), [] | [_] | [_, _]) => Err(ExtrinsicError::TooShort { bytes: bytes.len() }),
		(Err(_), [first, ..]) => Err(ExtrinsicError::NoLength {
			got: *first,
			bytes: bytes.len(),
		}),
	}
}

fn list<T: Decode>(whole: &[u8], rest: &mut &[u8], kind: &str) -> Result<Vec<T>, ExtrinsicError> {
	let Compact(count) = part::<Compact<u32>>(whole, rest, || format!("number of {kind}s"))?;
	// Each takes a byte at least, so that nobody makes us allocate by saying a large number.
	let mut items = Vec::with_capacity((count as usize).min(rest.len() / 64));
	for position in 0..count {
		items.push(part(whole, rest, || format!("{kind} {position} of {count}"))?);
	}
	Ok(items)
}

fn part<T: Decode>(whole: &[u8], rest: &mut &[u8], name: impl Fn() -> String) -> Result<T, ExtrinsicError> {
	T::decode(rest).map_err(|error| ExtrinsicError::Decode {
		offset: whole.len() - rest.len(),
		part: name(),
		what: error.to_string(),
	})
}
