import { encodeRecord, toHex } from '@chargecast/signcryption';

import type { CssPeer } from '../common/config';
import { CodedError } from '../common/errors';
import type { Logger } from '../common/log';
import { approvedByGateways, type Holder, insist, openHolder } from '../holder';
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

interface GatewayConnection {
  readonly mspId: string;
  readonly css: Client<'Css'>;
}

/** How long a start waits for a pile's own gateway. */
const PRESENT_MS = 10_000;

/** Piles enrolled at once. */
const TOGETHER = 16;

/** The piles of this process, each an enrolled holder with keys of its own. */
export class Piles {
  readonly byName: ReadonlyMap<string, Holder>;
  /** A pile has a record in another epoch. */
  renewed: (unit: string, holder: Holder) => void = () => undefined;
  readonly #gateways: readonly GatewayConnection[];

  private constructor(byName: ReadonlyMap<string, Holder>, gateways: readonly GatewayConnection[]) {
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
    const piles = new Piles(holders, clients);
    try {
      for (let at = 0; at < parts.names.length; at += TOGETHER) {
        const group = parts.names.slice(at, at + TOGETHER).map(async (name) => {
          const options = { role: 'cp' as const, name: `${process}/${name}`, kgc, publisher, replica, logger: log };
          const entered = (entering: Holder): void => void piles.#entered(name, entering, parts);
          const holder = await openHolder({ ...options, store: store.sub(name), signal: stopping, entered });
          holders.set(name, holder);
          await piles.#present(name, holder, parts);
        });
        await Promise.all(group);
      }
      return piles;
    } catch (error) {
      await piles.stop();
      throw error;
    }
  }

  /** While a start enrols a pile, it is not served yet: the start presents it. */
  async #entered(unit: string, holder: Holder, parts: PileParts): Promise<void> {
    if (this.byName.get(unit) !== holder) return;
    await this.#present(unit, holder, parts);
    this.renewed(unit, holder);
  }

  /** Its own CSS, whose approval does not count and was not asked, learns the pile's record as well: it sends it notices. */
  async #present(unit: string, holder: Holder, { owner, log, stopping }: PileParts): Promise<void> {
    const own = this.#gateways.find(({ mspId }) => mspId === owner);
    if (!own) return;
    const patience = { signal: stopping, until: Date.now() + PRESENT_MS };
    try {
      await insist(
        () => own.css.approve({ record: encodeRecord(holder.key.record), unit }, { signal: stopping }),
        patience,
      );
    } catch (error) {
      log.warn({ err: error }, "a pile's own gateway does not know its record: told again at the next start");
    }
  }

  /** @throws CodedError E_PILE_UNKNOWN */
  get(name: string): Holder {
    const holder = this.byName.get(name);
    if (!holder) throw new CodedError('E_PILE_UNKNOWN', 'this process serves no such pile');
    return holder;
  }

  /** @param f lower-case hex, of an accepted epoch */
  byRecord(f: string): Holder | undefined {
    return [...this.byName.values()].find((holder) =>
      holder.epochs.some((epoch) => toHex(holder.keyOf(epoch)?.record.f ?? new Uint8Array()) === f),
    );
  }

  async stop(): Promise<void> {
    await Promise.all([...this.byName.values()].map((holder) => holder.stop()));
    for (const { css } of this.#gateways) css.close();
  }
}
