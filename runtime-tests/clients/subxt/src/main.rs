//! The rows of the matrix as subxt meets them: one line of JSON for each, on the standard output.

use async_backing_clients_subxt::{run, Row};
use serde_json::json;

#[tokio::main]
async fn main() {
	let Some(url) = std::env::args().nth(1) else {
		eprintln!("the URL of a devnet, please: ws://127.0.0.1:9944");
		std::process::exit(2);
	};
	for Row { call, outcome } in run(&url).await {
		let (ok, said) = match outcome {
			Ok(said) => (true, said),
			Err(error) => (false, error.to_string()),
		};
		println!("{}", json!({ "call": call, "ok": ok, "said": said }));
	}
}
