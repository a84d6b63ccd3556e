use api::auth::Role;
use serde_json::json;

use crate::support::Server;

const FILE: &str = "name: orders\nstages:\n  - {name: live, targets: [local/one], deploy: {uses: shell/run, with: {run: ./deploy}}}\n";

#[tokio::test(flavor = "multi_thread")]
async fn the_fleet_shows_what_releases_were_made_of_and_refuses_what_nobody_can_prove() {
    let (server, admin) = Server::with_admin().await;
    server.connect(&admin, FILE).await;
    let viewer = server.person(&admin, "vera", Role::Viewer, &[]).await;
    let fleet = viewer.get("/api/v1/fleet").await;
    assert_eq!(fleet["uses"][0]["block"], "shell/run", "{}", fleet.text);
    assert_eq!(fleet["uses"][0]["pipeline"], "orders");
    assert_eq!(fleet["upgrades"], json!([]));

    let version = |name: &str, commit: &str| json!({"name": name, "commit": commit, "digest": format!("sha256:{}", "0".repeat(64))});
    let name = "git::https://git.example/platform/blocks//cache@v4";
    let commit = "1f".repeat(20);
    let begin = |version: serde_json::Value| json!({"to": version, "sizes": [1]});
    let words = admin.post("/api/v1/fleet/upgrades", begin(version("cache@v4", &commit))).await.problem(422, "invalid");
    assert!(words.contains("git::"), "{words}");
    let words = admin.post("/api/v1/fleet/upgrades", begin(version(name, "HEAD"))).await.problem(422, "invalid");
    assert!(words.contains("is not a commit"), "{words}");
    let words = admin.post("/api/v1/fleet/preview", version(name, &commit)).await.problem(422, "invalid");
    assert!(words.contains("has the digest"), "{words}");
    let change = json!({"what": "hold", "reason": "lunch"});
    admin.post("/api/v1/fleet/upgrades/nothing", change.clone()).await.problem(422, "invalid");
    viewer.post("/api/v1/fleet/upgrades/nothing", change).await.problem(403, "forbidden");
}
