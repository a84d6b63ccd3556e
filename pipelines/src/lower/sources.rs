use std::collections::{BTreeMap, BTreeSet};

use super::Lower;
use crate::diagnostic::Code;
use crate::file::SourceForm;
use crate::plan;
use crate::text::{Map, Placed as _, Problem, shortened};

const BRANCH: &str = "main";
const MOST: usize = 16;

impl Lower<'_> {
    /// Where revisions come from besides the pipeline's own repository (P5).
    pub(super) fn sources(&mut self, form: Option<&Map<SourceForm>>) -> BTreeMap<String, plan::Source> {
        let mut sources = BTreeMap::new();
        let entries = form.map(|form| form.entries.as_slice()).unwrap_or_default();
        if let Some((name, _)) = entries.get(MOST) {
            let problem = Problem::error(Code::OutOfRange, name.span, format!("{} sources are too many", entries.len()));
            self.report(problem.expected(format!("at most {MOST}")));
        }
        let mut seen = BTreeSet::new();
        for (name, source) in entries.iter().take(MOST) {
            self.name("a source", name);
            self.unique(&mut seen, "sources", name);
            if let Some(source) = self.source(source) {
                sources.insert(name.value.clone(), source);
            }
        }
        sources
    }

    fn source(&mut self, form: &SourceForm) -> Option<plan::Source> {
        match (&form.repository, &form.pipeline) {
            (Some(repository), None) => {
                if let Some(stage) = &form.stage {
                    let problem = Problem::error(Code::ConflictingKeys, stage.span, "`stage` belongs to `pipeline`");
                    self.report(problem.help("a repository has branches: `branch`"));
                }
                let url = repository.value.clone();
                if url.is_empty() || url.starts_with('-') || url.chars().any(|c| c.is_whitespace() || c.is_control()) {
                    let problem = Problem::error(Code::BadFormat, repository.span, "this is no address of a repository");
                    self.report(problem.expected("an address that git understands, such as `https://git.example/acme/config`"));
                }
                let branch = form.branch.as_ref().map_or_else(|| BRANCH.to_owned(), |branch| branch.value.clone());
                Some(plan::Source::Repository { url, branch })
            }
            (None, Some(pipeline)) => {
                if let Some(branch) = &form.branch {
                    let problem = Problem::error(Code::ConflictingKeys, branch.span, "`branch` belongs to `repository`");
                    self.report(problem.help("a pipeline has stages: `stage`"));
                }
                if pipeline.value == self.name {
                    let message = format!("the pipeline `{}` waits for itself, and would for ever", shortened(&pipeline.value));
                    self.report(Problem::error(Code::NeedsCycle, pipeline.span, message));
                }
                let stage = form.stage.as_ref().map(|stage| stage.value.clone());
                Some(plan::Source::Pipeline { pipeline: pipeline.value.clone(), stage })
            }
            (Some(_), Some(pipeline)) => {
                let problem = Problem::error(Code::ConflictingKeys, pipeline.span, "a source has `repository` and `pipeline`");
                self.report(problem.expected("one of `repository` and `pipeline`"));
                None
            }
            (None, None) => {
                if form.is_whole() {
                    let problem = Problem::error(Code::MissingKey, form.span(), "a source needs a place that it comes from");
                    self.report(problem.expected("one of `repository` and `pipeline`"));
                }
                None
            }
        }
    }
}
