/** Attacks on who may send: minted, invented, borrowed and reused credentials, false support, false openings. */
import { u64, u8 } from '../bytes';
import {
  batchLeaf,
  type Credential,
  issueCredentials,
  type CredentialRequest,
  prepareCredentials,
  reqParts,
  verifyCredentialRequest,
} from '../credential';
import { decodeOpening, encodeOpening, type Opening, openCredential, verifyOpening } from '../opening';
import { createParams } from '../params';
import { ready } from '../primitives/native';
import { Role } from '../roles';
import { Secret } from '../secret';
import { sign } from '../signature';
import { signcrypt } from '../signcrypt';
import { signStatement, verifyStatement } from '../statements';
import { approvalsNeeded, ensureRecordCounts, type OrganisationSignature } from '../support';
import { codeOf, codeOfAsync } from '../testing/codes';
import { forge } from '../vectors/forge';
import { bindOf, forSelf, forVehicle, open, type Scene, scene, verified } from '../testing/scene';
import { EPOCH, hex, message, NOW, publicKeys } from '../testing/world';
import { ensureWithinLimits, verifySigma } from '../verify';
import { decodeSigma } from '../wire';

let s: Scene;

beforeAll(async () => {
  await ready();
  s = await scene('attacks on credentials');
});

/** What a KGC can make alone: a one-time key of its own with a valid certificate. */
function mint(senderClass: number, epoch = EPOCH): Credential {
  const { env, params, kgc } = s.world;
  const y = env.primitives.reduceScalar(env.random(64));
  const oneTimeKey = env.primitives.multiplyBase(y);
  const certificate = sign(env, kgc.masterSecret, 'cred', params.ctx, u64(epoch), u8(senderClass), oneTimeKey);
  return { epoch, senderClass, oneTimeKey, y: new Secret(y), certificate };
}

const approve = (record: Parameters<typeof ensureRecordCounts>[2], ...mspIds: string[]): OrganisationSignature[] =>
  mspIds.map((mspId) => ({
    mspId,
    signature: signStatement(s.world.env, s.world.params, s.world.organisation(mspId).secret, { tag: 'appr', record }),
  }));

