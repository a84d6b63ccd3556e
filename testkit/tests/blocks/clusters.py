#!/usr/bin/env python3
"""Stand-ins for the command lines of kubectl and flyctl. What is deployed says how it behaves: `slow` takes its time, `sick` never comes up."""
import contextlib, fcntl, json, os, sys, time

program, words, path = os.path.basename(sys.argv[0]), sys.argv[1:], os.environ["STATE"]


@contextlib.contextmanager
def state():
    with open(path + ".lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = json.load(open(path)) if os.path.exists(path) else {}
        yield found
        json.dump(found, open(path + ".new", "w"))
        os.rename(path + ".new", path)


def takes(content):
    return 0.8 if "slow" in content else 0.05


def after(word):
    return words[words.index(word) + 1]


def workload(found):
    over = time.time() - found["began"] >= takes(found["content"])
    sick, done = "sick" in found["content"], over and "sick" not in found["content"]
    conditions = [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}] if over and sick else []
    return {"metadata": {"generation": found["generation"], "annotations": found["annotations"]}, "spec": {"replicas": 2},
            "status": {"observedGeneration": found["generation"], "updatedReplicas": 2 if done else 1, "availableReplicas": 2 if done else 1,
                       "conditions": conditions}}


def kubectl():
    if words[0] == "annotate":
        root = after("-f")
        names = sorted(os.path.join(at, name) for at, _, found in os.walk(root) for name in found)
        notes = dict(word.split("=", 1) for word in words if word.startswith("tidegate/"))
        print(json.dumps({"annotations": notes, "content": " ".join(names) + " ".join(open(name).read() for name in names)}))
    elif words[:2] == ["apply", "--dry-run=server"]:
        print("deployment.apps/orders configured (server dry run)")
    elif words[0] == "diff":
        sys.exit(1)
    elif words[0] == "apply":
        asked = json.load(sys.stdin)
        with state() as found:
            found.update(asked, generation=found.get("generation", 0) + 1, began=time.time())
        print("deployment.apps/orders configured")
    elif words[0] == "get":
        with state() as found:
            if found:
                print(json.dumps(workload(found)))
    elif words[:2] == ["rollout", "status"]:
        while True:
            with state() as found:
                now = workload(found)["status"]
            if now["updatedReplicas"] == 2:
                return print("deployment \"orders\" successfully rolled out")
            if now["conditions"]:
                sys.exit("error: deployment \"orders\" exceeded its progress deadline")
            time.sleep(0.05)
    else:
        sys.exit("error: unknown command " + words[0])


def fly():
    with state() as found:
        machines = found.setdefault("machines", [{"state": "started", "config": {"env": {}}, "checks": []} for _ in range(3)])
        if words[:2] == ["machines", "list"]:
            return print(json.dumps(machines))
    if words[0] != "deploy":
        sys.exit("Error: unknown command " + words[0])
    image = after("--image")
    env = dict(words[at + 1].split("=", 1) for at, word in enumerate(words) if word == "--env")
    sick = "sick" in image
    # flyctl itself goes from machine to machine: when it dies, the rest stay as they are.
    for number in range(3):
        with state() as found:
            found["machines"][number] = {"state": "started", "config": {"env": env, "image": image},
                                         "checks": [{"status": "critical" if sick else "passing"}]}
            found["pid"] = os.getpid()
        if number == 0:
            time.sleep(takes(image))
        if sick:
            sys.exit("Error: failed to update machine: timeout reached waiting for health checks to pass")


fly() if program == "fly" else kubectl()
