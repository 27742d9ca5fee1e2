//! A worker process of `async_backing_pvf::Workers`, and nothing else.

fn main() -> std::process::ExitCode {
	async_backing_pvf::worker::main()
}
