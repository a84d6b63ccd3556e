use std::collections::BTreeSet;

use cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue, operators};

/// Names that CEL itself gives a meaning.
const TYPES: &[&str] = &["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"];

/// See [`super::Expression::references`].
pub(super) fn of(expression: &IdedExpr) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(expression, &mut Vec::new(), &mut found);
    found
}

/// The names from a root down to where they are no longer fixed: `["needs", "build", "outputs"]`.
pub(super) fn path_of(expression: &IdedExpr) -> Option<Vec<&str>> {
    match &expression.expr {
        Expr::Ident(name) => Some(vec![name.as_str()]),
        Expr::Select(select) => {
            let mut path = path_of(&select.operand)?;
            path.push(&select.field);
            Some(path)
        }
        Expr::Call(call) if call.func_name == operators::INDEX => {
            let [operand, index] = call.args.as_slice() else { return None };
            let Expr::Literal(LiteralValue::String(key)) = &index.expr else { return None };
            let mut path = path_of(operand)?;
            path.push(key.inner());
            Some(path)
        }
        _ => None,
    }
}

fn collect<'e>(expression: &'e IdedExpr, bound: &mut Vec<&'e str>, found: &mut BTreeSet<String>) {
    if let Some(path) = path_of(expression) {
        let root = path[0].trim_start_matches('.');
        let is_bound = bound.contains(&root) || root.starts_with('@') || (path.len() == 1 && TYPES.contains(&root));
        if !is_bound {
            found.insert(path.join(".").trim_start_matches('.').to_owned());
        }
        return;
    }
    match &expression.expr {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => {}
        Expr::Select(select) => collect(&select.operand, bound, found),
        Expr::Call(call) => {
            for part in call.target.iter().map(AsRef::as_ref).chain(&call.args) {
                collect(part, bound, found);
            }
        }
        Expr::List(list) => list.elements.iter().for_each(|part| collect(part, bound, found)),
        Expr::Map(map) => map.entries.iter().for_each(|entry| collect_entry(&entry.expr, bound, found)),
        Expr::Struct(message) => message.entries.iter().for_each(|entry| collect_entry(&entry.expr, bound, found)),
        Expr::Comprehension(loops) => {
            collect(&loops.iter_range, bound, found);
            collect(&loops.accu_init, bound, found);
            let outer = bound.len();
            bound.extend([loops.iter_var.as_str(), loops.accu_var.as_str()]);
            bound.extend(loops.iter_var2.as_deref());
            for part in [&loops.loop_cond, &loops.loop_step, &loops.result] {
                collect(part, bound, found);
            }
            bound.truncate(outer);
        }
    }
}

fn collect_entry<'e>(entry: &'e EntryExpr, bound: &mut Vec<&'e str>, found: &mut BTreeSet<String>) {
    match entry {
        EntryExpr::MapEntry(entry) => {
            collect(&entry.key, bound, found);
            collect(&entry.value, bound, found);
        }
        EntryExpr::StructField(field) => collect(&field.value, bound, found),
    }
}
