//! A server that is made a GitHub App from its own pages.

use std::sync::Arc;
use std::time::Duration;

use adapters::egress::{Client, Egress};
use adapters::git::Git;
use adapters::github::{GitHub, Identity, OwnApp, kept};
use adapters::hooks::{self, HookSecrets};
use api::auth::secret::{Kind, mint};
use engine::core::Actor;
use engine::core::id::PersonId;
use engine::ports::{Clock, Forge, HookReader};
use engine::store::{TokenRow, UserRow};
use engine::{Connection, Engine};
use reqwest::{Response, header};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::clock::MovableClock;
use testkit::forge::{FakeForge, Mood, Served};
use testkit::repository::GitRepository;
use testkit::world::{Cloud, Outside, World};

use crate::at_forge::push;
use crate::support::{PIPELINE, answer};

const APP: &str = "/api/v1/forges/github/app";

/// A server that is nobody at its forge yet, and people who may or may not change that.
struct Place {
    forge: FakeForge,
    clock: Arc<MovableClock>,
    world: World,
    served: Served,
    client: reqwest::Client,
    folder: TempDir,
    olga: String,
}

impl Place {
    async fn open() -> Self {
        Self::with(Ok(())).await
    }

    /// None is made here where `makes` says why.
    async fn with(makes: Result<(), String>) -> Self {
        let forge = FakeForge::start().await;
        forge.state().revoked = true;
        let clock = MovableClock::new();
        let folder = tempfile::tempdir().expect("a folder");
        let egress = Egress { allow_loopback: true, allow_private: true };
        let client = Client::new(egress).expect("a client");
        let port = Arc::clone(&clock) as Arc<dyn Clock>;
        let github = Arc::new(GitHub::new(&forge.url, Identity::Nobody, client.clone(), Arc::clone(&port)));
        let secrets = HookSecrets::default();
        let forges: Vec<Arc<dyn Forge>> = vec![Arc::clone(&github) as Arc<dyn Forge>];
        let readers: Vec<Arc<dyn HookReader>> = vec![Arc::new(hooks::GitHub::new(forge.url.to_string(), secrets.clone()))];
        let mirrors = folder.path().join("mirrors");
        let cloud = Cloud::new(move |_, ports, _| {
            ports.source = Arc::new(Git::new(mirrors.clone()).expect("git's folder").with_forges(&forges));
            ports.forges.clone_from(&forges);
            ports.hooks.clone_from(&readers);
        });
        let world = World::sqlite_with(Outside { clock: Some(port), cloud: Some(cloud), ..Outside::default() }).await;
        let place = makes.map(|()| folder.path().join("github"));
        let web_url = forge.url.clone();
        let served =
            Served::making_apps(&world, |public_url| Arc::new(OwnApp::new(github, web_url, public_url.clone(), client, secrets, place)))
                .await;
        let olga = person(&world.engine, "olga", "admin").await;
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Self { forge, clock, world, served, client, folder, olga }
    }

    fn at(&self, path: &str) -> url::Url {
        self.served.url.join(path).expect("an address")
    }

    async fn order(&self, token: &str, body: Value) -> (u16, Value) {
        answer(self.client.post(self.at(APP)).bearer_auth(token).json(&body).send().await.expect("an answer")).await
    }

    /// Through the forge's pages, as a browser goes, to the address that the forge leads back to.
    async fn through_the_forge(&self, form: &Value) -> String {
        let action = form["action"].as_str().expect("an address");
        let manifest = form["manifest"].as_str().expect("a manifest");
        let asked = self.post(action, &[("manifest", manifest)]).await.expect("the forge answers");
        assert_eq!(asked.status(), 200, "{}", asked.text().await.unwrap_or_default());
        let made = url::Url::parse(action).expect("an address");
        let state = made.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned();
        let mut press = self.forge.url.join("settings/apps").expect("an address");
        press.query_pairs_mut().append_pair("state", &state);
        location(&self.post(press.as_str(), &[("manifest", manifest), ("name", "Tidegate of Acme")]).await.expect("the forge answers"))
    }

