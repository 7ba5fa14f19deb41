/** A small system that serves people, and requests in their names. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type LedgerKind, type Person } from '@chargecast/network';

import { DEMO_TARIFF } from '../../demo/tariff';
import { addPerson, Deployment, peoplePlaces } from '../../deployment';
import { personId } from '../../rest';
import { type Ask, askWith, type HttpAnswer } from '../../rest/testing/people';
import { FLEET } from './small-fleet';

export class PeopleSite {
  readonly deployment: Deployment;
  readonly #tls = new Map<string, RequestOptions>();

  private constructor(deployment: Deployment) {
    this.deployment = deployment;
  }

  static async start(ledger: LedgerKind = 'embedded'): Promise<PeopleSite> {
    const directory = await mkdtemp(join(tmpdir(), 'chargecast-people-'));
    const charging = { tariff: DEMO_TARIFF };
    return PeopleSite.started(await Deployment.open({ directory, fleet: FLEET, ledger, charging, people: true }));
  }

  /** With its roles, of which none runs yet. */
  static async started(deployment: Deployment): Promise<PeopleSite> {
    const site = PeopleSite.of(deployment);
    try {
      await deployment.startRoles('in-process');
      return site;
    } catch (error) {
      await site.stop();
      throw error;
    }
  }

  /** People of a deployment that somebody else started. */
  static of(deployment: Deployment): PeopleSite {
    return new PeopleSite(deployment);
  }

  async stop(): Promise<void> {
    await this.deployment.stop();
    await rm(this.deployment.layout.directory, { recursive: true, force: true });
  }

  urlOf(service: string): string {
    return this.deployment.services.find(({ name }) => name === service)?.url ?? '';
  }

  /** Issues what is not there yet. */
  async tls(person: Person): Promise<RequestOptions> {
    const id = personId(person);
    const known = this.#tls.get(id);
    if (known) return known;
    const { people } = this.deployment.layout;
    const files = peoplePlaces(people).person(id);
    const read = (): Promise<Buffer[]> => Promise.all([files.key, files.cert, files.ca].map((file) => readFile(file)));
    const [key, cert, ca] = await read().catch(async () => {
      await addPerson(people, person);
      return read();
    });
    const tls = { key, cert, ca } as RequestOptions;
    this.#tls.set(id, tls);
    return tls;
  }

  /** @param person undefined: without a certificate */
  async ask(service: string, path: string, person: Person | undefined, ask: Ask = {}): Promise<HttpAnswer> {
    const url = `${this.urlOf(service)}${path}`;
    if (person) return askWith(url, await this.tls(person), ask);
    const ca = await readFile(peoplePlaces(this.deployment.layout.people).authority);
    return askWith(url, { ca }, ask);
  }

  /** Polls until the answer is as wanted. */
  async until<T>(what: string, read: () => Promise<T>, isWanted: (found: T) => boolean): Promise<T> {
    const deadline = Date.now() + 120_000;
    for (;;) {
      const found = await read();
      if (isWanted(found)) return found;
      if (Date.now() > deadline) throw new Error(`waited in vain until ${what}: ${JSON.stringify(found)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

export const operatorOf = (at: string): Person => ({ role: 'operator', at, name: '1' });
export const AUDITOR: Person = { role: 'auditor', at: 'any', name: '1' };
export const MONITOR: Person = { role: 'monitor', at: 'any', name: '1' };
