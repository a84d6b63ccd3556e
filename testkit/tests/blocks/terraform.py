#!/usr/bin/env python3
"""A stand-in for the command line of Terraform where a machine has none: one local state, one resource, saved plans that go stale."""
import fcntl, json, os, subprocess, sys, time, uuid

words = [word for word in sys.argv[1:] if not word.startswith("-") or word.startswith("-backend-config=")]
command, data = words[0], os.environ["TF_DATA_DIR"]
os.makedirs(data, exist_ok=True)


def stop(text):
    sys.exit("Error: " + text)


if command == "init":
    setting = next(word.split("=", 2)[2] for word in words if word.startswith("-backend-config=path="))
    open(data + "/path", "w").write(setting)
    sys.exit(0 if os.path.exists("main.tf") else 1)
path = open(data + "/path").read()


def state():
    if not os.path.exists(path):
        return {"lineage": "", "serial": 0, "outputs": {}}
    return json.load(open(path))


def locked():
    file = open(path + ".lock", "a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        stop("Error acquiring the state lock")
    return file


if command == "untaint":
    lock = locked()
    stop("No such resource instance")
elif command == "output":
    print(json.dumps(state()["outputs"]))
elif command == "state":
    print(json.dumps(state()))
elif command == "plan":
    plan = sys.argv[sys.argv.index("-out") + 1]
    variables = {name[7:]: value for name, value in os.environ.items() if name.startswith("TF_VAR_")}
    json.dump({"serial": state()["serial"], "variables": variables}, open(plan, "w"))
    print("Plan: 1 to add, 0 to change, 0 to destroy.")
elif command == "show":
    print("Plan: 1 to add, 0 to change, 0 to destroy.")
elif command == "apply":
    plan, lock, now = json.load(open(words[1])), locked(), state()
    if plan["serial"] != now["serial"]:
        stop("Saved plan is stale")
    variables = plan["variables"]
    if subprocess.run(["sh", "change.sh"], env=dict(os.environ, ARTIFACT=variables["tidegate_artifact"])).returncode:
        stop("local-exec provisioner error")
    now["lineage"] = now["lineage"] or str(uuid.uuid4())
    now["serial"] += 1
    now["outputs"] = {name: {"value": variables[name]} for name in ("tidegate_release", "tidegate_fence")}
    json.dump(now, open(path + ".new", "w"))
    os.rename(path + ".new", path)
    print("Apply complete!")
else:
    stop("there is no command " + command)
