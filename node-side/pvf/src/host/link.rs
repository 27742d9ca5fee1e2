//! Which functions a module gets, and how a call reaches them.

use super::{
	charge,
	functions::{answer, Answer, Guest, Items},
	own::{self, Call},
	peek,
	prices::{self, Price},
	reserve, trie, HostContext, HostError, StoreData, MODULE,
};
use crate::error::PrepareError;
use sp_wasm_interface::{Function, HostFunctions, Signature, Value, ValueType};
use std::collections::BTreeMap;
use wasmtime::{Engine, ExternType, FuncType, Linker, Module, Store, Val, ValType};

/// The interfaces that Polkadot offers to validation functions, and the one that ends an execution with a message. They say
/// which types their functions have.
pub(super) type Interfaces = (
	sp_io::misc::HostFunctions,
	sp_io::crypto::HostFunctions,
	sp_io::hashing::HostFunctions,
	sp_io::allocator::HostFunctions,
	sp_io::logging::HostFunctions,
	sp_io::trie::HostFunctions,
	sp_io::panic_handler::HostFunctions,
);

/// The function of `sp-io` with this name.
pub(super) fn sp_io_function(name: &str) -> Option<&'static dyn Function> {
	Interfaces::host_functions()
		.into_iter()
		.find(|function| function.name() == name)
}

/// A function that is offered: what it is, who answers and what it costs.
#[derive(Clone, Copy)]
struct Offered {
	function: &'static dyn Function,
	answer: Answer,
	price: Price,
}

impl Offered {
	fn call(self, mut caller: Guest<'_>, args: &[Val], results: &mut [Val]) -> wasmtime::Result<()> {
		let Self {
			function,
			answer,
			price,
		} = self;
		charge(&mut caller, price.call)?;
		let result = match answer {
			// Linked apart.
			Answer::Malloc | Answer::Free => None,
			Answer::NoKeystore => return Err(HostError::NoKeystore(function.name().to_owned()).into()),
			Answer::Own(own) => own(&mut Call { caller, price, args })?,
			Answer::SpIo => HostContext::enter(&mut caller, price, function, args)?.map(to_val),
			Answer::Trie(items) => {
				charge_items(&mut caller, price, items, args)?;
				HostContext::enter(&mut caller, price, function, args)?.map(to_val)
			}
		};
		if let (Some(slot), Some(result)) = (results.first_mut(), result) {
			*slot = result;
		}
		Ok(())
	}
}

/// Has the guest pay for the items of a trie, which `sp-io` counts only when it has decoded them.
fn charge_items(caller: &mut Guest<'_>, price: Price, items: Items, args: &[Val]) -> Result<(), HostError> {
	let input = match (items, args) {
		(Items::Pairs | Items::Values, [Val::I64(input), ..]) | (Items::Nodes, [_, Val::I64(input), ..]) => {
			*input as u64
		}
		_ => 0,
	};
	// Looking at the keys is work as well.
	charge(caller, price.of_bytes(input >> 32))?;
	let work = trie::inspect(items, peek(caller, input)?)?;
	let steps = work.steps.saturating_mul(prices::TRIE_STEP);
	charge(
		caller,
		work.items.saturating_mul(price.item).saturating_add(steps),
	)?;
	reserve(work.memory)
}

pub(super) fn to_value(val: &Val) -> Value {
	match val {
		Val::I32(value) => Value::I32(*value),
		Val::I64(value) => Value::I64(*value),
		Val::F32(value) => Value::F32(*value),
		Val::F64(value) => Value::F64(*value),
		// No function of `sp-io` has another type.
		_ => Value::I32(0),
	}
}

fn to_val(value: Value) -> Val {
	match value {
		Value::I32(value) => Val::I32(value),
		Value::I64(value) => Val::I64(value),
		Value::F32(value) => Val::F32(value),
		Value::F64(value) => Val::F64(value),
	}
}

fn to_type(engine: &Engine, signature: &Signature) -> FuncType {
	let ty = |ty: &ValueType| match ty {
		ValueType::I32 => ValType::I32,
		ValueType::I64 => ValType::I64,
		ValueType::F32 => ValType::F32,
		ValueType::F64 => ValType::F64,
	};
	FuncType::new(
		engine,
		signature.args.iter().map(ty),
		signature.return_value.iter().map(ty),
	)
}

/// Links all function imports of `module`; those that are not offered trap when called.
pub(crate) fn link(engine: &Engine, module: &Module) -> Result<Linker<StoreData>, PrepareError> {
	let failed = |error: wasmtime::Error| PrepareError::InvalidModule {
		reason: format!("{error:#}"),
	};
	let mut wanted: BTreeMap<String, FuncType> = module
		.imports()
		.filter_map(|import| match import.ty() {
			ExternType::Func(ty) => Some((import.name().to_owned(), ty)),
			_ => None,
		})
		.collect();

	let mut linker = Linker::new(engine);
	for function in Interfaces::host_functions() {
		let name = function.name();
		let Some(answer) = answer(name) else { continue };
		if wanted.remove(name).is_none() {
			continue;
		}
		let price = prices::of(name);
		match answer {
			Answer::Malloc => linker.func_wrap(MODULE, name, move |caller: Guest<'_>, size: u32| {
				own::malloc(caller, price, size)
			}),
			Answer::Free => linker.func_wrap(MODULE, name, move |caller: Guest<'_>, pointer: u32| {
				own::free(caller, price, pointer)
			}),
			_ => {
				let offered = Offered {
					function,
					answer,
					price,
				};
				let ty = to_type(engine, &function.signature());
				linker.func_new(MODULE, name, ty, move |caller, args, results| {
					offered.call(caller, args, results)
				})
			}
		}
		.map_err(failed)?;
	}
	for (name, ty) in wanted {
		let refused = name.clone();
		linker
			.func_new(MODULE, &name, ty, move |_, _, _| {
				Err(HostError::NotOffered(refused.clone()).into())
			})
			.map_err(failed)?;
	}

	// A module may import one name under several types; only the right one links.
	let mut scratch = Store::new(engine, StoreData::new(0));
	for import in module.imports() {
		let ExternType::Func(expected) = import.ty() else {
			continue;
		};
		let offered = linker
			.get(&mut scratch, MODULE, import.name())
			.and_then(|item| item.into_func());
		let actual = offered.map(|func| func.ty(&scratch));
		if !actual
			.as_ref()
			.is_some_and(|actual| FuncType::eq(actual, &expected))
		{
			return Err(PrepareError::WrongImport {
				name: import.name().into(),
				expected: expected.to_string(),
				actual: actual.map(|ty| ty.to_string()).unwrap_or_default(),
			});
		}
	}
	Ok(linker)
}
