import { type Consortium } from '@chargecast/chaincode/testing/consortium';
import { type Json, type Scene, scene, type Session } from '@chargecast/network/differential/index';
import { BROADCAST, encodeSigmaList, REGISTRATION, slotNumber, type SubmitReply } from '@chargecast/protocol';
import { ready, Role } from '@chargecast/signcryption';
import { message } from '@chargecast/signcryption/testing/world';

interface Call {
  readonly channel: 'certchain' | 'datachain';
  readonly name: string;
  readonly args?: readonly (string | Uint8Array)[];
  /** MSP id and name of the identity; the first gateway's relay where it is left out. */
  readonly as?: readonly [mspId: string, name: string];
}

const ADMIN = ['CSS1MSP', 'admin'] as const;
const KGC = ['KGCMSP', 'kgc'] as const;
const PROVIDER = ['ESP1MSP', 'provider'] as const;

const registration = (name: string, args: readonly string[] = [], as?: Call['as']): Call => ({
  channel: 'certchain',
  name: `${REGISTRATION.contract}:${name}`,
  args,
  ...(as && { as }),
});
const broadcast = (name: string, args: Call['args'] = [], as?: Call['as']): Call => ({
  channel: 'datachain',
  name: `${BROADCAST.contract}:${name}`,
  args,
  ...(as && { as }),
});
const sigmas = (...sealed: Uint8Array[]): Call => broadcast(BROADCAST.submit, [encodeSigmaList(sealed)]);

async function proposal({ members }: Session, { channel, name, args = [], as }: Call) {
  const [mspId, identity] = as ?? ['CSS1MSP', 'relay'];
  const member = await members.of(mspId, identity);
  return member.contract(members.profile.channels[channel]).newProposal(name, {
    arguments: [...args],
  });
}

const parsed = (bytes: Uint8Array): Json => {
  const text = Buffer.from(bytes).toString();
  return text === '' ? '' : (JSON.parse(text) as Json);
};

const reads =
  (call: Call) =>
  async (session: Session): Promise<Json> =>
    parsed(await (await proposal(session, call)).evaluate());

/** The chaincode's answer and the code it was committed with. */
const writes =
  (call: Call) =>
  async (session: Session): Promise<Json> => {
    const transaction = await (await proposal(session, call)).endorse();
    const { code } = await session.commit(transaction, session.members.profile.channels[call.channel]);
    return [parsed(transaction.getResult()), code];
  };

/** The code a submission of σ was committed with, and what became of each. */
const submits =
  (...sealed: Uint8Array[]) =>
  async (session: Session): Promise<Json> => {
    const transaction = await (await proposal(session, sigmas(...sealed))).endorse();
    const { code } = await session.commit(transaction);
    const { outcomes } = JSON.parse(Buffer.from(transaction.getResult()).toString()) as SubmitReply;
    return [code, ...outcomes.map((outcome) => ('code' in outcome ? String(outcome.code) : outcome.status))];
  };

