import { createHash } from 'node:crypto';
import {
  batchKey,
  BROADCAST,
  decodeSigmaState,
  encodeSigmaList,
  type EpochsItem,
  type GovernanceReply,
  governanceStatement,
  type InclusionReply,
  type LimitsItem,
  MAX_SIGMAS,
  type Outcome,
  type SigmaReply,
  SIGMAS_EVENT,
  sigmaKey,
  SLOT_KEY,
  slotNumber,
  spentKey,
  type SubmitReply,
} from '@chargecast/protocol';
import { createLimits } from '@chargecast/signcryption/limits';
import { merkleRoot, SIGMA_TREE, verifyInclusion } from '@chargecast/signcryption/merkle';
import { nodePrimitives } from '@chargecast/signcryption/primitives/node';
import { ready } from '@chargecast/signcryption/primitives/native';
import { Role } from '@chargecast/signcryption/roles';
import { decodeSigma, HEADER_BYTES } from '@chargecast/signcryption/wire';
import { EPOCH, hex, message, NOW, publicKeys, World } from '@chargecast/signcryption/testing/world';
import { type Credential } from '@chargecast/signcryption/credential';
import { type HolderKey } from '@chargecast/signcryption/holder';
import { type Signcrypted } from '@chargecast/signcryption/signcrypt';
import { codeOf, Consortium, GATEWAYS } from './testing/consortium';

let consortium: Consortium;
let csc: HolderKey;
let pile: HolderKey;

beforeAll(ready);

beforeEach(async () => {
  consortium = await Consortium.initialised();
  csc = await consortium.world.enrol('csc', Role.CSC);
  pile = await consortium.world.enrol('pile', Role.CP);
});

const seal = (text: string, credential?: Credential): Promise<Signcrypted> =>
  consortium.world.seal(csc, [{ keys: publicKeys(pile), message: message(text) }], credential);

const codes = (outcomes: readonly Outcome[]): string[] =>
  outcomes.map((outcome) => (outcome.status === 'refused' ? outcome.code : outcome.status));

const oneTimeKey = (sigma: Uint8Array): string => hex(decodeSigma(sigma).header.oneTimeKey);

