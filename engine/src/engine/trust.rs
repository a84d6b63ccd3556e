//! The texts with which an account lets this server in: who, as what, and only with the external id or as the server's own subjects.

use serde_json::{Value, json};

use super::entering::{AUDIENCE, SERVER};
use crate::store::AccountRow;

/// Whom a trust policy names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trusted {
    /// The server's own principal, by its ARN.
    Principal(String),
    /// Who signs the server's tokens, by its address.
    Issuer(String),
}

/// What the owner of an account applies there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustPolicy {
    /// Who may assume the role: the ARN of the server's principal, or of the account's provider for the server's tokens.
    pub principal: String,
    /// The trust policy alone, as JSON.
    pub trust: String,
    /// A template with a role for each of the account's roles.
    pub cloudformation: String,
    /// The same for Terraform and OpenTofu.
    pub terraform: String,
}

impl TrustPolicy {
    #[must_use]
    pub fn new(account: &AccountRow, trusted: &Trusted) -> Self {
        let texts = Texts::of(account, trusted);
        Self {
            trust: serde_json::to_string_pretty(&texts.trust).unwrap_or_default(),
            cloudformation: cloudformation(account, &texts),
            terraform: terraform(account, &texts),
            principal: texts.principal,
        }
    }
}

/// What differs by whom is trusted.
struct Texts {
    principal: String,
    trust: Value,
    /// What CloudFormation makes beside the roles, the parameters that it asks for, and the statements of a trust policy.
    resources: String,
    parameters: &'static str,
    statements: String,
    /// The same for Terraform.
    terraform: String,
}

impl Texts {
    fn of(account: &AccountRow, trusted: &Trusted) -> Self {
        match trusted {
            Trusted::Principal(principal) => Self::principal(principal.clone(), &account.external_id),
            Trusted::Issuer(issuer) => Self::issuer(account, issuer),
        }
    }

    /// `sts:TagSession` because every session says which pipeline, target, release and fence it is of.
    fn principal(principal: String, external_id: &str) -> Self {
        let who = json!({"AWS": principal});
        let asks = json!({"StringEquals": {"sts:ExternalId": external_id}});
        let trust = policy(&[
            json!({"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole", "Condition": asks}),
            json!({"Effect": "Allow", "Principal": who, "Action": "sts:TagSession"}),
        ]);
        let statements = format!(
            "          - Effect: Allow\n            Principal: {{AWS: \"{principal}\"}}\n            Action: sts:AssumeRole\n            \
             Condition: {{StringEquals: {{\"sts:ExternalId\": \"{external_id}\"}}}}\n          - Effect: Allow\n            \
             Principal: {{AWS: \"{principal}\"}}\n            Action: sts:TagSession\n"
        );
        let is = format!("principals {{\n      type        = \"AWS\"\n      identifiers = [\"{principal}\"]\n    }}");
        let terraform = format!(
            "data \"aws_iam_policy_document\" \"tidegate_trust\" {{\n  statement {{\n    actions = [\"sts:AssumeRole\"]\n    {is}\n    \
             {}\n  }}\n  statement {{\n    actions = [\"sts:TagSession\"]\n    {is}\n  }}\n}}\n",
            condition("StringEquals", "sts:ExternalId", external_id)
        );
        Self { principal, trust, resources: String::new(), parameters: "", statements, terraform }
    }

