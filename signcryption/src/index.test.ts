/** The public face, used as a role uses it: system generator and clock, libsodium, no injected anything. */
import { inspect } from 'node:util';
import * as face from '.';
import { codeOf, codeOfAsync } from './testing/codes';
import { MemorySet, TEST_LIMITS } from './testing/world';

const { Role, Secret } = face;

describe('the public face', () => {
  it('asks for ready() before secret keys are used, and verifies without it', () => {
    const kgc = face.setupKgc();
    const params = paramsOf(kgc);
    const who = { realId: 'early', role: Role.EV, epoch: 1 };
    expect(codeOf(() => face.beginEnrolment(params, who, new Secret(new Uint8Array(32))))).toBe('E_NOT_READY');
    expect(codeOf(() => face.verifySigma(params, new Uint8Array(10)))).toBe('E_SIGMA_MALFORMED');
  });

  it('carries a command from enrolment to effect, and its one-time key to its holder', async () => {
    await face.ready();
    const kgc = face.setupKgc();
    const params = face.parseParams(face.encodeParams(paramsOf(kgc)));
    const enrol = enroller(params, kgc);
    const centre = await enrol('centre', Role.CSC);
    const pile = await enrol('pile', Role.CP);
    const vehicle = await enrol('vehicle', Role.EV);
    const stored = face.decodeRecord(face.encodeRecord(vehicle.record));
    const restored = face.restoreHolderKey(params, stored, new Secret(vehicle.q.reveal()));

    const batch = { senderClass: Role.CSC, count: 2, firstCounter: 0 };
    const pending = face.prepareCredentials(params, centre, batch);
    const certificates = await face.issueCredentials(params, kgc, centre, pending.request, new MemorySet());
    const [credential] = face.acceptCredentials(params, pending, certificates);
    if (!credential) throw new Error('no credential');
    expect(codeOf(() => face.acceptCredentials(params, pending, certificates.slice(1)))).toBe('E_CREDENTIAL_RESPONSE');
    expect(codeOf(() => face.acceptCredentials(params, pending, [...certificates].reverse()))).toBe(
      'E_CREDENTIAL_RESPONSE',
    );

    const sessionId = Uint8Array.of(9);
    const commandId = new Uint8Array(16).fill(1);
    const { sigma, id } = await face.signcrypt({
      params,
      limits: TEST_LIMITS,
      sender: centre,
      credential,
      hedge: new Secret(new Uint8Array(32)),
      receivers: [
        {
          keys: face.verifyRecord(params, vehicle.record),
          bind: face.sessionBinding(pile.record.f, sessionId),
          message: face.encodeMessages({ commandId, messages: [Uint8Array.of(1), Uint8Array.of(2)] }),
        },
      ],
      ttl: 900,
      spent: new MemorySet(),
    });
    const verified = face.verifySigma(params, sigma);
    expect(face.VerifiedSigma.isVerified(verified)).toBe(true);
    expect(face.VerifiedSigma.isVerified({ ...verified })).toBe(false);
    expect(verified.id).toEqual(id);
    expect(face.sigmaId(sigma)).toEqual(id);
    face.ensureWithinLimits(verified, TEST_LIMITS, Math.floor(Date.now() / 1000));

    const session = { pile: pile.record.f, sessionId, open: true, answered: 0, maxAnswers: 1 };
    const entryKey = face.lendEntryKey(params, TEST_LIMITS, restored, session, verified.sigma.headerBytes);
    const opened = await face.unsigncrypt({
      params,
      limits: TEST_LIMITS,
      verified,
      receiver: { f: vehicle.record.f, role: Role.EV },
      entryKey,
      findSender: () => Promise.resolve({ keys: centre, counts: true, revoked: false }),
    });
    expect(opened).toMatchObject({
      sender: { f: centre.record.f, role: Role.CSC },
      commandId,
      messages: [Uint8Array.of(1), Uint8Array.of(2)],
    });

    const opening = face.openCredential(pending.request, verified.header.oneTimeKey);
    face.verifyOpening(params, centre, verified.header.oneTimeKey, face.decodeOpening(face.encodeOpening(opening)));
    const { y, oneTimeKey } = credential;
    const statement = { tag: 'ack', sigmaId: id, deadline: 1 } as const;
    face.verifyStatement(params, oneTimeKey, statement, face.signStatement(params, y, statement));
    const root = face.merkleRoot(face.SIGMA_TREE, [id]);
    face.verifyInclusion(face.SIGMA_TREE, root, id, face.proveInclusion(face.SIGMA_TREE, [id], 0));
    expect(face.recordDigest(vehicle.record)).toHaveLength(64);
    expect(face.pseudonym(kgc, { realId: 'vehicle', role: Role.EV, epoch: 1 }, 0)).toEqual(vehicle.record.f);
  });

  it('refuses a request of an unknown role and a countersignature by a provider that never joined', async () => {
    await face.ready();
    const kgc = face.setupKgc();
    const params = paramsOf(kgc);
    const who = { realId: 'x', role: 9 as face.Role, epoch: 1 };
    const { request } = face.beginEnrolment(params, who, new Secret(new Uint8Array(32)));
    const issue = face.issuePartialKey(params, kgc, request, 0, new MemorySet());
    expect(await codeOfAsync(issue)).toBe('E_ENROL_REQUEST');

    const vehicle = await enroller(params, kgc)('vehicle', Role.EV);
    const provider = face.generateKeyPair();
    const { record } = vehicle;
    const signature = face.signStatement(params, provider.secret, { tag: 'csig', record });
    const support = { approvals: [], countersignature: { mspId: 'NewMSP', signature } };
    expect(codeOf(() => face.ensureRecordCounts(params, record, support))).toBe('E_RECORD_UNSUPPORTED');
    const joined = [{ mspId: 'NewMSP', role: Role.ESP, publicKey: provider.publicKey }];
    face.ensureRecordCounts(params, record, { ...support, approvedProviders: joined });
    const notAProvider = [{ mspId: 'NewMSP', role: Role.CSS, publicKey: provider.publicKey }];
    expect(codeOf(() => face.ensureRecordCounts(params, record, { ...support, approvedProviders: notAProvider }))).toBe(
      'E_RECORD_UNSUPPORTED',
    );
  });
});

it('a Secret shows itself to nobody who does not ask', () => {
  const secret = new Secret(Uint8Array.of(0xab, 0xcd));
  const shown = [
    JSON.stringify({ secret }),
    String(secret),
    inspect({ secret }, { depth: 5, showHidden: true }),
  ].join();
  expect(shown).not.toMatch(/171|205|abcd/i);
  expect(shown).toContain('[secret]');
  secret.erase();
  expect(secret.reveal()).toEqual(new Uint8Array(2));
});

function paramsOf(kgc: face.KgcKeys): face.Params {
  const { masterPublicKey } = kgc;
  const names = { networkId: 'face', certchain: 'certchain', datachain: 'datachain' };
  return face.createParams({ ...names, masterPublicKey, organisations: [] });
}

function enroller(params: face.Params, kgc: face.KgcKeys): (id: string, role: face.Role) => Promise<face.HolderKey> {
  return async (realId, role) => {
    const pending = face.beginEnrolment(params, { realId, role, epoch: 1 }, new Secret(new Uint8Array(32)));
    const answer = await face.issuePartialKey(params, kgc, pending.request, 0, new MemorySet());
    return face.finishEnrolment(params, pending, answer);
  };
}
