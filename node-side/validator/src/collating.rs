//! Between the part that hears collators and the others.

use crate::view::LeafView;
use async_backing_backing::{
	Advertised, Backing, Demand as Wanted, SecondingError, SignedStatement, Standing, StatementContent,
	View as _,
};
use async_backing_chain_view::ChainView;
use async_backing_collator_protocol::{Demand, Gate, Offer, Outcome, Verdict};
use async_backing_primitives::{CandidateHash, Hash, HeadData, HeadHash, ParaId, Statement};
use async_backing_prospective_parachains::SharedValidationData;
use async_backing_wire as wire;
use codec::Encode;
use std::sync::Arc;

/// Collators are not told of candidates of more bytes: that is no duty, and nobody waits for it (R-NET-80).
const MOST_TOLD: usize = 16 * 1024;

/// Backing, as the part asks it.
pub(crate) struct BackingGate<'a> {
	pub(crate) backing: &'a Backing,
	pub(crate) view: &'a LeafView,
	pub(crate) chain: &'a ChainView,
}

impl Gate for BackingGate<'_> {
	fn judge(&self, offer: &Offer) -> Verdict {
		let advertised = Advertised {
			candidate: offer.candidate,
			para: offer.para,
			scheduling_parent: offer.scheduling_parent,
			relay_parent: offer.relay_parent,
			parent_head: offer.parent_head,
		};
		match self.backing.can_second(&advertised, self.view) {
			Ok(Standing::Placed) => Verdict::Fetch,
			Ok(Standing::Unconnected) => Verdict::FetchUnconnected,
			Err(error) => verdict(&error),
		}
	}

	fn demand(&self, candidate: CandidateHash) -> Option<Demand> {
		let demand = self.backing.demand(candidate, self.chain)?;
		Some(match demand {
			Wanted::Now => Demand::Now,
			Wanted::Later => Demand::Later,
			Wanted::Never => Demand::Never,
		})
	}

	/// Of a head that the trees know nobody's word is needed. Otherwise it is as it came (R-NET-71), and whoever asks finds out
	/// whether it has this hash.
	fn validation_data(
		&self,
		para: ParaId,
		relay_parent: Hash,
		parent_head: HeadHash,
		sent: Option<&Arc<HeadData>>,
	) -> Option<SharedValidationData> {
		let known = self.view.validation_data(para, relay_parent, parent_head);
		known.or_else(|| self.view.validation_data_behind(para, relay_parent, sent?))
	}
}

fn verdict(error: &SecondingError) -> Verdict {
	use SecondingError as Error;
	match error {
		Error::NoDepth
		| Error::Busy(_)
		| Error::Recalling
		| Error::Disabled(_)
		| Error::NoValidationData(_) => Verdict::Wait,
		Error::NotABacker(_) => Verdict::Wrong("collation for no backer"),
		Error::NotAssigned { .. } => Verdict::Wrong("collation for another group"),
		Error::ZeroLengthCycle(_) => Verdict::Wrong("collation that leads nowhere"),
		Error::Intrinsic(_) | Error::Admission(_) => Verdict::Wrong("collation that the chain refuses"),
		Error::DepthTaken(_) | Error::Rival { .. } | Error::LimitReached => Verdict::Taken,
		Error::UnknownRelayParent(_)
		| Error::AlreadyKnown(_)
		| Error::Inputs(_)
		| Error::PovTooLarge { .. }
		| Error::Failed(_) => Verdict::Useless,
	}
}

/// Whose fault it is that a fetched candidate is not seconded.
pub(crate) fn outcome(error: &SecondingError) -> Outcome {
	use SecondingError as Error;
	match error {
		// No honest collator makes such a candidate (R-NET-88).
		Error::PovTooLarge { .. } | Error::Inputs(_) | Error::Intrinsic(_) | Error::ZeroLengthCycle(_) => {
			Outcome::Invalid
		}
		// The leaf may have another code or other limits than the collator knew.
		Error::Admission(_) => Outcome::Failed,
		Error::NoDepth
		| Error::Busy(_)
		| Error::Recalling
		| Error::Disabled(_)
		| Error::NoValidationData(_) => Outcome::Postponed,
		Error::NotABacker(_)
		| Error::NotAssigned { .. }
		| Error::DepthTaken(_)
		| Error::Rival { .. }
		| Error::LimitReached
		| Error::UnknownRelayParent(_)
		| Error::AlreadyKnown(_)
		| Error::Failed(_) => Outcome::Dropped,
	}
}

/// What the collator of a candidate is told: that this validator seconded it (R-NET-68, R-NET-80). `None` if that is too long.
pub(crate) fn for_collator(statement: &SignedStatement) -> Option<Box<wire::SignedStatement>> {
	let StatementContent::Seconded(candidate) = &statement.content else {
		return None;
	};
	(candidate.receipt.encoded_size() <= MOST_TOLD).then(|| {
		Box::new(wire::SignedStatement {
			payload: Statement::Seconded((*candidate.receipt).clone()),
			validator_index: statement.validator_index,
			signature: statement.signature.clone(),
		})
	})
}
