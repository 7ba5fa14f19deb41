/** A vehicle's and a pile's certificate revoked while a vehicle is plugged in, on a whole system. */
import { type LedgerKind } from '@chargecast/network';
import { REVOKE_EVENT } from '@chargecast/protocol';

import { codeOf } from '../../common/errors';
import { type Deployment } from '../../deployment/deployment';
import { pileAddresses } from '../../deployment/role-places';
import { type LedgerBlock } from '../../ledger';
import { type Client } from '../../rpc';
import { FLEET, SESSIONS, startSystem, stopSystem } from './small-fleet';

const BOOT = 240_000;
const STEP = 120_000;
/** Milliseconds from the commit to the end of the session. */
const BAR = 2_000;

/** When the next block with a certificate's revocation came. @returns Unix milliseconds */
async function committedAt(blocks: AsyncIterable<LedgerBlock>): Promise<number> {
  for await (const { transactions } of blocks) {
    if (transactions.some(({ valid, event }) => valid && event?.name === REVOKE_EVENT)) return Date.now();
  }
  throw new Error('no revocation was committed');
}

export function revocationSuite(ledger: LedgerKind): void {
  let deployment: Deployment;
  let vehicles: Client<'Vehicle'>;
  const piles: string[] = [];

  beforeAll(async () => {
    deployment = await startSystem(ledger, 'in-process');
    vehicles = await deployment.client('Vehicle', 'ev1', { role: 'ev', name: 'ev1' });
    const addresses = pileAddresses(deployment.manifest);
    for (const [index, { name }] of FLEET.vehicles.entries()) {
      const pile = addresses.get(SESSIONS[index]?.pile ?? '') as string;
      piles.push(pile);
      await vehicles.plugIn({ vehicle: name, pile }, { deadline: 60_000 });
    }
  }, BOOT);

  afterAll(async () => {
    vehicles?.close();
    if (deployment) await stopSystem(deployment);
  }, BOOT);

  const nameOf = (index: number): string => FLEET.vehicles[index]?.name ?? '';
  const sessionsAt = async (index: number): Promise<unknown> => {
    const [process = ''] = (piles[index] as string).split('/');
    return (await deployment.role(process).status?.())?.['sessions'];
  };
  const plugIn = (vehicle: number, pile: number): Promise<string | undefined> =>
    vehicles
      .plugIn({ vehicle: nameOf(vehicle), pile: piles[pile] as string }, { deadline: 60_000 })
      .then(() => 'accepted', codeOf);

  /** Revokes by the provider that knows the name. @returns Unix milliseconds of the commit, as a peer tells it */
  async function revoke(name: string): Promise<number> {
    const auditor = await deployment.consortium.connectAs('auditor');
    const seen = new AbortController();
    try {
      const committed = committedAt(
        auditor.blocks('certchain', { from: await auditor.height('certchain'), signal: seen.signal }),
      );
      for (const provider of FLEET.providers) {
        const desk = await deployment.client('Esp', provider, { role: 'esp', name: provider });
        try {
          const ask = (verb: string, parameters: object): Promise<{ result: string }> =>
            desk.administer({ verb, parameters: JSON.stringify(parameters) });
          const found = await ask('query', { name }).catch((error: unknown) => {
            if (codeOf(error) === 'E_NOT_REGISTERED') return undefined;
            throw error;
          });
          if (!found) continue;
          const { id } = JSON.parse(found.result) as { id: string };
          await ask('revoke', { id, reason: 'lost' });
          return await committed;
        } finally {
          desk.close();
        }
      }
      throw new Error(`no provider knows ${name}`);
    } finally {
      seen.abort();
      auditor.close();
    }
  }

  async function endedAt(index: number): Promise<number> {
    const deadline = Date.now() + STEP / 2;
    while ((await sessionsAt(index)) !== 0) {
      if (Date.now() > deadline) throw new Error('the session never ended');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return Date.now();
  }

  it(
    'a vehicle’s: its open session ends within 2 s of the commit, the other’s goes on, and no station takes it again',
    async () => {
      expect([await sessionsAt(0), await sessionsAt(1)]).toEqual([1, 1]);
      const ended = endedAt(0);
      const committed = await revoke(`vin:${nameOf(0)}`);
      expect((await ended) - committed).toBeLessThan(BAR);
      expect(await sessionsAt(1)).toBe(1);
      await vehicles.unplug({ vehicle: nameOf(0) });
      expect([await plugIn(0, 0), await plugIn(0, 1)]).toEqual(Array(2).fill('E_CERTIFICATE_REVOKED'));
    },
    STEP,
  );

  it(
    'a pile’s: the session open there ends within 2 s of the commit, and no vehicle takes the pile for one again',
    async () => {
      const ended = endedAt(1);
      const committed = await revoke(`pile:${piles[1]}`);
      expect((await ended) - committed).toBeLessThan(BAR);
      await vehicles.unplug({ vehicle: nameOf(1) });
      expect(await plugIn(1, 1)).toBe('E_CERTIFICATE_REVOKED');
      expect(await plugIn(1, 0)).toBe('accepted');
      await vehicles.unplug({ vehicle: nameOf(1) });
    },
    STEP,
  );
}
