#![doc = include_str!("../README.md")]

mod collator_side;
mod gate;
mod job;
#[cfg(feature = "laws")]
pub mod laws;
mod offer;
#[cfg(any(test, feature = "laws"))]
mod town;
mod validator_side;
mod words;

pub use collator_side::{
	Collation, CollatorEffect, CollatorSide, CollatorSideConfig, OfferError, MAX_COLLATIONS,
	MAX_HEAD_WITH_COLLATION, MAX_VALIDATORS_HEARD, RECONNECT_AFTER,
};
pub use gate::{Demand, Gate, Verdict};
pub use job::{run, CheckCollation, Hashes};
pub use offer::{Offer, OfferFault};
pub use validator_side::{
	memory_bound, Around, Claims, FetchedCollation, Outcome, Parting, SlotClock, Unheard, ValidatorEffect,
	ValidatorSide, ValidatorSideConfig, DECLARE_WITHIN, HOLD, IDLE, IN_HAND, MAX_ATTEMPTS, MAX_BESIDE,
	MAX_COLLATORS, MAX_COLLATORS_PER_PARA, TICK,
};
pub use words::{
	CollationAnswer, CollationAsked, CollatorPeer, CollatorSideWords, ValidatorPeer, ValidatorSideWords,
};

#[cfg(test)]
mod tests;
