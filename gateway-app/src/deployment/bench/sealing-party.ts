import {
  acceptCredentials,
  beginEnrolment,
  type Credential,
  type DurableSet,
  finishEnrolment,
  type HolderKey,
  issueCredentials,
  issuePartialKey,
  type KgcKeys,
  lendEntryKey,
  type Limits,
  type Params,
  prepareCredentials,
  type Receiver,
  type RecordKeys,
  Role,
  Secret,
  sessionBinding,
  signcrypt,
  toHex,
  unsigncrypt,
  verifySigma,
} from '@chargecast/signcryption';
import { randomBytes } from 'node:crypto';

import { runningCost } from '../../csc/bench/running-cost';
import { decodePayload, encodePayload } from '../../holder';
import { FIRST_EPOCH } from '../genesis';

const CREDENTIALS_AT_ONCE = 64;
const TTL_SECONDS = 3_000;

interface Vehicle {
  readonly holder: HolderKey;
  readonly receiver: Receiver;
  readonly commandId: string;
}

/**
 * A centre and the vehicles it commands, all plugged in at one pile: enrolled with the KGC's keys in this process, so that
 * thousands of vehicles stand within seconds. Their records are not on the chain.
 */
export class SealingParty {
  readonly #params: Params;
  readonly #limits: Limits;
  readonly #kgc: KgcKeys;
  readonly #centre: HolderKey;
  readonly #pile: Uint8Array;
  readonly #session = Uint8Array.from(randomBytes(16));
  readonly #vehicles: readonly Vehicle[];
  readonly #hedge = new Secret(Uint8Array.from(randomBytes(32)));
  readonly #spent = new Once();
  readonly #certified = new Once();
  #credentials: Credential[] = [];
  #counter = 0;

  private constructor(parts: {
    params: Params;
    limits: Limits;
    kgc: KgcKeys;
    centre: HolderKey;
    pile: HolderKey;
    holders: readonly HolderKey[];
  }) {
    const { params, limits, kgc, centre, pile, holders } = parts;
    this.#params = params;
    this.#limits = limits;
    this.#kgc = kgc;
    this.#centre = centre;
    this.#pile = pile.record.f;
    const bind = sessionBinding(this.#pile, this.#session);
    this.#vehicles = holders.map((holder) => {
      const command = runningCost();
      const receiver = { keys: publicKeys(holder), bind, message: encodePayload([command]) };
      return { holder, receiver, commandId: command.commandId };
    });
  }

  static async make(params: Params, kgc: KgcKeys, limits: Limits, vehicles: number): Promise<SealingParty> {
    const issued = new Once();
    const enrol = async (role: Role, name: string): Promise<HolderKey> => {
      const seed = new Secret(Uint8Array.from(randomBytes(32)));
      const pending = beginEnrolment(params, { realId: name, role, epoch: FIRST_EPOCH }, seed);
      return finishEnrolment(params, pending, await issuePartialKey(params, kgc, pending.request, 0, issued));
    };
    const centre = await enrol(Role.CSC, 'csc:bench');
    const pile = await enrol(Role.CP, 'cp:bench/P1');
    const holders: HolderKey[] = [];
    for (let i = 0; i < vehicles; i++) holders.push(await enrol(Role.EV, `ev:bench/V${i}`));
    return new SealingParty({ params, limits, kgc, centre, pile, holders });
  }

  /** m of one vehicle. */
  get plaintext(): Uint8Array {
    return (this.#vehicles[0] as Vehicle).receiver.message;
  }

  /** One command to each of the first `receivers` vehicles. */
  async seal(receivers: number): Promise<{ id: string; sigma: Uint8Array }> {
    const { sigma, id } = await signcrypt({
      params: this.#params,
      limits: this.#limits,
      sender: this.#centre,
      credential: await this.#credential(),
      hedge: this.#hedge,
      receivers: this.#vehicles.slice(0, receivers).map(({ receiver }) => receiver),
      ttl: TTL_SECONDS,
      spent: this.#spent,
    });
    return { id: toHex(id), sigma };
  }

  /** As vehicle and pile together: the vehicle lends the key of its entry, the pile opens and reads the command. */
  async open(sigma: Uint8Array, count: number): Promise<void> {
    const verified = verifySigma(this.#params, sigma);
    const session = { pile: this.#pile, sessionId: this.#session, open: true, answered: 0, maxAnswers: 1 };
    const centre = { keys: publicKeys(this.#centre), counts: true, revoked: false };
    for (const { holder, commandId } of this.#vehicles.slice(0, count)) {
      const opened = await unsigncrypt({
        params: this.#params,
        limits: this.#limits,
        verified,
        receiver: { f: holder.record.f, role: Role.EV },
        entryKey: lendEntryKey(this.#params, this.#limits, holder, session, verified.sigma.headerBytes),
        findSender: (f) => (toHex(f) === toHex(centre.keys.record.f) ? centre : undefined),
      });
      const found = opened && decodePayload(opened)[0];
      if (found?.commandId !== commandId) throw new Error('a committed σ did not open to the command sealed in it');
    }
  }

  async #credential(): Promise<Credential> {
    const next = this.#credentials.pop();
    if (next) return next;
    const batch = { senderClass: Role.CSC, count: CREDENTIALS_AT_ONCE, firstCounter: this.#counter };
    this.#counter += CREDENTIALS_AT_ONCE;
    const pending = prepareCredentials(this.#params, this.#centre, batch);
    const keys = publicKeys(this.#centre);
    const issued = await issueCredentials(this.#params, this.#kgc, keys, pending.request, this.#certified);
    this.#credentials = acceptCredentials(this.#params, pending, issued);
    return this.#credential();
  }
}

/** A set in memory. */
export class Once implements DurableSet {
  readonly #seen = new Set<string>();

  add(key: Uint8Array): boolean {
    const text = toHex(key);
    if (this.#seen.has(text)) return false;
    this.#seen.add(text);
    return true;
  }
}

const publicKeys = ({ record, Q, u }: HolderKey): RecordKeys => ({ record, Q, u });
