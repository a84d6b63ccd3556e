# The verbs of fly/app. Release, fence and version stand in the environment of each machine, so that what runs tells it.
set -euo pipefail

verb=$1
say() { printf '%s\n' "$*" >&2; }
die() { say "fly/app: $*"; exit 1; }

fly=$(command -v fly || command -v flyctl) ||
  die "flyctl is not installed on this runner; install it with: curl -L https://fly.io/install.sh | sh"
command -v python3 >/dev/null 2>&1 || die "python3 is not installed on this runner; install it with: sudo apt-get install -y python3"
[ -z "$BLOCK_TOKEN" ] || export FLY_API_TOKEN=$BLOCK_TOKEN
unset BLOCK_TOKEN

# Release, fence and version of what most machines run, and whether all of them run that and pass their checks; a line each.
read_state() {
  local answer
  "$fly" machines list --app "$BLOCK_APP" --json >"$TMPDIR/machines" || die "the machines of $BLOCK_APP cannot be read"
  answer=$(python3 - "$TMPDIR/machines" <<'PYTHON'
import collections, json, sys
machines = [one for one in json.load(open(sys.argv[1])) if one.get("state") not in ("destroyed", "destroying")]
of = lambda one: tuple((one["config"].get("env") or {}).get("TIDEGATE_" + name, "") for name in ("RELEASE", "FENCE", "VERSION"))
counted = collections.Counter(of(one) for one in machines)
most = max(counted, key=lambda key: (counted[key], key)) if counted else ("", "", "")
fences = [int(of(one)[1]) for one in machines if of(one)[1]]
passes = all(check.get("status") == "passing" for one in machines for check in one.get("checks") or [])
well = bool(machines) and len(counted) == 1 and passes and all(one["state"] in ("started", "stopped", "suspended") for one in machines)
moves = any(one["state"] in ("created", "starting", "replacing", "stopping", "updating") for one in machines)
print(most[0], max(fences, default=""), most[2], str(well).lower(), str(moves).lower(), sep="\n")
PYTHON
  )
  { read -r release; read -r fence; read -r version; read -r well; read -r moves; } <<<"$answer"
}

check_fence() {
  read_state
  [ -z "$fence" ] || [ "$fence" -le "${TIDEGATE_FENCE:-0}" ] ||
    die "a newer deployment (fence $fence) has changed $BLOCK_APP; this one (fence ${TIDEGATE_FENCE:-0}) changes nothing"
}

# The reference of the release's image, in $image.
find_image() {
  local from=$TIDEGATE_ARTIFACTS/$BLOCK_ARTIFACT
  if [ -d "$from/" ]; then from=$from/$BLOCK_FILE; fi
  [ -f "$from" ] || die "the artifact holds no file $BLOCK_FILE"
  image=$(tr -d '[:space:]' <"$from")
  case $image in *@sha256:*) ;; *) die "$image is no image by its digest: a tag can be moved" ;; esac
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
    find_image
    say "release $TIDEGATE_RELEASE is $image"
    ;;
  shift)
    check_fence
    find_image
    "$fly" deploy --app "$BLOCK_APP" --image "$image" --strategy "$BLOCK_FLY_STRATEGY" --wait-timeout "${BLOCK_TIMEOUT}s" --yes \
      --env "TIDEGATE_RELEASE=$TIDEGATE_RELEASE" --env "TIDEGATE_FENCE=${TIDEGATE_FENCE:-0}" --env "TIDEGATE_VERSION=${image##*@sha256:}" >&2
    ;;
  health)
    read_state
    [ "$release" = "$TIDEGATE_RELEASE" ] || die "most machines run release $release"
    [ "$well" = true ] || die "not every machine of $BLOCK_APP runs this release and passes its checks"
    ;;
  finish) ;;
  destroy)
    check_fence
    "$fly" scale count 0 --app "$BLOCK_APP" --yes >&2
    ;;
  *) die "there is no verb $verb" ;;
esac
