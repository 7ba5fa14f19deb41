import { BROADCAST, governanceStatement, signLedgerStatement } from '@chargecast/protocol';
import { createParams, toHex } from '@chargecast/signcryption';

import { SIGNING_ENV } from '../../common/signing-env';
import { type Attack, chainVerdict, commitHonestly, refusalOf } from './attack';
import { flipped, forge, type Forgery, mint, receiver } from './forger';
import { type AttackWorld } from './world';

const NOTICE = Buffer.from('forged');
const HOUR = 3600;

/** What anyone with a relay's certificate can try with σ's: the chaincode refuses in endorsement. */
export function chainAttacks(world: AttackWorld): Attack[] {
  const { relay, committed, limits } = world;
  const now = Math.floor(Date.now() / 1000);
  return [
    {
      name: 'one bit of a committed σ flipped',
      run: () => chainVerdict(relay, flipped(committed, committed.length * 4)),
    },
    { name: 'σ cut short', run: () => chainVerdict(relay, committed.subarray(0, committed.length - 1)) },
    { name: 'a committed σ replayed', run: () => chainVerdict(relay, committed) },
    {
      name: 'one credential under two σ of one submission',
      run: async () => {
        const credential = await world.insider.credential();
        const twins = [await forgeAs(world, { credential }), await forgeAs(world, { credential })];
        return chainVerdict(relay, ...twins);
      },
    },
    {
      name: 'one credential used again in a later submission',
      run: async () => {
        const credential = await world.insider.credential();
        await commitHonestly(relay, await forgeAs(world, { credential }));
        return chainVerdict(relay, await forgeAs(world, { credential }));
      },
    },
    {
      name: 'σ whose time is over',
      run: async () => chainVerdict(relay, await forgeAs(world, { now: now - 3 * HOUR })),
    },
    {
      name: 'σ that claims to live longer than allowed',
      run: async () => chainVerdict(relay, await forgeAs(world, { now: now + 3 * HOUR })),
    },
    { name: 'σ sealed for another channel', run: async () => chainVerdict(relay, await otherChannel(world)) },
    {
      name: 'σ under limits that are not in force',
      run: async () =>
        chainVerdict(relay, await forgeAs(world, { limits: { ...limits, version: limits.version + 1 } })),
    },
    {
      name: 'a one-time key nobody certified',
      run: async () => {
        const { oneTimeKey, y, ...rest } = await world.insider.credential();
        const { certificate } = await world.insider.credential();
        return chainVerdict(relay, await forgeAs(world, { credential: { ...rest, oneTimeKey, y, certificate } }));
      },
    },
    { name: 'a credential its holder revoked', run: () => revokedCredential(world) },
    {
      name: 'a client without the relay role submits σ',
      run: async () => {
        const sigma = await forgeAs(world, {});
        return refusalOf(() => chainVerdict(world.auditor, sigma));
      },
    },
  ];
}

/** A well-formed σ of the approved insider to the victim, changed as the attack asks. */
export async function forgeAs(world: AttackWorld, changes: Partial<Forgery>): Promise<Uint8Array> {
  const { params, limits, insider, victim } = world;
  return forge({
    params,
    limits,
    sender: insider.key,
    credential: changes.credential ?? (await insider.credential()),
    // A session that is over: even a σ that commits acts on nothing.
    receivers: [receiver(victim.keys, NOTICE, new Uint8Array(64))],
    ...changes,
  });
}

/** All of it right, for a channel of another name under the same KGC. */
async function otherChannel(world: AttackWorld): Promise<Uint8Array> {
  const { params, keys, insider } = world;
  const elsewhere = createParams({ ...params, datachain: `${params.datachain}-2` });
  const credential = mint(elsewhere, keys.kgc, insider.key, insider.key.record.role);
  return forgeAs(world, { params: elsewhere, credential });
}

async function revokedCredential(world: AttackWorld): ReturnType<Attack['run']> {
  const { params, relay } = world;
  const credential = await world.insider.credential();
  const item = {
    kind: 'revokedCredential' as const,
    body: { subject: toHex(credential.oneTimeKey), reason: 'lost' as const, effective: Math.floor(Date.now() / 1000) },
  };
  const signature = signLedgerStatement(SIGNING_ENV, params, credential.y, governanceStatement(item));
  const revocation = { ...item, authority: [{ by: 'holder', signature }] };
  await relay.submit('datachain', {
    contract: BROADCAST.contract,
    name: BROADCAST.mirrorGovernance,
    args: [JSON.stringify(revocation)],
  });
  return chainVerdict(relay, await forgeAs(world, { credential }));
}
