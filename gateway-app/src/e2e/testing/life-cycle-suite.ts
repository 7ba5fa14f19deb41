/** An epoch rolled and a company ended under a running system, each organisation deciding for itself. */
import { type LedgerKind } from '@chargecast/network';

import { codeOf } from '../../common/errors';
import { type Deployment } from '../../deployment/deployment';
import { pileAddresses } from '../../deployment/role-places';
import { type Client, type GovernanceStep } from '../../rpc';
import { SealingCompany } from './sealing-company';
import { commandsOf, FLEET, followAll, SESSIONS, startSystem, stopSystem } from './small-fleet';

const BOOT = 240_000;
const STEP = 180_000;
const GATEWAYS = ['css1', 'css2', 'css3', 'css4'];
const GUEST = { role: 'csc', name: 'csc-guest' } as const;
/** Milliseconds from the commit until no organisation's chaincode takes a σ under the credential. */
const BAR = 2_000;

export function lifeCycleSuite(ledger: LedgerKind): void {
  let deployment: Deployment;
  let vehicles: Client<'Vehicle'>;
  let kgc: Client<'Kgc'>;
  const companies: Client<'Csc'>[] = [];
  const gateways: Client<'Css'>[] = [];

  beforeAll(async () => {
    deployment = await startSystem(ledger, 'in-process', [GUEST]);
    vehicles = await deployment.client('Vehicle', 'ev1', { role: 'ev', name: 'ev1' });
    kgc = await deployment.client('Kgc', 'kgc', { role: 'kgc', name: 'kgc' });
    for (const name of GATEWAYS) gateways.push(await deployment.client('Css', name, { role: 'css', name }));
    const addresses = pileAddresses(deployment.manifest);
    for (const [index, { name, csc }] of FLEET.vehicles.entries()) {
      companies.push(await deployment.client('Csc', csc, { role: 'csc', name: csc }));
      const pile = addresses.get(SESSIONS[index]?.pile ?? '') as string;
      await vehicles.plugIn({ vehicle: name, pile }, { deadline: 60_000 });
    }
  }, BOOT);

  afterAll(async () => {
    for (const each of [vehicles, kgc, ...companies, ...gateways]) each?.close();
    if (deployment) await stopSystem(deployment);
  }, BOOT);

  async function deliver(index: number, round: string): Promise<string[]> {
    const company = companies[index] as Client<'Csc'>;
    const { commandIds } = await company.send({ commands: commandsOf(SESSIONS[index] as never, round) });
    const last = new Map<string, string>();
    for await (const { commandId, state } of followAll(company, commandIds)) last.set(commandId, state);
    return commandIds.map((id) => last.get(id) ?? 'unknown');
  }

  it(
    'delivers before, during and after the roll of an epoch; the vehicles stay plugged in',
    async () => {
      expect(await deliver(0, 'before')).toEqual(['delivered', 'delivered']);
      const states: string[] = [];
      const rolling = (async (): Promise<void> => {
        for await (const { state } of kgc.roll({ overlapSeconds: 7200 })) states.push(state);
      })();
      const during = await Promise.all([deliver(0, 'during'), deliver(1, 'during')]);
      await rolling;
      expect(states.at(-1)).toBe('committed');
      expect(during.flat()).toEqual(Array(4).fill('delivered'));
      expect(await deliver(1, 'after')).toEqual(['delivered', 'delivered']);
    },
    STEP,
  );

  it(
    'refuses a σ sealed before its company’s credentials fell, in every organisation’s chaincode within 2 s of the commit',
    async () => {
      const company = await SealingCompany.open(deployment, GUEST.name);
      const over = new AbortController();
      try {
        const sealed = await company.seal();
        expect(await company.verdicts(sealed)).toEqual(GATEWAYS.map(() => 'committed'));
        const committed = company.revocationCommitted(sealed, over.signal);
        const lastPassed = company.lastPassed(sealed, STEP / 2);
        const operators = gateways.slice(0, 3).map((css) => approveAll(css, () => over.signal.aborted));
        const kinds: string[] = [];
        const request = { holder: `csc:${GUEST.name}`, reason: 'compromised', effective: 0 };
        for await (const { kind, state } of kgc.revoke(request)) if (state === 'committed') kinds.push(kind);
        expect(kinds).toContain('revokedCredentials');
        expect((await lastPassed) - (await committed)).toBeLessThan(BAR);
        expect(await company.verdicts(sealed)).toEqual(GATEWAYS.map(() => 'E_CREDENTIAL_REVOKED'));
        over.abort();
        await Promise.all(operators);
      } finally {
        over.abort();
        company.close();
      }
    },
    STEP,
  );

  it(
    'ends a company once a majority of operators approved, and only then; the other goes on',
    async () => {
      const steps: GovernanceStep[] = [];
      const revoking = (async (): Promise<void> => {
        for await (const step of kgc.revoke({ holder: 'csc:csc1', reason: 'misbehaved', effective: 0 }))
          steps.push(step);
      })();
      let isOver = false;
      const minority = gateways.slice(0, 2).map((css) => approveAll(css, () => isOver));
      const signers = (): Set<string> =>
        new Set(steps.flatMap(({ state, organisations }) => (state === 'signed' ? organisations : [])));
      await until('two organisations have signed', () => signers().size === 2);
      expect(steps.every(({ state }) => state !== 'committed')).toBe(true);
      const third = approveAll(gateways[2] as Client<'Css'>, () => isOver);
      await revoking.finally(() => (isOver = true));
      await Promise.all([...minority, third]);
      expect(new Set(steps.filter(({ state }) => state === 'committed').map(({ kind }) => kind))).toEqual(
        new Set(['revokedRecord', 'revokedCredentials']),
      );
      const { commandIds } = await (companies[0] as Client<'Csc'>).send({
        commands: commandsOf(SESSIONS[0] as never, 'revoked'),
      });
      expect(await deliver(1, 'other')).toEqual(['delivered', 'delivered']);
      for await (const { state } of (companies[0] as Client<'Csc'>).follow({ commandIds })) {
        expect(state).not.toBe('delivered');
        break;
      }
    },
    STEP,
  );

  it('lets only the KGC’s operator roll and revoke, and only a gateway’s own operator decide', async () => {
    const foreign = await deployment.client('Css', 'css1', { role: 'css', name: 'css2' });
    const stranger = await deployment.client('Kgc', 'kgc', { role: 'csc', name: 'csc2' });
    try {
      const codes = await Promise.all(
        [
          foreign.decide({ id: '00', approve: true }),
          foreign.signGovernance({ item: '{}' }),
          stranger.readmit({ holder: 'csc:csc1' }),
        ].map((work) => work.then(() => 'accepted', codeOf)),
      );
      expect(codes).toEqual(['E_FORBIDDEN', 'E_FORBIDDEN', 'E_FORBIDDEN']);
    } finally {
      foreign.close();
      stranger.close();
    }
  });

  /** An operator who approves whatever waits. */
  async function approveAll(css: Client<'Css'>, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      for await (const { id } of css.proposals({})) await css.decide({ id, approve: true });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async function until(what: string, holds: () => boolean): Promise<void> {
    const deadline = Date.now() + STEP / 3;
    while (!holds()) {
      if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
