//! SCALE to JSON, by the types of a runtime: the way back of what [`encode`](crate::encode) does.

use crate::DecodeError;
use codec::{Compact, Decode, Input};
use scale_info::{
	form::PortableForm, Field, PortableRegistry, TypeDef, TypeDefBitSequence, TypeDefPrimitive,
};
use serde_json::{Map, Value};

/// How deep values may be nested: a type may contain itself.
const MAX_DEPTH: u32 = 64;

/// Decodes a value of the type of this number from the beginning of `bytes`, which is what is left of it afterwards.
///
/// Structures are objects, or arrays if their fields have no names, or their field if it is the only one; enums are the
/// variant's name, or an object with it as only key; bytes are `0x` and digits, bits the digits 0 and 1 in their order, and
/// numbers that JSON can't hold strings.
pub(crate) fn decode(types: &PortableRegistry, ty: u32, bytes: &mut &[u8]) -> Result<Value, DecodeError> {
	value(types, ty, MAX_DEPTH, bytes)
}

fn value(types: &PortableRegistry, ty: u32, depth: u32, bytes: &mut &[u8]) -> Result<Value, DecodeError> {
	let depth = depth.checked_sub(1).ok_or(DecodeError::TooDeep(MAX_DEPTH))?;
	let resolved = types.resolve(ty).ok_or(DecodeError::NoType(ty))?;
	Ok(match &resolved.type_def {
		TypeDef::Composite(composite) => fields(types, &composite.fields, depth, bytes)?,
		TypeDef::Variant(variants) => {
			let index = bytes.read_byte()?;
			let variant = variants.variants.iter().find(|variant| variant.index == index);
			let variant = variant.ok_or(DecodeError::NoVariant { ty, index })?;
			match fields(types, &variant.fields, depth, bytes)? {
				Value::Null => Value::from(variant.name.as_str()),
				inner => Value::Object(Map::from_iter([(variant.name.clone(), inner)])),
			}
		}
		TypeDef::Sequence(sequence) => {
			let Compact(count) = Compact::<u32>::decode(bytes)?;
			elements(types, sequence.type_param.id, count, depth, bytes)?
		}
		TypeDef::Array(array) => elements(types, array.type_param.id, array.len, depth, bytes)?,
		TypeDef::Tuple(tuple) => {
			let fields = tuple.fields.iter();
			let fields: Result<Vec<_>, _> =
				fields.map(|field| value(types, field.id, depth, bytes)).collect();
			match fields? {
				fields if fields.is_empty() => Value::Null,
				fields => Value::Array(fields),
			}
		}
		TypeDef::Primitive(primitive) => self::primitive(primitive, bytes)?,
		TypeDef::Compact(_) => number(Compact::<u128>::decode(bytes)?.0),
		TypeDef::BitSequence(sequence) => bits(types, sequence, bytes)?.ok_or(DecodeError::Bits(ty))?,
	})
}

fn fields(
	types: &PortableRegistry,
	fields: &[Field<PortableForm>],
	depth: u32,
	bytes: &mut &[u8],
) -> Result<Value, DecodeError> {
	let mut values = Vec::with_capacity(fields.len());
	for field in fields {
		values.push(value(types, field.ty.id, depth, bytes)?);
	}
	let names: Vec<_> = fields.iter().filter_map(|field| field.name.clone()).collect();
	Ok(match values.len() {
		0 => Value::Null,
		count if names.len() == count => Value::Object(names.into_iter().zip(values).collect()),
		1 => values.pop().unwrap_or_default(),
		_ => Value::Array(values),
	})
}

fn elements(
	types: &PortableRegistry,
	element: u32,
	count: u32,
	depth: u32,
	bytes: &mut &[u8],
) -> Result<Value, DecodeError> {
	let count = count as usize;
	// No more elements than bytes are taken for real: what has none is not listed anywhere.
	if count > bytes.len() {
		return Err(codec::Error::from("more elements than bytes").into());
	}
	let of = types.resolve(element).ok_or(DecodeError::NoType(element))?;
	if let TypeDef::Primitive(TypeDefPrimitive::U8) = of.type_def {
		let (taken, rest) = bytes.split_at(count);
		*bytes = rest;
		return Ok(Value::from(sp_core::bytes::to_hex(taken, false)));
	}
	let mut values = Vec::new();
	for _ in 0..count {
		values.push(value(types, element, depth, bytes)?);
	}
	Ok(Value::Array(values))
}

