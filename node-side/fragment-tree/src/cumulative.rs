//! What a path of candidates changes about the base constraints, packed for keeping one per node.
//!
//! A node keeps no head data: that is its candidate's. The list of what was sent on channels is shared with the node
//! above unless the candidate sends something itself, which few do.

use alloc::{sync::Arc, vec::Vec};
use async_backing_primitives::{
	ConstraintModifications, HrmpWatermarkUpdate, OutboundHrmpChannelModification, ParaId,
};

/// Stacked modifications of a path (R-MOD-8), without the required parent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cumulative {
	hrmp_watermark: Option<HrmpWatermarkUpdate>,
	outbound_hrmp: Option<Arc<[(ParaId, OutboundHrmpChannelModification)]>>,
	ump_messages_sent: u32,
	ump_bytes_sent: u32,
	dmp_messages_processed: u32,
	code_upgrade_applied: bool,
	code_upgrade_announced: bool,
}

impl Cumulative {
	/// The same in the form that the fragment check reads. Allocates only if the path sent something on a channel.
	pub(crate) fn to_modifications(&self) -> ConstraintModifications<'static> {
		let outbound_hrmp = self.outbound_hrmp.as_deref().map(<[_]>::to_vec);
		self.with_outbound(outbound_hrmp.unwrap_or_default())
	}

	fn with_outbound(
		&self,
		outbound_hrmp: Vec<(ParaId, OutboundHrmpChannelModification)>,
	) -> ConstraintModifications<'static> {
		ConstraintModifications {
			required_parent: None,
			hrmp_watermark: self.hrmp_watermark,
			outbound_hrmp,
			ump_messages_sent: self.ump_messages_sent,
			ump_bytes_sent: self.ump_bytes_sent,
			dmp_messages_processed: self.dmp_messages_processed,
			code_upgrade_applied: self.code_upgrade_applied,
			code_upgrade_announced: self.code_upgrade_announced,
		}
	}

	/// With the modifications of the next candidate on top.
	pub(crate) fn stacked_with(&self, next: &ConstraintModifications<'_>) -> Self {
		let shares_outbound = next.outbound_hrmp.is_empty();
		let mut sum = if shares_outbound {
			self.with_outbound(Vec::new())
		} else {
			self.to_modifications()
		};
		sum.stack_resources(next);
		Self {
			hrmp_watermark: sum.hrmp_watermark,
			outbound_hrmp: if shares_outbound {
				self.outbound_hrmp.clone()
			} else {
				Some(sum.outbound_hrmp.into())
			},
			ump_messages_sent: sum.ump_messages_sent,
			ump_bytes_sent: sum.ump_bytes_sent,
			dmp_messages_processed: sum.dmp_messages_processed,
			code_upgrade_applied: sum.code_upgrade_applied,
			code_upgrade_announced: sum.code_upgrade_announced,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn a_candidate_that_sends_nothing_shares_the_list_of_its_parent() {
		let sends = |recipient: u32| ConstraintModifications {
			outbound_hrmp: [(
				ParaId(recipient),
				OutboundHrmpChannelModification {
					bytes_submitted: 5,
					messages_submitted: 1,
				},
			)]
			.to_vec(),
			ump_messages_sent: 1,
			..Default::default()
		};
		let one = Cumulative::default().stacked_with(&sends(7));
		let two = one.stacked_with(&ConstraintModifications {
			ump_messages_sent: 2,
			..Default::default()
		});
		let (Some(first), Some(second)) = (&one.outbound_hrmp, &two.outbound_hrmp) else {
			panic!("the path sends something")
		};
		assert!(Arc::ptr_eq(first, second));
		assert_eq!(two.to_modifications().ump_messages_sent, 3);

		let three = two
			.stacked_with(&sends(7))
			.stacked_with(&sends(3))
			.to_modifications();
		assert_eq!(three.sent_to(ParaId(7)).bytes_submitted, 10, "R-MOD-8");
		assert_eq!(three.sent_to(ParaId(3)).messages_submitted, 1, "R-MOD-8");
		assert_eq!(three.outbound_hrmp.len(), 2);
	}
}
