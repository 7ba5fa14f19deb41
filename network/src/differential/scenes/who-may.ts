import { createPrivateKey } from 'node:crypto';

import { signers } from '@hyperledger/fabric-gateway';
import { Timestamp } from 'google-protobuf/google/protobuf/timestamp_pb';

import { createAuthority, issueCertificate, loadAuthority } from '../../pki';
import { alteredProposal, type Headers } from '../forgery';
import { type Credentials, type Member } from '../members';
import { scene } from '../script';
import { type Session, textOf } from '../session';

type Proposed = ReturnType<typeof alteredProposal>;

/** A proposal of the first relay's with other headers, signed with its own or another's key. */
async function altered(session: Session, alter: (headers: Headers) => void, keyPem?: string): Promise<Proposed> {
  const member = await session.relay();
  const proposal = member.contract(session.channel).newProposal('get', { arguments: ['a'] });
  return alteredProposal(member.gateway, proposal, keyPem ?? member.keyPem, alter);
}

const at =
  (seconds: number) =>
  ({ channel }: Headers): void => {
    channel.setTimestamp(Timestamp.fromDate(new Date(Date.now() + seconds * 1000)));
  };

const evaluated = async (proposal: Promise<Proposed>): Promise<string> => textOf(await (await proposal).evaluate());
const endorsed = async (proposal: Promise<Proposed>): Promise<string> => {
  await (await proposal).endorse();
  return 'endorsed';
};

async function keyOf(session: Session, mspId: string): Promise<string> {
  return (await session.relay(mspId)).keyPem;
}

/** Certified by an authority of its own making, under the name of `mspId`. */
async function stranger(session: Session, mspId: string): Promise<Member> {
  const authority = await loadAuthority(await createAuthority('ca.stranger.test', 'StrangerMSP'));
  const request = {
    commonName: 'stranger',
    organisation: 'StrangerMSP',
    organisationalUnit: 'client',
    usage: 'signing',
  } as const;
  const issued = await issueCertificate(authority, request);
  return session.members.as({ mspId, ...issued }, 'CSS1MSP');
}

/** Certified by the authority of CSS1MSP. */
async function certified(session: Session, organisationalUnit: string, expires?: Date): Promise<Member> {
  const authority = await session.members.authority('CSS1MSP');
  const request = { commonName: 'member', organisation: 'CSS1MSP', organisationalUnit, usage: 'signing' } as const;
  const issued = await (expires
    ? issueCertificate(authority, request, { notBefore: new Date(expires.getTime() - 3_600_000), notAfter: expires })
    : issueCertificate(authority, request));
  return session.members.as({ mspId: 'CSS1MSP', ...issued }, 'CSS1MSP');
}

const reads = async (session: Session, member: Member): Promise<string> =>
  textOf(await member.contract(session.channel).evaluateTransaction('get', 'a'));
const writes = async (session: Session, member: Member): Promise<string> => {
  await member
    .contract(session.channel)
    .newProposal('put', { arguments: ['may', 'x'] })
    .endorse();
  return 'endorsed';
};

/** The events of the chaincode, asked for by `member`: the first one's name. */
async function listens(session: Session, member: Member): Promise<string> {
  const network = member.gateway.getNetwork(session.channel);
  const [event] = await session.take(
    await network.getChaincodeEvents(session.members.profile.chaincode, { startBlock: 0n }),
    1,
  );
  return event?.eventName ?? '';
}

async function follows(session: Session, member: Member): Promise<number> {
  const network = member.gateway.getNetwork(session.channel);
  const [block] = await session.take(await network.getBlockEvents({ startBlock: 0n }), 1);
  return block?.getHeader()?.getNumber() ?? -1;
}

const anHourAgo = (): Date => new Date(Date.now() - 3_600_000);
const impostor = (member: Member, { mspId }: Pick<Credentials, 'mspId'>): Credentials => ({ ...member, mspId });

