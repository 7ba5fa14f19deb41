import {
  type CommandMessage,
  type Decoder,
  decodePlugReport,
  decodePowerReport,
  decodeReceipt,
  decodeUnplugReport,
  integer,
  object,
  optional,
  RECEIPT_ACTION,
  text,
} from '@chargecast/protocol';
import { Role, toHex } from '@chargecast/signcryption';
import { CodedError } from '../common/errors';
import { KeyedLock } from '../common/keyed-lock';
import { decodePayload, type Holder, holderRoleCode, type OpenedMessage, openSealed } from '../holder';
import { type ReplicaView } from '../replica';
import { type Peer } from '../rpc';
import { type Batch, fromJson, type Store, toJson } from '../store';
import { isOpen } from './command';
import { type Directory } from './directory';
import { type Charging } from './charging';
import { type Outbox } from './outbox';
import { type PowerReports } from './power-reports';
import { type Sessions } from './sessions';

export interface IntakeParts {
  readonly holder: Holder;
  readonly replica: ReplicaView;
  readonly outbox: Outbox;
  readonly directory: Directory;
  readonly sessions: Sessions;
  readonly power: PowerReports;
  /** Absent where operators do the starting and billing. */
  readonly charging: Charging | undefined;
  readonly store: Store;
  /** Unix seconds. */
  readonly now: () => number;
  /** A vehicle's session began or ended, or a holder announced itself. @param vehicle its f, hex */
  readonly moved: (vehicle: string) => void;
}

interface Announcement {
  readonly at: number;
  /** Pile inside the process; empty or absent for the process itself. */
  readonly unit?: string;
}

const unit: Decoder<string> = (value, at) => (value === '' ? '' : text(64)(value, at));
const decodeAnnouncement = object<Announcement>({ at: integer(0), unit: optional(unit) });

type Take = (message: CommandMessage, opened: OpenedMessage, peer: Peer, batch: Batch) => Promise<void>;

/**
 * What holders seal to the centre: reports of vehicles, announcements of piles and gateways, receipts of whoever acted.
 * The σ itself says who sent it; it is taken once, and the same bytes again are answered again.
 */
export class Intake {
  readonly #parts: IntakeParts;
  /** Y of everything taken → notAfter. */
  readonly #taken: Store;
  readonly #reports: Store;
  readonly #turns = new KeyedLock();
  #reported = 0;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#taken = parts.store.sub('taken');
    this.#reports = parts.store.sub('reports', { hiddenKeys: true });
  }

  /** Reports taken since the start. */
  get reported(): number {
    return this.#reported;
  }

  /** @throws SigncryptionError E_SIGMA_…, E_OPEN; CodedError E_NOT_FOR_ME, E_SENDER_ROLE, E_MESSAGE_KIND; ProtocolError */
  report(sigma: Uint8Array, peer: Peer): Promise<void> {
    return this.#take(sigma, peer, 'report', this.#reportOf);
  }

  /** @throws as {@link report}; CodedError E_RECEIPT_FOREIGN from somebody the command was not sealed for */
  receipt(sigma: Uint8Array, peer: Peer): Promise<void> {
    return this.#take(sigma, peer, 'receipt', this.#receiptOf);
  }

  /** Forgets what has expired and can come no more. */
  async prune(): Promise<void> {
    const batch = this.#taken.batch();
    for await (const { key, value } of this.#taken.entries()) {
      if (fromJson<number>(value) <= this.#parts.now()) batch.del(this.#taken, key);
    }
    if (batch.size > 0) await batch.commit();
  }

  async #take(sigma: Uint8Array, peer: Peer, kind: CommandMessage['kind'], take: Take): Promise<void> {
    const { holder, replica, now } = this.#parts;
    const opened = await openSealed(holder, replica, Uint8Array.from(sigma), now());
    if (opened === undefined)
      throw new CodedError('E_NOT_FOR_ME', 'σ holds nothing for this centre; seal to its record');
    if (opened.sender.role !== holderRoleCode(peer.role)) {
      throw new CodedError('E_SENDER_ROLE', 'σ was sealed by a holder of another role than the connection names');
    }
    const messages = decodePayload(opened);
    if (messages.some((message) => message.kind !== kind)) {
      throw new CodedError('E_MESSAGE_KIND', `only messages of kind ${kind} are taken here`);
    }
    const key = toHex(opened.oneTimeKey);
    await this.#turns.run(key, async () => {
      if (await this.#taken.has(key)) return;
      const batch = this.#taken.batch().put(this.#taken, key, toJson(opened.notAfter));
      await Promise.all(messages.map((message) => take(message, opened, peer, batch)));
      await batch.commit();
      if (kind === 'report') this.#parts.moved(toHex(opened.sender.f));
    });
  }

  readonly #reportOf: Take = async (message, opened, peer, batch) => {
    const { commandId, action, payload } = message;
    if (action === 'Announce') return this.#announce(payload, opened, peer);
    if (opened.sender.role !== Role.EV) throw new CodedError('E_SENDER_ROLE', 'only vehicles report a session');
    const { sessions } = this.#parts;
    const vehicle = toHex(opened.sender.f);
    if (action === 'PlugIn') {
      const { pile, session, at } = decodePlugReport(payload, action);
      const plugged = { pile, session, since: at };
      if (sessions.plugIn(vehicle, plugged, batch)) this.#parts.charging?.plugged(vehicle, plugged, batch);
    } else if (action === 'Unplug') {
      const { session } = decodeUnplugReport(payload, action);
      if (sessions.unplug(vehicle, session, batch)) await this.#parts.charging?.unplugged(session);
      this.#parts.power.drop(session, batch);
    } else if (action === 'PowerReport') {
      this.#parts.power.take(decodePowerReport(payload, action), batch);
    } else {
      throw new CodedError('E_MESSAGE_KIND', 'a vehicle reports PlugIn, PowerReport or Unplug');
    }
    batch.put(this.#reports, commandId, toJson({ vehicle, action, payload, receivedAt: this.#parts.now() }));
    this.#reported += 1;
  };

  async #announce(payload: CommandMessage['payload'], { sender }: OpenedMessage, peer: Peer): Promise<void> {
    if (sender.role !== Role.CP && sender.role !== Role.CSS) {
      throw new CodedError(
        'E_SENDER_ROLE',
        'piles and gateways announce themselves; a vehicle is known by its provider',
      );
    }
    const { unit: pile = '' } = decodeAnnouncement(payload, 'Announce');
    await this.#parts.directory.announce(peer.role, pile === '' ? peer.name : `${peer.name}/${pile}`, sender.f);
  }

  readonly #receiptOf: Take = async ({ action, payload }, { sender }) => {
    if (action !== RECEIPT_ACTION) throw new CodedError('E_MESSAGE_KIND', `a receipt's action is ${RECEIPT_ACTION}`);
    const { commandId, outcome, code, station } = decodeReceipt(payload, action);
    const { outbox } = this.#parts;
    const command = await outbox.command(commandId);
    if (command === undefined || !command.actors.includes(toHex(sender.f))) {
      throw new CodedError('E_RECEIPT_FOREIGN', 'the command was not sealed for the sender of this receipt');
    }
    if (!isOpen(command)) return;
    if (outcome === 'done') await outbox.deliver(commandId, station, this.#parts.charging?.settle(commandId));
    else await outbox.fail(commandId, code ?? 'E_REFUSED', station);
  };
}
