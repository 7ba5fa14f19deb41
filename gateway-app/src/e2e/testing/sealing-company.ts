import { BROADCAST, type GovernanceReply, REGISTRATION, type RecordPage, type SubmitReply } from '@chargecast/protocol';
import {
  decodeHeader,
  decodeRecord,
  fromHex,
  HEADER_BYTES,
  parseLimits,
  type RecordKeys,
  Role,
  toHex,
  verifyRecord,
} from '@chargecast/signcryption';

import { submitTransaction } from '../../css/ledger-calls';
import { forge, receiver } from '../../demo/attacks/forger';
import { Insider } from '../../demo/attacks/insider';
import { type Deployment } from '../../deployment/deployment';
import { type GatewayClient } from '../../holder';
import { type Ledger } from '../../ledger';
import { type Client } from '../../rpc';

const POLL = 20;
/** Milliseconds in which some vehicle has its record of a new epoch published. */
const ENROLMENT = 60_000;

async function governanceOf(ledger: Ledger): Promise<GovernanceReply> {
  const { contract, governance: name } = BROADCAST;
  return JSON.parse(Buffer.from(await ledger.evaluate('datachain', { contract, name })).toString()) as GovernanceReply;
}

/** A company that counts and keeps to itself what it seals; it can ask each organisation's chaincode about it. */
export class SealingCompany {
  readonly #deployment: Deployment;
  readonly #insider: Insider;
  /** One of each organisation, which asks that organisation's own peer. */
  readonly #relays: readonly Ledger[];

  private constructor(deployment: Deployment, insider: Insider, relays: readonly Ledger[]) {
    this.#deployment = deployment;
    this.#insider = insider;
    this.#relays = relays;
  }

  /** @param name of a guest of the deployment that is a centre */
  static async open(deployment: Deployment, name: string): Promise<SealingCompany> {
    const { params, topology } = deployment.consortium;
    const { organisations } = topology;
    const guest = { role: 'csc', name } as const;
    const relays = await Promise.all(organisations.map(({ mspId }) => deployment.consortium.connect(mspId, 'relay')));
    const epoch = (await governanceOf(relays[0] as Ledger)).epochs?.current as number;
    const kgc = await deployment.client('Kgc', 'kgc', guest);
    const gateways: (GatewayClient & { readonly css: Client<'Css'> })[] = [];
    try {
      for (const { name: css, mspId } of organisations) {
        gateways.push({ mspId, css: await deployment.client('Css', css, guest) });
      }
      const insider = await Insider.enrol({ params, epoch, ...guest, kgc });
      await insider.becomeCounted(gateways);
      await insider.fetchCredentials();
      return new SealingCompany(deployment, insider, relays);
    } finally {
      kgc.close();
      for (const { css } of gateways) css.close();
    }
  }

  /** A σ under a one-time credential of its own, to some vehicle. */
  async seal(): Promise<Uint8Array> {
    const { params } = this.#deployment.consortium;
    const { limits } = await governanceOf(this.#relays[0] as Ledger);
    const { key } = this.#insider;
    const credential = await this.#insider.credential();
    const receivers = [receiver(await this.#someVehicle(key.record.epoch), Buffer.from('kept'))];
    return forge({ params, limits: parseLimits(JSON.stringify(limits)), sender: key, credential, receivers });
  }

  /** Vehicles enrol anew within seconds of a roll. */
  async #someVehicle(epoch: number): Promise<RecordKeys> {
    const deadline = Date.now() + ENROLMENT;
    for (;;) {
      const found = (await this.#records()).find((record) => record.role === Role.EV && record.epoch === epoch);
      if (found) return verifyRecord(this.#deployment.consortium.params, found);
      if (Date.now() > deadline) throw new Error('no vehicle has a record in this epoch');
      await new Promise((resolve) => setTimeout(resolve, POLL));
    }
  }

  async #records(): Promise<ReturnType<typeof decodeRecord>[]> {
    const { contract, listRecords: name } = REGISTRATION;
    const [relay] = this.#relays as [Ledger];
    const reply = await relay.evaluate('certchain', { contract, name, args: ['500', ''] });
    const { items } = JSON.parse(Buffer.from(reply).toString()) as RecordPage;
    return items.map(({ record }) => decodeRecord(fromHex(record)));
  }

  /** What each organisation's chaincode says to a submission of σ now: `committed`, or the refusal's code. Nothing is ordered. */
  verdicts(sigma: Uint8Array): Promise<string[]> {
    return Promise.all(this.#relays.map((relay) => verdictOf(relay, sigma)));
  }

  /** When the block that revokes σ's credential came to a peer. @returns Unix milliseconds */
  async revocationCommitted(sigma: Uint8Array, signal: AbortSignal): Promise<number> {
    const { oneTimeKey } = decodeHeader(sigma.subarray(0, HEADER_BYTES));
    const key = `revoked:credential:${toHex(oneTimeKey)}`;
    const [relay] = this.#relays as [Ledger];
    const blocks = relay.blocks('datachain', { from: await relay.height('datachain'), signal });
    for await (const { transactions } of blocks) {
      if (transactions.some(({ valid, writes }) => valid && writes.some((write) => write.key === key))) {
        return Date.now();
      }
    }
    throw new Error('no revocation was committed');
  }

  /**
   * Asks until every organisation refuses.
   * @returns Unix milliseconds at which the last question was put that σ still passed
   */
  async lastPassed(sigma: Uint8Array, patienceMs: number): Promise<number> {
    const deadline = Date.now() + patienceMs;
    const times = this.#relays.map(async (relay) => {
      for (let passed = 0; ;) {
        const asked = Date.now();
        if ((await verdictOf(relay, sigma)) !== 'committed') return passed;
        if (asked > deadline) throw new Error('the credential was never refused');
        passed = asked;
        await new Promise((resolve) => setTimeout(resolve, POLL));
      }
    });
    return Math.max(...(await Promise.all(times)));
  }

  close(): void {
    for (const relay of this.#relays) relay.close();
  }
}

async function verdictOf(relay: Ledger, sigma: Uint8Array): Promise<string> {
  const reply = await relay.evaluate('datachain', submitTransaction([sigma]));
  const [outcome] = (JSON.parse(Buffer.from(reply).toString()) as SubmitReply).outcomes;
  return outcome?.status === 'refused' ? outcome.code : (outcome?.status ?? 'no outcome');
}