describe('attack 05: a KGC on its own', () => {
  it('attack 05: mints a credential: the public check passes, receivers refuse', async () => {
    const credential = mint(Role.CSC);
    const invented = await s.world.enrol('KGC’s own centre', Role.CSC);
    s.world.replica.set(hex(invented.record.f), { keys: publicKeys(invented), counts: false, revoked: false });
    const entries = [{ keys: publicKeys(s.evs[0]), bind: bindOf(s), message: message('charge') }];
    const asInvented = forge(s.world, { credential, sender: invented.record, signer: invented, entries });
    const wrongProof = { f: s.csc.record.f, signature: new Uint8Array(64).fill(1) };
    const asCentre = forge(s.world, {
      credential,
      sender: s.csc.record,
      proof: () => wrongProof,
      entries,
    });
    for (const sigma of [asInvented, asCentre]) {
      verified(s, sigma);
      expect(await codeOfAsync(open(s, sigma, s.evs[0]))).toBe('E_OPEN');
    }
  });

  it('attack 05: invents a CSC or writes a record: it does not count without a majority of others', async () => {
    const { env, params } = s.world;
    const { record } = await s.world.enrol('invented', Role.CSC);
    const counts = (approvals: OrganisationSignature[], owner?: string): unknown =>
      ensureRecordCounts(env.primitives, params, record, { approvals, ...(owner === undefined ? {} : { owner }) });
    const refused = [
      [],
      approve(record, 'KGCMSP'),
      approve(record, 'KGCMSP', 'CSS1MSP', 'CSS2MSP'),
      approve(record, 'CSS1MSP', 'CSS1MSP', 'CSS1MSP'),
      approve(record, 'CSS1MSP', 'CSS2MSP').concat({ mspId: 'CSS3MSP', signature: new Uint8Array(64).fill(9) }),
      approve(s.csc.record, 'CSS1MSP', 'CSS2MSP', 'CSS3MSP'),
    ];
    for (const approvals of refused) expect(codeOf(() => counts(approvals))).toBe('E_RECORD_UNSUPPORTED');
    const three = approve(record, 'CSS1MSP', 'CSS2MSP', 'ESP1MSP');
    counts(three);
    expect(codeOf(() => counts(three, 'CSS1MSP'))).toBe('E_RECORD_UNSUPPORTED');
    expect(codeOf(() => counts(approve(record, 'CSS2MSP', 'CSS3MSP'), 'CSS1MSP'))).toBe('E_RECORD_UNSUPPORTED');
    counts(approve(record, 'CSS2MSP', 'CSS3MSP', 'ESP1MSP'), 'CSS1MSP');
  });

  it('attack 05: with one gateway feeding its piles: no record of theirs passes elsewhere', async () => {
    const { env, params } = s.world;
    const { record } = await s.world.enrol('pile of the gateway', Role.CP);
    const approvals = approve(record, 'CSS1MSP', 'KGCMSP');
    for (const owner of ['CSS1MSP', 'CSS4MSP', 'NobodyMSP']) {
      const check = (): unknown => ensureRecordCounts(env.primitives, params, record, { owner, approvals });
      expect(codeOf(check)).toBe('E_RECORD_UNSUPPORTED');
    }
  });

  it('attack 05: names its own car’s f for a customer: only the provider’s countersignature and binding count', async () => {
    const { env, params } = s.world;
    const { record } = await s.world.enrol('KGC’s car', Role.EV);
    const csig = (mspId: string): OrganisationSignature => ({
      mspId,
      signature: signStatement(env, params, s.world.organisation(mspId).secret, { tag: 'csig', record }),
    });
    const counts = (countersignature?: OrganisationSignature): unknown =>
      ensureRecordCounts(env.primitives, params, record, {
        approvals: approve(record, 'CSS1MSP', 'CSS2MSP', 'CSS3MSP', 'CSS4MSP'),
        ...(countersignature && { countersignature }),
      });
    const forged = { mspId: 'ESP1MSP', signature: csig('KGCMSP').signature };
    for (const countersignature of [undefined, csig('KGCMSP'), csig('CSS1MSP'), forged]) {
      expect(codeOf(() => counts(countersignature))).toBe('E_RECORD_UNSUPPORTED');
    }
    counts(csig('ESP1MSP'));

    const binding = { tag: 'bind', f: record.f, X: record.X, contract: 'contract-7' } as const;
    const byKgc = signStatement(env, params, s.world.kgc.masterSecret, binding);
    const provider = s.world.organisation('ESP1MSP');
    const byProvider = signStatement(env, params, provider.secret, binding);
    const check = (signature: Uint8Array, contract = 'contract-7'): unknown =>
      verifyStatement(env.primitives, params, provider.publicKey, { ...binding, contract }, signature);
    expect(codeOf(() => check(byKgc))).toBe('E_STATEMENT');
    expect(codeOf(() => check(byProvider, 'contract-8'))).toBe('E_STATEMENT');
    check(byProvider);
  });

  it('attack 05: a consortium of two still enrols: the one other organisation decides', () => {
    const { params } = s.world;
    const organisations = params.organisations.slice(0, 2);
    const two = createParams(s.world.env.primitives, { ...params, organisations });
    expect(approvalsNeeded(two, 'CSS1MSP')).toMatchObject({ needed: 1, voters: [{ mspId: 'CSS2MSP' }] });
    expect(approvalsNeeded(two, undefined).needed).toBe(2);
    expect(approvalsNeeded(params, 'CSS1MSP').needed).toBe(3);
  });
});

