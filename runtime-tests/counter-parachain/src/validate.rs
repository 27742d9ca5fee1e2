//! The validation function.

use crate::{
	block::{Block, Header},
	error::BlockError,
	execute::execute,
	pace::{advance, Outputs},
	state::{Changes, Reader},
};
use async_backing_primitives::{ValidationParams, ValidationResult};
use sp_runtime::traits::BlakeTwo256;

/// Re-executes a block from its proof.
///
/// The Wasm entry point does this and nothing else; natively it gives the same verdict.
///
/// # Errors
/// A [`BlockError`] that says why the block is invalid.
pub fn validate(params: &ValidationParams) -> Result<ValidationResult, BlockError> {
	let parent = Header::from_head_data(&params.parent_head).ok_or(BlockError::UndecodableParent)?;
	let Block {
		header,
		core,
		extrinsics,
		proof,
		relay_state,
		new_code,
	} = Block::from_block_data(&params.block_data).ok_or(BlockError::UndecodableBlock)?;
	header.check(&parent, params, &extrinsics)?;

	// Compares the root that the proof leads to; a proof with a node too many is refused as well.
	let (mut nodes, _) = proof
		.to_memory_db::<BlakeTwo256>(&parent.state_root)
		.map_err(|_| BlockError::WrongProof {
			expected: parent.state_root,
		})?;
	let upward_messages = Block::upward_messages(core);
	let reader = Reader::new(&nodes, &parent.state_root, None);
	let books = advance(
		&reader,
		reader.pace()?,
		params.parent_head.hash(),
		&header.relay_parent,
		relay_state.as_ref(),
		Outputs {
			upward_messages: &upward_messages,
			new_code: new_code.as_ref(),
		},
	)?;
	let changes = Changes {
		books,
		..execute(&reader, &extrinsics)?
	};
	let state_root = changes.commit(&mut nodes, &parent.state_root)?;
	if header.state_root != state_root {
		return Err(BlockError::WrongStateRoot {
			expected: state_root,
			actual: header.state_root,
		});
	}

	Ok(ValidationResult {
		head_data: header.head_data(),
		upward_messages,
		new_validation_code: new_code,
		// All that was sent up to the relay parent is consumed; there is never anything.
		hrmp_watermark: params.relay_parent_number,
		..Default::default()
	})
}
