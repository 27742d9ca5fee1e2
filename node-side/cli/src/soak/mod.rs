//! `soak`: runs with faults that are drawn from a seed, each judged after every event.
//!
//! A run is nothing but arguments of `dev`. Of one in which something breaks parts are taken away as long as the same thing
//! breaks without them; what is left is written for `rerun`.

#[cfg(test)]
mod limits;
mod mix;
mod state;
mod told;

use crate::{
	args,
	error::CliError,
	output::{self, Output},
	page,
	rerun::{self, Stopped},
	runtime::Runtime,
};
use async_backing_devnet::{DevnetError, RunReport, Violation};
use indicatif::{ProgressBar, ProgressStyle};
use mix::Plan;
use state::{Outcome, State};
use std::{collections::BTreeMap, time::Instant};

/// What a run came to.
enum Came {
	Whole(Box<RunReport>),
	Broke(Box<Violation>),
}

/// Makes the run of a plan.
fn run(plan: &Plan, runtime: &Runtime) -> Result<Came, CliError> {
	let dev = rerun::dev(&plan.arguments()).map_err(|error| CliError::NoRerun {
		path: plan.arguments().join(" "),
		reason: error.to_string(),
	})?;
	match rerun::quietly(&dev, runtime) {
		Ok(report) => Ok(Came::Whole(Box::new(report))),
		Err(CliError::Devnet(DevnetError::Violated(violation))) => Ok(Came::Broke(violation)),
		Err(error) => Err(error),
	}
}

/// Takes parts of a plan away as long as the same thing breaks, in so many runs at most.
fn shrink(
	plan: Plan,
	violation: Box<Violation>,
	most: u32,
	mut run: impl FnMut(&Plan) -> Result<Came, CliError>,
) -> Result<(Plan, Box<Violation>, u32), CliError> {
	let (mut least, mut broken, mut runs) = (plan, violation, 0);
	loop {
		let mut found = None;
		for smaller in least.smaller() {
			if runs >= most {
				return Ok((least, broken, runs));
			}
			runs += 1;
			match run(&smaller)? {
				Came::Broke(violation) if violation.invariant == broken.invariant => {
					found = Some((smaller, violation));
					break;
				}
				_ => {}
			}
		}
		match found {
			Some(found) => (least, broken) = found,
			None => return Ok((least, broken, runs)),
		}
	}
}

/// Sums of what runs came to.
#[derive(Debug, Default)]
struct Sums {
	runs: u32,
	relay_blocks: u64,
	built: u64,
	included: u64,
	broke: BTreeMap<String, u32>,
	/// Runs of which it is noticed that something goes wrong.
	noticed: u32,
}

impl Sums {
	fn add(&mut self, outcome: &Outcome, plan: &Plan) {
		self.noticed = self
			.noticed
			.saturating_add(u32::from(outcome.is_noticed(&plan.mix)));
		self.runs = self.runs.saturating_add(1);
		self.relay_blocks = self.relay_blocks.saturating_add(outcome.relay_blocks.into());
		self.built = self.built.saturating_add(outcome.built.into());
		self.included = self.included.saturating_add(outcome.included.into());
		if let Some(invariant) = &outcome.broke {
			*self.broke.entry(invariant.clone()).or_default() += 1;
		}
	}

	fn text(&self) -> String {
		let broke: Vec<_> = self
			.broke
			.iter()
			.map(|(name, runs)| format!("{name} in {runs}"))
			.collect();
		let broke = match broke.is_empty() {
			true => "nothing broke".to_owned(),
			false => format!("broke: {}", broke.join(", ")),
		};
		format!(
			"{} runs, {} relay blocks, {} of {} parablocks included; {broke}",
			self.runs, self.relay_blocks, self.included, self.built
		)
	}
}

