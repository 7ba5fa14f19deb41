import { decodeRecord, type LedgerRecord, Role, verifyRecord } from '@chargecast/signcryption';

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

const UNIT = /^(?:[A-Za-z0-9][A-Za-z0-9._-]{0,63})?$/;

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
 * not from the KGC. Each holder, i.e. each certificate name and each pile of a process, gets one record approved an epoch, and a
 * second only when the first is revoked.
 */
export class Approvals {
  readonly #parts: ApprovalParts;
  readonly #lock = new KeyedLock();

  constructor(parts: ApprovalParts) {
    this.#parts = parts;
  }

  /**
   * @param bytes the encoded record
   * @param unit name of the pile inside the calling process; empty for the process itself
   * @throws CodedError E_APPROVAL_ROLE, E_APPROVAL_OWN, E_APPROVAL_OTHER, E_EPOCH, E_RECORD_REVOKED; SigncryptionError E_RECORD_…
   */
  async approve(bytes: Uint8Array, peer: Peer, unit = ''): Promise<OrganisationSignature> {
    const record = decodeRecord(bytes);
    this.#ensureCaller(record.role, peer, unit);
    verifyRecord(this.#parts.view.params, record);
    await this.#ensureCurrent(record.f, record.epoch);
    const holder = holderKey(peer.role, unit === '' ? peer.name : `${peer.name}/${unit}`, record.epoch);
    await this.#lock.run(holder, () => this.#ensureOnly(holder, bytes));
    return this.#parts.signer.sign({ tag: 'appr', record });
  }

  /** The pile's record this CSS approved, by `<process>/<pile>`; undefined if there is none. */
  async pile(name: string, epoch: number): Promise<LedgerRecord | undefined> {
    const bytes = await this.#parts.store.get(holderKey('cp', name, epoch));
    return bytes && decodeRecord(bytes);
  }

  #ensureCaller(role: number, peer: Peer, unit: string): void {
    if (APPROVED_ROLES.get(role) !== peer.role) {
      throw new CodedError('E_APPROVAL_ROLE', 'a holder presents its own record with its own certificate, nobody else');
    }
    if ((unit !== '' && peer.role !== 'cp') || !UNIT.test(unit)) {
      throw new CodedError(
        'E_APPROVAL_ROLE',
        'only piles are units of a process, with names of letters, digits, ".", "_", "-"',
      );
    }
    if (peer.role === 'css' && peer.name === this.#parts.ownName) {
      throw new CodedError(
        'E_APPROVAL_OWN',
        "an organisation's approval of its own record counts nothing: ask the others",
      );
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

function holderKey(role: Peer['role'], name: string, epoch: number): string {
  return `${role} ${name} ${epoch}`;
}
