//! Executes the extrinsics of a block: the same for the collator and the validation function.

use crate::{
	error::{BlockError, TransferError},
	state::{Account, Changes, Reader},
	AccountId, SignedTransfer,
};
use alloc::collections::BTreeMap;
use async_backing_primitives::Hash;

/// Executes `extrinsics` on the state that `reader` reads.
///
/// Each account is read once and all changes are collected, so that the trie is written once per block.
///
/// # Errors
/// [`BlockError::Extrinsic`] for the first invalid one; [`BlockError::State`] when the state cannot be read.
pub(crate) fn execute(reader: &Reader<'_>, extrinsics: &[SignedTransfer]) -> Result<Changes, BlockError> {
	let chain = reader.chain()?;
	let counter = reader.counter()?.saturating_add(extrinsics.len() as u64);
	let mut accounts = BTreeMap::new();
	for (index, transfer) in extrinsics.iter().enumerate() {
		for id in [&transfer.from, &transfer.to] {
			if !accounts.contains_key(id) {
				accounts.insert(*id, reader.account(id)?);
			}
		}
		apply(&mut accounts, transfer, &chain).map_err(|error| BlockError::Extrinsic {
			index: index as u32,
			error,
		})?;
	}
	Ok(Changes {
		accounts,
		counter,
		books: None,
	})
}

/// Applies one transfer. On an error nothing has changed.
fn apply(
	accounts: &mut BTreeMap<AccountId, Account>,
	transfer: &SignedTransfer,
	chain: &Hash,
) -> Result<(), TransferError> {
	let mut sender = accounts.get(&transfer.from).copied().unwrap_or_default();
	// Cheap checks first: a signature takes as long as thousands of them.
	if transfer.nonce != sender.nonce {
		return Err(TransferError::WrongNonce {
			expected: sender.nonce,
			actual: transfer.nonce,
		});
	}
	sender.nonce = sender
		.nonce
		.checked_add(1)
		.ok_or(TransferError::NoncesExhausted)?;
	sender.balance =
		sender
			.balance
			.checked_sub(transfer.amount)
			.ok_or(TransferError::InsufficientBalance {
				available: sender.balance,
				required: transfer.amount,
			})?;
	let mut recipient = if transfer.to == transfer.from {
		sender
	} else {
		accounts.get(&transfer.to).copied().unwrap_or_default()
	};
	recipient.balance = recipient
		.balance
		.checked_add(transfer.amount)
		.ok_or(TransferError::BalanceOverflow)?;
	transfer.verify(chain)?;

	accounts.insert(transfer.from, sender);
	accounts.insert(transfer.to, recipient);
	Ok(())
}
