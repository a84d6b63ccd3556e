//! Making the GitHub App in the browser.

use adapters::egress::{Client, Egress};
use adapters::github::{AppKey, Connecting, Wanted};
use serde_json::Value;
use testkit::forge::FakeForge;

const STATE: &str = "0123456789abcdef0123456789abcdef";

async fn begin(forge: &FakeForge) -> Connecting {
    let wanted = Wanted {
        web_url: forge.url.clone(),
        public_url: "https://deploy.example.org".parse().expect("a URL"),
        organisation: Some("acme".to_owned()),
        name: "Tidegate of \"Acme\" <x>".to_owned(),
    };
    let client = Client::new(Egress { allow_loopback: true, allow_private: true }).expect("a client");
    Connecting::listen(&wanted, STATE.to_owned(), client).await.expect("a page")
}

async fn get(url: &str) -> (u16, String) {
    let response = reqwest::get(url).await.expect("an answer");
    (response.status().as_u16(), response.text().await.expect("a text"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_leads_to_github_and_back_to_key_and_secret() {
    let forge = FakeForge::start().await;
    let connecting = begin(&forge).await;
    let page = connecting.page.to_string();
    let (_, form) = get(&page).await;
    assert!(form.contains(&format!("action=\"{}organizations/acme/settings/apps/new?state={STATE}\"", forge.url)), "{form}");
    let (_, rest) = form.split_once("name=\"manifest\" value=\"").expect("a manifest");
    let (manifest, _) = rest.split_once('"').expect("its end");
    let manifest = manifest.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
    assert_eq!(manifest["hook_attributes"]["url"], "https://deploy.example.org/webhooks/github");
    assert_eq!(manifest["redirect_url"], format!("{page}made"));
    let permissions = serde_json::json!({"checks": "write", "contents": "read", "deployments": "write", "metadata": "read", "pull_requests": "write", "statuses": "write"});
    assert_eq!(manifest["default_permissions"], permissions, "the least that is needed, as docs/github.md says");
    // Another page brings a code of its own.
    assert_eq!(get(&format!("{page}made?code=evil&state=guessed")).await.0, 403);
    assert_eq!(get(&format!("{page}made?code=evil")).await.0, 403);
    assert_eq!(get(&format!("{page}made?code=a-code&state={STATE}")).await.0, 200);
    assert_eq!(get(&format!("{page}made?code=a-code&state={STATE}")).await.0, 410);
    let app = connecting.made().await.expect("an App");
    assert_eq!((app.id, app.html_url.clone()), (4711, format!("{}apps/tidegate", forge.url)));
    AppKey::from_pem(&app.key_pem).expect("a key that can be used");
    assert!(!format!("{app:?}").contains("PRIVATE KEY"), "it is never shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_github_does_not_take_is_said() {
    let forge = FakeForge::start().await;
    let connecting = begin(&forge).await;
    assert_eq!(get(&format!("{}made?code=too-old&state={STATE}", connecting.page)).await.0, 200);
    let error = connecting.made().await.expect_err("no App").to_string();
    assert!(error.contains("404"), "{error}");
}
