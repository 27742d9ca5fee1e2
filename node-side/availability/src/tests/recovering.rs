//! Own chunks out of the chunks of others (R-AVL-1, R-AVL-5).

use super::world::*;
use crate::*;
use async_backing_machine::{Input, PeerId, RequestFailure};
use async_backing_primitives::ValidatorIndex;
use std::sync::Arc;

#[test]
fn row_17_with_all_backers_gone_the_data_is_recovered_from_any_two_chunks() {
	let mut world = World::new();
	for peer in [3, 4, 5] {
		world.chain.disconnected(PeerId(peer));
	}
	world.import(leaf(5, vec![occupied(1)]));
	// Two others have theirs, and do not have ours.
	for _ in 0..2 {
		world.answer(Err(RequestFailure::Refused));
	}
	assert_eq!(
		world.events,
		[AvailabilityEvent::Recovering {
			candidate: candidate(1)
		}]
	);
	let of = |i| AvailabilityRequest::Chunk {
		candidate: candidate(1),
		index: ValidatorIndex(i),
		plain: true,
	};
	assert_eq!(
		world.asked(),
		[(1, of(1)), (2, of(2))],
		"two of six are enough (R-AVL-1)"
	);
	let ids: Vec<_> = world.requests.keys().copied().collect();
	world.requests.clear();
	for (id, index) in ids.into_iter().zip([1, 2]) {
		world.handle(Input::Response(
			id,
			Ok(AvailabilityResponse::Chunk(chunk(1, index))),
		));
	}
	assert_eq!(world.bits(block(5, 0)), [true], "R-AVL-5");
	assert_eq!(
		**world.part.store().chunk(candidate(1), 0).expect("kept"),
		*chunk(1, 0)
	);
	assert!(
		world.part.store().data(candidate(1)).is_none(),
		"only the own chunk"
	);
}

#[test]
fn who_attests_is_asked_for_its_chunk_first() {
	let mut world = World::new();
	world.disconnect(&[3, 4, 5]);
	world.chain.disconnected(PeerId(1));
	world.import(leaf(5, vec![occupied_with(coded(1).root, &[2])]));
	world.answer(Err(RequestFailure::Refused));
	assert_eq!(world.asked()[0].0, 2);
}

#[test]
fn a_liar_among_the_holders_pays_and_the_next_chunk_is_taken() {
	let mut world = World::new();
	world.disconnect(&[3, 4]);
	world.import(leaf(5, vec![occupied(1)]));
	for _ in 0..3 {
		world.answer(Err(RequestFailure::Refused));
	}
	let mut open: Vec<_> = std::mem::take(&mut world.requests).into_iter().collect();
	assert_eq!(open.len(), 2);
	let (liar, honest) = (open.remove(0), open.remove(0));
	let index = |request| match request {
		AvailabilityRequest::Chunk { index, .. } => index.as_usize(),
		_ => panic!("a chunk"),
	};
	let lie = AvailabilityResponse::Chunk(chunk(2, index(liar.1 .1)));
	world.handle(Input::Response(liar.0, Ok(lie)));
	assert_eq!(world.reports.len(), 1);
	assert_eq!(world.reports[0].0, liar.1 .0);
	assert_eq!(world.requests.len(), 1, "another one is asked");
	let truth = AvailabilityResponse::Chunk(chunk(1, index(honest.1 .1)));
	world.handle(Input::Response(honest.0, Ok(truth)));
	let (id, (_, request)) = world
		.requests
		.iter()
		.find(|(_, (_, request))| matches!(request, AvailabilityRequest::Chunk { .. }))
		.map(|(id, open)| (*id, *open))
		.expect("a chunk is asked for");
	let truth = AvailabilityResponse::Chunk(chunk(1, index(request)));
	world.handle(Input::Response(id, Ok(truth)));
	assert_eq!(world.bits(block(5, 0)), [true]);
}

#[test]
fn small_data_is_asked_for_whole() {
	let mut world = World::new();
	world.disconnect(&[3, 4]);
	world.import(leaf(5, vec![occupied(1)]));
	for _ in 0..3 {
		world.answer(Err(RequestFailure::Refused));
	}
	let (id, (_, request)) = world.requests.pop_first().expect("chunks are asked for");
	let AvailabilityRequest::Chunk { index, .. } = request else {
		panic!("a chunk")
	};
	let first = AvailabilityResponse::Chunk(chunk(1, index.as_usize()));
	world.handle(Input::Response(id, Ok(first)));
	let whole = AvailabilityRequest::AvailableData(candidate(1));
	let (id, peer) = world
		.requests
		.iter()
		.find(|(_, open)| open.1 == whole)
		.map(|(id, open)| (*id, open.0))
		.expect("the data is asked for");
	assert_eq!(peer, PeerId(5), "a backer");
	let before = world.part.clone();
	let wrong = AvailabilityResponse::AvailableData(data(9));
	world.handle(Input::Response(id, Ok(wrong)));
	assert_eq!(world.reports.len(), 1, "law 4");
	world.part = before;
	let right = AvailabilityResponse::AvailableData(data(1));
	world.handle(Input::Response(id, Ok(right)));
	assert_eq!(world.bits(block(5, 0)), [true]);
}

#[test]
fn r_avl_5_wrongly_coded_data_is_told_and_never_attested() {
	// The author swaps a parity chunk for garbage, and commits to it.
	let mut chunks = obtain_chunks(6, &data(1)).expect("a code exists");
	chunks[5] = vec![1; chunks[5].len()];
	let trie = ErasureTrie::new(&chunks);
	let chunk = |index: usize| {
		Arc::new(ErasureChunk {
			chunk: chunks[index].clone(),
			index: index as u32,
			proof: trie.proof(index as u32).expect("the chunk is there"),
		})
	};
	let mut world = World::new();
	world.disconnect(&[3, 4, 5]);
	let core = occupied_with(trie.root(), &[]);
	world.import(leaf(5, vec![core.clone()]));
	(0..2).for_each(|_| world.answer(Err(RequestFailure::Refused)));
	while let Some((id, (peer, _))) = world.requests.pop_first() {
		world.handle(Input::Response(
			id,
			Ok(AvailabilityResponse::Chunk(chunk(peer.0 as usize))),
		));
	}
	let candidate = receipt(trie.root()).hash();
	assert_eq!(world.effects, [Effect::WronglyCoded { candidate }], "R-AVL-5");
	assert_eq!(world.reports, [], "who sent chunks is not at fault");
	world.import(leaf(6, vec![core]));
	assert_eq!(world.asked(), [], "there is no use");
	assert_eq!(world.bits(block(6, 0)), [false]);
}
