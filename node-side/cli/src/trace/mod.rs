//! The road of a parablock: what nodes say of it, who votes for it, and when relay blocks take it.

mod lanes;
mod road;
mod svg;
#[cfg(test)]
mod tests;
mod text;
mod votes;

use crate::{
	args::{Drawn, Trace, Until},
	error::CliError,
	output::Output,
	run_watched,
	runtime::Runtime,
	tree::check_para,
};
use async_backing_devnet::{Devnet, Story, ToldParablock};
use std::path::Path;

/// Runs until the parablocks must be included, and draws what happened to them.
pub(crate) fn draw(args: &Trace) -> Result<(), CliError> {
	let config = args.run_config();
	config.validate()?;
	check_para(args.para, &config)?;
	check(args)?;
	// Opened before the run, so that nobody waits for a drawing that cannot be written.
	let mut out = Output::open("out", args.out.as_deref().unwrap_or(Path::new("-")))?;
	let (devnet, _) = run_watched(config, Runtime::of(&args.network.runtime)?, |devnet| {
		devnet.keep_story();
		devnet.keep_roads();
	})?;
	out.write(&drawn(args, &devnet)?)?;
	out.finish()
}

/// The drawing out of a run whose story and roads were kept.
pub(crate) fn drawn(args: &Trace, devnet: &Devnet) -> Result<String, CliError> {
	let config = args.run_config();
	let validators = config.validators as usize;
	let story = devnet.story()?.ok_or(CliError::Format)?;
	if args.to.is_some() {
		let votes = votes::of(&blocks(args, &story)?, &story, devnet, &config);
		return Ok(match args.format {
			Drawn::Text => text::votes(&votes),
			Drawn::Svg => lanes::draw(&votes),
		});
	}
	let block = blocks(args, &story)?;
	let block = block.first().ok_or(CliError::Format)?;
	let road = road::of(block, &story, devnet, validators, args.until)
		.map_err(|reason| no_road(args, reason.to_owned()))?;
	Ok(match args.format {
		Drawn::Text => text::road(&road),
		Drawn::Svg => svg::draw(&road),
	})
}

/// Whether the flags fit together.
fn check(args: &Trace) -> Result<(), CliError> {
	match args.to.filter(|to| *to < args.at) {
		Some(to) => Err(CliError::OutOfRange {
			name: "to",
			value: to.to_string(),
			allowed: format!("at least {}, where '--at' begins", args.at),
		}),
		None => Ok(()),
	}
}

/// Parablocks of the para on these relay parents, in the order in which they were built.
fn blocks<'a>(args: &Trace, story: &'a Story) -> Result<Vec<&'a ToldParablock>, CliError> {
	let range = args.at..=args.to.unwrap_or(args.at);
	let of_para = || story.parablocks.iter().filter(|block| block.para.0 == args.para);
	let on = |block: &&ToldParablock| {
		block
			.relay_parent_number
			.is_some_and(|number| range.contains(&number))
	};
	let found: Vec<_> = of_para().filter(on).collect();
	if !found.is_empty() {
		return Ok(found);
	}
	let near = of_para()
		.filter_map(|block| block.relay_parent_number)
		.filter(|number| number.abs_diff(args.at) <= 4)
		.map(|number| number.to_string());
	let mut near: Vec<_> = near.collect();
	near.dedup();
	let near = match near.len() {
		0 => String::new(),
		_ => format!("; those near it are {}", near.join(", ")),
	};
	Err(no_road(
		args,
		format!("must be a relay parent that para {} built on{near}", args.para),
	))
}

fn no_road(args: &Trace, reason: String) -> CliError {
	CliError::NoContext {
		flag: if args.until == Until::Included {
			"at"
		} else {
			"until"
		},
		value: match args.until {
			Until::Included => args.at.to_string(),
			Until::Backed => "backed".to_owned(),
			Until::Quorum => "quorum".to_owned(),
		},
		reason,
	}
}
