//! A page of Markdown.

/// The page, as it grows.
#[derive(Default)]
pub struct Report(String);

impl Report {
	/// A page with a title.
	pub fn new(title: &str) -> Self {
		Self(format!("# {title}\n"))
	}

	/// Begins a section.
	pub fn heading(&mut self, heading: &str) {
		self.0.push_str(&format!("\n## {heading}\n"));
	}

	/// A paragraph, broken into lines.
	pub fn text(&mut self, text: &str) {
		self.0.push('\n');
		let mut width = 0;
		for word in text.split_whitespace() {
			if width + word.len() > 118 {
				self.0.push('\n');
				width = 0;
			} else if width > 0 {
				self.0.push(' ');
				width += 1;
			}
			self.0.push_str(word);
			width += word.len();
		}
		self.0.push('\n');
	}

	/// A picture from a file beside the page.
	pub fn picture(&mut self, title: &str, file: &str) {
		self.0.push_str(&format!("\n![{title}]({file})\n"));
	}

	/// A table; all columns but the first are numbers.
	pub fn table(&mut self, header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
		self.0.push('\n');
		self.row(header.iter().map(|cell| cell.to_string()).collect());
		let rule = (0..header.len()).map(|column| if column == 0 { "---" } else { "---:" });
		self.0
			.push_str(&format!("|{}|\n", rule.collect::<Vec<_>>().join("|")));
		rows.into_iter().for_each(|row| self.row(row));
	}

	fn row(&mut self, cells: Vec<String>) {
		self.0.push_str(&format!("| {} |\n", cells.join(" | ")));
	}

	/// The whole page.
	pub fn finish(self) -> String {
		self.0
	}
}

/// Nanoseconds as milliseconds, with three digits that count.
pub fn milliseconds(nanos: f64) -> String {
	let value = nanos / 1e6;
	match value {
		value if value >= 100.0 => format!("{value:.0} ms"),
		value if value >= 10.0 => format!("{value:.1} ms"),
		value if value >= 1.0 => format!("{value:.2} ms"),
		value => format!("{value:.3} ms"),
	}
}

/// Nanoseconds as microseconds.
pub fn microseconds(nanos: f64) -> String {
	match nanos / 1e3 {
		value if value >= 100.0 => format!("{value:.0} us"),
		value => format!("{value:.1} us"),
	}
}