describe('submit', () => {
  test('commits σ with nullifier, batch, root and event', async () => {
    const sealed = [await seal('a'), await seal('b'), await seal('c')];
    const simulation = await consortium.endorse(sealed.map(({ sigma }) => sigma));
    expect(consortium.datachain.commit(simulation)).toBe('VALID');
    const ids = sealed.map(({ id }) => hex(id));
    const root = hex(
      merkleRoot(
        nodePrimitives,
        SIGMA_TREE,
        sealed.map(({ id }) => id),
      ),
    );
    expect(JSON.parse(simulation.payload)).toEqual({ root, outcomes: ids.map((id) => ({ id, status: 'committed' })) });
    expect(simulation.event).toEqual({ name: SIGMAS_EVENT, payload: JSON.stringify({ ids, root }) });
    expect(JSON.parse(String(consortium.datachain.state(batchKey(simulation.transactionId))))).toEqual({ ids, root });
    for (const [index, { id, sigma }] of sealed.entries()) {
      const { transactionId } = simulation;
      expect(decodeSigmaState(consortium.datachain.state(sigmaKey(hex(id))) as Buffer)).toEqual({
        transactionId,
        index,
      });
      expect(consortium.datachain.state(spentKey(oneTimeKey(sigma)))).toEqual(Buffer.from(id));
    }
  });

  test('writes nothing else than where σ stand, nullifiers and the batch, and reads each key once', async () => {
    const sealed = [await seal('a'), await seal('b')];
    const { reads, writes, ranges } = await consortium.endorse(sealed.map(({ sigma }) => sigma));
    const keys = reads.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).toContain(SLOT_KEY);
    expect(ranges).toBe(0);
    expect([...writes.keys()].map((key) => key.split(':')[0]).sort()).toEqual([
      'batch',
      'sigma',
      'sigma',
      'spent',
      'spent',
    ]);
    expect(keys.filter((key) => writes.has(key)).every((key) => key.startsWith('spent:'))).toBe(true);
  });

  test('says of each σ whether it is bad, writes nothing beside a bad one, and commits the rest by themselves', async () => {
    const good = [await seal('a'), await seal('b')];
    const flipped = Uint8Array.from((await seal('c')).sigma);
    flipped[HEADER_BYTES + 40] = (flipped[HEADER_BYTES + 40] as number) ^ 1;
    const [first, second] = good.map(({ sigma }) => sigma) as [Uint8Array, Uint8Array];
    const mixed = await consortium.endorse([first, flipped, Uint8Array.of(1, 2, 3), second]);
    const { outcomes } = JSON.parse(mixed.payload) as SubmitReply;
    const held = 'E_SUBMISSION_MIXED';
    expect(codes(outcomes)).toEqual([held, 'E_SIGMA_SIGNATURE', 'E_SIGMA_MALFORMED', held]);
    expect(outcomes[2]?.id).toMatch(/^[0-9a-f]{64}$/);
    expect(mixed.writes.size).toBe(0);
    expect(mixed.event).toBeUndefined();
    const { root, outcomes: alone } = await consortium.submit([first, second]);
    expect(codes(alone)).toEqual(['committed', 'committed']);
    const ids = good.map(({ id }) => id);
    expect(root).toBe(hex(merkleRoot(nodePrimitives, SIGMA_TREE, ids)));
  });

  test('a submission of which nothing stands has outcomes, no root, no write, no event', async () => {
    const simulation = await consortium.endorse([Uint8Array.of(1)]);
    expect(simulation.status).toBe(200);
    expect(JSON.parse(simulation.payload)).not.toHaveProperty('root');
    expect(simulation.writes.size).toBe(0);
    expect(simulation.event).toBeUndefined();
  });

  test('a one-time credential is spent once: in one submission and across', async () => {
    const credential = await consortium.world.credential(csc);
    const first = await seal('a', credential);
    const twin = await (async (): Promise<Signcrypted> => {
      const other = new World('world');
      Object.assign(other.env, { random: consortium.world.env.random });
      return other.seal(csc, [{ keys: publicKeys(pile), message: message('b') }], credential);
    })();
    expect(oneTimeKey(twin.sigma)).toBe(oneTimeKey(first.sigma));
    const both = await consortium.submit([first.sigma, twin.sigma]);
    expect(codes(both.outcomes)).toEqual(['E_SUBMISSION_MIXED', 'E_CREDENTIAL_SPENT']);
    expect(codes((await consortium.submit([first.sigma])).outcomes)).toEqual(['committed']);
    expect(codes((await consortium.submit([twin.sigma, first.sigma])).outcomes)).toEqual([
      'E_CREDENTIAL_SPENT',
      'E_CREDENTIAL_SPENT',
    ]);
  });

  test('a refused σ does not take the key of its valid twin', async () => {
    const { sigma } = await seal('a');
    const broken = Uint8Array.from(sigma);
    broken[broken.length - 1] = (broken[broken.length - 1] as number) ^ 1;
    expect(codes((await consortium.submit([broken, sigma])).outcomes)[1]).toBe('E_SUBMISSION_MIXED');
    expect(codes((await consortium.submit([sigma])).outcomes)).toEqual(['committed']);
  });

  test('two gateways that submit one σ: one commits, the other conflicts and goes on without it', async () => {
    const [shared, own] = [await seal('shared'), await seal('own')];
    const one = await consortium.endorse([shared.sigma]);
    const two = await consortium.endorse([shared.sigma, own.sigma]);
    expect(consortium.datachain.commit(one)).toBe('VALID');
    expect(consortium.datachain.commit(two)).toBe('MVCC_READ_CONFLICT');
    expect(codes((await consortium.submit([shared.sigma, own.sigma])).outcomes)).toEqual([
      'E_CREDENTIAL_SPENT',
      'E_SUBMISSION_MIXED',
    ]);
    expect(codes((await consortium.submit([own.sigma])).outcomes)).toEqual(['committed']);
  });

  test('submissions of different σ do not conflict', async () => {
    const simulations = [];
    for (const text of ['a', 'b', 'c']) simulations.push(await consortium.endorse([(await seal(text)).sigma]));
    expect(simulations.map((simulation) => consortium.datachain.commit(simulation))).toEqual([
      'VALID',
      'VALID',
      'VALID',
    ]);
  });

  test('an endorsement held back dies when the slot moves on', async () => {
    const held = await consortium.endorse([(await seal('a')).sigma]);
    await consortium.advance(slotNumber(NOW) + 1);
    expect(consortium.datachain.commit(held)).toBe('MVCC_READ_CONFLICT');
  });

  test('a slot head that is too old stops all submissions', async () => {
    const { sigma } = await seal('a');
    const lastGood = (slotNumber(NOW) + 2) * 900 + 899;
    expect((await consortium.endorse([sigma], { time: lastGood })).status).toBe(200);
    expect(await codeOf(consortium.submit([sigma], { time: lastGood + 1 }))).toBe('E_SLOT_STALE');
  });

  test('time: expired, and dated further than the limits allow', async () => {
    const { sigma } = await seal('a');
    const { notAfter } = decodeSigma(sigma).header;
    const at = async (time: number): Promise<string[]> => {
      await consortium.advance(slotNumber(time)).catch(() => undefined);
      return codes(
        (JSON.parse((await consortium.endorse([sigma], { time })).payload) as { outcomes: Outcome[] }).outcomes,
      );
    };
    expect(await at(notAfter - consortium.world.limits.maxTtl - 1)).toEqual(['E_SIGMA_TTL']);
    expect(await at(notAfter - consortium.world.limits.maxTtl)).toEqual(['committed']);
    expect(await at(notAfter - 1)).toEqual(['committed']);
    expect(await at(notAfter)).toEqual(['E_SIGMA_EXPIRED']);
  });

  test('another channel’s σ is refused', async () => {
    const foreign = new World('foreign', undefined, 'other-network');
    const sender = await foreign.enrol('csc', Role.CSC);
    const receiver = await foreign.enrol('pile', Role.CP);
    const { sigma } = await foreign.seal(sender, [{ keys: publicKeys(receiver), message: message('x') }]);
    expect(codes((await consortium.submit([sigma])).outcomes)).toEqual(['E_SIGMA_CONTEXT']);
  });

  test('limits: another version, and a class nobody may use', async () => {
    const { sigma } = await seal('a');
    const next = createLimits({
      ...consortium.world.limits,
      version: 2,
      allowed: [{ sender: Role.CSS, senderClass: Role.CSS, receiver: Role.CP }],
    });
    const item = consortium.versioned<LimitsItem>(consortium.limits(next));
    await consortium.cast('kgc', BROADCAST.mirrorGovernance, [JSON.stringify(item)]);
    expect(codes((await consortium.submit([sigma])).outcomes)).toEqual(['E_SIGMA_LIMITS']);
    const resealed = await consortium.world.seal(csc, [{ keys: publicKeys(pile), message: message('b') }]);
    Object.assign(consortium.world, { limits: { ...consortium.world.limits, version: 2 } });
    const wrongClass = await seal('c');
    expect(codes((await consortium.submit([resealed.sigma, wrongClass.sigma])).outcomes)).toEqual([
      'E_SIGMA_LIMITS',
      'E_CLASS',
    ]);
  });

  test('epochs: unknown, closing before σ expires, closed', async () => {
    const { sigma } = await seal('a');
    const { notAfter } = decodeSigma(sigma).header;
    const roll = async (version: number, accepted: { epoch: number; closeAt?: number }[]): Promise<void> => {
      const body = { current: EPOCH + 1, accepted: [...accepted, { epoch: EPOCH + 1 }] };
      const item = consortium.versioned<EpochsItem>(consortium.epochs(version, body));
      await consortium.cast('kgc', BROADCAST.mirrorGovernance, [JSON.stringify(item)]);
    };
    const now = async (time = NOW): Promise<string[]> =>
      codes((JSON.parse((await consortium.endorse([sigma], { time })).payload) as { outcomes: Outcome[] }).outcomes);
    await roll(2, [{ epoch: EPOCH, closeAt: notAfter }]);
    expect(await now()).toEqual(['committed']);
    await roll(3, [{ epoch: EPOCH, closeAt: notAfter - 1 }]);
    expect(await now()).toEqual(['E_EPOCH']);
    await roll(4, []);
    expect(await now()).toEqual(['E_EPOCH']);
  });

  test('a revoked credential is refused from the effective time on', async () => {
    const credential = await consortium.world.credential(csc);
    const { sigma } = await seal('a', credential);
    const item = consortium.revocation(
      'revokedCredential',
      oneTimeKey(sigma),
      (statement) => [{ by: 'holder', signature: consortium.sign(credential.y, statement) }],
      { effective: NOW + 60 },
    );
    await consortium.cast('relay', BROADCAST.mirrorGovernance, [JSON.stringify(item)]);
    expect(
      (JSON.parse((await consortium.endorse([sigma], { time: NOW + 59 })).payload) as { root?: string }).root,
    ).toBeDefined();
    expect(codes((await consortium.submit([sigma], { time: NOW + 60 })).outcomes)).toEqual(['E_CREDENTIAL_REVOKED']);
  });

  test('a credential on a revoked list is refused, the others of its batch are not', async () => {
    const { sigma } = await seal('a');
    const { sigma: untouched } = await seal('b');
    const body = { subjects: [oneTimeKey(sigma)], reason: 'compromised', effective: NOW } as const;
    const statement = governanceStatement({ kind: 'revokedCredentials', body });
    const item = {
      kind: 'revokedCredentials',
      body,
      authority: consortium.organisations(GATEWAYS.slice(1), statement),
    };
    await consortium.cast('relay', BROADCAST.mirrorGovernance, [JSON.stringify(item)]);
    const { outcomes } = await consortium.submit([sigma, untouched]);
    expect(codes(outcomes)).toEqual(['E_CREDENTIAL_REVOKED', 'E_SUBMISSION_MIXED']);
    expect(codes((await consortium.submit([untouched])).outcomes)).toEqual(['committed']);
  });

  test('bounds of the argument', async () => {
    const { sigma } = await seal('a');
    const submit = (...args: Uint8Array[]): Promise<unknown> => consortium.cast('relay', BROADCAST.submit, args);
    const list = encodeSigmaList([sigma]);
    expect(await codeOf(submit())).toBe('E_ARGUMENTS');
    expect(await codeOf(submit(list, list))).toBe('E_ARGUMENTS');
    expect(await codeOf(submit(new Uint8Array(0)))).toBe('E_SIGMA_LIST');
    expect(await codeOf(submit(sigma))).toBe('E_SIGMA_LIST');
    expect(await codeOf(submit(list.subarray(0, -1)))).toBe('E_SIGMA_LIST');
    const many = Array.from({ length: MAX_SIGMAS + 1 }, () => sigma);
    expect(await codeOf(submit(encodeSigmaList(many)))).toBe('E_TOO_MANY');
    const large = new Uint8Array(2 * 1024 * 1024 + 1);
    expect(await codeOf(submit(encodeSigmaList([large, large])))).toBe('E_TOO_LARGE');
  });

  test('without limits or epochs nothing is judged', async () => {
    const fresh = await Consortium.create();
    expect(await codeOf(fresh.submit([Uint8Array.of(1)]))).toBe('E_NOT_INITIALISED');
  });
});

