import { slotNumber, slotStatement } from '@chargecast/protocol';
import {
  acceptCredentials,
  beginEnrolment,
  finishEnrolment,
  generateKeyPair,
  issueCredentials,
  issuePartialKey,
  prepareCredentials,
  Role,
  Secret,
  signcrypt,
  toHex,
} from '@chargecast/signcryption';
import { message, MemorySet, publicKeys } from '@chargecast/signcryption/testing/world';
import { mkdtempSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Deployment } from '../deployment/deployment';
import { firstLimits } from '../deployment/genesis';
import { type Ledger } from '../ledger';
import { advanceSlotTransaction, submitTransaction } from './ledger-calls';
import { organisationSigner } from './organisation-signer';

jest.setTimeout(120_000);

let directory: string;
let deployment: Deployment;
let relay: Ledger;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'chargecast-held-back-'));
  const fleet = { vehicles: [], piles: [{ name: 'P1', css: 'css1' }], cscs: ['csc1'], providers: ['esp1'] };
  deployment = await Deployment.open({ directory, fleet, ledger: 'embedded' });
  relay = await deployment.consortium.connect('CSS1MSP', 'relay');
});
afterAll(async () => {
  relay.close();
  await deployment.stop();
  rmSync(directory, { recursive: true });
});

/** A head of the slot under a majority's signatures, as the gateways would make it. */
async function advance(number: number): Promise<void> {
  const { params, keys } = deployment.consortium;
  const root = '00'.repeat(64);
  const head = { number, epoch: 1, recordsRoot: root, revocationsRoot: root, certchainBlock: 1 };
  const signatures = [...keys.organisations].map(([mspId, { secret }]) =>
    organisationSigner(mspId, secret, params).signParts(slotStatement(head)),
  );
  await relay.submit('datachain', advanceSlotTransaction(head, signatures));
}

async function seal(): Promise<Uint8Array> {
  const { params, keys } = deployment.consortium;
  const holder = async (role: Role, name: string): Promise<ReturnType<typeof finishEnrolment>> => {
    const pending = beginEnrolment(params, { realId: name, role, epoch: 1 }, new Secret(randomBytes(32)));
    return finishEnrolment(
      params,
      pending,
      await issuePartialKey(params, keys.kgc, pending.request, 0, new MemorySet()),
    );
  };
  const [sender, receiver] = [
    await holder(Role.CSC, `csc:${toHex(generateKeyPair().publicKey)}`),
    await holder(Role.EV, `ev:${toHex(generateKeyPair().publicKey)}`),
  ];
  const pending = prepareCredentials(params, sender, { senderClass: Role.CSC, count: 1, firstCounter: 0 });
  const issued = await issueCredentials(params, keys.kgc, publicKeys(sender), pending.request, new MemorySet());
  const [credential] = acceptCredentials(params, pending, issued);
  if (!credential) throw new Error('no credential was issued');
  const { sigma } = await signcrypt({
    params,
    limits: firstLimits(),
    sender,
    credential,
    hedge: new Secret(randomBytes(32)),
    receivers: [{ keys: publicKeys(receiver), message: message('held back') }],
    ttl: 900,
    spent: new MemorySet(),
  });
  return sigma;
}

describe('attack 27: σ endorsed, held back, submitted late', () => {
  test('dies when the slot has moved; endorsed anew in the slot, it commits', async () => {
    const slot = slotNumber(Date.now() / 1000);
    await advance(slot - 1);
    const sigma = await seal();
    const early = await relay.endorse('datachain', submitTransaction([sigma]));
    await advance(slot);
    await expect(early.submit()).rejects.toMatchObject({ code: 'E_MVCC', validationCode: 11 });
    const anew = await relay.submit('datachain', submitTransaction([sigma]));
    expect(anew.transactionId).not.toBe(early.transactionId);
    await expect(advance(slot)).rejects.toMatchObject({ code: 'E_SLOT' });
  });
});
