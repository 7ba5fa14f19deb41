import { sessionBinding } from './agreement';
import { lendEntryKey, ownEntryKey } from './entrykey';
import { nativePrimitives, ready } from './primitives/native';
import { nodePrimitives } from './primitives/node';
import { portablePrimitives } from './primitives/portable';
import { Role } from './roles';
import { hex, message, publicKeys, World } from './testing/world';
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
