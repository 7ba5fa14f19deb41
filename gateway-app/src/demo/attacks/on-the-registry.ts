import {
  BROADCAST,
  type GovernanceReply,
  governanceStatement,
  type Json,
  type LimitsItem,
  type PutRecordsReply,
  REGISTRATION,
  signLedgerStatement,
  type SlotHead,
  slotStatement,
} from '@chargecast/protocol';
import { encodeRecord, type KeyPair, signStatement, toHex } from '@chargecast/signcryption';

import { SIGNING_ENV } from '../../common/signing-env';
import { CodedError } from '../../common/errors';
import { type Attack, type AttackOutcome, ACCEPTED, endorseSigmas, refusalOf } from './attack';
import { Insider } from './insider';
import { forgeAs } from './on-the-chain';
import { type AttackWorld } from './world';

/** What a member, an organisation alone or the KGC alone can try with records, governance and slots. */
export function registryAttacks(world: AttackWorld): Attack[] {
  return [
    { name: 'a company nobody approved publishes its record', run: () => putRecord(world, world.stranger, []) },
    {
      name: 'one organisation alone approves a company',
      run: () => putRecord(world, world.stranger, [approval(world, world.stranger)]),
    },
    { name: 'a second record for a pseudo-identity in use', run: () => secondRecord(world) },
    { name: 'the KGC countersigns a vehicle of its own invention', run: () => inventedVehicle(world) },
    { name: 'the KGC alone changes the limits', run: () => limitsByKgcAlone(world) },
    { name: 'one gateway alone moves the slot', run: () => lonelySlot(world) },
    { name: 'σ endorsed, held back, submitted after the slot moved on', run: () => heldBack(world) },
  ];
}

function approval({ params, keys }: AttackWorld, insider: Insider): { mspId: string; signature: string } {
  const [mspId, { secret }] = [...keys.organisations][0] as [string, KeyPair];
  const signature = signStatement(params, secret, { tag: 'appr', record: insider.key.record });
  return { mspId, signature: toHex(signature) };
}

async function putRecord(
  world: AttackWorld,
  { record }: Pick<Insider, 'record'>,
  approvals: readonly { mspId: string; signature: string }[],
  countersignature?: { provider: string; signature: string },
): Promise<AttackOutcome> {
  const entry = { record: toHex(record), approvals, ...(countersignature && { countersignature }) };
  const { result } = await world.relay.endorse('certchain', {
    contract: REGISTRATION.contract,
    name: REGISTRATION.putRecords,
    args: [JSON.stringify([entry])],
  });
  const [outcome] = (JSON.parse(Buffer.from(result).toString('utf8')) as PutRecordsReply).outcomes;
  return outcome?.status === 'refused' ? { refused: true, code: outcome.code } : ACCEPTED;
}

/** The victim's own f under another key pair, with approvals of every organisation. */
async function secondRecord(world: AttackWorld): Promise<AttackOutcome> {
  const { params, keys, insider } = world;
  const record = { ...world.stranger.key.record, f: insider.key.record.f };
  const approvals = [...keys.organisations].map(([mspId, { secret }]) => ({
    mspId,
    signature: toHex(signStatement(params, secret, { tag: 'appr', record })),
  }));
  return putRecord(world, { record: encodeRecord(record) }, approvals);
}

async function inventedVehicle(world: AttackWorld): Promise<AttackOutcome> {
  const { deployment, params, epoch, keys } = world;
  const kgc = await deployment.client('Kgc', 'kgc', { role: 'ev', name: 'ev-invented' });
  try {
    const invented = await Insider.enrol({ params, epoch, role: 'ev', name: 'ev-invented', kgc });
    const statement = { tag: 'csig' as const, record: invented.key.record };
    const signature = toHex(signStatement(params, keys.kgc.masterSecret, statement));
    return await putRecord(world, invented, [], { provider: [...keys.providers.keys()][0] as string, signature });
  } finally {
    kgc.close();
  }
}

async function limitsByKgcAlone(world: AttackWorld): Promise<AttackOutcome> {
  const { params, keys, relay } = world;
  const { limits } = await governance(world);
  const version = Number(limits.version) + 1;
  const item: Omit<LimitsItem, 'authority'> = { kind: 'limits', version, body: { ...limits, version } };
  const signature = signLedgerStatement(SIGNING_ENV, params, keys.kgc.masterSecret, governanceStatement(item));
  const args = [JSON.stringify({ ...item, authority: [{ by: 'kgc', signature }] })];
  return refusalOf(() =>
    relay.endorse('datachain', { contract: BROADCAST.contract, name: BROADCAST.mirrorGovernance, args }),
  );
}

async function lonelySlot(world: AttackWorld): Promise<AttackOutcome> {
  const signers = [...world.keys.organisations].slice(0, 1);
  return refusalOf(async () => world.relay.endorse('datachain', await nextSlot(world, signers)));
}

/** The slot is moved on by a true majority; what was endorsed before it dies in validation. */
async function heldBack(world: AttackWorld): Promise<AttackOutcome> {
  const { transaction } = await endorseSigmas(world.relay, [await forgeAs(world, {})]);
  await world.relay.submit('datachain', await nextSlot(world, [...world.keys.organisations]));
  return refusalOf(() => transaction.submit());
}

async function nextSlot(
  world: AttackWorld,
  signers: readonly (readonly [string, KeyPair])[],
): Promise<{ contract: string; name: string; args: string[] }> {
  const { slot } = await governance(world);
  if (!slot) throw new CodedError('E_ATTACK_SETUP', 'no slot stands on the chain yet');
  const { number, epoch, recordsRoot, revocationsRoot, certchainBlock } = slot;
  const head: SlotHead = { number: number + 1, epoch, recordsRoot, revocationsRoot, certchainBlock };
  const signatures = signers.map(([mspId, { secret }]) => ({
    mspId,
    signature: signLedgerStatement(SIGNING_ENV, world.params, secret, slotStatement(head)),
  }));
  const args = [JSON.stringify({ ...head, signatures })];
  return { contract: BROADCAST.contract, name: BROADCAST.advanceSlot, args };
}

async function governance({
  auditor,
}: AttackWorld): Promise<{ limits: Readonly<Record<string, Json>>; slot: GovernanceReply['slot'] }> {
  const reply = await auditor.evaluate('datachain', { contract: BROADCAST.contract, name: BROADCAST.governance });
  const { limits, slot } = JSON.parse(Buffer.from(reply).toString('utf8')) as GovernanceReply;
  if (!limits) throw new CodedError('E_ATTACK_SETUP', 'no limits stand on the chain');
  return { limits, slot };
}
