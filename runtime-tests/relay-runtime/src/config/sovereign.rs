//! Accounts of paras, and how a para speaks for itself.
//!
//! This runtime has no message interpreter that would turn a para's upward message into a call. Nobody has the key of
//! a para's account, so what a para does comes from root, in its name.

use crate::{AccountId, RuntimeOrigin};
use async_backing_primitives::ParaId;
use frame_support::traits::EnsureOrigin;
use frame_system::ensure_signed;
use sp_runtime::traits::Convert;

/// What an account of a para begins with; its id follows, and zeros.
const PREFIX: [u8; 4] = *b"para";

/// The account of a para on the relay chain, as on Polkadot.
#[derive(Clone, Copy, Debug)]
pub struct SovereignAccountOf;

impl Convert<ParaId, AccountId> for SovereignAccountOf {
	fn convert(para: ParaId) -> AccountId {
		let [a, b, c, d] = PREFIX;
		let [e, f, g, h] = para.0.to_le_bytes();
		let mut account = [0; 32];
		account[..8].copy_from_slice(&[a, b, c, d, e, f, g, h]);
		AccountId::from(account)
	}
}

/// Accepts the account of a para.
#[derive(Clone, Copy, Debug)]
pub struct EnsurePara;

impl EnsureOrigin<RuntimeOrigin> for EnsurePara {
	type Success = ParaId;

	fn try_origin(origin: RuntimeOrigin) -> Result<ParaId, RuntimeOrigin> {
		let account = ensure_signed(origin.clone()).map_err(|_| origin.clone())?;
		let bytes: &[u8; 32] = account.as_ref();
		let [_, _, _, _, e, f, g, h, ..] = *bytes;
		let para = ParaId(u32::from_le_bytes([e, f, g, h]));
		if SovereignAccountOf::convert(para) == account {
			Ok(para)
		} else {
			Err(origin)
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn try_successful_origin() -> Result<RuntimeOrigin, ()> {
		Ok(frame_system::RawOrigin::Signed(SovereignAccountOf::convert(ParaId(2000))).into())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use frame_system::RawOrigin;

	#[test]
	fn a_paras_account_is_that_of_polkadot_and_speaks_for_it() {
		let account = SovereignAccountOf::convert(ParaId(2000));
		let expected = *b"para\xd0\x07\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
		assert_eq!(account, AccountId::from(expected));
		let by = |origin: RawOrigin<AccountId>| EnsurePara::try_origin(origin.into()).ok();
		assert_eq!(by(RawOrigin::Signed(account)), Some(ParaId(2000)));
		let mut longer = expected;
		longer[31] = 1;
		for other in [RawOrigin::Root, RawOrigin::None, RawOrigin::Signed(longer.into())] {
			assert_eq!(by(other), None);
		}
	}
}
