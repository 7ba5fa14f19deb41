import { Backoff } from '../common/abort';
import { codeOf } from '../common/errors';
import type { Logger } from '../common/log';
import { Announcements, approvedByGateways, Centres, type Holder, openHolder } from '../holder';
import type { Replica } from '../replica';
import { type Client, client, type RpcTls } from '../rpc';
import type { Store } from '../store';
import type { CssConfig } from './config';

export interface MembershipParts {
  readonly config: CssConfig;
  readonly tls: RpcTls;
  /** A sealed sub-store of its own. */
  readonly store: Store;
  readonly replica: Replica;
  readonly log: Logger;
  readonly stopping: AbortSignal;
  /** Unix seconds. */
  readonly now: () => number;
}

/**
 * The gateway's own record and keys, by which it seals notices to piles and opens what is sealed to it. Enrolled in the
 * background: the key centre needs the gateways' stream first, and the others' approvals need the others.
 */
export class Membership {
  readonly #parts: MembershipParts;
  readonly #kgc: Client<'Kgc'> | undefined;
  readonly #centres: Centres;
  readonly #gateways: readonly { readonly mspId: string; readonly css: Client<'Css'> }[];
  #holder: Holder | undefined;
  #announcements: Announcements | undefined;
  #enrolling: Promise<void> = Promise.resolve();

  constructor(parts: MembershipParts) {
    const { config, tls } = parts;
    this.#parts = parts;
    this.#kgc = config.peers.kgc === undefined ? undefined : client('Kgc', config.peers.kgc, tls);
    this.#centres = new Centres(config.peers.csc, tls);
    this.#gateways = config.peers.css
      .filter(({ name }) => name !== config.name)
      .map(({ mspId, name, endpoint }) => ({ mspId, css: client('Css', endpoint, tls, { serverName: name }) }));
  }

  /** Undefined until enrolled. */
  get holder(): Holder | undefined {
    return this.#holder;
  }

  get centres(): Centres {
    return this.#centres;
  }

  /** The other organisations' gateways. */
  get gateways(): readonly { readonly mspId: string; readonly css: Client<'Css'> }[] {
    return this.#gateways;
  }

  /** Enrols until it is done or the process stops. */
  begin(enrolled: (holder: Holder) => Promise<void>): void {
    const kgc = this.#kgc;
    if (!kgc) return;
    this.#enrolling = this.#enrol(kgc)
      .then((holder) => holder && enrolled(holder))
      .catch((error: unknown) => this.#parts.log.error({ err: error }, 'own messages are not looked for'));
  }

  async stop(): Promise<void> {
    await this.#enrolling;
    await this.#announcements?.stopped();
    await this.#holder?.stop();
    this.#kgc?.close();
    this.#centres.close();
    for (const { css } of this.#gateways) css.close();
  }

  async #enrol(kgc: Client<'Kgc'>): Promise<Holder | undefined> {
    const { config, store, replica, log, stopping } = this.#parts;
    const publisher = approvedByGateways(replica.params, this.#gateways, config.identity.mspId);
    const backoff = new Backoff(500, 10_000);
    while (!stopping.aborted) {
      try {
        this.#holder = await openHolder({
          role: 'css',
          name: config.name,
          store: store.sub('holder'),
          replica,
          kgc,
          publisher,
          logger: log,
          signal: stopping,
          entered: (holder) => void this.#announceAgain(holder),
        });
        await this.#announce(this.#holder);
        return this.#holder;
      } catch (error) {
        if (!stopping.aborted) log.warn({ err: error, code: codeOf(error) }, 'enrolment is tried again');
      }
      await backoff.wait(stopping);
    }
    return undefined;
  }

  /** The first time the holder is not this process's yet, and announced when it is. */
  async #announceAgain(holder: Holder): Promise<void> {
    if (this.#holder !== holder) return;
    await this.#announce(holder).catch((error: unknown) => {
      this.#parts.log.error({ err: error }, 'the new epoch’s record was not announced');
    });
  }

  async #announce(holder: Holder): Promise<void> {
    const { config, store, replica, log, stopping, now } = this.#parts;
    this.#announcements ??= await Announcements.open({
      store: store.sub('announcements'),
      view: replica,
      centres: this.#centres,
      names: config.peers.csc.map(({ name }) => name),
      holder: () => holder,
      log,
      stopping,
      now,
    });
    await this.#announcements.announce('', holder);
  }
}
