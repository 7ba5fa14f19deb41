/** What a car maker reads of a vehicle that charged, by commands and over HTTPS: while three permit it, and no longer. */
import { type LedgerKind, type Person } from '@chargecast/network';
import { join } from 'node:path';

import { ran } from '../../cli/testing/ran';
import { operatorOf, type PeopleSite } from './people-site';
import { replayedSite } from './replayed-site';

const PATIENCE = 900_000;
const MAKER: Person = { role: 'car-maker', at: 'any', name: '1' };
const GARAGES_MSP = 'CSS1MSP';

interface Read {
  readonly status: number;
  readonly energiesWh: readonly number[];
  readonly withheld: number;
}

export function carMakerSuite(ledger: LedgerKind): void {
  let site: PeopleSite;
  let esp: string;
  let alice: Person;
  let subject: string;
  let party: string;
  let openings: object[];
  const file = (name: string): string => join(site.deployment.layout.directory, name);

  beforeAll(async () => {
    ({ site } = await replayedSite(ledger, 1));
    const [vehicle] = site.deployment.manifest.fleet.vehicles;
    const { name = '', contract = '', provider = '' } = vehicle ?? {};
    esp = provider;
    alice = { role: 'owner', at: provider, name: contract };
    const unit = ['--config', site.deployment.layout.roleConfig('ev1'), '--vehicle', name];
    ({ subject } = await told<{ subject: string }>('vehicle', 'owner', ...unit, '--out', file('owner.json')));
    const { sessions } = await told<{ sessions: Record<string, string>[] }>('vehicle', 'sessions', ...unit);
    openings = sessions.map(({ subject: of, blinding, session }) => ({ subject: of, blinding, session }));
    ({ party } = await told<{ party: string }>('fleet', 'key', file('maker.json')));
    const request = await signed('--credential', file('owner.json'));
    await put(alice, `/v1/owner/vehicles/${subject}`, { request });
    await put(operatorOf(esp), '/v1/car-makers/1', { party });
  }, PATIENCE);
  afterAll(() => site?.stop(), PATIENCE);

  async function told<T>(...args: string[]): Promise<T> {
    const { exit, stdout, stderr } = await ran(...args, '--json');
    expect([args.join(' '), exit, stderr]).toEqual([args.join(' '), 0, expect.any(String)]);
    return JSON.parse(stdout) as T;
  }
  const signed = (...key: string[]): Promise<object> =>
    told('authorization', 'request', '--params', file('params.json'), '--scope', 'charging', ...key);

  async function put(person: Person, path: string, body: object): Promise<void> {
    const { status, text } = await site.ask(esp, path, person, { method: 'PUT', body });
    expect([path, status, text]).toEqual([path, 200, expect.any(String)]);
  }

  async function read(): Promise<Read> {
    const request = await signed('--key', file('maker.json'), '--subject', subject);
    const ask = { method: 'POST', body: { request } };
    const { status, text } = await site.ask(esp, '/v1/car-maker/records?limit=100', MAKER, ask);
    const { items = [], withheld = 0 } = JSON.parse(text) as { items?: { energyWh: number }[]; withheld?: number };
    return { status, energiesWh: items.map(({ energyWh }) => energyWh).sort(), withheld };
  }

  async function ownersEnergies(): Promise<(number | null)[]> {
    const request = await signed('--credential', file('owner.json'));
    const ask = { method: 'POST', body: { request, openings } };
    const { items } = (await site.ask(esp, '/v1/owner/records', alice, ask)).json<{
      items: { energyWh: number | null }[];
    }>();
    return items.map(({ energyWh }) => energyWh).sort();
  }

  const word = (verb: 'grant' | 'revoke', as: readonly string[]): Promise<object> => {
    const terms = verb === 'grant' ? ['--kind', 'carmaker', '--scope', 'charging', '--until', '2099-12-31'] : [];
    const config = site.deployment.layout.roleConfig(esp);
    return told('authorization', verb, '--config', config, ...as, '--party', party, ...terms);
  };
  const asOwner = (): string[] => ['--credential', file('owner.json')];
  const asOperator = (): string[] => ['--organisation-key', join(file('keys'), `${GARAGES_MSP}.json`)];
  const permission = (): string => `/v1/permissions/${party}`;

  /** Who permits, how it says so, how it takes it back, and what the next read then is. */
  const PERMISSIONS = {
    owner: {
      grant: async (): Promise<void> => {
        await word('grant', asOwner());
        await site.until('the grant is listed', access, (text) => text.includes('"inForce"'));
        await put(alice, `/v1/owner/disclosures/${subject}/${party}`, { openings });
      },
      withdraw: async (): Promise<void> => void (await word('revoke', asOwner())),
      then: (): Read => ({ status: 403, energiesWh: [], withheld: 0 }),
    },
    provider: {
      grant: () => put(operatorOf(esp), permission(), { subject: '*', scopes: ['charging'], until: 4_102_444_799 }),
      withdraw: async (): Promise<void> => {
        const { status } = await site.ask(esp, `${permission()}?subject=*`, operatorOf(esp), { method: 'DELETE' });
        expect(status).toBe(200);
      },
      then: (): Read => ({ status: 200, energiesWh: [], withheld: openings.length }),
    },
    'station operator': {
      grant: async (): Promise<void> => void (await word('grant', asOperator())),
      withdraw: async (): Promise<void> => void (await word('revoke', asOperator())),
      then: (): Read => ({ status: 200, energiesWh: [], withheld: openings.length }),
    },
  };
  const access = async (): Promise<string> => (await site.ask(esp, '/v1/owner/access', alice)).text;

  it(
    'reads nothing before all three permit it, then what the owner reads; each of the three stops it again',
    async () => {
      expect((await read()).status).toBe(403);
      await PERMISSIONS.owner.grant();
      expect(await read()).toEqual({ status: 200, energiesWh: [], withheld: openings.length });
      await PERMISSIONS.provider.grant();
      expect(await read()).toEqual({ status: 200, energiesWh: [], withheld: openings.length });
      await PERMISSIONS['station operator'].grant();
      const whole = { status: 200, energiesWh: await ownersEnergies(), withheld: 0 };
      expect(openings.length).toBeGreaterThan(0);
      expect(whole.energiesWh).toEqual(whole.energiesWh.map(() => expect.any(Number) as number));
      expect(await read()).toEqual(whole);

      for (const [who, { grant, withdraw, then }] of Object.entries(PERMISSIONS)) {
        await withdraw();
        // The owner's word reaches this service by its replica; the others are asked of the chain at each read.
        const after = await site.until(
          `${who}’s withdrawal stops the read`,
          read,
          (found) => found.energiesWh.length === 0,
        );
        if (who === 'owner') await site.until('the sessions are forgotten', read, ({ status }) => status === 403);
        else expect([who, after]).toEqual([who, then()]);
        expect([who, await read()]).toEqual([who, then()]);
        await grant();
        expect([who, await read()]).toEqual([who, whole]);
      }
    },
    PATIENCE,
  );
}
