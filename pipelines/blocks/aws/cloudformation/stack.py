# The verbs of aws/cloudformation, and of aws/sam and aws/cdk, which bring a template of their own. A stack knows which change set it was
# last changed by; which release that was stands in a parameter of Systems Manager, written before the change is executed.
import os

from client import (FENCE, RELEASE, Refused, Service, artifact, check_fence, die, every, in_bucket, inspected, main, option, put_object,
                    say, digest_of)

CLOUDFORMATION = Service("cloudformation", version="2010-05-15")
SSM = Service("ssm", target="AmazonSSM")
STACK = option("STACK")
MARKER = "/tidegate/cloudformation/" + STACK
CHANGE_SET = "tidegate-r{}-f{}".format(RELEASE, FENCE)
# CloudFormation takes longer templates from S3 alone.
LONGEST_TEMPLATE = 51200
WELL = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE")
WENT_BACK = ("UPDATE_ROLLBACK_COMPLETE", "IMPORT_ROLLBACK_COMPLETE")


def stack():
    try:
        return CLOUDFORMATION.query("DescribeStacks", StackName=STACK)["Stacks"][0]
    except Refused as refused:
        if "does not exist" in refused.message:
            return None
        raise


def marker():
    """What was written down: release, fence, and the change that is tried with the release that it is of."""
    try:
        text = SSM.call("GetParameter", Name=MARKER)["Parameter"]["Value"]
    except Refused as refused:
        if refused.code == "ParameterNotFound":
            return {}
        raise
    return dict(part.split("=", 1) for part in text.split() if "=" in part)


def mark(**values):
    text = " ".join("{}={}".format(name, value) for name, value in sorted(values.items()) if value)
    SSM.call("PutParameter", Name=MARKER, Value=text, Type="String", Overwrite=True)


def serving(found, known):
    """Release and version: what was tried runs if the stack's last change is that one and ended well."""
    if found and found["StackStatus"] in WELL and known.get("change") and found.get("ChangeSetId") == known["change"]:
        return known["trying"], known["trying_version"]
    return known.get("release", ""), known.get("version", "")


class Template:
    """What an artifact says that the stack should be."""

    def path(self):
        """Of the template's file."""
        path = artifact()
        if os.path.isdir(path):
            path = os.path.join(path, option("TEMPLATE"))
        if not os.path.isfile(path):
            die("the artifact holds no template {}".format(option("TEMPLATE")))
        return path

    def publish(self):
        """Puts in its place what the template names; before the change set is made."""

    def bucket(self):
        """Where a long template is put."""
        bucket = option("BUCKET")
        if not bucket:
            die("the template is longer than {} bytes: `bucket` says from where CloudFormation can read it".format(LONGEST_TEMPLATE))
        return bucket

    def role(self):
        return option("ROLE") or None


own = Template()


def template():
    path = own.path()
    if os.path.getsize(path) <= LONGEST_TEMPLATE:
        with open(path) as file:
            return {"TemplateBody": file.read()}
    bucket = own.bucket()
    key = "tidegate/{}/{}.template".format(STACK, digest_of(path))
    put_object(bucket, key, path)
    s3, name = in_bucket(bucket, key)
    return {"TemplateURL": s3.endpoint + name}


def settled():
    """The stack, once nothing changes it any more."""
    def look():
        found = stack()
        changes = found and found["StackStatus"].endswith("_IN_PROGRESS") and found["StackStatus"] != "REVIEW_IN_PROGRESS"
        return None if changes else [found]
    return every(5, look, within=int(option("TIMEOUT")))[0]


def prepare():
    known = marker()
    check_fence(known.get("fence"))
    found = settled()
    status = found["StackStatus"] if found else ""
    if status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"):
        say("the stack was never created ({}); it is removed and made anew".format(status))
        CLOUDFORMATION.query("DeleteStack", StackName=STACK)
        found = settled()
    elif status == "UPDATE_ROLLBACK_FAILED":
        die("an earlier update could not be taken back; mend what its events name, then: aws cloudformation continue-update-rollback "
            "--stack-name " + STACK)
    show_drift(found)
    own.publish()
    names = option("PARAMETERS").split()
    is_new = not found or found["StackStatus"] == "REVIEW_IN_PROGRESS"
    CLOUDFORMATION.query(
        "CreateChangeSet", StackName=STACK, ChangeSetName=CHANGE_SET, ChangeSetType="CREATE" if is_new else "UPDATE",
        Parameters=[{"ParameterKey": name, "ParameterValue": os.environ[name]} for name in names],
        Capabilities=option("CAPABILITIES").split(), RoleARN=own.role(), **template())
    made = every(3, change_set, within=600)
    if is_empty(made):
        return say("the release changes nothing of the stack")
    if made["Status"] == "FAILED":
        die("CloudFormation cannot make the change set: {}".format(made.get("StatusReason")))
    say("what the release changes:")
    for change in made.get("Changes") or []:
        resource = change["ResourceChange"]
        replaced = " (REPLACED)" if resource.get("Replacement") == "True" else ""
        say("  {:8} {} {}{}".format(resource["Action"], resource["ResourceType"], resource["LogicalResourceId"], replaced))


