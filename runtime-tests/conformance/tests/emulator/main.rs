//! Our fragment check beside the published inclusion emulator: same verdicts, same constraints afterwards.
//!
//! Every intended difference is a row of `docs/decisions/0009-intended-differences.md`, has a test of its own in
//! [`differences`], and is recognised by one exact condition in [`paths::Outcome::of`]. Anything else fails.

// The errors are those of the published crate.
#![allow(clippy::result_large_err, clippy::large_enum_variant, clippy::type_complexity)]

mod bridge;
#[path = "../common/mod.rs"]
mod common;
mod differences;
mod modifications;
mod paths;
