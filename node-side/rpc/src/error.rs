//! Why there is no server.

use jsonrpsee::core::RegisterMethodError;
use std::{io, net::SocketAddr};
use thiserror::Error;

/// Why there is no server.
#[derive(Debug, Error)]
pub enum RpcError {
	/// Somebody else listens there.
	#[error("{0} is taken by another program")]
	Taken(SocketAddr),
	/// This machine does not let us listen there.
	#[error("cannot listen at {address}: {source}")]
	Listen {
		/// Where.
		address: SocketAddr,
		/// Why not.
		source: io::Error,
	},
	/// The threads that answer do not start.
	#[error("the threads of the server do not start: {0}")]
	Threads(#[from] io::Error),
	/// Two methods have one name.
	#[error("the methods of the server: {0}")]
	Methods(#[from] RegisterMethodError),
	/// The server does not start for another reason.
	#[error("the server does not start: {0}")]
	Start(Box<dyn std::error::Error + Send + Sync>),
}

impl RpcError {
	/// What became of a server that was to listen at `address`.
	pub(crate) fn of_start(address: SocketAddr, error: Box<dyn std::error::Error + Send + Sync>) -> Self {
		match error.downcast::<io::Error>() {
			Ok(source) if source.kind() == io::ErrorKind::AddrInUse => Self::Taken(address),
			Ok(source) => Self::Listen {
				address,
				source: *source,
			},
			Err(other) => Self::Start(other),
		}
	}
}
