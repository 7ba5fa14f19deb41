import fc from 'fast-check';
import { sessionBinding } from './agreement';
import { lendEntryKey, ownEntryKey } from './entrykey';
import { nativePrimitives, ready } from './primitives/native';
import { nodePrimitives } from './primitives/node';
import { portablePrimitives } from './primitives/portable';
import { encodeMessages } from './messages';
import { Role } from './roles';
import { roundNotAfter } from './signcrypt';
import { codeOf, codeOfAsync } from './testing/codes';
import { forSelf, forVehicle, open, scene, sealFrom } from './testing/scene';
import { hex, message, NOW, publicKeys, World } from './testing/world';
import { unsigncrypt } from './unsigncrypt';
import { ensureWithinLimits, verifySigma } from './verify';

beforeAll(ready);

describe.each([nativePrimitives, portablePrimitives])('one σ from end to end on $name primitives', (primitives) => {
  it('reaches a vehicle at its pile and a gateway by itself', async () => {
    const world = new World('end to end', primitives);
    const { env, params, limits } = world;
    const csc = await world.enrol('csc-1', Role.CSC);
    const ev = await world.enrol('ev-1', Role.EV);
    const css = await world.enrol('css-1', Role.CSS);
    const pile = await world.enrol('cp-1', Role.CP);
    const sessionId = Uint8Array.of(1, 2, 3);
    const bind = sessionBinding(primitives, pile.record.f, sessionId);
    const { sigma, id } = await world.seal(csc, [
      { keys: publicKeys(ev), bind, message: message('charge at 11 kW') },
      { keys: publicKeys(css), message: message('report load') },
      { keys: publicKeys(pile), message: message('update tariff') },
    ]);

    for (const verifier of [primitives, nodePrimitives]) {
      const verified = verifySigma(verifier, params, sigma);
      expect(hex(verified.id)).toBe(hex(id));
      ensureWithinLimits(verified, limits, env.time);
    }
    const verified = verifySigma(primitives, params, sigma);
    expect(verified.header).toMatchObject({ entryCount: 4, epoch: 7, senderClass: Role.CSC });

    const session = { pile: pile.record.f, sessionId, open: true, answered: 0, maxAnswers: 10 };
    const lent = lendEntryKey(env, params, limits, ev, session, verified.sigma.headerBytes);
    const common = { params, limits, verified, findSender: world.findSender };
    const atPile = await unsigncrypt(env, {
      ...common,
      receiver: { f: ev.record.f, role: Role.EV },
      entryKey: lent,
    });
    expect(atPile && Buffer.from(atPile.messages[0] as Uint8Array).toString()).toBe('charge at 11 kW');
    expect(atPile?.sender).toEqual({ f: csc.record.f, role: Role.CSC });

    const own = ownEntryKey(env, params, css, verified.sigma.headerBytes);
    const atGateway = await unsigncrypt(env, {
      ...common,
      receiver: { f: css.record.f, role: Role.CSS },
      entryKey: own,
    });
    expect(atGateway && Buffer.from(atGateway.messages[0] as Uint8Array).toString()).toBe('report load');

    const other = await world.enrol('css-2', Role.CSS);
    const notForMe = await unsigncrypt(env, {
      ...common,
      receiver: { f: other.record.f, role: Role.CSS },
      entryKey: ownEntryKey(env, params, other, verified.sigma.headerBytes),
    });
    expect(notForMe).toBeNull();
  });
});

describe('any list of receivers and messages', () => {
  it('opens to each receiver’s own messages and to nobody else’s', async () => {
    const s = await scene('round trip');
    const holders = [...s.evs, s.css, s.pile];
    const texts = fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 3 });
    const plan = fc
      .array(fc.option(texts), { minLength: 5, maxLength: 5 })
      .filter((each) => each.some((t) => t !== null));
    await fc.assert(
      fc.asyncProperty(plan, async (messages) => {
        const receivers = messages.flatMap((texts, i) => {
          const holder = holders[i] as (typeof holders)[0];
          const m = texts && encodeMessages({ commandId: new Uint8Array(16).fill(i), messages: texts });
          return m ? [{ ...(i < 3 ? forVehicle(s, holder) : forSelf(holder)), message: m }] : [];
        });
        const sigma = await sealFrom(s, receivers);
        for (const [i, holder] of holders.entries()) {
          const opened = await open(s, sigma, holder);
          expect(opened?.messages.map(hex)).toEqual(messages[i]?.map(hex));
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe('what signcrypt refuses before it spends the credential', () => {
  it('no receivers, too many, too long a message, a bad bind, keys cut short, a ttl outside the limits', async () => {
    const s = await scene('refusals');
    const credential = await s.world.credential(s.csc);
    const seal = (receivers: Parameters<typeof sealFrom>[1]): Promise<unknown> => sealFrom(s, receivers, credential);
    const one = forSelf(s.css);
    const manyKeys = Array.from({ length: 1025 }, (_, i) => {
      const f = Uint8Array.of(i & 255, i >> 8, ...new Uint8Array(14));
      return { ...one, keys: { ...one.keys, Q: Uint8Array.of(...f, ...f), record: { ...one.keys.record, f } } };
    });
    expect(await codeOfAsync(seal([]))).toBe('E_RECEIVER_COUNT');
    expect(await codeOfAsync(seal(manyKeys))).toBe('E_RECEIVER_COUNT');
    expect(await codeOfAsync(seal([{ ...one, message: new Uint8Array(1025) }]))).toBe('E_MESSAGE_SIZE');
    expect(await codeOfAsync(seal([{ ...one, bind: new Uint8Array(63) }]))).toBe('E_ARGUMENT');
    for (const cut of [{ u: one.keys.u.subarray(1) }, { Q: one.keys.Q.subarray(1) }]) {
      expect(await codeOfAsync(seal([{ ...one, keys: { ...one.keys, ...cut } }]))).toBe('E_ARGUMENT');
    }
    const record = { ...one.keys.record, f: one.keys.record.f.subarray(1) };
    expect(await codeOfAsync(seal([{ ...one, keys: { ...one.keys, record } }]))).toBe('E_ARGUMENT');
    await seal([one]);
  });

  it('rounds notAfter up to the quarter of an hour, within maxTtl', () => {
    expect(roundNotAfter(NOW, 1, 7200)).toBe(NOW + 900);
    expect(roundNotAfter(NOW, 900, 7200)).toBe(NOW + 900);
    expect(roundNotAfter(NOW + 1, 900, 7200)).toBe(NOW + 1800);
    expect(roundNotAfter(NOW + 1, 7200, 7200)).toBe(NOW + 7200);
    for (const ttl of [0, -1, 7201, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(codeOf(() => roundNotAfter(NOW, ttl, 7200))).toBe('E_TTL');
    }
  });
});
