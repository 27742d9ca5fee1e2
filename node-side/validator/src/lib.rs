#![doc = include_str!("../README.md")]

mod bitfields;
mod codes;
mod collating;
mod desk;
mod exchange;
#[cfg(feature = "laws")]
pub mod laws;
mod ledger;
mod peer;
mod proposing;
pub mod recording;
mod routes;
mod translate;
mod validator;
mod view;
mod words;
pub mod work;

#[cfg(test)]
mod tests;

pub use async_backing_collator_protocol::{CollatorPeer, Parting, ValidatorSideConfig};
pub use async_backing_statement_distribution::seconded_bound;
pub use bitfields::CheckBitfields;
pub use codes::{CodeDone, CodeEvent, CodeJob};
pub use exchange::{answer_kind_of, kind_of, Answer, Answered, Exchange, Question};
pub use peer::NodePeer;
pub use validator::{NotRecovered, Validator, ValidatorConfig, WantedData};
pub use words::{Done, Event, Job, Message, NodeEvent, NodeWords, Proposing, Request, Response};