describe('attack 13: a credential used where it must not be', () => {
  it('attack 13 (library part): a second σ with one credential is refused before anything is signed', async () => {
    const credential = await s.world.credential(s.csc);
    await s.world.seal(s.csc, [forSelf(s.css)], credential);
    expect(await codeOfAsync(s.world.seal(s.csc, [forSelf(s.css)], credential))).toBe('E_CREDENTIAL_SPENT');
  });

  it('attack 13: another epoch or class than the certified one fails publicly', async () => {
    const credential = await s.world.credential(s.csc);
    const entries = [{ keys: publicKeys(s.css), message: message('m') }];
    const common = { sender: s.csc.record, signer: s.csc, entries };
    for (const change of [{ epoch: EPOCH + 1 }, { senderClass: Role.CSS }]) {
      const sigma = forge(s.world, { ...common, credential: { ...credential, ...change } });
      expect(codeOf(() => verified(s, sigma))).toBe('E_SIGMA_CERTIFICATE');
    }
  });

  it('attack 13: another channel, network or KGC fails publicly', async () => {
    const { sigma } = await s.world.seal(s.csc, [forSelf(s.css)]);
    const { params, env } = s.world;
    for (const change of [{ datachain: 'other' }, { certchain: 'other' }, { networkId: 'other' }]) {
      const others = createParams(env.primitives, { ...params, ...change });
      expect(codeOf(() => verifySigma(env.primitives, others, sigma))).toBe('E_SIGMA_CONTEXT');
    }
  });

  it('attack 13: an expired or too long-lived σ is refused at the time in question', async () => {
    const { sigma } = await s.world.seal(s.csc, [forSelf(s.css)]);
    const check = verified(s, sigma);
    const { notAfter } = check.header;
    ensureWithinLimits(check, s.world.limits, notAfter - 1);
    expect(codeOf(() => ensureWithinLimits(check, s.world.limits, notAfter))).toBe('E_SIGMA_EXPIRED');
    expect(codeOf(() => ensureWithinLimits(check, s.world.limits, notAfter - 7201))).toBe('E_SIGMA_TTL');
  });

  it('attack 13: a class that the sender’s role may not use is refused when sealing and when opening', async () => {
    const asGateway = await s.world.credential(s.csc, Role.CSS);
    expect(await codeOfAsync(s.world.seal(s.csc, [forVehicle(s, s.evs[0])], asGateway))).toBe('E_NOT_ALLOWED');
    const sigma = forge(s.world, {
      credential: asGateway,
      sender: s.csc.record,
      signer: s.csc,
      entries: [{ keys: publicKeys(s.evs[0]), bind: bindOf(s), message: message('m') }],
    });
    verified(s, sigma);
    expect(await codeOfAsync(open(s, sigma, s.evs[0]))).toBe('E_OPEN');
  });

  it('attack 13: sender, credential and receivers of different epochs are refused', async () => {
    const next = await s.world.enrol('next', Role.CSC, EPOCH + 1);
    const nextCredential = await s.world.credential(next);
    const later = await s.world.enrol('later', Role.EV, EPOCH + 1);
    expect(await codeOfAsync(s.world.seal(s.csc, [forSelf(s.css)], nextCredential))).toBe('E_EPOCH');
    expect(await codeOfAsync(s.world.seal(s.csc, [forVehicle(s, later)]))).toBe('E_EPOCH');
    // With a borrowed credential of the receivers' epoch, the sender's record still is of another.
    const borrowed = forge(s.world, {
      credential: await s.world.credential(s.csc),
      sender: next.record,
      signer: next,
      entries: [{ keys: publicKeys(s.evs[0]), bind: bindOf(s), message: message('m') }],
    });
    verified(s, borrowed);
    expect(await codeOfAsync(open(s, borrowed, s.evs[0]))).toBe('E_OPEN');
  });

  it('attack 13: a revoked sender is refused by every receiver', async () => {
    const centre = await s.world.enrol('revoked', Role.CSC);
    const { sigma } = await s.world.seal(centre, [forVehicle(s, s.evs[0])]);
    expect(await open(s, sigma, s.evs[0])).not.toBeNull();
    s.world.replica.set(hex(centre.record.f), { keys: publicKeys(centre), counts: true, revoked: true });
    expect(await codeOfAsync(open(s, sigma, s.evs[0]))).toBe('E_OPEN');
  });
});

