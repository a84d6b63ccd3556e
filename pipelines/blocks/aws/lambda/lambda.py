# The verbs of aws/lambda. State lives in AWS alone: a version is known by the digest of its code, what serves by the alias,
# and which release that is by the alias's description: `tidegate release=<number> fence=<number>`.
import base64
import hashlib

from client import (PERCENT, RELEASE, Refused, Service, artifact, check_fence, die, every, inspected, main, option, packed, say,
                    scratch, word, words)

LAMBDA = Service("lambda")
FUNCTION = "/2015-03-31/functions/" + option("FUNCTION")
NAME = option("ALIAS")


def alias():
    """Which version serves, which is tried with what weight, and what the alias says of itself; none when there is no alias."""
    try:
        return LAMBDA.rest("GET", "{}/aliases/{}".format(FUNCTION, NAME))
    except Refused as refused:
        if refused.code == "ResourceNotFoundException":
            return None
        raise


def current():
    found = alias()
    check_fence(word("fence", found and found.get("Description")))
    return found


def tried(found):
    """Version and weight."""
    weights = ((found or {}).get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    return next(iter(weights.items()), ("", ""))


def versions():
    """Numbered versions, oldest first."""
    found, query = [], {}
    while True:
        page = LAMBDA.rest("GET", FUNCTION + "/versions", query)
        found += [version for version in page["Versions"] if version["Version"] != "$LATEST"]
        if not page.get("NextMarker"):
            return sorted(found, key=lambda version: int(version["Version"]))
        query = {"Marker": page["NextMarker"]}


def code():
    """The artifact as a zip file, its bytes' digest as AWS writes it, and the newest version with this code, if any."""
    with open(packed(artifact(), scratch("code.zip")), "rb") as file:
        body = file.read()
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    same = [version["Version"] for version in versions() if version["CodeSha256"] == digest]
    return body, digest, same[-1] if same else None


def prepare():
    current()
    body, digest, version = code()
    if version:
        return say("the code is version {} already".format(version))
    LAMBDA.rest("PUT", FUNCTION + "/code", ZipFile=base64.b64encode(body).decode())

    def is_there():
        update = LAMBDA.rest("GET", FUNCTION + "/configuration")
        if update.get("LastUpdateStatus") == "Failed":
            die("AWS cannot use the code: {}".format(update.get("LastUpdateStatusReason")))
        return update if update.get("LastUpdateStatus", "Successful") == "Successful" else None

    every(1, is_there, within=300)
    # Refused by AWS when another code has been brought meanwhile.
    version = LAMBDA.rest("POST", FUNCTION + "/versions", CodeSha256=digest, Description="tidegate release=" + RELEASE)["Version"]
    say("published version", version)


def shift():
    found = current()
    version = code()[2]
    if not version:
        die("there is no version with this release's code; was it removed meanwhile?")
    if not found:
        LAMBDA.rest("POST", FUNCTION + "/aliases", Name=NAME, FunctionVersion=version, Description=words())
        return say("made the alias {} for version {}".format(NAME, version))
    serves = found["FunctionVersion"]
    if PERCENT < 100 and serves != version:
        # What serves stays what it is; only the fence in its description moves.
        change = {"FunctionVersion": serves, "RoutingConfig": {"AdditionalVersionWeights": {version: PERCENT / 100}},
                  "Description": words(word("release", found.get("Description")) or 0)}
        done = "version {} gets {} % of the calls, version {} the rest".format(version, PERCENT, serves)
    else:
        change = {"FunctionVersion": version, "RoutingConfig": {"AdditionalVersionWeights": {}}, "Description": words()}
        done = "the alias {} is version {}".format(NAME, version)
    LAMBDA.rest("PUT", "{}/aliases/{}".format(FUNCTION, NAME), RevisionId=found["RevisionId"], **change)
    say(done)


def is_well(version):
    """As AWS and, where a payload is given, the code itself say."""
    state = LAMBDA.rest("GET", FUNCTION + "/configuration", {"Qualifier": version})
    if state.get("State") in ("Failed", "Inactive") or state.get("LastUpdateStatus") == "Failed":
        say("version {} is {}: {}".format(version, state.get("State"), state.get("StateReason") or state.get("LastUpdateStatusReason")))
        return False
    if not option("PAYLOAD"):
        return True
    headers, answer = LAMBDA.send("POST", FUNCTION + "/invocations", {"Qualifier": version}, option("PAYLOAD").encode())
    failed = {name.lower(): value for name, value in headers.items() if name != "status"}.get("x-amz-function-error")
    if failed:
        say("version {} answers its health check with {}: {}".format(version, failed, answer.decode(errors="replace")[:500]))
    return not failed


def health():
    found = alias()
    if not found:
        die("there is no alias " + NAME)
    if not is_well(tried(found)[0] or found["FunctionVersion"]):
        raise SystemExit(1)


def inspect():
    found = alias()
    if not found:
        return inspected("", "", "stopped", False)
    version, weight = tried(found)
    health = "healthy" if is_well(found["FunctionVersion"]) else "unhealthy"
    inspected(word("release", found.get("Description")), found["FunctionVersion"], health, False, tried=version, weight=weight)


def finish():
    found = alias() or {}
    serving = {found.get("FunctionVersion"), tried(found)[0]}
    for version in versions()[: -int(option("KEEP"))]:
        if version["Version"] not in serving:
            try:
                LAMBDA.send("DELETE", FUNCTION, {"Qualifier": version["Version"]})
                say("removed version", version["Version"])
            except Refused as refused:
                # One that another alias names is refused, and stays.
                say("version {} stays: {}".format(version["Version"], refused.message))


def destroy():
    if current():
        LAMBDA.send("DELETE", "{}/aliases/{}".format(FUNCTION, NAME))


main({"inspect": inspect, "prepare": prepare, "shift": shift, "health": health, "finish": finish, "destroy": destroy})
