//! From targets to waves: which target goes when, and why (W4).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Place;

/// How waves are made of targets.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Rule {
    /// One box, one quiet region, one busy region, then growing groups. Busy is what has a large number under `label`.
    Amazon { label: String },
    /// One wave for each value of a label, in the order given; other values follow in their own order.
    Labels { label: String, order: Vec<String> },
    /// So many targets in each wave; the last size repeats.
    Sizes(Vec<Size>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    Count(u32),
    /// Of all targets, at least one.
    Percent(u8),
}

/// A wave with the reason for each of its targets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DerivedWave {
    pub(crate) name: String,
    /// Target and reason.
    pub(crate) targets: Vec<(String, String)>,
}

/// The waves of `places`, every one of them in exactly one, and never two of one region, nor of two regions that back each other up, in a
/// wave.
///
/// # Errors
/// The target that lacks the label which the rule groups by.
pub(crate) fn derive<'p>(places: &[&'p Place], rule: &Rule) -> Result<Vec<DerivedWave>, &'p str> {
    match rule {
        Rule::Amazon { label } => Ok(amazon(places, label)),
        Rule::Labels { label, order } => labels(places, label, order),
        Rule::Sizes(list) => Ok(sizes(places, list)),
    }
}

/// What a wave has already: no second target of a region, and none of a region that backs up one of them.
#[derive(Debug, Default)]
struct Taken<'p> {
    regions: BTreeSet<&'p str>,
    pairs: BTreeSet<String>,
}

impl<'p> Taken<'p> {
    /// Takes it, unless it has to stay apart from one that is there.
    fn take(&mut self, place: &'p Place) -> bool {
        let pair = place.pair();
        if self.regions.contains(place.region()) || pair.as_ref().is_some_and(|pair| self.pairs.contains(pair)) {
            return false;
        }
        self.regions.insert(place.region());
        self.pairs.extend(pair);
        true
    }
}

/// The targets of one region that are in no wave yet.
struct Region<'p> {
    name: &'p str,
    traffic: f64,
    units: VecDeque<&'p Place>,
}

impl Region<'_> {
    fn in_words(&self, label: &str, measured: bool) -> String {
        if measured { format!("{} ({label} {})", self.name, self.traffic) } else { self.name.to_owned() }
    }
}

fn amazon(places: &[&Place], label: &str) -> Vec<DerivedWave> {
    let measured = places.iter().any(|place| place.number(label).is_some());
    let mut regions = regions(places, label);
    let mut waves = Vec::new();
    let single =
        |name: &str, target: &Place, reason: String| DerivedWave { name: name.to_owned(), targets: vec![(target.target.clone(), reason)] };
    // A target that is marked as the one box is it; else the first target of the quietest region.
    let marked = regions.iter().position(|region| region.units.front().is_some_and(|unit| is_box(unit)));
    let quietest = if measured { "the quietest region" } else { "the first region of the inventory" };
    if let Some(region) = regions.get_mut(marked.unwrap_or(0))
        && let Some(unit) = region.units.pop_front()
    {
        let place = region.in_words(label, measured);
        let reason = match marked {
            Some(_) => format!("the one box, by its label, in {place}"),
            None => format!("the one box: the first target of {quietest}, {place}"),
        };
        waves.push(single("one-box", unit, reason));
    }
    regions.retain(|region| !region.units.is_empty());
    if let Some(region) = regions.first_mut()
        && let Some(unit) = region.units.pop_front()
    {
        let quietest = if measured { "the quietest region that is left" } else { "the first region that is left" };
        let reason = format!("one quiet region: {}, {quietest}", region.in_words(label, measured));
        waves.push(single("quiet-region", unit, reason));
    }
    regions.retain(|region| !region.units.is_empty());
    if let Some(region) = regions.last_mut()
        && let Some(unit) = region.units.pop_front()
    {
        let busiest = if measured { "the busiest region" } else { "the last region of the inventory" };
        let reason = format!("one busy region: {}, {busiest}", region.in_words(label, measured));
        waves.push(single("busy-region", unit, reason));
    }
    groups(regions, label, measured, &mut waves);
    waves
}

/// 2, 4, 8, … regions at once, one target of each; regions with most targets left go first, so that few waves are left for them.
fn groups(mut regions: Vec<Region<'_>>, label: &str, measured: bool, waves: &mut Vec<DerivedWave>) {
    let mut size = 2_usize;
    for number in 1_usize.. {
        regions.retain(|region| !region.units.is_empty());
        if regions.is_empty() {
            return;
        }
        let mut chosen: Vec<usize> = (0..regions.len()).collect();
        chosen.sort_by_key(|at| (std::cmp::Reverse(regions.get(*at).map_or(0, |region| region.units.len())), *at));
        let mut taken = Taken::default();
        chosen.retain(|at| {
            let unit = regions.get(*at).and_then(|region| region.units.front());
            taken.regions.len() < size && unit.is_some_and(|unit| taken.take(unit))
        });
        let count = chosen.len();
        let mut wave = DerivedWave { name: format!("group-{number}"), targets: Vec::new() };
        for at in chosen {
            let Some(region) = regions.get_mut(at) else { continue };
            let place = region.in_words(label, measured);
            if let Some(unit) = region.units.pop_front() {
                let regions = if count == 1 { "1 region".to_owned() } else { format!("{count} regions") };
                wave.targets.push((unit.target.clone(), format!("growing group {number} of {regions}: one target of {place}")));
            }
        }
        waves.push(wave);
        size = size.saturating_mul(2);
    }
}

