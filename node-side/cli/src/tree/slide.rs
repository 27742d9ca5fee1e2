//! A game of the playground, for documents: what was done, what was said to it, and the tree.

use super::{sheet, write};
use crate::{args::Format, error::CliError};
use async_backing_playground::{presets, Contexts, Look, NextShown, Preset, World};
use std::fmt::Write;

/// Names of the games.
pub(crate) fn keys() -> Vec<&'static str> {
	presets().into_iter().map(|preset| preset.key).collect()
}

/// The game with this name after so many steps.
pub(super) fn drawn(key: &str, steps: Option<u32>, format: Format) -> Result<String, CliError> {
	let preset = presets().into_iter().find(|preset| preset.key == key);
	let preset = preset.ok_or_else(|| CliError::OutOfRange {
		name: "slide",
		value: key.to_owned(),
		allowed: format!("one of {}", keys().join(", ")),
	})?;
	let steps = steps.map_or(preset.steps.len(), |steps| preset.steps.len().min(steps as usize));
	let mut world = World::new();
	let mut text = format!("{}: {}\n", preset.title, preset.question);
	let mut look = Look::default();
	for (number, step) in preset.steps.iter().take(steps).enumerate() {
		let before = world.said().len();
		for next in &step.moves {
			world.apply(next);
		}
		look = step.look.clone();
		put(
			&mut text,
			format_args!("\n{}. {}\n", number + 1, wrapped(step.text)),
		);
		for said in world.said().iter().skip(before) {
			let no = if said.accepted { "" } else { "no. " };
			put(
				&mut text,
				format_args!("   {}\n      {no}{}\n", said.done, said.why),
			);
		}
		beside(&mut text, &preset, &world, &look);
	}
	if preset.shows == "view" {
		let drawings = world.drawings();
		return match format {
			Format::Text => Ok(format!("{text}\n{}", sheet(&drawings, format)?)),
			format => sheet(&drawings, format),
		};
	}
	let drawing = world.drawing(&look).ok_or_else(|| CliError::OutOfRange {
		name: "step",
		value: steps.to_string(),
		allowed: "a step at which the para has a tree".to_owned(),
	})?;
	match format {
		Format::Text => Ok(format!("{text}\n{}", drawing.text())),
		format => write(&drawing, format),
	}
}

/// What a game shows beside its tree.
fn beside(text: &mut String, preset: &Preset, world: &World, look: &Look) {
	let shown = world.show(look);
	match preset.shows {
		"next" => shown.next.iter().for_each(|next| next_block(text, next)),
		"left" => left(text, &shown.contexts),
		"contexts" if preset.key == "hooks" => hooks(text, &shown.contexts),
		"contexts" if look.at.is_some() => roles(text, &shown.contexts),
		_ => {}
	}
}

fn next_block(text: &mut String, next: &NextShown) {
	let list = |names: &[String]| match names {
		[] => "nothing".to_owned(),
		names => names.join(", "),
	};
	let path = match next.required.as_slice() {
		[] => "empty".to_owned(),
		path => path.join(", "),
	};
	put(
		text,
		format_args!(
			"   => block {} includes {}, drops {}; required path {path}; {} cores free; backs {}\n",
			next.number,
			list(&next.included),
			list(&next.timed_out),
			next.free.len(),
			list(&next.offered)
		),
	);
}

/// The constraints that somebody changed.
fn left(text: &mut String, contexts: &Contexts) {
	put(text, format_args!("   => behind {}:", contexts.behind));
	if let Some(refusal) = &contexts.refusal {
		return put(text, format_args!(" {refusal}\n"));
	}
	let changed = contexts
		.fields
		.iter()
		.filter(|field| !field.by.is_empty() && field.base != field.left);
	let mut lines = changed.map(|field| {
		let by = field.by.join(", ");
		format!(
			"\n      {} {} of {} ({}), by {by}",
			field.name, field.left, field.base, field.rule
		)
	});
	let first = lines.next().unwrap_or_else(|| " the base constraints".to_owned());
	put(text, format_args!("{first}{}\n", lines.collect::<String>()));
}

fn hooks(text: &mut String, contexts: &Contexts) {
	put(
		text,
		format_args!(
			"   => behind {}, on relay block {}:\n",
			contexts.behind, contexts.relay_parent
		),
	);
	for hook in &contexts.hooks {
		let builds = if hook.builds { "yes" } else { "no " };
		put(
			text,
			format_args!("      {:<21} {builds}  {}\n", hook.name, hook.verdict),
		);
	}
}

fn roles(text: &mut String, contexts: &Contexts) {
	put(text, format_args!("   => {}:\n", contexts.behind));
	for role in &contexts.roles {
		put(text, format_args!("      {}\n", role.what));
		for (who, what) in [
			("collator", &role.collator),
			("backer", &role.backer),
			("approver", &role.approver),
		] {
			put(text, format_args!("         {who:<9} {what}\n"));
		}
	}
}

/// Lines of a length that documents show whole.
fn wrapped(text: &str) -> String {
	let mut lines = vec![String::new()];
	for word in text.split(' ') {
		let is_full = lines.last().is_some_and(|line| line.len() + word.len() > 96);
		match lines.last_mut() {
			Some(line) if !is_full => {
				if !line.is_empty() {
					line.push(' ');
				}
				line.push_str(word);
			}
			_ => lines.push(word.to_owned()),
		}
	}
	lines.join("\n   ")
}

fn put(text: &mut String, what: std::fmt::Arguments<'_>) {
	// A string takes what is written to it.
	let _ = text.write_fmt(what);
}
