//! A context for the terminal.

use super::picture::{Picture, Step};
use async_backing_execution_context::{Role, Standing};
use std::fmt::Write;

/// Draws a context.
pub(crate) fn draw(picture: &Picture) -> String {
	let mut text = format!("{}\n{}\n\n", picture.title, picture.subtitle);
	// A string takes what is written to it.
	let _ = match &picture.state {
		Some((state, included)) => diagram(&mut text, picture, *state, included),
		None => diagram_of_approver(&mut text, picture),
	};
	let _ = tables(&mut text, picture);
	text
}

/// What the relay chain says on the left, the path in the middle, the block on the right.
fn diagram(text: &mut String, picture: &Picture, state: u32, included: &str) -> std::fmt::Result {
	let chain: String = picture
		.path
		.iter()
		.zip(1..)
		.map(|(step, number)| cell(step, number))
		.collect();
	let road = format!("  {included}{chain}══▶");
	let block = format!("( the block @{} )", picture.relay_parent);
	let under = road.chars().count() + 4;
	let named = match picture.role {
		Role::Backer => "advertisement: names relay parent and parent, and is not believed",
		_ => "chosen: the best relay block, and the best parablock on it",
	};
	writeln!(text, "  {named}")?;
	writeln!(
		text,
		"  state of {state} ──▶ base constraints, {} pending",
		pending(picture)
	)?;
	writeln!(text, "     │")?;
	writeln!(text, "     ▼")?;
	writeln!(text, "  included")?;
	writeln!(text, "{road} {block}")?;
	writeln!(text, "{:under$}▲", "")?;
	let header = format!("  header of {} ──▶ number, storage root ", picture.relay_parent);
	let line = under.saturating_sub(header.chars().count());
	writeln!(text, "{header}{}┘", "─".repeat(line))?;
	if !picture.path.is_empty() {
		writeln!(text)?;
		writeln!(
			text,
			"  P pending availability   S seconded or backable   E executed by the collator   @ relay parent"
		)?;
	}
	writeln!(text)
}

fn pending(picture: &Picture) -> usize {
	let is_pending = |step: &&Step| step.standing == Standing::Pending;
	picture.path.iter().filter(is_pending).count()
}

fn cell(step: &Step, number: usize) -> String {
	let mark = match step.standing {
		Standing::Pending => 'P',
		Standing::Seconded => 'S',
		Standing::Executed => 'E',
	};
	format!("══[{number}: {mark} {}@{}]", step.candidate, step.relay_parent)
}

fn diagram_of_approver(text: &mut String, picture: &Picture) -> std::fmt::Result {
	writeln!(text, "  descriptor ── hashes of all that follows ────────────┐")?;
	writeln!(
		text,
		"  chunks of the validators ── validation data, PoV ────┼──▶ ( the block @{} )",
		picture.relay_parent
	)?;
	writeln!(text, "  state of any later relay block ── code by its hash ──┘")?;
	writeln!(text)?;
	writeln!(
		text,
		"  not needed: fragment trees, the state at the relay parent, constraints: inclusion has proved them"
	)?;
	writeln!(text)
}

fn tables(text: &mut String, picture: &Picture) -> std::fmt::Result {
	for row in &picture.choices {
		let source = picture.source(row.source);
		writeln!(text, "{:<29}{:<29}{source}", row.name, row.value)?;
	}
	if !picture.limits.is_empty() {
		writeln!(
			text,
			"\n{:<29}{:<29}{:<22}changed by",
			"constraints", "base", "left for the block"
		)?;
	}
	for limit in &picture.limits {
		let left = limit.left.as_deref().unwrap_or("");
		let changed: Vec<_> = limit.changed_by.iter().map(ToString::to_string).collect();
		let line = format!(
			"  {:<27}{:<29}{left:<22}{}",
			limit.name,
			limit.base,
			changed.join(", ")
		);
		writeln!(text, "{}", line.trim_end())?;
	}
	writeln!(text, "\n{:<58}from", "execution")?;
	for row in &picture.inputs {
		writeln!(
			text,
			"  {:<27}{:<29}{}",
			row.name,
			row.value,
			picture.source(row.source)
		)?;
	}
	let verdict = match picture.is_in_descriptor {
		Some(true) => "as in the descriptor",
		Some(false) => "not that of the descriptor",
		None => "",
	};
	let line = format!("  {:<27}{:<29}{verdict}", "hash of validation data", picture.hash);
	writeln!(text, "{}", line.trim_end())
}
