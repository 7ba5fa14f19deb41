import {
  type CertificateReply,
  dayOf,
  type MisbehaviourReport,
  REPUTATION,
  type ReportReply,
} from '@chargecast/protocol';
import { ready } from '@chargecast/signcryption/primitives/native';
import { generateKeyPair } from '@chargecast/signcryption/statements';
import { NOW } from '@chargecast/signcryption/testing/world';
import { lowered, valueOn } from './rules/reputation';
import { codeOf, Consortium, PROVIDER } from './testing/consortium';
import { type Simulation } from './testing/memory-ledger';
import { DAY, type Registered, Registrar } from './testing/registrar';

let consortium: Consortium;
let registrar: Registrar;
let subject: Registered;
let pile: Registered;

beforeAll(ready);
beforeEach(async () => {
  consortium = await Consortium.initialised();
  registrar = new Registrar(consortium);
  await registrar.publish();
  [subject, pile] = [registrar.newcomer(), registrar.newcomer('pile')];
  await consortium.register('provider', 'registerPK', [JSON.stringify([subject.entry, pile.entry])]);
});

const send = (report: MisbehaviourReport, time = NOW): Promise<Simulation> =>
  consortium.register('relay', 'reportMisbehaviour', [JSON.stringify(report)], { time });
const replyOf = ({ payload }: Simulation): ReportReply => JSON.parse(payload) as ReportReply;
const report = (by: Registered | string, changes: Partial<MisbehaviourReport> = {}): MisbehaviourReport =>
  registrar.report(subject.certificate.id, by, changes);
const status = async (): Promise<string> =>
  (await consortium.query<CertificateReply>('provider', 'certchain', 'queryVPK', [subject.certificate.id])).status;

describe('reportMisbehaviour', () => {
  test('a pile, its provider and a gateway may report; each report has a key of its own and an event', async () => {
    const first = await send(report(pile));
    expect(replyOf(first)).toEqual({ value: 80, revoked: false });
    const { id } = subject.certificate;
    expect(first.event?.name).toBe('ReportMisbehaviour');
    expect(JSON.parse(first.event?.payload ?? '')).toEqual({ id, kind: 'fraud', value: 80 });
    expect([...first.writes.keys()]).toEqual([
      `report:${id}:${dayOf(NOW).toString().padStart(10, '0')}:certificate.${pile.certificate.id}`,
      `reputation:${id}`,
    ]);
    expect(first.ranges).toBe(0);
    expect(replyOf(await send(report('CSS1MSP', { kind: 'protocol' })))).toEqual({ value: 70, revoked: false });
    expect(replyOf(await send(report('provider', { kind: 'protocol' })))).toEqual({ value: 60, revoked: false });
    const reputation = await consortium.query('auditor', 'certchain', 'reputation', [id]);
    expect(reputation).toEqual({ id, value: 60, reports: 3 });
  });

  test('below the threshold the key is revoked, which takes three organisations', async () => {
    await send(report('CSS1MSP', { kind: 'safety' }));
    await send(report('CSS2MSP', { kind: 'safety' }));
    expect(await status()).toBe('valid');
    const last = await send(report('CSS3MSP', { kind: 'safety' }));
    expect(replyOf(last)).toEqual({ value: 10, revoked: true });
    const { id } = subject.certificate;
    expect(last.event?.name).toBe('RevokePK');
    expect(JSON.parse(last.event?.payload ?? '')).toEqual({
      id,
      reason: 'misbehaved',
      effective: NOW,
      by: 'reputation',
    });
    expect(await status()).toBe('revoked');
    expect(await codeOf(send(report('CSS4MSP')))).toBe('E_CERTIFICATE_REVOKED');
  });

  test('one organisation alone, with all its piles, takes no more than its bound', async () => {
    const [second, third] = [registrar.newcomer('pile'), registrar.newcomer('pile')];
    await consortium.register('provider', 'registerPK', [JSON.stringify([second.entry, third.entry])]);
    expect(replyOf(await send(report(pile))).value).toBe(80);
    expect(replyOf(await send(report(second))).value).toBe(100 - REPUTATION.lossPerOrganisation);
    expect(await codeOf(send(report(third)))).toBe('E_REPORT_BOUND');
    expect(await codeOf(send(report('provider')))).toBe('E_REPORT_BOUND');
  });

  test('one report a reporter, subject and day', async () => {
    await send(report(pile));
    expect(await codeOf(send(report(pile, { kind: 'protocol' })))).toBe('E_REPORT_REPEATED');
    const tomorrow = report(pile, { day: dayOf(NOW) + 1, kind: 'protocol' });
    expect(replyOf(await send(tomorrow, NOW + DAY))).toEqual({ value: 71, revoked: false });
  });

  test('refusals', async () => {
    const stranger = registrar.newcomer('pile');
    const forged = new Registrar(consortium, PROVIDER, generateKeyPair(consortium.world.env).secret);
    const { id } = subject.certificate;
    const unsigned = { ...report(pile), kind: 'safety' as const };
    const cases: readonly (readonly [string, MisbehaviourReport])[] = [
      ['E_REPORT', report(stranger)],
      ['E_REPORT', unsigned],
      ['E_REPORT', report(subject)],
      ['E_REPORT', { ...report('CSS1MSP'), reporter: { by: 'organisation', name: 'CSS2MSP' } }],
      ['E_REPORT', { ...report('CSS1MSP'), reporter: { by: 'organisation', name: 'KGCMSP' } }],
      ['E_REPORT', forged.report(id, 'provider')],
      ['E_REPORT', report(pile, { day: dayOf(NOW) - 2 })],
      ['E_REPORT', report(pile, { day: dayOf(NOW) + 1 })],
      ['E_NOT_REGISTERED', registrar.report('00'.repeat(16), pile)],
      ['E_PROVIDER_UNKNOWN', { ...report('provider'), reporter: { by: 'provider', name: 'nobody' } }],
    ];
    for (const [code, given] of cases) expect([code, await codeOf(send(given))]).toEqual([code, code]);
    const args = [JSON.stringify(report(pile))];
    expect(await codeOf(consortium.register('owner', 'reportMisbehaviour', args))).toBe('E_FORBIDDEN');
  });

  test('a revoked pile reports nobody', async () => {
    const revocation = registrar.revocation(pile.certificate.id);
    await consortium.register('provider', 'revokePK', [JSON.stringify(revocation)]);
    expect(await codeOf(send(report(pile)))).toBe('E_REPORT');
  });
});

describe('the rule', () => {
  test('a point a day comes back, never above the start', () => {
    const after = lowered(undefined, 20, 'A', 100);
    expect([100, 105, 120, 500].map((day) => valueOn(after, day))).toEqual([80, 85, 100, 100]);
    expect(valueOn(undefined, 1)).toBe(100);
  });

  test('an organisation’s window ends after its days, and its entry with it', () => {
    const after = lowered(lowered(undefined, 20, 'A', 100), 30, 'A', 101);
    expect(after.losses).toEqual({ A: { since: 100, taken: REPUTATION.lossPerOrganisation } });
    expect(() => lowered(after, 10, 'A', 129)).toThrow('others must report');
    expect(lowered(after, 10, 'A', 130).losses).toEqual({ A: { since: 130, taken: 10 } });
    expect(lowered(after, 10, 'B', 130).losses).toEqual({ B: { since: 130, taken: 10 } });
  });

  test('never below 0', () => {
    const names = ['A', 'B', 'C', 'D', 'E'];
    const low = names.reduce<ReturnType<typeof lowered> | undefined>((at, name) => lowered(at, 30, name, 7), undefined);
    expect(low?.value).toBe(0);
  });
});
