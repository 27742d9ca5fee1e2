//! Whether validators bring a key by which this pallet hears of them, for the integrity test.

use alloc::{string::String, vec::Vec};
use async_backing_primitives::ValidatorId;
use scale_info::{form::MetaForm, MetaType, Type, TypeDef, TypeInfo};

/// What validators bring by `set_keys` of the session pallet, if there is no key of this pallet among it: the names.
///
/// A runtime names this pallet in its session keys, and so it becomes one of the session pallet's handlers; the type of its key
/// is in that call. `None` also for a runtime whose keys are no struct, or are brought otherwise: of it nothing is known.
pub(crate) fn keys_without_para<RuntimeCall: TypeInfo + 'static>() -> Option<Vec<String>> {
	let calls = RuntimeCall::type_info();
	let set_keys = variants(&calls)
		.iter()
		.filter_map(|pallet| pallet.fields.first())
		.map(|calls| calls.ty.type_info())
		.filter(|calls| calls.path.segments.first() == Some(&"pallet_session"))
		.find_map(|calls| {
			variants(&calls)
				.iter()
				.find(|call| call.name == "set_keys")
				.cloned()
		})?;
	let keys = set_keys.fields.iter().find(|field| field.name == Some("keys"))?;
	let TypeDef::Composite(keys) = keys.ty.type_info().type_def else {
		return None;
	};
	let para = MetaType::new::<ValidatorId>();
	let is_there = keys.fields.iter().any(|key| key.ty == para);
	let name = |key: &scale_info::Field<MetaForm>| key.name.unwrap_or("_").into();
	(!is_there).then(|| keys.fields.iter().map(name).collect())
}

fn variants(ty: &Type<MetaForm>) -> &[scale_info::Variant<MetaForm>] {
	match &ty.type_def {
		TypeDef::Variant(variants) => &variants.variants,
		_ => &[],
	}
}
