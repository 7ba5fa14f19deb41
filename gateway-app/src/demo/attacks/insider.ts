import { randomBytes } from 'node:crypto';

import {
  acceptCredentials,
  beginEnrolment,
  type Credential,
  encodeRecord,
  finishEnrolment,
  type HolderKey,
  type Params,
  prepareCredentials,
  Secret,
} from '@chargecast/signcryption';

import { CodedError } from '../../common/errors';
import {
  approvedByGateways,
  decodeIssuedBatch,
  encodeCredentialRequest,
  type GatewayClient,
  holderRoleCode,
  type HolderRole,
  insist,
  realIdentity,
} from '../../holder';
import { type Client } from '../../rpc';

const PATIENCE = 60_000;
const BATCH = 16;

export interface InsiderOptions {
  readonly params: Params;
  readonly epoch: number;
  readonly role: HolderRole;
  /** As in its TLS certificate. */
  readonly name: string;
  readonly kgc: Client<'Kgc'>;
}

/** A holder that the KGC has enrolled and that will misbehave: its keys lie open in memory. */
export class Insider {
  readonly key: HolderKey;
  readonly #options: InsiderOptions;
  readonly #credentials: Credential[] = [];

  private constructor(options: InsiderOptions, key: HolderKey) {
    this.#options = options;
    this.key = key;
  }

  /** Enrolled, and nothing more: its record stands nowhere. */
  static async enrol(options: InsiderOptions): Promise<Insider> {
    const { params, epoch, role, name, kgc } = options;
    const who = { realId: realIdentity(role, name), role: holderRoleCode(role), epoch };
    const pending = beginEnrolment(params, who, new Secret(Uint8Array.from(randomBytes(32))));
    const { X, pop } = pending.request;
    const answer = await insist(() => kgc.enrol({ epoch, x: X, pop, unit: '' }), patience());
    const key = finishEnrolment(params, pending, {
      f: Uint8Array.from(answer.f),
      role: who.role,
      epoch,
      X,
      R: Uint8Array.from(answer.r),
      d: new Secret(Uint8Array.from(answer.d)),
    });
    return new Insider(options, key);
  }

  get record(): Uint8Array {
    return encodeRecord(this.key.record);
  }

  /** Approved by the consortium like any other company. */
  async becomeCounted(gateways: readonly GatewayClient[]): Promise<void> {
    const { signal, until } = patience();
    const publisher = approvedByGateways(this.#options.params, gateways);
    await insist(() => publisher.publish(this.record, signal), { signal, until });
  }

  /** A fresh one-time credential of its own class. */
  async credential(): Promise<Credential> {
    if (this.#credentials.length === 0) await this.fetchCredentials();
    const credential = this.#credentials.shift();
    if (!credential) throw new CodedError('E_ATTACK_SETUP', 'the KGC gave no credential');
    return credential;
  }

  /** Has the KGC certify further ones, so that it need not be asked again for a while. */
  async fetchCredentials(): Promise<void> {
    const { params, kgc } = this.#options;
    const senderClass = this.key.record.role;
    const firstCounter = randomBytes(4).readUInt32LE();
    const pending = prepareCredentials(params, this.key, { senderClass, count: BATCH, firstCounter });
    const request = encodeCredentialRequest(pending.request);
    const { issued } = await insist(() => kgc.issueCredentials({ request }), patience());
    this.#credentials.push(...acceptCredentials(params, pending, decodeIssuedBatch(issued)));
  }
}

function patience(): { signal: AbortSignal; until: number } {
  return { signal: AbortSignal.timeout(PATIENCE), until: Date.now() + PATIENCE };
}
