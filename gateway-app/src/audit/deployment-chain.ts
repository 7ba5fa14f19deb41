import { readProfile } from '@chargecast/network';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { CodedError } from '../common/errors';
import { connectLedger } from '../ledger/fabric-gateway';
import { EndorsementVerifier } from '../ledger/endorsements';
import { type Channel, type Ledger, LedgerError } from '../ledger/port';
import { readTrust, type TrustBundle } from '../ledger/trust';
import { readEffects } from '../replica/effects';

/** A running ledger and what is trusted of it. */
export interface OpenChain {
  readonly trust: TrustBundle;
  readonly ledger: Ledger;
  readonly heights: Readonly<Record<Channel, bigint>>;
}

/** Preferred first: who reads and nothing else. */
const READERS = ['auditor', 'government', 'owner'];

/**
 * Connects to the ledger of a deployment folder (`trust.json`, `ledger/profile.json` or `profile.json`), or of a single
 * connection profile beside a trust bundle, as a member that may read.
 * @throws CodedError E_FILE_…, E_TRUST; NetworkError E_PROFILE_…; LedgerError
 */
export async function openChain(place: string, trustFile?: string): Promise<OpenChain> {
  const { profileFile, folder } = await locate(resolve(place));
  const trust = await readTrust(trustFile ?? join(folder, 'trust.json'));
  const ledger = await connectLedger(profileFile, await reader(profileFile));
  try {
    const [certchain, datachain] = await Promise.all([ledger.height('certchain'), ledger.height('datachain')]);
    return { trust, ledger, heights: { certchain, datachain } };
  } catch (error) {
    ledger.close();
    throw error;
  }
}

async function locate(place: string): Promise<{ profileFile: string; folder: string }> {
  if (place.endsWith('.json')) return { profileFile: place, folder: resolve(place, '..') };
  const candidates = [join(place, 'ledger', 'profile.json'), join(place, 'profile.json')];
  for (const profileFile of candidates) if (await exists(profileFile)) return { profileFile, folder: place };
  throw new CodedError(
    'E_PROFILE_MISSING',
    `${place} holds no ledger/profile.json: name a deployment that was started`,
  );
}

async function exists(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ENOTDIR') {
      return false;
    }
    throw error;
  }
}

/** The profile's own auditor where it has one, else any of its identities: every member may read blocks. */
async function reader(profileFile: string): Promise<{ mspId: string; name: string }> {
  const { organisations } = await readProfile(profileFile);
  const known = organisations.flatMap(({ mspId, identities }) =>
    Object.keys(identities).map((name) => ({ mspId, name })),
  );
  const preferred = READERS.map((name) => known.find((identity) => identity.name === name)).find(Boolean);
  const chosen = preferred ?? known[0];
  if (!chosen) throw new LedgerError('E_LEDGER_IDENTITY', `${profileFile} names no identity: add one that may read`);
  return chosen;
}

/** Which one-time keys signed which σ on the chain. Nothing is verified here but the blocks' own hashes. */
export async function spentCredentials({ ledger, trust, heights }: OpenChain): Promise<Map<string, string>> {
  const spent = new Map<string, string>();
  for await (const block of ledger.blocks('datachain', { from: 0n })) {
    for (const transaction of block.transactions) {
      if (!transaction.valid || transaction.chaincode !== trust.chaincode) continue;
      for (const { credential, sigmaId } of readEffects(transaction).spent) spent.set(credential, sigmaId);
    }
    if (block.number + 1n >= heights.datachain) break;
  }
  return spent;
}

/**
 * The encoded record a majority of the organisations let stand under a pseudo-identity.
 * @param f lower-case hex
 * @returns lower-case hex; undefined if none does
 * @throws LedgerError E_ENDORSEMENT if the transaction that wrote it is not endorsed as it must be
 */
export async function committedRecord({ ledger, trust, heights }: OpenChain, f: string): Promise<string | undefined> {
  const verifier = new EndorsementVerifier(trust);
  for await (const block of ledger.blocks('certchain', { from: 0n })) {
    for (const transaction of block.transactions) {
      if (!transaction.valid || transaction.chaincode !== trust.chaincode) continue;
      const written = readEffects(transaction).records.find((record) => record.f === f);
      if (!written) continue;
      verifier.verify(transaction, trust.params.certchain);
      return written.entry.record;
    }
    if (block.number + 1n >= heights.certchain) break;
  }
  return undefined;
}
