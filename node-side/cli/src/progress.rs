//! A progress bar on the error output, where a terminal is.

use async_backing_devnet::{Progress, RunConfig};
use indicatif::{ProgressDrawTarget, ProgressStyle};

/// Shows how far a run is.
pub(crate) struct ProgressBar(indicatif::ProgressBar);

impl ProgressBar {
	/// A bar for this run. Nothing is drawn unless the error output is a terminal.
	pub(crate) fn new(config: &RunConfig) -> Self {
		let bar = indicatif::ProgressBar::new(config.blocks.into());
		let template = "{prefix} {bar:40} {pos}/{len} relay blocks, {msg} [{elapsed}]";
		if let Ok(style) = ProgressStyle::with_template(template) {
			bar.set_style(style);
		}
		let params = config.params;
		bar.set_prefix(format!(
			"({}, {})",
			params.max_candidate_depth, params.allowed_ancestry_len
		));
		bar.set_message("starting");
		Self(bar)
	}

	/// Moves the bar.
	pub(crate) fn update(&self, progress: &Progress) {
		self.0.set_position(progress.relay_blocks.into());
		self.0
			.set_message(format!("{} parablocks included", progress.included));
	}

	/// Takes the bar away for good: somebody who watches the run sees more.
	pub(crate) fn hide(&self) {
		self.0.finish_and_clear();
		self.0.set_draw_target(ProgressDrawTarget::hidden());
	}

	/// Takes the bar away.
	pub(crate) fn finish(&self) {
		self.0.finish_and_clear();
	}
}
