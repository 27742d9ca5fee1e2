//! Rules of the network, each in a small town.

mod collator;
mod validator;