export const whoMay = scene('who may', {
  'a proposal 50 s old': (s) => evaluated(altered(s, at(-50))),
  'a stale proposal, evaluated': (s) => evaluated(altered(s, at(-3600))),
  'a stale proposal, endorsed': (s) => endorsed(altered(s, at(-3600))),
  'a proposal 50 s ahead': (s) => evaluated(altered(s, at(50))),
  'a future proposal, evaluated': (s) => evaluated(altered(s, at(3600))),
  'a future proposal, endorsed': (s) => endorsed(altered(s, at(3600))),
  'a proposal without a time': (s) => evaluated(altered(s, ({ channel }) => void channel.clearTimestamp())),
  'a signature of another’s, evaluated': async (s) => evaluated(altered(s, () => undefined, await keyOf(s, 'CSS2MSP'))),
  'a signature of another’s, endorsed': async (s) => endorsed(altered(s, () => undefined, await keyOf(s, 'CSS2MSP'))),
  'a transaction id of nobody’s': (s) => evaluated(altered(s, ({ channel }) => void channel.setTxId('00'.repeat(32)))),
  'another header type': (s) => evaluated(altered(s, ({ channel }) => void channel.setType(1))),
  'an epoch': (s) => evaluated(altered(s, ({ channel }) => void channel.setEpoch(1))),
  'no nonce': (s) => evaluated(altered(s, ({ signature }) => void signature.setNonce(''))),
  'a creator of an unknown organisation, evaluated': async (s) => reads(s, await stranger(s, 'StrangerMSP')),
  'a creator of an unknown organisation, endorsed': async (s) => writes(s, await stranger(s, 'StrangerMSP')),
  'a creator certified by nobody known, evaluated': async (s) => reads(s, await stranger(s, 'CSS1MSP')),
  'a creator certified by nobody known, endorsed': async (s) => writes(s, await stranger(s, 'CSS1MSP')),
  'a member under another organisation’s name': async (s) =>
    reads(s, s.members.as(impostor(await s.relay('CSS2MSP'), { mspId: 'CSS1MSP' }), 'CSS1MSP')),
  'a peer’s certificate, evaluated': async (s) => reads(s, await certified(s, 'peer')),
  'a peer’s certificate, endorsed': async (s) => writes(s, await certified(s, 'peer')),
  'an orderer’s certificate': async (s) => reads(s, await certified(s, 'orderer')),
  'a certificate of no known kind': async (s) => reads(s, await certified(s, 'visitor')),
  'an expired certificate, evaluated': async (s) => reads(s, await certified(s, 'client', anHourAgo())),
  'an expired certificate, endorsed': async (s) => writes(s, await certified(s, 'client', anHourAgo())),
  'events for a peer’s certificate': async (s) => listens(s, await certified(s, 'peer')),
  'events for an expired certificate': async (s) => listens(s, await certified(s, 'client', anHourAgo())),
  'events for a stranger': async (s) => listens(s, await stranger(s, 'StrangerMSP')),
  'blocks for a member without a peer': async (s) => follows(s, await s.members.of('ReadersMSP', 'auditor')),
  'blocks for a stranger': async (s) => follows(s, await stranger(s, 'StrangerMSP')),
  'blocks of an unknown channel': async (s) => {
    const { gateway } = await s.relay();
    const blocks = await gateway.getNetwork('nowhere').getBlockEvents({ startBlock: 0n });
    return (await s.take(blocks, 1)).length;
  },
  'events of an unknown channel': async (s) => {
    const { gateway } = await s.relay();
    return (await s.take(await gateway.getNetwork('nowhere').getChaincodeEvents('chargecast'), 1)).length;
  },
  'a status asked for with another’s signature': async (s) => {
    const { gateway } = await s.relay();
    const transaction = await s.endorse('quietPut', ['status', '1']);
    const commit = await s.order(transaction);
    await s.committed(transaction.getTransactionId(), await commit.getStatus());
    const { signer } = await s.relay('CSS2MSP');
    return (await gateway.newSignedCommit(commit.getBytes(), await signer(commit.getDigest())).getStatus()).code;
  },
  'an envelope signed by another': async (s) => {
    const { gateway } = await s.relay();
    const transaction = await s.endorse('put', ['stolen', '1']);
    const { signer } = await s.relay('CSS2MSP');
    await gateway.newSignedTransaction(transaction.getBytes(), await signer(transaction.getDigest())).submit();
    return 'taken';
  },
  'an envelope signed with a key nobody knows': async (s) => {
    const { gateway } = await s.relay();
    const transaction = await s.endorse('put', ['stolen', '1']);
    const { keyPem } = await stranger(s, 'CSS1MSP');
    const signature = await signers.newPrivateKeySigner(createPrivateKey(keyPem))(transaction.getDigest());
    await gateway.newSignedTransaction(transaction.getBytes(), signature).submit();
    return 'taken';
  },
});
