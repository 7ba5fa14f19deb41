# shellcheck shell=bash
# What the scripts beside this one share. Whoever sources it sets `orderer` and `endorsers` (options of `peer`) and defines
# `org1_admin` and `org1_user`, which run a command as that member at its peer, before calling what uses them.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034 # used by those who source this
channels='certchain datachain'
name=chargecast
# Readers count a transaction only if a majority of the gateways' organisations has endorsed it: here both.
# shellcheck disable=SC2034
policy="AND('Org1MSP.peer','Org2MSP.peer')"
bundle=$root/chaincode/dist/bundle

fail() {
  echo "$*" >&2
  exit 1
}

# usage_from FILE: the lines of its leading comment that are indented.
usage_from() {
  sed -n '/^#   /s/^# *//p' "$1" >&2
  exit 2
}

bundle_is_built() {
  [ -f "$bundle/chaincode.js" ] || node "$root/scripts/prepare.cjs"
}

# says TEXT COMMAND...: the command's output must contain the text, whether it succeeds or not.
says() {
  wanted=$1
  shift
  output=$("$@" 2>&1) || true
  case $output in
    *"$wanted"*) echo "ok: $wanted" ;;
    *) fail "expected \"$wanted\", got: $output" ;;
  esac
}

# query TRANSACTION ARGUMENT...
query() {
  peer chaincode query -C certchain -n "$name" -c "$(jq -nc '{Args: $ARGS.positional}' --args "$@")"
}

invoke() {
  # shellcheck disable=SC2086,SC2154 # lists of options
  peer chaincode invoke -C certchain -n "$name" $orderer $endorsers --waitForEvent -c "$1"
}

# smoke_org1 PARAMS: initialises certchain once, by an administrator alone; leaves the request in `init`.
smoke_org1() {
  roles='{"Org1MSP":["relay","kgc"],"Org2MSP":["provider","auditor"]}'
  init=$(jq -nc --rawfile params "$1" --arg roles "$roles" '{Args: ["registration:init", $params, $roles]}')
  says E_NOT_INITIALISED org1_admin query registration:getParams
  says E_FORBIDDEN org1_user invoke "$init"
  org1_admin invoke "$init" || fail 'an administrator could not initialise certchain'
  echo 'ok: initialised by an administrator'
  says E_ALREADY_INITIALISED org1_admin invoke "$init"
  says '"networkId"' org1_user query registration:getParams
  says '"items"' org1_user query registration:listRecords 10 ''
  says E_FORBIDDEN org1_user query registration:getRecord 00
}
