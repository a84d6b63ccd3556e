//! What happens in each seeded pipeline, and when.

use std::str::FromStr;

use engine::core::Time;
use engine::core::input::HoldScope;

use super::path;

pub(super) const MINUTE_MS: u64 = 60_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// A few releases of two short paths.
    Small,
    /// A path of 32 targets with something of everything, and neighbours.
    Busy,
    /// A path of 240 targets with a short history, for tests that measure.
    Wide,
    /// The path of `Wide` in a database of 1,000 releases and a million events, most of which are of other paths or no more than readings.
    Deep,
    /// The same path with 1,000 releases and a million events of its own. Takes minutes.
    Large,
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "small" => Ok(Self::Small),
            "busy" => Ok(Self::Busy),
            "wide" => Ok(Self::Wide),
            "deep" => Ok(Self::Deep),
            "large" => Ok(Self::Large),
            other => Err(format!("there is no profile {other:?}; there are small, busy, wide, deep and large")),
        }
    }
}

/// One pipeline's life.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) name: String,
    pub(super) repository: String,
    pub(super) file: String,
    pub(super) begins: Time,
    pub(super) ends: Time,
    /// How many pushes, spread over the time.
    pub(super) pushes: u64,
    /// And so many minutes before the end.
    pub(super) last_pushes: &'static [u64],
    /// Each push brings one to so many commits.
    pub(super) commits_per_push: u64,
    /// People say yes once in so many asks.
    pub(super) approve_one_in: u64,
    /// Of each 1,000 jobs so many fail once.
    pub(super) flaky_per_1000: u32,
    /// Events beside the core's, over the whole time.
    pub(super) mass: u64,
    pub(super) turns: Vec<(Time, Turn)>,
}

