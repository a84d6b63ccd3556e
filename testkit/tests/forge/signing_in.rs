//! People who sign in with GitHub, through the server's own pages.

use std::collections::BTreeMap;
use std::sync::Arc;

use adapters::egress::{Client, Egress};
use adapters::github::{SignIn, Teams};
use api::auth::Role;
use engine::core::id::PersonId;
use engine::ports::SecretValue;
use reqwest::{Response, header};
use serde_json::Value;
use testkit::forge::{CLIENT_ID, CLIENT_SECRET, FakeForge, Person, Served};
use testkit::world::World;

const BEGIN: &str = "/api/v1/session/github";

struct Door {
    forge: FakeForge,
    world: World,
    served: Served,
    client: reqwest::Client,
}

/// A browser: what it keeps by the name of the cookie.
#[derive(Default, Clone)]
struct Browser(BTreeMap<String, String>);

impl Door {
    async fn open() -> Self {
        let forge = FakeForge::start().await;
        forge.state().at_browser = person(77, "ada", &["acme/platform", "acme/oncall"]);
        let world = World::sqlite().await;
        let client = Client::new(Egress { allow_loopback: true, allow_private: true }).expect("a client");
        let roles = [("acme/platform", "operator"), ("acme/*", "viewer")];
        let teams = Teams {
            roles: roles.map(|(team, role)| (team.to_owned(), role.to_owned())).into(),
            order: Role::ALL.map(|role| role.name().to_owned()).to_vec(),
        };
        let secret = SecretValue::new(CLIENT_SECRET.to_owned());
        let sign_in = SignIn::new(forge.url.clone(), client, CLIENT_ID.to_owned(), secret, teams);
        let served = Served::signing_in(&world, Arc::new(sign_in)).await;
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Self { forge, world, served, client }
    }

    async fn get(&self, browser: &mut Browser, url: &str) -> Response {
        let url = self.served.url.join(url).expect("an address");
        let cookies: Vec<String> = browser.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = self.client.get(url).header(header::COOKIE, cookies.join("; ")).send().await.expect("an answer");
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().expect("text");
            assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
            let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            match value {
                "" => _ = browser.0.remove(name),
                value => _ = browser.0.insert(name.to_owned(), value.to_owned()),
            }
        }
        response
    }

    /// To GitHub, and the address that it leads back to.
    async fn back(&self, browser: &mut Browser, then: &str) -> String {
        let begun = self.get(browser, &format!("{BEGIN}?then={then}")).await;
        assert_eq!(begun.status(), 303);
        let page = location(&begun);
        assert!(page.starts_with(self.forge.url.as_str()), "{page}");
        location(&self.client.get(page).send().await.expect("GitHub answers"))
    }

    async fn sign_in(&self, browser: &mut Browser) -> Response {
        let back = self.back(browser, "").await;
        self.get(browser, &back).await
    }

    async fn me(&self, browser: &mut Browser) -> (u16, Value) {
        let response = self.get(browser, "/api/v1/session").await;
        (response.status().as_u16(), response.json().await.expect("JSON"))
    }
}

fn person(id: u64, login: &str, teams: &[&str]) -> Person {
    Person { id, login: login.to_owned(), teams: teams.iter().map(|team| (*team).to_owned()).collect() }
}

fn location(response: &Response) -> String {
    response.headers()[header::LOCATION].to_str().expect("text").to_owned()
}

