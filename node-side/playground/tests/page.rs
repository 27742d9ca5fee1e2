//! The page in docs is what its sources and the crates make of it: nothing of it is written by hand, or stale.

use async_backing_playground::{page, play, presets_json, random, Game};
use std::path::Path;
use wasmtime::{Caller, Engine, Extern, Instance, Linker, Module, Store};

const HINT: &str = "`make playground` writes it anew";
/// Most that the Wasm may take, in bytes.
const MOST: usize = 600_000;

fn committed() -> String {
	let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/playground/index.html");
	std::fs::read_to_string(path).expect("the page is there; `make playground` writes it")
}

struct Host {
	engine: Engine,
	module: Module,
}

impl Host {
	fn new(wasm: &[u8]) -> Self {
		let engine = Engine::default();
		let module = Module::new(&engine, wasm).expect("it is a module");
		Self { engine, module }
	}

	/// An instance for one call, as the page makes one.
	fn instance(&self) -> (Store<()>, Instance) {
		let mut linker = Linker::new(&self.engine);
		linker
			.func_wrap(
				"env",
				"ext_logging_log_version_1",
				|mut caller: Caller<'_, ()>, _: i32, _: i64, message: i64| -> wasmtime::Result<()> {
					let said = text(&mut caller, message as u64);
					Err(wasmtime::Error::msg(said))
				},
			)
			.expect("it is defined once");
		linker
			.func_wrap(
				"env",
				"ext_hashing_blake2_256_version_1",
				|mut caller: Caller<'_, ()>, data: i64| -> wasmtime::Result<i32> {
					let own = caller.get_export("blake2_256").and_then(Extern::into_func);
					let own = own.ok_or_else(|| wasmtime::Error::msg("it is not exported"))?;
					own.typed::<i64, i32>(&caller)?.call(&mut caller, data)
				},
			)
			.expect("it is defined once");
		let mut store = Store::new(&self.engine, ());
		let instance = linker
			.instantiate(&mut store, &self.module)
			.expect("it asks for nothing else");
		(store, instance)
	}

	fn play(&self, game: &str) -> String {
		let (mut store, instance) = self.instance();
		let room = instance
			.get_typed_func::<u32, u32>(&mut store, "room")
			.expect("it is exported");
		let at = room.call(&mut store, game.len() as u32).expect("there is room");
		let memory = instance.get_memory(&mut store, "memory").expect("it is exported");
		memory
			.write(&mut store, at as usize, game.as_bytes())
			.expect("it is as long as that");
		let play = instance
			.get_typed_func::<(u32, u32), u64>(&mut store, "play")
			.expect("it is exported");
		let said = play.call(&mut store, (at, game.len() as u32)).expect("it ends");
		read(memory.data(&store), said)
	}

	fn presets(&self) -> String {
		let (mut store, instance) = self.instance();
		let presets = instance
			.get_typed_func::<(), u64>(&mut store, "presets")
			.expect("it is exported");
		let said = presets.call(&mut store, ()).expect("it ends");
		let memory = instance.get_memory(&mut store, "memory").expect("it is exported");
		read(memory.data(&store), said)
	}
}

fn text(caller: &mut Caller<'_, ()>, packed: u64) -> String {
	match caller.get_export("memory") {
		Some(Extern::Memory(memory)) => read(memory.data(&caller), packed),
		_ => String::new(),
	}
}

fn read(memory: &[u8], packed: u64) -> String {
	let (at, len) = ((packed & u64::from(u32::MAX)) as usize, (packed >> 32) as usize);
	let bytes = memory.get(at..at + len).expect("it is in memory");
	String::from_utf8(bytes.to_vec()).expect("it is text")
}

#[test]
fn the_page_is_what_its_sources_make() {
	assert!(
		page::is_current(&committed()),
		"markup, styles or script have changed: {HINT}"
	);
	let wasm = page::wasm_of(&committed()).expect("there is Wasm in it");
	assert!(wasm.len() < MOST, "{} bytes of Wasm", wasm.len());
	assert_eq!(page::html(&wasm), committed(), "{HINT}");
}

/// A thousand moves, and what there is to see after each: the Wasm in the page beside the crates.
#[test]
fn r_base_18_every_verdict_in_the_page_is_the_crates_own() {
	let host = Host::new(&page::wasm_of(&committed()).expect("there is Wasm in it"));
	assert_eq!(host.presets(), presets_json(), "{HINT}");
	for seed in 100..120 {
		let game = random::game(seed, 50);
		for (at, look) in game.looks.iter().enumerate() {
			let asked = Game {
				moves: game.moves[..=at].to_vec(),
				look: look.clone(),
			};
			let asked = serde_json::to_string(&asked).expect("it is JSON");
			assert_eq!(host.play(&asked), play(&asked), "seed {seed}, move {at}: {HINT}");
		}
	}
}
