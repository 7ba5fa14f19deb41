/** Attacks on σ itself by outsiders, by receivers who know K_S, and by dishonest senders. */
import { concat, utf8 } from '../bytes';
import { openEntry } from '../entries';
import { headerDigest } from '../agreement';
import { ownEntryKey } from '../entrykey';
import { ready } from '../primitives/native';
import { Role } from '../roles';
import { openSender, sealSender, type SenderProof } from '../sender';
import { codeOf, codeOfAsync } from '../testing/codes';
import { collide } from '../testing/aead-collision';
import { forge, type ForgedEntry, INNER_KEY, innerProof, signOuter } from '../vectors/forge';
import { littleEndian, nonCanonical, smallOrder } from '../testing/points';
import { bindOf, forSelf, forVehicle, open, type Scene, scene, sealFrom, verified } from '../testing/scene';
import { hex, message, publicKeys } from '../testing/world';
import { sigmaId, verifySigma } from '../verify';
import { decodeSigma, encodeSigma, type Sigma } from '../wire';

let s: Scene;

beforeAll(async () => {
  await ready();
  s = await scene('attacks on σ');
});

const refusal = (sigma: Uint8Array): string => codeOf(() => verified(s, sigma));

const entriesOf = ({ body, header }: Sigma): Uint8Array[] =>
  Array.from({ length: header.entryCount }, (_, i) => body.slice(i * header.entryLength, (i + 1) * header.entryLength));

const entryFor = (ev: Scene['evs'][0], change: Partial<ForgedEntry> = {}): ForgedEntry => ({
  keys: publicKeys(ev),
  bind: bindOf(s),
  message: message('charge'),
  ...change,
});

/** What a receiver learns by opening: K_S and the sender's proof. */
function insiderView(sigma: Uint8Array): { K_S: Uint8Array; proof: SenderProof } {
  const { env, params } = s.world;
  const checked = verified(s, sigma);
  const key = ownEntryKey(env, params, s.css, checked.sigma.headerBytes);
  const hh = headerDigest(env.primitives, checked.sigma.headerBytes);
  const at = checked.locate(key.locator) as number;
  const entry = openEntry(env.primitives, checked.sigma, at, key.key, hh, s.css.record.f);
  if (!entry) throw new Error('the insider cannot open its own entry');
  const proof = openSender(env.primitives, entry.K_S, hh, checked.tau, checked.sigma.sealedSender);
  if (!proof) throw new Error('the insider cannot open the sender');
  return { K_S: entry.K_S, proof };
}

it('attack 06: a co-receiver who re-wraps, swaps C_S or signs again gets nothing accepted', async () => {
  const sigma = await sealFrom(s, [forSelf(s.css), forVehicle(s, s.evs[0])]);
  const other = decodeSigma(await sealFrom(s, [forSelf(s.css), forVehicle(s, s.evs[0])]));
  const { K_S, proof } = insiderView(sigma);
  const parts = decodeSigma(sigma);
  expect(refusal(encodeSigma({ ...parts, sealedSender: other.sealedSender }))).toBe('E_SIGMA_SIGNATURE');

  const accomplice = await s.world.enrol('second centre', Role.CSC);
  const credential = await s.world.credential(accomplice);
  const swapped = signOuter(s.world, credential, parts.header, parts.body, other.sealedSender);
  expect(refusal(swapped)).toBe('E_SIGMA_SIGNATURE');
  const header = { ...parts.header, oneTimeKey: credential.oneTimeKey, certificate: credential.certificate };
  const resigned = signOuter(s.world, credential, header, parts.body, parts.sealedSender);
  expect(verified(s, resigned).header.entryCount).toBe(2);
  expect(await open(s, resigned, s.evs[0])).toBeNull();

  const rewrapped = forge(s.world, {
    credential,
    sender: s.csc.record,
    proof: () => proof,
    K_S,
    entries: [entryFor(s.evs[1])],
  });
  verified(s, rewrapped);
  expect(await codeOfAsync(open(s, rewrapped, s.evs[1]))).toBe('E_OPEN');
});

it('attack 07: every byte of σ flipped is refused by everybody', async () => {
  const sigma = await sealFrom(s, [forVehicle(s, s.evs[0]), forVehicle(s, s.evs[1])]);
  const codes = new Set<string>();
  for (let at = 0; at < sigma.length; at++) {
    const flipped = Uint8Array.from(sigma);
    flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
    codes.add(refusal(flipped));
  }
  expect([...codes].every((code) => code.startsWith('E_SIGMA_'))).toBe(true);
  for (const code of ['VERSION', 'SUITE', 'CONTEXT', 'MALFORMED', 'CERTIFICATE', 'SIGNATURE']) {
    expect(codes).toContain(`E_SIGMA_${code}`);
  }
});

