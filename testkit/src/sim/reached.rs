//! Rare states that a campaign must have met: what never happened was not tested.

macro_rules! rare {
    ($($name:ident = $words:literal),+ $(,)?) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Reached { $($name),+ }

        impl Reached {
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            #[must_use]
            pub fn in_words(self) -> &'static str {
                match self { $(Self::$name => $words),+ }
            }
        }
    };
}

rare!(
    LateResultAccepted = "a late result is accepted",
    StaleRefused = "a message of an old lease is refused",
    StaleFenceRefused = "a message with an old fence is refused",
    RollbackDuringUnknown = "a rollback waits for an unknown target",
    ApprovalExpired = "an approval expires",
    CancelRacingSuccess = "a success comes after the cancel",
    SupersededLater = "a release is superseded before a later wave",
    Outdated = "a release is outdated",
    FailedRollbackHeld = "a rollback fails, and the lane is held",
    NoDestination = "a rollback has no destination",
    InspectAdopts = "an inspection adopts a lost attempt",
    InspectReruns = "an inspection runs a lost attempt again",
    AlarmFired = "an alarm fires",
    BakeFailed = "a bake fails",
    BakeErrored = "a bake cannot be read",
    BakeInconclusive = "a bake is inconclusive",
    WindowClosedBetweenWaves = "a window closes between two waves",
    RestartDuringRollback = "the server restarts during a rollback",
    RollbackPassedHold = "a rollback passes a hold",
    CrashBeforeCommit = "the server dies before a commit",
    ManualRollback = "a person rolls back",
    RetriedByHand = "a person retries a failed release",
    QuarantineLifted = "a quarantine is lifted",
    ResolvedByPerson = "a person says what runs at an unknown target",
    EndedInCalm = "a history comes to its end in calm",
    RollbackDuringBake = "an alarm during a bake rolls back",
    SeveralInLane = "several releases are in one lane",
    SupersededAtGate = "a release that waits for a gate is superseded",
    RetriedByRule = "a rule tries a job again",
    RetryCompletes = "a release that was retried is complete",
    UnknownResolved = "an unknown target is known again",
    HoldDuringRollout = "a hold comes while a rollout is under way",
    OverrideUsed = "a release enters past a gate that was overridden",
    RunnerLost = "a build job is lost with its runner",
    TargetLost = "contact is lost with an attempt at a target",
    ZombieRefused = "the report of an attempt that somebody else has ended is refused",
    QueueWaits = "three releases stand in a queue",
    UpstreamAwaited = "a gate waits for another pipeline",
    UpstreamCame = "another pipeline's release opens a gate",
    ConditionFalse = "a job is skipped because its condition is false",
    PeopleTold = "people are told",
    GenerationRaised = "the server comes back with a new generation",
    SecondServer = "a second server decides",
    ServerConflict = "a decision on an old version is thrown away",
    BarrierAwaited = "a release waits for a barrier",
    BarrierKept = "a barrier keeps a rollback from its destination",
    AggregateFired = "an aggregate alarm fires while a rollout is under way in its reach",
    GlassBroken = "two people break the glass",
    UrgentInFull = "a rollback is due while every ordinary slot is taken",
    TargetSkipped = "a target is skipped because it runs a newer release",
    PlanGrown = "a running job adds to the plan of its release",
    PlanGrownAnew = "a later attempt of a job says anew what it adds",
    UploadRepeated = "an upload comes again and changes nothing",
    UploadReplaces = "an upload takes the place of a job that is there",
    SeveralSources = "a release is made of several sources",
    OtherSourceMoved = "another source makes a release of the same own commit",
    NothingGoesTogether = "nothing starts, because nothing that the sources offer goes together",
    UploadRefused = "an upload is refused because of what is there already",
);

/// Which of them were met, and how often.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReachedSet(u64);

impl ReachedSet {
    pub fn insert(&mut self, what: Reached) {
        self.0 |= 1 << what as u64;
    }

    #[must_use]
    pub fn contains(&self, what: Reached) -> bool {
        self.0 & (1 << what as u64) != 0
    }

    pub fn join(&mut self, other: &Self) {
        self.0 |= other.0;
    }

    /// What was never met.
    #[must_use]
    pub fn missing(&self) -> Vec<Reached> {
        Reached::ALL.iter().copied().filter(|what| !self.contains(*what)).collect()
    }
}
