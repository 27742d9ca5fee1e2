//! What a backer finds to an advertisement (R-COL-3).

use super::*;
use async_backing_execution_context::{ConstraintField, Role, Source};

/// A backer finds for every candidate that stands in a tree the data that it was validated with, and finds the same as the
/// lean way to them.
pub(super) fn check(view: &View, tree: &FragmentTree) {
	for node in tree.nodes().filter(|node| !node.is_pending) {
		let candidate = node.candidate;
		let (para, relay_parent, parent) = (
			candidate.para_id(),
			candidate.relay_parent(),
			candidate.parent_head_hash(),
		);
		let context = view
			.context(para, relay_parent, parent)
			.unwrap_or_else(|error| panic!("R-COL-3: {error}"));
		let data = context.validation_data.to_persisted();
		assert_eq!(&data, candidate.validation_data(), "R-COL-3, R-FRG-8");
		assert_eq!(
			view.validation_data(para, relay_parent, parent),
			Some(data),
			"R-VIE-9"
		);
	}
}

#[test]
fn r_col_3_a_backer_finds_all_by_two_hashes_and_knows_where_it_is_from() {
	let (pending, second) = (spec(0, 1, 18).build(), spec(1, 2, 19).build());
	let mut view = view_at(&[leaf(20).with(PARA, 0, &[&pending])]);
	introduce(&mut view, &second);
	let context = view.context(PARA, block(20).hash, head(2).hash()).unwrap();
	assert_eq!(context.role, Role::Backer);
	assert_eq!(
		(context.relay_parent.value, context.relay_parent.source),
		(block(20).hash, Source::Advertisement)
	);
	assert_eq!(context.included, head(0).hash());
	let path: Vec<_> = context
		.ancestors
		.iter()
		.map(|ancestor| ancestor.source())
		.collect();
	let sources = [Source::Pending(pending.hash()), Source::Seconded(second.hash())];
	assert_eq!(path, sources, "R-VIE-2, R-COL-3");
	let data = &context.validation_data;
	assert_eq!(
		(&data.parent_head.value, data.parent_head.source),
		(&head(2), sources[1])
	);
	assert_eq!(
		(
			data.relay_parent_storage_root.value,
			data.relay_parent_storage_root.source
		),
		(block(20).storage_root, Source::Header(20)),
		"R-PVD-2"
	);
	assert_eq!(
		(data.max_pov_size.value, data.max_pov_size.source),
		(1024, Source::State(20))
	);
	let changed: Vec<_> = context.sources(ConstraintField::RequiredParent).collect();
	assert_eq!(changed, [Source::State(20), sources[0], sources[1]]);

	let older = view.context(PARA, block(19).hash, head(2).hash()).unwrap();
	assert_eq!(
		older.base.source,
		Source::State(20),
		"limits by the newest state (R-FRG-14)"
	);
	assert_eq!(
		older.validation_data.relay_parent_number.source,
		Source::Header(19)
	);
}

#[test]
fn r_col_3_what_a_backer_cannot_find_is_named() {
	let (first, stray) = (spec(0, 1, 19).build(), spec(7, 8, 19).build());
	let mut view = view_at(&[leaf(20).with(PARA, 0, &[])]);
	introduce(&mut view, &first);
	introduce(&mut view, &stray);
	let at = |relay_parent: BlockNumber, parent| {
		view.context(PARA, block(relay_parent).hash, head(parent).hash())
			.map(|_| ())
	};
	assert_eq!(at(19, 1), Ok(()));
	let out_of_scope = |number| {
		Err(ContextError::OutOfScope {
			relay_parent: block(number).hash,
			oldest: 18,
			newest: 20,
		})
	};
	assert_eq!(at(17, 0), out_of_scope(17), "R-SCO-3");
	assert_eq!(at(21, 0), out_of_scope(21), "R-SCO-3");
	assert_eq!(at(20, 5), Err(ContextError::UnknownParent(head(5).hash())));
	assert_eq!(
		at(20, 8),
		Err(ContextError::Unconnected(head(8).hash())),
		"R-TRE-14"
	);
	assert_eq!(
		at(18, 1),
		Err(ContextError::RelayParentMovesBack { least: 19, got: 18 }),
		"R-TRE-6"
	);
	assert_eq!(
		view.context(OTHER, block(20).hash, head(0).hash()),
		Err(ContextError::NotScheduled(OTHER))
	);
}
