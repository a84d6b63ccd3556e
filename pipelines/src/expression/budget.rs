use cel::common::ast::{ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators};
use serde_json::Value;

use super::{Context, Error, references};

/// Steps that one evaluation may take at most; 1,000,000 take well under a second.
const MAX_STEPS: u64 = 1_000_000;

/// Bytes that any value of one evaluation may reach at most.
const MAX_VALUE_BYTES: u64 = 4 << 20;

/// What a number, a boolean or the frame of a list counts.
const ATOM_BYTES: u64 = 16;

/// Refuses an evaluation that could take too many steps or make too large a value.
///
/// The evaluator has no limits of its own, and a chain of `map` can double a value with each link. So
/// an upper bound is computed first, from the expression and the real sizes of the values it reads.
pub(super) fn check(expression: &IdedExpr, context: &Context) -> Result<(), Error> {
    let mut estimate = Estimate { context, bound: Vec::new(), times: 1, steps: 0 };
    estimate.size_of(expression).map(|_| ())
}

/// An upper bound of a value.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    bytes: u64,
    /// How many elements a loop over it would meet.
    count: u64,
    /// Bytes of the largest of them.
    element: u64,
}

impl Size {
    const ATOM: Self = Self { bytes: ATOM_BYTES, count: 0, element: 0 };

    fn of_anything(bytes: u64) -> Self {
        Self { bytes, count: bytes / ATOM_BYTES, element: bytes }
    }

    fn and(self, other: Self) -> Self {
        Self {
            bytes: self.bytes.saturating_add(other.bytes),
            count: self.count.saturating_add(other.count),
            element: self.element.max(other.element),
        }
    }
}

struct Estimate<'c> {
    context: &'c Context,
    /// Variables of comprehensions, innermost last.
    bound: Vec<(&'c str, Size)>,
    /// How often the current part may run.
    times: u64,
    steps: u64,
}

impl<'c> Estimate<'c> {
    fn size_of(&mut self, expression: &'c IdedExpr) -> Result<Size, Error> {
        let size = match &expression.expr {
            Expr::Unspecified | Expr::Struct(_) => Size::ATOM,
            Expr::Literal(literal) => Size { bytes: literal_bytes(literal), ..Size::ATOM },
            Expr::Ident(_) => self.read(expression).unwrap_or(Size::ATOM),
            Expr::Select(select) => match self.read(expression) {
                Some(size) => size,
                None => Size::of_anything(self.size_of(&select.operand)?.bytes),
            },
            Expr::Call(call) => {
                let mut arguments = Vec::with_capacity(call.args.len() + 1);
                for part in call.target.iter().map(AsRef::as_ref).chain(&call.args) {
                    arguments.push(self.size_of(part)?);
                }
                self.call(&call.func_name, &arguments)?
            }
            Expr::List(list) => self.sum(list.elements.iter())?,
            Expr::Map(map) => {
                let entries = map.entries.iter().filter_map(|entry| match &entry.expr {
                    EntryExpr::MapEntry(entry) => Some([&entry.key, &entry.value]),
                    EntryExpr::StructField(_) => None,
                });
                self.sum(entries.flatten())?
            }
            Expr::Comprehension(loops) => self.comprehension(loops)?,
        };
        self.spend(1 + size.bytes / 64)?;
        if size.bytes > MAX_VALUE_BYTES {
            return Err(Error::new(0, format!("the expression could make a value of more than {MAX_VALUE_BYTES} bytes")));
        }
        Ok(size)
    }

    fn sum(&mut self, elements: impl Iterator<Item = &'c IdedExpr>) -> Result<Size, Error> {
        let mut sum = Size::ATOM;
        for element in elements {
            let bytes = self.size_of(element)?.bytes;
            sum = sum.and(Size { bytes, count: 1, element: bytes });
        }
        Ok(sum)
    }

    fn spend(&mut self, steps: u64) -> Result<(), Error> {
        self.steps = self.steps.saturating_add(steps.saturating_mul(self.times));
        if self.steps > MAX_STEPS {
            let message =
                format!("the expression could take more than {MAX_STEPS} steps: use shorter lists or fewer loops inside each other");
            return Err(Error::new(0, message));
        }
        Ok(())
    }