/** Signed bytes are made once: every ledger gets the same. */
export async function chargecastScenes(
  consortium: Consortium,
): Promise<{ readonly scenes: readonly Scene[]; readonly afterRestart: readonly Scene[] }> {
  await ready();
  const { world, paramsJson } = consortium;
  world.env.time = Math.floor(Date.now() / 1000);
  const { limits, epochs } = consortium.genesis();
  const governance = JSON.stringify({ limits, epochs });
  const provider = JSON.stringify(consortium.providerEntry());
  const csc = await world.enrol('csc', Role.CSC);
  const pile = await world.enrol('pile', Role.CP);
  const record = JSON.stringify([consortium.entry(csc.record), consortium.entry(pile.record)]);
  const seal = async (text: string): Promise<Uint8Array> =>
    (await world.seal(csc, [{ keys: pile, message: message(text) }])).sigma;
  const [first, second, third] = [await seal('a'), await seal('b'), await seal('c')];
  const slot = JSON.stringify(consortium.slotHead({ number: slotNumber(world.env.time) }));
  const forged = Uint8Array.from(third);
  forged[forged.length - 1] = (forged[forged.length - 1] as number) ^ 1;

  return {
    scenes: [
      scene('registration', {
        'params before init': reads(registration(REGISTRATION.getParams)),
        'init by a relay': writes(registration(REGISTRATION.init, [paramsJson, '{}'])),
        'init with what is no JSON': writes(registration(REGISTRATION.init, ['{', '{}'], ADMIN)),
        'init with an argument less': writes(registration(REGISTRATION.init, [paramsJson], ADMIN)),
        'init by an administrator': writes(registration(REGISTRATION.init, [paramsJson, '{}'], ADMIN)),
        'init again': writes(registration(REGISTRATION.init, [paramsJson, '{}'], ADMIN)),
        params: reads(registration(REGISTRATION.getParams)),
        'an unknown transaction': writes(registration('nope')),
        'an unknown contract': writes({ channel: 'certchain', name: 'nope:nope' }),
        'a transaction without its contract': reads({ channel: 'certchain', name: 'nope' }),
        'limits mirrored by a relay': writes(registration(REGISTRATION.mirrorGovernance, [JSON.stringify(limits)])),
        'limits mirrored': writes(registration(REGISTRATION.mirrorGovernance, [JSON.stringify(limits)], KGC)),
        'epochs mirrored': writes(registration(REGISTRATION.mirrorGovernance, [JSON.stringify(epochs)], KGC)),
        governance: reads(registration(REGISTRATION.governance)),
        'a provider by a relay': writes(registration(REGISTRATION.putProvider, [provider])),
        'a provider': writes(registration(REGISTRATION.putProvider, [provider], PROVIDER)),
        'the same provider again': writes(registration(REGISTRATION.putProvider, [provider], PROVIDER)),
        records: writes(registration(REGISTRATION.putRecords, [record])),
        'the same records again': writes(registration(REGISTRATION.putRecords, [record])),
        'records that are none': writes(registration(REGISTRATION.putRecords, ['[{}]'])),
        'a page of records': reads(registration(REGISTRATION.listRecords, ['1', ''])),
        'a page of no length': reads(registration(REGISTRATION.listRecords, ['0', ''])),
      }),
      scene('broadcast', {
        'a σ before init': submits(first),
        init: writes(broadcast(BROADCAST.init, [paramsJson, governance, '{}'], ADMIN)),
        'init again': writes(broadcast(BROADCAST.init, [paramsJson, governance, '{}'], ADMIN)),
        'a slot': writes(broadcast(BROADCAST.advanceSlot, [slot])),
        'the same slot again': writes(broadcast(BROADCAST.advanceSlot, [slot])),
        'no σ': submits(),
        'a σ': submits(first),
        'the same σ again': submits(first),
        'two σ, one broken, one forged': submits(second, Uint8Array.of(1, 2, 3), forged),
        'nothing but a forged σ': submits(forged),
        'a σ by an auditor': writes({ ...sigmas(third), as: ['ReadersMSP', 'auditor'] }),
        'one σ, endorsed twice before it is ordered': async (session) => {
          const transactions = [
            await (await proposal(session, sigmas(third))).endorse(),
            await (await proposal(session, sigmas(third))).endorse(),
          ];
          const codes = [];
          for (const transaction of transactions) codes.push((await session.commit(transaction)).code);
          return codes;
        },
        'a page of σ': async (session) => {
          const { items } = (await reads(broadcast(BROADCAST.listSigmas, ['10', '']))(session)) as { items?: Json[] };
          return items?.length ?? null;
        },
        'a σ nobody sent': reads(broadcast(BROADCAST.getSigma, ['00'.repeat(32)])),
        events: async (session) => {
          const { gateway } = await session.relay();
          const events = await gateway
            .getNetwork(session.channel)
            .getChaincodeEvents(session.members.profile.chaincode, { startBlock: 0n });
          return (await session.take(events, 3)).map(({ eventName, payload }) => [eventName, parsed(payload)]);
        },
      }),
    ],
    afterRestart: [
      scene('after a restart', {
        params: reads(registration(REGISTRATION.getParams)),
        'a σ that stands already': submits(first),
      }),
    ],
  };
}
