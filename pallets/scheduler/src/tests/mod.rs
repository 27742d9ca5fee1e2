//! Cores, claims, orders and groups over blocks and sessions.

mod groups;
mod leases;
mod orders;
mod stability;
