use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $slug:literal,)+) => {
        /// The stable name of a kind of finding.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        pub enum Code {
            $($(#[doc = $doc])+ #[serde(rename = $slug)] $name,)+
        }

        impl Code {
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $slug,)+
                }
            }

            /// What it means, for `tidegate validate --explain`.
            #[must_use]
            pub fn explain(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc,)+),)+
                }
            }
        }
    };
}

codes! {
    /// The text is not YAML.
    Syntax = "syntax",
    /// The file holds nothing.
    EmptyFile = "empty_file",
    /// The file is not text in UTF-8.
    Encoding = "encoding",
    /// The file is longer, or stands for more values, than any pipeline needs.
    TooLarge = "too_large",
    /// Values are nested beyond 64 levels.
    TooDeep = "too_deep",
    /// A YAML tag (`!something`) that has no meaning here.
    Tag = "unknown_tag",
    /// An alias names a value that it stands in.
    Alias = "circular_alias",
    /// One key of a map is given twice.
    DuplicateKey = "duplicate_key",
    /// A key that does not exist at this place.
    UnknownKey = "unknown_key",
    /// A key that must be there is not.
    MissingKey = "missing_key",
    /// Keys that do not go together, or of which exactly one is needed.
    ConflictingKeys = "conflicting_keys",
    /// A value of another kind than the key takes.
    WrongType = "wrong_type",
    /// A number, boolean or null where a string is needed; quotes make it one.
    Unquoted = "unquoted",
    /// A word that is not one of those that the key takes.
    UnknownValue = "unknown_value",
    /// A number, duration, percentage or list outside its bounds.
    OutOfRange = "out_of_range",
    /// A text that does not have the form that the key takes.
    BadFormat = "bad_format",
    /// Part of the language, but of a later version.
    NotAvailable = "not_available",
    /// A name that breaks the rules for names, or that Tidegate needs itself.
    BadName = "bad_name",
    /// Two things of one kind bear one name.
    DuplicateName = "duplicate_name",
    /// A job needs a job that is not in its stage.
    UnknownJob = "unknown_job",
    /// Jobs need each other in a circle.
    NeedsCycle = "needs_cycle",
    /// An artifact that no job leaves.
    UnknownArtifact = "unknown_artifact",
    /// An artifact that is not there yet when the job starts.
    ArtifactTooLate = "artifact_too_late",
    /// A target twice in one stage.
    DuplicateTarget = "duplicate_target",
    /// A target whose account is not declared.
    UnknownAccount = "unknown_account",
    /// A stage that has targets and no way to deploy to them, or the reverse.
    NothingToDeploy = "nothing_to_deploy",
    /// A stage that does nothing.
    EmptyStage = "empty_stage",
    /// A block that is not built in and not in the repository.
    UnknownBlock = "unknown_block",
    /// A shared block or shape that the lock file does not name.
    NotLocked = "not_locked",
    /// A shared block or shape whose content is not what was locked.
    Tampered = "tampered",
    /// A file that is named and was not found.
    MissingFile = "missing_file",
    /// A path that leaves the repository or the workspace.
    BadPath = "bad_path",
    /// An input that the block does not have.
    UnknownInput = "unknown_input",
    /// An input that the block needs.
    MissingInput = "missing_input",
    /// A value of another type than the block's input.
    WrongInput = "wrong_input",
    /// The block cannot change a target in this way.
    UnsupportedStrategy = "unsupported_strategy",
    /// A lane that lets many releases in, in front of targets that take one.
    ParallelLane = "parallel_lane",
    /// An environment variable that Tidegate sets itself.
    ReservedEnv = "reserved_env",
    /// A condition or an inserted value that cannot be read.
    BadExpression = "bad_expression",
    /// An expression that names a value that does not exist at this place.
    UnknownValueName = "unknown_name",
    /// A canary without a bake between its increments watches nothing.
    CanaryWithoutBake = "canary_without_bake",
    /// Data points are asked for where no alarm reads any.
    DataPointsWithoutAlarms = "data_points_without_alarms",
    /// What this job, this repository or this release may not do.
    NotAllowed = "not_allowed",
    /// A matrix that stands for more jobs than one may (D4).
    MatrixTooLarge = "matrix_too_large",
    /// A plan beyond the limit of nodes (D4).
    TooManyNodes = "too_many_nodes",
    /// More findings than anybody reads; the rest is left out.
    TooManyFindings = "too_many_findings",
}
