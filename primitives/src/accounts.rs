//! Accounts of paras on the relay chain.

use crate::ParaId;
use core::marker::PhantomData;
use sp_core::TypeId;
use sp_runtime::traits::{AccountIdConversion, Convert, MaybeConvert};

/// A para's account is `para`, its id as four little-endian bytes, and zeros: as on Polkadot, so that a message
/// interpreter such as XCM, and every tool, means the same account. `AccountIdConversion` of `sp-runtime` follows from it.
impl TypeId for ParaId {
	const TYPE_ID: [u8; 4] = *b"para";
}

/// The account of a para, for accounts of at least eight bytes; shorter ones would be shared by several paras.
///
/// ```
/// use async_backing_primitives::{ParaId, SovereignAccountOf};
/// use sp_runtime::traits::{Convert, MaybeConvert};
///
/// type Accounts = SovereignAccountOf<sp_runtime::AccountId32>;
/// let account = Accounts::convert(ParaId(2000));
/// let bytes: &[u8; 32] = account.as_ref();
/// assert_eq!(bytes[..8], *b"para\xd0\x07\0\0");
/// assert_eq!(Accounts::maybe_convert(account), Some(ParaId(2000)));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SovereignAccountOf<AccountId>(PhantomData<AccountId>);

impl<AccountId> Convert<ParaId, AccountId> for SovereignAccountOf<AccountId>
where
	ParaId: AccountIdConversion<AccountId>,
{
	fn convert(para: ParaId) -> AccountId {
		para.into_account_truncating()
	}
}

/// The para whose account it is, if it is one's.
impl<AccountId: PartialEq> MaybeConvert<AccountId, ParaId> for SovereignAccountOf<AccountId>
where
	ParaId: AccountIdConversion<AccountId>,
{
	fn maybe_convert(account: AccountId) -> Option<ParaId> {
		let para = <ParaId as AccountIdConversion<AccountId>>::try_from_account(&account)?;
		(Self::convert(para) == account).then_some(para)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use sp_runtime::AccountId32;

	type Accounts = SovereignAccountOf<AccountId32>;

	#[test]
	fn accounts_are_those_of_polkadot_and_no_others() {
		let expected = *b"para\xd0\x07\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
		assert_eq!(Accounts::convert(ParaId(2000)), AccountId32::from(expected));
		assert_eq!(Accounts::maybe_convert(expected.into()), Some(ParaId(2000)));
		let mut longer = expected;
		longer[31] = 1;
		let mut sibling = expected;
		sibling[..4].copy_from_slice(b"sibl");
		for other in [longer, sibling, [0; 32]] {
			assert_eq!(Accounts::maybe_convert(other.into()), None);
		}
		assert_eq!(
			SovereignAccountOf::<u64>::maybe_convert(SovereignAccountOf::<u64>::convert(ParaId(7))),
			Some(ParaId(7))
		);
	}
}
