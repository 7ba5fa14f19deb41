import { concat, equal } from '@chargecast/signcryption/bytes';
import { type Params } from '@chargecast/signcryption/params';
import { Role } from '@chargecast/signcryption/roles';

import { type Certificate, isIssuedBy, readCertificate, verifyEcdsa } from './certificate';
import { type Endorsement, type FabricTransaction } from './fabric-transaction';
import { InputError } from './input';
import { type LedgerTrust } from './trust';

/** Who stands behind transactions: more than half of the gateway organisations pinned in params, by pinned roots. */
export class Endorsers {
  readonly #channel: string;
  readonly #chaincode: string;
  readonly #roots: ReadonlyMap<string, readonly Certificate[]>;
  readonly #known = new Map<string, Certificate | undefined>();

  /** @param channel its name on the ledger */
  constructor({ organisations }: Params, { roots, chaincode }: LedgerTrust, channel: string) {
    this.#channel = channel;
    this.#chaincode = chaincode;
    const pinned = organisations.filter(({ role }) => role === Role.CSS).map(({ mspId }) => mspId);
    this.#roots = new Map(pinned.map((mspId) => [mspId, (roots[mspId] ?? []).map(readCertificate)]));
  }

  get needed(): number {
    return Math.floor(this.#roots.size / 2) + 1;
  }

  /** @returns why the transaction does not count; undefined if it does */
  faultOf(transaction: FabricTransaction): string | undefined {
    const { transactionId, channel, chaincode, proposalHash, endorsedHash, endorsements } = transaction;
    const at = `transaction ${transactionId}`;
    if (channel !== this.#channel) return `${at} was made for the channel ${channel}`;
    if (chaincode !== this.#chaincode) return `${at} is of the chaincode ${chaincode}`;
    if (!equal(proposalHash, endorsedHash)) return `${at} has other headers than those endorsed`;
    const behind = new Set(
      endorsements.filter((endorsement) => this.#holds(endorsement, transaction)).map(({ mspId }) => mspId),
    );
    return behind.size >= this.needed
      ? undefined
      : `${at} is endorsed by ${behind.size} of ${this.needed} organisations`;
  }

  #holds({ mspId, certificate: pem, endorser, signature }: Endorsement, transaction: FabricTransaction): boolean {
    const certificate = this.#certificate(mspId, pem);
    if (!certificate) return false;
    const { timestamp, responsePayload } = transaction;
    const isTimely = timestamp >= certificate.notBefore && timestamp <= certificate.notAfter;
    return isTimely && verifyEcdsa(certificate.publicKey, concat(responsePayload, endorser), signature);
  }

  #certificate(mspId: string, pem: string): Certificate | undefined {
    const key = `${mspId} ${pem}`;
    if (!this.#known.has(key)) this.#known.set(key, this.#chain(mspId, pem));
    return this.#known.get(key);
  }

  #chain(mspId: string, pem: string): Certificate | undefined {
    try {
      const certificate = readCertificate(pem);
      const root = this.#roots.get(mspId)?.find((candidate) => isIssuedBy(certificate, candidate));
      return root && certificate;
    } catch (error) {
      if (error instanceof InputError) return undefined;
      throw error;
    }
  }
}
