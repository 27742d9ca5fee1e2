//! The nodes: cores in the words of the devnet.

mod collator;
mod validator;

pub(crate) use collator::{Card, CollatorCore, Turns};
pub(crate) use validator::ValidatorCore;