/// Makes the runs that were asked for.
pub(crate) fn soak(args: &args::Soak) -> Result<(), CliError> {
	let runtime = Runtime::of(&args.runtime)?;
	let mut state = State::open(args)?;
	page::check(args.report.as_deref(), false)?;
	let page = || {
		args.report
			.as_deref()
			.map(|path| Output::open("report", path))
			.transpose()
	};
	// Whether it can be written is known before the first run.
	drop(page()?);
	let to_stdout = page::is_stdout(args.report.as_deref());
	let mut outcomes = Vec::new();
	let bar = bar(args.runs);
	let mut sums = Sums::default();
	let began = Instant::now();
	let mut number: u32 = 0;
	while args.runs.is_none_or(|runs| number < runs) {
		let plan = Plan::draw(args, number);
		if let Some(outcome) = state.known(number) {
			sums.add(outcome, &plan);
			outcomes.push(outcome.clone());
			number = number.saturating_add(1);
			bar.inc(1);
			continue;
		}
		bar.set_message(format!("run {number}; {}", sums.text()));
		let outcome = match run(&plan, &runtime)? {
			Came::Whole(report) => Outcome::whole(number, &report),
			Came::Broke(violation) => {
				let mut outcome = Outcome::broke(number, &violation);
				say(
					&bar,
					&format!("run {number}: {violation}\n  async-backing dev {}", plan.line()),
				)?;
				// Beyond what may go wrong it is enough that it is noticed.
				if !args.beyond {
					let (least, violation, runs) = shrink(plan.clone(), violation, args.shrink, |plan| {
						bar.set_message(format!("run {number} made smaller"));
						self::run(plan, &runtime)
					})?;
					let path = Stopped::new(least.arguments(), &violation).keep()?;
					outcome.smaller = Some((least.line(), path.display().to_string()));
					say(
						&bar,
						&format!(
							"  after {runs} runs to make it smaller, in {}: {violation}\n  async-backing dev {}",
							path.display(),
							least.line()
						),
					)?;
				}
				outcome
			}
		};
		state.add(&outcome)?;
		sums.add(&outcome, &plan);
		outcomes.push(outcome.clone());
		// To the standard output once, when all is done.
		if let Some(out) = page()?.filter(|_| !to_stdout) {
			told::write(out, args, &outcomes)?;
		}
		bar.inc(1);
		number = number.saturating_add(1);
		if outcome.broke.is_some() && !args.keep_going && !args.beyond {
			break;
		}
	}
	bar.finish_and_clear();
	let seconds = began.elapsed().as_secs();
	if !to_stdout {
		output::print(&format!("{} ({seconds} s)\n", sums.text()))?;
	}
	if let Some(out) = page()? {
		told::write(out, args, &outcomes)?;
	}
	if let Some(path) = &args.report {
		page::tell(path, to_stdout)?;
	}
	let broke: u32 = sums.broke.values().sum();
	match (args.beyond, broke) {
		(false, 0) => Ok(()),
		(false, runs) => Err(CliError::Broke { runs }),
		(true, _) if sums.noticed == sums.runs => Ok(()),
		(true, _) => Err(CliError::Unnoticed {
			runs: sums.runs.saturating_sub(sums.noticed),
		}),
	}
}

fn say(bar: &ProgressBar, text: &str) -> Result<(), CliError> {
	bar.suspend(|| output::print(&format!("{text}\n")))
}

fn bar(runs: Option<u32>) -> ProgressBar {
	let (bar, template) = match runs {
		Some(runs) => (
			ProgressBar::new(runs.into()),
			"{bar:30} {pos}/{len} runs [{elapsed}, {eta} left] {msg}",
		),
		None => (ProgressBar::new_spinner(), "{pos} runs [{elapsed}] {msg}"),
	};
	if let Ok(style) = ProgressStyle::with_template(template) {
		bar.set_style(style);
	}
	bar
}

#[cfg(test)]
mod tests {
	use super::*;
	use async_backing_devnet::{Invariant, Trouble};
	use std::time::Duration;

	fn violation(invariant: Invariant) -> Box<Violation> {
		Box::new(Violation {
			invariant,
			message: String::new(),
			seed: 0,
			at: Duration::ZERO,
			event: 0,
			trace: [0; 32],
			last: Vec::new(),
		})
	}

	/// Breaks as long as two of its troubles are there.
	#[test]
	fn what_is_left_is_what_it_takes() {
		let troubles = ["v1=mute", "v2=mute", "c0=mute", "c1=invalid"];
		let troubles = troubles.map(|text| Trouble::misconduct(text).expect("it reads"));
		let culprits = [troubles[1].clone(), troubles[3].clone()];
		let mut plan = Plan::draw(
			&args::Soak {
				seed: 1,
				..mix::tests::soak(10)
			},
			0,
		);
		plan.mix.troubles = troubles.into();
		let run = |plan: &Plan| {
			let breaks = culprits.iter().all(|culprit| plan.mix.troubles.contains(culprit));
			let invariant = match breaks {
				true => Invariant::ParaLives,
				// What breaks otherwise is something else.
				false => Invariant::OfferIsTaken,
			};
			Ok(Came::Broke(violation(invariant)))
		};
		let (least, broken, runs) =
			shrink(plan.clone(), violation(Invariant::ParaLives), 40, run).expect("nothing fails");
		assert_eq!(least.mix.troubles, culprits);
		assert_eq!((least.mix.forks, least.mix.empty_slots), (0, 0));
		assert_eq!(broken.invariant, Invariant::ParaLives);
		assert!(runs <= 40);
		let (same, _, runs) =
			shrink(plan.clone(), violation(Invariant::ParaLives), 0, run).expect("nothing fails");
		assert_eq!((same, runs), (plan, 0));
	}
}
