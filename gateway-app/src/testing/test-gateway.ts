/** Gateways before a test chain: what the roles under test call of a CSS, with the conduct a test gives them. */
import {
  BROADCAST,
  decodeGovernanceItem,
  decodeJson,
  governanceStatement,
  type PutRecordsReply,
  REGISTRATION,
  signLedgerStatement,
  type SubmitReply,
} from '@chargecast/protocol';
import { decodeRecord, signStatement, toHex, verifySigma } from '@chargecast/signcryption';

import { type KeyedLock } from '../common/keyed-lock';
import { SIGNING_ENV } from '../common/signing-env';
import { toChainItems } from '../ledger';
import { type Ack, type Handlers } from '../rpc';
import { type TestChain } from './test-chain';

const seconds = (): number => Math.floor(Date.now() / 1000);

/** A gateway whose conduct a test may change. */
export interface TestGateway {
  readonly name: string;
  readonly mspId: string;
  readonly port: number;
  /** σ's held, by id, and whether it was told to submit. */
  readonly held: Map<string, boolean>;
}

/** How the gateways behave; a test replaces members. */
export interface Conduct {
  /** Before anything else in `hold`. */
  hold(gateway: TestGateway, sigmaId: string, submit: boolean): Promise<void> | void;
  /** Before a governance item is signed. */
  govern(gateway: TestGateway): void;
  /** Whether a σ told to be submitted reaches the chain. */
  includes: boolean;
  /** Seconds from now. */
  ackSeconds: number;
}

/** Writes to a test chain, one block at a time on each channel. */
export class ChainWriter {
  readonly chain: TestChain;
  readonly #lock: KeyedLock;

  constructor(chain: TestChain, lock: KeyedLock) {
    this.chain = chain;
    this.#lock = lock;
  }

  /** Revocations stand on both chains. */
  async govern(item: string): Promise<void> {
    const { consortium } = this.chain;
    const time = seconds();
    const carried = (role: 'cast' | 'register'): ReturnType<typeof consortium.cast> =>
      consortium[role]('relay', BROADCAST.mirrorGovernance, [item], { time });
    await this.#lock.run('datachain', () => this.chain.add('datachain', carried('cast'), { time }));
    if ((JSON.parse(item) as { kind: string }).kind === 'epochs') return;
    await this.#lock.run('certchain', () => this.chain.add('certchain', carried('register'), { time }));
  }

  /** Puts σ on the data chain. @returns the chaincode's outcome for it */
  submit(sigma: Uint8Array): Promise<SubmitReply['outcomes'][number] | undefined> {
    return this.#lock.run('datachain', async () => {
      const { consortium } = this.chain;
      const simulation = await consortium.endorse([sigma], { time: seconds() });
      const { outcomes, root } = JSON.parse(simulation.payload) as SubmitReply;
      if (root !== undefined) {
        consortium.datachain.commit(simulation);
        await this.chain.add('datachain', Promise.resolve(simulation), { time: seconds() });
      }
      return outcomes[0];
    });
  }

  putRecords(name: string, args: string[]): Promise<Uint8Array> {
    return this.#lock.run('certchain', async () => {
      const simulation = await this.chain.consortium.register('provider', name, args, { time: seconds() });
      if (simulation.writes.size > 0) {
        await this.chain.add('certchain', Promise.resolve(simulation), { time: seconds() });
      }
      return Buffer.from(simulation.payload);
    });
  }
}

type CalledHandlers = Omit<
  Handlers<'Css'>,
  'signSlot' | 'notify' | 'addChargingRecords' | 'proposals' | 'decide' | 'look'
>;

/** What the roles under test call of a gateway. */
export function gatewayHandlers(gateway: TestGateway, conduct: Conduct, writer: ChainWriter): Handlers<'Css'> {
  const { consortium, blocksOf } = writer.chain;
  const { params } = consortium.world;
  const { mspId } = gateway;
  const { secret } = consortium.world.organisation(mspId);
  const handlers: CalledHandlers = {
    approve: async ({ record }) => ({
      mspId,
      signature: signStatement(params, secret, { tag: 'appr', record: decodeRecord(Uint8Array.from(record)) }),
    }),
    publishRecord: async ({ record, approvals }) => {
      const entry = {
        record: toHex(Uint8Array.from(record)),
        approvals: approvals.map((each) => ({
          mspId: each.mspId,
          signature: toHex(Uint8Array.from(each.signature)),
        })),
      };
      const result = await writer.putRecords(REGISTRATION.putRecords, [JSON.stringify([entry])]);
      const { outcomes } = JSON.parse(Buffer.from(result).toString()) as PutRecordsReply;
      const [outcome] = outcomes;
      if (outcome?.status === 'committed') {
        return { status: 'committed', code: '', message: '', transactionId: 'test' };
      }
      return { status: 'refused', code: outcome?.code ?? '', message: outcome?.message ?? '', transactionId: '' };
    },
    signGovernance: async ({ item }) => {
      conduct.govern(gateway);
      const statement = governanceStatement(decodeJson(item, decodeGovernanceItem, 'item'));
      return { mspId, signature: Buffer.from(signLedgerStatement(SIGNING_ENV, params, secret, statement), 'hex') };
    },
    carryGovernance: async ({ item }) => {
      await writer.govern(item);
      return {};
    },
    hold: ({ sigma, submit }) => hold(gateway, conduct, writer, Uint8Array.from(sigma), submit),
    stream: ({ channel, fromBlock }, { signal }) => stream(writer.chain, channel as 'datachain', fromBlock, signal),
    head: async ({ channel }) => ({ block: blocksOf[channel as 'datachain'].length - 1 }),
  };
  return handlers as Handlers<'Css'>;
}

async function hold(
  gateway: TestGateway,
  conduct: Conduct,
  writer: ChainWriter,
  sigma: Uint8Array,
  submit: boolean,
): Promise<Ack> {
  const { world } = writer.chain.consortium;
  const { id } = verifySigma(world.params, sigma);
  await conduct.hold(gateway, toHex(id), submit);
  gateway.held.set(toHex(id), submit);
  const deadline = seconds() + conduct.ackSeconds;
  const { secret } = world.organisation(gateway.mspId);
  const signature = signStatement(world.params, secret, { tag: 'ack', sigmaId: id, deadline });
  if (submit && conduct.includes) await writer.submit(sigma);
  return { mspId: gateway.mspId, sigmaId: id, deadline, signature };
}

async function* stream(
  chain: TestChain,
  channel: 'certchain' | 'datachain',
  from: number,
  signal: AbortSignal,
): AsyncGenerator<ReturnType<typeof toChainItems>[number]> {
  for await (const block of chain.blocks(channel, { from: BigInt(from), signal })) yield* toChainItems(block);
}
