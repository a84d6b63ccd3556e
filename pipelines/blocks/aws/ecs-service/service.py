# The verbs of aws/ecs-service. Which release it is stands in the tags of the task definition, so that what runs tells it; the
# fence stands in a tag of the service.
import os

from client import FENCE, RELEASE, Service, artifact, check_fence, die, every, inspected, main, option, say

ECS = Service("ecs", target="AmazonEC2ContainerServiceV20141113")
CLUSTER, NAME = option("CLUSTER") or "default", option("SERVICE")
# Of a task definition as it is described, what a new one is registered with.
KEPT = ("family", "taskRoleArn", "executionRoleArn", "networkMode", "containerDefinitions", "volumes", "placementConstraints",
        "requiresCompatibilities", "cpu", "memory", "pidMode", "ipcMode", "proxyConfiguration", "inferenceAccelerators",
        "ephemeralStorage", "runtimePlatform")
LOOKED_BACK = 50


def service():
    answer = ECS.call("DescribeServices", cluster=CLUSTER, services=[NAME], include=["TAGS"])
    found = [found for found in answer.get("services", []) if found.get("status") != "INACTIVE"]
    if not found:
        die("there is no service {} in the cluster {}".format(NAME, CLUSTER))
    kind = (found[0].get("deploymentController") or {}).get("type", "ECS")
    if kind != "ECS":
        die("the service is deployed by {}; this block deploys services with the controller ECS".format(kind))
    return found[0]


def current():
    found = service()
    check_fence(tag(found.get("tags"), "tidegate:fence"))
    return found


def tag(tags, name):
    return next((tag["value"] for tag in tags or [] if tag["key"] == name), "")


def primary(found):
    return next(deployment for deployment in found["deployments"] if deployment["status"] == "PRIMARY")


def image():
    """The reference of this release's image, as the build wrote it down."""
    path = artifact()
    if os.path.isdir(path):
        path = os.path.join(path, option("FILE"))
    if not os.path.isfile(path):
        die("the artifact holds no file {}".format(option("FILE")))
    with open(path) as file:
        found = file.read().strip()
    if "@sha256:" not in found:
        die("{!r} is no image by its digest: a tag can be moved, and every stage shall get the same bytes".format(found[:200]))
    return found


def definition(arn):
    answer = ECS.call("DescribeTaskDefinition", taskDefinition=arn, include=["TAGS"])
    return answer["taskDefinition"], answer.get("tags") or []


def own_definition(family):
    """The newest one of this release, with this image; none when there is none yet."""
    wanted = image()
    listed = ECS.call("ListTaskDefinitions", familyPrefix=family, status="ACTIVE", sort="DESC", maxResults=LOOKED_BACK)
    for arn in listed["taskDefinitionArns"]:
        found, tags = definition(arn)
        if tag(tags, "tidegate:release") == RELEASE and container(found)["image"] == wanted:
            return arn
    return None


def container(found):
    name = option("CONTAINER")
    containers = found["containerDefinitions"]
    fitting = [one for one in containers if one["name"] == name] if name else containers
    if len(fitting) != 1:
        die("the task definition has {} containers {}; `container` says which one gets the image".format(
            len(fitting), ", ".join(one["name"] for one in containers)))
    return fitting[0]


def family(found):
    return primary(found)["taskDefinition"].split("/")[-1].rsplit(":", 1)[0]


def prepare():
    found = current()
    arn = own_definition(family(found))
    if arn:
        return say("the release's task definition is there already:", arn)
    # What the owner set since (memory, roles, variables) is kept; the image alone is the release's.
    base, tags = definition(primary(found)["taskDefinition"])
    container(base)["image"] = image()
    own = [one for one in tags if not one["key"].startswith("tidegate:")] + [{"key": "tidegate:release", "value": RELEASE}]
    made = ECS.call("RegisterTaskDefinition", tags=own, **{name: base[name] for name in KEPT if base.get(name)})
    say("registered", made["taskDefinition"]["taskDefinitionArn"])


def shift():
    found = current()
    arn = own_definition(family(found))
    if not arn:
        die("the release's task definition is gone; the verb prepare makes it")
    ECS.call("TagResource", resourceArn=found["serviceArn"], tags=[{"key": "tidegate:fence", "value": str(FENCE)}])
    newest = primary(found)
    if newest["taskDefinition"] != arn or newest.get("rolloutState") == "FAILED":
        limits = {"minimumHealthyPercent": int(option("MIN_HEALTHY")), "maximumPercent": int(option("MAX_PERCENT")),
                  "deploymentCircuitBreaker": {"enable": True, "rollback": option("CIRCUIT_BREAKER") == "rollback"}}
        ECS.call("UpdateService", cluster=CLUSTER, service=NAME, taskDefinition=arn, deploymentConfiguration=limits,
                 forceNewDeployment=newest["taskDefinition"] == arn)
    seen = {event["id"] for event in found.get("events", [])}
    every(5, lambda: settled(arn, seen), within=int(option("TIMEOUT")))
    say("the service runs", arn)


def settled(arn, seen):
    found = service()
    for event in reversed(found.get("events", [])):
        if event["id"] not in seen:
            seen.add(event["id"])
            say(event["message"])
    newest = primary(found)
    if newest["taskDefinition"] != arn:
        die("another deployment took its place: the service is to run {}".format(newest["taskDefinition"]))
    if newest.get("rolloutState") == "FAILED":
        die("ECS gave the deployment up: {}".format(newest.get("rolloutStateReason")))
    return True if newest.get("rolloutState", "COMPLETED") == "COMPLETED" else None


def health():
    found = service()
    newest = primary(found)
    if newest["runningCount"] < newest["desiredCount"]:
        die("{} of {} tasks run".format(newest["runningCount"], newest["desiredCount"]))
    tags = definition(newest["taskDefinition"])[1]
    if tag(tags, "tidegate:release") != RELEASE:
        die("the service runs release {!r}".format(tag(tags, "tidegate:release")))


def inspect():
    found = service()
    running = [one for one in found["deployments"] if one["runningCount"] > 0]
    # What has the most tasks is what users get.
    serves = max(running, key=lambda one: one["runningCount"]) if running else None
    in_progress = primary(found).get("rolloutState") == "IN_PROGRESS"
    if not serves:
        return inspected("", "", "stopped", in_progress)
    release = tag(definition(serves["taskDefinition"])[1], "tidegate:release")
    if not release:
        # The owner's own first one; nothing was deployed.
        return inspected("", "", "stopped", in_progress)
    health = "healthy" if serves["runningCount"] >= serves["desiredCount"] else "unhealthy"
    inspected(release, serves["taskDefinition"].split("/")[-1], health, in_progress)


def finish():
    """Nothing: old task definitions cost nothing, and rollbacks use them."""


def destroy():
    current()
    ECS.call("UpdateService", cluster=CLUSTER, service=NAME, desiredCount=0)
    say("the service has no tasks any more; the service itself belongs to whoever made it")


main({"inspect": inspect, "prepare": prepare, "shift": shift, "health": health, "finish": finish, "destroy": destroy})
