//! JSON to SCALE, by the types of a runtime.

use crate::EncodeError;
use codec::{Compact, Encode};
use scale_info::{
	form::PortableForm, Field, PortableRegistry, Type, TypeDef, TypeDefBitSequence, TypeDefPrimitive, Variant,
};
use serde_json::Value;

/// How deep types may be nested for an empty value: a type may contain itself.
const MAX_DEPTH: u32 = 32;

/// Encodes a value as the type of this number.
///
/// Structures are objects, or arrays if their fields have no names; what has one field may be given as that field. Enums are
/// the variant's name, or an object with it as only key; `Option` is null or the value. Bytes may be `0x` and digits, and
/// numbers that JSON can't hold strings. Bits are the digits 0 and 1 in their order, or a list of truths.
pub(crate) fn encode(types: &PortableRegistry, ty: u32, value: &Value) -> Result<Vec<u8>, EncodeError> {
	let mut out = Vec::new();
	Encoder {
		types,
		at: String::new(),
	}
	.value(ty, value, &mut out)?;
	Ok(out)
}

/// The empty value of a type: zero, nothing, none, no elements; the variant `None`, `Disabled` or the first one.
pub(crate) fn empty(types: &PortableRegistry, ty: u32) -> Result<Vec<u8>, EncodeError> {
	let mut out = Vec::new();
	empty_into(types, ty, MAX_DEPTH, &mut out)?;
	Ok(out)
}

/// How a type is called.
pub(crate) fn name_of(types: &PortableRegistry, ty: u32) -> String {
	match types.resolve(ty) {
		None => format!("type {ty}"),
		Some(Type { path, .. }) if !path.is_empty() => path.segments.join("::"),
		Some(Type { type_def, .. }) => match type_def {
			TypeDef::Primitive(primitive) => format!("{primitive:?}").to_lowercase(),
			TypeDef::Compact(inner) => format!("a compact {}", name_of(types, inner.type_param.id)),
			TypeDef::Sequence(inner) => format!("a list of {}", name_of(types, inner.type_param.id)),
			TypeDef::Array(array) => format!("{} of {}", array.len, name_of(types, array.type_param.id)),
			TypeDef::Tuple(tuple) => format!("a tuple of {}", tuple.fields.len()),
			_ => format!("type {ty}"),
		},
	}
}

fn resolve(types: &PortableRegistry, ty: u32) -> Result<&Type<PortableForm>, EncodeError> {
	types.resolve(ty).ok_or(EncodeError::NoType(ty))
}

struct Encoder<'a> {
	types: &'a PortableRegistry,
	/// Where in the value.
	at: String,
}

