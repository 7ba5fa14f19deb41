/** A certificate's life on a whole ledger: register, query, update, authorise, report, revoke, hear of it. */
import { type LedgerKind } from '@chargecast/network';
import {
  type Application,
  applicationBytes,
  AuthenticationKey,
  type Certificate,
  commitIdentity,
  type Grant,
  grantBytes,
  keyRevocationBytes,
  updateBytes,
} from '@chargecast/protocol';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openChain } from '../../audit';
import { type CertificateEvent, certificateEvents } from '../../audit/certificate-events';
import { ran } from '../../cli/testing/ran';
import { codeOf } from '../../common/errors';
import { BARE_FLEET, type BareProvider, openBareProvider } from '../../deployment/bench/registration-subject';
import { Deployment } from '../../deployment/deployment';
import { type Applicant, type RegistrationOutcome } from '../../rpc';

const BOOT = 240_000;
const STEP = 120_000;
const DAY = 86_400;
/** An update is admitted at once. */
const TERMS = { lifetime: 30 * DAY, renewal: 30 * DAY };
const SALT = Buffer.alloc(32, 5);
const GARAGE = 'Garage1MSP';
const now = (): number => Math.floor(Date.now() / 1000);

interface Vehicle {
  readonly key: AuthenticationKey;
  readonly owner: AuthenticationKey;
  readonly application: Application;
}

