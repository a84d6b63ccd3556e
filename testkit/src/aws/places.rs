//! What a pipeline finds in the accounts that it deploys to: a Lambda function `orders` and its alarm at every place.

use serde_json::Value;

use super::{Front, python};

/// Account and region.
pub type Place = (&'static str, &'static str);

/// Makes the function `orders` and its alarm at every place.
pub fn prepare_places(front: &Front, waves: &[&[Place]]) {
    let places: Vec<String> = waves.iter().flat_map(|wave| wave.iter()).map(|(account, region)| format!("{account}/{region}")).collect();
    let arguments: Vec<&str> = std::iter::once(front.url()).chain(places.iter().map(String::as_str)).collect();
    python(OWNERS, &arguments);
}

/// A function's configuration or alias, as the cloud says.
pub async fn get(front: &Front, (account, region): Place, path: &str) -> Value {
    let scope = format!("AWS4-HMAC-SHA256 Credential=ACCOUNT{account}/20261121/{region}/lambda/aws4_request, Signature=0");
    let url = format!("{}/2015-03-31/functions/orders/{path}", front.url());
    let answer = reqwest::Client::new().get(url).header("authorization", scope).send().await.expect("an answer");
    answer.json().await.expect("JSON")
}

/// Which release serves at a place, as the cloud itself says, and the digest of its code.
pub async fn serving(front: &Front, place: Place) -> Option<(String, String)> {
    let alias = get(front, place, "aliases/live").await;
    let version = alias["FunctionVersion"].as_str()?.to_owned();
    let code = get(front, place, &format!("configuration?Qualifier={version}")).await;
    let words = alias["Description"].as_str()?.to_owned();
    let release = words.split("release=").nth(1).and_then(|rest| rest.split(' ').next())?;
    Some((release.to_owned(), code["CodeSha256"].as_str()?.to_owned()))
}

/// What the owners of the accounts have made: a function and its alarm wherever a target is.
const OWNERS: &str = r#"
import boto3, io, sys, zipfile
code = io.BytesIO()
with zipfile.ZipFile(code, "w") as archive: archive.writestr("main.py", "nothing yet")
for place in sys.argv[2:]:
    account, region = place.split("/")
    session = boto3.Session(aws_access_key_id="ACCOUNT" + account, aws_secret_access_key="secret", region_name=region)
    client = lambda name: session.client(name, endpoint_url=sys.argv[1])
    try: client("iam").create_role(RoleName="function", AssumeRolePolicyDocument="{}")
    except Exception as error:
        if "EntityAlreadyExists" not in str(error): raise
    client("lambda").create_function(FunctionName="orders", Runtime="python3.12", Handler="main.handle",
        Role=f"arn:aws:iam::{account}:role/function", Code={"ZipFile": code.getvalue()})
    client("cloudwatch").put_metric_alarm(AlarmName="orders-errors", MetricName="Errors", Namespace="AWS/Lambda", Period=60,
        EvaluationPeriods=1, Threshold=5, ComparisonOperator="GreaterThanThreshold", Statistic="Sum")
"#;
