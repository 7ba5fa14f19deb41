import { z } from 'zod';

import { CodedError } from '../common/errors';
import { type Channel } from '../ledger/port';
import { type Client } from '../rpc';
import {
  type Alarm,
  alarmSchema,
  type Block,
  type BlockDetail,
  blockDetailSchema,
  blockSchema,
  certificateSchema,
  type CertificateSummary,
  type ChannelSummary,
  channelSummarySchema,
  type Nodes,
  nodesSchema,
  type Reader,
  readerSchema,
  type SigmaDetail,
  sigmaDetailSchema,
  sigmaSchema,
} from './schemas';
import { type ConsortiumView, type SigmaPart, type SigmaPlace } from './view';

/** A gateway asked over the roles' own gRPC. */
type Gateway = Pick<Client<'Css'>, 'look'>;

type What = keyof ConsortiumView;
/** A view whose questions take what `ARGUMENTS` let through. */
type Answering = Readonly<Record<What, (...query: readonly unknown[]) => Promise<unknown>>>;

const channel = z.enum(['certchain', 'datachain']);
const place = z.object({ block: z.int(), transaction: z.int(), index: z.int() }).nullable();
const count = z.int().min(0);

/** The arguments of each question, as they cross the wire. */
const ARGUMENTS: Readonly<Record<What, z.ZodType<readonly unknown[]>>> = {
  channels: z.tuple([]),
  blocks: z.tuple([channel, count.nullable(), count.max(1_001)]),
  block: z.tuple([channel, count]),
  blockBytes: z.tuple([channel, count]),
  sigmas: z.tuple([place, count.max(1_000)]),
  sigma: z.tuple([z.string().max(128)]),
  sigmaBytes: z.tuple([z.string().max(128)]),
  readers: z.tuple([]),
  nodes: z.tuple([]),
  certificates: z.tuple([z.string().max(64).nullable(), count.max(1_001)]),
  alarms: z.tuple([]),
};

/** Answers a question of another process: what it asks and with what, as JSON. @throws CodedError E_LOOK, the view's own */
export async function look(view: ConsortiumView, what: string, query: string): Promise<string> {
  const found = Object.hasOwn(ARGUMENTS, what) ? ARGUMENTS[what as What].safeParse(parsed(query)) : undefined;
  if (!found?.success) throw new CodedError('E_LOOK', `a gateway does not answer ${what.slice(0, 32)} asked like this`);
  const answer = await (view as unknown as Answering)[what as What](...found.data);
  return JSON.stringify(answer instanceof Uint8Array ? Buffer.from(answer).toString('base64') : answer);
}

function parsed(query: string): unknown {
  try {
    return JSON.parse(query) as unknown;
  } catch (error) {
    throw new CodedError('E_LOOK', 'the question is not JSON', { cause: error });
  }
}

/** The consortium as the first gateway that answers sees it; readers and alarms as all of them do. */
export class RemoteView implements ConsortiumView {
  readonly #gateways: readonly Gateway[];

  constructor(gateways: readonly Gateway[]) {
    this.#gateways = gateways;
  }

  channels(): Promise<readonly ChannelSummary[]> {
    return this.#first(z.array(channelSummarySchema), 'channels');
  }

  blocks(of: Channel, before: number | null, limit: number): Promise<readonly Block[]> {
    return this.#first(z.array(blockSchema), 'blocks', of, before, limit);
  }

  block(of: Channel, number: number): Promise<BlockDetail | null> {
    return this.#first(blockDetailSchema.nullable(), 'block', of, number);
  }

  async blockBytes(of: Channel, number: number): Promise<Uint8Array | null> {
    return bytes(await this.#first(text, 'blockBytes', of, number));
  }

  sigmas(before: SigmaPlace | null, limit: number): Promise<SigmaPart> {
    return this.#first(z.object({ items: z.array(sigmaSchema), place }), 'sigmas', before, limit);
  }

  sigma(id: string): Promise<SigmaDetail | null> {
    return this.#first(sigmaDetailSchema.nullable(), 'sigma', id);
  }

  async sigmaBytes(id: string): Promise<Uint8Array | null> {
    return bytes(await this.#first(text, 'sigmaBytes', id));
  }

  /** By name; of one that reads from several gateways, what it took last. */
  async readers(): Promise<readonly Reader[]> {
    const newest = new Map<string, Reader>();
    for (const reader of await this.#all(readerSchema, 'readers')) {
      const key = `${reader.role} ${reader.name}`;
      const known = newest.get(key);
      if (!known || known.seenAt < reader.seenAt || (reader.connected && !known.connected)) newest.set(key, reader);
    }
    return [...newest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, reader]) => reader);
  }

  nodes(): Promise<Nodes> {
    return this.#first(nodesSchema, 'nodes');
  }

  certificates(after: string | null, limit: number): Promise<readonly CertificateSummary[]> {
    return this.#first(z.array(certificateSchema), 'certificates', after, limit);
  }

  alarms(): Promise<readonly Alarm[]> {
    return this.#all(alarmSchema, 'alarms');
  }

  async #first<S extends z.ZodType>(schema: S, what: What, ...query: readonly unknown[]): Promise<z.output<S>> {
    let failure: unknown = new CodedError('E_UNREACHABLE', 'no gateway is configured: name some in peers.css');
    for (const gateway of this.#gateways) {
      try {
        return schema.parse(JSON.parse((await gateway.look(asked(what, query))).json));
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  async #all<S extends z.ZodType>(item: S, what: What): Promise<z.output<S>[]> {
    const answers = await Promise.allSettled(this.#gateways.map((gateway) => gateway.look(asked(what, []))));
    const given = answers.filter((answer) => answer.status === 'fulfilled');
    if (given.length === 0) throw new CodedError('E_UNREACHABLE', 'no gateway answers: check that they run');
    return given.flatMap(({ value }) => z.array(item).parse(JSON.parse(value.json)));
  }
}

const text = z.string().nullable();

function asked(what: What, query: readonly unknown[]): { readonly what: string; readonly query: string } {
  return { what, query: JSON.stringify(query) };
}

function bytes(base64: string | null): Uint8Array | null {
  return base64 === null ? null : Buffer.from(base64, 'base64');
}
