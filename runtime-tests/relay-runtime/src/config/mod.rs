//! The pallets' configurations, by group.

pub(crate) mod consensus;
pub(crate) mod messages;
mod parachains;
mod system;
