# The verbs of aws/elastic-beanstalk. Which release it is stands in the version's label, and the fence in it too.
from client import (FENCE, RELEASE, Service, artifact, check_fence, die, digest_of, every, inspected, main, option, packed,
                    put_object, say, scratch)

BEANSTALK = Service("elasticbeanstalk", version="2010-12-01")
APPLICATION, NAME = option("APPLICATION"), option("ENVIRONMENT")


def environment():
    found = BEANSTALK.query("DescribeEnvironments", ApplicationName=APPLICATION, EnvironmentNames=[NAME], IncludeDeleted=False)
    found = found.get("Environments") or []
    if not found:
        die("the application {} has no environment {}".format(APPLICATION, NAME))
    return found[0]


def parts(label):
    """Release and fence of one of our labels: `tidegate-r<release>-f<fence>-<digest>`."""
    words = (label or "").split("-")
    if len(words) == 4 and words[0] == "tidegate":
        return words[1][1:], words[2][1:]
    return "", ""


def ready():
    return every(5, lambda: (lambda found: found if found["Status"] == "Ready" else None)(environment()), within=int(option("TIMEOUT")))


def label():
    path = packed(artifact(), scratch("bundle.zip"))
    digest = digest_of(path)
    return path, digest, "tidegate-r{}-f{}-{}".format(RELEASE, FENCE, digest[:12])


def prepare():
    check_fence(parts(environment().get("VersionLabel"))[1])
    path, digest, version = label()
    known = BEANSTALK.query("DescribeApplicationVersions", ApplicationName=APPLICATION, VersionLabels=[version])
    if known.get("ApplicationVersions"):
        return say("the version {} is there already".format(version))
    key = "tidegate/{}/{}.zip".format(APPLICATION, digest)
    put_object(option("BUCKET"), key, path)
    BEANSTALK.query("CreateApplicationVersion", ApplicationName=APPLICATION, VersionLabel=version, Process=False,
                    SourceBundle={"S3Bucket": option("BUCKET"), "S3Key": key})
    say("made the version", version)


def shift():
    found = ready()
    check_fence(parts(found.get("VersionLabel"))[1])
    version, seen = label()[2], {event["EventDate"] + event["Message"] for event in events()}
    if found.get("VersionLabel") != version:
        BEANSTALK.query("UpdateEnvironment", ApplicationName=APPLICATION, EnvironmentName=NAME, VersionLabel=version)

    def look():
        for event in reversed(events()):
            if event["EventDate"] + event["Message"] not in seen:
                seen.add(event["EventDate"] + event["Message"])
                say("{} {}".format(event["Severity"], event["Message"]))
        now = environment()
        return now if now["Status"] == "Ready" else None

    ended = every(5, look, within=int(option("TIMEOUT")))
    if ended.get("VersionLabel") != version:
        die("the environment went back to {}; its events say why".format(ended.get("VersionLabel")))


def events():
    return BEANSTALK.query("DescribeEvents", ApplicationName=APPLICATION, EnvironmentName=NAME, MaxRecords=50).get("Events") or []


def health():
    found = environment()
    if parts(found.get("VersionLabel"))[0] != RELEASE:
        die("the environment runs {}".format(found.get("VersionLabel")))
    if found.get("Health") not in ("Green", "Yellow"):
        die("the environment's health is {}".format(found.get("Health")))


def inspect():
    found = environment()
    release = parts(found.get("VersionLabel"))[0]
    health = "stopped" if not release else "healthy" if found.get("Health") in ("Green", "Yellow") else "unhealthy"
    inspected(release, found["VersionLabel"].split("-")[3] if release else "", health, found["Status"] in ("Updating", "Launching", "Terminating"))


def finish():
    """Nothing: the application's own lifecycle rules say how long versions stay."""


def destroy():
    check_fence(parts(environment().get("VersionLabel"))[1])
    BEANSTALK.query("TerminateEnvironment", EnvironmentName=NAME)


main({"inspect": inspect, "prepare": prepare, "shift": shift, "health": health, "finish": finish, "destroy": destroy})
