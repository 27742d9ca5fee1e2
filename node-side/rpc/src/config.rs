//! What a server is made from.

use serde_json::{Map, Value};
use std::{
	net::{Ipv4Addr, SocketAddr},
	time::Duration,
};

/// What a server is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct RpcConfig {
	/// Where it listens; port 0 takes one that is free. Methods that nodes call unsafe are served on loopback addresses only.
	pub address: SocketAddr,
	/// Name of the chain, `system_chain`.
	pub chain: String,
	/// What wallets show amounts and addresses by, `system_properties`.
	pub properties: Map<String, Value>,
}

impl Default for RpcConfig {
	fn default() -> Self {
		let properties = [
			("ss58Format", Value::from(42)),
			("tokenDecimals", Value::from(12)),
			("tokenSymbol", Value::from("UNIT")),
		];
		Self {
			address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
			chain: "async-backing devnet".into(),
			properties: properties
				.map(|(key, value)| (key.to_owned(), value))
				.into_iter()
				.collect(),
		}
	}
}

/// How fast the time of a run goes by.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Speed {
	/// As fast as this machine is.
	#[default]
	Unbounded,
	/// So many times as fast as the clock on the wall, if this machine is fast enough.
	RealTime(f64),
}

impl Speed {
	/// When, after the begin by the clock on the wall, it is `elapsed` in the run; `None` if that does not matter.
	pub(crate) fn on_the_wall(self, elapsed: Duration) -> Option<Duration> {
		match self {
			Self::RealTime(factor) if factor.is_finite() && factor > 0.0 => {
				Some(Duration::try_from_secs_f64(elapsed.as_secs_f64() / factor).unwrap_or(Duration::MAX))
			}
			Self::RealTime(_) | Self::Unbounded => None,
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn the_time_of_a_run_is_stretched_by_its_speed() {
		let slot = Duration::from_secs(6);
		for (speed, expected) in [
			(Speed::Unbounded, None),
			(Speed::RealTime(1.0), Some(slot)),
			(Speed::RealTime(10.0), Some(Duration::from_millis(600))),
			(Speed::RealTime(0.5), Some(Duration::from_secs(12))),
			(Speed::RealTime(1e-300), Some(Duration::MAX)),
			(Speed::RealTime(0.0), None),
			(Speed::RealTime(f64::NAN), None),
		] {
			assert_eq!(speed.on_the_wall(slot), expected, "{speed:?}");
		}
	}
}
