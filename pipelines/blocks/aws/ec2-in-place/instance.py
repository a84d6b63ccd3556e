# The verbs of aws/ec2-in-place: the tool of process/in-place is brought to the instance and called there through Systems Manager.
# What serves and which release it is stands on the instance's own disk.
import os
import shlex
import tarfile

from client import (FENCE, PERCENT, RELEASE, Refused, Service, artifact, die, digest_of, every, in_bucket, main, option, output,
                    presigned, put_object, say, scratch)

SSM = Service("ssm", target="AmazonSSM")
INSTANCE, BUCKET, ROOT = option("INSTANCE"), option("BUCKET"), option("ROOT")
NAME = (option("SERVICE_NAME") or "{}-{}".format(os.environ["TIDEGATE_PIPELINE"], os.environ["TIDEGATE_TARGET"])).replace("/", "-").replace("~", "-")
RUNNER = os.environ["TIDEGATE_BIN"]
TOOL = "{}/.tool/{:.0f}-{:.0f}/tidegate-runner".format(ROOT, os.path.getsize(RUNNER), os.path.getmtime(RUNNER))
INCOMING = "{}/.incoming/{}-{}".format(ROOT, NAME, RELEASE)
GOES_ON = ("Pending", "InProgress", "Delayed", "Cancelling")
# The tool is not there yet.
MISSING = 91
URL_LIVES_S = 900


def run(script, comment):
    """Exit code and output of a script on the instance; its errors are shown here."""
    sent = SSM.call("SendCommand", DocumentName="AWS-RunShellScript", InstanceIds=[INSTANCE], Comment="tidegate " + comment,
                    TimeoutSeconds=120, Parameters={"commands": [script], "executionTimeout": [option("TIMEOUT")]})
    command = sent["Command"]["CommandId"]

    def look():
        try:
            found = SSM.call("GetCommandInvocation", CommandId=command, InstanceId=INSTANCE)
        except Refused as refused:
            # It comes a moment after the command.
            if refused.code == "InvocationDoesNotExist":
                return None
            raise
        return None if found["Status"] in GOES_ON else found

    found = every(2, look, within=int(option("TIMEOUT")) + 180)
    if found.get("StandardErrorContent"):
        say(found["StandardErrorContent"].rstrip())
    code = found.get("ResponseCode", -1)
    if code < 0 or found["Status"] not in ("Success", "Failed"):
        die("the instance did not run the command: {} {}".format(found["Status"], found.get("StatusDetails", "")))
    return code, found.get("StandardOutputContent") or ""


def fetch(key, to):
    """The line that brings an object to the instance, which needs no rights of its own for it."""
    url, to = shlex.quote(presigned(BUCKET, key, URL_LIVES_S)), shlex.quote(to)
    return "if command -v curl >/dev/null; then curl -fsS -o {to} {url}; else wget -qO {to} {url}; fi\n".format(to=to, url=url)


def is_there(key):
    s3, path = in_bucket(BUCKET, key)
    try:
        s3.send("HEAD", path)
        return True
    except Refused as refused:
        if refused.status in (403, 404):
            return False
        raise


def bring_tool():
    code, found = run("uname -sm", "looks at the machine")
    own = "{0.sysname} {0.machine}".format(os.uname())
    if code or found.strip() != own:
        die("{} is {!r} and the runner is {!r}: the tool that is brought runs on the same kind of machine only".format(
            INSTANCE, found.strip(), own))
    key = "tidegate" + TOOL[len(ROOT) + 1:].replace(".tool", "/tool")
    if not is_there(key):
        put_object(BUCKET, key, RUNNER)
    say("brings the tool to {}:{}".format(INSTANCE, TOOL))
    script = "set -eu\nmkdir -p {folder}\n{fetch}chmod 755 {tool}.new\nmv {tool}.new {tool}\n".format(
        folder=shlex.quote(os.path.dirname(TOOL)), fetch=fetch(key, TOOL + ".new"), tool=shlex.quote(TOOL))
    if run(script, "brings its tool")[0]:
        die("the tool could not be brought; the lines above say why")


def bring_artifact():
    """The lines that put the artifact on the instance, and where it lies then."""
    source, packed = artifact(), scratch("artifact.tar.gz")
    with tarfile.open(packed, "w:gz", dereference=True) as archive:
        archive.add(source, arcname="." if os.path.isdir(source) else os.path.basename(source))
    key = "tidegate/{}/{}.tar.gz".format(NAME, digest_of(packed))
    put_object(BUCKET, key, packed)
    incoming = shlex.quote(INCOMING)
    lines = "rm -rf {at} && mkdir -p {at}\n{fetch}tar -C {at} -xzf {at}.tar.gz && rm -f {at}.tar.gz\n".format(
        at=incoming, fetch=fetch(key, INCOMING + ".tar.gz"))
    return lines, INCOMING if os.path.isdir(source) else os.path.join(INCOMING, os.path.basename(source))


def call(verb, bring=None):
    lines, brought = bring() if bring else ("", INCOMING)
    words = [TOOL, "in-place", verb, "--root", ROOT, "--name", NAME, "--artifact", brought, "--command", option("COMMAND"),
             "--port", option("PORT"), "--health", option("HEALTH"), "--mode", option("MODE"), "--keep", option("KEEP")]
    for name in option("ENV").split():
        words += ["--env", "{}={}".format(name, os.environ[name])]
    settings = ["TIDEGATE_RELEASE=" + RELEASE, "TIDEGATE_FENCE={}".format(FENCE), "TIDEGATE_PERCENT={}".format(PERCENT)]
    script = (
        "set -eu\ntest -x {tool} || exit {missing}\n{lines}output=$(mktemp)\nexport TIDEGATE_OUTPUT=$output\ncode=0\n"
        "env {words} >&2 </dev/null || code=$?\ncat $output\nrm -rf $output {incoming}\nexit $code\n").format(
            tool=shlex.quote(TOOL), missing=MISSING, lines=lines, incoming=shlex.quote(INCOMING),
            words=" ".join(shlex.quote(word) for word in settings + words))
    comment = "{} of release {}".format(verb, RELEASE)
    code, found = run(script, comment)
    if code == MISSING:
        bring_tool()
        code, found = run(script, comment)
    output(**dict(line.split("=", 1) for line in found.splitlines() if "=" in line))
    if code:
        raise SystemExit(code)


main({
    "inspect": lambda: call("inspect"),
    "prepare": lambda: call("prepare", bring_artifact),
    "shift": lambda: call("shift"),
    "health": lambda: call("health"),
    "finish": lambda: call("finish"),
    # Most often it lies on the disk still; what is brought then is not unpacked again.
    "rollback": lambda: call("rollback", bring_artifact),
    "destroy": lambda: call("destroy"),
})