describe('attack 19: opening', () => {
  const setting = async (): Promise<{ request: CredentialRequest; key: Uint8Array; opening: Opening }> => {
    const { request, credentials } = await s.world.credentials(s.csc, 5);
    const key = (credentials[2] as Credential).oneTimeKey;
    return { request, key, opening: openCredential(s.world.env.primitives, request, key) };
  };
  const check = (opening: Opening, key: Uint8Array, holder = s.csc): (() => void) => {
    return () => verifyOpening(s.world.env.primitives, s.world.params, holder, key, opening);
  };

  it('attack 19: the right opening holds, also after its bytes travelled', async () => {
    const { opening, key } = await setting();
    check(opening, key)();
    const bytes = encodeOpening(opening);
    check(decodeOpening(bytes), key)();
    expect(hex(encodeOpening(decodeOpening(bytes)))).toBe(hex(bytes));
    expect(codeOf(() => decodeOpening(bytes.subarray(1)))).toBe('E_OPENING');
    expect(codeOf(() => decodeOpening(Uint8Array.of(...bytes, 0)))).toBe('E_OPENING');
  });

  it('attack 19: a false opening does not: other holder, key, statement, leaf or place', async () => {
    const { opening, key } = await setting();
    const other = await s.world.enrol('other', Role.CSC);
    const { statement, leaf } = opening;
    const wrong: (() => void)[] = [
      check(opening, key, other),
      check({ ...opening, statement: { ...statement, f: other.record.f } }, key, other),
      check(opening, other.Q),
      check({ ...opening, statement: { ...statement, senderClass: 9 } }, key),
      check({ ...opening, statement: { ...statement, count: 6 } }, key),
      check({ ...opening, statement: { ...statement, epoch: 8 } }, key),
      check({ ...opening, leaf: { ...leaf, salt: new Uint8Array(32) } }, key),
      check({ ...opening, leaf: { ...leaf, popY: new Uint8Array(64) } }, key),
    ];
    for (const operation of wrong) expect(codeOf(operation)).toBe('E_OPENING');
    expect(codeOf(check({ ...opening, index: 9 }, key))).toBe('E_MERKLE');
    expect(codeOf(() => openCredential(s.world.env.primitives, { statement, leaves: [] }, key))).toBe('E_OPENING');
  });

  it('attack 19: an accomplice cannot take the blame: its batch with another’s Y has no popY', async () => {
    const { env, params } = s.world;
    const accomplice = await s.world.enrol('accomplice', Role.CSC);
    const { key, request } = await setting();
    const stolen = request.leaves[2] as CredentialRequest['leaves'][0];
    const root = batchLeaf(env.primitives, stolen);
    const claim = { f: accomplice.record.f, epoch: EPOCH, senderClass: Role.CSC, root, count: 1 };
    const req = sign(env, accomplice.q, 'req', params.ctx, ...reqParts(claim));
    const batch: CredentialRequest = { statement: { ...claim, req }, leaves: [stolen] };
    const refusal = codeOf(() => verifyCredentialRequest(env.primitives, params, accomplice, batch));
    expect(refusal).toBe('E_CREDENTIAL_REQUEST');
    const blame = openCredential(env.primitives, batch, key);
    expect(codeOf(check(blame, key, accomplice))).toBe('E_OPENING');
  });

  it('attack 19: the evidence shows nothing of the rest of the batch', async () => {
    const { request, key, opening } = await setting();
    const shown = hex(encodeOpening(opening));
    for (const leaf of request.leaves) {
      if (leaf.oneTimeKey === key || hex(leaf.oneTimeKey) === hex(key)) continue;
      for (const part of [leaf.oneTimeKey, leaf.salt, leaf.popY]) expect(shown).not.toContain(hex(part).slice(0, 32));
    }
  });

  it('attack 19: the KGC certifies no Y twice and none without its holder’s consent', async () => {
    const { env, params, kgc, certified } = s.world;
    const batch = { senderClass: 4, count: 2, firstCounter: 500 };
    const { request } = prepareCredentials(env, params, s.csc, batch);
    const issue = (change: Partial<CredentialRequest>, holder = s.csc): Promise<unknown> =>
      issueCredentials(env, params, kgc, holder, { ...request, ...change }, certified);
    const [first, second] = request.leaves as [CredentialRequest['leaves'][0], CredentialRequest['leaves'][0]];
    const { statement } = request;
    const wrong: Partial<CredentialRequest>[] = [
      { leaves: [] },
      { leaves: [first] },
      { leaves: [second, first] },
      { leaves: [first, first] },
      { leaves: [first, { ...second, popY: first.popY }] },
      { leaves: [first, { ...second, salt: new Uint8Array(31) }] },
      { statement: { ...statement, senderClass: 3 } },
      { statement: { ...statement, epoch: EPOCH + 1 } },
      { statement: { ...statement, f: s.css.record.f } },
      { statement: { ...statement, req: new Uint8Array(64) } },
    ];
    for (const change of wrong) expect(await codeOfAsync(issue(change))).toBe('E_CREDENTIAL_REQUEST');
    expect(await codeOfAsync(issue({}, s.css))).toBe('E_CREDENTIAL_REQUEST');
    await issue({});
    expect(await codeOfAsync(issue({}))).toBe('E_CREDENTIAL_REPEATED');
  });
});

