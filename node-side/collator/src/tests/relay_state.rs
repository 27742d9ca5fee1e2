//! What is proven of a relay parent's state: what the rules read, and nothing else.

use super::*;
use codec::Encode;
use sp_trie::StorageProof;
use std::cell::RefCell;

/// Some values, and what was asked to be proven of them. The proof is the values.
#[derive(Default)]
struct Values {
	values: BTreeMap<Vec<u8>, Vec<u8>>,
	proven: RefCell<Vec<Vec<u8>>>,
	/// A key that cannot be read.
	broken: Option<Vec<u8>>,
}

impl RelayParentState for Values {
	fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, RelayReadError> {
		match &self.broken {
			Some(broken) if broken == key => Err(RelayReadError::new("a disk is broken")),
			_ => Ok(self.values.get(key).cloned()),
		}
	}

	fn prove(&self, keys: &[Vec<u8>]) -> Result<StorageProof, RelayReadError> {
		*self.proven.borrow_mut() = keys.to_vec();
		Ok(StorageProof::new(
			keys.iter().filter_map(|key| self.values.get(key).cloned()),
		))
	}

	fn downward_messages(&self, _: ParaId) -> Result<Vec<InboundDownwardMessage>, RelayReadError> {
		Ok(Vec::new())
	}

	fn horizontal_messages(
		&self,
		_: ParaId,
	) -> Result<BTreeMap<ParaId, Vec<InboundHrmpMessage>>, RelayReadError> {
		Ok(BTreeMap::new())
	}

	fn headers_up_to(&self, _: Hash) -> Result<Vec<Vec<u8>>, RelayReadError> {
		Ok(Vec::new())
	}
}

fn channel() -> AbridgedHrmpChannel {
	AbridgedHrmpChannel {
		max_capacity: 8,
		msg_count: 3,
		..Default::default()
	}
}

fn values() -> Values {
	let other = ParaId(2007);
	let values = [
		(
			keys::ACTIVE_CONFIG.to_vec(),
			AbridgedHostConfiguration::default().encode(),
		),
		(keys::CURRENT_SLOT.to_vec(), 7u64.encode()),
		(keys::map_key(&keys::PARAS_HEADS, &PARA), genesis().encode()),
		(
			keys::relay_dispatch_queue_remaining_capacity(PARA),
			(4u32, 500u32).encode(),
		),
		(
			keys::map_key(&keys::HRMP_EGRESS_CHANNELS_INDEX, &PARA),
			vec![other].encode(),
		),
		(RelayState::channel_key(PARA, other), channel().encode()),
		// Of somebody else.
		(keys::map_key(&keys::PARAS_HEADS, &other), genesis().encode()),
	];
	Values {
		values: values.into(),
		..Default::default()
	}
}

#[test]
fn r_seg_3_a_proof_has_the_keys_that_the_rules_read_channels_among_them_and_no_others() {
	let values = values();
	let (state, proof) = prove_relay_state(&values, PARA).unwrap();
	assert_eq!(state.included_head, Some(genesis().hash()), "R-KEY-2");
	assert_eq!((state.slot, state.ump_remaining_bytes), (Some(7), 500));
	assert_eq!(state.channels_out, [(ParaId(2007), channel())], "R-KEY-5");
	let mut expected = RelayState::keys(PARA);
	// The capacity is told, so that nobody has to compute it (R-KEY-8).
	expected.retain(|key| *key != keys::map_key(&keys::RELAY_DISPATCH_QUEUE_SIZE, &PARA));
	expected.push(RelayState::channel_key(PARA, ParaId(2007)));
	expected.sort();
	assert_eq!(*values.proven.borrow(), expected);
	assert_eq!(proof.len(), 6, "the values that there are");
}

#[test]
fn r_key_4_to_6_the_keys_of_the_field_have_queues_and_channels_of_both_directions() {
	let (other, sender) = (ParaId(2007), ParaId(2009));
	let mut values = values();
	let ingress = keys::map_key(&keys::HRMP_INGRESS_CHANNELS_INDEX, &PARA);
	values.values.insert(ingress.clone(), vec![sender].encode());
	let all = parachain_keys(&values, PARA).unwrap();
	let distinct: std::collections::BTreeSet<_> = all.iter().collect();
	assert_eq!(distinct.len(), all.len());
	for key in RelayState::keys(PARA).into_iter().chain([
		keys::map_key(&keys::DOWNWARD_MESSAGE_QUEUE_HEADS, &PARA),
		ingress.clone(),
		RelayState::channel_key(PARA, other),
		RelayState::channel_key(sender, PARA),
	]) {
		assert!(all.contains(&key), "{key:?}");
	}
	values.values.insert(ingress, vec![1]);
	assert!(parachain_keys(&values, PARA).is_err(), "no index");
}

#[test]
fn r_seg_2_a_state_that_cannot_be_read_is_no_state_without_a_head() {
	let reason = |values: &Values| prove_relay_state(values, PARA).unwrap_err().to_string();
	let mut values = values();
	values.broken = Some(keys::map_key(&keys::PARAS_HEADS, &PARA));
	assert!(
		reason(&values).contains("a disk is broken"),
		"{}",
		reason(&values)
	);
	values.broken = None;
	values.values.remove(keys::ACTIVE_CONFIG.as_slice());
	assert_eq!(reason(&values), "the relay state has no configuration");
	assert!(matches!(
		prove_relay_state(&NoRelayState, PARA),
		Err(RelayProofError::Read(_))
	));
}

#[test]
fn r_hoo_3_the_hook_of_the_parachain_is_asked_with_the_included_head_of_the_leaf() {
	let build_on = Collator::new(config(5, 1), &genesis())
		.decide(&leaf(10, params(4, 3), 1, &genesis()))
		.unwrap();
	assert_eq!(build_on.included_head(), genesis().hash());
	let block = ProduceBlock::of(&build_on, 3, &NoRelayState);
	assert_eq!(
		block.validation_data(),
		PersistedValidationData {
			parent_head: genesis(),
			relay_parent_number: 10,
			relay_parent_storage_root: relay_block(10).storage_root,
			max_pov_size: MAX_POV,
		},
		"R-PVD-1: with the legal limit, not the target of R-HOO-6"
	);
	assert_eq!(block.pov_size, pov_target(MAX_POV));
}
