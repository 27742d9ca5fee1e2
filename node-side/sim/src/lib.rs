#![doc = include_str!("../README.md")]

pub mod clock;
mod config;
mod fault;
mod links;
mod node;
mod processor;
mod scenario;
mod sim;
mod trace;

#[cfg(test)]
mod tests;

pub use async_backing_machine::Instant;
pub use clock::Clock;
pub use config::{Ban, ConfigError, Limits, SimConfig, SimError};
pub use fault::{Effect, Fault, Kind, Moment, Nodes, ALL, ALWAYS};
pub use links::{Link, NodeId, Topology, Uplink, OVERHEAD};
pub use node::Counters;
pub use processor::{Price, Processor};
pub use scenario::{Agenda, Scenario, Sent};
pub use sim::Sim;
pub use trace::{Digest, Hash, Loss, Observer, Step, Trace, What};
