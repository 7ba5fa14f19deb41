import { createHash, createVerify, type KeyObject, verify, X509Certificate } from 'node:crypto';

import { type Endorsement, LedgerError, type LedgerTransaction } from './port';
import { endorsingOrganisations, type TrustBundle } from './trust';

/** An endorser's certificate that chains to a pinned root of its organisation; times in Unix seconds. */
interface Endorser {
  readonly key: KeyObject;
  readonly notBefore: number;
  readonly notAfter: number;
}

const CACHED_ENDORSERS = 1024;

/**
 * Checks who stands behind transactions, from pinned roots alone: no ledger is asked. Certificates are parsed and chained
 * once each.
 */
export class EndorsementVerifier {
  readonly #trust: TrustBundle;
  readonly #organisations: ReadonlySet<string>;
  readonly #needed: number;
  readonly #roots: ReadonlyMap<string, readonly X509Certificate[]>;
  readonly #endorsers = new Map<string, Endorser | null>();

  constructor(trust: TrustBundle) {
    this.#trust = trust;
    this.#organisations = new Set(endorsingOrganisations(trust));
    this.#needed = Math.floor(this.#organisations.size / 2) + 1;
    this.#roots = new Map(
      Object.entries(trust.roots).map(([mspId, pems]) => [mspId, pems.map((pem) => new X509Certificate(pem))]),
    );
  }

  /**
   * Accepts a transaction of the trusted chaincode that more than half of the pinned gateway organisations endorsed:
   * distinct organisations, certificates valid at the transaction's time and issued by a pinned root, ECDSA over response
   * payload ‖ endorser, and the envelope's headers (time, id, channel) those the endorsers saw.
   * @param channel name of the channel the transaction was read from
   * @throws LedgerError E_ENDORSEMENT
   */
  verify(transaction: LedgerTransaction, channel: string): void {
    const { transactionId, chaincode, proposalHash, endorsedHash, endorsements, timestamp } = transaction;
    const refuse = (fault: string): never => {
      throw new LedgerError('E_ENDORSEMENT', `transaction ${transactionId || '(unreadable)'} ${fault}`, {
        transactionId,
      });
    };
    if (transaction.kind !== 'endorser') refuse('is no chaincode transaction');
    if (transaction.channel !== channel) refuse(`was made for the channel ${transaction.channel}, not ${channel}`);
    if (chaincode !== this.#trust.chaincode) refuse(`is of the chaincode ${chaincode}, not ${this.#trust.chaincode}`);
    if (Buffer.compare(proposalHash, endorsedHash) !== 0) refuse('has other headers than those endorsed');
    const endorsed = new Set<string>();
    for (const endorsement of endorsements) {
      const { mspId } = endorsement;
      if (endorsed.size >= this.#needed) return;
      if (!endorsed.has(mspId) && this.#holds(endorsement, transaction.responsePayload, timestamp)) endorsed.add(mspId);
    }
    if (endorsed.size < this.#needed) {
      refuse(`is endorsed by ${endorsed.size} of the ${this.#needed} organisations needed: distrust its source`);
    }
  }

  #holds(endorsement: Endorsement, payload: Uint8Array, time: number): boolean {
    const known = this.#endorser(endorsement);
    if (!known || time < known.notBefore || time > known.notAfter) return false;
    const { endorser, signature } = endorsement;
    try {
      if (known.key.asymmetricKeyType !== 'ec') {
        return verify(null, Buffer.concat([payload, endorser]), known.key, signature);
      }
      // In two parts: a payload of a megabyte is not copied for each endorser.
      return createVerify('sha256').update(payload).update(endorser).verify(known.key, signature);
    } catch {
      // A signature OpenSSL cannot decode is one that does not hold.
      return false;
    }
  }

  #endorser(endorsement: Endorsement): Endorser | undefined {
    const digest = createHash('sha256').update(endorsement.endorser).digest('base64');
    let endorser = this.#endorsers.get(digest);
    if (endorser === undefined) {
      endorser = this.#chain(endorsement) ?? null;
      const [oldest] = this.#endorsers.keys();
      if (this.#endorsers.size >= CACHED_ENDORSERS && oldest !== undefined) this.#endorsers.delete(oldest);
      this.#endorsers.set(digest, endorser);
    }
    return endorser ?? undefined;
  }

  #chain({ mspId, certificate: pem }: Endorsement): Endorser | undefined {
    if (!this.#organisations.has(mspId)) return undefined;
    const certificate = readCertificate(pem);
    const root = certificate && this.#roots.get(mspId)?.find((candidate) => issued(candidate, certificate));
    if (!certificate || !root) return undefined;
    return {
      key: certificate.publicKey,
      notBefore: Math.max(seconds(certificate.validFrom), seconds(root.validFrom)),
      notAfter: Math.min(seconds(certificate.validTo), seconds(root.validTo)),
    };
  }
}

function readCertificate(pem: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** Name, key identifiers, CA flag and signature: RFC 5280 6.1 for a path of one certificate. */
function issued(root: X509Certificate, certificate: X509Certificate): boolean {
  return root.ca && certificate.checkIssued(root) && certificate.verify(root.publicKey);
}

const seconds = (time: string): number => Math.floor(Date.parse(time) / 1000);
