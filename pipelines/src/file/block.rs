use std::sync::Arc;

use crate::file::{StepForm, words};
use crate::text::{Map, Node, Spanned, record};

record! {
    /// `block.yaml`: a reusable way to deploy one kind of thing.
    Block: "a block" {
        description = "description": String,
        inputs = "inputs": Option<Map<BlockInput>>,
        /// The strategies that it can do; without it, `all_at_once` and `in_place`.
        strategies = "strategies": Option<Vec<StrategyName>>,
        /// Whether its jobs start from a checkout of the release's commit.
        checkout = "checkout": Option<bool>,
        /// Where people see what it deployed, with the inputs inserted: `http://localhost:${{ inputs.port }}`.
        address = "address": Option<Spanned<String>>,
        /// Metrics of CloudWatch, by the minute, that what it deploys has at its target; a deployment is watched by them without being told to.
        signals = "signals": Option<Signals>,
        verbs = "verbs": Verbs,
    }
}

record! {
    /// What goes on at a target, with the inputs inserted: `sum(AWS/Lambda:Invocations{FunctionName=${{ inputs.function }}})`. One in which a
    /// dimension has no value is left out.
    Signals: "signals" {
        /// How many requests there are.
        requests = "requests": Option<Spanned<String>>,
        /// How many of them fail by the fault of what is deployed.
        faults = "faults": Option<Spanned<String>>,
        /// How long an answer takes.
        latency = "latency": Option<Spanned<String>>,
    }
}

record! {
    /// What a pipeline says to the block under `with`.
    BlockInput: "an input" {
        kind = "type": InputType,
        description = "description": String,
        required = "required": Option<bool>,
        #[schemars(with = "Option<serde_json::Value>")]
        default = "default": Option<Arc<Node>>,
        /// The words that it takes.
        one_of = "one_of": Option<Vec<String>>,
        /// It may be a map from a target to that target's value.
        per_target = "per_target": Option<bool>,
        /// Another key that it may be given under.
        alias = "alias": Option<Spanned<String>>,
        /// How its value differs in the preview of a pull request; without it, not at all.
        preview = "preview": Option<PreviewChange>,
    }
}

words! {
    PreviewChange: "a change of an input in a preview" {
        /// The number of the pull request is added.
        AddNumber = "add_number",
        /// `-pr-` and the number are appended.
        AppendNumber = "append_number",
        /// A part of the name of what is deployed to, which the block does not make by itself: `preview: {with: …}` must give one of those
        /// parts, with `{number}` in it.
        Place = "place",
    }
}

words! {
    InputType: "a type of an input" {
        String = "string",
        Integer = "integer",
        Boolean = "boolean",
        /// The name of an artifact, which the jobs then start with.
        Artifact = "artifact",
        /// A command or a list of commands.
        Commands = "commands",
        /// Environment variables, added to every step of the block; inserted, their names with blanks between.
        Env = "env",
    }
}

impl InputType {
    pub(crate) fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(_, value)| *value == self).map_or("", |(word, _)| word)
    }
}

words! {
    StrategyName: "a strategy" {
        AllAtOnce = "all_at_once",
        InPlace = "in_place",
        Rolling = "rolling",
        Canary = "canary",
        BlueGreen = "blue_green",
    }
}

impl StrategyName {
    pub(crate) fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(_, value)| *value == self).map_or("", |(word, _)| word)
    }
}

record! {
    /// What the block does, each a list of steps.
    Verbs: "the verbs of a block" {
        inspect = "inspect": Option<Vec<StepForm>>,
        prepare = "prepare": Option<Vec<StepForm>>,
        shift = "shift": Vec<StepForm>,
        health = "health": Option<Vec<StepForm>>,
        finish = "finish": Option<Vec<StepForm>>,
        rollback = "rollback": Option<Vec<StepForm>>,
        destroy = "destroy": Option<Vec<StepForm>>,
    }
}
