# The verbs of aws/cdk: a stack of a cloud assembly that was synthesised once, its file assets published from here.
import json
import os

import stack
from client import REGION, Refused, Service, artifact, die, in_bucket, option, packed, put_object, say, scratch

STS = Service("sts", version="2011-06-15")


def read(path):
    with open(path) as file:
        return json.load(file)


def stacks(folder):
    """Every stack of the assembly and of those nested in it, with the folder of its files."""
    path = os.path.join(folder, "manifest.json")
    if not os.path.isfile(path):
        die("the artifact is no cloud assembly: there is no manifest.json in it; build it with: npx cdk synth, and keep the folder cdk.out")
    manifest = read(path)
    for name, found in sorted(manifest.get("artifacts", {}).items()):
        properties = found.get("properties", {})
        if found["type"] == "aws:cloudformation:stack":
            if manifest.get("missing"):
                die("the assembly lacks context ({}): synthesise it where that can be looked up, and commit cdk.context.json".format(
                    ", ".join(sorted(each.get("key", "?") for each in manifest["missing"]))))
            names = {name, properties.get("stackName", name), found.get("displayName", name)}
            yield {"names": names, "folder": folder, "environment": found.get("environment", ""), "properties": properties,
                   "assets": [manifest["artifacts"][each]["properties"]["file"] for each in found.get("dependencies", [])
                              if manifest["artifacts"].get(each, {}).get("type") == "cdk:asset-manifest"]}
        elif found["type"] == "cdk:cloud-assembly":
            for each in stacks(os.path.join(folder, properties["directoryName"])):
                yield each


class Assembly(stack.Template):
    def __init__(self):
        self.found, self.account = None, ""

    def stack(self):
        if self.found is None:
            wanted, all_of_it = option("FROM") or option("STACK"), list(stacks(artifact()))
            fitting = [each for each in all_of_it if wanted in each["names"]]
            if not fitting and not option("FROM") and len(all_of_it) == 1:
                fitting = all_of_it
            here = [each for each in fitting if each["environment"].endswith(("/" + REGION, "/unknown-region"))] or fitting
            if len(here) != 1:
                known = ", ".join(sorted("{} ({})".format(min(each["names"]), each["environment"]) for each in all_of_it))
                die("{} stacks of the assembly are called {!r}; it has: {}".format(len(here), wanted, known or "none"))
            self.found = here[0]
        return self.found

    def path(self):
        return os.path.join(self.stack()["folder"], self.stack()["properties"]["templateFile"])

    def here(self, text):
        """With what the assembly leaves open."""
        if not self.account:
            self.account = STS.query("GetCallerIdentity")["Account"]
        partition = "aws-cn" if REGION.startswith("cn-") else "aws-us-gov" if REGION.startswith("us-gov-") else "aws"
        for name, value in (("AccountId", self.account), ("Region", REGION), ("Partition", partition)):
            text = text.replace("${AWS::" + name + "}", value)
        return text

    def publish(self):
        environment = self.stack()["environment"].split("//")[-1].split("/")
        for made_for, own in zip(environment, (self.here("${AWS::AccountId}"), REGION)):
            if not made_for.startswith("unknown-") and made_for != own:
                die("the stack was synthesised for {} and this target is {}/{}; leave `env` out of the stack, or name the other stack "
                    "with `from`".format("/".join(environment), self.account, REGION))
        self.check_bootstrap()
        for name in self.stack()["assets"]:
            manifest = read(os.path.join(self.stack()["folder"], name))
            if manifest.get("dockerImages"):
                die("the assembly builds images, which needs Docker at each target; push them in the build and name them by their digest")
            for asset in manifest.get("files", {}).values():
                self.publish_file(asset)

    def check_bootstrap(self):
        properties = self.stack()["properties"]
        needed, name = properties.get("requiresBootstrapStackVersion"), properties.get("bootstrapStackVersionSsmParameter")
        if not needed or not name:
            return
        how = "run once: npx cdk bootstrap aws://{}/{}".format(self.here("${AWS::AccountId}"), REGION)
        try:
            version = int(stack.SSM.call("GetParameter", Name=name)["Parameter"]["Value"])
        except Refused as refused:
            if refused.code != "ParameterNotFound":
                raise
            die("the account and region are not bootstrapped for the CDK; " + how)
        if version < int(needed):
            die("the CDK's bootstrap stack has version {}, and the assembly needs {}; {}".format(version, needed, how))

    def publish_file(self, asset):
        source = asset.get("source", {})
        if not source.get("path"):
            die("an asset is made by a command ({}), which is not run at a target".format(source.get("executable")))
        path = os.path.join(self.stack()["folder"], source["path"])
        for destination in asset["destinations"].values():
            bucket, key = self.here(destination["bucketName"]), self.here(destination["objectKey"])
            if destination.get("region") not in (None, REGION):
                die("an asset goes to {} and this target is in {}".format(destination["region"], REGION))
            if is_there(bucket, key):
                continue
            put_object(bucket, key, packed(path, scratch("asset.zip")) if source.get("packaging") == "zip" else path)
            say("published {} to s3://{}/{}".format(asset.get("displayName", source["path"]), bucket, key))

    def bucket(self):
        url = self.stack()["properties"].get("stackTemplateAssetObjectUrl", "")
        return option("BUCKET") or self.here(url)[len("s3://"):].split("/")[0] or stack.Template.bucket(self)

    def role(self):
        """With which CloudFormation changes resources: as the bootstrap made it, unless the file says otherwise."""
        if option("ROLE") == "none":
            return None
        named = self.stack()["properties"].get("cloudFormationExecutionRoleArn")
        return option("ROLE") or (self.here(named) if named else None)


def is_there(bucket, key):
    """Keys are made of their contents' digests."""
    s3, path = in_bucket(bucket, key)
    try:
        s3.send("HEAD", path)
        return True
    except Refused as refused:
        # 403: it cannot be told without the right to list the bucket; then it is put there again.
        if refused.status in (403, 404):
            return False
        raise


stack.run(Assembly())
