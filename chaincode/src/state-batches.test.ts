/** The bundle and a peer that offers batches, or does not: the same reads, the same writes, fewer messages. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type RegistrationEntry, REGISTRATION } from '@chargecast/protocol';
import { ready } from '@chargecast/signcryption/primitives/native';
import { NOW } from '@chargecast/signcryption/testing/world';
import { peer } from '@hyperledger/fabric-protos';
import { Consortium } from './testing/consortium';
import { type Simulation } from './testing/memory-ledger';
import { dial, freePort, message, signedProposal } from './testing/peer';
import { Registrar } from './testing/registrar';

const { Type } = peer.ChaincodeMessage;
const ENTRIES = 5;
const NAME = `${REGISTRATION.contract}:${REGISTRATION.registerPK}`;

let consortium: Consortium;
let entries: RegistrationEntry[];
let expected: Simulation;
let service: ChildProcess;
let port: number;

beforeAll(async () => {
  await ready();
  consortium = await Consortium.initialised();
  const registrar = new Registrar(consortium);
  await registrar.publish();
  entries = Array.from({ length: ENTRIES }, () => registrar.newcomer().entry);
  const call = { name: NAME, args: [JSON.stringify(entries)], as: consortium.as('provider'), time: NOW };
  expected = await consortium.certchain.simulate(call);
  port = await freePort();
  service = spawn(process.execPath, [join(__dirname, '..', 'dist', 'bundle', 'chaincode.js')], {
    env: { PATH: process.env.PATH, CHAINCODE_SERVER_ADDRESS: `127.0.0.1:${port}`, CHAINCODE_ID: 'batches:1' },
  });
});

afterAll(async () => {
  service.kill('SIGKILL');
  if (service.exitCode === null && service.signalCode === null) await once(service, 'exit');
});

interface Offer {
  readonly reads: number;
  readonly writes: number;
}

interface Heard {
  readonly response: peer.Response;
  readonly read: string[];
  readonly written: Map<string, string>;
  /** How many keys each message of a type held. */
  readonly sizes: Record<'get' | 'getMultiple' | 'put' | 'writeBatch', number[]>;
}

function readyOf({ reads, writes }: Offer): Uint8Array {
  const params = new peer.ChaincodeAdditionalParams();
  params.setUseGetMultipleKeys(reads > 0);
  params.setMaxSizeGetMultipleKeys(reads);
  params.setUseWriteBatch(writes > 0);
  params.setMaxSizeWriteBatch(writes);
  return params.serializeBinary();
}

/** Plays a peer whose state is the memory ledger's. */
async function execute(offer: Uint8Array | undefined, refuses?: number): Promise<Heard> {
  const { client, stream } = await dial(port);
  const input = new peer.ChaincodeInput();
  input.setArgsList([Buffer.from(NAME), Buffer.from(JSON.stringify(entries))]);
  const read: string[] = [];
  const written = new Map<string, string>();
  const sizes: Heard['sizes'] = { get: [], getMultiple: [], put: [], writeBatch: [] };
  const look = (key: string): Uint8Array => {
    read.push(key);
    return consortium.certchain.state(key) ?? new Uint8Array(0);
  };
  const answers: Record<number, (payload: Uint8Array) => Uint8Array> = {
    [Type.GET_STATE]: (payload) => {
      sizes.get.push(1);
      return look(peer.GetState.deserializeBinary(payload).getKey());
    },
    [Type.GET_STATE_MULTIPLE]: (payload) => {
      const keys = peer.GetStateMultiple.deserializeBinary(payload).getKeysList();
      sizes.getMultiple.push(keys.length);
      const result = new peer.GetStateMultipleResult();
      result.setValuesList(keys.map(look));
      return result.serializeBinary();
    },
    [Type.PUT_STATE]: (payload) => {
      const request = peer.PutState.deserializeBinary(payload);
      sizes.put.push(1);
      written.set(request.getKey(), Buffer.from(request.getValue_asU8()).toString());
      return new Uint8Array(0);
    },
    [Type.WRITE_BATCH_STATE]: (payload) => {
      const records = peer.WriteBatchState.deserializeBinary(payload).getRecList();
      sizes.writeBatch.push(records.length);
      for (const record of records) {
        expect([record.getType(), record.getCollection()]).toEqual([peer.WriteRecord.Type.PUT_STATE, '']);
        written.set(record.getKey(), Buffer.from(record.getValue_asU8()).toString());
      }
      return new Uint8Array(0);
    },
  };
  try {
    const response = await new Promise<peer.Response>((resolve, reject) => {
      stream.on('data', (received) => {
        const type = received.getType();
        const answer = answers[type];
        if (type === Type.REGISTER) {
          stream.write(message(Type.REGISTERED));
          stream.write(message(Type.READY, offer));
          const proposal = signedProposal(consortium.as('provider'), NOW);
          stream.write(message(Type.TRANSACTION, input.serializeBinary(), proposal));
        } else if (type === Type.COMPLETED) resolve(peer.Response.deserializeBinary(received.getPayload_asU8()));
        else if (type === refuses) stream.write(message(Type.ERROR, Buffer.from('the disk failed')));
        else if (answer) stream.write(message(Type.RESPONSE, answer(received.getPayload_asU8())));
        else reject(new Error(`unexpected message ${type}`));
      });
    });
    return { response, read, written, sizes };
  } finally {
    client.close();
  }
}

const sorted = (keys: Iterable<string>): string[] => [...new Set(keys)].sort();

test.each([
  ['all it needs', { reads: 1000, writes: 1000 }, { getMultiple: [5], put: [], writeBatch: [5] }],
  ['two keys at once', { reads: 2, writes: 2 }, { getMultiple: [2, 2, 1], put: [], writeBatch: [2, 2, 1] }],
  ['writes alone', { reads: 0, writes: 3 }, { getMultiple: [], put: [], writeBatch: [3, 2] }],
  ['reads alone', { reads: 3, writes: 0 }, { getMultiple: [3, 2], put: [1, 1, 1, 1, 1], writeBatch: [] }],
  ['nothing', undefined, { getMultiple: [], put: [1, 1, 1, 1, 1], writeBatch: [] }],
])('a peer that offers %s', async (_, offer, sizes) => {
  const heard = await execute(offer && readyOf(offer));
  expect(heard.response.getStatus()).toBe(200);
  expect(Buffer.from(heard.response.getPayload_asU8()).toString()).toBe(expected.payload);
  expect(heard.sizes).toMatchObject(sizes);
  expect(sorted(heard.read)).toEqual(sorted(expected.reads.map(({ key }) => key)));
  expect(Object.fromEntries(heard.written)).toEqual(
    Object.fromEntries([...expected.writes].map(([key, value]) => [key, value.toString()])),
  );
});

test.each([Type.GET_STATE_MULTIPLE, Type.WRITE_BATCH_STATE])(
  'a batch the peer refuses ends the transaction: type %i',
  async (type) => {
    const { response } = await execute(readyOf({ reads: 10, writes: 10 }), type);
    expect(response.getStatus()).toBe(500);
    expect(response.getMessage()).toMatch(/^E_INTERNAL: /);
    expect(response.getMessage()).not.toContain('disk');
  },
);