it('attack 08: entries swapped, deleted, duplicated or reordered are refused, also by the sender’s own hand', async () => {
  const credential = await s.world.credential(s.csc);
  const sigma = decodeSigma(
    await sealFrom(
      s,
      s.evs.slice(0, 2).map((ev) => forVehicle(s, ev)),
      credential,
    ),
  );
  const foreign = decodeSigma(
    await sealFrom(
      s,
      s.evs.slice(0, 2).map((ev) => forVehicle(s, ev)),
    ),
  );
  const [first, second] = entriesOf(sigma) as [Uint8Array, Uint8Array];
  const [alien] = entriesOf(foreign) as [Uint8Array];
  const { header, sealedSender, signature } = sigma;
  const changed = (entries: Uint8Array[]): Parameters<typeof encodeSigma>[0] => ({
    header: { ...header, entryCount: entries.length },
    body: concat(...entries),
    sealedSender,
    signature,
  });
  const swapped = [alien, second].sort((a, b) => Buffer.compare(a, b));
  expect(refusal(encodeSigma(changed(swapped)))).toBe('E_SIGMA_SIGNATURE');
  expect(refusal(encodeSigma(changed([first])))).toBe('E_SIGMA_SIGNATURE');
  expect(refusal(encodeSigma(changed([second, first])))).toBe('E_SIGMA_ORDER');
  expect(refusal(encodeSigma(changed([first, first, second])))).toBe('E_SIGMA_ORDER');
  for (const entries of [
    [second, first],
    [first, first],
  ]) {
    const signed = signOuter(s.world, credential, header, concat(...entries), sealedSender);
    expect(refusal(signed)).toBe('E_SIGMA_ORDER');
  }
  const deleted = signOuter(s.world, credential, { ...header, entryCount: 1 }, first, sealedSender);
  verified(s, deleted);
  const outcomes = await Promise.all(s.evs.slice(0, 2).map((ev) => open(s, deleted, ev)));
  expect(outcomes).toEqual([null, null]);
});

it('attack 09: a sender who gives receivers different K_S is believed by those of the committed one only', async () => {
  const sigma = forge(s.world, {
    credential: await s.world.credential(s.csc),
    sender: s.csc.record,
    signer: s.csc,
    entries: [entryFor(s.evs[0]), entryFor(s.evs[1], { K_S: new Uint8Array(32).fill(5) })],
  });
  expect((await open(s, sigma, s.evs[0]))?.sender.f).toEqual(s.csc.record.f);
  expect(await codeOfAsync(open(s, sigma, s.evs[1]))).toBe('E_OPEN');
});

it('attack 10: C_S that authenticates under two keys names one sender, the committed one', async () => {
  const { env } = s.world;
  const second = new Uint8Array(32).fill(6);
  const credential = await s.world.credential(s.csc);
  const honest = forge(s.world, {
    credential,
    sender: s.csc.record,
    signer: s.csc,
    entries: [entryFor(s.evs[0]), entryFor(s.evs[1], { K_S: second })],
  });
  const parts = decodeSigma(honest);
  const { tau } = verified(s, honest);
  const hh = headerDigest(env.primitives, parts.headerBytes);
  const sealedSender = collide(env.primitives, hh, tau, INNER_KEY, second);
  expect(openSender(env.primitives, INNER_KEY, hh, tau, sealedSender)).toBeDefined();
  expect(openSender(env.primitives, second, hh, tau, sealedSender)).toBeDefined();
  const sigma = signOuter(s.world, credential, parts.header, parts.body, sealedSender);
  verified(s, sigma);
  for (const ev of s.evs.slice(0, 2)) expect(await codeOfAsync(open(s, sigma, ev))).toBe('E_OPEN');

  // Even with the right f and σ_in under the second key, com holds K_S.
  const proof = innerProof(s.world, s.csc, tau);
  const underSecond = sealSender(env.primitives, second, hh, tau, proof);
  const renamed = signOuter(s.world, credential, parts.header, parts.body, underSecond);
  expect(await codeOfAsync(open(s, renamed, s.evs[1]))).toBe('E_OPEN');
});

it('attack 11: another f inside, or padding with room for a hidden message, is refused', async () => {
  const make = async (change: Partial<ForgedEntry>): Promise<Uint8Array> =>
    forge(s.world, {
      credential: await s.world.credential(s.csc),
      sender: s.csc.record,
      signer: s.csc,
      entries: [entryFor(s.evs[0], change)],
    });
  expect((await open(s, await make({}), s.evs[0]))?.messages).toEqual([utf8('charge')]);
  const changes: Partial<ForgedEntry>[] = [
    { f: s.evs[1].record.f },
    { filler: 1 },
    { length: 0 },
    { length: 129 },
    { length: 0xffffffff },
  ];
  for (const change of changes) expect(await codeOfAsync(open(s, await make(change), s.evs[0]))).toBe('E_OPEN');
});

