//! What a collator does wrong on purpose. It is not told of it: its own blocks look right to it.

use crate::{words::NotAuthored, Misconduct};
use async_backing_collator::{BlockProducer, BuildOn, ProduceBlock, ProducedBlock};
use std::sync::Arc;

/// Blocks of a private fork before the first that is shown: more than others build meanwhile, so that head data that say
/// no more than how many there are differ as well.
const PRIVATE: usize = 64;

/// A block as its collator makes it, and where it says that it belongs.
pub(super) fn produce(
	producer: &mut dyn BlockProducer,
	block: &ProduceBlock<'_>,
	build_on: &BuildOn,
	misconduct: Option<Misconduct>,
) -> Result<(ProducedBlock, BuildOn), NotAuthored> {
	let mut build_on = build_on.clone();
	if misconduct == Some(Misconduct::PrivateFork) {
		for _ in 0..PRIVATE {
			let parent_head = build_on.parent_head();
			let hidden = ProduceBlock {
				parent_head,
				..*block
			};
			let hidden = producer.produce(&hidden).map_err(NotAuthored::failed)?;
			let head = hidden.commitments.head_data;
			let context = Arc::make_mut(&mut build_on.context);
			context.required_parent.value = head.hash();
			context.validation_data.parent_head.value = head;
		}
	}
	let parent_head = build_on.parent_head();
	let block = ProduceBlock {
		parent_head,
		..*block
	};
	let mut produced = producer.produce(&block).map_err(NotAuthored::failed)?;
	match misconduct {
		Some(Misconduct::Mute) => return Err(NotAuthored::failed("it keeps its block to itself")),
		Some(Misconduct::Invalid) => {
			let processed = &mut produced.commitments.processed_downward_messages;
			*processed = processed.saturating_add(1);
		}
		Some(Misconduct::WrongHead) => produced.commitments.head_data.0.push(0),
		Some(Misconduct::PrivateFork | Misconduct::Equivocate) | None => {}
	}
	Ok((produced, build_on))
}
