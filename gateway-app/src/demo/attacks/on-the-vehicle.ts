import { decodeHeader, encodeHeader, HEADER_BYTES, type HolderKey, verifySigma } from '@chargecast/signcryption';

import { type Client, type EntryKey } from '../../rpc';
import { ACCEPTED, type Attack, type AttackOutcome } from './attack';
import { flipped, forge, receiver } from './forger';
import { type RoguePile } from './rogue-pile';
import { type RogueStation } from './rogue-station';
import { type AttackWorld } from './world';

/** A second vehicle, standing at a pile that wants more than its own messages. */
export interface Trap {
  readonly pile: RoguePile;
  /** Name of the vehicle. */
  readonly vehicle: string;
  readonly operator: Pick<Client<'Vehicle'>, 'plugIn' | 'unplug'>;
  /** What stands behind the pile. */
  readonly station: RogueStation;
  /** A vehicle that the KGC enrolled and that works hand in hand with the station. */
  readonly accomplice: { readonly key: HolderKey };
  /** A σ with an entry for that vehicle, sealed for another pile and session. */
  readonly sealedElsewhere: Uint8Array;
}

/** What a pile can ask of the vehicle it has in front of it. The last one unplugs the vehicle. */
export function vehicleAttacks(world: AttackWorld, trap: Trap): Attack[] {
  const header = trap.sealedElsewhere.subarray(0, HEADER_BYTES);
  return [
    {
      name: 'a pile asks the vehicle for the key to another pile’s message',
      run: () => keyForAnotherPile(world, trap),
    },
    {
      name: 'a pile asks the vehicle for the key to an expired σ',
      run: async () => {
        const now = Math.floor(Date.now() / 1000) - 3 * 3600;
        const expired = await sealFor(world, now);
        return refusedKey(await trap.pile.ask([expired.subarray(0, HEADER_BYTES)]));
      },
    },
    {
      name: 'a pile asks the vehicle for the key under a one-time key of its own choice',
      run: async () => {
        const chosen = encodeHeader({ ...decodeHeader(header), ephemeral: new Uint8Array(32) });
        return refusedKey(await trap.pile.ask([chosen, flipped(header, 3)]));
      },
    },
    {
      name: 'a pile asks the vehicle for a key after it has unplugged',
      run: async () => {
        await trap.operator.unplug({ vehicle: trap.vehicle });
        try {
          return refusedKey(await trap.pile.ask([header]));
        } catch (error) {
          return { refused: true, code: (error as { code: string }).code };
        }
      },
    },
  ];
}

async function sealFor({ params, limits, insider, victim }: AttackWorld, now: number): Promise<Uint8Array> {
  const credential = await insider.credential();
  return forge({
    params,
    limits,
    sender: insider.key,
    credential,
    now,
    receivers: [receiver(victim.keys, Buffer.from('x'))],
  });
}

/** The vehicle answers for its own session: the key it gives finds nothing in what was sealed for another. */
async function keyForAnotherPile({ params }: AttackWorld, { pile, sealedElsewhere }: Trap): Promise<AttackOutcome> {
  const [key] = await pile.ask([sealedElsewhere.subarray(0, HEADER_BYTES)]);
  if (!key || key.refused !== '') return refusedKey(key ? [key] : []);
  const found = verifySigma(params, sealedElsewhere).locate(Uint8Array.from(key.locator));
  return found === undefined ? { refused: true, code: 'E_NOT_FOR_THIS_SESSION' } : ACCEPTED;
}

function refusedKey(keys: readonly EntryKey[]): AttackOutcome {
  const given = keys.find(({ refused }) => refused === '');
  return given || keys.length === 0 ? ACCEPTED : { refused: true, code: keys[0]?.refused as string };
}
