#![doc = include_str!("../README.md")]

mod batch;
mod core;
mod id;
mod input;
#[cfg(feature = "laws")]
pub mod laws;
mod outbox;
mod output;
mod part;
mod words;

pub use crate::core::Core;
pub use async_backing_wire::{Cost, Gain};
pub use batch::{Batch, Snapshot};
pub use id::{BatchId, JobId, PeerId, ProposeId, RequestId, Ticket, TimerId};
pub use input::{Input, JobFailure, PeerEvent, RequestFailure};
pub use outbox::{Outbox, DEFAULT_ROOM};
pub use output::{Judgement, Output, Priority, Recipients, Refusal};
pub use part::{Part, Said};
pub use words::{Never, Words};

use std::time::Duration;

/// A point in time, as the time since a moment that the driver chose and never moves. Only differences mean something.
pub type Instant = Duration;
