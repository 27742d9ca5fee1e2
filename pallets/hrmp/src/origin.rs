//! How a para speaks for itself.

use async_backing_primitives::{ParaId, SovereignAccountOf};
use core::marker::PhantomData;
use frame_support::traits::EnsureOrigin;
use frame_system::RawOrigin;
use sp_runtime::traits::{AccountIdConversion, MaybeConvert};

/// Accepts the sovereign account of a para, whatever signs for it: a message interpreter that turns a para's upward message
/// into a call does, and so does root in its name (`dispatch_as`). Nobody has the key of such an account.
///
/// For [`Config::ParaOrigin`](crate::Config::ParaOrigin); the accounts are those of [`SovereignAccountOf`].
#[derive(Clone, Copy, Debug, Default)]
pub struct EnsurePara<AccountId>(PhantomData<AccountId>);

impl<Origin, AccountId> EnsureOrigin<Origin> for EnsurePara<AccountId>
where
	Origin: Into<Result<RawOrigin<AccountId>, Origin>> + From<RawOrigin<AccountId>>,
	AccountId: Clone + PartialEq,
	ParaId: AccountIdConversion<AccountId>,
{
	type Success = ParaId;

	fn try_origin(origin: Origin) -> Result<ParaId, Origin> {
		match origin.into()? {
			RawOrigin::Signed(account) => SovereignAccountOf::maybe_convert(account.clone())
				.ok_or_else(|| Origin::from(RawOrigin::Signed(account))),
			other => Err(Origin::from(other)),
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn try_successful_origin() -> Result<Origin, ()> {
		use sp_runtime::traits::Convert;
		Ok(RawOrigin::Signed(SovereignAccountOf::convert(ParaId(2000))).into())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::mock::RuntimeOrigin;
	use sp_runtime::traits::Convert;

	#[test]
	fn the_account_of_a_para_speaks_for_it_and_nobody_else_does() {
		let by = |origin: RawOrigin<u64>| {
			<EnsurePara<u64> as EnsureOrigin<RuntimeOrigin>>::try_origin(origin.into()).ok()
		};
		let account = SovereignAccountOf::convert(ParaId(2000));
		assert_eq!(by(RawOrigin::Signed(account)), Some(ParaId(2000)));
		for other in [RawOrigin::Root, RawOrigin::None, RawOrigin::Signed(2000)] {
			assert_eq!(by(other), None);
		}
	}
}
