//! The nodes: cores in the words of the devnet.

mod collator;
mod validator;
mod wired;

pub(crate) use collator::{Card, CollatorCore, Turns};
pub(crate) use validator::ValidatorCore;
pub(crate) use wired::Wired;