async fn refusal(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let value: Value = response.json().await.expect("a problem");
    (status, value["detail"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_in_a_team_signs_in_with_its_role_and_its_teams_as_groups() {
    let door = Door::open().await;
    let mut browser = Browser::default();
    let back = door.back(&mut browser, "view-12").await;
    let signed_in = door.get(&mut browser, &back).await;
    assert_eq!((signed_in.status().as_u16(), location(&signed_in).as_str()), (303, "/?then=view-12"));
    let (status, me) = door.me(&mut browser).await;
    assert_eq!((status, me["id"].as_str(), me["role"].as_str()), (200, Some("github:77"), Some("operator")), "{me}");
    assert_eq!((me["name"].as_str(), &me["groups"]), (Some("ada@github"), &serde_json::json!(["acme/oncall", "acme/platform"])));
    // Renamed, and in other teams: the same person, and the new role, also in the session that is open.
    door.forge.state().at_browser = person(77, "countess", &["acme/design"]);
    assert_eq!(door.sign_in(&mut Browser::default()).await.status(), 303);
    let (_, me) = door.me(&mut browser).await;
    assert_eq!((me["id"].as_str(), me["role"].as_str(), me["name"].as_str()), (Some("github:77"), Some("viewer"), Some("countess@github")));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_in_no_team_or_was_disabled_stays_outside() {
    let door = Door::open().await;
    door.forge.state().at_browser = person(78, "mallory", &["evil/platform"]);
    let (status, detail) = refusal(door.sign_in(&mut Browser::default()).await).await;
    assert!(status == 403 && detail.contains("no team"), "{status} {detail}");
    door.forge.state().at_browser = person(77, "ada", &["acme/platform"]);
    let mut browser = Browser::default();
    door.sign_in(&mut browser).await;
    let mut row = door.world.engine.store().user(&PersonId("github:77".into())).await.expect("the store").expect("her");
    row.disabled_at = Some(door.world.engine.clock().now());
    door.world.engine.store().change_user(&row, None).await.expect("disabled");
    assert_eq!(door.me(&mut browser).await.0, 401, "her session is closed");
    assert_eq!(door.sign_in(&mut Browser::default()).await.status(), 403);
}

/// Open redirects on login came back four times elsewhere: here no address can be asked for at all.
#[tokio::test(flavor = "multi_thread")]
async fn abuse_redirect_only_an_opaque_id_comes_back_and_never_an_address() {
    let door = Door::open().await;
    for then in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "%2f%2fevil.example",
        "a.b",
        "a%0d%0ax: y",
        &"x".repeat(65),
    ] {
        let response = door.get(&mut Browser::default(), &format!("{BEGIN}?then={then}")).await;
        assert_eq!(response.status(), 400, "{then}");
        assert!(response.headers().get(header::LOCATION).is_none(), "{then}");
    }
    for other in ["redirect_uri", "return_to", "next", "url"] {
        assert_eq!(door.get(&mut Browser::default(), &format!("{BEGIN}?{other}=https://evil.example")).await.status(), 400, "{other}");
    }
    // A cookie of the attacker's making holds no address either.
    let mut browser = Browser::default();
    let back = door.back(&mut browser, "x").await;
    let value = browser.0["tidegate-sign-in"].clone();
    let (rest, _) = value.rsplit_once('.').expect("three parts");
    for then in ["//evil.example", "evil.example", "/x"] {
        browser.0.insert("tidegate-sign-in".to_owned(), format!("{rest}.{then}"));
        assert_eq!(door.get(&mut browser, &back).await.status(), 401, "{then}");
    }
}

/// Login forgery: nobody is signed in with a code that another browser began (abuse case 14), and a code alone is worth nothing.
#[tokio::test(flavor = "multi_thread")]
async fn abuse_14_a_code_counts_only_once_and_only_in_the_browser_that_began() {
    let door = Door::open().await;
    let (mut attacker, mut victim) = (Browser::default(), Browser::default());
    let back = door.back(&mut attacker, "").await;
    assert_eq!(door.get(&mut victim, &back).await.status(), 401, "no cookie");
    door.back(&mut victim, "").await;
    assert_eq!(door.get(&mut victim, &back).await.status(), 401, "another state");
    // The attacker's code under the victim's state: PKCE.
    let stolen = back.split("code=").nth(1).and_then(|rest| rest.split('&').next()).expect("a code").to_owned();
    let own = door.back(&mut victim, "").await;
    let state = own.split("state=").nth(1).expect("a state").to_owned();
    let (status, detail) = refusal(door.get(&mut victim, &format!("{BEGIN}/back?code={stolen}&state={state}")).await).await;
    assert!(status == 401 && detail.contains("does not take the code"), "{status} {detail}");
    let mut browser = Browser::default();
    let back = door.back(&mut browser, "").await;
    let before = browser.clone();
    assert_eq!(door.get(&mut browser, &back).await.status(), 303);
    assert_eq!(door.get(&mut before.clone(), &back).await.status(), 401, "a second time");
    assert_eq!(door.get(&mut browser, &format!("{BEGIN}/back?error=access_denied")).await.status(), 401);
}

/// A login that is called like a role, a group or a local user counts as none of them (abuse case 3).
#[tokio::test(flavor = "multi_thread")]
async fn abuse_03_a_login_is_never_taken_for_a_role_a_group_or_a_local_user() {
    let door = Door::open().await;
    for (id, login) in [(80, "admin"), (81, "oncall"), (82, "grace")] {
        door.forge.state().at_browser = person(id, login, &["acme/design"]);
        let mut browser = Browser::default();
        assert_eq!(door.sign_in(&mut browser).await.status(), 303);
        let (_, me) = door.me(&mut browser).await;
        assert_eq!((me["name"].as_str(), me["role"].as_str()), (Some(&*format!("{login}@github")), Some("viewer")));
    }
    // Somebody else takes a login that was given up.
    door.forge.state().at_browser = person(90, "oncall", &["acme/design"]);
    let mut browser = Browser::default();
    assert_eq!(door.sign_in(&mut browser).await.status(), 303);
    let (_, me) = door.me(&mut browser).await;
    assert_eq!((me["id"].as_str(), me["name"].as_str()), (Some("github:90"), Some("oncall@github#github:90")));
}
