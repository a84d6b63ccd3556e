//! How the client of GitHub's API behaves, at the fake and without a server around it.

use std::sync::Arc;

use adapters::egress::{Client, Egress};
use adapters::github::{AppKey, GitHub, Identity};
use engine::ports::forge::{DeploymentState, Mark, Report, ReportState, ReportedDeployment};
use engine::ports::{Clock, Forge as _, SecretValue};
use futures::future::join_all;
use testkit::clock::MovableClock;
use testkit::forge::{APP_ID, FakeForge, ForgeState, Mood, NewPull, Person};

use crate::at_forge::push;

fn client(forge: &FakeForge, identity: Identity) -> GitHub {
    let client = Client::keeping_connections(Egress { allow_loopback: true, allow_private: true }).expect("a client");
    GitHub::new(&forge.url, identity, client, MovableClock::new() as Arc<dyn Clock>)
}

fn app(forge: &FakeForge) -> GitHub {
    client(forge, Identity::App { id: APP_ID.to_owned(), key: AppKey::from_pem(&forge.app_key()).expect("a key") })
}

fn answers(state: &ForgeState, ending: &str) -> Vec<u16> {
    state.asked.iter().filter(|(_, path, _)| path.ends_with(ending)).map(|(_, _, status)| *status).collect()
}

/// A repository with one commit, and so many open pull requests of it.
fn repository(forge: &FakeForge, pulls: usize) -> String {
    let at = forge.repository("orders");
    let checkout = testkit::repository::GitRepository::new();
    let commit = checkout.commit("the first");
    push(&checkout, &at);
    for number in 1..=pulls {
        forge.open_pull(&at, &NewPull { title: &format!("change {number}"), commit: &commit, author: 7, is_fork: false });
    }
    at.url
}

/// What has not changed is not counted against the hour's limit.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_before_is_asked_for_only_if_it_changed() {
    let forge = FakeForge::start().await;
    let url = repository(&forge, 1);
    let github = app(&forge);
    for _ in 0..2 {
        assert_eq!(github.pull_requests(&url, "main").await.expect("the pull requests").len(), 1);
    }
    assert_eq!(answers(&forge.state(), "/pulls"), [200, 304]);
    forge.close_pull(1, None);
    assert_eq!(github.pull_requests(&url, "main").await.expect("the pull requests"), []);
    assert_eq!(answers(&forge.state(), "/pulls"), [200, 304, 200]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_read_to_its_last_page() {
    let forge = FakeForge::start().await;
    let url = repository(&forge, 101);
    let all = app(&forge).pull_requests(&url, "main").await.expect("the pull requests");
    assert_eq!((all.len(), all.last().map(|pull| pull.number)), (101, Some(101)));
    assert_eq!(answers(&forge.state(), "/pulls"), [200, 200], "a hundred of them on a page");
}

/// GitHub's secondary limit counts what is asked at once.
#[tokio::test(flavor = "multi_thread")]
async fn so_many_requests_are_under_way_at_once_and_no_more() {
    const ASKED: usize = 20;
    const AT_ONCE: usize = 6;
    let forge = FakeForge::start().await;
    let url = repository(&forge, 0);
    let github = app(&forge);
    github.pull_requests(&url, "main").await.expect("a token, for all that follow");
    forge.state().mood = Mood::Hangs;
    let asks = (0..ASKED).map(|_| github.pull_requests(&url, "main"));
    let full = async {
        while forge.state().hanging < AT_ONCE {
            tokio::task::yield_now().await;
        }
        // Whatever else had left for the forge is there before what is asked now, one after the other.
        for _ in 0..50 {
            reqwest::get(forge.url.clone()).await.expect("the forge answers");
        }
        forge.state().mood = Mood::Well;
    };
    let (all, ()) = futures::join!(join_all(asks), full);
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(forge.state().most_hanging, AT_ONCE);
}

/// The small alternative: statuses and deployments, and no checks, which GitHub lets only Apps write.
#[tokio::test(flavor = "multi_thread")]
async fn a_persons_token_shows_statuses_and_deployments_and_reads_private_repositories() {
    let forge = FakeForge::start().await;
    let url = repository(&forge, 0);
    let token = forge.person_token(Person { id: 7, login: "ada".to_owned(), teams: vec!["acme/platform".to_owned()] });
    let github = client(&forge, Identity::Token(SecretValue::new(token)));
    let value = github.git_authorization(&url).await.expect("a token").expect("for git");
    assert!(value.reveal().starts_with("Basic "));
    let report = Report {
        repository: url,
        commit: "a".repeat(40),
        check: "orders".to_owned(),
        pipeline: "orders".to_owned(),
        release: 1,
        state: ReportState::Succeeded,
        title: "complete".to_owned(),
        summary: String::new(),
        url: "https://deploy.example.org/p/orders/releases/1".to_owned(),
        deployments: vec![ReportedDeployment {
            environment: "orders/local/a".to_owned(),
            state: DeploymentState::Succeeded,
            is_production: false,
            is_preview: false,
            address: Some("https://orders.example.org".to_owned()),
        }],
        buttons: Vec::new(),
        annotations: Vec::new(),
    };
    let mut mark = Mark::default();
    for _ in 0..2 {
        github.publish(&report, &mut mark).await.expect("shown");
    }
    let state = forge.state();
    assert_eq!((state.checks.len(), state.statuses.len(), state.deployments.len()), (0, 1, 1), "{:?}", state.asked);
    let shown = state.deployment_statuses.values().next().and_then(|all| all.last()).expect("a state");
    assert_eq!(shown["environment_url"], "https://orders.example.org");
    assert_eq!(shown["log_url"], "https://deploy.example.org/p/orders/releases/1");
    let said = state.statuses.values().map(Vec::len).chain(state.deployment_statuses.values().map(Vec::len)).collect::<Vec<_>>();
    assert_eq!(said, [1, 1], "the same again changes nothing");
    assert!(state.asked.iter().all(|(_, path, _)| !path.contains("access_tokens")), "{:?}", state.asked);
}
