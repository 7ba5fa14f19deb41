import { randomBytes } from 'node:crypto';

import { createLimits, type HolderKey, type Receiver, Role } from '@chargecast/signcryption';

import { encodePayload } from '../../holder';
import { type Attack, type AttackOutcome, commitHonestly } from './attack';
import { forge, mint } from './forger';
import { type AttackWorld, eventually, pileCounts } from './world';

/**
 * σ's that pass every public check and stand on the chain: only the receivers can tell, and do. Each is sealed to a
 * vehicle that is plugged in, for its very session.
 */
export function receiverAttacks(world: AttackWorld): Attack[] {
  return [
    {
      name: 'the KGC mints a credential and commands a vehicle as a company of its invention',
      run: async () => refusedByPiles(world, await asCompany(world, world.stranger.key)),
    },
    {
      name: 'the KGC commands a vehicle in an approved company’s name',
      run: async () => refusedByPiles(world, await inForeignName(world)),
    },
    {
      name: 'a company seals under the class of gateways to reach a vehicle',
      run: async () => refusedByPiles(world, await underForeignClass(world)),
    },
  ];
}

function command(): Uint8Array {
  const commandId = randomBytes(16).toString('hex');
  const payload = { operationalStatus: 'Inoperative' };
  return encodePayload([{ commandId, kind: 'control', action: 'ChangeAvailability', payload }]);
}

function toVictim({ victim }: AttackWorld): Receiver {
  return { keys: victim.keys, bind: victim.bind, message: command() };
}

async function asCompany(world: AttackWorld, sender: HolderKey): Promise<Uint8Array> {
  const { params, limits, keys } = world;
  const credential = mint(params, keys.kgc, sender, Role.CSC);
  return forge({ params, limits, sender, credential, receivers: [toVictim(world)] });
}

/** The company's public record, and every key the KGC has: the inner signature is not among them. */
async function inForeignName(world: AttackWorld): Promise<Uint8Array> {
  const { insider, stranger } = world;
  return asCompany(world, { ...insider.key, q: stranger.key.q });
}

async function underForeignClass(world: AttackWorld): Promise<Uint8Array> {
  const { params, limits, keys, insider } = world;
  const own = createLimits({
    ...limits,
    allowed: [...limits.allowed, { sender: Role.CSC, senderClass: Role.CSS, receiver: Role.EV }],
  });
  const credential = mint(params, keys.kgc, insider.key, Role.CSS);
  return forge({ params, limits: own, sender: insider.key, credential, receivers: [toVictim(world)] });
}

/** Refused when the pile has found the entry and refused it, and nothing was done. */
async function refusedByPiles(world: AttackWorld, sigma: Uint8Array): Promise<AttackOutcome> {
  const before = await pileCounts(world);
  await commitHonestly(world.relay, sigma);
  await eventually('a pile to judge the forged command', async () => {
    const { refused, effects } = await pileCounts(world);
    return refused > before.refused || effects > before.effects;
  });
  const { effects } = await pileCounts(world);
  return effects === before.effects ? { refused: true, code: 'E_OPEN' } : { refused: false, code: 'ACCEPTED' };
}