describe('queries', () => {
  test('σ by id, pages of ids, proofs', async () => {
    const sealed = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((text) => seal(text)));
    const { root } = await consortium.submit(sealed.map(({ sigma }) => sigma));
    for (const [index, { id }] of sealed.entries()) {
      const found = await consortium.query<SigmaReply>('auditor', 'datachain', BROADCAST.getSigma, [hex(id)]);
      expect(found).toMatchObject({ id: hex(id), index });
      const proof = await consortium.query<InclusionReply>('owner', 'datachain', BROADCAST.getInclusionProof, [
        hex(id),
      ]);
      expect(proof.root).toBe(root);
      const path = proof.path.map((node) => Buffer.from(node, 'hex'));
      const bytes = Buffer.from(proof.root, 'hex');
      expect(() => verifyInclusion(nodePrimitives, SIGMA_TREE, bytes, id, { ...proof, path })).not.toThrow();
      const other = createHash('sha256').update(id).digest();
      expect(() => verifyInclusion(nodePrimitives, SIGMA_TREE, bytes, other, { ...proof, path })).toThrow();
    }
    const seen: string[] = [];
    for (let bookmark = '', first = true; first || bookmark !== ''; first = false) {
      const page: { items: { id: string }[]; bookmark: string } = await consortium.query(
        'auditor',
        'datachain',
        BROADCAST.listSigmas,
        ['2', bookmark],
      );
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map(({ id }) => id));
      bookmark = page.bookmark;
    }
    expect(seen).toEqual(sealed.map(({ id }) => hex(id)).sort());
  });

  test('an empty page', async () => {
    const page = await consortium.query('auditor', 'datachain', BROADCAST.listSigmas, ['5', '']);
    expect(page).toEqual({ items: [], bookmark: '' });
  });

  test('refusals', async () => {
    const query = (name: string, args: string[]): Promise<string> =>
      codeOf(consortium.query('auditor', 'datachain', name, args));
    expect(await query(BROADCAST.getSigma, ['00'.repeat(32)])).toBe('E_NOT_FOUND');
    expect(await query(BROADCAST.getInclusionProof, ['00'.repeat(32)])).toBe('E_NOT_FOUND');
    expect(await query(BROADCAST.getSigma, ['../x'])).toBe('E_DECODE');
    for (const size of ['0', '501', '-1', '1.5', 'ten', '']) {
      expect(await query(BROADCAST.listSigmas, [size, ''])).toBe('E_ARGUMENTS');
    }
    expect(await query(BROADCAST.listSigmas, ['1', 'x'.repeat(1025)])).toBe('E_ARGUMENTS');
    expect(await query(BROADCAST.listSigmas, ['1', 'params'])).toBe('E_ARGUMENTS');
    expect(await query(BROADCAST.governanceItem, ['roots'])).toBe('E_DECODE');
  });

  test('governance, its items and the slot', async () => {
    const found = await consortium.query<GovernanceReply>('owner', 'datachain', BROADCAST.governance);
    expect(found.versions).toEqual({ limits: 1, epochs: 1 });
    expect(found.slot?.number).toBe(slotNumber(NOW));
    expect(found.epochs).toEqual({ current: EPOCH, accepted: [{ epoch: EPOCH }] });
    expect(await consortium.query('owner', 'datachain', BROADCAST.slot)).toEqual(found.slot);
    const item = await consortium.query<LimitsItem>('kgc', 'datachain', BROADCAST.governanceItem, ['limits']);
    expect(item).toMatchObject(consortium.limits());
    expect(item.authority).toHaveLength(4);
  });
});

