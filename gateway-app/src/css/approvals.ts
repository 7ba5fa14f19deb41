import { decodeRecord, Role, toHex, verifyRecord } from '@chargecast/signcryption';

import { CodedError } from '../common/errors';
import { KeyedLock } from '../common/keyed-lock';
import type { ReplicaView } from '../replica';
import type { OrganisationSignature, Peer } from '../rpc';
import type { Store } from '../store';
import type { OrganisationSigner } from './organisation-signer';

/** Roles whose records count by approvals, and the role their certificates name. A vehicle's counts by its provider. */
const APPROVED_ROLES: ReadonlyMap<number, Peer['role']> = new Map([
  [Role.CSC, 'csc'],
  [Role.CSS, 'css'],
  [Role.CP, 'cp'],
]);

export interface ApprovalParts {
  /** A sub-store of its own. */
  readonly store: Store;
  readonly view: Pick<ReplicaView, 'params' | 'epochs' | 'isRecordRevoked'>;
  readonly signer: OrganisationSigner;
  /** This CSS's own name: its own record is for the others to approve. */
  readonly ownName: string;
}

/**
 * appr over records of CSCs, CSSs and CPs. The holder presents its own record over mutual TLS, so its X comes from itself and
 * not from the KGC. A CSC or CSS gets one record approved an epoch, a second only when the first is revoked; a CP's process
 * speaks for each of its piles.
 */
export class Approvals {
  readonly #parts: ApprovalParts;
  readonly #lock = new KeyedLock();

  constructor(parts: ApprovalParts) {
    this.#parts = parts;
  }

  /**
   * @param bytes the encoded record
   * @throws CodedError E_APPROVAL_ROLE, E_APPROVAL_OWN, E_APPROVAL_OTHER, E_EPOCH, E_RECORD_REVOKED; SigncryptionError E_RECORD_…
   */
  async approve(bytes: Uint8Array, peer: Peer): Promise<OrganisationSignature> {
    const record = decodeRecord(bytes);
    this.#ensureCaller(record.role, peer);
    verifyRecord(this.#parts.view.params, record);
    await this.#ensureCurrent(record.f, record.epoch);
    const holder = `${peer.role} ${peer.name} ${record.epoch}${peer.role === 'cp' ? ` ${toHex(record.f)}` : ''}`;
    await this.#lock.run(holder, () => this.#ensureOnly(holder, bytes));
    return this.#parts.signer.sign({ tag: 'appr', record });
  }

  #ensureCaller(role: number, peer: Peer): void {
    if (APPROVED_ROLES.get(role) !== peer.role) {
      throw new CodedError('E_APPROVAL_ROLE', 'a holder presents its own record with its own certificate, nobody else');
    }
    if (peer.role === 'css' && peer.name === this.#parts.ownName) {
      throw new CodedError('E_APPROVAL_OWN', "an organisation's approval of its own record counts nothing: ask the others");
    }
  }

  async #ensureCurrent(f: Uint8Array, epoch: number): Promise<void> {
    const { accepted } = this.#parts.view.epochs();
    if (!accepted.includes(epoch)) {
      throw new CodedError('E_EPOCH', `epoch ${epoch} is not accepted now: enrol in an accepted one`);
    }
    if (await this.#parts.view.isRecordRevoked(f)) {
      throw new CodedError('E_RECORD_REVOKED', 'this pseudo-identity is revoked for ever: enrol anew');
    }
  }

  async #ensureOnly(key: string, bytes: Uint8Array): Promise<void> {
    const { store, view } = this.#parts;
    const before = await store.get(key);
    if (before && !Buffer.from(before).equals(bytes) && !(await view.isRecordRevoked(decodeRecord(before).f))) {
      throw new CodedError(
        'E_APPROVAL_OTHER',
        'another record of this holder is approved for the epoch: have it revoked before enrolling anew',
      );
    }
    if (!before || !Buffer.from(before).equals(bytes)) await store.put(key, bytes);
  }
}
