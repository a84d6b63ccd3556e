# The verbs of kubernetes/apply. Release, fence and version stand in annotations of every object, written with the change itself.
set -euo pipefail

verb=$1
say() { printf '%s\n' "$*" >&2; }
die() { say "kubernetes/apply: $*"; exit 1; }

command -v kubectl >/dev/null 2>&1 ||
  die "kubectl is not installed on this runner; install it as https://kubernetes.io/docs/tasks/tools/install-kubectl-linux/ says," \
    "or: sudo snap install --classic kubectl"
command -v python3 >/dev/null 2>&1 || die "python3 is not installed on this runner; install it with: sudo apt-get install -y python3"

options=()
[ -z "$BLOCK_CONTEXT" ] || options+=(--context "$BLOCK_CONTEXT")
[ -z "$BLOCK_NAMESPACE" ] || options+=(--namespace "$BLOCK_NAMESPACE")
if [ -n "$BLOCK_KUBECONFIG" ]; then
  (umask 077 && printf '%s\n' "$BLOCK_KUBECONFIG" >"$TMPDIR/kubeconfig")
  export KUBECONFIG=$TMPDIR/kubeconfig
fi
unset BLOCK_KUBECONFIG
cluster() { kubectl "${options[@]}" "$@"; }

# The release's objects with its annotations, on the standard output.
manifests() {
  local from version
  from=$TIDEGATE_ARTIFACTS/$BLOCK_ARTIFACT
  [ -e "$from" ] || die "there is no artifact $BLOCK_ARTIFACT"
  if [ -d "$from/" ] && [ -n "$BLOCK_FOLDER" ]; then from=$from/$BLOCK_FOLDER; fi
  version=$(find -L "$from" -type f -print0 | LC_ALL=C sort -z | xargs -0 cat | sha256sum | cut -c1-16)
  kubectl annotate --local --overwrite -R -f "$from" -o yaml \
    "tidegate/release=$TIDEGATE_RELEASE" "tidegate/fence=${TIDEGATE_FENCE:-0}" "tidegate/version=$version"
}

# Release, fence and version of the first workload, and whether all are well and none is under way; a line each.
look() {
  local workload answers=()
  for workload in $BLOCK_WORKLOADS; do
    cluster get "$workload" --ignore-not-found -o json >"$TMPDIR/workload-${#answers[@]}" || die "$workload cannot be read"
    answers+=("$TMPDIR/workload-${#answers[@]}")
  done
  python3 - "${answers[@]}" <<'PYTHON'
import json, os, sys
found = [json.load(open(path)) for path in sys.argv[1:] if os.path.getsize(path)]
notes = (found[0]["metadata"].get("annotations") or {}) if found else {}
well, moves = bool(found) and len(found) == len(sys.argv) - 1, False
for one in found:
    status, wanted = one.get("status") or {}, one["spec"].get("replicas", 1)
    if "desiredNumberScheduled" in status:
        wanted = status["desiredNumberScheduled"]
        updated, ready = status.get("updatedNumberScheduled", 0), status.get("numberAvailable", 0)
    else:
        updated, ready = status.get("updatedReplicas", 0), status.get("availableReplicas", status.get("readyReplicas", 0))
    seen = status.get("observedGeneration", 0) >= one["metadata"].get("generation", 0)
    given_up = any(c.get("reason") == "ProgressDeadlineExceeded" for c in status.get("conditions") or [])
    done = seen and updated >= wanted and ready >= wanted
    well, moves = well and done, moves or not (done or given_up)
print(*(notes.get("tidegate/" + name, "") for name in ("release", "fence", "version")), str(well).lower(), str(moves).lower(), sep="\n")
PYTHON
}

read_state() {
  local answer
  answer=$(look)
  { read -r release; read -r fence; read -r version; read -r well; read -r moves; } <<<"$answer"
}

check_fence() {
  read_state
  [ -z "$fence" ] || [ "$fence" -le "${TIDEGATE_FENCE:-0}" ] ||
    die "a newer deployment (fence $fence) has changed this; this one (fence ${TIDEGATE_FENCE:-0}) changes nothing"
}

case $verb in
  inspect)
    read_state
    health=stopped
    if [ -n "$release" ]; then
      health=unhealthy
      [ "$well" = false ] || health=healthy
    else
      version=
    fi
    printf 'release=%s\nversion=%s\nhealth=%s\nin_progress=%s\n' "$release" "$version" "$health" "$moves" >>"$TIDEGATE_OUTPUT"
    ;;
  prepare)
    check_fence
    manifests >"$TMPDIR/manifests.yaml"
    # The cluster itself says whether it would take them, and what would change.
    cluster apply --dry-run=server -f "$TMPDIR/manifests.yaml" >&2
    code=0
    cluster diff -f "$TMPDIR/manifests.yaml" >&2 || code=$?
    [ "$code" -le 1 ] || die "the difference cannot be told"
    ;;
  shift)
    check_fence
    manifests | cluster apply -f - >&2
    for workload in $BLOCK_WORKLOADS; do
      cluster rollout status "$workload" --timeout "${BLOCK_TIMEOUT}s" >&2 || die "$workload does not come up; its pods say why"
    done
    ;;
  health)
    read_state
    [ "$release" = "$TIDEGATE_RELEASE" ] || die "the cluster runs release $release"
    [ "$well" = true ] || die "not every pod of $BLOCK_WORKLOADS is available"
    ;;
  finish) ;;
  destroy)
    check_fence
    manifests | cluster delete --ignore-not-found -f - >&2
    ;;
  *) die "there is no verb $verb" ;;
esac
