//! Cores, claims, orders and groups over blocks and sessions.

mod accounting;
mod groups;
mod leases;
mod load;
mod orders;
mod paid;
mod price;
mod stability;
mod try_state;