    /// One provider for each account, whatever the number of roles. The subject is the server's own, never a job's; an owner who wants
    /// less names pipelines, stages or targets behind `server:`.
    fn issuer(account: &AccountRow, issuer: &str) -> Self {
        let host = issuer.split_once("://").map_or(issuer, |(_, host)| host);
        let principal = format!("arn:{}:iam::{}:oidc-provider/{host}", account.partition.name(), account.id);
        let (aud, sub, subjects) = (format!("{host}:aud"), format!("{host}:sub"), format!("{SERVER}*"));
        let who = json!({"Federated": principal});
        let asks = json!({"StringEquals": {&aud: AUDIENCE}, "StringLike": {&sub: subjects}});
        let actions = json!(["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]);
        let trust = policy(&[json!({"Effect": "Allow", "Principal": who, "Action": actions, "Condition": asks})]);
        let resources = format!(
            "  TidegateProvider:\n    Type: AWS::IAM::OIDCProvider\n    Condition: MakesProvider\n    Properties:\n      Url: {issuer}\n      \
             ClientIdList: [{AUDIENCE}]\n"
        );
        let parameters = "  MakeProvider:\n    Type: String\n    AllowedValues: [\"yes\", \"no\"]\n    Default: \"yes\"\n    \
                          Description: no when the account has a provider of this address already\n\
                          Conditions:\n  MakesProvider: !Equals [!Ref MakeProvider, \"yes\"]\n";
        let statements = format!(
            "          - Effect: Allow\n            Principal: {{Federated: \"{principal}\"}}\n            \
             Action: [sts:AssumeRoleWithWebIdentity, sts:TagSession]\n            Condition:\n              \
             StringEquals: {{\"{aud}\": {AUDIENCE}}}\n              StringLike: {{\"{sub}\": \"{subjects}\"}}\n"
        );
        let terraform = format!(
            "resource \"aws_iam_openid_connect_provider\" \"tidegate\" {{\n  url            = \"{issuer}\"\n  \
             client_id_list = [\"{AUDIENCE}\"]\n}}\n\n\
             data \"aws_iam_policy_document\" \"tidegate_trust\" {{\n  statement {{\n    \
             actions = [\"sts:AssumeRoleWithWebIdentity\", \"sts:TagSession\"]\n    principals {{\n      type        = \"Federated\"\n      \
             identifiers = [aws_iam_openid_connect_provider.tidegate.arn]\n    }}\n    {}\n    {}\n  }}\n}}\n",
            condition("StringEquals", &aud, AUDIENCE),
            condition("StringLike", &sub, &subjects)
        );
        Self { principal, trust, resources, parameters, statements, terraform }
    }
}

fn policy(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// One of Terraform's.
fn condition(test: &str, variable: &str, value: &str) -> String {
    format!("condition {{\n      test     = \"{test}\"\n      variable = \"{variable}\"\n      values   = [\"{value}\"]\n    }}")
}

fn cloudformation(account: &AccountRow, texts: &Texts) -> String {
    let Texts { parameters, resources, statements, .. } = texts;
    let mut text = format!(
        "# Lets Tidegate into account {} ({}). Give the role the permissions of what it deploys.\n\
         AWSTemplateFormatVersion: \"2010-09-09\"\n\
         Parameters:\n  ManagedPolicyArns:\n    Type: CommaDelimitedList\n    Description: What Tidegate may do here\n{parameters}\
         Resources:\n{resources}",
        account.name, account.id
    );
    for (position, role) in account.roles.iter().enumerate() {
        let (path, name) = path_and_name(role);
        let id = position + 1;
        text.push_str(&format!(
            "  Tidegate{id}:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: {name}\n      Path: {path}\n      \
             MaxSessionDuration: 3600\n      ManagedPolicyArns: !Ref ManagedPolicyArns\n      AssumeRolePolicyDocument:\n        \
             Version: \"2012-10-17\"\n        Statement:\n{statements}      Policies:\n        \
             - PolicyName: tidegate-watch\n          PolicyDocument:\n            Version: \"2012-10-17\"\n            Statement:\n              \
             - {{Effect: Allow, Action: [cloudwatch:DescribeAlarms, cloudwatch:GetMetricData], Resource: \"*\"}}\n"
        ));
    }
    text
}

fn terraform(account: &AccountRow, texts: &Texts) -> String {
    let mut text = format!(
        "# Lets Tidegate into account {} ({}). Attach the permissions of what it deploys.\n{}\n\
         data \"aws_iam_policy_document\" \"tidegate_watch\" {{\n  statement {{\n    \
         actions   = [\"cloudwatch:DescribeAlarms\", \"cloudwatch:GetMetricData\"]\n    resources = [\"*\"]\n  }}\n}}\n",
        account.name, account.id, texts.terraform
    );
    for (position, role) in account.roles.iter().enumerate() {
        let (path, name) = path_and_name(role);
        let id = position + 1;
        text.push_str(&format!(
            "\nresource \"aws_iam_role\" \"tidegate_{id}\" {{\n  name                 = \"{name}\"\n  path                 = \"{path}\"\n  \
             max_session_duration = 3600\n  assume_role_policy   = data.aws_iam_policy_document.tidegate_trust.json\n}}\n\n\
             resource \"aws_iam_role_policy\" \"tidegate_{id}_watch\" {{\n  name   = \"tidegate-watch\"\n  \
             role   = aws_iam_role.tidegate_{id}.id\n  policy = data.aws_iam_policy_document.tidegate_watch.json\n}}\n"
        ));
    }
    text
}

fn path_and_name(role: &str) -> (String, &str) {
    match role.trim_start_matches('/').rsplit_once('/') {
        Some((path, name)) => (format!("/{path}/"), name),
        None => ("/".to_owned(), role),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::core::Time;
    use crate::ports::Partition;
    use crate::store::EnteredBy;

    fn account() -> AccountRow {
        AccountRow {
            id: "222222222222".to_owned(),
            name: "prod".to_owned(),
            partition: Partition::Aws,
            roles: vec!["ci/tidegate-deploy".to_owned()],
            labels: BTreeMap::new(),
            regions: BTreeMap::from([("eu-west-1".to_owned(), BTreeMap::new())]),
            entered_by: EnteredBy::Principal,
            external_id: "tidegate-0123".to_owned(),
            created_at: Time(0),
            created_by: "local:ada".to_owned(),
        }
    }

    #[test]
    fn each_text_names_the_principal_the_external_id_and_the_role() {
        let trusted = Trusted::Principal("arn:aws:iam::999999999999:role/tidegate".to_owned());
        let policy = TrustPolicy::new(&account(), &trusted);
        insta::assert_snapshot!(policy.cloudformation, @r#"
        # Lets Tidegate into account prod (222222222222). Give the role the permissions of what it deploys.
        AWSTemplateFormatVersion: "2010-09-09"
        Parameters:
          ManagedPolicyArns:
            Type: CommaDelimitedList
            Description: What Tidegate may do here
        Resources:
          Tidegate1:
            Type: AWS::IAM::Role
            Properties:
              RoleName: tidegate-deploy
              Path: /ci/
              MaxSessionDuration: 3600
              ManagedPolicyArns: !Ref ManagedPolicyArns
              AssumeRolePolicyDocument:
                Version: "2012-10-17"
                Statement:
                  - Effect: Allow
                    Principal: {AWS: "arn:aws:iam::999999999999:role/tidegate"}
                    Action: sts:AssumeRole
                    Condition: {StringEquals: {"sts:ExternalId": "tidegate-0123"}}
                  - Effect: Allow
                    Principal: {AWS: "arn:aws:iam::999999999999:role/tidegate"}
                    Action: sts:TagSession
              Policies:
                - PolicyName: tidegate-watch
                  PolicyDocument:
                    Version: "2012-10-17"
                    Statement:
                      - {Effect: Allow, Action: [cloudwatch:DescribeAlarms, cloudwatch:GetMetricData], Resource: "*"}
        "#);
        for text in [&policy.trust, &policy.terraform] {
            for part in ["arn:aws:iam::999999999999:role/tidegate", "sts:ExternalId", "tidegate-0123", "sts:TagSession"] {
                assert!(text.contains(part), "{part} is missing in\n{text}");
            }
        }
        let trust: Value = serde_json::from_str(&policy.trust).expect("JSON");
        assert_eq!(trust["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"], "tidegate-0123");
        assert!(policy.terraform.contains("path                 = \"/ci/\""), "{}", policy.terraform);
    }
    #[test]
    fn each_text_names_the_provider_its_audience_and_the_servers_own_subjects() {
        let policy = TrustPolicy::new(&account(), &Trusted::Issuer("https://tidegate.example.org".to_owned()));
        insta::assert_snapshot!(policy.cloudformation, @r#"
        # Lets Tidegate into account prod (222222222222). Give the role the permissions of what it deploys.
        AWSTemplateFormatVersion: "2010-09-09"
        Parameters:
          ManagedPolicyArns:
            Type: CommaDelimitedList
            Description: What Tidegate may do here
          MakeProvider:
            Type: String
            AllowedValues: ["yes", "no"]
            Default: "yes"
            Description: no when the account has a provider of this address already
        Conditions:
          MakesProvider: !Equals [!Ref MakeProvider, "yes"]
        Resources:
          TidegateProvider:
            Type: AWS::IAM::OIDCProvider
            Condition: MakesProvider
            Properties:
              Url: https://tidegate.example.org
              ClientIdList: [sts.amazonaws.com]
          Tidegate1:
            Type: AWS::IAM::Role
            Properties:
              RoleName: tidegate-deploy
              Path: /ci/
              MaxSessionDuration: 3600
              ManagedPolicyArns: !Ref ManagedPolicyArns
              AssumeRolePolicyDocument:
                Version: "2012-10-17"
                Statement:
                  - Effect: Allow
                    Principal: {Federated: "arn:aws:iam::222222222222:oidc-provider/tidegate.example.org"}
                    Action: [sts:AssumeRoleWithWebIdentity, sts:TagSession]
                    Condition:
                      StringEquals: {"tidegate.example.org:aud": sts.amazonaws.com}
                      StringLike: {"tidegate.example.org:sub": "server:*"}
              Policies:
                - PolicyName: tidegate-watch
                  PolicyDocument:
                    Version: "2012-10-17"
                    Statement:
                      - {Effect: Allow, Action: [cloudwatch:DescribeAlarms, cloudwatch:GetMetricData], Resource: "*"}
        "#);
        for part in [
            "resource \"aws_iam_openid_connect_provider\" \"tidegate\" {\n  url            = \"https://tidegate.example.org\"\n",
            "actions = [\"sts:AssumeRoleWithWebIdentity\", \"sts:TagSession\"]",
            "identifiers = [aws_iam_openid_connect_provider.tidegate.arn]",
            "test     = \"StringEquals\"\n      variable = \"tidegate.example.org:aud\"\n      values   = [\"sts.amazonaws.com\"]",
            "test     = \"StringLike\"\n      variable = \"tidegate.example.org:sub\"\n      values   = [\"server:*\"]",
        ] {
            assert!(policy.terraform.contains(part), "{part} is missing in\n{}", policy.terraform);
        }
        let trust: Value = serde_json::from_str(&policy.trust).expect("JSON");
        let condition = &trust["Statement"][0]["Condition"];
        assert_eq!(condition["StringLike"]["tidegate.example.org:sub"], "server:*", "{trust}");
        assert_eq!(condition["StringEquals"]["tidegate.example.org:aud"], "sts.amazonaws.com", "{trust}");
    }
}
