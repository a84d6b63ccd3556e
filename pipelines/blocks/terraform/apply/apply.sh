# The verbs of terraform/apply. Which release was applied stands in the state itself, in the outputs that the configuration declares
# for it (`tidegate_release`, `tidegate_fence`), so that it is true wherever the state lies.
set -euo pipefail

verb=$1
say() { printf '%s\n' "$*" >&2; }
die() { say "terraform/apply: $*"; exit 1; }

program=$BLOCK_PROGRAM
if [ -z "$program" ]; then
  for program in tofu terraform; do command -v "$program" >/dev/null 2>&1 && break; done
fi
command -v "$program" >/dev/null 2>&1 ||
  die "neither OpenTofu nor Terraform is installed on this runner; install OpenTofu as https://opentofu.org/docs/intro/install/deb/ says," \
    "or: sudo snap install --classic opentofu"
command -v python3 >/dev/null 2>&1 || die "python3 is not installed on this runner; install it with: sudo apt-get install -y python3"

export TF_INPUT=0 TF_IN_AUTOMATION=1 CHECKPOINT_DISABLE=1 TF_VAR_tidegate_release=$TIDEGATE_RELEASE TF_VAR_tidegate_fence=${TIDEGATE_FENCE:-0}
if [ -n "$BLOCK_ARTIFACT" ]; then export TF_VAR_tidegate_artifact=$TIDEGATE_ARTIFACTS/$BLOCK_ARTIFACT; fi
work=$TIDEGATE_WORKSPACE/.tidegate/terraform
plan=$work/tidegate.plan
export TF_DATA_DIR=$work/data

begin() {
  mkdir -p "$work"
  [ -d "$TIDEGATE_WORKSPACE/$BLOCK_FOLDER" ] || die "the repository has no folder $BLOCK_FOLDER"
  cd "$TIDEGATE_WORKSPACE/$BLOCK_FOLDER"
  if [ ! -e "$work/begun" ]; then
    local backend=() setting
    for setting in $BLOCK_BACKEND; do backend+=("-backend-config=$setting"); done
    "$program" init -no-color "${backend[@]}" >&2
    if [ -n "$BLOCK_WORKSPACE" ]; then
      "$program" workspace select -no-color "$BLOCK_WORKSPACE" >&2 || "$program" workspace new -no-color "$BLOCK_WORKSPACE" >&2
    fi
    touch "$work/begun"
  fi
}

# Whoever applies holds the state's lock. Taking it away from nothing changes nothing, and asks no configuration.
is_in_progress() {
  "$program" untaint -no-color -allow-missing -lock-timeout=0s terraform_data.tidegate_looks_for_the_lock >"$work/lock" 2>&1 && return 1
  grep -q 'acquiring the state lock' "$work/lock" && return 0
  grep -qE 'No such resource|nonexistent' "$work/lock" && return 1
  cat "$work/lock" >&2
  die "whether something is applied just now cannot be told"
}

# An output of the state; empty when there is none.
applied() {
  "$program" output -no-color -json >"$work/outputs.json" 2>"$work/error" || { cat "$work/error" >&2; die "the state cannot be read"; }
  python3 -c 'import json, sys; print((json.load(open(sys.argv[1])).get(sys.argv[2]) or {}).get("value", ""))' "$work/outputs.json" "$1"
}

check_fence() {
  local last
  last=$(applied tidegate_fence)
  [ -z "$last" ] || [ "$last" -le "${TIDEGATE_FENCE:-0}" ] ||
    die "a newer deployment (fence $last) has been applied; this one (fence ${TIDEGATE_FENCE:-0}) changes nothing"
}

make_plan() {
  rm -f "$plan"
  local files=() file
  for file in $BLOCK_VAR_FILES; do files+=("-var-file=$file"); done
  "$program" plan -no-color -lock-timeout="${BLOCK_LOCK_TIMEOUT}s" "${files[@]}" -out "$plan" >&2
}

prepare() {
  check_fence
  if [ -n "$BLOCK_PLAN" ] && [ "$verb" != rollback ]; then
    # People have seen and approved this very plan; the tool refuses it when the state has changed since.
    cp -L "$TIDEGATE_ARTIFACTS/$BLOCK_PLAN" "$plan" || die "there is no artifact $BLOCK_PLAN"
    "$program" show -no-color "$plan" >&2
  else
    make_plan
  fi
}

apply() {
  [ -e "$plan" ] || die "there is no plan; the verb prepare makes it"
  "$program" apply -no-color -lock-timeout="${BLOCK_LOCK_TIMEOUT}s" "$plan" >&2
}

begin
case $verb in
  inspect)
    in_progress=false health=stopped version=
    if is_in_progress; then in_progress=true; fi
    release=$(applied tidegate_release)
    if [ -n "$release" ]; then
      health=healthy
      version=$("$program" state pull | python3 -c 'import json, sys; print(json.load(sys.stdin)["lineage"])')
    fi
    printf 'release=%s\nversion=%s\nhealth=%s\nin_progress=%s\n' "$release" "$version" "$health" "$in_progress" >>"$TIDEGATE_OUTPUT"
    ;;
  prepare) prepare ;;
  shift) check_fence; apply ;;
  health)
    [ "$(applied tidegate_release)" = "$TIDEGATE_RELEASE" ] ||
      die "the state is of release $(applied tidegate_release); the configuration declares the outputs tidegate_release and tidegate_fence"
    ;;
  finish) rm -f "$plan" ;;
  rollback) prepare; apply ;;
  destroy)
    check_fence
    "$program" destroy -no-color -auto-approve -lock-timeout="${BLOCK_LOCK_TIMEOUT}s" >&2
    ;;
  *) die "there is no verb $verb" ;;
esac