describe('advanceSlot', () => {
  const advance = (head: object, time = NOW + 900): Promise<string> =>
    codeOf(consortium.cast('relay', BROADCAST.advanceSlot, [JSON.stringify(head)], { time }));
  const next = slotNumber(NOW) + 1;

  test('moves on under a majority of the gateways', async () => {
    const head = consortium.slotHead({ number: next });
    const { event } = await consortium.cast('relay', BROADCAST.advanceSlot, [JSON.stringify(head)], {
      time: NOW + 900,
    });
    expect(event?.payload).toBe(JSON.stringify({ epoch: EPOCH, number: next }));
    expect(await consortium.query('owner', 'datachain', BROADCAST.slot)).toEqual(head);
  });

  test('refuses too few, repeated, foreign and misplaced signatures', async () => {
    expect(await advance(consortium.slotHead({ number: next }, GATEWAYS.slice(0, 2)))).toBe('E_AUTHORITY');
    expect(await advance(consortium.slotHead({ number: next }, ['CSS1MSP', 'CSS1MSP', 'CSS1MSP']))).toBe('E_AUTHORITY');
    expect(await advance(consortium.slotHead({ number: next }, ['CSS1MSP', 'CSS2MSP', 'ESP1MSP']))).toBe('E_AUTHORITY');
    const signed = consortium.slotHead({ number: next });
    expect(await advance({ ...signed, certchainBlock: signed.certchainBlock + 1 })).toBe('E_AUTHORITY');
  });

  test('refuses a number that is not now, not later, an older height, another epoch', async () => {
    expect(await advance(consortium.slotHead({ number: next + 2 }))).toBe('E_SLOT');
    expect(await advance(consortium.slotHead({ number: next - 1 }))).toBe('E_SLOT');
    expect(await advance(consortium.slotHead({ number: next, certchainBlock: 2 }))).toBe('E_SLOT');
    expect(await advance(consortium.slotHead({ number: next, epoch: EPOCH + 1 }))).toBe('E_SLOT');
    expect(await advance({ number: next })).toBe('E_DECODE');
  });
});