/// A digit for each bit, the first first. `None` if their unit or order is none of those that are known.
fn bits(
	types: &PortableRegistry,
	sequence: &TypeDefBitSequence<PortableForm>,
	bytes: &mut &[u8],
) -> Result<Option<Value>, DecodeError> {
	let resolve = |ty: u32| types.resolve(ty).ok_or(DecodeError::NoType(ty));
	let unit: usize = match resolve(sequence.bit_store_type.id)?.type_def {
		TypeDef::Primitive(TypeDefPrimitive::U8) => 1,
		TypeDef::Primitive(TypeDefPrimitive::U16) => 2,
		TypeDef::Primitive(TypeDefPrimitive::U32) => 4,
		TypeDef::Primitive(TypeDefPrimitive::U64) => 8,
		_ => return Ok(None),
	};
	let order = resolve(sequence.bit_order_type.id)?.path.ident();
	let is_lowest_first = match order.as_deref() {
		Some("Lsb0") => true,
		Some("Msb0") => false,
		_ => return Ok(None),
	};
	let Compact(count) = Compact::<u32>::decode(bytes)?;
	let in_unit = unit.saturating_mul(8);
	let taken = (count as usize).div_ceil(in_unit).saturating_mul(unit);
	if taken > bytes.len() {
		return Err(codec::Error::from("more bits than bytes").into());
	}
	let (units, rest) = bytes.split_at(taken);
	*bytes = rest;
	// Units are little-endian: their lowest byte comes first.
	let digits = units.chunks(unit).flat_map(|unit| {
		let lowest_first = unit
			.iter()
			.flat_map(|byte| (0..8).map(move |bit| (byte >> bit) & 1 == 1));
		let mut of_unit: Vec<bool> = lowest_first.collect();
		if !is_lowest_first {
			of_unit.reverse();
		}
		of_unit
	});
	let digits: String = digits
		.take(count as usize)
		.map(|is_set| if is_set { '1' } else { '0' })
		.collect();
	Ok(Some(Value::from(digits)))
}

fn number(number: u128) -> Value {
	match u64::try_from(number) {
		Ok(number) => Value::from(number),
		Err(_) => Value::from(number.to_string()),
	}
}

fn primitive(primitive: &TypeDefPrimitive, bytes: &mut &[u8]) -> Result<Value, DecodeError> {
	Ok(match primitive {
		TypeDefPrimitive::Bool => Value::from(bool::decode(bytes)?),
		TypeDefPrimitive::Str => Value::from(String::decode(bytes)?),
		TypeDefPrimitive::Char => {
			let code = u32::decode(bytes)?;
			let read = char::from_u32(code).ok_or_else(|| codec::Error::from("no character"))?;
			Value::from(read.to_string())
		}
		TypeDefPrimitive::U8 => Value::from(u8::decode(bytes)?),
		TypeDefPrimitive::U16 => Value::from(u16::decode(bytes)?),
		TypeDefPrimitive::U32 => Value::from(u32::decode(bytes)?),
		TypeDefPrimitive::U64 => Value::from(u64::decode(bytes)?),
		TypeDefPrimitive::U128 => number(u128::decode(bytes)?),
		TypeDefPrimitive::I8 => Value::from(i8::decode(bytes)?),
		TypeDefPrimitive::I16 => Value::from(i16::decode(bytes)?),
		TypeDefPrimitive::I32 => Value::from(i32::decode(bytes)?),
		TypeDefPrimitive::I64 => Value::from(i64::decode(bytes)?),
		TypeDefPrimitive::I128 => Value::from(i128::decode(bytes)?.to_string()),
		TypeDefPrimitive::U256 | TypeDefPrimitive::I256 => {
			let digits = <[u8; 32]>::decode(bytes)?;
			Value::from(sp_core::bytes::to_hex(&digits, false))
		}
	})
}

#[cfg(test)]
mod tests {
	use super::*;
	use bitvec::prelude::*;
	use codec::Encode;
	use scale_info::{MetaType, Registry, TypeInfo};

	/// What a value is as JSON, with nothing left of its bytes.
	fn json<T: Encode + TypeInfo + 'static>(value: &T) -> Result<Value, DecodeError> {
		let mut registry = Registry::new();
		let ty = registry.register_type(&MetaType::new::<T>()).id;
		let types = PortableRegistry::from(registry);
		let encoded = value.encode();
		let mut bytes = &encoded[..];
		let decoded = decode(&types, ty, &mut bytes)?;
		assert!(bytes.is_empty(), "{} bytes are left", bytes.len());
		for cut in 0..encoded.len() {
			assert!(
				decode(&types, ty, &mut &encoded[..cut]).is_err(),
				"cut off at {cut}"
			);
		}
		Ok(decoded)
	}

	#[test]
	fn bits_are_digits_in_their_order() {
		let pattern = |length: usize| (0..length).map(|at| at % 3 == 0 || at % 7 == 2);
		for length in [0, 1, 7, 8, 9, 16, 31, 33, 64, 65, 200] {
			let digits: String = pattern(length).map(|bit| if bit { '1' } else { '0' }).collect();
			let expected = Ok(Value::from(digits));
			assert_eq!(json(&pattern(length).collect::<BitVec<u8, Lsb0>>()), expected);
			assert_eq!(json(&pattern(length).collect::<BitVec<u8, Msb0>>()), expected);
			assert_eq!(json(&pattern(length).collect::<BitVec<u16, Lsb0>>()), expected);
			assert_eq!(json(&pattern(length).collect::<BitVec<u16, Msb0>>()), expected);
			assert_eq!(json(&pattern(length).collect::<BitVec<u32, Lsb0>>()), expected);
			assert_eq!(json(&pattern(length).collect::<BitVec<u64, Msb0>>()), expected);
		}
	}
}