describe('attack 26: a crash between marking a credential spent and sending', () => {
  it('attack 26 (library part): nothing is signed before the mark is durable, and the credential stays spent', async () => {
    const { env, params, limits } = s.world;
    const credential = await s.world.credential(s.csc);
    let marked = false;
    let signedBefore = 0;
    const primitives = {
      ...env.primitives,
      multiplyBase: (scalar: Uint8Array): Uint8Array => {
        if (!marked) signedBefore++;
        return env.primitives.multiplyBase(scalar);
      },
    };
    const seal = (add: () => Promise<boolean>): Promise<unknown> =>
      signcrypt(
        { ...env, primitives },
        {
          params,
          limits,
          sender: s.csc,
          credential,
          hedge: new Secret(new Uint8Array(32)),
          receivers: [forSelf(s.css)],
          ttl: 1800,
          spent: { add },
        },
      );
    const crash = seal(async () => {
      await Promise.resolve();
      throw new Error('killed');
    });
    await expect(crash).rejects.toThrow('killed');
    expect(signedBefore).toBe(0);
    await seal(async () => {
      await Promise.resolve();
      marked = true;
      return true;
    });
    expect(signedBefore).toBe(0);
    expect(await codeOfAsync(seal(() => Promise.resolve(false)))).toBe('E_CREDENTIAL_SPENT');
  });

  it('attack 26 (library part): two concurrent uses of one credential: one of them signs', async () => {
    const credential = await s.world.credential(s.csc);
    const attempts = await Promise.allSettled([
      s.world.seal(s.csc, [forSelf(s.css)], credential),
      s.world.seal(s.csc, [forSelf(s.css, 'other')], credential),
    ]);
    expect(attempts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});

it('attack 27 (library part): σ held back, backdated or post-dated fails on the time it is judged at', async () => {
  const { sigma } = await s.world.seal(s.csc, [forSelf(s.css)]);
  const { header } = decodeSigma(sigma);
  const heldBack = verified(s, sigma);
  expect(header.notAfter % 900).toBe(0);
  expect(codeOf(() => ensureWithinLimits(heldBack, s.world.limits, NOW + 7200))).toBe('E_SIGMA_EXPIRED');
  const entries = [{ keys: publicKeys(s.css), message: message('m') }];
  const credential = await s.world.credential(s.csc);
  const dated = (notAfter: number): Uint8Array =>
    forge(s.world, { credential, sender: s.csc.record, signer: s.csc, entries, header: { notAfter } });
  const judge = (sigma2: Uint8Array): string =>
    codeOf(() => ensureWithinLimits(verified(s, sigma2), s.world.limits, NOW));
  expect(judge(dated(NOW - 900))).toBe('E_SIGMA_EXPIRED');
  expect(judge(dated(NOW))).toBe('E_SIGMA_EXPIRED');
  expect(judge(dated(NOW + 8100))).toBe('E_SIGMA_TTL');
  ensureWithinLimits(verified(s, dated(NOW + 7200)), s.world.limits, NOW);
});
