/** kill −9 of the ledger, the KGC, a CSS and a CP in the middle of a broadcast, each in a process of its own. */
import { type LedgerKind } from '@chargecast/network';

import { sessionBill } from '../../demo/session-commands';
import { DEMO_TARIFF } from '../../demo/tariff';
import { RecordingActuator } from '../../cp/recording-actuator';
import { type Deployment } from '../../deployment/deployment';
import { killLedger } from '../../deployment/kill-ledger';
import { pileAddresses } from '../../deployment/role-places';
import { type Effect } from '../../opening';
import { type Client } from '../../rpc';
import { fromJson, openSealedStore } from '../../store';
import { commandsOf, FLEET, followAll, SESSIONS, startSystem, stopSystem } from './small-fleet';

const BOOT = 240_000;
const RECOVERY = 180_000;

export function killSuite(ledger: LedgerKind): void {
  let deployment: Deployment;
  let vehicles: Client<'Vehicle'>;
  const companies: Client<'Csc'>[] = [];
  const sent: string[] = [];

  beforeAll(async () => {
    deployment = await startSystem(ledger, 'processes');
    vehicles = await deployment.client('Vehicle', 'ev1', { role: 'ev', name: 'ev1' });
    for (const { csc } of FLEET.vehicles) {
      companies.push(await deployment.client('Csc', csc, { role: 'csc', name: csc }));
    }
    const addresses = pileAddresses(deployment.manifest);
    for (const [index, { name }] of FLEET.vehicles.entries()) {
      const pile = addresses.get(SESSIONS[index]?.pile ?? '') as string;
      await vehicles.plugIn({ vehicle: name, pile }, { deadline: 60_000 });
    }
  }, BOOT);

  afterAll(async () => {
    vehicles?.close();
    for (const company of companies) company.close();
    if (deployment) await stopSystem(deployment);
  }, BOOT);

  /** Both companies broadcast; as soon as a σ of each is on its way, `disturb` runs; then all must be delivered. */
  async function broadcastThrough(round: string, disturb: () => Promise<void>): Promise<void> {
    let onTheWay = 0;
    let disturbed: Promise<void> | undefined;
    await Promise.all(
      companies.map(async (company, index) => {
        const session = SESSIONS[index] as (typeof SESSIONS)[number];
        const { commandIds } = await company.send({ commands: commandsOf(session, round) });
        sent.push(...commandIds);
        let counted = false;
        for await (const { state, code } of followAll(company, commandIds)) {
          expect(`${state} ${state === 'failed' ? code : ''}`.trim()).not.toMatch(/^failed/);
          if (!counted && state !== 'waiting') {
            counted = true;
            onTheWay++;
          }
          if (onTheWay === companies.length) await (disturbed ??= disturb());
        }
      }),
    );
    await (disturbed ?? disturb());
  }

  async function killAndRestart(name: string): Promise<void> {
    await deployment.killRole(name);
    await deployment.startRole(name, 'processes');
  }

  describe('kill −9 in the middle of a broadcast', () => {
    it.each([
      ['the ledger', () => killLedger(deployment)],
      ['the KGC', () => killAndRestart('kgc')],
      ['a CSS', () => killAndRestart('css1')],
      ['a CP', () => killAndRestart('cp1')],
    ])(
      '%s: after the restart every message is delivered',
      async (name, disturb) => {
        await broadcastThrough(name.replaceAll(' ', '-'), disturb);
      },
      RECOVERY,
    );

    it(
      'and each was acted upon exactly once, each bill charged once',
      async () => {
        await deployment.stopRoles();
        const piles = await Promise.all(['cp1', 'cp2'].map(databaseOf));
        const acted = piles
          .flatMap(({ effects }) => effects)
          .filter(({ state, outcome }) => state === 'done' && outcome === 'done');
        expect(acted.map(({ order }) => order.commandId).sort()).toEqual([...sent].sort());
        const rounds = sent.length / (2 * SESSIONS.length);
        const bills = SESSIONS.map((session) => sessionBill(session, 'tx', DEMO_TARIFF).totalMinor);
        const charged = piles.reduce((sum, pile) => sum + pile.chargedMinor, 0);
        expect(charged).toBe(rounds * bills.reduce((sum, bill) => sum + bill, 0));
      },
      RECOVERY,
    );
  });

  /** The pile's journal and accounts as they lie in its sealed database. */
  async function databaseOf(name: string): Promise<{ effects: Effect[]; chargedMinor: number }> {
    const home = deployment.layout.role(name);
    const store = await openSealedStore(`${home}/data`, `${home}/store.key`);
    try {
      const effects: Effect[] = [];
      const commands = store.sub('journal').sub('commands', { hiddenKeys: true });
      for await (const { value } of commands.entries()) effects.push(fromJson<Effect>(value));
      return { effects, chargedMinor: await new RecordingActuator(store.sub('actuator')).chargedMinor() };
    } finally {
      await store.close();
    }
  }
}
