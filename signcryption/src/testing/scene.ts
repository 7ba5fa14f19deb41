/** The usual cast: a centre, vehicles at a pile, a gateway; and short ways to seal for them and to open. */
import { type EntryKey, sessionBinding } from '../agreement';
import { type Credential } from '../credential';
import { lendEntryKey, type OpenSession, ownEntryKey } from '../entrykey';
import { type HolderKey } from '../holder';
import { Role } from '../roles';
import { type Receiver } from '../receivers';
import { unsigncrypt, type Unsigncrypted } from '../unsigncrypt';
import { type VerifiedSigma, verifySigma } from '../verify';
import { message, publicKeys, World } from './world';

export const SESSION = Uint8Array.of(83, 1);

export interface Scene {
  readonly world: World;
  readonly csc: HolderKey;
  readonly css: HolderKey;
  readonly pile: HolderKey;
  readonly evs: readonly [HolderKey, HolderKey, HolderKey];
}

export async function scene(seed: string): Promise<Scene> {
  const world = new World(seed);
  const csc = await world.enrol('csc', Role.CSC);
  const css = await world.enrol('css', Role.CSS);
  const pile = await world.enrol('pile', Role.CP);
  const evs = [
    await world.enrol('ev 0', Role.EV),
    await world.enrol('ev 1', Role.EV),
    await world.enrol('ev 2', Role.EV),
  ];
  return { world, csc, css, pile, evs: evs as unknown as Scene['evs'] };
}

export const bindOf = ({ world, pile }: Scene, sessionId = SESSION): Uint8Array =>
  sessionBinding(world.env.primitives, pile.record.f, sessionId);

export const forVehicle = (s: Scene, ev: HolderKey, text = 'charge'): Receiver => ({
  keys: publicKeys(ev),
  bind: bindOf(s),
  message: message(text),
});

export const forSelf = (holder: HolderKey, text = 'report'): Receiver => ({
  keys: publicKeys(holder),
  message: message(text),
});

export const openSession = ({ pile }: Scene): OpenSession => ({
  pile: pile.record.f,
  sessionId: SESSION,
  open: true,
  answered: 0,
  maxAnswers: 100,
});

export const verified = ({ world }: Scene, sigma: Uint8Array): VerifiedSigma =>
  verifySigma(world.env.primitives, world.params, sigma);

/** All steps past public verification, for a vehicle at its pile or for a holder that opens for itself. */
export async function open(
  s: Scene,
  sigma: Uint8Array,
  holder: HolderKey,
  key?: EntryKey,
): Promise<Unsigncrypted | null> {
  const { env, params, limits, findSender } = s.world;
  const checked = verified(s, sigma);
  const { headerBytes } = checked.sigma;
  const vehicle = holder.record.role === Role.EV;
  const lend = (): EntryKey =>
    vehicle
      ? lendEntryKey(env, params, limits, holder, openSession(s), headerBytes)
      : ownEntryKey(env, params, holder, headerBytes);
  const receiver = { f: holder.record.f, role: holder.record.role };
  return unsigncrypt(env, { params, limits, verified: checked, receiver, entryKey: key ?? lend(), findSender });
}

export async function sealFrom(s: Scene, receivers: readonly Receiver[], credential?: Credential): Promise<Uint8Array> {
  return (await s.world.seal(s.csc, receivers, credential)).sigma;
}
