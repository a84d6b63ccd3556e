use std::collections::BTreeSet;

use super::alarms::Alarms;
use super::nodes::{Home, Nodes};
use super::stage::at_target;
use crate::blocks::Verb;
use crate::model::{Deploy, Regional, Stage, Strategy, Target, Wave};
use crate::plan::{self, Bake, Job, Milestone, NodeIx, NodeKind, Purpose, Rollout, Step};

/// What the rollouts of one wave share.
pub(super) struct Place<'p> {
    pub(super) stage: &'p Stage,
    pub(super) wave: &'p Wave,
    pub(super) deploy: &'p Deploy,
    pub(super) regional: &'p Regional,
    /// Of the keys of its nodes.
    pub(super) prefix: &'p str,
    pub(super) home: Home<'p>,
    /// What must have ended before a target starts.
    pub(super) front: &'p [NodeIx],
}

/// One change of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Increment {
    /// Of the node's key.
    key: String,
    /// For people.
    name: String,
    percent: u8,
    batch: u32,
    batches: u32,
    verbs: &'static [Verb],
    /// Followed by the bake between increments, under this key.
    bake: Option<String>,
}

pub(super) fn expand(place: &Place<'_>, target: &Target, alarms: &Alarms, nodes: &mut Nodes) -> Rollout {
    let own = Own::of(place.stage, place.wave, place.deploy, target);
    let mut builder = Builder { place, own, target, alarms, nodes, made: Vec::new(), last: Vec::new() };
    builder.run()
}

/// How many nodes [`expand`] makes.
pub(super) fn count(stage: &Stage, wave: &Wave, deploy: &Deploy, target: &Target) -> usize {
    let Own { deploy, verify, bake } = Own::of(stage, wave, deploy, target);
    let increments = increments(&deploy.strategy);
    let between = increments.iter().filter(|increment| increment.bake.is_some() && deploy.between.is_some()).count();
    let around = 2 + usize::from(verify.is_some()) + usize::from(bake.is_some()) + 2 + deploy.hooks.count();
    increments.len() + between + around + usize::from(deploy.strategy == Strategy::BlueGreen)
}

/// What one target runs: its own where it is overridden, else the stage's.
#[derive(Clone, Copy)]
struct Own<'p> {
    deploy: &'p Deploy,
    verify: Option<&'p Job>,
    bake: Option<&'p Bake>,
}

impl<'p> Own<'p> {
    fn of(stage: &'p Stage, wave: &'p Wave, deploy: &'p Deploy, target: &Target) -> Self {
        let own = stage.overrides.get(&target.name);
        Self {
            deploy: own.and_then(|own| own.deploy.as_ref()).unwrap_or(deploy),
            verify: own.and_then(|own| own.verify.as_ref()).or(stage.verify.as_ref()),
            bake: own.and_then(|own| own.bake.as_ref()).or(wave.bake.as_ref()),
        }
    }
}

struct Builder<'b> {
    place: &'b Place<'b>,
    own: Own<'b>,
    target: &'b Target,
    alarms: &'b Alarms,
    nodes: &'b mut Nodes,
    made: Vec<NodeIx>,
    last: Vec<NodeIx>,
}

impl<'b> Builder<'b> {
    fn run(&mut self) -> Rollout {
        let Place { front, .. } = *self.place;
        let Own { deploy, verify, bake } = self.own;
        let (key, home) = (self.key("start"), self.home());
        let start = self.nodes.milestone(key, home, front, Milestone::TargetStart);
        self.last = vec![start];
        self.hooks(&deploy.hooks.before);
        let mut deployed = start;
        for increment in increments(&deploy.strategy) {
            deployed = self.increment(&increment);
            if let (Some(key), Some(between)) = (&increment.bake, &deploy.between) {
                self.bake(key, between);
            }
        }
        self.hooks(verify.map(std::slice::from_ref).unwrap_or_default());
        if let Some(bake) = bake {
            self.bake("bake", bake);
        }
        if deploy.strategy == Strategy::BlueGreen {
            self.increment(&Increment { key: "finish".into(), name: "finish".into(), verbs: &[Verb::Finish], ..Increment::all() });
        }
        self.hooks(&deploy.hooks.after);
        let last = std::mem::take(&mut self.last);
        let (key, home) = (self.key("end"), self.home());
        let end = self.nodes.milestone(key, home, &last, Milestone::TargetEnd);
        let rollback = self.rollback();
        // What runs there can be said without the artifacts, and after they are gone.
        let inspect = Job { artifacts_in: Vec::new(), ..self.block_job("inspect", Purpose::Inspect, &[Verb::Inspect]) };
        let inspect = self.detached(inspect);
        let on_failure: Vec<NodeIx> = deploy.hooks.on_failure.iter().map(|job| self.detached(job.clone())).collect();
        let finally: Vec<NodeIx> = deploy.hooks.finally.iter().map(|job| self.detached(job.clone())).collect();
        Rollout {
            target: self.target.name.clone(),
            start,
            end,
            nodes: std::mem::take(&mut self.made),
            deployed,
            rollback,
            inspect,
            on_failure,
            finally,
        }
    }

    fn increment(&mut self, increment: &Increment) -> NodeIx {
        let purpose = Purpose::Deploy { percent: increment.percent };
        let mut job = self.block_job(&increment.name, purpose, increment.verbs);
        progress(&mut job, increment);
        self.add(&increment.key, job)
    }

    /// The block's own way back, or what made the target run the release the first time; then its health (X5).
    fn rollback(&mut self) -> NodeIx {
        let own = self.steps(&[Verb::Rollback]);
        let verbs: &[Verb] = if own.is_empty() { &[Verb::Prepare, Verb::Shift, Verb::Health] } else { &[Verb::Rollback, Verb::Health] };
        let mut job = self.block_job("rollback", Purpose::Rollback, verbs);
        progress(&mut job, &Increment::all());
        self.detached(job)
    }

