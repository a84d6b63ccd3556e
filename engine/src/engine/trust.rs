//! The texts with which an account lets this server in: who, as what, and only with the external id.

use serde_json::{Value, json};

use crate::store::AccountRow;

/// What the owner of an account applies there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustPolicy {
    /// Who may assume the role.
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
    pub fn new(account: &AccountRow, principal: String) -> Self {
        Self {
            trust: pretty(&trust(&principal, &account.external_id)),
            cloudformation: cloudformation(account, &principal),
            terraform: terraform(account, &principal),
            principal,
        }
    }
}

/// `sts:TagSession` because every session says which pipeline, target, release and fence it is of.
fn trust(principal: &str, external_id: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": principal},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
            },
            {
                "Effect": "Allow",
                "Principal": {"AWS": principal},
                "Action": "sts:TagSession",
            },
        ],
    })
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn cloudformation(account: &AccountRow, principal: &str) -> String {
    let external_id = &account.external_id;
    let mut text = format!(
        "# Lets Tidegate into account {} ({}). Give the role the permissions of what it deploys.\n\
         AWSTemplateFormatVersion: \"2010-09-09\"\n\
         Parameters:\n  ManagedPolicyArns:\n    Type: CommaDelimitedList\n    Description: What Tidegate may do here\n\
         Resources:\n",
        account.name, account.id
    );
    for (position, role) in account.roles.iter().enumerate() {
        let (path, name) = path_and_name(role);
        let id = position + 1;
        text.push_str(&format!(
            "  Tidegate{id}:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: {name}\n      Path: {path}\n      \
             MaxSessionDuration: 3600\n      ManagedPolicyArns: !Ref ManagedPolicyArns\n      AssumeRolePolicyDocument:\n        \
             Version: \"2012-10-17\"\n        Statement:\n          - Effect: Allow\n            Principal: {{AWS: \"{principal}\"}}\n            \
             Action: sts:AssumeRole\n            Condition: {{StringEquals: {{\"sts:ExternalId\": \"{external_id}\"}}}}\n          \
             - Effect: Allow\n            Principal: {{AWS: \"{principal}\"}}\n            Action: sts:TagSession\n      Policies:\n        \
             - PolicyName: tidegate-watch\n          PolicyDocument:\n            Version: \"2012-10-17\"\n            Statement:\n              \
             - {{Effect: Allow, Action: [cloudwatch:DescribeAlarms, cloudwatch:GetMetricData], Resource: \"*\"}}\n"
        ));
    }
    text
}

fn terraform(account: &AccountRow, principal: &str) -> String {
    let external_id = &account.external_id;
    let mut text = format!(
        "# Lets Tidegate into account {} ({}). Attach the permissions of what it deploys.\n\
         data \"aws_iam_policy_document\" \"tidegate_trust\" {{\n  statement {{\n    actions = [\"sts:AssumeRole\"]\n    principals {{\n      \
         type        = \"AWS\"\n      identifiers = [\"{principal}\"]\n    }}\n    condition {{\n      test     = \"StringEquals\"\n      \
         variable = \"sts:ExternalId\"\n      values   = [\"{external_id}\"]\n    }}\n  }}\n  statement {{\n    \
         actions = [\"sts:TagSession\"]\n    principals {{\n      type        = \"AWS\"\n      identifiers = [\"{principal}\"]\n    }}\n  }}\n}}\n\n\
         data \"aws_iam_policy_document\" \"tidegate_watch\" {{\n  statement {{\n    \
         actions   = [\"cloudwatch:DescribeAlarms\", \"cloudwatch:GetMetricData\"]\n    resources = [\"*\"]\n  }}\n}}\n",
        account.name, account.id
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

    #[test]
    fn each_text_names_the_principal_the_external_id_and_the_role() {
        let account = AccountRow {
            id: "222222222222".to_owned(),
            name: "prod".to_owned(),
            partition: Partition::Aws,
            roles: vec!["ci/tidegate-deploy".to_owned()],
            labels: BTreeMap::new(),
            regions: BTreeMap::from([("eu-west-1".to_owned(), BTreeMap::new())]),
            external_id: "tidegate-0123".to_owned(),
            created_at: Time(0),
            created_by: "local:ada".to_owned(),
        };
        let policy = TrustPolicy::new(&account, "arn:aws:iam::999999999999:role/tidegate".to_owned());
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
}
