import {
  decodeRecord,
  fromHex,
  type KeyPair,
  type LedgerRecord,
  Role,
  signStatement,
  toHex,
  verifyRecord,
} from '@chargecast/signcryption';
import { CodedError } from '../common/errors';
import { KeyedLock } from '../common/keyed-lock';
import { type ReplicaView } from '../replica';
import { type ApproveRequest, type Countersignature, type Peer } from '../rpc';
import { type BookEntry, type CountersignatureBook } from './book';
import { type Customers } from './customers';

export interface CountersignerParts {
  readonly provider: string;
  readonly key: KeyPair;
  readonly customers: Customers;
  readonly book: CountersignatureBook;
  readonly replica: Pick<ReplicaView, 'params' | 'epochs' | 'isRecordRevoked'>;
}

/**
 * csig and bind over the provider's own vehicles. The vehicle presents its record over its own mutually authenticated
 * channel, so X is compared with the vehicle itself and never taken from the KGC. One record a vehicle and epoch, until
 * that one is revoked.
 */
export class Countersigner {
  readonly #parts: CountersignerParts;
  readonly #turns = new KeyedLock();

  constructor(parts: CountersignerParts) {
    this.#parts = parts;
  }

  /**
   * @throws CodedError E_NOT_CUSTOMER, E_RECORD_ROLE, E_EPOCH, E_RECORD_REVOKED, E_RECORD_OTHER; SigncryptionError E_RECORD_…
   */
  async countersign(request: ApproveRequest, peer: Peer): Promise<Countersignature> {
    const { customers, provider, replica } = this.#parts;
    const bytes = Uint8Array.from(request.record);
    const vehicle = (request.unit ?? '') === '' ? peer.name : `${peer.name}/${request.unit}`;
    const contract = await customers.contractOf(vehicle);
    if (contract === undefined) {
      throw new CodedError('E_NOT_CUSTOMER', 'no contract is known for this vehicle; ask its own provider');
    }
    const record = decodeRecord(bytes);
    if (record.role !== Role.EV) {
      throw new CodedError('E_RECORD_ROLE', 'a provider countersigns vehicles only; other holders ask the gateways');
    }
    verifyRecord(replica.params, record);
    await this.#ensureCurrent(record);
    const entry = await this.#turns.run(vehicle, () => this.#entry(bytes, record, vehicle, contract));
    return { provider, signature: fromHex(entry.countersignature, 64) };
  }

  async #ensureCurrent({ f, epoch }: LedgerRecord): Promise<void> {
    const { replica } = this.#parts;
    if (!replica.epochs().accepted.includes(epoch)) {
      throw new CodedError('E_EPOCH', `epoch ${epoch} is not accepted now; enrol for an accepted one`);
    }
    if (await replica.isRecordRevoked(f)) {
      throw new CodedError('E_RECORD_REVOKED', 'this pseudo-identity is revoked for ever; enrol anew');
    }
  }

  async #entry(bytes: Uint8Array, record: LedgerRecord, vehicle: string, contract: string): Promise<BookEntry> {
    const { book, replica } = this.#parts;
    const before = await book.find(vehicle, record.epoch);
    if (before?.record === toHex(bytes) && before.stage !== 'refused') return before;
    if (before !== undefined && before.record !== toHex(bytes) && !(await this.#isGone(before))) {
      throw new CodedError('E_RECORD_OTHER', 'another record of this vehicle is countersigned; have it revoked first');
    }
    const { params } = replica;
    const { f, X, epoch } = record;
    const { secret } = this.#parts.key;
    const entry: BookEntry = {
      vehicle,
      contract,
      epoch,
      f: toHex(f),
      X: toHex(X),
      record: toHex(bytes),
      countersignature: toHex(signStatement(params, secret, { tag: 'csig', record })),
      binding: toHex(signStatement(params, secret, { tag: 'bind', f, X, contract })),
      stage: 'queued',
      code: '',
    };
    await book.put([entry]);
    return entry;
  }

  async #isGone({ stage, f }: BookEntry): Promise<boolean> {
    return stage === 'refused' || this.#parts.replica.isRecordRevoked(fromHex(f, 16));
  }
}
