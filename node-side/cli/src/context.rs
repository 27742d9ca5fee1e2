//! Drawing the execution context of a parablock, out of a run.

mod picture;
mod svg;
mod text;

use self::picture::Picture;
use crate::{
	args::{As, Context, Drawn},
	error::CliError,
	output::Output,
	run_watched,
	runtime::Runtime,
	tree::check_para,
};
use async_backing_devnet::{CandidateContexts, Devnet};
use async_backing_fragment_tree::drawing::short;
use async_backing_primitives::{Hash, HeadHash, ParaId};
use std::path::Path;

/// Runs until the block is built, checked and included, and draws what one of those who execute it has.
pub(crate) fn draw(args: &Context) -> Result<(), CliError> {
	let config = args.run_config();
	config.validate()?;
	check_para(args.para, &config)?;
	check(args)?;
	// Opened before the run, so that nobody waits for a drawing that cannot be written.
	let mut out = Output::open("out", args.out.as_deref().unwrap_or(Path::new("-")))?;
	let (devnet, _) = run_watched(config, Runtime::of(&args.network.runtime)?, Devnet::keep_contexts)?;
	out.write(&drawn(args, &devnet)?)?;
	out.finish()
}

/// The drawing out of a run.
pub(crate) fn drawn(args: &Context, devnet: &Devnet) -> Result<String, CliError> {
	let picture = of_devnet(args, devnet)?;
	Ok(match args.format {
		Drawn::Text => text::draw(&picture),
		Drawn::Svg => svg::draw(&picture),
	})
}

/// Whether the flags fit together.
pub(crate) fn check(args: &Context) -> Result<(), CliError> {
	let flags = [
		("leaf", args.leaf.map(|leaf| leaf.to_string())),
		("parent", args.parent.map(|parent| format!("{parent:?}"))),
	];
	let given = flags.into_iter().find_map(|(flag, value)| Some((flag, value?)));
	if let Some((flag, value)) = given.filter(|_| args.role != As::Backer) {
		return Err(CliError::NoContext {
			flag,
			value,
			reason: "only a backer looks from a leaf, at what a collator names; say '--as backer'".into(),
		});
	}
	if let Some(leaf) = args.leaf.filter(|leaf| *leaf < args.at) {
		return Err(CliError::NoContext {
			flag: "leaf",
			value: leaf.to_string(),
			reason: format!("relay parent {} is not built yet at that leaf", args.at),
		});
	}
	Ok(())
}

fn of_devnet(args: &Context, devnet: &Devnet) -> Result<Picture, CliError> {
	if args.leaf.is_some() || args.parent.is_some() {
		return asked_for(args, devnet);
	}
	let block = find(args, devnet.contexts())?;
	match args.role {
		As::Collator => Ok(Picture::of(&block.collator, block)),
		As::Backer => match block.backers.first().map(|backing| &backing.context) {
			Some(Ok(context)) => Ok(Picture::of(context, block)),
			Some(Err(error)) => Err(no_context(args, error.to_string())),
			None => Err(no_context(args, "no backer got to check the block on it".into())),
		},
		As::Approver => match block.included_in {
			Some(included) => {
				let context = devnet.approver_context(block.candidate)?;
				Ok(Picture::of_approver(&context, block, included.number))
			}
			None => Err(no_context(
				args,
				"the block on it was never included, so nobody approves it".into(),
			)),
		},
	}
}

/// The first block that the para's collators built on the relay parent.
fn find<'a>(args: &Context, contexts: &'a [CandidateContexts]) -> Result<&'a CandidateContexts, CliError> {
	let of_para = || {
		contexts
			.iter()
			.filter(|block| block.receipt.descriptor.para_id() == ParaId(args.para))
	};
	let found = of_para().find(|block| block.relay_parent.number == args.at);
	found.ok_or_else(|| {
		let mut built: Vec<_> = of_para().map(|block| block.relay_parent.number).collect();
		built.dedup();
		let near: Vec<_> = built
			.iter()
			.filter(|number| number.abs_diff(args.at) <= 4)
			.map(ToString::to_string)
			.collect();
		let near = match near.len() {
			0 => String::new(),
			_ => format!("; those near it are {}", near.join(", ")),
		};
		no_context(
			args,
			format!("must be a relay parent that para {} built on{near}", args.para),
		)
	})
}

/// What a backer finds at some leaf to what some collator might say.
fn asked_for(args: &Context, devnet: &Devnet) -> Result<Picture, CliError> {
	let leaf = args.leaf.unwrap_or(args.at);
	let parent = match args.parent {
		Some(parent) => HeadHash(parent),
		None => find(args, devnet.contexts())?.parent_head,
	};
	let relay_parent = relay_block(devnet, args.at)?;
	let view = devnet
		.view(0)
		.ok_or_else(|| no_context(args, "there is no validator".into()))?;
	view.context(ParaId(args.para), relay_parent, parent)
		.map(|context| Picture::asked(&context, args.at, leaf))
		.map_err(|error| {
			use async_backing_prospective_parachains::ContextError::{NotScheduled, OutOfScope};
			let (flag, value) = match (error, args.parent) {
				(OutOfScope { .. } | NotScheduled(_), _) | (_, None) => ("leaf", leaf.to_string()),
				(_, Some(parent)) => ("parent", format!("{parent:?}")),
			};
			let reason = match error {
				OutOfScope { oldest, newest, .. } => format!(
					"relay parent {} is out of scope at that leaf, which has {oldest} to {newest} (R-SCO-3)",
					args.at
				),
				error => error.to_string(),
			};
			CliError::NoContext { flag, value, reason }
		})
}

/// Hash of the relay block with this number.
fn relay_block(devnet: &Devnet, number: u32) -> Result<Hash, CliError> {
	let client = devnet.relay().client();
	let best = client.best();
	let back = best.number.saturating_sub(number) as usize;
	let ancestry = client
		.ancestry(best.hash, back)
		.map_err(async_backing_devnet::DevnetError::from)?;
	Ok(match back {
		0 => best.hash,
		_ => ancestry.last().copied().unwrap_or(best.hash),
	})
}

fn no_context(args: &Context, reason: String) -> CliError {
	CliError::NoContext {
		flag: "at",
		value: args.at.to_string(),
		reason,
	}
}

/// Eight digits of a hash.
fn brief(hash: Hash) -> String {
	short(&format!("{hash:?}")).to_owned()
}

#[cfg(test)]
mod tests;
