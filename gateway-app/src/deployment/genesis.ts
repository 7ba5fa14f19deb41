import {
  type Authority,
  type Epochs,
  type GenesisGovernance,
  governanceStatement,
  type Json,
  type LimitsItem,
  type Provider,
  type ProviderEntry,
  providerStatement,
  signLedgerStatement,
  type Statement,
} from '@chargecast/protocol';
import {
  createLimits,
  createParams,
  encodeLimits,
  type KeyPair,
  type Limits,
  type Params,
  Role,
  toHex,
} from '@chargecast/signcryption';

import { type Members } from './existing-network';
import { type CeremonyKeys } from './keys';
import { SIGNING_ENV } from '../common/signing-env';

export const FIRST_EPOCH = 1;

/** P, the names of network and channels, and the consortium's approval keys: the root of all trust. */
export function paramsOf(topology: Members, keys: CeremonyKeys): Params {
  return createParams({
    masterPublicKey: keys.kgc.masterPublicKey,
    networkId: topology.networkId,
    certchain: topology.channels.certchain,
    datachain: topology.channels.datachain,
    organisations: topology.organisations.map(({ mspId }) => ({
      mspId,
      role: Role.CSS,
      publicKey: (keys.organisations.get(mspId) as KeyPair).publicKey,
    })),
  });
}

/**
 * One sender class for each role that sends. Counts finer than powers of two save bytes; 64 commands of a kilobyte
 * each are well below what a block takes.
 */
export function firstLimits(): Limits {
  return createLimits({
    version: 1,
    maxTtl: 3600,
    entryCounts: [1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024],
    entryLengths: [164, 228, 292, 356, 420, 484, 612, 868, 1124, 2148, 4196, 8292],
    maxSigmaBytes: 1_048_576,
    allowed: [
      { sender: Role.CSC, senderClass: Role.CSC, receiver: Role.EV },
      { sender: Role.CSC, senderClass: Role.CSC, receiver: Role.CP },
      { sender: Role.CSC, senderClass: Role.CSC, receiver: Role.CSS },
      { sender: Role.CSS, senderClass: Role.CSS, receiver: Role.CP },
      { sender: Role.CSS, senderClass: Role.CSS, receiver: Role.CSC },
      { sender: Role.EV, senderClass: Role.EV, receiver: Role.CSC },
      { sender: Role.CP, senderClass: Role.CP, receiver: Role.CSC },
    ],
  });
}

/** The first limits and epochs, signed by the KGC and every consortium member. */
export function genesisGovernance(params: Params, keys: CeremonyKeys): GenesisGovernance {
  const limits: Omit<LimitsItem, 'authority'> = {
    kind: 'limits',
    version: 1,
    body: JSON.parse(encodeLimits(firstLimits())) as Readonly<Record<string, Json>>,
  };
  const body: Epochs = { current: FIRST_EPOCH, accepted: [{ epoch: FIRST_EPOCH }] };
  const epochs = { kind: 'epochs' as const, version: 1, body };
  return {
    limits: { ...limits, authority: signedByAll(params, keys, governanceStatement(limits)) },
    epochs: { ...epochs, authority: signedByAll(params, keys, governanceStatement(epochs)) },
  };
}

function signedByAll(params: Params, keys: CeremonyKeys, statement: Statement): Authority[] {
  return [
    { by: 'kgc', signature: signLedgerStatement(SIGNING_ENV, params, keys.kgc.masterSecret, statement) },
    ...organisationSignatures(params, keys, statement).map(({ mspId, signature }) => ({
      by: 'organisation' as const,
      name: mspId,
      signature,
    })),
  ];
}

function organisationSignatures(
  params: Params,
  keys: CeremonyKeys,
  statement: Statement,
): { mspId: string; signature: string }[] {
  return [...keys.organisations].map(([mspId, { secret }]) => ({
    mspId,
    signature: signLedgerStatement(SIGNING_ENV, params, secret, statement),
  }));
}

/** @param mspId the organisation behind the provider */
export function providerEntry(params: Params, keys: CeremonyKeys, provider: string, mspId: string): ProviderEntry {
  const { publicKey } = keys.providers.get(provider) as KeyPair;
  const body: Provider = { provider, mspId, key: toHex(publicKey) };
  return { ...body, approvals: organisationSignatures(params, keys, providerStatement(body)) };
}
