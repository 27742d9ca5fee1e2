#![doc = include_str!("../README.md")]

use async_backing_fragment_tree::{
	Candidate, CandidateState, CandidateStorage, FragmentTree, Scope, TreeLimits,
};
use async_backing_primitives::{
	CandidateCommitments, Constraints, Hash, HeadData, HostConfiguration, ParaId, RelayChainBlockInfo,
	ValidationCode,
};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
	let para = ParaId(2000);
	let leaf = RelayChainBlockInfo {
		hash: Hash::repeat_byte(20),
		number: 20,
		storage_root: Hash::zero(),
	};
	// A node asks the runtime at the leaf: `ParachainHost::backing_constraints`.
	let code = ValidationCode(vec![1; 16]).hash();
	let base = Constraints::new(HeadData(vec![0]), code, 18, &HostConfiguration::default());

	// A collator's parablock from one head to the next, executed against the leaf.
	let parablock = |para: ParaId, from: u8, to: u8| {
		let outputs = CandidateCommitments {
			head_data: HeadData(vec![to]),
			hrmp_watermark: leaf.number,
			..Default::default()
		};
		Candidate::building_on(
			para,
			&leaf,
			HeadData(vec![from]),
			&base,
			outputs,
			Default::default(),
		)
	};
	let (a, b, c) = (
		parablock(para, 0, 1)?,
		parablock(para, 0, 2)?,
		parablock(para, 1, 3)?,
	);
	let stranger = parablock(ParaId(2001), 0, 4)?;

	let mut storage = CandidateStorage::default();
	for candidate in [&a, &b, &c, &stranger] {
		storage.insert(candidate.clone(), CandidateState::Backed)?;
	}
	let scope = Scope::with_ancestors(para, leaf, base.clone(), vec![], 4, [])?;
	let (mut tree, attached) = FragmentTree::populate(scope, TreeLimits::default(), &storage);
	assert!(
		attached.refused.is_empty() && attached.broken_trunk.is_none(),
		"there is room"
	);

	let name = |candidate: &Candidate| match candidate.output_head().0[..] {
		[1] => "A",
		[2] => "B",
		_ => "C",
	};
	let path: Vec<_> = tree.select_children(&[], 4).map(name).collect();
	println!("{} follow head 0", path.join(" -> "));
	print!("{}", tree.drawing().text());
	if let Err(refused) = tree.add_and_populate(stranger.hash(), &storage) {
		println!("refused: {refused}");
	}
	Ok(())
}