export function registrationSuite(ledger: LedgerKind): void {
  let directory: string;
  let deployment: Deployment;
  let provider: BareProvider;
  let ctx: Uint8Array;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'chargecast-registration-'));
    deployment = await Deployment.open({ directory, fleet: BARE_FLEET, ledger });
    provider = await openBareProvider(directory, deployment, TERMS);
    ({ ctx } = deployment.consortium.params);
  }, BOOT);

  afterAll(async () => {
    await provider?.close();
    await deployment?.stop();
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  }, BOOT);

  function vehicle(vin: string): Vehicle {
    const [key, owner] = [AuthenticationKey.generate(), AuthenticationKey.generate()];
    const application: Application = {
      provider: 'esp1',
      version: 1,
      publicKey: key.publicKey,
      attributes: { role: 'vehicle', auth: 'user' },
      tag: 'A',
      owner: owner.publicKey,
      commitment: commitIdentity(SALT, { vin }),
    };
    return { key, owner, application };
  }

  function applicantOf(vin: string, { key, application }: Vehicle, handover = ''): Applicant {
    return {
      unit: vin,
      application: JSON.stringify(application),
      proof: key.sign(applicationBytes(ctx, application)),
      handover,
      salt: SALT.toString('hex'),
      identity: JSON.stringify({ vin }),
    };
  }

  const register = (...applicants: Applicant[]): Promise<RegistrationOutcome[]> =>
    provider.registrar.register(applicants, { role: 'esp', name: 'esp1' });
  const certificateOf = (outcome: RegistrationOutcome | undefined): Certificate =>
    JSON.parse(outcome?.certificate ?? '') as Certificate;
  /** What `certificate` printed, one value a line. */
  const shown = async <T>(verb: string, ...more: string[]): Promise<T[]> => {
    const { exit, stdout, stderr } = await ran('certificate', verb, '--data', directory, '--json', ...more);
    expect([exit, stderr]).toEqual([0, '']);
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as T);
  };
  const operate = async (verb: string, parameters: object): Promise<Record<string, unknown>> =>
    (await provider.operations.administer(verb, JSON.stringify(parameters))) as Record<string, unknown>;

  it(
    'registers many in one transaction, each with an outcome, and refuses a vehicle twice',
    async () => {
      const vins = Array.from({ length: 20 }, (_, i) => `FLEET${i}`);
      const outcomes = await register(...vins.map((vin) => applicantOf(vin, vehicle(vin))));
      expect(outcomes.map(({ code }) => code)).toEqual(vins.map(() => ''));
      const [again] = await register(applicantOf('FLEET0', vehicle('FLEET0')));
      expect(again).toMatchObject({ code: 'E_VEHICLE_REGISTERED', certificate: '' });
    },
    STEP,
  );

  it(
    'lives through update, authorisation and report to revocation, known at a replica within 2 s of the commit',
    async () => {
      const first = vehicle('LIFE1');
      const { id } = certificateOf((await register(applicantOf('LIFE1', first)))[0]);
      const key = AuthenticationKey.generate();
      const next = { ...first, key, application: { ...first.application, version: 2, publicKey: key.publicKey } };
      const handover = first.key.sign(updateBytes(ctx, next.application));
      const second = certificateOf((await register(applicantOf('LIFE1', next, handover)))[0]);
      expect(second).toMatchObject({ id, version: 2, publicKey: key.publicKey });
      const [history] = await shown<{ versions: Certificate[] }>('history', '--id', id);
      expect(history?.versions.map(({ version }) => version)).toEqual([1, 2]);

      const { owner, commitment, provider: name } = second;
      const grantor = { by: 'owner', role: 'vehicle', provider: name, owner, commitment } as const;
      const word = { grantor, subject: id, party: GARAGE };
      const grant: Grant = { ...word, kind: 'thirdParty', scopes: ['charging'], until: now() + DAY, version: 1 };
      const signed = JSON.stringify({ ...grant, signature: first.owner.sign(grantBytes(ctx, grant)) });
      expect(await provider.operations.carry(signed)).toEqual({ certchain: 'committed', datachain: 'committed' });
      const asked = { subject: id, party: GARAGE, scope: 'charging' };
      const yes = { authorized: true, missing: [] };
      expect(await operate('check', asked)).toEqual({ certchain: yes, datachain: yes });
      const withdrawal = { ...word, version: 2 };
      const signature = first.owner.sign(grantBytes(ctx, withdrawal));
      await provider.operations.carry(JSON.stringify({ ...withdrawal, signature }));
      const no = { authorized: false, missing: ['owner'] };
      expect(await operate('check', asked)).toEqual({ certchain: no, datachain: no });
      const replayed = await provider.operations.carry(signed).then(() => 'accepted', codeOf);
      expect(replayed).toBe('E_AUTHORISATION_REPLAYED');

      const report = { id, kind: 'payment', evidence: 'cd'.repeat(32) };
      expect(await operate('report', report)).toEqual({ value: 90, revoked: false });

      await operate('revoke', { id, reason: 'lost' });
      const committed = Date.now();
      while ((await provider.replica.statusOf(id, now())) !== 'revoked') {
        if (Date.now() - committed > STEP / 2) throw new Error('the replica never heard of the revocation');
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect(Date.now() - committed).toBeLessThan(2_000);

      expect(await shown('query', '--id', id)).toMatchObject([
        { certificate: { id, version: 2 }, status: 'revoked', revocation: { by: 'provider', reason: 'lost' } },
      ]);
      const announced = await shown<{ event: string }>('events', '--id', id);
      expect(announced.map(({ event }) => event)).toEqual([
        'RegisterPK',
        'UpdatePK',
        'Authorize',
        'RevokeAuthorization',
        'ReportMisbehaviour',
        'RevokePK',
      ]);
    },
    STEP,
  );

  it(
    'shows anybody who may read the system key and, by pages, the certificates of all providers',
    async () => {
      expect(await shown('system-key', '--provider', 'esp1')).toMatchObject([{ provider: 'esp1', ...TERMS }]);
      const [page] = await shown<{ items: Certificate[]; bookmark: string }>('list', '--limit', '1');
      const [rest] = await shown<{ items: Certificate[] }>('list', '--after', page?.bookmark ?? '');
      const ids = [...(page?.items ?? []), ...(rest?.items ?? [])].map(({ id }) => id);
      expect([page?.items.length, new Set(ids).size]).toEqual([1, ids.length]);
      const unknown = await ran('certificate', 'query', '--data', directory, '--id', '00'.repeat(16));
      expect([unknown.exit, unknown.stderr]).toEqual([1, expect.stringContaining('E_NOT_REGISTERED')]);
    },
    STEP,
  );

  it(
    'tells an applicant who listens of its revocation by its owner, with the block that brings it',
    async () => {
      const { owner, ...mine } = vehicle('HEARD1');
      const { id } = certificateOf((await register(applicantOf('HEARD1', { owner, ...mine })))[0]);
      const chain = await openChain(directory);
      const heard = new AbortController();
      const timer = setTimeout(() => heard.abort(), STEP / 2);
      const listening = (async (): Promise<CertificateEvent | undefined> => {
        for await (const event of certificateEvents(chain, { from: chain.heights.certchain, signal: heard.signal })) {
          if (event.ids.includes(id)) return event;
        }
        return undefined;
      })();
      try {
        const body = { id, reason: 'lost', effective: now() } as const;
        const authority = [{ by: 'holder', signature: owner.sign(keyRevocationBytes(ctx, body)) }];
        await operate('carryRevocation', { revocation: JSON.stringify({ ...body, authority }) });
        expect(await listening).toMatchObject({ name: 'RevokePK', payload: { by: 'owner', reason: 'lost' } });
      } finally {
        clearTimeout(timer);
        heard.abort();
        chain.ledger.close();
      }
    },
    STEP,
  );
}
