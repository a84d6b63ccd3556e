//! A step's own AWS CLI and SDK get the target's account, and nothing secret is left anywhere.

use engine::core::id::ReleaseNumber;
use engine::core::row::ReleaseState;
use testkit::repository::GitRepository;

use super::scene::Scene;

const PIPELINE: &str = r#"name: shop
accounts:
  prod: {id: "222222222222", role: tidegate-deploy}
stages:
  - name: prod
    targets: [prod/eu-west-1]
    deploy:
      uses: shell/run
      with:
        run: |
          aws sts get-caller-identity > @FOLDER@/cli.json
          python3 -c 'import boto3, json; print(json.dumps(boto3.client("sts").get_caller_identity()["Arn"]), boto3.Session().region_name)' > @FOLDER@/sdk.txt
          aws ssm put-parameter --name release --type String --value "$TIDEGATE_RELEASE_DIGEST"
          env | sort
          cat /proc/self/environ | tr '\0' '\n' > @FOLDER@/environment
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a8_the_cli_and_the_sdk_of_a_step_act_in_the_targets_account_and_leave_no_secret() {
    let mut scene = Scene::new().await;
    scene.account("prod", "222222222222", &["eu-west-1"]).await;
    scene.start_runner(1).await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let repository = GitRepository::new();
    repository.write(".tidegate/pipeline.yaml", &PIPELINE.replace("@FOLDER@", &folder.path().display().to_string()));
    repository.commit("first");
    let pipeline = scene.world.connect(&repository).await;
    let state = scene.world.ended(&pipeline, ReleaseNumber(1)).await;
    assert_eq!(state, ReleaseState::Completed, "{}", scene.world.story(&pipeline).await);
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("the step wrote it");
    let cli: serde_json::Value = serde_json::from_str(&read("cli.json")).expect("JSON");
    assert_eq!(cli["Account"], "222222222222");
    assert!(cli["Arn"].as_str().is_some_and(|arn| arn.contains("assumed-role/tidegate-deploy/tidegate-shop-1-f")), "{cli}");
    let sdk = read("sdk.txt");
    assert!(sdk.contains("222222222222") && sdk.trim_end().ends_with("eu-west-1"), "{sdk}");
    let kept = scene.cli("222222222222", "eu-west-1").run(&["ssm", "get-parameter", "--name", "release"]);
    assert!(kept["Parameter"]["Value"].as_str().is_some_and(|digest| digest.len() == 64), "{kept}");

    let environment = read("environment");
    let token = environment.lines().find_map(|line| line.strip_prefix("AWS_CONTAINER_AUTHORIZATION_TOKEN=")).expect("the way in");
    for forbidden in ["AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=", "AWS_SESSION_TOKEN="] {
        assert!(!environment.contains(forbidden), "{forbidden}");
    }
    let attempts = scene.world.engine.store().release(&pipeline, ReleaseNumber(1)).await.expect("the store").expect("the release").attempts;
    for attempt in &attempts {
        let page = scene.world.engine.log(&attempt.id, 0, 10_000).await.expect("the log");
        let text = format!("{page:?}");
        assert!(!text.contains(token), "the way in stands in the log of {}", attempt.id);
    }
    let url = environment.lines().find_map(|line| line.strip_prefix("AWS_CONTAINER_CREDENTIALS_FULL_URI=")).expect("the endpoint");
    let ask = |token: &str| reqwest::Client::new().get(url).header("authorization", token.to_owned()).send();
    assert_eq!(ask(token).await.expect("an answer").status(), 401, "the job has ended");
    assert_eq!(ask("guess").await.expect("an answer").status(), 401);
}
