//! Codes and who uses them.

use crate::{BoundedCode, CodeByHash, CodeByHashRefs, Config, Error, Pallet};
use async_backing_primitives::{HostConfiguration, ValidationCode, ValidationCodeHash, MIN_CODE_SIZE};
use frame_support::ensure;

impl<T: Config> Pallet<T> {
	/// Checks the length of a code (R-CODE-1) and takes it into a form that storage can hold.
	pub(crate) fn bounded_code(
		code: ValidationCode,
		config: &HostConfiguration,
	) -> Result<BoundedCode, Error<T>> {
		ensure!(code.0.len() >= MIN_CODE_SIZE, Error::<T>::CodeTooSmall);
		ensure!(
			code.0.len() <= config.max_code_size as usize,
			Error::<T>::CodeTooLarge
		);
		BoundedCode::try_from(code.0).map_err(|_| Error::<T>::CodeTooLarge)
	}

	/// Notes one more use of the code, and stores it at the first.
	pub(crate) fn use_code(hash: ValidationCodeHash, code: BoundedCode) {
		let uses = CodeByHashRefs::<T>::get(hash);
		if uses == 0 {
			CodeByHash::<T>::insert(hash, code);
		}
		CodeByHashRefs::<T>::insert(hash, uses.saturating_add(1));
	}

	/// Notes one use less of the code, and removes it after the last.
	pub(crate) fn release_code(hash: ValidationCodeHash) {
		match CodeByHashRefs::<T>::get(hash) {
			0 | 1 => {
				CodeByHashRefs::<T>::remove(hash);
				CodeByHash::<T>::remove(hash);
			}
			uses => CodeByHashRefs::<T>::insert(hash, uses - 1),
		}
	}
}
