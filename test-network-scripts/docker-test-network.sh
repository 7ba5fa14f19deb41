#!/usr/bin/env bash
# ChargeCast on Fabric's Docker test network (fabric-samples/test-network): two organisations, their certificates
# without role attributes, so roles come from a role map. A Docker engine is needed.
#
#   docker-test-network.sh start          SAMPLES          starts the network with BFT orderers and ChargeCast's two channels
#   docker-test-network.sh deploy         SAMPLES          deployCC: the peers build and run the chaincode
#   docker-test-network.sh deploy-service SAMPLES          deployCCAAS, on certchain: the chaincode runs as a service
#   docker-test-network.sh smoke          SAMPLES PARAMS   initialises certchain with a params.json and checks who may do what
#   docker-test-network.sh stop           SAMPLES          stops the network and removes its data
set -eu

# shellcheck source=test-network-scripts/common.sh
. "$(dirname "$0")/common.sh"

[ $# -ge 2 ] || usage_from "$0"
command=$1
network=$(cd "$2" && pwd)/test-network || fail "$2 is not a checkout of fabric-samples"
[ -x "$network/network.sh" ] || fail "there is no test-network in $2"

engine_runs() {
  docker info >/dev/null 2>&1 || fail 'Docker does not answer: start its engine, or use nano-bash.sh, which needs none'
}

start() {
  engine_runs
  (cd "$network" && ./network.sh up -bft)
  for channel in $channels; do
    (cd "$network" && ./network.sh createChannel -c "$channel" -bft)
  done
}

deploy() {
  engine_runs
  bundle_is_built
  for channel in $channels; do
    (cd "$network" && ./network.sh deployCC -c "$channel" -ccn "$name" -ccp "$bundle" -ccl javascript -ccep "$policy")
  done
}

deploy_service() {
  engine_runs
  bundle_is_built
  # deployCCAAS builds an image from the folder's Dockerfile.
  service=$(mktemp -d)
  cp "$bundle"/chaincode.js "$bundle"/package.json "$service"
  cat >"$service/Dockerfile" <<'DOCKERFILE'
FROM node:20-slim
WORKDIR /chaincode
COPY chaincode.js package.json ./
ENV CHAINCODE_TLS_DISABLED=true
USER node
CMD ["node", "chaincode.js"]
DOCKERFILE
  # It names its containers by chaincode alone, so it serves one channel.
  (cd "$network" && ./network.sh deployCCAAS -c certchain -ccn "$name" -ccp "$service" -ccep "$policy")
  rm -r "$service"
}

# as_user USER COMMAND...: runs a command as a user of Org1 at its peer.
as_user() {
  user=$1
  shift
  (
    cd "$network"
    export PATH="$network/../bin:$PATH" FABRIC_CFG_PATH="$network/../config" FABRIC_LOGGING_SPEC=error
    export CORE_PEER_TLS_ENABLED=true CORE_PEER_LOCALMSPID=Org1MSP CORE_PEER_ADDRESS=localhost:7051
    export CORE_PEER_TLS_ROOTCERT_FILE="$organisations/peerOrganizations/org1.example.com/tlsca/tlsca.org1.example.com-cert.pem"
    export CORE_PEER_MSPCONFIGPATH="$organisations/peerOrganizations/org1.example.com/users/$user@org1.example.com/msp"
    "$@"
  )
}

org1_admin() {
  as_user Admin "$@"
}

org1_user() {
  as_user User1 "$@"
}

organisations=$network/organizations
orderer="-o localhost:7050 --ordererTLSHostnameOverride orderer.example.com --tls \
  --cafile $organisations/ordererOrganizations/example.com/tlsca/tlsca.example.com-cert.pem"
endorsers="--peerAddresses localhost:7051 \
  --tlsRootCertFiles $organisations/peerOrganizations/org1.example.com/tlsca/tlsca.org1.example.com-cert.pem \
  --peerAddresses localhost:9051 \
  --tlsRootCertFiles $organisations/peerOrganizations/org2.example.com/tlsca/tlsca.org2.example.com-cert.pem"

smoke() {
  [ $# -eq 1 ] || usage_from "$0"
  engine_runs
  smoke_org1 "$1"
  echo 'The chaincode runs and refuses by default'
}

stop() {
  engine_runs
  (cd "$network" && ./network.sh down)
}

shift 2
case $command in
  start | deploy | stop) "$command" ;;
  deploy-service) deploy_service ;;
  smoke) smoke "$@" ;;
  *) usage_from "$0" ;;
esac
