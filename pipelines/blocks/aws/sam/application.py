# The verbs of aws/sam: what `sam build` left, its code put into a bucket of the target's region, and its template handed to
# CloudFormation, whose transform makes the resources.
import json
import os

import stack
from client import artifact, die, digest_of, option, packed, put_object, say, scratch

# What names code or a document beside the template, by type: the property, and how CloudFormation wants the object named.
LOCAL = {
    "AWS::Serverless::Function": ("CodeUri", "uri"),
    "AWS::Serverless::LayerVersion": ("ContentUri", "uri"),
    "AWS::Serverless::Api": ("DefinitionUri", "uri"),
    "AWS::Serverless::HttpApi": ("DefinitionUri", "uri"),
    "AWS::Serverless::StateMachine": ("DefinitionUri", "uri"),
    "AWS::Lambda::Function": ("Code", "parts"),
    "AWS::Lambda::LayerVersion": ("Content", "parts"),
}
# Templates of their own, which are packaged in the build.
NESTED = {"AWS::Serverless::Application": "Location", "AWS::CloudFormation::Stack": "TemplateURL"}
# These are zip files whatever they hold; the others are taken as they are.
ZIPPED = ("AWS::Serverless::Function", "AWS::Serverless::LayerVersion", "AWS::Lambda::Function", "AWS::Lambda::LayerVersion")


def parsed(text):
    """JSON by Python's own library; YAML, which `sam build` writes, by Debian's."""
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        import yaml
    except ImportError:
        die("the template is YAML, and python3-yaml is missing on this runner: sudo apt-get install -y python3-yaml")

    class Loader(yaml.SafeLoader):
        """Dates stay texts, and `!Ref x` is `{"Ref": "x"}`."""

    resolvers = yaml.SafeLoader.yaml_implicit_resolvers.items()
    Loader.yaml_implicit_resolvers = {first: [rule for rule in rules if rule[0] != "tag:yaml.org,2002:timestamp"] for first, rules in resolvers}

    def intrinsic(loader, suffix, node):
        if isinstance(node, yaml.ScalarNode):
            value = loader.construct_scalar(node)
        elif isinstance(node, yaml.SequenceNode):
            value = loader.construct_sequence(node, deep=True)
        else:
            value = loader.construct_mapping(node, deep=True)
        if suffix == "GetAtt" and not isinstance(value, list):
            value = value.split(".", 1)
        return {suffix if suffix in ("Ref", "Condition") else "Fn::" + suffix: value}

    Loader.add_multi_constructor("!", intrinsic)
    try:
        return yaml.load(text, Loader)
    except yaml.YAMLError as error:
        die("the template cannot be read: {}".format(error))


class Application(stack.Template):
    def __init__(self):
        self.packaged, self.objects = None, {}

    def path(self):
        """Of the template as CloudFormation gets it: objects in the place of files."""
        if self.packaged is None:
            source = stack.Template.path(self)
            with open(source) as file:
                whole = parsed(file.read())
            if not isinstance(whole, dict) or not isinstance(whole.get("Resources"), dict):
                die("{} is no template: it has no Resources".format(os.path.basename(source)))
            for name, resource in sorted(whole["Resources"].items()):
                self.package(os.path.dirname(source), name, resource)
            self.packaged = scratch("packaged.json")
            with open(self.packaged, "w") as file:
                json.dump(whole, file, sort_keys=True, indent=1)
        return self.packaged

    def package(self, folder, name, resource):
        kind, properties = resource.get("Type"), resource.get("Properties") or {}
        nested = properties.get(NESTED.get(kind))
        if isinstance(nested, str) and "://" not in nested:
            die("{} is a template of its own: package it in the build, or deploy it as a stack of its own".format(name))
        if kind not in LOCAL:
            return
        key, form = LOCAL[kind]
        given = properties.get(key)
        if properties.get("PackageType") == "Image" and not properties.get("ImageUri"):
            die("{} is an image without ImageUri: push it in the build, and name it by its digest".format(name))
        # An object or code in the template itself: nothing to be brought.
        if not isinstance(given, str) or "://" in given:
            return
        path = os.path.join(folder, given)
        if not os.path.exists(path):
            die("{}: there is no {} beside the template; keep the whole folder that `sam build` leaves (.aws-sam/build) as the artifact".format(
                name, given))
        if kind in ZIPPED:
            path = packed(path, scratch("{}.zip".format(name)))
        elif os.path.isdir(path):
            die("{}: {} is a folder".format(name, given))
        stored = "tidegate/{}/{}".format(stack.STACK, digest_of(path))
        self.objects[stored] = (name, path)
        bucket = option("BUCKET")
        properties[key] = "s3://{}/{}".format(bucket, stored) if form == "uri" else {"S3Bucket": bucket, "S3Key": stored}

    def publish(self):
        self.path()
        for stored, (name, path) in sorted(self.objects.items()):
            put_object(option("BUCKET"), stored, path)
            say("published {} to s3://{}/{}".format(name, option("BUCKET"), stored))


stack.run(Application())
