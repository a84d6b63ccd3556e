# The verbs of aws/codedeploy. Which release a deployment is of stands in its description.
import signal
import sys

from client import (RELEASE, Service, artifact, check_fence, die, digest_of, every, inspected, main, option, packed, put_object,
                    say, scratch, word, words)

CODEDEPLOY = Service("codedeploy", target="CodeDeploy_20141006")
GROUP = {"applicationName": option("APPLICATION"), "deploymentGroupName": option("GROUP")}
GOES_ON = ("Created", "Queued", "InProgress", "Baking", "Ready")
LOOKED_BACK = 100


def deployments():
    """Newest first, as they are needed."""
    query, count = {}, 0
    while True:
        page = CODEDEPLOY.call("ListDeployments", **dict(GROUP, **query))
        for one in page.get("deployments", []):
            count += 1
            yield CODEDEPLOY.call("GetDeployment", deploymentId=one)["deploymentInfo"]
        if not page.get("nextToken") or count >= LOOKED_BACK:
            return
        query = {"nextToken": page["nextToken"]}


def newest():
    found = next(deployments(), None)
    check_fence(word("fence", found and found.get("description")))
    return found


def bundle():
    path = packed(artifact(), scratch("bundle.zip"))
    return path, "tidegate/{}/{}.zip".format(option("APPLICATION"), digest_of(path))


def prepare():
    newest()
    path, key = bundle()
    put_object(option("BUCKET"), key, path)
    say("the bundle is s3://{}/{}".format(option("BUCKET"), key))


def shift():
    last = newest()
    if last and last["status"] in GOES_ON:
        # A group takes one at a time; an earlier one ends before this one begins.
        say("{} ({}) is still under way".format(last["deploymentId"], last.get("description")))
        last = every(5, lambda: ended(last["deploymentId"]), within=int(option("TIMEOUT")))
    if last and last["status"] == "Succeeded" and word("release", last.get("description")) == RELEASE:
        return say("{} has deployed this release already".format(last["deploymentId"]))
    revision = {"revisionType": "S3", "s3Location": {"bucket": option("BUCKET"), "key": bundle()[1], "bundleType": "zip"}}
    more = {"deploymentConfigName": option("CONFIG")} if option("CONFIG") else {}
    made = CODEDEPLOY.call("CreateDeployment", revision=revision, description=words(), fileExistsBehavior="OVERWRITE",
                           autoRollbackConfiguration={"enabled": False}, **dict(GROUP, **more))["deploymentId"]
    say("deployment", made)

    def stop(*_):
        CODEDEPLOY.call("StopDeployment", deploymentId=made, autoRollbackEnabled=False)
        sys.exit(143)

    signal.signal(signal.SIGTERM, stop)
    done = every(5, lambda: ended(made), within=int(option("TIMEOUT")))
    if done["status"] != "Succeeded":
        error = done.get("errorInformation") or {}
        die("{} ended as {}: {} {}".format(made, done["status"], error.get("code", ""), error.get("message", "")))


def ended(deployment):
    found = CODEDEPLOY.call("GetDeployment", deploymentId=deployment)["deploymentInfo"]
    say(found["status"], ", ".join("{} {}".format(count, name) for name, count in (found.get("deploymentOverview") or {}).items() if count))
    return None if found["status"] in GOES_ON else found


def health():
    last = newest()
    if not last or last["status"] != "Succeeded" or word("release", last.get("description")) != RELEASE:
        die("the group's last deployment is {}".format("{} {}: {}".format(
            last["deploymentId"], last.get("description"), last["status"]) if last else "not there"))


def inspect():
    newest, serves = None, None
    for one in deployments():
        newest = newest or one
        if one["status"] == "Succeeded" and word("release", one.get("description")):
            serves = one
            break
    in_progress = bool(newest) and newest["status"] in GOES_ON
    if not serves:
        return inspected("", "", "stopped", in_progress)
    # After a deployment that failed or was stopped, some instances may have what others do not.
    health = "healthy" if newest["status"] == "Succeeded" else "unhealthy"
    version = serves["revision"]["s3Location"]["key"].split("/")[-1].split(".")[0][:16]
    inspected(word("release", serves["description"]), version, health, in_progress)


def finish():
    """Nothing: the bucket's own rules say how long bundles stay."""


def destroy():
    last = newest()
    if last and last["status"] in GOES_ON:
        CODEDEPLOY.call("StopDeployment", deploymentId=last["deploymentId"], autoRollbackEnabled=False)
    say("no deployment is under way; application, group and instances belong to whoever made them")


main({"inspect": inspect, "prepare": prepare, "shift": shift, "health": health, "finish": finish, "destroy": destroy})
