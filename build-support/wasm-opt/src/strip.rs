//! Custom sections out of a module, everything else as it was.

use crate::{Parser, Payload};

/// `module` without the custom sections whose name `is_dropped` knows. What does not parse is kept as it is: that is for
/// who loads it to say.
///
/// Complexity: linear in the module.
pub(crate) fn without_sections(module: &[u8], is_dropped: impl Fn(&str) -> bool) -> Vec<u8> {
	let mut kept = Vec::with_capacity(module.len());
	// The end of what was copied or dropped.
	let mut at = 0;
	for payload in Parser::new(0).parse_all(module) {
		let Ok(payload) = payload else {
			break;
		};
		let (end, dropped) = match &payload {
			Payload::Version { range, .. } => (range.end, false),
			Payload::CustomSection(section) => (section.range().end, is_dropped(section.name())),
			other => match other.as_section() {
				Some((_, range)) => (range.end, false),
				None => continue,
			},
		};
		if !dropped {
			kept.extend_from_slice(&module[at..end]);
		}
		at = end;
	}
	kept.extend_from_slice(&module[at..]);
	kept
}