    fn call(&mut self, function: &str, arguments: &[Size]) -> Result<Size, Error> {
        let sum = arguments.iter().copied().fold(Size::default(), Size::and);
        Ok(match function {
            operators::ADD => sum,
            operators::CONDITIONAL => {
                let either = arguments.iter().skip(1);
                Size {
                    bytes: either.clone().map(|size| size.bytes).max().unwrap_or(ATOM_BYTES),
                    count: either.clone().map(|size| size.count).max().unwrap_or(0),
                    element: either.map(|size| size.element).max().unwrap_or(0),
                }
            }
            operators::INDEX => Size::of_anything(arguments.first().map_or(ATOM_BYTES, |size| size.element)),
            // A pattern is compiled anew at every call, and a hostile one takes long.
            "matches" => {
                let [text, pattern] = arguments else { return Ok(Size::ATOM) };
                let compiled = 1_000u64.saturating_add(pattern.bytes.saturating_mul(50));
                self.spend(compiled.saturating_add(text.bytes.saturating_mul(pattern.bytes) / 64))?;
                Size::ATOM
            }
            operators::LOGICAL_AND | operators::LOGICAL_OR | operators::LOGICAL_NOT | operators::NOT_STRICTLY_FALSE => Size::ATOM,
            operators::EQUALS
            | operators::NOT_EQUALS
            | operators::IN
            | operators::LESS
            | operators::LESS_EQUALS
            | operators::GREATER
            | operators::GREATER_EQUALS
            | "contains"
            | "startsWith"
            | "endsWith"
            | "size" => {
                self.spend(sum.bytes / ATOM_BYTES)?;
                Size::ATOM
            }
            // Numbers as text, text as bytes: twice the size and a little.
            _ => Size::of_anything(sum.bytes.saturating_mul(2).saturating_add(64)),
        })
    }

    fn comprehension(&mut self, loops: &'c ComprehensionExpr) -> Result<Size, Error> {
        let range = self.size_of(&loops.iter_range)?;
        let start = self.size_of(&loops.accu_init)?;
        self.spend(range.bytes / ATOM_BYTES)?;

        let (outer, times) = (self.bound.len(), self.times);
        let element = Size::of_anything(range.element.max(ATOM_BYTES));
        self.times = times.saturating_mul(range.count.max(1));
        self.bound.push((&loops.iter_var, element));
        self.bound.extend(loops.iter_var2.as_deref().map(|name| (name, element)));
        // The accumulator grows by at most one step's own size each time.
        self.bound.push((&loops.accu_var, Size::default()));
        self.size_of(&loops.loop_cond)?;
        let step = self.size_of(&loops.loop_step)?;
        self.times = times;
        self.bound.pop();
        let end = Size {
            bytes: start.bytes.saturating_add(range.count.saturating_mul(step.bytes)),
            count: start.count.saturating_add(range.count.saturating_mul(step.count)),
            element: start.element.max(step.element),
        };
        self.bound.push((&loops.accu_var, end));
        let result = self.size_of(&loops.result);
        self.bound.truncate(outer);
        result
    }

    /// The exact size of a value of the context, or the bound of a loop's variable.
    fn read(&self, expression: &IdedExpr) -> Option<Size> {
        let path = references::path_of(expression)?;
        let root = path[0].trim_start_matches('.');
        if let Some((_, size)) = self.bound.iter().rev().find(|(name, _)| *name == root) {
            return Some(if path.len() == 1 { *size } else { Size::of_anything(size.bytes) });
        }
        let mut value = self.context.get(root)?;
        for key in &path[1..] {
            value = value.get(key)?;
        }
        Some(match value {
            Value::Array(items) => {
                Size { bytes: json_bytes(value), count: items.len() as u64, element: items.iter().map(json_bytes).max().unwrap_or(0) }
            }
            Value::Object(entries) => {
                let element = entries.iter().map(|(key, value)| (ATOM_BYTES + key.len() as u64).max(json_bytes(value))).max();
                Size { bytes: json_bytes(value), count: entries.len() as u64, element: element.unwrap_or(0) }
            }
            _ => Size { bytes: json_bytes(value), ..Size::ATOM },
        })
    }
}

fn literal_bytes(literal: &LiteralValue) -> u64 {
    match literal {
        LiteralValue::String(text) => ATOM_BYTES + text.inner().len() as u64,
        LiteralValue::Bytes(bytes) => ATOM_BYTES + bytes.inner().len() as u64,
        _ => ATOM_BYTES,
    }
}

fn json_bytes(value: &Value) -> u64 {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => ATOM_BYTES,
        Value::String(text) => ATOM_BYTES + text.len() as u64,
        Value::Array(items) => items.iter().map(json_bytes).fold(ATOM_BYTES, u64::saturating_add),
        Value::Object(entries) => {
            entries.iter().map(|(key, value)| ATOM_BYTES + key.len() as u64 + json_bytes(value)).fold(ATOM_BYTES, u64::saturating_add)
        }
    }
}