    /// A form, as a browser posts it.
    async fn post(&self, url: &str, fields: &[(&str, &str)]) -> reqwest::Result<Response> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.client.post(url).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(body).send().await
    }

    async fn back(&self, token: &str, back: &str) -> Response {
        assert!(back.starts_with(self.at(&format!("{APP}/back?")).as_str()), "{back}");
        self.client.get(back).bearer_auth(token).send().await.expect("an answer")
    }

    /// Made, and installed.
    async fn connect(&self) {
        let (status, form) = self.order(&self.olga, json!({"name": "Tidegate", "organisation": "acme"})).await;
        assert_eq!(status, 200, "{form}");
        let back = self.through_the_forge(&form).await;
        let response = self.back(&self.olga, &back).await;
        assert_eq!((response.status().as_u16(), location(&response).as_str()), (303, "/settings?tab=github"));
        let install = self.forge.url.join("apps/tidegate/installations/new").expect("an address");
        assert_eq!(self.client.post(install).send().await.expect("the forge answers").status(), 302);
    }

    async fn look(&self, path: &str) -> (u16, Value) {
        answer(self.client.get(self.at(path)).bearer_auth(&self.olga).send().await.expect("an answer")).await
    }
}

/// A person with a token of their own.
async fn person(engine: &Arc<Engine>, name: &str, role: &str) -> String {
    let (store, now) = (engine.store(), engine.clock().now());
    let id = PersonId(format!("local:{name}"));
    let user = UserRow {
        name: name.to_owned(),
        role: role.to_owned(),
        groups: Default::default(),
        id: id.clone(),
        password_hash: None,
        created_at: now,
        disabled_at: None,
    };
    store.add_user(&user, None).await.expect("a user");
    let minted = mint(Kind::Api, engine.ids());
    let token = TokenRow {
        id: minted.id,
        name: name.to_owned(),
        role: role.to_owned(),
        scope: "personal".to_owned(),
        created_by: id.to_string(),
        created_at: now,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
    };
    store.add_token(&token, &minted.hash, None).await.expect("a token");
    minted.text
}

