//! Who sends what it is told that it may makes no invalid block, whatever storage holds.

use super::*;

/// As much as there is room for: on the channels that have room, a message of one byte each.
fn obedient(room: &Room) -> Outputs {
	let horizontal: Vec<_> = room
		.limits
		.hrmp_channels_out
		.iter()
		.filter(|(_, left)| left.messages_remaining > 0 && left.bytes_remaining > 0)
		.take(room.max_channels as usize)
		.map(|(recipient, _)| (recipient.0, 1))
		.collect();
	sends(&[], &horizontal)
}

/// A relay parent with channels to 2001 and on, and room for as many messages in a candidate.
fn with_channels(channels: u32, messages: u32) -> Relay {
	let mut relay = Relay::new(1, &genesis());
	relay.host.hrmp_max_message_num_per_candidate = messages;
	relay.channels = (0..channels)
		.map(|index| (ParaId(2001 + index), channel(3, 40)))
		.collect();
	relay
}

#[test]
fn r_seg_3_an_obedient_sender_sends_on_no_more_channels_than_are_stored() {
	for (stored, channels, messages) in [
		(0, 1, 2),
		(0, 3, 3),
		(1, 3, 3),
		(2, 3, 3),
		(3, 3, 1),
		(64, 3, 2),
		(64, 3, 0),
	] {
		run(AnyHook::Capacity(3), || {
			MaxChannels::set(stored);
			begin(&genesis(), &with_channels(channels, messages)).expect("the block is valid so far");
			let sent = core::cell::Cell::new(0);
			let ended = UnincludedSegment::do_finalize_with(|room| {
				let outputs = obedient(room);
				sent.set(outputs.horizontal_messages.len() as u32);
				outputs
			});
			assert_eq!(
				ended,
				Ok(()),
				"{stored} stored, {channels} channels, {messages} messages"
			);
			assert_eq!(
				sent.get(),
				stored.min(channels).min(messages),
				"and it is told of all"
			);
		});
	}
}

#[test]
fn more_channels_than_are_stored_are_named_before_anything_is_written() {
	for (stored, horizontal) in [(0, &[(2001, 1)][..]), (1, &[(2001, 1), (2002, 1)][..])] {
		run(AnyHook::Capacity(3), || {
			MaxChannels::set(stored);
			let result = taken_back(|| {
				begin(&genesis(), &with_channels(3, 3)).expect("the block is valid so far");
				assert_eq!(
					UnincludedSegment::room().map(|room| room.max_channels),
					Some(stored)
				);
				end(sends(&[], horizontal))
			});
			assert_eq!(
				result,
				Err(InvalidBlock::TooManyChannels {
					got: horizontal.len(),
					max: stored,
				})
			);
		});
	}
}
