import { ready } from '@chargecast/signcryption/primitives/libsodium';
import { setFlagsFromString } from 'node:v8';
import { type ChaincodeInterface } from 'fabric-shim-api';
import { Shim } from 'fabric-shim';
import { CodedChaincode, type ContractClass, CONTRACTS, VERSION } from './coded-chaincode';
import { BatchingServer } from './state-batches';
import { LaunchError, type ServiceOptions, serviceOptions } from './launch-options';

/** Time for running transactions to end after SIGTERM. */
const DRAIN_MILLISECONDS = 5_000;

const GRPC_OPTIONS = {
  'grpc.max_send_message_length': -1,
  'grpc.max_receive_message_length': -1,
  'grpc.keepalive_time_ms': 110_000,
  'grpc.http2.min_time_between_pings_ms': 110_000,
  'grpc.keepalive_timeout_ms': 20_000,
  'grpc.http2.max_pings_without_data': 0,
  'grpc.keepalive_permit_without_calls': 1,
};

/**
 * Garbage beside what lives, in percent, before V8 marks the heap: a submission's megabytes pass through buffers that count
 * against a heap of some tens, which would be marked anew with every one.
 */
const HEAP_GROWTH_PERCENT = 400;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function serve(chaincode: ChaincodeInterface, { ccid, address, tls }: ServiceOptions): Promise<void> {
  const options = { ccid, address, ...GRPC_OPTIONS, ...(tls && { tlsProps: tls }) };
  await new BatchingServer(chaincode, options).start();
  say(`chargecast chaincode ${VERSION} serves ${ccid} on ${address}${tls ? ' with TLS' : ''}`);
}

function dial(chaincode: ChaincodeInterface): void {
  try {
    Shim.start(chaincode);
  } catch (cause) {
    throw new LaunchError(
      `set CHAINCODE_SERVER_ADDRESS to serve, or let a peer launch the chaincode (${(cause as Error).message})`,
      { cause },
    );
  }
  say(`chargecast chaincode ${VERSION} dials its peer`);
}

/** Ends once the running transactions have answered; a peer that waits for nothing sees the stream end. */
function endOnSignals(chaincode: CodedChaincode): void {
  const end = (): void => {
    setTimeout(() => process.exit(0), DRAIN_MILLISECONDS).unref();
    // HTTP/2 sends what was written at the end of a turn of the event loop; the second turn finds it sent.
    void chaincode.idle().then(() => setImmediate(() => setImmediate(() => process.exit(0))));
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
}

/**
 * The chaincode process. With CHAINCODE_SERVER_ADDRESS it serves peers that dial it; otherwise it dials the peer that
 * launched it (`npm start -- --peer.address …`).
 */
export function runChaincode(contracts: readonly ContractClass[] = CONTRACTS): void {
  main(contracts).catch((error: unknown) => {
    const text = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${error instanceof LaunchError ? error.code : 'E_START'}: ${text}\n`);
    process.exitCode = error instanceof LaunchError ? 2 : 1;
  });
}

async function main(contracts: readonly ContractClass[]): Promise<void> {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  const options = serviceOptions(process.env);
  await ready();
  const chaincode = new CodedChaincode(contracts);
  endOnSignals(chaincode);
  await (options ? serve(chaincode, options) : dial(chaincode));
}
