import {
  acceptCredentials,
  type Credential,
  type CredentialLeaf,
  type DurableSet,
  fromHex,
  type HolderKey,
  type Params,
  type PendingCredentials,
  prepareCredentials,
  Secret,
  toHex,
} from '@chargecast/signcryption';
import { CodedError, codeOf } from '../common/errors';
import { type Client } from '../rpc';
import { fromJson, getJson, type Store, toJson } from '../store';
import { decodeIssuedBatch, encodeCredentialRequest } from './credential-codec';
import { insist, type Patience } from './retry';

export interface WalletOptions {
  readonly params: Params;
  readonly key: HolderKey;
  readonly senderClass: number;
  /** A sub-store of this epoch and class alone. */
  readonly store: Store;
  readonly kgc: Pick<Client<'Kgc'>, 'issueCredentials'>;
  /** Makes the holder known again to a KGC whose database was restored from an older copy. */
  readonly introduce: () => Promise<void>;
  readonly batch: number;
  readonly low: number;
  readonly patience: () => Patience;
  readonly onRefillFailure: (error: unknown) => void;
}

interface StoredCredential {
  readonly y: string;
  readonly certificate: string;
}

interface StoredBatch {
  readonly root: string;
  readonly count: number;
  readonly req: string;
  readonly leaves: readonly { readonly Y: string; readonly salt: string; readonly popY: string; readonly y: string }[];
}

/** Counters of one batch, whatever its size. */
const MAX_BATCH = 4096;
const BATCH = 'batch';
const UNUSED = 'unused.';

/**
 * One-time credentials of one epoch and class. Unused ones lie in the store; spending deletes from it, durably, before
 * anything is signed. A batch is stored before it is asked for, so that an answer lost on the way is asked for again.
 */
export class Wallet {
  readonly #options: WalletOptions;
  readonly #unused: Credential[] = [];
  #refilling: Promise<void> | undefined;

  private constructor(options: WalletOptions) {
    this.#options = options;
  }

  static async load(options: WalletOptions): Promise<Wallet> {
    const wallet = new Wallet(options);
    for await (const { key, value } of options.store.entries({ prefix: UNUSED })) {
      const { y, certificate } = fromJson<StoredCredential>(value);
      wallet.#unused.push({
        epoch: options.key.record.epoch,
        senderClass: options.senderClass,
        oneTimeKey: fromHex(key.slice(UNUSED.length), 32),
        y: new Secret(fromHex(y, 32)),
        certificate: fromHex(certificate, 64),
      });
    }
    return wallet;
  }

  get left(): number {
    return this.#unused.length;
  }

  /**
   * Lends one credential to `use`, with the set that marks it spent. If `use` fails before it spends the credential, it
   * goes back.
   * @throws CodedError E_CREDENTIALS_OUT when none is left and the KGC gives none
   */
  async use<T>(use: (credential: Credential, spent: DurableSet) => Promise<T>): Promise<T> {
    const credential = await this.#next();
    this.#refillInTime();
    let isSpent = false;
    const spent: DurableSet = {
      add: async (oneTimeKey) => {
        if (isSpent || toHex(oneTimeKey) !== toHex(credential.oneTimeKey)) return false;
        isSpent = true;
        await this.#options.store.del(unusedName(oneTimeKey));
        return true;
      },
    };
    try {
      return await use(credential, spent);
    } finally {
      if (isSpent) credential.y.erase();
      else this.#unused.push(credential);
    }
  }

  /** Waits for a refill under way; its failure was reported already. */
  async settle(): Promise<void> {
    await this.#refilling?.catch(() => undefined);
  }

  async #next(): Promise<Credential> {
    for (;;) {
      const credential = this.#unused.shift();
      if (credential !== undefined) return credential;
      try {
        await this.refill();
      } catch (error) {
        throw new CodedError('E_CREDENTIALS_OUT', 'no one-time credential is left and the KGC gave none; try again', {
          cause: error,
        });
      }
    }
  }

  #refillInTime(): void {
    if (this.#unused.length > this.#options.low || this.#refilling !== undefined) return;
    this.refill().catch(this.#options.onRefillFailure);
  }

  /** One batch more; callers at the same time share it. */
  refill(): Promise<void> {
    this.#refilling ??= this.#fetch().finally(() => (this.#refilling = undefined));
    return this.#refilling;
  }

  async #fetch(): Promise<void> {
    const { params, store, patience } = this.#options;
    const pending = (await this.#storedBatch()) ?? (await this.#newBatch());
    const request = encodeCredentialRequest(pending.request);
    const { issued } = await insist(() => this.#ask(request), patience());
    const credentials = acceptCredentials(params, pending, decodeIssuedBatch(issued));
    const batch = store.batch().del(store, BATCH);
    for (const { oneTimeKey, y, certificate } of credentials) {
      const kept: StoredCredential = { y: toHex(y.reveal()), certificate: toHex(certificate) };
      batch.put(store, unusedName(oneTimeKey), toJson(kept));
    }
    await batch.commit();
    this.#unused.push(...credentials);
  }

  async #ask(request: Uint8Array): ReturnType<WalletOptions['kgc']['issueCredentials']> {
    const { kgc, introduce } = this.#options;
    try {
      return await kgc.issueCredentials({ request });
    } catch (error) {
      if (codeOf(error) !== 'E_CREDENTIAL_OWNER') throw error;
      await introduce();
      return kgc.issueCredentials({ request });
    }
  }

  async #newBatch(): Promise<PendingCredentials> {
    const { params, key, senderClass, store, batch: count } = this.#options;
    const firstCounter = Number(await store.nextCounter('batches')) * MAX_BATCH;
    const pending = prepareCredentials(params, key, { senderClass, count, firstCounter });
    const { statement, leaves } = pending.request;
    const kept: StoredBatch = {
      root: toHex(statement.root),
      count,
      req: toHex(statement.req),
      leaves: leaves.map((leaf, j) => ({
        Y: toHex(leaf.oneTimeKey),
        salt: toHex(leaf.salt),
        popY: toHex(leaf.popY),
        y: toHex((pending.secrets[j] as Secret).reveal()),
      })),
    };
    await store.put(BATCH, toJson(kept));
    return pending;
  }

  async #storedBatch(): Promise<PendingCredentials | undefined> {
    const stored = await getJson<StoredBatch>(this.#options.store, BATCH);
    if (stored === undefined) return undefined;
    const { f, epoch } = this.#options.key.record;
    const { senderClass } = this.#options;
    const leaves: CredentialLeaf[] = stored.leaves.map(({ Y, salt, popY }) => ({
      oneTimeKey: fromHex(Y, 32),
      salt: fromHex(salt, 32),
      popY: fromHex(popY, 64),
    }));
    const { root, count, req } = stored;
    return {
      request: {
        statement: { f, epoch, senderClass, root: fromHex(root, 64), count, req: fromHex(req, 64) },
        leaves,
      },
      secrets: stored.leaves.map(({ y }) => new Secret(fromHex(y, 32))),
    };
  }
}

const unusedName = (oneTimeKey: Uint8Array): string => `${UNUSED}${toHex(oneTimeKey)}`;
