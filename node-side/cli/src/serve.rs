//! Serving a run's relay chain to clients.

use crate::{error::CliError, output, watch::Pace};
use async_backing_devnet::Devnet;
use async_backing_rpc::{RpcConfig, RpcServer, Speed};
use clap::Args;
use std::{
	net::{IpAddr, Ipv4Addr, SocketAddr},
	time::Duration,
};

/// Whoever has use for a clock on the wall: clients, and those who watch.
pub(crate) const SEEN: &str = "seen";
/// How often the client tidies up while it only serves.
const TIDYING: Duration = Duration::from_secs(1);

/// Clients and clocks of a run; see docs/guide/clients.md.
#[derive(Args, Clone, Copy, Debug)]
#[command(next_help_heading = "Clients")]
pub(crate) struct Serving {
	/// Serves the relay chain over JSON-RPC, as a node does, by HTTP and WebSocket. Port 0 takes one that is free; the
	/// address is told on the error output.
	#[arg(long, value_name = "PORT", group = SEEN)]
	rpc: Option<u16>,
	/// Where to listen. Others than this machine can be let in, but not to methods that change the node.
	#[arg(long, value_name = "IP", requires = "rpc", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
	rpc_address: IpAddr,
	/// A slot takes six seconds by the clock on the wall, or so many times less: --real-time=10.
	#[arg(long, value_name = "FACTOR", num_args = 0..=1, require_equals = true, default_missing_value = "1", requires = SEEN, value_parser = factor)]
	real_time: Option<f64>,
	/// Goes on serving after the last block, until it is interrupted (Ctrl-C).
	#[arg(long, requires = "rpc")]
	keep_serving: bool,
}

impl Serving {
	/// Starts to serve a run that has not begun, if that is asked for.
	///
	/// # Errors
	/// The port is taken, or the server does not start for another reason.
	pub(crate) fn start(self, devnet: &mut Devnet) -> Result<Option<RpcServer>, CliError> {
		let Some(port) = self.rpc else {
			if let Some(factor) = self.real_time {
				devnet.set_outside(Pace::new(factor));
			}
			return Ok(None);
		};
		let config = RpcConfig {
			address: SocketAddr::new(self.rpc_address, port),
			..RpcConfig::default()
		};
		let server = RpcServer::start(devnet.relay().client(), &config)?;
		#[cfg(unix)]
		server.stop_on_signals()?;
		devnet.set_outside(server.gateway(self.real_time.map_or(Speed::Unbounded, Speed::RealTime)));
		output::say(format_args!("serving JSON-RPC at ws://{}", server.address()));
		Ok(Some(server))
	}

	/// Goes on serving a run that has ended, if that is asked for, until somebody interrupts.
	pub(crate) fn finish(self, devnet: &Devnet, server: RpcServer) {
		let interrupt = server.interrupt();
		if self.keep_serving && !interrupt.is_stopped() {
			output::say("the run has ended; serving until interrupted");
			while !interrupt.wait(TIDYING) {
				devnet.relay().client().poll_tasks();
			}
		}
		server.stop();
	}
}

fn factor(text: &str) -> Result<f64, String> {
	let factor: f64 = text.parse().map_err(|_| "must be a number".to_owned())?;
	if (0.01..=1000.0).contains(&factor) {
		Ok(factor)
	} else {
		Err("must be at least 0.01 and at most 1000".to_owned())
	}
}

#[cfg(test)]
mod tests {
	use crate::args::{Cli, Command};
	use clap::Parser;

	fn parse(line: &str) -> Result<super::Serving, clap::Error> {
		let words = std::iter::once("async-backing").chain(line.split_whitespace());
		Cli::try_parse_from(words).map(|cli| match cli.command {
			Command::Dev(dev) => dev.serving,
			_ => panic!("{line}"),
		})
	}

	#[test]
	fn nothing_is_served_unless_a_port_is_given() {
		assert_eq!(parse("dev").map(|serving| serving.rpc).ok(), Some(None));
		for line in ["dev --real-time", "dev --keep-serving", "dev --rpc-address ::1"] {
			let error = parse(line).expect_err(line).to_string();
			assert!(error.contains("--rpc <PORT>"), "{error}");
		}
	}

	#[test]
	fn a_run_goes_by_the_clock_or_faster() {
		for (line, expected) in [
			("dev --rpc 0", None),
			("dev --rpc 0 --real-time", Some(1.0)),
			("dev --rpc 9944 --real-time --keep-serving", Some(1.0)),
			("dev --rpc 9944 --real-time=10", Some(10.0)),
		] {
			assert_eq!(
				parse(line).ok().map(|serving| serving.real_time),
				Some(expected),
				"{line}"
			);
		}
		for line in [
			"dev --rpc 0 --real-time=0",
			"dev --rpc 0 --real-time=fast",
			"dev --rpc 65536",
		] {
			assert_eq!(parse(line).expect_err(line).exit_code(), 2);
		}
	}
}