fn location(response: &Response) -> String {
    response.headers().get(header::LOCATION).map(|place| place.to_str().expect("text").to_owned()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_makes_the_app_in_the_browser_and_the_server_is_it_at_once() {
    let place = Place::open().await;
    let at = place.forge.repository("orders");
    let checkout = GitRepository::new();
    checkout.write(".tidegate/pipeline.yaml", PIPELINE);
    checkout.commit("the first");
    push(&checkout, &at);
    let connection = || Connection {
        name: None,
        repository: at.url.clone(),
        branch: "main".to_owned(),
        file: ".tidegate/pipeline.yaml".to_owned(),
        poll_ms: 3_600_000,
    };
    let engine = &place.world.engine;
    engine.connect(Actor::Engine, connection()).await.expect_err("it is private, and the server is nobody there");
    let (_, view) = place.look("/api/v1/forges").await;
    assert_eq!((view["github"]["acts_as"].as_str(), view["github"]["takes_web_hooks"].as_bool()), (Some("nobody"), Some(false)), "{view}");

    place.connect().await;

    let (_, view) = place.look("/api/v1/forges").await;
    assert_eq!((view["github"]["acts_as"].as_str(), view["github"]["app_id"].as_str()), (Some("app"), Some("4711")), "{view}");
    assert!(view["github"]["takes_web_hooks"] == true && view["github"]["makes_none_because"].is_null(), "{view}");
    let pipeline = engine.connect(Actor::Engine, connection()).await.unwrap_or_else(|error| panic!("as the App: {error}"));
    place.world.until(&pipeline, "a check of the first", async || place.forge.state().checks.values().next().map(drop)).await;
    // What happens at the forge comes under the secret that it made.
    let installed = async || place.forge.state().deliveries.iter().find(|sent| sent.event == "installation").map(|sent| sent.status);
    assert_eq!(place.world.until(&pipeline, "the installation to be told", installed).await, 202);
    // After a restart it is the same App.
    let app = kept(&place.folder.path().join("github")).expect("readable").expect("an App");
    assert_eq!((app.id.as_str(), app.webhook_secret.is_some()), ("4711", true));
    let trail = engine.store().audit_before(u64::MAX >> 1, 100).await.expect("the trail");
    let acts: Vec<&str> = trail.iter().map(|entry| entry.action.as_str()).collect();
    assert!(acts.contains(&"forge_app.begin") && acts.contains(&"forge_app.make"), "{acts:?}");
    let told = serde_json::to_string(&place.look(APP).await.1).expect("JSON");
    assert!(!told.contains("PRIVATE KEY") && !told.contains("made by the forge"), "{told}");
}

/// What a forge shows of the App: what it may do, what an owner holds back, and which web hooks did not come through.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_shows_what_the_app_may_do_and_which_web_hooks_failed() {
    let place = Place::open().await;
    let (status, refused) = place.look(APP).await;
    assert_eq!((status, refused["code"].as_str()), (422, Some("forge_refused")), "{refused}");
    place.connect().await;
    let granted = json!({"checks": "read", "contents": "read", "deployments": "write", "metadata": "read", "pull_requests": "write", "statuses": "write"});
    {
        let mut state = place.forge.state();
        state.granted = Some(granted);
        let lost = testkit::forge::Sent { delivery: "lost".into(), event: "push".into(), action: None, at_s: 1_780_000_000, status: 0 };
        state.deliveries.push(lost);
    }
    let (status, view) = place.look(APP).await;
    assert_eq!(status, 200, "{view}");
    assert_eq!(
        (view["id"].as_str(), view["name"].as_str(), view["owner"].as_str()),
        (Some("4711"), Some("Tidegate of Acme"), Some("acme"))
    );
    assert_eq!(view["install_url"], format!("{}apps/tidegate/installations/new", place.forge.url));
    let permissions = view["permissions"].as_array().expect("permissions");
    assert!(permissions.len() == 6 && permissions.iter().all(|each| each["is_lacking"] == false), "{view}");
    let installation = &view["installations"][0];
    assert_eq!((installation["account"].as_str(), &installation["lacks"]), (Some("acme"), &json!(["checks: write"])), "{view}");
    let lost = view["deliveries"].as_array().and_then(|all| all.iter().find(|sent| sent["id"] == "lost")).expect("the lost one");
    assert_eq!((lost["has_failed"].as_bool(), lost["outcome"].as_str()), (Some(true), Some("failed to connect to host")));
    // GitHub is away: said so, with when to ask again.
    place.forge.state().mood = Mood::Down;
    let response = place.client.get(place.at(APP)).bearer_auth(&place.olga).send().await.expect("an answer");
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!((response.status().as_u16(), answer(response).await.1["code"].as_str()), (503, Some("forge_unavailable")));
}

/// The way back counts once, within the hour, and for whoever began: neither another admin nor a guess brings a code of its own.
#[tokio::test(flavor = "multi_thread")]
async fn abuse_14_the_way_back_from_github_counts_once_and_for_whoever_began() {
    let place = Place::open().await;
    let eve = person(&place.world.engine, "eve", "admin").await;
    let omar = person(&place.world.engine, "omar", "operator").await;
    let order = json!({"name": "Tidegate"});
    assert_eq!(place.order(&omar, order.clone()).await.0, 403, "an operator makes no App");
    let refused = async |token: &str, back: &str| {
        let (status, problem) = answer(place.back(token, back).await).await;
        (status, problem["code"].as_str().unwrap_or_default().to_owned())
    };
    let gone = (410, "link_used".to_owned());
    let (_, form) = place.order(&place.olga, order.clone()).await;
    let back = place.through_the_forge(&form).await;
    assert_eq!(refused(&eve, &back).await, gone, "another admin");
    assert_eq!(refused(&omar, &back).await.0, 403, "an operator");
    for guess in ["", "guessed", "tga_00112233445566778899aabbccddeeff_00112233445566778899aabbccddeeff"] {
        let back = place.at(&format!("{APP}/back?code=evil&state={guess}"));
        assert_eq!(refused(&place.olga, back.as_str()).await, gone, "{guess:?}");
    }
    // Beginning again ends what began before.
    let (_, again) = place.order(&place.olga, order.clone()).await;
    assert_eq!(refused(&place.olga, &back).await, gone, "from before");
    let back = place.through_the_forge(&again).await;
    let asked = |place: &Place| place.forge.state().asked.iter().filter(|(_, path, _)| path.contains("conversions")).count();
    assert_eq!(asked(&place), 0, "none of them was brought to the forge");
    assert_eq!(place.back(&place.olga, &back).await.status(), 303);
    assert_eq!(refused(&place.olga, &back).await, gone, "twice");
    assert_eq!(asked(&place), 1);
    let (_, late) = place.order(&place.olga, order).await;
    let back = place.through_the_forge(&late).await;
    place.clock.advance(Duration::from_secs(3_601));
    assert_eq!(refused(&place.olga, &back).await, gone, "after an hour");
    // A browser is led to this server's own page with a code of ours, whatever came with the request.
    let odd = place.at(&format!("{APP}/back?code=x&state=y"));
    let response = place.client.get(odd).bearer_auth(&place.olga).header("accept", "text/html").send().await.expect("an answer");
    assert_eq!((response.status().as_u16(), location(&response).as_str()), (303, "/settings?tab=github&refused=link_used"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forge_that_is_away_at_the_exchange_is_asked_again_and_one_that_refuses_is_not() {
    let place = Place::open().await;
    let (_, form) = place.order(&place.olga, json!({"name": "Tidegate"})).await;
    let back = place.through_the_forge(&form).await;
    place.forge.state().mood = Mood::Down;
    let (status, problem) = answer(place.back(&place.olga, &back).await).await;
    assert_eq!((status, problem["code"].as_str()), (503, Some("forge_unavailable")), "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("load this page again")), "{problem}");
    place.forge.state().mood = Mood::Well;
    assert_eq!(place.back(&place.olga, &back).await.status(), 303, "loaded again");

    let (_, form) = place.order(&place.olga, json!({"name": "Tidegate"})).await;
    let back = place.through_the_forge(&form).await.replace("code=manifest", "code=older");
    let (status, problem) = answer(place.back(&place.olga, &back).await).await;
    assert_eq!((status, problem["code"].as_str()), (422, Some("forge_refused")), "{problem}");
    for (order, says) in [(json!({"name": ""}), "name"), (json!({"name": "x", "organisation": "a/../b"}), "no organisation's name")] {
        let (status, problem) = place.order(&place.olga, order).await;
        assert!(status == 422 && problem["detail"].as_str().is_some_and(|detail| detail.contains(says)), "{problem}");
    }
}

/// What was made at the forge and cannot be written down is said with where to delete it; the server stays what it was.
#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_cannot_be_kept_is_said_and_not_used() {
    let place = Place::open().await;
    let (_, form) = place.order(&place.olga, json!({"name": "Tidegate"})).await;
    let back = place.through_the_forge(&form).await;
    let folder = place.folder.path().join("github");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("github-4711.pem"), "in the way").expect("written");
    let (status, problem) = answer(place.back(&place.olga, &back).await).await;
    assert_eq!((status, problem["code"].as_str()), (507, Some("not_kept")), "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("apps/tidegate") && detail.contains("Delete it")), "{problem}");
    assert_eq!(place.look("/api/v1/forges").await.1["github"]["acts_as"], "nobody");
    // Where the folder cannot be made, nothing is even begun.
    std::fs::remove_dir_all(&folder).expect("removed");
    std::fs::write(&folder, "a file").expect("written");
    let (status, problem) = place.order(&place.olga, json!({"name": "Tidegate"})).await;
    assert_eq!((status, problem["code"].as_str()), (507, Some("not_kept")), "{problem}");
}

/// Forms lead to this server and to the one forge that is configured, and only where an App can be made there.
#[tokio::test(flavor = "multi_thread")]
async fn pages_lead_forms_to_the_configured_forge_alone_and_only_where_it_is_needed() {
    let forms = async |place: &Place| {
        let response = place.client.get(place.at("/")).send().await.expect("an answer");
        let policy = response.headers()["content-security-policy"].to_str().expect("text").to_owned();
        policy.split("; ").find(|rule| rule.starts_with("form-action")).expect("a rule").to_owned()
    };
    let place = Place::open().await;
    assert_eq!(forms(&place).await, format!("form-action 'self' {}", place.forge.url.as_str().trim_end_matches('/')));
    let configured = Place::with(Err("the configuration names its App".to_owned())).await;
    assert_eq!(forms(&configured).await, "form-action 'self'");
    let (status, problem) = configured.order(&configured.olga, json!({"name": "Tidegate"})).await;
    assert_eq!((status, problem["code"].as_str()), (409, Some("already_configured")), "{problem}");
    assert_eq!(configured.look("/api/v1/forges").await.1["github"]["makes_none_because"], "the configuration names its App");
}