impl Encoder<'_> {
	fn within(&self, step: &str) -> Self {
		let at = match self.at.is_empty() {
			true => step.to_owned(),
			false => format!("{}.{step}", self.at),
		};
		Encoder {
			types: self.types,
			at,
		}
	}

	fn mismatch(&self, expected: impl Into<String>, value: &Value) -> EncodeError {
		EncodeError::Mismatch {
			at: match self.at.is_empty() {
				true => "the value".into(),
				false => self.at.clone(),
			},
			expected: expected.into(),
			found: value.to_string(),
		}
	}

	fn value(&self, ty: u32, value: &Value, out: &mut Vec<u8>) -> Result<(), EncodeError> {
		let resolved = resolve(self.types, ty)?;
		match &resolved.type_def {
			TypeDef::Composite(composite) => self.fields(&composite.fields, value, out),
			TypeDef::Variant(variants) => self.variant(ty, &variants.variants, value, out),
			TypeDef::Sequence(sequence) => {
				let elements = self.elements(ty, sequence.type_param.id, value)?;
				Compact(u32::try_from(elements.len()).unwrap_or(u32::MAX)).encode_to(out);
				self.each(sequence.type_param.id, &elements, out)
			}
			TypeDef::Array(array) => {
				let elements = self.elements(ty, array.type_param.id, value)?;
				if elements.len() != array.len as usize {
					return Err(self.mismatch(name_of(self.types, ty), value));
				}
				self.each(array.type_param.id, &elements, out)
			}
			TypeDef::Tuple(tuple) => match (&tuple.fields[..], value) {
				([], Value::Null) => Ok(()),
				(fields, Value::Array(values)) if values.len() == fields.len() => fields
					.iter()
					.zip(values)
					.enumerate()
					.try_for_each(|(position, (field, value))| {
						self.within(&position.to_string()).value(field.id, value, out)
					}),
				_ => Err(self.mismatch(name_of(self.types, ty), value)),
			},
			TypeDef::Primitive(primitive) => self.primitive(primitive, value, out),
			TypeDef::Compact(compact) => {
				let number = self.unsigned(value, u128::MAX, &name_of(self.types, compact.type_param.id))?;
				Compact(number).encode_to(out);
				Ok(())
			}
			TypeDef::BitSequence(sequence) => self.bits(sequence, value, out),
		}
	}

	/// Bits in bytes, the first in the lowest place: no other order is known here.
	fn bits(
		&self,
		sequence: &TypeDefBitSequence<PortableForm>,
		value: &Value,
		out: &mut Vec<u8>,
	) -> Result<(), EncodeError> {
		let unit = self
			.types
			.resolve(sequence.bit_store_type.id)
			.map(|ty| &ty.type_def);
		let order = self.types.resolve(sequence.bit_order_type.id);
		let is_known = unit == Some(&TypeDef::Primitive(TypeDefPrimitive::U8))
			&& order.is_some_and(|order| order.path.ident().as_deref() == Some("Lsb0"));
		if !is_known {
			return Err(self.mismatch(
				"something else than bits in this order, which can't be given",
				value,
			));
		}
		let bits: Option<Vec<bool>> = match value {
			Value::String(digits) => {
				let digit = |digit| match digit {
					'0' => Some(false),
					'1' => Some(true),
					_ => None,
				};
				digits.chars().map(digit).collect()
			}
			Value::Array(truths) => truths.iter().map(Value::as_bool).collect(),
			_ => None,
		};
		let bits =
			bits.ok_or_else(|| self.mismatch("bits: the digits 0 and 1, or a list of truths", value))?;
		Compact(u32::try_from(bits.len()).unwrap_or(u32::MAX)).encode_to(out);
		out.extend(bits.chunks(8).map(|byte| {
			let set = byte.iter().enumerate().filter(|(_, bit)| **bit);
			set.fold(0u8, |byte, (place, _)| byte | (1 << place))
		}));
		Ok(())
	}

	fn fields(
		&self,
		fields: &[Field<PortableForm>],
		value: &Value,
		out: &mut Vec<u8>,
	) -> Result<(), EncodeError> {
		match (fields, value) {
			([], Value::Null) => Ok(()),
			([], Value::Object(values)) if values.is_empty() => Ok(()),
			(fields, Value::Object(values)) if fields.iter().all(|field| field.name.is_some()) => {
				let names: Vec<&str> = fields.iter().filter_map(|field| field.name.as_deref()).collect();
				if let Some(unknown) = values.keys().find(|key| !names.contains(&key.as_str())) {
					return Err(self.mismatch(
						format!("an object of {}", names.join(", ")),
						&Value::from(unknown.as_str()),
					));
				}
				fields.iter().zip(names).try_for_each(|(field, name)| {
					let value = values.get(name).unwrap_or(&Value::Null);
					self.within(name).value(field.ty.id, value, out)
				})
			}
			([field], value) => self.value(field.ty.id, value, out),
			(fields, Value::Array(values)) if values.len() == fields.len() => fields
				.iter()
				.zip(values)
				.try_for_each(|(field, value)| self.value(field.ty.id, value, out)),
			(fields, value) => Err(self.mismatch(format!("{} fields", fields.len()), value)),
		}
	}

	fn variant(
		&self,
		ty: u32,
		variants: &[Variant<PortableForm>],
		value: &Value,
		out: &mut Vec<u8>,
	) -> Result<(), EncodeError> {
		let path = &resolve(self.types, ty)?.path.segments;
		if path.len() == 1 && path[0] == "Option" {
			let some = variants.iter().find(|variant| variant.name == "Some");
			return match (value, some) {
				(Value::Null, _) => {
					out.push(0);
					Ok(())
				}
				(value, Some(some)) => {
					out.push(some.index);
					self.fields(&some.fields, value, out)
				}
				(value, None) => Err(self.mismatch("null", value)),
			};
		}
		let names = || {
			let names: Vec<_> = variants.iter().map(|variant| variant.name.as_str()).collect();
			format!("one of {}", names.join(", "))
		};
		let (name, inner) = match value {
			Value::String(name) => (name.as_str(), &Value::Null),
			Value::Object(object) if object.len() == 1 => match object.iter().next() {
				Some((name, inner)) => (name.as_str(), inner),
				None => return Err(self.mismatch(names(), value)),
			},
			_ => return Err(self.mismatch(names(), value)),
		};
		let variant = variants.iter().find(|variant| variant.name == name);
		let variant = variant.ok_or_else(|| self.mismatch(names(), value))?;
		out.push(variant.index);
		self.within(name).fields(&variant.fields, inner, out)
	}

	/// Elements of a list, which may be bytes.
	fn elements(&self, ty: u32, element: u32, value: &Value) -> Result<Vec<Value>, EncodeError> {
		let bytes = matches!(
			resolve(self.types, element)?.type_def,
			TypeDef::Primitive(TypeDefPrimitive::U8)
		);
		let wrong = || self.mismatch(name_of(self.types, ty), value);
		match value {
			Value::Array(elements) => Ok(elements.clone()),
			Value::String(text) if bytes => {
				let bytes = sp_core::bytes::from_hex(text).map_err(|_| wrong())?;
				Ok(bytes.into_iter().map(Value::from).collect())
			}
			_ => Err(wrong()),
		}
	}

	fn each(&self, element: u32, values: &[Value], out: &mut Vec<u8>) -> Result<(), EncodeError> {
		values
			.iter()
			.enumerate()
			.try_for_each(|(position, value)| self.within(&position.to_string()).value(element, value, out))
	}

	fn unsigned(&self, value: &Value, max: u128, expected: &str) -> Result<u128, EncodeError> {
		let number = match value {
			Value::Number(number) => number.as_u64().map(u128::from),
			Value::String(text) => text.parse().ok(),
			_ => None,
		};
		number
			.filter(|number| *number <= max)
			.ok_or_else(|| self.mismatch(expected, value))
	}

	fn primitive(
		&self,
		primitive: &TypeDefPrimitive,
		value: &Value,
		out: &mut Vec<u8>,
	) -> Result<(), EncodeError> {
		let expected = format!("{primitive:?}").to_lowercase();
		let unsigned = |bytes: usize| {
			let max = u128::MAX >> (128 - 8 * bytes as u32);
			let number = self.unsigned(value, max, &expected)?;
			Ok::<_, EncodeError>(number.to_le_bytes()[..bytes].to_vec())
		};
		let encoded = match primitive {
			TypeDefPrimitive::Bool => match value {
				Value::Bool(value) => value.encode(),
				_ => return Err(self.mismatch(expected, value)),
			},
			TypeDefPrimitive::Str => match value {
				Value::String(text) => text.encode(),
				_ => return Err(self.mismatch(expected, value)),
			},
			TypeDefPrimitive::U8 => unsigned(1)?,
			TypeDefPrimitive::U16 => unsigned(2)?,
			TypeDefPrimitive::U32 => unsigned(4)?,
			TypeDefPrimitive::U64 => unsigned(8)?,
			TypeDefPrimitive::U128 => unsigned(16)?,
			_ => {
				return Err(self.mismatch(
					"a type that can be given: neither signed, nor a character, nor of 256 bits",
					value,
				))
			}
		};
		out.extend(encoded);
		Ok(())
	}
}

