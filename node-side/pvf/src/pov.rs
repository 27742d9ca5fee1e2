//! What a validation function is called with.

use crate::ValidateError;
use async_backing_primitives::{PersistedValidationData, PoV, ValidationParams};
use sp_maybe_compressed_blob::{decompress, Error};

/// Most bytes that a proof of validity may have when it is decompressed: four times ten MiB, whatever the chain's
/// configuration says (R-NET-72).
pub const MAX_DECOMPRESSED_POV: usize = 4 * 10 * 1024 * 1024;

/// The arguments of a validation function for this candidate.
///
/// This is the only place where a proof of validity is decompressed: its hash, its erasure coding, its size limit and what is
/// stored are about the bytes as they were sent (R-NET-72). Bytes without the prefix of compression are taken as they are.
///
/// Cost: linear in what comes out, and never more than [`MAX_DECOMPRESSED_POV`] of it.
///
/// # Errors
/// [`ValidateError::PovTooLarge`] and [`ValidateError::CorruptPov`]: the candidate is invalid on every machine.
pub fn validation_params(
	validation_data: &PersistedValidationData,
	pov: &PoV,
) -> Result<ValidationParams, ValidateError> {
	let block_data = decompress(&pov.block_data.0, MAX_DECOMPRESSED_POV).map_err(|error| match error {
		Error::PossibleBomb => ValidateError::PovTooLarge {
			max: MAX_DECOMPRESSED_POV,
		},
		Error::Invalid => ValidateError::CorruptPov,
	})?;
	Ok(ValidationParams {
		parent_head: validation_data.parent_head.clone(),
		block_data: block_data.into_owned().into(),
		relay_parent_number: validation_data.relay_parent_number,
		relay_parent_storage_root: validation_data.relay_parent_storage_root,
	})
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
	use super::*;
	use async_backing_primitives::HeadData;

	fn validation_data() -> PersistedValidationData {
		PersistedValidationData {
			parent_head: HeadData(vec![1, 2]),
			relay_parent_number: 7,
			relay_parent_storage_root: [3; 32].into(),
			max_pov_size: 1000,
		}
	}

	fn params(bytes: Vec<u8>) -> Result<ValidationParams, ValidateError> {
		validation_params(
			&validation_data(),
			&PoV {
				block_data: bytes.into(),
			},
		)
	}

	fn compress(bytes: &[u8]) -> Vec<u8> {
		sp_maybe_compressed_blob::compress_weakly(bytes, usize::MAX).unwrap()
	}

	#[test]
	fn r_net_72_bytes_are_decompressed_for_execution() {
		let plain = b"a block and its proof".repeat(100);
		let expected = ValidationParams {
			parent_head: HeadData(vec![1, 2]),
			block_data: plain.clone().into(),
			relay_parent_number: 7,
			relay_parent_storage_root: [3; 32].into(),
		};
		let packed = compress(&plain);
		assert!(packed.len() < 100);
		assert_eq!(params(packed).unwrap(), expected);
		assert_eq!(params(plain).unwrap(), expected, "as they are without the prefix");
		assert_eq!(params(vec![]).unwrap().block_data.0, Vec::<u8>::new());
	}

	#[test]
	fn r_net_72_a_bomb_is_an_error() {
		let largest = compress(&vec![0; MAX_DECOMPRESSED_POV]);
		assert_eq!(params(largest).unwrap().block_data.0.len(), MAX_DECOMPRESSED_POV);
		let bomb = compress(&vec![0; MAX_DECOMPRESSED_POV + 1]);
		assert!(bomb.len() < 10_000);
		let max = MAX_DECOMPRESSED_POV;
		assert_eq!(params(bomb), Err(ValidateError::PovTooLarge { max }));
	}

	#[test]
	fn r_net_72_what_does_not_decompress_is_an_error() {
		let packed = compress(b"a block");
		for cut in [8, 9, packed.len() - 1] {
			assert_eq!(
				params(packed[..cut].to_vec()),
				Err(ValidateError::CorruptPov),
				"{cut}"
			);
		}
	}
}
