# The verbs of ssh/in-place: the tool of process/in-place is brought to the machine and called there. What serves and which release
# it is stands on the machine's own disk.
set -euo pipefail

verb=$1
say() { printf '%s\n' "$*" >&2; }
die() { say "ssh/in-place: $*"; exit 1; }
# A word for the shell at the other end.
word() { printf '%q ' "$@"; }

for program in ssh tar; do
  command -v "$program" >/dev/null 2>&1 ||
    die "$program is not installed on this runner; install it with: sudo apt-get install -y openssh-client tar"
done

name=$(printf %s "${BLOCK_SERVICE_NAME:-$TIDEGATE_PIPELINE-$TIDEGATE_TARGET}" | tr '/~' '--')
root=$BLOCK_ROOT
incoming=$root/.incoming/$name-$TIDEGATE_RELEASE
options=(-T -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=15 -o ServerAliveInterval=10 -o ServerAliveCountMax=6 -p "$BLOCK_SSH_PORT")
[ -z "$BLOCK_USER" ] || options+=(-l "$BLOCK_USER")
if [ -n "$BLOCK_KEY" ]; then
  (umask 077 && printf '%s\n' "$BLOCK_KEY" >"$TMPDIR/key")
  options+=(-i "$TMPDIR/key" -o IdentitiesOnly=yes -o IdentityAgent=none)
fi
unset BLOCK_KEY
if [ -n "$BLOCK_HOST_KEY" ]; then
  printf '%s\n' "$BLOCK_HOST_KEY" | sed "s|^|[$BLOCK_HOST]:$BLOCK_SSH_PORT |; p; s|^[^ ]*|$BLOCK_HOST|" >"$TMPDIR/known_hosts"
  options+=(-o "UserKnownHostsFile=$TMPDIR/known_hosts" -o GlobalKnownHostsFile=/dev/null)
fi

there() { ssh "${options[@]}" "$BLOCK_HOST" "$@"; }

# Each build of the tool is brought once. 91: it is not there yet.
tool=$root/.tool/$(stat -Lc '%s-%Y' "$TIDEGATE_BIN")/tidegate-runner
missing=91

bring_tool() {
  local found
  found=$(there 'uname -sm')
  [ "$found" = "$(uname -sm)" ] ||
    die "$BLOCK_HOST is $found and the runner is $(uname -sm): the tool that is brought runs on the same kind of machine only"
  say "brings the tool to $BLOCK_HOST:$tool"
  there "mkdir -p $(word "${tool%/*}") && cat >$(word "$tool.new") && chmod 755 $(word "$tool.new") && mv $(word "$tool.new" "$tool")" <"$TIDEGATE_BIN"
}

bring_artifact() {
  local from=$TIDEGATE_ARTIFACTS/$BLOCK_ARTIFACT
  [ -e "$from" ] || die "there is no artifact $BLOCK_ARTIFACT"
  local place=${from%/*} file=${from##*/}
  if [ -d "$from/" ]; then place=$from file=.; fi
  tar -C "$place" -chf - "$file" |
    there "rm -rf $(word "$incoming") && mkdir -p $(word "$incoming") && tar -C $(word "$incoming") -xf -" ||
    die "the artifact could not be brought to $BLOCK_HOST; $BLOCK_HOST cannot be entered, or the lines above say why"
  artifact=$incoming
  [ "$file" = . ] || artifact=$incoming/$file
}

call_tool() {
  local command=("$tool" in-place "$1" --root "$root" --name "$name" --artifact "${artifact:-$incoming}" --command "$BLOCK_COMMAND"
    --port "$BLOCK_PORT" --health "$BLOCK_HEALTH" --mode "$BLOCK_MODE" --keep "$BLOCK_KEEP")
  local variable
  for variable in $BLOCK_ENV; do command+=(--env "$variable=${!variable}"); done
  local settings=(TIDEGATE_RELEASE="$TIDEGATE_RELEASE" TIDEGATE_FENCE="$TIDEGATE_FENCE" TIDEGATE_PERCENT="${TIDEGATE_PERCENT:-100}")
  # What the tool writes for the job comes back on the one stream that it does not speak on itself.
  local there_is code
  there_is="test -x $(word "$tool") || exit $missing
    output=\$(mktemp) && export TIDEGATE_OUTPUT=\$output && code=0
    env $(word "${settings[@]}" "${command[@]}") >&2 </dev/null || code=\$?
    cat \$output; rm -rf \$output $(word "${2:-}"); exit \$code"
  there "$there_is" >>"$TIDEGATE_OUTPUT" && return 0 || code=$?
  [ "$code" != 255 ] || die "$BLOCK_HOST cannot be entered; the lines above say why"
  [ "$code" = "$missing" ] || exit "$code"
  bring_tool
  there "$there_is" >>"$TIDEGATE_OUTPUT"
}

case $verb in
  prepare)
    bring_artifact
    call_tool prepare "$incoming"
    ;;
  rollback)
    # Most often it lies on the machine's disk still.
    there "ls -d $(word "$root/$name/releases/$TIDEGATE_RELEASE-")* >/dev/null 2>&1" || bring_artifact
    call_tool rollback "$incoming"
    ;;
  inspect | shift | health | finish | destroy) call_tool "$verb" ;;
  *) die "there is no verb $verb" ;;
esac