/// From quiet to busy; where nothing was measured, in the order of the inventory.
fn regions<'p>(places: &[&'p Place], label: &str) -> Vec<Region<'p>> {
    let mut regions: Vec<Region<'p>> = Vec::new();
    let mut positions: BTreeMap<&str, usize> = BTreeMap::new();
    for place in places {
        let name = place.region();
        let at = *positions.entry(name).or_insert_with(|| {
            regions.push(Region { name, traffic: 0.0, units: VecDeque::new() });
            regions.len() - 1
        });
        if let Some(region) = regions.get_mut(at) {
            region.traffic += place.number(label).unwrap_or(0.0);
            region.units.push_back(place);
        }
    }
    for region in &mut regions {
        let traffic = |unit: &Place| unit.number(label).unwrap_or(0.0);
        region.units.make_contiguous().sort_by(|a, b| is_box(b).cmp(&is_box(a)).then(traffic(a).total_cmp(&traffic(b))));
    }
    regions.sort_by(|a, b| a.traffic.total_cmp(&b.traffic));
    regions
}

fn is_box(place: &Place) -> bool {
    place.labels.get("one_box").and_then(serde_json::Value::as_bool).unwrap_or(false)
}

fn labels<'p>(places: &[&'p Place], label: &str, order: &[String]) -> Result<Vec<DerivedWave>, &'p str> {
    let mut groups: BTreeMap<(usize, Natural), Vec<&Place>> = BTreeMap::new();
    for place in places {
        let value = place.text(label).ok_or(place.target.as_str())?;
        let at = order.iter().position(|ordered| *ordered == value).unwrap_or(order.len());
        groups.entry((at, Natural::of(value))).or_default().push(place);
    }
    let mut waves = Vec::new();
    let mut names = BTreeSet::new();
    for ((_, value), places) in groups {
        let base = wave_name(&value.text);
        let mut rest = places;
        let mut part = 1;
        while !rest.is_empty() {
            let (now, later) = one_of_each_region(&rest, usize::MAX);
            let mut name = if part == 1 { base.clone() } else { format!("{base}-{part}") };
            while !names.insert(name.clone()) {
                part += 1;
                name = format!("{base}-{part}");
            }
            let again = if part == 1 { "" } else { ", after another target of its region or pair" };
            let targets = now.iter().map(|place| (place.target.clone(), format!("its label {label} is {}{again}", value.text)));
            waves.push(DerivedWave { name, targets: targets.collect() });
            rest = later;
            part += 1;
        }
    }
    Ok(waves)
}

/// Numbers by their size, before texts by their letters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Natural {
    is_text: bool,
    number: i64,
    text: String,
}

impl Natural {
    fn of(text: String) -> Self {
        let number = text.parse().ok();
        Self { is_text: number.is_none(), number: number.unwrap_or(0), text }
    }
}

fn wave_name(value: &str) -> String {
    let kept = value.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_') { c } else { '-' });
    let name: String = kept.take(48).collect();
    // `gates` and `wave` are parts of other keys of a stage.
    if name.starts_with(|first: char| first.is_ascii_alphanumeric()) && !matches!(name.as_str(), "gates" | "wave") {
        name
    } else {
        format!("wave-{name}")
    }
}

fn sizes(places: &[&Place], sizes: &[Size]) -> Vec<DerivedWave> {
    let mut waves: Vec<DerivedWave> = Vec::new();
    let mut rest = places.to_vec();
    while !rest.is_empty() {
        let number = waves.len() + 1;
        let size = sizes.get(waves.len()).or_else(|| sizes.last()).copied().unwrap_or(Size::Count(1));
        let most = match size {
            Size::Count(count) => count as usize,
            Size::Percent(percent) => (places.len() * usize::from(percent)).div_ceil(100),
        };
        let (now, later) = one_of_each_region(&rest, most.max(1));
        let of = match size {
            Size::Count(count) => format!("{count} at once"),
            Size::Percent(percent) => format!("{percent} % of {} at once", places.len()),
        };
        let reason = |place: &Place| {
            let pair = place.pair().map(|pair| format!(" and of the pair {pair}")).unwrap_or_default();
            format!("in the order of the inventory, {of}, alone of {}{pair}", place.region())
        };
        waves.push(DerivedWave { name: format!("wave-{number}"), targets: now.iter().map(|p| (p.target.clone(), reason(p))).collect() });
        rest = later;
    }
    waves
}

/// The first `most` of `places` of which no two share a region or a pair, and the others in their order.
fn one_of_each_region<'p>(places: &[&'p Place], most: usize) -> (Vec<&'p Place>, Vec<&'p Place>) {
    let mut taken = Taken::default();
    places.iter().copied().partition(|place| taken.regions.len() < most && taken.take(place))
}
