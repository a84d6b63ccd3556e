use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A pipeline file and the files of its repository that it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PipelineFile {
    /// As a person would name it: `.tidegate/pipeline.yaml`.
    #[serde(default = "default_name")]
    pub file: String,
    pub text: String,
    /// Calendars and local blocks, by path from the root of the repository.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
}

fn default_name() -> String {
    ".tidegate/pipeline.yaml".to_owned()
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Validated {
    /// There are no errors; there may be warnings.
    pub is_valid: bool,
    #[schema(schema_with = crate::openapi::diagnostics)]
    pub diagnostics: Vec<pipelines::Diagnostic>,
}

/// Asks what a file would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    #[serde(default = "default_name")]
    pub file: String,
    pub text: String,
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    #[serde(default)]
    pub inputs: BTreeMap<String, String>,
    /// A connected pipeline whose newest plan it is compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<String>,
}

/// A plan in every form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Planned {
    #[schema(schema_with = crate::openapi::plan)]
    pub plan: pipelines::plan::Plan,
    pub text: String,
    /// For Mermaid and for Graphviz.
    pub mermaid: String,
    pub dot: String,
    /// From the newest plan of the pipeline that was named.
    pub difference: Option<PlanDifference>,
    #[schema(schema_with = crate::openapi::diagnostics)]
    pub diagnostics: Vec<pipelines::Diagnostic>,
}

/// How a plan differs from another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PlanDifference {
    pub text: String,
    /// What to look at twice, such as a gate that is gone.
    pub risks: Vec<String>,
    /// Change by change.
    #[schema(value_type = Object)]
    pub changes: serde_json::Value,
}
