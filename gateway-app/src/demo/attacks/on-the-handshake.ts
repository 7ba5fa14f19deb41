import { HEADER_BYTES } from '@chargecast/signcryption';

import { Certificates, type Credential, VehicleHandshake } from '../../authentication';
import { decodeHello, encodeHello } from '../../authentication/messages';
import { CodedError } from '../../common/errors';
import { type Client, type FromVehicle } from '../../rpc';
import { Queue } from '../../common/queue';
import { ACCEPTED, type Attack, type AttackOutcome, refusalOf } from './attack';
import { type Trap } from './on-the-vehicle';
import { certify, forgedCertificate, type RogueStation } from './rogue-station';
import { type AttackWorld, eventually } from './world';

/** What a station, or somebody beside a vehicle, can try on the mutual authentication. The last ones need the station revoked. */
export function handshakeAttacks(world: AttackWorld, trap: Trap): Attack[] {
  const { station, operator, vehicle } = trap;
  return [
    { name: 'a vehicle’s handshake is replayed at another pile', run: () => replayedAtPile(world, trap) },
    {
      name: 'a vehicle’s handshake is replayed to the provider',
      run: () => refusalOf(() => station.desk.admit(trap.pile.recording.request)),
    },
    {
      name: 'a station has a vehicle with a forged certificate admitted',
      run: () => admitted(trap, forgedCertificate(world.params, station.provider)),
    },
    { name: 'a station has a revoked vehicle admitted', run: () => revokedVehicle(world, trap) },
    { name: 'a revoked station asks the vehicle in front of it for a key', run: () => revokedStation(world, trap) },
    {
      name: 'a revoked station takes a vehicle in',
      run: async () => {
        await operator.unplug({ vehicle });
        return refusalOf(() => operator.plugIn({ vehicle, pile: station.name }));
      },
    },
  ];
}

/** What was heard at the rogue pile, said to an honest one: the hello may be altered, the proof may not. */
async function replayedAtPile({ deployment }: AttackWorld, { pile }: Trap): Promise<AttackOutcome> {
  const [process] = deployment.running('cp');
  const target = deployment.manifest.fleet.piles.find(({ css }) => css.replace(/^css/, 'cp') === process?.name);
  if (!process || !target) throw new CodedError('E_ATTACK_SETUP', 'no honest pile runs');
  const { hello, proof } = pile.recording;
  const piles = await deployment.client('Pile', process.name, { role: 'ev', name: 'ev-invented' });
  try {
    return await refusalOf(() => say(piles, [encodeHello({ ...decodeHello(hello), pile: target.name }), proof]));
  } finally {
    piles.close();
  }
}

/** @throws CodedError with the pile's refusal */
async function say(piles: Client<'Pile'>, messages: readonly Uint8Array[]): Promise<void> {
  const outgoing = new Queue<FromVehicle>();
  const waiting = [...messages];
  const next = (): void => {
    const message = waiting.shift();
    if (message) outgoing.push({ authentication: message });
  };
  next();
  try {
    for await (const reply of piles.session(outgoing)) {
      const { refused }: { message?: string; refused?: { code: string; message: string } | null } = reply;
      if (refused) throw new CodedError(refused.code, refused.message);
      if (waiting.length === 0) return;
      next();
    }
  } finally {
    outgoing.close();
  }
}

async function revokedVehicle(world: AttackWorld, trap: Trap): Promise<AttackOutcome> {
  const { station } = trap;
  const operator = await world.deployment.client('Esp', station.provider, { role: 'esp', name: station.provider });
  try {
    const parts = { esp: operator, params: world.params, provider: station.provider };
    const credential = await certify(parts, { role: 'vehicle', tag: 'A', unit: 'no-such-vehicle' });
    await revoke(world, station, credential.id);
    let outcome = ACCEPTED;
    await eventually('the revocation to reach the provider', async () => {
      outcome = await admitted(trap, credential);
      return outcome.refused && outcome.code !== 'E_CERTIFICATE_UNKNOWN';
    });
    return outcome;
  } finally {
    operator.close();
  }
}

/** Nobody else ends this session: its own desk would not. The vehicle must. */
async function revokedStation(world: AttackWorld, trap: Trap): Promise<AttackOutcome> {
  const { pile, station, operator, vehicle, sealedElsewhere } = trap;
  const header = sealedElsewhere.subarray(0, HEADER_BYTES);
  await operator.plugIn({ vehicle, pile: station.name });
  const [before] = await pile.ask([header]);
  if (before?.refused !== '') throw new CodedError('E_ATTACK_SETUP', 'the vehicle lent nothing before the revocation');
  await revoke(world, station, station.credential.id);
  let outcome = ACCEPTED;
  await eventually('the revocation to reach the vehicle', async () => {
    outcome = await refusalOf(async () => {
      const [key] = await pile.ask([header]);
      if (key && key.refused !== '') throw new CodedError(key.refused, 'the vehicle lends nothing');
    });
    return outcome.refused;
  });
  return outcome;
}

async function revoke({ deployment }: AttackWorld, { provider }: RogueStation, id: string): Promise<void> {
  const operator = await deployment.client('Esp', provider, { role: 'esp', name: provider });
  try {
    await operator.administer({ verb: 'revoke', parameters: JSON.stringify({ id, reason: 'compromised' }) });
  } finally {
    operator.close();
  }
}

/** Station and vehicle agree between them on everything; only the provider stands in the way. */
async function admitted(trap: Trap, credential: Credential): Promise<AttackOutcome> {
  const { station, accomplice } = trap;
  const vehicle = new VehicleHandshake({
    credential,
    key: accomplice.key,
    view: station.view,
    certificates: new Certificates(station.view),
    now: () => Math.floor(Date.now() / 1000),
    pile: station.name,
    isMeant: () => true,
  });
  const { handshake } = station.desk.begin(vehicle.hello);
  const { request } = await handshake.prove(await vehicle.prove(handshake.offer));
  return refusalOf(() => station.desk.admit(request));
}