    fn bake(&mut self, key: &str, bake: &Bake) {
        let bake = Bake { alarms: self.alarms.of(&self.target.name), ..bake.clone() };
        let (key, home) = (self.key(key), self.home());
        let ix = self.nodes.push(key, home, &self.last, NodeKind::Bake(Box::new(bake)));
        self.made.push(ix);
        self.last = vec![ix];
    }

    fn hooks(&mut self, hooks: &[Job]) {
        for job in hooks {
            self.add(&job.name, job.clone());
        }
    }

    fn add(&mut self, key: &str, job: Job) -> NodeIx {
        let (key, home) = (self.key(key), self.home());
        let ix = self.nodes.job(key, home, &self.last, at_target(job, self.target, self.place.regional));
        self.made.push(ix);
        self.last = vec![ix];
        ix
    }

    fn detached(&mut self, job: Job) -> NodeIx {
        let (key, home) = (self.key(&job.name), self.home());
        self.nodes.job(key, home, &[], at_target(job, self.target, self.place.regional))
    }

    fn block_job(&self, name: &str, purpose: Purpose, verbs: &[Verb]) -> Job {
        let deploy = self.own.deploy;
        let named = verbs.iter().filter_map(|verb| deploy.named.get(verb));
        let mut secrets: BTreeSet<&String> = deploy.job.secrets.iter().collect();
        let mut vars: BTreeSet<&String> = deploy.job.vars.iter().collect();
        for verb in named {
            secrets.extend(&verb.secrets);
            vars.extend(&verb.vars);
        }
        Job {
            name: name.to_owned(),
            purpose,
            steps: self.steps(verbs),
            secrets: secrets.into_iter().cloned().collect(),
            vars: vars.into_iter().cloned().collect(),
            ..deploy.job.clone()
        }
    }

    fn steps(&self, verbs: &[Verb]) -> Vec<Step> {
        let mut steps: Vec<Step> = verbs.iter().flat_map(|verb| self.own.deploy.block.steps(*verb, Some(&self.target.name))).collect();
        // The steps of a job share its workspace: the block's files come with the first of them.
        // Those of a part may be others.
        if let Some((first, others)) = steps.split_first_mut()
            && first.condition.is_none()
        {
            for step in others {
                step.files.retain(|path, text| first.files.get(path) != Some(text));
            }
        }
        steps
    }

    fn home(&self) -> Home<'b> {
        Home { target: Some(&self.target.name), ..self.place.home }
    }

    fn key(&self, part: &str) -> String {
        format!("{}/{}/{part}", self.place.prefix, self.target.name)
    }
}

/// Tells the steps how far this increment goes.
fn progress(job: &mut plan::Job, increment: &Increment) {
    job.env.insert("TIDEGATE_PERCENT".to_owned(), increment.percent.to_string());
    job.env.insert("TIDEGATE_BATCH".to_owned(), increment.batch.to_string());
    job.env.insert("TIDEGATE_BATCHES".to_owned(), increment.batches.to_string());
}

impl Increment {
    fn all() -> Self {
        Self {
            key: "deploy".into(),
            name: "deploy".into(),
            percent: 100,
            batch: 1,
            batches: 1,
            verbs: &[Verb::Prepare, Verb::Shift, Verb::Health, Verb::Finish],
            bake: None,
        }
    }
}

/// The strategy as changes in order (W5).
fn increments(strategy: &Strategy) -> Vec<Increment> {
    match strategy {
        Strategy::Whole => vec![Increment::all()],
        Strategy::Removal => {
            vec![Increment { key: "destroy".into(), name: "destroy".into(), verbs: &[Verb::Destroy], ..Increment::all() }]
        }
        Strategy::BlueGreen => vec![
            // The health of the new side is asked before anything serves from it.
            Increment {
                key: "prepare".into(),
                name: "prepare".into(),
                percent: 0,
                batch: 0,
                verbs: &[Verb::Prepare, Verb::Health],
                ..Increment::all()
            },
            Increment { key: "shift".into(), name: "shift".into(), verbs: &[Verb::Shift, Verb::Health], ..Increment::all() },
        ],
        Strategy::Rolling { batches } => {
            let batches = *batches;
            let increment = |batch: u32| Increment {
                key: format!("batch-{batch}"),
                name: format!("batch {batch} of {batches}"),
                percent: u8::try_from(batch * 100 / batches).unwrap_or(100),
                batch,
                batches,
                verbs: verbs(batch == 1, batch == batches),
                bake: (batch < batches).then(|| format!("bake-batch-{batch}")),
            };
            (1..=batches).map(increment).collect()
        }
        Strategy::Canary { percents } => {
            let batches = u32::try_from(percents.len()).unwrap_or(u32::MAX);
            let increment = |(percent, batch): (&u8, u32)| Increment {
                key: format!("shift-{percent}"),
                name: format!("shift {percent}%"),
                percent: *percent,
                batch,
                batches,
                verbs: verbs(batch == 1, batch == batches),
                bake: (batch < batches).then(|| format!("bake-{percent}")),
            };
            percents.iter().zip(1..).map(increment).collect()
        }
    }
}

/// The first increment prepares, the last one finishes.
fn verbs(first: bool, last: bool) -> &'static [Verb] {
    match (first, last) {
        (true, true) => &[Verb::Prepare, Verb::Shift, Verb::Health, Verb::Finish],
        (true, false) => &[Verb::Prepare, Verb::Shift, Verb::Health],
        (false, false) => &[Verb::Shift, Verb::Health],
        (false, true) => &[Verb::Shift, Verb::Health, Verb::Finish],
    }
}
