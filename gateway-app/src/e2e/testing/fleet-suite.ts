/** The second paper's fleet case by its commands: a van that reports, a driver who may, a garage that may read. */
import { type LedgerKind } from '@chargecast/network';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { ran } from '../../cli/testing/ran';
import { type Deployment } from '../../deployment/deployment';
import { startSystem, stopSystem } from './small-fleet';

const BOOT = 240_000;
const STEP = 120_000;

export function fleetSuite(ledger: LedgerKind): void {
  let deployment: Deployment;
  let config: string;
  const at = (name: string): string => join(deployment.layout.directory, name);

  beforeAll(async () => {
    deployment = await startSystem(ledger, 'in-process');
    config = deployment.layout.roleConfig('esp1');
  }, BOOT);

  afterAll(async () => {
    if (deployment) await stopSystem(deployment);
  }, BOOT);

  /** @returns what the command printed as JSON, or its code where it was refused */
  async function told(...args: string[]): Promise<Record<string, unknown>> {
    const { exit, stdout, stderr } = await ran(...args, '--json');
    const code = /^(E_[A-Z_]+):/m.exec(stderr)?.[1];
    if (exit !== 0) return { exit, code };
    return JSON.parse(stdout) as Record<string, unknown>;
  }
  const asVan = (verb: string, ...args: string[]): Promise<Record<string, unknown>> =>
    told('fleet', verb, '--config', config, '--credential', at('van.json'), ...args);
  const report = (
    kind: string,
    readings: object,
    sequence: number,
    ...more: string[]
  ): Promise<Record<string, unknown>> =>
    writeFile(at('readings.json'), JSON.stringify(readings)).then(() =>
      asVan('report', '--kind', kind, '--readings', at('readings.json'), '--sequence', String(sequence), ...more),
    );
  const TRIP = { odometerKm: 100, distanceMetres: 10_000, hardBrakings: 0, collisions: 0, faults: ['P0A80'] };
  const STATE = { odometerKm: 100, serviceDueKm: 100, brakeWearPercent: 10, batteryHealthPercent: 90 };

  it(
    'registers and admits a van; its workshop reports stand and raise alerts',
    async () => {
      const identity = ['--identity', 'vin=WVWZZZ1KZAW654321'];
      expect(
        await told('esp', 'register', '--config', config, '--credential', at('van.json'), ...identity),
      ).toMatchObject({
        certificate: { attributes: { role: 'vehicle' } },
      });
      expect(await report('maintenance', STATE, 1)).toEqual({ exit: 1, code: 'E_NOT_REGISTERED' });
      expect(await asVan('admit')).toHaveProperty('id');
      expect(await report('maintenance', STATE, 1)).toEqual({ kind: 'maintenance', sequence: 1 });
      expect(await report('maintenance', { ...STATE, brakeWearPercent: 101 }, 2)).toMatchObject({ code: 'E_DECODE' });
      expect(await asVan('alerts', '--kind', 'maintenance')).toMatchObject({
        alerts: [{ sequence: 1, alerts: ['serviceOverdue'] }],
      });
    },
    STEP,
  );

  it(
    'takes a trip only from a driver the owner authorised, while it does',
    async () => {
      const { party } = await told('fleet', 'key', at('bob.json'));
      const driven = ['--driver', at('bob.json')] as const;
      const word = ['--config', config, '--credential', at('van.json'), '--party', String(party)] as const;
      expect(await report('safety', TRIP, 1)).toEqual({ exit: 1, code: 'E_DRIVER' });
      expect(await report('safety', TRIP, 1, ...driven)).toEqual({ exit: 1, code: 'E_DRIVER' });
      await told('authorization', 'grant', ...word, '--kind', 'driver', '--scope', 'drive', '--until', '2099-12-31');
      expect(await report('safety', TRIP, 1, ...driven)).toEqual({ kind: 'safety', sequence: 1 });
      await told('authorization', 'revoke', ...word);
      expect(await report('safety', TRIP, 2, ...driven)).toEqual({ exit: 1, code: 'E_DRIVER' });
      expect(await told('fleet', 'key', at('bob.json'))).toMatchObject({ exit: 2, code: 'E_FILE_EXISTS' });
    },
    STEP,
  );

  it(
    'shows a garage what the owner granted, and that alone; a revoked van reports no more',
    async () => {
      const { party } = await told('fleet', 'key', at('garage.json'));
      const { id } = await asVan('admit');
      const asGarage = (kind: string): Promise<Record<string, unknown>> =>
        told(
          'fleet',
          'reports',
          '--config',
          config,
          '--key',
          at('garage.json'),
          '--subject',
          String(id),
          '--kind',
          kind,
        );
      expect(await asGarage('maintenance')).toEqual({ exit: 1, code: 'E_FORBIDDEN' });
      const word = ['--config', config, '--credential', at('van.json'), '--party', String(party)] as const;
      await told('authorization', 'grant', ...word, '--scope', 'maintenance', '--until', '2099-12-31');
      expect(await asGarage('maintenance')).toMatchObject({ items: [{ report: { sequence: 1 } }] });
      expect(await asGarage('safety')).toEqual({ exit: 1, code: 'E_FORBIDDEN' });
      const revoke = ['esp', 'revoke', '--config', config, '--id', String(id), '--reason', 'lost'] as const;
      expect(await told(...revoke)).toMatchObject({ datachain: 'committed' });
      expect(await report('maintenance', STATE, 3)).toEqual({ exit: 1, code: 'E_CERTIFICATE_REVOKED' });
    },
    STEP,
  );
}
