/** A certificate's life on a whole ledger: register, query, update, authorise, report, revoke. */
import { type LedgerKind } from '@chargecast/network';
import {
  type Application,
  applicationBytes,
  AuthenticationKey,
  type Certificate,
  commitIdentity,
  type Grant,
  grantBytes,
  updateBytes,
} from '@chargecast/protocol';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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
      const history = { contract: 'registration', name: 'historyVPK', args: [id] };
      const auditor = await deployment.consortium.connectAs('auditor');
      const versions = JSON.parse(Buffer.from(await auditor.evaluate('certchain', history)).toString()) as {
        versions: Certificate[];
      };
      auditor.close();
      expect(versions.versions.map(({ version }) => version)).toEqual([1, 2]);

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
    },
    STEP,
  );
}
