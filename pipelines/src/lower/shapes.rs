use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Lower, repository_path};
use crate::blocks::{Given, Input, Phrase, inputs_doc, lower_inputs, read_all};
use crate::diagnostic::Code;
use crate::file::{BlockInput, InputType};
use crate::lock::digest_of;
use crate::text::{Key, Map, Node, Problem, Read, Reader, Spanned, Value, parse, record, shortened};

pub(super) const SHAPE: &str = "shape.yaml";

record! {
    /// `shape.yaml`: stages and defaults that pipelines share.
    Shape: "a shape" {
        description = "description": String,
        inputs = "inputs": Option<Map<BlockInput>>,
        /// What stands in a pipeline file; `${{ inputs.… }}` is what the pipeline says to the shape.
        #[schemars(with = "serde_json::Value")]
        pipeline = "pipeline": Arc<Node>,
    }
}

record! {
    /// A shape and what it is told.
    Extends: "what a pipeline extends" {
        uses = "uses": Spanned<String>,
        #[schemars(with = "Option<std::collections::BTreeMap<String, serde_json::Value>>")]
        with = "with": Option<Arc<Node>>,
    }
}

/// A shape by its name, or a map that tells it something.
#[derive(Debug, Clone, schemars::JsonSchema)]
#[schemars(untagged)]
pub(crate) enum ExtendsForm {
    Shape(Spanned<String>),
    Extends(Box<Extends>),
}

impl Read for ExtendsForm {
    const WHAT: &'static str = "a shape such as `./shapes/service`, or a map with `uses` and `with`";

    fn read(node: &Arc<Node>, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Mapping(_) => Read::read(node, reader).map(Self::Extends),
            _ => Spanned::read(node, reader).map(Self::Shape),
        }
    }
}

impl Lower<'_> {
    /// The file over the shape that it extends, and the digest of that shape; none where it extends none or the shape cannot be used.
    pub(super) fn over_shape(&mut self, root: &Arc<Node>) -> Option<Arc<Node>> {
        let form = ExtendsForm::read(root.get("extends")?, self.reader)?;
        let (uses, with) = match &form {
            ExtendsForm::Shape(uses) => (uses, None),
            ExtendsForm::Extends(extends) => (&extends.uses, extends.with.as_ref()),
        };
        let (file, text, digest) = self.shape_text(uses)?;
        let mut reader = Reader::default();
        let shape = parse(&text, &mut reader).and_then(|node| Shape::read(&node, &mut reader));
        let inputs = shape.as_ref().map(|shape| lower_inputs(shape.inputs.as_ref(), &mut reader)).unwrap_or_default();
        let is_wrong = reader.has_errors();
        self.elsewhere.extend(reader.finish(&file, &text));
        let Some(shape) = shape.filter(|_| !is_wrong) else {
            let message = format!("the shape `{}` has errors of its own", shortened(&uses.value));
            self.report(Problem::error(Code::UnknownBlock, uses.span, message).help(format!("mend `{file}`")));
            return None;
        };
        if shape.pipeline.get("extends").is_some() {
            let message = format!("the shape `{}` extends another one: shapes do not nest", shortened(&uses.value));
            self.report(Problem::error(Code::ConflictingKeys, uses.span, message).help("extend one shape that has all of it"));
            return None;
        }
        let values = read_all(&format!("the shape `{}`", shortened(&uses.value)), &inputs, with, uses.span, self.reader);
        let place = self.reader.add_file(&file, &text);
        let filled = Filler { inputs: &inputs, values: &values, place }.node(&shape.pipeline);
        let name = self.environment.pinned(&uses.value);
        self.touch(crate::policy::Kind::Block, &name, uses.span);
        self.digests.insert(name.into_owned(), digest);
        Some(Arc::new(overlaid(&filled, root, "")))
    }

    /// Name of the file, its text, and the digest of its folder.
    fn shape_text(&mut self, uses: &Spanned<String>) -> Option<(String, String, String)> {
        if uses.value.starts_with("git::") {
            let folder = self.locked_folder(uses)?;
            let digest = digest_of(&folder);
            let Some(text) = folder.get(SHAPE) else {
                let message = format!("`{}` holds no `{SHAPE}`", shortened(&uses.value));
                self.report(Problem::error(Code::MissingFile, uses.span, message).expected(format!("a folder with a `{SHAPE}`")));
                return None;
            };
            return Some((format!("{}/{SHAPE}", self.environment.pinned(&uses.value)), text.clone(), digest));
        }
        let folder = repository_path(&uses.value).filter(|_| uses.value.starts_with("./"));
        let Some(folder) = folder else {
            let message = format!("`{}` is not a shape", shortened(&uses.value));
            let problem = Problem::error(Code::BadPath, uses.span, message);
            self.report(problem.expected("`./shapes/service`, or `git::https://host/org/shapes//service@v4`"));
            return None;
        };
        let path = format!("{folder}/{SHAPE}");
        let Some(text) = self.source.files.get(&path) else {
            let problem = Problem::error(Code::MissingFile, uses.span, format!("the repository has no file `{}`", shortened(&path)));
            self.report(problem.expected(format!("a folder with a `{SHAPE}`")));
            return None;
        };
        let digest = digest_of(&BTreeMap::from([(SHAPE.to_owned(), text.clone())]));
        Some((path, text.clone(), digest))
    }
}