fn empty_into(types: &PortableRegistry, ty: u32, depth: u32, out: &mut Vec<u8>) -> Result<(), EncodeError> {
	let none = || EncodeError::NoDefault(name_of(types, ty));
	let depth = depth.checked_sub(1).ok_or_else(none)?;
	let fields = |fields: &[Field<PortableForm>], out: &mut Vec<u8>| {
		fields
			.iter()
			.try_for_each(|field| empty_into(types, field.ty.id, depth, out))
	};
	match &resolve(types, ty)?.type_def {
		TypeDef::Composite(composite) => fields(&composite.fields, out),
		TypeDef::Variant(variants) => {
			let named = |name: &str| variants.variants.iter().find(|variant| variant.name == name);
			let first = || variants.variants.iter().min_by_key(|variant| variant.index);
			let variant = named("None")
				.or_else(|| named("Disabled"))
				.or_else(first)
				.ok_or_else(none)?;
			out.push(variant.index);
			fields(&variant.fields, out)
		}
		TypeDef::Sequence(_) | TypeDef::Compact(_) | TypeDef::BitSequence(_) => {
			out.push(0);
			Ok(())
		}
		TypeDef::Array(array) => {
			(0..array.len).try_for_each(|_| empty_into(types, array.type_param.id, depth, out))
		}
		TypeDef::Tuple(tuple) => tuple
			.fields
			.iter()
			.try_for_each(|field| empty_into(types, field.id, depth, out)),
		TypeDef::Primitive(primitive) => {
			let bytes = match primitive {
				TypeDefPrimitive::Bool
				| TypeDefPrimitive::U8
				| TypeDefPrimitive::I8
				| TypeDefPrimitive::Str => 1,
				TypeDefPrimitive::U16 | TypeDefPrimitive::I16 => 2,
				TypeDefPrimitive::U32 | TypeDefPrimitive::I32 | TypeDefPrimitive::Char => 4,
				TypeDefPrimitive::U64 | TypeDefPrimitive::I64 => 8,
				TypeDefPrimitive::U128 | TypeDefPrimitive::I128 => 16,
				TypeDefPrimitive::U256 | TypeDefPrimitive::I256 => 32,
			};
			out.resize(out.len().saturating_add(bytes), 0);
			Ok(())
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use scale_info::{MetaType, Registry, TypeInfo};
	use serde_json::json;

	#[allow(dead_code)]
	#[derive(TypeInfo)]
	enum Assignment {
		Idle,
		#[codec(index = 2)]
		Task(Id),
	}

	#[allow(dead_code)]
	#[derive(TypeInfo)]
	struct Id(u32);

	#[allow(dead_code)]
	#[derive(TypeInfo)]
	struct Work {
		core: Id,
		#[codec(compact)]
		price: u128,
		end: Option<u32>,
		shares: Vec<(Assignment, u16)>,
		key: [u8; 4],
	}

	fn types<T: TypeInfo + 'static>() -> (PortableRegistry, u32) {
		let mut registry = Registry::new();
		let ty = registry.register_type(&MetaType::new::<T>());
		(registry.into(), ty.id)
	}

	#[test]
	fn values_are_encoded_by_their_types() {
		let (types, ty) = types::<Work>();
		let value = json!({
			"core": 7,
			"price": u128::MAX.to_string(),
			"end": null,
			"shares": [["Idle", 1], [{ "Task": 2000 }, 2]],
			"key": "0x01020304",
		});
		let mut expected = (7u32, Compact(u128::MAX), None::<u32>).encode();
		expected.extend(Compact(2u32).encode());
		expected.extend((0u8, 1u16).encode());
		expected.extend((2u8, 2000u32, 2u16).encode());
		expected.extend([1, 2, 3, 4]);
		assert_eq!(encode(&types, ty, &value), Ok(expected));
	}

	#[test]
	fn what_does_not_fit_is_named_with_its_place() {
		let (types, ty) = types::<Work>();
		let rows = [
			(json!({ "core": -1 }), "core: must be u32, but is -1"),
			(
				json!({ "core": 1, "price": 1, "shares": [["Busy", 1]] }),
				"shares.0.0: must be one of Idle, Task, but is \"Busy\"",
			),
			(
				json!({ "core": 1, "price": 1, "shares": [], "key": "0x01" }),
				"key: must be 4 of u8, but is \"0x01\"",
			),
			(
				json!({ "cores": 1 }),
				"the value: must be an object of core, price, end, shares, key, but is \"cores\"",
			),
		];
		for (value, expected) in rows {
			let error = encode(&types, ty, &value).expect_err(expected).to_string();
			assert_eq!(error, expected);
		}
	}

	#[test]
	fn empty_values_are_those_that_say_nothing() {
		#[allow(dead_code)]
		#[derive(TypeInfo)]
		enum Mode {
			Enabled,
			Disabled,
		}
		let (types, ty) = types::<(Mode, Option<[u8; 32]>, Work, ())>();
		let empty = empty(&types, ty).expect("all have one");
		assert_eq!(empty, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
		#[allow(dead_code)]
		#[derive(TypeInfo)]
		enum Never {}
		let (types, ty) = self::types::<Never>();
		assert!(matches!(super::empty(&types, ty), Err(EncodeError::NoDefault(_))));
	}

	#[test]
	fn bits_are_digits_or_truths_in_their_order() {
		use bitvec::{order::Lsb0, order::Msb0, vec::BitVec};
		for length in [0, 1, 7, 8, 9, 64, 65, 200] {
			let pattern: Vec<bool> = (0..length).map(|at| at % 3 == 0 || at % 7 == 2).collect();
			let digits: String = pattern.iter().map(|bit| if *bit { '1' } else { '0' }).collect();
			let (types, ty) = types::<BitVec<u8, Lsb0>>();
			let expected = pattern.iter().collect::<BitVec<u8, Lsb0>>().encode();
			for value in [Value::from(digits), Value::from(pattern)] {
				assert_eq!(super::encode(&types, ty, &value), Ok(expected.clone()));
			}
			assert!(super::encode(&types, ty, &Value::from("012")).is_err());
			let (types, ty) = self::types::<BitVec<u8, Msb0>>();
			assert!(
				super::encode(&types, ty, &Value::from("01")).is_err(),
				"another order"
			);
		}
	}
}