/// What changes at a moment.
#[derive(Debug, Clone)]
pub(super) enum Turn {
    /// Monitors whose text holds this are bad from now on.
    Bad(&'static str),
    Good(&'static str),
    /// Monitors whose text holds this measure much from now on.
    High(&'static str),
    /// Monitors whose text holds this cannot be read from now on.
    Dark(&'static str),
    /// Every attempt of jobs whose key holds this fails from now on.
    Fail(&'static str),
    Mend(&'static str),
    /// Attempts of jobs whose key holds this go on for ever from now on.
    Stick(&'static str),
    /// No runner takes jobs whose key holds this.
    Starve(&'static str),
    /// The runner of the next such job is never heard of again.
    Lose(&'static str),
    /// Nobody approves or answers any more.
    Silence,
    /// Everybody who may approve says yes to whoever waits.
    Approve,
    /// One of two approvals is given to whoever waits.
    ApproveOnce,
    Hold(HoldScope, &'static str),
    Lift,
    /// Breaks the glass of every closed gate of this name.
    Override(&'static str, &'static str),
    Reject(&'static str),
    RollBackStage(&'static str, &'static str),
}

pub(super) fn of(profile: Profile, now: Time) -> Vec<Story> {
    let mut stories = match profile {
        Profile::Small => vec![shop(now)],
        Profile::Busy => vec![payments(path::busy(now), now, 160, 14 * DAY_MS, 5, 0)],
        Profile::Wide => vec![payments(path::large(now), now, 90, 4 * DAY_MS, 9, 20_000)],
        Profile::Deep => vec![payments(path::large(now), now, 90, 4 * DAY_MS, 9, 975_000)],
        Profile::Large => vec![payments(path::large(now), now, 1_000, 90 * DAY_MS, 8, 700_000)],
    };
    let beside = if matches!(profile, Profile::Small | Profile::Wide | Profile::Deep) { 1 } else { usize::MAX };
    stories.extend(neighbours(now).into_iter().take(beside));
    if let (Profile::Deep, Some(ledger)) = (profile, stories.get_mut(1)) {
        ledger.pushes = 920;
    }
    stories
}

/// Faster than the path, so that some are superseded and several are on their way at once.
const LAST: &[u64] = &[640, 600, 560, 520, 490, 455, 420, 390, 350, 320, 290, 255, 220, 190, 165, 150, 118, 96, 71, 58, 44, 31, 20, 12, 3];

fn payments(file: String, now: Time, pushes: u64, span_ms: u64, approve_one_in: u64, mass: u64) -> Story {
    let ago = |minutes: u64| now - minutes * MINUTE_MS;
    let turns = vec![
        (now - span_ms / 2, Turn::Fail("beta/us-west-2/verify")),
        (now - span_ms / 2 + 5 * HOUR_MS, Turn::Mend("beta/us-west-2/verify")),
        (now - span_ms / 3, Turn::Bad("us-west-2")),
        (now - span_ms / 3 + 6 * HOUR_MS, Turn::Good("us-west-2")),
        (now - span_ms / 4, Turn::Override("window", "hot fix for incident 2291, agreed with the duty manager")),
        (now - span_ms / 5, Turn::Reject("carries migration 0042, which support has not been told of")),
        // What the last hours show: each approved release comes to rest somewhere else.
        (ago(700), Turn::Silence),
        (ago(480), Turn::Approve),
        (ago(400), Turn::Approve),
        (ago(330), Turn::Bad("p99_latency_ms")),
        (ago(345), Turn::Stick("wave-4/prod/ap-southeast")),
        (ago(345), Turn::Stick("wave-4/retail/")),
        (ago(300), Turn::Approve),
        (ago(240), Turn::Bad("us-west-1")),
        (ago(150), Turn::Good("us-west-1")),
        (ago(122), Turn::Approve),
        (ago(30), Turn::ApproveOnce),
        (ago(22), Turn::Fail("gamma/ap-northeast-1/verify")),
        (
            ago(25),
            Turn::Hold(
                HoldScope::Target("prod/me-central-1".to_owned()),
                "maintenance of the region's payment gateway until Thursday, agreed with the partner's operations team",
            ),
        ),
        (ago(4), Turn::Stick("build")),
    ];
    Story {
        name: "payments-api".to_owned(),
        repository: "https://git.example.com/payments/payments-api.git".to_owned(),
        file,
        begins: now - span_ms,
        ends: now,
        pushes: pushes - LAST.len() as u64,
        last_pushes: LAST,
        commits_per_push: 3,
        approve_one_in,
        flaky_per_1000: 4,
        mass,
        turns,
    }
}

fn shop(now: Time) -> Story {
    let file = path::short("shop", "{approval: {count: 1}}", &["local/a", "local/b", "local/c"]);
    quiet("shop", file, now, 12, vec![(now - 40 * MINUTE_MS, Turn::Silence)])
}

fn quiet(name: &str, file: String, now: Time, pushes: u64, turns: Vec<(Time, Turn)>) -> Story {
    Story {
        name: name.to_owned(),
        repository: format!("https://git.example.com/platform/{name}.git"),
        file,
        begins: now - 6 * DAY_MS,
        ends: now,
        pushes,
        last_pushes: &[170, 48, 13],
        commits_per_push: 2,
        approve_one_in: 1,
        flaky_per_1000: 10,
        mass: 0,
        turns,
    }
}

fn neighbours(now: Time) -> Vec<Story> {
    let ago = |minutes: u64| now - minutes * MINUTE_MS;
    let prod = ["prod/eu-west-1", "prod/us-east-1", "prod/ap-south-1"];
    let long = "settlement-reconciliation-and-reporting-for-european-merchants";
    vec![
        quiet(
            "ledger",
            path::short("ledger", "{check: {description: 'is the change ticket approved?'}}", &prod),
            now,
            20,
            vec![(ago(300), Turn::Silence)],
        ),
        quiet(
            "search-index",
            path::short("search-index", "{metric: {prometheus: 'sum(queue_length) <= 100'}}", &prod),
            now,
            24,
            vec![(ago(400), Turn::High("queue_length"))],
        ),
        quiet("email-gateway", path::short("email-gateway", "{depends_on: {pipeline: ledger, stage: prod}}", &prod), now, 8, vec![]),
        quiet(
            "billing",
            path::short("billing", "", &prod),
            now,
            18,
            vec![(ago(200), Turn::Hold(HoldScope::Pipeline, "month-end close: nothing goes out before the auditors are done"))],
        ),
        quiet("fraud-scoring", path::short("fraud-scoring", "", &prod), now, 16, vec![(ago(90), Turn::Lose("prod/us-east-1"))]),
        quiet("image-resizer", path::short("image-resizer", "", &prod), now, 14, vec![(ago(240), Turn::Dark("errors{"))]),
        quiet(
            "exchange-rates",
            path::short("exchange-rates", "", &prod),
            now,
            14,
            vec![(ago(3_000), Turn::RollBackStage("prod", "customers see yesterday's rates")), (ago(2_000), Turn::Lift)],
        ),
        quiet("notifications", path::short("notifications", "", &prod), now, 10, vec![(ago(600), Turn::Fail("staging/verify"))]),
        quiet("mobile-bff", path::short("mobile-bff", "", &prod), now, 12, vec![(ago(60), Turn::Starve("package"))]),
        quiet(
            long,
            path::short(
                long,
                "{approval: {from: [oncall, leads], count: 3}}",
                &[
                    "prod/eu-central-1/merchant-settlement-europe-cell-0017-blue",
                    "prod/eu-west-3/merchant-settlement-europe-cell-0018-green",
                ],
            ),
            now,
            9,
            vec![(ago(900), Turn::Silence)],
        ),
    ]
}
