#![doc = include_str!("../README.md")]

mod interface;
mod message;
mod validator;
mod view;

#[cfg(test)]
mod tests;

pub use interface::{Input, Notice, Output, Timer};
pub use message::{Advertisement, Message, Peer};
pub use validator::{Signer, Validator, ValidatorConfig};
