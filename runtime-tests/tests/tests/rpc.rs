//! A devnet that is served to clients: the same run, their transactions in its blocks, finality as its nodes hear of it.

mod common;

use async_backing_counter_parachain::Producer;
use async_backing_devnet::{Devnet, Parachain, RunConfig, RunReport};
use async_backing_primitives::{ParaId, ValidationCode};
use async_backing_relay_runtime::transactions;
use async_backing_rpc::{RpcConfig, RpcError, RpcServer, Speed};
use codec::Encode;
use common::{executor, relay_wasm};
use serde_json::{json, Value};
use std::{
	io::{Read, Write},
	net::{SocketAddr, TcpStream},
	time::{Duration, Instant},
};

/// How far finality is behind the newest block, for the nodes of a run.
const FINALITY_LAG: u64 = 3;

fn devnet(blocks: u32) -> Devnet {
	let config = RunConfig {
		blocks,
		seed: 16,
		paras: 1,
		validators: 3,
		..RunConfig::default()
	};
	let code = async_backing_counter_parachain::WASM_BINARY.expect("these tests need the compiled parachain");
	let code = ValidationCode(code.to_vec());
	let parachain = |para| Parachain::new(code.clone(), Producer::new(config.seed, para, 4));
	let parachains = config.para_ids().map(parachain).collect();
	Devnet::with_runtime_executor(config, relay_wasm(), parachains, executor()).expect("the genesis is valid")
}

fn serve(devnet: &mut Devnet, speed: Speed) -> RpcServer {
	let server = RpcServer::start(devnet.relay().client(), &RpcConfig::default()).expect("a port is free");
	devnet.set_outside(server.gateway(speed));
	server
}

/// One request over HTTP.
fn request(server: SocketAddr, method: &str, params: Value) -> Value {
	let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
	let mut stream = TcpStream::connect(server).expect("the server listens");
	let head = format!(
		"POST / HTTP/1.1\r\nHost: {server}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
		body.len()
	);
	stream.write_all((head + &body).as_bytes()).expect("it reads");
	let mut answer = String::new();
	stream.read_to_string(&mut answer).expect("it answers");
	let (_, body) = answer.split_once("\r\n\r\n").expect("HTTP has a body");
	let begin = body.find('{').expect("the body is JSON");
	let end = body.rfind('}').expect("the body is JSON");
	serde_json::from_str(&body[begin..=end]).expect("the body is JSON")
}

fn result(server: &RpcServer, method: &str, params: Value) -> Value {
	let answer = request(server.address(), method, params);
	assert!(answer["error"].is_null(), "{method}: {answer}");
	answer["result"].clone()
}

fn hex(bytes: &[u8]) -> String {
	let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
	format!("0x{digits}")
}

/// What a run came to, less the time that it took.
fn outcome(devnet: &Devnet, report: RunReport) -> (String, async_backing_devnet::sim::Trace) {
	(report.head, devnet.trace())
}

#[test]
fn a_run_that_is_served_is_the_same_run() {
	let mut alone = devnet(8);
	let report = alone.run(|_| ()).expect("the relay chain runs");
	let alone = outcome(&alone, report);

	let mut served = devnet(8);
	let server = serve(&mut served, Speed::Unbounded);
	let report = served.run(|_| ()).expect("the relay chain runs");
	assert_eq!(outcome(&served, report), alone);
	server.stop();
}

#[test]
fn a_transaction_is_in_the_next_block_and_final_some_blocks_later() {
	let mut devnet = devnet(6);
	let server = serve(&mut devnet, Speed::Unbounded);
	let genesis = devnet.relay().client().genesis_hash();
	let sent: Vec<_> = [0, 1]
		.map(|nonce| transactions::order(nonce, genesis, ParaId(2000)))
		.into();
	// The second first: it waits in the pool for the one before it.
	for transaction in sent.iter().rev() {
		let hash = result(
			&server,
			"author_submitExtrinsic",
			json!([hex(&transaction.encode())]),
		);
		assert!(hash.is_string(), "{hash}");
	}
	let bad = request(server.address(), "author_submitExtrinsic", json!(["0x00"]));
	assert!(bad["error"].is_object(), "{bad}");

	devnet.run(|_| ()).expect("the relay chain runs");
	let first = result(&server, "chain_getBlockHash", json!([1]));
	let block = result(&server, "chain_getBlock", json!([first]));
	let body = block["block"]["extrinsics"]
		.as_array()
		.expect("a block has extrinsics")
		.clone();
	let places: Vec<_> = sent
		.iter()
		.map(|transaction| {
			body.iter()
				.position(|extrinsic| *extrinsic == json!(hex(&transaction.encode())))
		})
		.collect();
	let last = body.len() - 1;
	assert_eq!(
		places,
		[Some(last - 1), Some(last)],
		"behind the inherents, in the order of their nonces"
	);
	assert_eq!(result(&server, "author_pendingExtrinsics", json!([])), json!([]));

	let head = result(&server, "chain_getFinalizedHead", json!([]));
	let head = result(&server, "chain_getHeader", json!([head]));
	assert_eq!(head["number"], json!(format!("0x{:x}", 6 - FINALITY_LAG)));
	let methods = result(&server, "rpc_methods", json!([]));
	assert_eq!(methods["methods"], json!(server.methods()));
}

#[test]
fn time_is_that_of_the_wall_if_it_is_wanted_and_a_run_can_be_interrupted() {
	// Four slots of six seconds, thirty times as fast; the fifth is not waited for.
	let mut timed = devnet(4);
	let server = serve(&mut timed, Speed::RealTime(30.0));
	let began = Instant::now();
	timed.run(|_| ()).expect("the relay chain runs");
	assert!(
		began.elapsed() >= Duration::from_millis(600),
		"{:?}",
		began.elapsed()
	);
	server.stop();

	let mut slow = devnet(1000);
	let server = serve(&mut slow, Speed::RealTime(1.0));
	let interrupt = server.interrupt();
	let report = slow.run(|_| interrupt.stop()).expect("the relay chain runs");
	assert_eq!(report.relay_blocks, 1);
}

#[test]
fn a_port_that_is_taken_is_an_error_that_says_so() {
	let devnet = devnet(1);
	let server = RpcServer::start(devnet.relay().client(), &RpcConfig::default()).expect("a port is free");
	let config = RpcConfig {
		address: server.address(),
		..RpcConfig::default()
	};
	let error = RpcServer::start(devnet.relay().client(), &config).expect_err("the port is taken");
	assert!(
		matches!(error, RpcError::Taken(address) if address == server.address()),
		"{error:?}"
	);
	assert_eq!(
		error.to_string(),
		format!("{} is taken by another program", server.address())
	);
}
