#!/usr/bin/env bash
# ChargeCast on Fabric's Docker-free test network (fabric-samples/test-network-nano-bash): two organisations, four
# SmartBFT orderers, four peers. Its certificates carry no role attributes, so roles come from a role map.
#
#   nano-bash.sh start  SAMPLES           starts the network with BFT orderers and adds ChargeCast's two channels
#   nano-bash.sh deploy SAMPLES           packages, installs, approves and commits the chaincode
#   nano-bash.sh smoke  SAMPLES PARAMS    initialises certchain with a params.json and checks who may do what
#   nano-bash.sh stop   SAMPLES           stops the network and removes its data
#
# SAMPLES: a checkout of fabric-samples with Fabric's programs in bin/ and their configuration in config/, as
# https://hyperledger-fabric.readthedocs.io/en/latest/install.html leaves it.
set -eu

# shellcheck source=test-network-scripts/common.sh
. "$(dirname "$0")/common.sh"

[ $# -ge 2 ] || usage_from "$0"
command=$1
network=$(cd "$2" && pwd)/test-network-nano-bash || fail "$2 is not a checkout of fabric-samples"
[ -x "$network/network.sh" ] || fail "there is no test-network-nano-bash in $2"
work=$network/chargecast

# until_true SECONDS COMMAND...: polls until the command succeeds.
until_true() {
  left=$(($1 * 5))
  shift
  until "$@"; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || return 1
    sleep 0.2
  done
}

is_up() {
  kill -0 "$(cat "$work/pid")" 2>/dev/null || fail "the network ended while starting; see $work/network.log"
  grep -q 'Fabric network running' "$work/network.log"
}

is_gone() {
  ! kill -0 "$1" 2>/dev/null
}

# as_member PEER MSP COMMAND...: runs a command in the network's folder at a peer; an empty MSP means its administrator.
as_member() {
  peer=$1
  msp=$2
  shift 2
  (
    cd "$network"
    # shellcheck source=/dev/null # a file of the network
    . "./peer${peer}admin.sh"
    export FABRIC_LOGGING_SPEC=error CORE_PEER_MSPCONFIGPATH="${msp:-$CORE_PEER_MSPCONFIGPATH}"
    "$@"
  )
}

as_admin() {
  admin=$1
  shift
  as_member "$admin" '' "$@"
}

org1_admin() {
  as_admin 1 "$@"
}

org1_user() {
  as_member 1 "$organisations/org1.example.com/users/User1@org1.example.com/msp" "$@"
}

organisations=$network/crypto-config/peerOrganizations
orderer_ca=$network/crypto-config/ordererOrganizations/example.com/orderers/orderer.example.com/tls/ca.crt
orderer="-o 127.0.0.1:6050 --tls --cafile $orderer_ca"
endorsers="--peerAddresses 127.0.0.1:7051 \
  --tlsRootCertFiles $organisations/org1.example.com/peers/peer0.org1.example.com/tls/ca.crt \
  --peerAddresses 127.0.0.1:7055 \
  --tlsRootCertFiles $organisations/org2.example.com/peers/peer0.org2.example.com/tls/ca.crt"

# add_channel NAME: another channel of the network's own profile, with every orderer and peer.
add_channel() {
  block=$network/channel-artifacts/$1.block
  as_admin 1 env FABRIC_CFG_PATH="$network/bft-config" configtxgen -profile ChannelUsingBFT -channelID "$1" \
    -outputBlock "$block" >>"$work/network.log" 2>&1 || fail "no genesis block for $1; see $work/network.log"
  for port in 9443 9444 9445 9446; do
    # osnadmin ends with 0 whatever the orderer answers.
    says 'Status: 201' as_admin 1 osnadmin channel join --channelID "$1" --config-block "$block" -o "localhost:$port"
  done
  for member in 1 2 3 4; do
    as_admin "$member" peer channel join -b "$block"
  done
}

start() {
  mkdir -p "$work/bin" "$network/config"
  # The network's own builder for Node chaincode takes the place of the containers' builder in Fabric's configuration.
  sed -e 's|name: ccaas_builder|name: node|' \
    -e "s|path: /opt/hyperledger/ccaas_builder|path: $network/external_builders/node|" \
    -e 's|- CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG|- HOME|' \
    "$network/../config/core.yaml" >"$network/config/core.yaml"
  grep -q 'external_builders/node' "$network/config/core.yaml" ||
    fail "$network/../config/core.yaml names no external builder to replace: is it the one of Fabric 3?"
  # network.sh asks the docker client for an address that the peers then wait for; without an engine it must be empty.
  printf '#!/bin/sh\n' >"$work/bin/docker"
  chmod +x "$work/bin/docker"
  : >"$work/network.log"
  set -m # a process group of its own: network.sh ends by signalling its group
  (cd "$network" && PATH="$work/bin:$PATH" DOCKER_HOST='' exec ./network.sh start -o BFT >>"$work/network.log" 2>&1) &
  echo $! >"$work/pid"
  set +m
  until_true 120 is_up || fail "the network is not up after two minutes; see $work/network.log"
  for channel in $channels; do add_channel "$channel"; done
  echo "The network runs; its log is $work/network.log"
}

deploy() {
    bundle_is_built
  as_admin 1 peer lifecycle chaincode package "$work/$name.tgz" --path "$bundle" --lang node --label "${name}_1"
  id=$(as_admin 1 peer lifecycle chaincode calculatepackageid "$work/$name.tgz")
  for member in 1 3; do
    as_admin "$member" peer lifecycle chaincode install "$work/$name.tgz"
  done
  for channel in $channels; do
    definition="--channelID $channel --name $name --version 1 --sequence 1 --signature-policy $policy"
    for member in 1 3; do
      # shellcheck disable=SC2086 # lists of options
      as_admin "$member" peer lifecycle chaincode approveformyorg $definition --package-id "$id" $orderer
    done
    # shellcheck disable=SC2086
    as_admin 1 peer lifecycle chaincode commit $definition $orderer $endorsers
  done
  echo "Committed $id on $channels"
}

smoke() {
  [ $# -eq 1 ] || usage_from "$0"
  smoke_org1 "$1"
  says E_ALREADY_INITIALISED as_admin 3 invoke "$init"
  says '"networkId"' as_admin 3 query registration:getParams
  echo 'The chaincode runs on both organisations and refuses by default'
}

stop() {
  if [ -f "$work/pid" ]; then
    pid=$(cat "$work/pid")
    kill -TERM "$pid" 2>/dev/null || true
    until_true 20 is_gone "$pid" || fail "process $pid does not end"
  fi
  (cd "$network" && DOCKER_HOST='none' ./network.sh clean) >/dev/null 2>&1
  rm -rf "$work" "$network/config"
  echo 'Stopped; its data is removed'
}

shift 2
case $command in
  start | deploy | stop) "$command" ;;
  smoke) smoke "$@" ;;
  *) usage_from "$0" ;;
esac
