//! For tests of runtimes that adopt the pallets, and of pallets beside them. With the feature `test-helpers`.
//!
//! | | |
//! |---|---|
//! | [`pair`], [`validator_id`], [`validators`], [`Signers`] | keys of validators, and who signs with them |
//! | [`Draft`] | a candidate in the making, and its votes |
//! | [`bitfield`], [`attest`] | what is available |
//! | [`Author`] | the inherent of a block |
//! | [`relay`] | leaves, as the cores of a node are told of them |
//! | [`Neighbours`], [`neighbours`] | the other pallets: answer every port with what a test puts there |
//!
//! Everything has the value that makes it good; a test changes what it is about. The mocks of the pallets are made of
//! these; `examples/inclusion-alone` shows them in a runtime of somebody else.

mod author;
mod candidates;
mod keys;
mod neighbours;
pub mod relay;

pub use author::Author;
pub use candidates::{attest, bitfield, Draft};
pub use keys::{pair, validator_id, validators, Signers};
pub use neighbours::{code, neighbours, Effect, Neighbours, State};

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		check_intrinsic, crypto, CoreIndex, HeadData, ParaId, RelayChainBlockInfo, SigningContext,
		ValidationCodeHash, ValidatorIndex,
	};
	use alloc::vec::Vec;

	#[test]
	fn r_frg_16_r_bkv_3_a_draft_is_consistent_and_its_votes_are_signed() {
		let relay_parent = RelayChainBlockInfo {
			hash: crate::Hash::repeat_byte(7),
			number: 7,
			storage_root: crate::Hash::zero(),
		};
		let code = ValidationCodeHash::default();
		let draft = Draft::new(
			ParaId(2000),
			relay_parent,
			HeadData(alloc::vec![0]),
			HeadData(alloc::vec![1]),
			code,
			1024,
		);
		let receipt = draft.receipt();
		let data = draft.validation_data();
		let checked = check_intrinsic(
			&receipt.descriptor,
			&receipt.commitments,
			None,
			Some(&data),
			false,
		);
		assert!(checked.is_ok(), "{checked:?}");

		let group = [ValidatorIndex(4), ValidatorIndex(5), ValidatorIndex(6)];
		let backed = draft.back(&group, &[0, 2], &Signers::unshuffled(7));
		assert_eq!(backed.validity_votes.len(), 2);
		let context = SigningContext {
			session_index: 0,
			parent_hash: relay_parent.hash,
		};
		let bitfields = attest(
			&context,
			&[CoreIndex(1)],
			2,
			&Signers::of(&[validator_id(2), validator_id(0)], 3),
		);
		let payload = bitfields[0].payload.signing_payload(&context);
		assert!(crypto::verify(
			&validator_id(2),
			&payload,
			&bitfields[0].signature
		));
		assert_eq!(bitfields[0].payload.0.iter().filter(|bit| **bit).count(), 1);

		let parent = crate::Header {
			parent_hash: Default::default(),
			number: 8,
			state_root: Default::default(),
			extrinsics_root: Default::default(),
			digest: Default::default(),
		};
		let signers = Signers::unshuffled(7);
		let mut other = draft.clone();
		other.para = ParaId(1000);
		let inherent = Author::new(&parent, 0, 2, &signers)
			.backing(backed)
			.backing(other.back(&group, &[1], &signers))
			.attesting(&[CoreIndex(0)])
			.inherent();
		let paras: Vec<_> = inherent
			.backed_candidates
			.iter()
			.map(|backed| backed.candidate.descriptor.para_id().0)
			.collect();
		assert_eq!(paras, [1000, 2000], "R-INC-3");
		let context = SigningContext {
			session_index: 0,
			parent_hash: crate::hash_of(&parent),
		};
		for (index, bitfield) in inherent.bitfields.iter().enumerate() {
			assert_eq!(bitfield.validator_index.as_usize(), index, "R-INC-3");
			assert!(bitfield.verify(&context, &validator_id(index as u32)));
		}
		assert_eq!(inherent.bitfields.len(), 7);
	}

	#[test]
	fn neighbours_are_rolled_back_with_their_chain_and_begin_as_the_thread_says() {
		use crate::ports::{CurrentSession, ParaState};
		neighbours(|state| *state = State::default().with_paras([2000, 2001]));
		let mut chain = sp_io::TestExternalities::default();
		chain.execute_with(|| {
			assert_eq!(Neighbours::parachains(), [ParaId(2000), ParaId(2001)]);
			sp_io::storage::start_transaction();
			neighbours(|state| {
				state.validators = 3;
				state.gone.insert(ParaId(2000));
			});
			assert_eq!(Neighbours::validators(), validators(3));
			assert_eq!(Neighbours::parachains(), [ParaId(2001)]);
			assert_eq!(Neighbours::current_code_hash(ParaId(2000)), None);
			sp_io::storage::rollback_transaction();
			assert_eq!(Neighbours::validators(), []);
			neighbours(|state| state.everybody = true);
			assert!(Neighbours::current_code_hash(ParaId(7)).is_some());
		});
		sp_io::TestExternalities::default().execute_with(|| {
			assert_eq!(Neighbours::current_code_hash(ParaId(7)), None, "another chain");
		});
	}
}
