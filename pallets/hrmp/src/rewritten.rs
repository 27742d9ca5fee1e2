//! Paras that are overwritten by other than a candidate.

use crate::{Config, HrmpInboxes, Pallet};
use async_backing_primitives::{ports::OnParaOverridden, ParaId};

impl<T: Config> OnParaOverridden for Pallet<T> {
	/// A watermark that is the most recent context, and so is not stored, is written down: how far the para consumed its
	/// messages does not change with its context. Before the first candidate that is nothing.
	///
	/// Two reads and a write.
	fn on_para_overridden(para: ParaId) {
		HrmpInboxes::<T>::mutate(para, |inbox| {
			inbox.watermark = Some(Self::watermark(para, inbox).unwrap_or_default());
		});
	}
}
