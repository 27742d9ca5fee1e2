//! The worlds in which the kit tries both sides (feature `laws`): a relay chain whose sessions have their validators in
//! changing order, collators and validators, honest and not.

mod collator;
mod collators;
mod fair;
mod validator;

pub use collator::{CollatorNode, CollatorNodeWords, Dialled, Trade};
pub use collators::Market;
pub use fair::Fair;
pub use validator::{Deed, Happening, ValidatorNode, ValidatorNodeWords};
