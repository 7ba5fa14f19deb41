/** The committed files are what the code makes, on both implementations, and every verifier reads them alike. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { agree } from '../agreement';
import { frame, fromHex, toHex } from '../bytes';
import { decodeOpening, verifyOpening } from '../opening';
import { parseLimits } from '../limits';
import { createParams, type Params, parseParams } from '../params';
import { nativePrimitives, ready } from '../primitives/native';
import { nodePrimitives } from '../primitives/node';
import { portablePrimitives } from '../primitives/portable';
import { decodeRecord, recordDigest, verifyRecord } from '../record';
import { verify } from '../signature';
import { Role } from '../roles';
import { Secret } from '../secret';
import { codeOf, codeOfAsync } from '../testing/codes';
import { unsigncrypt } from '../unsigncrypt';
import { ensureWithinLimits, verifySigma } from '../verify';
import { verifyInclusion } from '../merkle';
import { generateVectors, serialise, VECTORS_FOLDER } from './generate';

function read<T>(name: string): T {
  return JSON.parse(readFileSync(path.join(VECTORS_FOLDER, name), 'utf8')) as T;
}

interface KeysFile {
  readonly params: string;
  readonly limits: string;
  readonly holders: readonly {
    readonly f: string;
    readonly Q: string;
    readonly u: string;
    readonly record: string;
    readonly recordDigest: string;
  }[];
}

interface RefusalsFile {
  readonly sigmas: readonly { readonly name: string; readonly sigma: string; readonly code: string }[];
  readonly otherParams: { readonly datachain: string; readonly sigma: string; readonly code: string };
  readonly times: readonly { readonly at: number; readonly code: string }[];
  readonly records: readonly { readonly name: string; readonly record: string; readonly code: string }[];
}

const keys = read<KeysFile>('keys.json');
const refusals = read<RefusalsFile>('refusals.json');
const verifiers = [nativePrimitives, portablePrimitives, nodePrimitives];

beforeAll(ready);

describe.each([nativePrimitives, portablePrimitives])('made again on $name primitives', (primitives) => {
  it('every committed file is the same, byte for byte', async () => {
    const made = await generateVectors(primitives);
    expect([...made.keys()].sort()).toEqual(readdirSync(VECTORS_FOLDER).sort());
    for (const [name, content] of made) {
      expect(readFileSync(path.join(VECTORS_FOLDER, name), 'utf8')).toBe(serialise(content));
    }
  });
});

interface OpeningsFile {
  readonly receiver: { readonly f: string; readonly q: string };
  readonly sender: string;
  readonly bind: string;
  readonly cases: readonly {
    readonly name: string;
    readonly sigma: string;
    readonly locator: string;
    readonly key: string;
    readonly receiverRole: Role;
    readonly senderRecord: string;
    readonly now: number;
    readonly step: number;
    readonly code: string | null;
  }[];
}

describe.each([nativePrimitives, portablePrimitives])('opened on $name primitives', (primitives) => {
  const params = parseParams(primitives, keys.params);
  const limits = parseLimits(keys.limits);
  const file = read<OpeningsFile>('openings.json');
  const sender = verifyRecord(primitives, params, decodeRecord(fromHex(file.sender)));
  const receiver = keys.holders.find(({ f }) => f === file.receiver.f) as KeysFile['holders'][0];
  const holder = verifyRecord(primitives, params, decodeRecord(fromHex(receiver.record)));
  const q = new Secret(fromHex(file.receiver.q));

  it.each(file.cases)('$name', async (each) => {
    const verified = verifySigma(primitives, params, fromHex(each.sigma));
    const { headerBytes } = verified.sigma;
    const derived = agree(primitives, { ...holder, q }, headerBytes, verified.header.ephemeral, fromHex(file.bind));
    expect(toHex(derived.locator)).toBe(each.locator);
    if (each.name !== 'wrong entry key') expect(toHex(derived.key)).toBe(each.key);
    const record = {
      keys: sender,
      counts: each.senderRecord !== 'does not count',
      revoked: each.senderRecord === 'revoked',
    };
    const env = { primitives, random: () => new Uint8Array(0), now: () => each.now };
    const opening = unsigncrypt(env, {
      params,
      limits,
      verified,
      receiver: { f: fromHex(file.receiver.f), role: each.receiverRole },
      entryKey: { locator: derived.locator, key: fromHex(each.key) },
      findSender: () => (each.senderRecord === 'unknown' ? undefined : record),
    });
    if (each.code === null) expect(toHex((await opening)?.sender.f as Uint8Array)).toBe(toHex(sender.record.f));
    else expect(await codeOfAsync(opening)).toBe(each.code);
  });

  it('a locator that is not there is no error', async () => {
    const { sigma, key } = file.cases[0] as OpeningsFile['cases'][0];
    const verified = verifySigma(primitives, params, fromHex(sigma));
    const entryKey = { locator: new Uint8Array(32), key: fromHex(key) };
    const mine = { f: fromHex(file.receiver.f), role: Role.EV };
    const env = { primitives, random: () => new Uint8Array(0), now: () => 0 };
    const input = { params, limits, verified, receiver: mine, entryKey, findSender: () => undefined };
    expect(await unsigncrypt(env, input)).toBeNull();
  });
});

describe.each(verifiers)('read on $name primitives', (primitives) => {
  let params: Params;
  const limits = parseLimits(keys.limits);

  beforeAll(() => (params = parseParams(primitives, keys.params)));

  it('hashes', () => {
    const { cases } = read<{
      cases: { tag: string; parts: string[]; framed: string; H: string; HB: string; Hs: string }[];
    }>('hashes.json');
    expect(cases.length).toBeGreaterThan(5);
    for (const each of cases) {
      const framed = frame(
        each.tag,
        each.parts.map((part) => fromHex(part)),
      );
      expect(toHex(framed)).toBe(each.framed);
      expect(toHex(primitives.sha512(framed))).toBe(each.H);
      expect(toHex(primitives.blake2b512(framed))).toBe(each.HB);
      expect(toHex(primitives.reduceScalar(fromHex(each.H)))).toBe(each.Hs);
    }
  });

  it('signatures: one is valid, fourteen edge cases are not', () => {
    const file = read<{
      ctx: string;
      parts: string[];
      cases: { name: string; publicKey: string; signature: string; valid: boolean }[];
    }>('signatures.json');
    const parts = file.parts.map((part) => fromHex(part));
    const valid = file.cases.filter(({ publicKey, signature }) =>
      verify(primitives, fromHex(publicKey), fromHex(signature), 'in', fromHex(file.ctx), ...parts),
    );
    expect(file.cases).toHaveLength(15);
    expect(valid.map(({ name }) => name)).toEqual(['honest']);
    expect(file.cases.filter((each) => each.valid)).toEqual(valid);
  });

  it('records', () => {
    for (const holder of keys.holders) {
      const record = decodeRecord(fromHex(holder.record));
      const derived = verifyRecord(primitives, params, record);
      expect([toHex(record.f), toHex(derived.Q), toHex(derived.u)]).toEqual([holder.f, holder.Q, holder.u]);
      expect(toHex(recordDigest(primitives, record))).toBe(holder.recordDigest);
    }
    for (const { record, code } of refusals.records) {
      expect(codeOf(() => verifyRecord(primitives, params, decodeRecord(fromHex(record))))).toBe(code);
    }
  });

  it('σ, and every refusal with its code', () => {
    const { sigma, id, tau } = read<{ sigma: string; id: string; tau: string }>('sigma.json');
    const verified = verifySigma(primitives, params, fromHex(sigma));
    expect([toHex(verified.id), toHex(verified.tau)]).toEqual([id, tau]);
    for (const each of refusals.sigmas) {
      expect(`${each.name}: ${codeOf(() => verifySigma(primitives, params, fromHex(each.sigma)))}`).toBe(
        `${each.name}: ${each.code}`,
      );
    }
    const elsewhere = createParams(primitives, { ...params, datachain: refusals.otherParams.datachain });
    expect(codeOf(() => verifySigma(primitives, elsewhere, fromHex(sigma)))).toBe('E_SIGMA_CONTEXT');
    expect(refusals.times.map(({ at }) => codeOf(() => ensureWithinLimits(verified, limits, at)))).toEqual([
      'E_SIGMA_EXPIRED',
      'E_SIGMA_TTL',
    ]);
    expect(new Set(refusals.sigmas.map(({ code }) => code))).toEqual(
      new Set(
        ['MALFORMED', 'VERSION', 'SUITE', 'CONTEXT', 'CERTIFICATE', 'EPHEMERAL', 'KEY', 'SIGNATURE', 'ORDER'].map(
          (name) => `E_SIGMA_${name}`,
        ),
      ),
    );
  });

  it('an opening', () => {
    const { holder, opening } = read<{ holder: string; opening: { Y: string; encoded: string } }>('credentials.json');
    const { record } = keys.holders.find(({ f }) => f === holder) as KeysFile['holders'][0];
    const accused = verifyRecord(primitives, params, decodeRecord(fromHex(record)));
    const decoded = decodeOpening(fromHex(opening.encoded));
    verifyOpening(primitives, params, accused, fromHex(opening.Y), decoded);
    expect(codeOf(() => verifyOpening(primitives, params, accused, accused.Q, decoded))).toBe('E_OPENING');
  });

  it('Merkle proofs', () => {
    interface Tree {
      readonly tags: { leaf: string; node: string; root: string };
      readonly items: string[];
      readonly roots: { count: number; root: string }[];
      readonly proofs: { index: number; count: number; path: string[] }[];
    }
    for (const { tags, items, roots, proofs } of read<Tree[]>('merkle.json')) {
      const root = fromHex(roots.find(({ count }) => count === items.length)?.root ?? '');
      for (const proof of proofs) {
        const decoded = { ...proof, path: proof.path.map((node) => fromHex(node)) };
        verifyInclusion(primitives, tags, root, fromHex(items[proof.index] as string), decoded);
      }
    }
  });
});