/// What `tidegate blocks doc` prints of a shape.
pub(super) fn doc_of(name: &str, text: &str) -> (Option<String>, Vec<crate::Diagnostic>) {
    let file = format!("{name}/{SHAPE}");
    let mut reader = Reader::default();
    let shape = parse(text, &mut reader).and_then(|node| Shape::read(&node, &mut reader));
    let doc = shape.map(|shape| {
        let inputs = lower_inputs(shape.inputs.as_ref(), &mut reader);
        let names = shape.pipeline.get("stages").map(|stages| match &stages.value {
            Value::Sequence(stages) => stages.iter().filter_map(|stage| Some(format!("`{}`", name_of(stage)?))).collect(),
            Value::Scalar { .. } | Value::Mapping(_) => Vec::new(),
        });
        let stages: Vec<String> = names.unwrap_or_default();
        format!("# {name}\n\n{}\n{}\nStages: {}.\n", shape.description.trim(), inputs_doc(&inputs), stages.join(", "))
    });
    (doc.filter(|_| !reader.has_errors()), reader.finish(&file, text))
}

/// Puts the shape's inputs into its texts, and says of each node in which file it stands.
struct Filler<'f> {
    inputs: &'f [Input],
    values: &'f BTreeMap<String, Given>,
    place: u16,
}

impl Filler<'_> {
    fn node(&self, node: &Node) -> Arc<Node> {
        let value = match &node.value {
            Value::Scalar { text, plain } => self.scalar(text, *plain),
            Value::Sequence(items) => Value::Sequence(items.iter().map(|item| self.node(item)).collect()),
            Value::Mapping(entries) => {
                let entry = |(key, value): &(Key, Arc<Node>)| {
                    (Key { text: key.text.clone(), span: key.span.of_file(self.place) }, self.node(value))
                };
                Value::Mapping(entries.iter().map(entry).collect())
            }
        };
        Arc::new(node.with(node.span.of_file(self.place), value))
    }

    fn scalar(&self, text: &str, plain: bool) -> Value {
        let unchanged = || Value::Scalar { text: text.to_owned(), plain };
        if !text.contains("${{") {
            return unchanged();
        }
        // Names that are not the shape's are those of the pipeline's manual trigger, and are checked with its texts.
        let Ok(phrase) = Phrase::parse(text) else { return unchanged() };
        if !phrase.inputs().all(|name| self.inputs.iter().any(|input| input.name == name)) {
            return unchanged();
        }
        let inserted = phrase.with(|name| self.values.get(name).and_then(|given| given.text_for(None)));
        let single = self.inputs.iter().find(|input| text.trim() == format!("${{{{ inputs.{} }}}}", input.name));
        // A number or boolean that stands alone is one; a text is a text, also where it looks like a number.
        let plain = match single {
            Some(input) => matches!(input.kind, InputType::Integer | InputType::Boolean),
            None => plain && phrase.inputs().next().is_none(),
        };
        Value::Scalar { text: inserted, plain }
    }
}

/// What the file says over what the shape says: maps key by key, stages and jobs by their names, anything else as a whole.
fn overlaid(base: &Node, own: &Node, key: &str) -> Node {
    let value = match (&base.value, &own.value) {
        (Value::Mapping(under), Value::Mapping(over)) => {
            let mut entries: Vec<(Key, Arc<Node>)> = Vec::new();
            for (name, node) in under {
                match over.iter().find(|(other, _)| other.text == name.text) {
                    Some((name, more)) => entries.push((name.clone(), Arc::new(overlaid(node, more, &name.text)))),
                    None => entries.push((name.clone(), Arc::clone(node))),
                }
            }
            let is_new = |name: &Key| name.text != "extends" && !under.iter().any(|(other, _)| other.text == name.text);
            entries.extend(over.iter().filter(|(name, _)| is_new(name)).cloned());
            Value::Mapping(entries)
        }
        (Value::Sequence(under), Value::Sequence(over)) if matches!(key, "stages" | "jobs") => Value::Sequence(by_name(under, over)),
        _ => own.value.clone(),
    };
    own.with(own.span, value)
}

/// What the shape has not stands behind what it follows in the file.
fn by_name(under: &[Arc<Node>], over: &[Arc<Node>]) -> Vec<Arc<Node>> {
    let mut items = under.to_vec();
    let mut at = 0;
    for own in over {
        let place = name_of(own).and_then(|name| items.iter().position(|item| name_of(item) == Some(name)));
        match place {
            Some(place) => {
                if let Some(item) = items.get_mut(place) {
                    *item = Arc::new(overlaid(item, own, ""));
                }
                at = place + 1;
            }
            None => {
                items.insert(at.min(items.len()), Arc::clone(own));
                at += 1;
            }
        }
    }
    items
}

fn name_of(node: &Node) -> Option<&str> {
    match &node.get("name")?.value {
        Value::Scalar { text, .. } => Some(text),
        Value::Sequence(_) | Value::Mapping(_) => None,
    }
}
