//! Drawing the fragment tree of a para.

mod example;
mod scope;
mod slide;

use crate::{
	args::{Format, Tree},
	error::CliError,
	output::Output,
	run_devnet,
	runtime::Runtime,
};
use async_backing_devnet::{Devnet, RunConfig};
use async_backing_fragment_tree::{Drawing, FragmentTree};
use async_backing_primitives::ParaId;
use std::path::Path;

pub(crate) use slide::keys as slides;

/// Runs up to the leaf, or makes a tree up, and draws it.
pub(crate) fn draw(args: &Tree) -> Result<(), CliError> {
	let config = args.run_config();
	if args.example.is_none() && args.slide.is_none() {
		check(args, &config)?;
	}
	// Opened before the run, so that nobody waits for a drawing that cannot be written.
	let mut out = Output::open("out", args.out.as_deref().unwrap_or(Path::new("-")))?;
	let mut devnet = None;
	let drawing = drawn(args, || {
		Ok(&*devnet.insert(run_devnet(config, Runtime::of(&args.network.runtime)?)?.0))
	})?;
	out.write(&drawing)?;
	out.finish()
}

/// The drawing, out of a run if it is not a made-up one.
pub(crate) fn drawn<'a>(
	args: &Tree,
	devnet: impl FnOnce() -> Result<&'a Devnet, CliError>,
) -> Result<String, CliError> {
	if let Some(key) = &args.slide {
		return slide::drawn(key, args.step, args.format);
	}
	if args.all {
		return sheet(&all_of_devnet(args, devnet()?)?, args.format);
	}
	if args.scope {
		return with_tree(args, devnet()?, |tree| scope::told(tree.scope()));
	}
	let drawing = match args.example {
		Some(candidates) => example::tree(candidates, args.seed()).drawing(),
		None => of_devnet(args, devnet()?)?,
	};
	write(&drawing, args.format)
}

/// Whether there is such a para and such a validator.
fn check(args: &Tree, config: &RunConfig) -> Result<(), CliError> {
	config.validate()?;
	check_para(args.para, config)?;
	if args.validator >= config.validators as usize {
		return Err(CliError::OutOfRange {
			name: "validator",
			value: args.validator.to_string(),
			allowed: format!("at most {}", config.validators.saturating_sub(1)),
		});
	}
	Ok(())
}

/// Whether there is such a para in a run.
pub(crate) fn check_para(para: u32, config: &RunConfig) -> Result<(), CliError> {
	let paras: Vec<_> = config.para_ids().map(|para| para.to_string()).collect();
	if paras.contains(&para.to_string()) {
		return Ok(());
	}
	Err(CliError::OutOfRange {
		name: "para",
		value: para.to_string(),
		allowed: format!("one of {}", paras.join(", ")),
	})
}

fn of_devnet(args: &Tree, devnet: &Devnet) -> Result<Drawing, CliError> {
	with_tree(args, devnet, FragmentTree::drawing)
}

fn with_tree<T>(args: &Tree, devnet: &Devnet, of: impl FnOnce(&FragmentTree) -> T) -> Result<T, CliError> {
	let view = devnet.view(args.validator);
	let tree = devnet
		.leaf()
		.zip(view.as_deref())
		.and_then(|(leaf, view)| view.tree(leaf, ParaId(args.para)));
	// In the last block of a session nobody schedules anything.
	let tree = tree.ok_or_else(|| CliError::OutOfRange {
		name: "at",
		value: args.at.to_string(),
		allowed: "a block at which the para is scheduled".to_owned(),
	})?;
	Ok(of(tree))
}

/// Every tree of a validator's view, oldest leaf first.
fn all_of_devnet(args: &Tree, devnet: &Devnet) -> Result<Vec<Drawing>, CliError> {
	let view = devnet.view(args.validator);
	let view = view.as_deref().ok_or_else(|| CliError::OutOfRange {
		name: "at",
		value: args.at.to_string(),
		allowed: "a block at which the validator runs".to_owned(),
	})?;
	let mut leaves: Vec<_> = view.leaves().collect();
	leaves.sort_by_key(|leaf| (leaf.number, leaf.hash));
	let trees = leaves.into_iter().flat_map(|leaf| view.trees_at(leaf.hash));
	Ok(trees.map(|(_, tree)| tree.drawing()).collect())
}

/// Several trees, one below another.
fn sheet(drawings: &[Drawing], format: Format) -> Result<String, CliError> {
	match format {
		Format::Text => Ok(drawings
			.iter()
			.map(|drawing| drawing.text())
			.collect::<Vec<_>>()
			.join("\n")),
		Format::Svg => Ok(async_backing_fragment_tree::drawing::sheet(drawings)),
		Format::Dot => Err(CliError::OutOfRange {
			name: "format",
			value: "dot".to_owned(),
			allowed: "one of text, svg, json for several trees".to_owned(),
		}),
		Format::Json => Ok(serde_json::to_string_pretty(drawings)? + "\n"),
	}
}

fn write(drawing: &Drawing, format: Format) -> Result<String, CliError> {
	Ok(match format {
		Format::Text => drawing.text(),
		Format::Dot => drawing.dot(),
		Format::Svg => drawing.svg(),
		Format::Json => serde_json::to_string_pretty(drawing)? + "\n",
	})
}

#[cfg(test)]
mod tests;
