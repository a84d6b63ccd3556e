use crate::sim::random::Random;

/// How likely each kind of trouble is in one history, in percent. Drawn once per seed, so that some
/// histories are calm and deep, and others wild.
#[derive(Debug, Clone)]
pub(crate) struct Temper {
    pub(crate) fails: u32,
    pub(crate) loses: u32,
    pub(crate) alarms: u32,
    pub(crate) dark: u32,
    pub(crate) people: u32,
    pub(crate) rough: u32,
    pub(crate) pushes: u32,
    pub(crate) restarts: u32,
    pub(crate) lies: u32,
    pub(crate) jumps: u32,
    /// Of restarts: with a new generation.
    pub(crate) restores: u32,
    /// Of inputs: reach another server.
    pub(crate) servers: u32,
}

impl Temper {
    pub(crate) fn new(random: &mut Random) -> Self {
        Self {
            fails: random.one_of(&[0, 3, 10, 30], 3),
            loses: random.one_of(&[0, 0, 3, 10], 0),
            alarms: random.one_of(&[0, 1, 4, 15], 1),
            dark: random.one_of(&[0, 0, 3, 12], 0),
            people: random.one_of(&[1, 3, 8], 3),
            rough: random.one_of(&[0, 20, 60], 20),
            pushes: random.one_of(&[1, 3, 7], 3),
            restarts: random.one_of(&[0, 1, 3], 1),
            lies: random.one_of(&[0, 3, 8], 3),
            jumps: random.one_of(&[0, 0, 1, 4], 0),
            restores: random.one_of(&[0, 20], 0),
            servers: random.one_of(&[0, 0, 0, 0, 0, 0, 0, 6], 0),
        }
    }
}
