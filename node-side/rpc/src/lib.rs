#![doc = include_str!("../README.md")]

mod config;
mod error;
mod gateway;
mod methods;
mod pace;
mod server;
mod system;
mod tasks;

pub use config::{RpcConfig, Speed};
pub use error::RpcError;
pub use gateway::Gateway;
pub use pace::Interrupt;
pub use server::RpcServer;