def change_set():
    found = CLOUDFORMATION.query("DescribeChangeSet", StackName=STACK, ChangeSetName=CHANGE_SET)
    return None if found["Status"] in ("CREATE_PENDING", "CREATE_IN_PROGRESS") else found


def is_empty(made):
    reason = made.get("StatusReason") or ""
    return made["Status"] == "FAILED" and ("didn't contain changes" in reason or "No updates are to be performed" in reason)


def show_drift(found):
    if option("DRIFT") != "show" or not found or found["StackStatus"] == "REVIEW_IN_PROGRESS":
        return
    detection = CLOUDFORMATION.query("DetectStackDrift", StackName=STACK)["StackDriftDetectionId"]

    def look():
        told = CLOUDFORMATION.query("DescribeStackDriftDetectionStatus", StackDriftDetectionId=detection)
        return None if told["DetectionStatus"] == "DETECTION_IN_PROGRESS" else told

    told = every(3, look, within=600)
    if told.get("StackDriftStatus") == "DRIFTED":
        say("DRIFT: {} resources are not as the stack's template says; the change set does not show that".format(
            told.get("DriftedStackResourceCount", "some")))


def shift():
    known = marker()
    check_fence(known.get("fence"))
    found = settled()
    made = change_set()
    release, version = serving(found, known)
    if is_empty(made):
        CLOUDFORMATION.query("DeleteChangeSet", StackName=STACK, ChangeSetName=CHANGE_SET)
        return mark(release=RELEASE, version=own_version(), fence=FENCE)
    seen = {event["EventId"] for event in events()} if found else set()
    mark(release=release, version=version, fence=FENCE, trying=RELEASE, trying_version=own_version(), change=made["ChangeSetId"])
    CLOUDFORMATION.query("ExecuteChangeSet", StackName=STACK, ChangeSetName=CHANGE_SET)
    reasons = []

    def look():
        now = stack()
        for event in reversed(events()):
            if event["EventId"] not in seen:
                seen.add(event["EventId"])
                reason = event.get("ResourceStatusReason") or ""
                say("{} {} {} {}".format(event["ResourceStatus"], event["ResourceType"], event["LogicalResourceId"], reason))
                if "FAILED" in event["ResourceStatus"] or (reason and "ROLLBACK" in event["ResourceStatus"]):
                    reasons.append("{}: {}".format(event["LogicalResourceId"], reason))
        return None if now["StackStatus"].endswith("_IN_PROGRESS") else now

    ended = every(5, look, within=int(option("TIMEOUT")))
    if ended["StackStatus"] not in WELL:
        die("the stack ended as {}: {}".format(ended["StackStatus"], "; ".join(reasons[:3]) or "its events say why"))
    mark(release=RELEASE, version=own_version(), fence=FENCE)


def own_version():
    """Of equal templates and parameters it is equal."""
    values = ["{}={}".format(name, os.environ[name]) for name in option("PARAMETERS").split()]
    return digest_of("\n".join([digest_of(own.path())] + values).encode())[:16]


def events():
    """The newest page: what a change brings is read while it comes."""
    return CLOUDFORMATION.query("DescribeStackEvents", StackName=STACK)["StackEvents"] or []


def health():
    found = stack()
    if not found or found["StackStatus"] not in WELL + WENT_BACK:
        die("the stack is {}".format(found["StackStatus"] if found else "not there"))


def inspect():
    found, known = stack(), marker()
    status = found["StackStatus"] if found else ""
    release, version = serving(found, known)
    in_progress = status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"
    health = "healthy" if status in WELL + WENT_BACK else "unhealthy"
    if not release:
        health = "stopped"
    inspected(release, version, health, in_progress, status=status)


def finish():
    """Nothing: a change set goes with its execution."""


def destroy():
    check_fence(marker().get("fence"))
    settled()
    CLOUDFORMATION.query("DeleteStack", StackName=STACK)
    left = settled()
    if left:
        die("the stack could not be deleted: {}".format(left["StackStatus"]))
    try:
        SSM.call("DeleteParameter", Name=MARKER)
    except Refused as refused:
        if refused.code != "ParameterNotFound":
            raise


def run(template=None):
    """The verb that was asked for, with a template of another kind."""
    global own
    own = template or own
    main({"inspect": inspect, "prepare": prepare, "shift": shift, "health": health, "finish": finish, "destroy": destroy})


if __name__ == "__main__":
    run()
