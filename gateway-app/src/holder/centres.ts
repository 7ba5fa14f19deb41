import { type RecordKeys, Role, toHex } from '@chargecast/signcryption';

import { type NamedPeer } from '../common/config';
import { CodedError } from '../common/errors';
import { type ReplicaView } from '../replica';
import { type Client, client, type RpcTls } from '../rpc';

/** A charging service company's centre one can seal to and reach. */
export interface Centre {
  readonly keys: RecordKeys;
  readonly client: Client<'Csc'>;
}

/**
 * The configured centres, by name and by pseudo-identity. A centre's own TLS name vouches for its pseudo-identity; that its
 * record counts, the local replica says.
 */
export class Centres {
  readonly #clients: ReadonlyMap<string, Client<'Csc'>>;
  /** f in lower-case hex → name. */
  readonly #names = new Map<string, string>();

  constructor(peers: readonly NamedPeer[], tls: RpcTls) {
    this.#clients = new Map(
      peers.map(({ name, endpoint }) => [name, client('Csc', endpoint, tls, { serverName: name })]),
    );
  }

  /**
   * @param epoch whose record of the centre is meant
   * @throws CodedError E_CENTRE_UNKNOWN, E_RECORD_NOT_COUNTED; RpcError
   */
  async byName(name: string, epoch: number, replica: Pick<ReplicaView, 'record'>): Promise<Centre> {
    const found = this.#clients.get(name);
    if (!found) throw new CodedError('E_CENTRE_UNKNOWN', `no centre ${name} is configured: add it to peers.csc`);
    const { f } = await found.identify({ epoch });
    this.#names.set(toHex(f), name);
    return { keys: await keysOf(f, replica), client: found };
  }

  /**
   * @throws CodedError E_CENTRE_UNKNOWN if none of the configured centres has this pseudo-identity; E_RECORD_NOT_COUNTED;
   * RpcError if one that might have it does not answer
   */
  async byRecord(f: Uint8Array, replica: Pick<ReplicaView, 'record'>): Promise<Centre> {
    const id = toHex(f);
    const keys = await keysOf(f, replica);
    const silent = this.#names.has(id) ? undefined : await this.#askAll(keys.record.epoch);
    const found = this.#clients.get(this.#names.get(id) ?? '');
    if (!found && silent) throw silent.reason;
    if (!found) throw new CodedError('E_CENTRE_UNKNOWN', 'no configured centre has this record: complete peers.csc');
    return { keys, client: found };
  }

  close(): void {
    for (const each of this.#clients.values()) each.close();
  }

  /** @returns one that did not answer, if any */
  async #askAll(epoch: number): Promise<PromiseRejectedResult | undefined> {
    const answers = await Promise.allSettled(
      [...this.#clients].map(async ([name, each]) => this.#names.set(toHex((await each.identify({ epoch })).f), name)),
    );
    return answers.find((answer) => answer.status === 'rejected');
  }
}

async function keysOf(f: Uint8Array, replica: Pick<ReplicaView, 'record'>): Promise<RecordKeys> {
  const found = await replica.record(Uint8Array.from(f));
  if (!found?.keys || found.revoked || found.record.role !== Role.CSC) {
    throw new CodedError('E_RECORD_NOT_COUNTED', "the centre's record does not count here yet: try again later");
  }
  return found.keys;
}
