import { toHex } from '@chargecast/signcryption';

import type { CssPeer } from '../common/config';
import { CodedError } from '../common/errors';
import type { Logger } from '../common/log';
import { approvedByGateways, type Holder, openHolder } from '../holder';
import type { Replica } from '../replica';
import { type Client, client, type RpcTls } from '../rpc';
import type { Store } from '../store';

export interface PileParts {
  /** Name of the process. */
  readonly process: string;
  readonly names: readonly string[];
  readonly gateways: readonly CssPeer[];
  /** MSP id of the CSS the piles hang on. */
  readonly owner: string;
  readonly kgc: Client<'Kgc'>;
  readonly tls: RpcTls;
  /** A sealed sub-store of its own. */
  readonly store: Store;
  readonly replica: Replica;
  readonly log: Logger;
  readonly stopping: AbortSignal;
}

/** Piles enrolled at once. */
const TOGETHER = 16;

/** The piles of this process, each an enrolled holder with keys of its own. */
export class Piles {
  readonly byName: ReadonlyMap<string, Holder>;
  readonly #gateways: readonly Client<'Css'>[];

  private constructor(byName: ReadonlyMap<string, Holder>, gateways: readonly Client<'Css'>[]) {
    this.byName = byName;
    this.#gateways = gateways;
  }

  /** Resolves when every pile's record counts. @throws what `openHolder` throws */
  static async enrol(parts: PileParts): Promise<Piles> {
    const { process, gateways, owner, kgc, tls, store, replica, log, stopping } = parts;
    const clients = gateways.map(({ mspId, name, endpoint }) => ({
      mspId,
      css: client('Css', endpoint, tls, { serverName: name }),
    }));
    const publisher = approvedByGateways(replica.params, clients, owner);
    const holders = new Map<string, Holder>();
    const piles = new Piles(
      holders,
      clients.map(({ css }) => css),
    );
    try {
      for (let at = 0; at < parts.names.length; at += TOGETHER) {
        const group = parts.names.slice(at, at + TOGETHER).map(async (name) => {
          const options = { role: 'cp' as const, name: `${process}/${name}`, kgc, publisher, replica, logger: log };
          holders.set(name, await openHolder({ ...options, store: store.sub(name), signal: stopping }));
        });
        await Promise.all(group);
      }
      return piles;
    } catch (error) {
      await piles.stop();
      throw error;
    }
  }

  /** @throws CodedError E_PILE_UNKNOWN */
  get(name: string): Holder {
    const holder = this.byName.get(name);
    if (!holder) throw new CodedError('E_PILE_UNKNOWN', 'this process serves no such pile');
    return holder;
  }

  /** @param f lower-case hex, of the current epoch */
  byRecord(f: string): Holder | undefined {
    return [...this.byName.values()].find((holder) => toHex(holder.f) === f);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.byName.values()].map((holder) => holder.stop()));
    for (const gateway of this.#gateways) gateway.close();
  }
}
