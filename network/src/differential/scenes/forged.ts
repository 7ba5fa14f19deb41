import { createPrivateKey } from 'node:crypto';

import { common, msp, peer } from '@hyperledger/fabric-protos';

import { sign } from '../../embedded/ecdsa';
import { type Alteration, alteredTransaction } from '../forgery';
import { type Member } from '../members';
import { scene } from '../script';
import { type Session } from '../session';

/** Has a good transaction endorsed, altered, signed again by its creator and ordered; the code it gets. */
async function forge(session: Session, key: string, alter: Alteration): Promise<string> {
  const member = await session.relay();
  const transaction = await session.endorse('put', [key, 'honest']);
  const { bytes, signature } = alteredTransaction(transaction.getBytes(), member.keyPem, alter);
  return (await session.commit(member.gateway.newSignedTransaction(bytes, signature))).code;
}

const endorsed = (action: peer.ChaincodeActionPayload): peer.ChaincodeEndorsedAction =>
  action.getAction() ?? new peer.ChaincodeEndorsedAction();

/** Text of the same length in place of another, wherever it stands first. */
function replaced(bytes: Uint8Array, from: string, to: string): Buffer {
  const changed = Buffer.from(bytes);
  changed.write(to, changed.indexOf(from));
  return changed;
}

function serialised({ mspId, certificatePem }: Member): Uint8Array {
  const identity = new msp.SerializedIdentity();
  identity.setMspid(mspId);
  identity.setIdBytes(Buffer.from(certificatePem));
  return identity.serializeBinary();
}

function changeChannelHeader(payload: common.Payload, change: (header: common.ChannelHeader) => void): void {
  const header = payload.getHeader() ?? new common.Header();
  const channel = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());
  change(channel);
  header.setChannelHeader(channel.serializeBinary());
}

/** What a member can make of an endorsed transaction before having it ordered. */
export const forged = scene('forged', {
  'nothing altered, signed again': (s) => forge(s, 'again', () => undefined),
  'an endorsement taken away': (s) => forge(s, 'few', (_, action) => void endorsed(action).getEndorsementsList().pop()),
  'no endorsement at all': (s) => forge(s, 'none', (_, action) => endorsed(action).setEndorsementsList([])),
  'one endorsement three times': (s) =>
    forge(s, 'thrice', (_, action) => {
      const [one] = endorsed(action).getEndorsementsList() as [peer.Endorsement];
      endorsed(action).setEndorsementsList([one, one, one]);
    }),
  'endorsements signed by clients': async (s) => {
    const relays = await Promise.all(s.members.endorsers.map((mspId) => s.relay(mspId)));
    return forge(s, 'clients', (_, action) => {
      const payload = endorsed(action).getProposalResponsePayload_asU8();
      const endorsements = relays.map((relay) => {
        const endorsement = new peer.Endorsement();
        const endorser = serialised(relay);
        endorsement.setEndorser(endorser);
        endorsement.setSignature(sign(createPrivateKey(relay.keyPem), Buffer.concat([payload, endorser])));
        return endorsement;
      });
      endorsed(action).setEndorsementsList(endorsements);
    });
  },
  'one endorsement’s signature broken, three left': async (s) => {
    const member = await s.relay();
    const transaction = await s.endorse('put', {
      arguments: ['broken', 'honest'],
      endorsingOrganizations: [...s.members.endorsers],
    });
    const { bytes, signature } = alteredTransaction(transaction.getBytes(), member.keyPem, (_, action) => {
      const [first] = endorsed(action).getEndorsementsList() as [peer.Endorsement];
      const broken = Buffer.from(first.getSignature_asU8());
      broken.writeUInt8(broken.readUInt8(broken.length - 1) ^ 1, broken.length - 1);
      first.setSignature(broken);
    });
    return (await s.commit(member.gateway.newSignedTransaction(bytes, signature))).code;
  },
  'another value written': (s) =>
    forge(s, 'changed', (_, action) => {
      const payload = endorsed(action).getProposalResponsePayload_asU8();
      endorsed(action).setProposalResponsePayload(replaced(payload, 'honest', 'crafty'));
    }),
  'other arguments': (s) =>
    forge(s, 'argument', (_, action) => {
      action.setChaincodeProposalPayload(replaced(action.getChaincodeProposalPayload_asU8(), 'honest', 'crafty'));
    }),
  'another chaincode named in the header': (s) =>
    forge(s, 'chaincode', (payload) =>
      changeChannelHeader(payload, (header) => {
        header.setExtension$(replaced(header.getExtension_asU8(), 'chargecast', 'chargecost'));
      }),
    ),
  'another time': (s) =>
    forge(s, 'time', (payload) =>
      changeChannelHeader(payload, (header) => {
        header.getTimestamp()?.setSeconds(1);
      }),
    ),
  'an epoch': (s) => forge(s, 'epoch', (payload) => changeChannelHeader(payload, (header) => void header.setEpoch(1))),
  'no nonce': (s) =>
    forge(s, 'nonce', (payload) => {
      const header = payload.getHeader() ?? new common.Header();
      const signature = common.SignatureHeader.deserializeBinary(header.getSignatureHeader_asU8());
      signature.setNonce('');
      header.setSignatureHeader(signature.serializeBinary());
    }),
  'another transaction’s id': (s) =>
    forge(s, 'id', (payload) => changeChannelHeader(payload, (header) => void header.setTxId('ab'.repeat(32)))),
  'nothing of it was written': async (s) =>
    Promise.all(
      ['few', 'none', 'thrice', 'clients', 'changed', 'argument', 'chaincode', 'time', 'epoch'].map((key) =>
        s.evaluate('get', key),
      ),
    ),
});
