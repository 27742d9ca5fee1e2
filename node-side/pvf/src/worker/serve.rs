//! The worker's end: a loop that does what it is asked.

use super::wire::{self, Answer, Ask, Wire};
use crate::{disk::Compiled, Limits, PreparedPvf, PvfConfig, PvfEngine};
use async_backing_primitives::{ValidationCode, ValidationCodeHash};
use std::{
	collections::VecDeque,
	io::{self, Read, Write},
	process::ExitCode,
};

/// Codes that a worker keeps loaded: those of a group's paras.
const LOADED: usize = 8;

/// Serves the process at the other end of these pipes until it closes them.
///
/// # Errors
/// The pipes break, the other end is of another build, or the engine does not start on this machine.
pub fn serve(mut asks: impl Read, mut answers: impl Write) -> io::Result<()> {
	let config = PvfConfig {
		cached_codes: 0,
		..PvfConfig::default()
	};
	let mut worker = Worker {
		engine: PvfEngine::new(config).map_err(io::Error::other)?,
		loaded: VecDeque::new(),
	};
	while let Some(ask) = wire::read(&mut asks)? {
		wire::write(&mut answers, &worker.answer(ask))?;
	}
	Ok(())
}

/// The main function of a worker: [`serve`] over standard input and output.
pub fn main() -> ExitCode {
	match serve(io::stdin().lock(), io::stdout().lock()) {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("pvf worker: {error}");
			ExitCode::FAILURE
		}
	}
}

struct Worker {
	engine: PvfEngine,
	/// Most recently used last.
	loaded: VecDeque<PreparedPvf>,
}

impl Worker {
	fn answer(&mut self, ask: Ask) -> Answer {
		match ask {
			Ask::Prepare { code, max } => {
				let max = usize::try_from(max).unwrap_or(usize::MAX);
				let prepared = self.engine.prepare_within(&ValidationCode(code), max);
				Answer::Prepared(prepared.map(|pvf| pvf.compiled()).map_err(Wire))
			}
			Ask::Load(code, compiled) => Answer::Loaded(self.load(code, &compiled)),
			Ask::Execute {
				code,
				params,
				memory_pages,
				fuel,
			} => {
				let Some(pvf) = self.loaded(code) else {
					return Answer::Unknown;
				};
				let limits = Limits { memory_pages, fuel };
				Answer::Executed(pvf.validate(&params, &limits).map(Wire).map_err(Wire))
			}
		}
	}

	fn load(
		&mut self,
		code: ValidationCodeHash,
		compiled: &Compiled,
	) -> Result<(), Wire<crate::PrepareError>> {
		let pvf = self.engine.prepared(code, compiled).map_err(Wire)?;
		self.loaded.retain(|known| known.code_hash() != code);
		if self.loaded.len() >= LOADED {
			self.loaded.pop_front();
		}
		self.loaded.push_back(pvf);
		Ok(())
	}

	fn loaded(&mut self, code: ValidationCodeHash) -> Option<&PreparedPvf> {
		let position = self.loaded.iter().position(|pvf| pvf.code_hash() == code)?;
		let pvf = self.loaded.remove(position)?;
		self.loaded.push_back(pvf);
		self.loaded.back()
	}
}
