//! Announcing new code.

use crate::{ports::CodeUpgrades, Config, CurrentRelayParent, Error, Pallet, LOG_TARGET};
use async_backing_primitives::{check_announcement, UpgradeGoAhead};

impl<T: Config> Pallet<T> {
	/// Whether the block being processed may announce code of this size (R-SEG-6, R-CODE-1). Whoever announces asks first,
	/// and has the upgrade [pending](CodeUpgrades::is_pending) from then on.
	///
	/// An upgrade is under way also while the block that applied it is not included: until then the relay chain has the
	/// code stored, and refuses another announcement (R-CODE-2).
	///
	/// # Errors
	/// [`Error::NoValidationData`] before the block's inherent, [`Error::AnnouncementRestricted`],
	/// [`Error::UpgradePending`], [`Error::BadCodeSize`].
	pub fn ensure_may_announce(code_size: usize) -> Result<(), Error<T>> {
		let relay_parent = CurrentRelayParent::<T>::get().ok_or(Error::<T>::NoValidationData)?;
		let tracker = Self::tracker().ok_or(Error::<T>::CorruptSegment)?;
		let answered = relay_parent.go_ahead.or(tracker.segment.consumed_go_ahead());
		let pending = T::Upgrades::is_pending() || answered == Some(UpgradeGoAhead::GoAhead);
		check_announcement(
			relay_parent.restriction,
			pending,
			code_size,
			relay_parent.host.max_code_size,
		)
		.map_err(|error| {
			log::debug!(target: LOG_TARGET, "{error}");
			error.into()
		})
	}
}
