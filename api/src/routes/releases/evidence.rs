use axum::extract::State;
use engine::core::Rejected;
use engine::core::id::{PersonId, ReleaseNumber, SourceOrder};
use engine::core::view;

use crate::auth::{Allowed, Caller, Person, Viewer, accounts};
use crate::extract::{Json, Path, Query};
use crate::problem::{Code, Problem};
use crate::state::ApiState;
use crate::types::{EvidenceAnswer, EvidenceQuery};

/// What somebody needs to know before they say yes or no at a gate: the commits that go out, what the release has been
/// through, and who else may answer.
#[utoipa::path(get, path = "/api/v1/pipelines/{pipeline}/releases/{number}/evidence", tag = "approvals", params(("pipeline" = String, Path), ("number" = u64, Path), EvidenceQuery), responses((status = 200, body = EvidenceAnswer)))]
pub(crate) async fn handle(
    allowed: Allowed<Viewer>,
    State(state): State<ApiState>,
    Path((pipeline, number)): Path<(String, u64)>,
    Query(query): Query<EvidenceQuery>,
) -> Result<Json<EvidenceAnswer>, Problem> {
    let seq = state.store().last_seq().await?;
    let (id, number, viewer) = (state.engine().pipeline_id(&pipeline).await?, ReleaseNumber(number), allowed.caller.viewer());
    let people = people(&state).await?;
    let viewers: Vec<_> = people.iter().map(|person| Caller::Person(person.clone()).viewer()).collect();
    let looked = state.engine().view(&id, |pipeline| {
        let release = pipeline.release(number)?;
        let asked = view::approvals(pipeline, &viewer).into_iter().find(|one| one.release == number && one.gate.key == query.gate);
        let may = view::may_act(pipeline, number, &query.gate, &viewers);
        let live = asked.as_ref().and_then(|one| one.live).and_then(|n| {
            let found = pipeline.releases().find(|other| view::change_number(other.row.order) == n)?;
            Some((found.row.order, found.row.revisions.first().map(|revision| revision.commit.clone())))
        });
        Some((asked, may, release.row.order, live, release.row.involved.clone()))
    });
    let (asked, may, order, live, involved) = looked.await?.ok_or(Rejected::UnknownRelease(number))?;
    let approval = asked.ok_or_else(|| {
        Problem::new(
            Code::NotWaiting,
            format!("{number} does not wait for people at {:?}; GET …/releases/{} shows what it waits for", query.gate, number.0),
        )
    })?;
    let from = live.as_ref().map_or(SourceOrder { epoch: 0, position: 0 }, |(order, _)| *order);
    let (commits, is_cut) = super::super::pipelines::commits_between(&state, &id, from, order).await?;
    let mut authors: Vec<String> = commits.iter().map(|change| change.author.clone()).collect();
    authors.sort();
    authors.dedup();
    let repository = state.store().sources_of(&id).await?.into_iter().next().map(|source| source.url);
    let live_sha = live.and_then(|(_, sha)| sha);
    let url = repository
        .zip(live_sha)
        .and_then(|(url, live)| super::super::pipelines::compare::compare_url(&url, &state.settings().github.url, &live, &approval.sha));
    let may_act = people.iter().zip(may).filter(|(_, may)| *may).map(|(person, _)| person.name.clone()).collect();
    let involved_yourself = viewer.person.as_ref().is_some_and(|person| involved.contains(person));
    Ok(Json(EvidenceAnswer { approval, commits, is_cut, authors, url, may_act, involved_yourself, now: state.now(), seq }))
}

/// Everybody who can sign in.
async fn people(state: &ApiState) -> Result<Vec<Person>, Problem> {
    let mut people = Vec::new();
    for user in state.store().users().await?.into_iter().filter(|user| user.disabled_at.is_none()) {
        let role = accounts::role(&user.role)?;
        let PersonId(id) = user.id;
        people.push(Person { id, name: user.name, role, groups: user.groups.into_iter().collect(), session: None });
    }
    Ok(people)
}
