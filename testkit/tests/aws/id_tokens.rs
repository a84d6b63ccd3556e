//! A step shows STS who it is, with the real CLI, and enters an account without any principal of the server's.

use engine::core::id::ReleaseNumber;
use engine::core::row::ReleaseState;
use testkit::aws::{Federation, ISSUER, Provider};
use testkit::repository::GitRepository;

use super::scene::Scene;

const PIPELINE: &str = r#"name: shop
stages:
  - name: build
    jobs:
      - name: publish
        id_token: {audience: sts.amazonaws.com}
        env: {AWS_REGION: eu-west-1, AWS_ENDPOINT_URL: "@ENDPOINT@"}
        steps:
          - run: |
              "$TIDEGATE_BIN" id-token > token
              aws sts assume-role-with-web-identity --role-arn arn:aws:iam::222222222222:role/publish \
                --role-session-name shop --web-identity-token "$(cat token)" > @FOLDER@/entered.json
              cp token @FOLDER@/token
              env > @FOLDER@/environment
      - name: plain
        steps:
          - run: |
              code=0; "$TIDEGATE_BIN" id-token 2> @FOLDER@/refused || code=$?
              echo "$code" > @FOLDER@/code
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a8_a_step_exchanges_its_identity_token_at_sts_and_a_job_that_asks_for_none_gets_none() {
    let mut scene = Scene::new().await;
    scene.start_runner(1).await;
    let keys_at = scene.serve().await;
    scene.front.provider("222222222222", ISSUER, Provider { audiences: vec![engine::AUDIENCE.to_owned()], keys_at: Some(keys_at) });
    let folder = tempfile::tempdir().expect("a temporary folder");
    let repository = GitRepository::new();
    let cli = scene.cli("222222222222", "eu-west-1").environment();
    let variable = |name: &str| cli.iter().find(|(known, _)| known == name).expect("a variable").1.clone();
    let text = PIPELINE.replace("@FOLDER@", &folder.path().display().to_string()).replace("@ENDPOINT@", &variable("AWS_ENDPOINT_URL"));
    repository.write(".tidegate/pipeline.yaml", &text);
    repository.commit("first");
    let pipeline = scene.world.connect(&repository).await;
    let trust = Federation {
        issuer: ISSUER.to_owned(),
        audience: engine::AUDIENCE.to_owned(),
        subjects: vec![format!("pipeline:{}:stage:build:target::trust:branch", pipeline.as_str())],
        allows_tags: false,
    };
    scene.front.federate("arn:aws:iam::222222222222:role/publish", trust);
    let state = scene.world.ended(&pipeline, ReleaseNumber(1)).await;
    assert_eq!(state, ReleaseState::Completed, "{}", scene.world.story(&pipeline).await);
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("the step wrote it");
    let entered: serde_json::Value = serde_json::from_str(&read("entered.json")).expect("JSON");
    let role = entered["AssumedRoleUser"]["Arn"].as_str().unwrap_or_default();
    assert!(role.contains("222222222222") && role.ends_with("assumed-role/publish/shop"), "{entered}");
    let token = read("token");
    let token = token.trim();
    assert_eq!(token.split('.').count(), 3);
    let environment = read("environment");
    assert!(!environment.contains(token), "the token stands in nobody's environment");
    assert!(environment.contains("TIDEGATE_ID_TOKEN_URL=http://127.0.0.1:") && !environment.contains("AWS_CONTAINER_CREDENTIALS_FULL_URI"));
    assert_eq!(read("code").trim(), "2");
    assert!(read("refused").contains("id_token: {audience"), "{}", read("refused"));
}
