# The verbs of aws/app-config. Which release a version and a deployment are of stands in their descriptions.
import os
import signal
import sys

from client import (RELEASE, Service, artifact, check_fence, die, digest_of, every, inspected, main, option, say, word, words)

APPCONFIG = Service("appconfig")
AT = "/applications/" + option("APPLICATION")
PLACE = "{}/environments/{}/deployments".format(AT, option("ENVIRONMENT"))
VERSIONS = "{}/configurationprofiles/{}/hostedconfigurationversions".format(AT, option("PROFILE"))
GOES_ON = ("BAKING", "VALIDATING", "DEPLOYING", "ROLLING_BACK")


def pages(path):
    query = {"max_results": "50"}
    while True:
        page = APPCONFIG.rest("GET", path, query)
        for item in page.get("Items", []):
            yield item
        if not page.get("NextToken"):
            return
        query["next_token"] = page["NextToken"]


def deployments():
    """Newest first, with all that is known of them."""
    for item in pages(PLACE):
        yield APPCONFIG.rest("GET", "{}/{}".format(PLACE, item["DeploymentNumber"]))


def newest():
    found = next(deployments(), None)
    check_fence(word("fence", found and found.get("Description")))
    return found


def content():
    path = artifact()
    if os.path.isdir(path):
        path = os.path.join(path, option("FILE"))
    if not os.path.isfile(path):
        die("the artifact holds no file {}".format(option("FILE")))
    with open(path, "rb") as file:
        return file.read()


def own_words(body):
    return "tidegate release={} sha256={}".format(RELEASE, digest_of(body)[:32])


def version(body):
    """The number of this release's version; none before it was made."""
    wanted = own_words(body)
    return next((item["VersionNumber"] for item in pages(VERSIONS) if item.get("Description") == wanted), None)


def prepare():
    newest()
    body = content()
    if version(body):
        return say("the release's version is there already: {}".format(version(body)))
    headers = {"content-type": option("CONTENT_TYPE"), "description": own_words(body)}
    made = APPCONFIG.send("POST", VERSIONS, body=body, headers=headers)[0]
    say("made version", {name.lower(): value for name, value in made.items() if name != "status"}.get("version-number"))


def shift():
    last = newest()
    if last and last["State"] in GOES_ON:
        say("deployment {} ({}) is still under way".format(last["DeploymentNumber"], last.get("Description")))
        last = every(5, lambda: ended(last["DeploymentNumber"]), within=int(option("TIMEOUT")))
    if last and last["State"] == "COMPLETE" and word("release", last.get("Description")) == RELEASE:
        return say("deployment {} has brought this release already".format(last["DeploymentNumber"]))
    number = version(content())
    if not number:
        die("the release's version is gone; the verb prepare makes it")
    made = APPCONFIG.rest("POST", PLACE, DeploymentStrategyId=option("DEPLOYMENT_STRATEGY"), ConfigurationProfileId=option("PROFILE"),
                          ConfigurationVersion=str(number), Description=words())["DeploymentNumber"]

    def stop(*_):
        APPCONFIG.send("DELETE", "{}/{}".format(PLACE, made))
        sys.exit(143)

    signal.signal(signal.SIGTERM, stop)
    done = every(5, lambda: ended(made), within=int(option("TIMEOUT")))
    if done["State"] != "COMPLETE":
        die("deployment {} ended as {}".format(made, done["State"]))


def ended(number):
    found = APPCONFIG.rest("GET", "{}/{}".format(PLACE, number))
    say("{} {} %".format(found["State"], found.get("PercentageComplete", 0)))
    return None if found["State"] in GOES_ON else found


def health():
    last = newest()
    if not last or last["State"] != "COMPLETE" or word("release", last.get("Description")) != RELEASE:
        die("the environment's last deployment is {}".format("{}: {}".format(last.get("Description"), last["State"]) if last else "not there"))


def inspect():
    in_progress, serves = False, None
    for number, one in enumerate(deployments()):
        in_progress = in_progress or (number == 0 and one["State"] in GOES_ON)
        if one["State"] == "COMPLETE" and word("release", one.get("Description")):
            serves = one
            break
    if serves:
        inspected(word("release", serves["Description"]), serves["ConfigurationVersion"], "healthy", in_progress)
    else:
        inspected("", "", "stopped", in_progress)


def finish():
    """Nothing: AppConfig keeps its versions."""


def destroy():
    last = newest()
    if last and last["State"] in GOES_ON:
        APPCONFIG.send("DELETE", "{}/{}".format(PLACE, last["DeploymentNumber"]))
    say("no deployment is under way; application and environment belong to whoever made them")


main({"inspect": inspect, "prepare": prepare, "shift": shift, "health": health, "finish": finish, "destroy": destroy})
