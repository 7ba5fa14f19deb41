/** All directions of the first paper through one running system, and the README's example as it is printed there. */
import { type LedgerKind } from '@chargecast/network';
import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { type Deployment } from '../../deployment/deployment';
import { pileAddresses } from '../../deployment/role-places';
import { ROOT } from '../../deployment/root';
import { AttackStage, ATTACKERS } from '../../demo/attacks/stage';
import { forgeAs } from '../../demo/attacks/on-the-chain';
import { type Client, type Command } from '../../rpc';
import { commandsOf, FLEET, followAll, SESSIONS, startSystem, stopSystem } from './small-fleet';

const BOOT = 180_000;
const STEP = 90_000;

export function directionsSuite(ledger: LedgerKind): void {
  let deployment: Deployment;
  let vehicles: Client<'Vehicle'>;
  let company: Client<'Csc'>;
  let pile: string;

  beforeAll(async () => {
    deployment = await startSystem(ledger, 'in-process', ATTACKERS);
    vehicles = await deployment.client('Vehicle', 'ev1', { role: 'ev', name: 'ev1' });
    company = await deployment.client('Csc', 'csc1', { role: 'csc', name: 'csc1' });
    pile = pileAddresses(deployment.manifest).get(SESSIONS[0]?.pile ?? '') as string;
  }, BOOT);

  afterAll(async () => {
    vehicles?.close();
    company?.close();
    if (deployment) await stopSystem(deployment);
  }, BOOT);

  const [vehicle] = FLEET.vehicles;

  async function lastStates(commands: readonly Command[]): Promise<string[]> {
    const { commandIds } = await company.send({ commands });
    const last = new Map<string, string>();
    for await (const { commandId, state } of followAll(company, commandIds)) last.set(commandId, state);
    return commandIds.map((id) => last.get(id) ?? 'unknown');
  }

  async function status(name: string): Promise<Record<string, unknown>> {
    return (await deployment.role(name).status?.()) ?? {};
  }

  async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + STEP / 2;
    while (!(await holds())) {
      if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  const notice = (customer: string): Command => ({
    customer,
    kind: 'notice',
    action: 'DataTransfer',
    payload: JSON.stringify({ vendorId: 'chargecast', messageId: 'tariff', data: 'from tomorrow' }),
  });

  describe('directions', () => {
    it(
      'EV → CSC: plug-in, power and unplugging reach the vehicle’s own company, sealed',
      async () => {
        const before = Number((await status('csc1')).reports);
        await vehicles.plugIn({ vehicle: vehicle?.name ?? '', pile });
        await vehicles.report({ vehicle: vehicle?.name ?? '', powerWatts: 7000, energyWh: 1200 });
        await vehicles.unplug({ vehicle: vehicle?.name ?? '' });
        await until('three reports are taken', async () => Number((await status('csc1')).reports) >= before + 3);
      },
      STEP,
    );

    it(
      'CSC → EV: command and bill are acted upon at the pile where the vehicle is',
      async () => {
        const before = Number((await status('cp1')).effects);
        await vehicles.plugIn({ vehicle: vehicle?.name ?? '', pile });
        const states = await lastStates(commandsOf(SESSIONS[0] as (typeof SESSIONS)[number], 'ev'));
        await vehicles.unplug({ vehicle: vehicle?.name ?? '' });
        expect(states).toEqual(['delivered', 'delivered']);
        expect((await status('cp1')).effects).toBe(before + 2);
      },
      STEP,
    );

    it(
      'CSC → EV that is not plugged in: the message waits, the sender sees why, and it is delivered after plugging in',
      async () => {
        const [bill] = commandsOf(SESSIONS[0] as (typeof SESSIONS)[number], 'waits').slice(1) as [Command];
        const { commandIds } = await company.send({ commands: [bill] });
        const seen: string[] = [];
        for await (const { state, code } of followAll(company, commandIds)) {
          // It may be said once more before the pile has seen the vehicle.
          const first = code === 'E_NOT_PLUGGED_IN' && !seen.includes('waiting E_NOT_PLUGGED_IN');
          seen.push(`${state} ${code}`.trim());
          if (first) await vehicles.plugIn({ vehicle: vehicle?.name ?? '', pile });
        }
        await vehicles.unplug({ vehicle: vehicle?.name ?? '' });
        expect(seen).toContain('waiting E_NOT_PLUGGED_IN');
        expect(seen.at(-1)).toBe('delivered');
      },
      STEP,
    );

    it('CSC → CP', async () => expect(await lastStates([notice(`cp:${pile}`)])).toEqual(['delivered']), STEP);

    it('CSC → CSS', async () => expect(await lastStates([notice('css:css2')])).toEqual(['delivered']), STEP);

    it(
      'CSS → CP',
      async () => {
        const before = Number((await status('cp1')).effects);
        const gateway = await deployment.client('Css', 'css1', { role: 'css', name: 'css1' });
        try {
          const { action, payload } = notice('');
          await gateway.notify({ pile, action, payload });
          await until('the pile acts', async () => Number((await status('cp1')).effects) === before + 1);
        } finally {
          gateway.close();
        }
      },
      STEP,
    );
  });

  describe('the README’s example for a consortium member', () => {
    const program = join(ROOT, 'gateway-app', 'submit-sigma.test-run.cjs');
    let stage: AttackStage;

    beforeAll(async () => {
      const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
      const [, code] = /```js\n([\s\S]*?)```/.exec(readme) ?? [];
      await writeFile(program, code ?? '');
      stage = await AttackStage.open({ deployment, victim: vehicle as (typeof FLEET.vehicles)[number], pile });
    }, STEP);

    afterAll(async () => {
      await stage?.close();
      await vehicles.unplug({ vehicle: vehicle?.name ?? '' });
      await rm(program, { force: true });
    });

    it(
      'submits σ with plain fabric-gateway: a new one is committed, one of the chain is refused',
      async () => {
        const fresh = join(deployment.layout.directory, 'fresh.sigma');
        const old = join(deployment.layout.directory, 'old.sigma');
        await writeFile(fresh, await forgeAs(stage.world, {}));
        await writeFile(old, stage.world.committed);
        const profile = deployment.consortium.ledger.profileFile;
        const { stdout } = await promisify(execFile)(process.execPath, [program, profile, fresh, old]);
        const outcomes = stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as unknown);
        expect(outcomes).toMatchObject([{ status: 'committed' }, { status: 'refused', code: 'E_CREDENTIAL_SPENT' }]);
      },
      STEP,
    );
  });
}