it('attack 12: a receiver cannot forward a message as if the sender had sealed it for another', async () => {
  const received = await sealFrom(s, [forSelf(s.css, 'open the gate')]);
  const { proof } = insiderView(received);
  const accomplice = await s.world.enrol('accomplice', Role.CSC);
  const forwarded = forge(s.world, {
    credential: await s.world.credential(accomplice),
    sender: s.csc.record,
    proof: () => proof,
    entries: [entryFor(s.evs[2], { message: message('open the gate') })],
  });
  verified(s, forwarded);
  expect(await codeOfAsync(open(s, forwarded, s.evs[2]))).toBe('E_OPEN');
  const asItself = forge(s.world, {
    credential: await s.world.credential(accomplice),
    sender: accomplice.record,
    signer: accomplice,
    entries: [entryFor(s.evs[2], { message: message('open the gate') })],
  });
  expect((await open(s, asItself, s.evs[2]))?.sender.f).toEqual(accomplice.record.f);
});

it('attack 14: U and Y of a σ that are zero, non-canonical or of small order fail publicly', async () => {
  const credential = await s.world.credential(s.csc);
  const common = { credential, sender: s.csc.record, signer: s.csc, entries: [entryFor(s.evs[0])] };
  const P = 2n ** 255n - 19n;
  for (const u of [0n, P, P + 1n, P + 9n, 2n ** 255n - 1n, 2n ** 255n + 9n]) {
    const header = { ephemeral: littleEndian(u) };
    expect(refusal(forge(s.world, { ...common, header }))).toBe('E_SIGMA_EPHEMERAL');
  }
  for (const oneTimeKey of [...smallOrder, ...nonCanonical]) {
    expect(refusal(forge(s.world, { ...common, header: { oneTimeKey } }))).toBe('E_SIGMA_KEY');
  }
  // U of small order but canonical passes publicly; every receiver's z is then zero, and nobody opens.
  const sigma = forge(s.world, { ...common, header: { ephemeral: littleEndian(1n) } });
  verified(s, sigma);
  await expect(open(s, sigma, s.evs[0])).rejects.toMatchObject({ code: 'E_ENTRY_REFUSED' });
  await expect(open(s, sigma, s.css)).rejects.toMatchObject({ code: 'E_OPEN' });
});

it('attack 23 (library part): another byte, or fewer bytes, make another id', async () => {
  const sigma = await sealFrom(s, [forVehicle(s, s.evs[0])]);
  const { env, params } = s.world;
  const ids = new Set([hex(verifySigma(env.primitives, params, sigma).id)]);
  for (let at = 0; at < sigma.length; at++) {
    const other = Uint8Array.from(sigma);
    other[at] = (other[at] as number) ^ 1;
    ids.add(hex(sigmaId(env.primitives, other)));
  }
  for (let length = 0; length <= sigma.length; length++) ids.add(hex(sigmaId(env.primitives, sigma.slice(0, length))));
  expect(ids.size).toBe(1 + 2 * sigma.length);
});

it('attack 23 (library part): a σ has one form: whoever copies it submits the same id and the same one-time key', async () => {
  const sigma = await sealFrom(s, [forVehicle(s, s.evs[0])]);
  const { env, params } = s.world;
  const first = verifySigma(env.primitives, params, sigma);
  const copied = verifySigma(env.primitives, params, Uint8Array.from(sigma));
  expect(hex(copied.id)).toBe(hex(first.id));
  expect(hex(sigmaId(env.primitives, sigma))).toBe(hex(first.id));
  expect(copied.header.oneTimeKey).toEqual(first.header.oneTimeKey);
  // The signature's only malleability, S + ℓ, is refused.
  const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
  const S = sigma.slice(-32).reduceRight((n, byte) => n * 256n + BigInt(byte), 0n) + ORDER;
  const twin = Uint8Array.from(sigma);
  twin.set(
    Uint8Array.from({ length: 32 }, (_, i) => Number((S >> BigInt(8 * i)) & 255n)),
    sigma.length - 32,
  );
  expect(refusal(twin)).toBe('E_SIGMA_SIGNATURE');
});

it('attack 24: a receiver listed twice, by pseudo-identity or by key, is refused', async () => {
  const [a, b] = s.evs;
  const twice = [forVehicle(s, a, 'one'), forVehicle(s, a, 'two')];
  expect(await codeOfAsync(sealFrom(s, twice))).toBe('E_RECEIVER_TWICE');
  const sameKey = { ...forVehicle(s, b), keys: { ...publicKeys(b), Q: a.Q } };
  expect(await codeOfAsync(sealFrom(s, [forVehicle(s, a), sameKey]))).toBe('E_RECEIVER_TWICE');
});
