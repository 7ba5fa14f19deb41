import {
  gateways,
  holds,
  majority,
  type SlotHead as ProtocolSlotHead,
  slotNumber,
  slotStatement,
} from '@chargecast/protocol';
import { nodePrimitives, toHex } from '@chargecast/signcryption';

import { pause } from '../common/abort';
import { CodedError, codeOf } from '../common/errors';
import type { Logger } from '../common/log';
import type { Ledger } from '../ledger';
import type { Replica } from '../replica';
import type { OrganisationSignature, SlotHead } from '../rpc';
import { advanceSlotTransaction } from './ledger-calls';
import type { OrganisationSigner } from './organisation-signer';

const SLOT_SECONDS = 900;

export interface SlotSettings {
  /** How often to look whether a slot is due, milliseconds. */
  readonly checkMs: number;
  /** Seconds the next in turn waits for the one before. */
  readonly patienceSeconds: number;
  /** Certification blocks a proposed head may be behind the signer's own replica. */
  readonly maxLagBlocks: number;
}

export const DEFAULT_SLOTS: SlotSettings = { checkMs: 1_000, patienceSeconds: 15, maxLagBlocks: 32 };

/** Another organisation's CSS, asked for its signature. */
export interface SlotPeer {
  readonly mspId: string;
  signSlot(head: SlotHead): Promise<OrganisationSignature>;
}

export interface SlotKeeperParts {
  readonly view: Pick<Replica, 'params' | 'slot' | 'epochs' | 'roots' | 'position' | 'reached'>;
  readonly ledger: Pick<Ledger, 'submit' | 'height'>;
  readonly signer: OrganisationSigner;
  readonly peers: readonly SlotPeer[];
  readonly settings: SlotSettings;
  readonly log: Logger;
  /** Unix seconds. */
  readonly now: () => number;
}

/**
 * Slot heads: every CSS signs the next one after comparing its roots with its own replica; the one whose turn it is collects a
 * majority and submits. Organisations take turns by slot number; the next in turn steps in for one that does not.
 */
export class SlotKeeper {
  readonly #parts: SlotKeeperParts;
  readonly #startedAt: number;

  constructor(parts: SlotKeeperParts) {
    this.#parts = parts;
    this.#startedAt = parts.now();
  }

  /**
   * @throws CodedError E_SLOT_NUMBER, E_SLOT_EPOCH, E_SLOT_HEIGHT, E_SLOT_ROOTS: the head is not what this CSS sees
   */
  async sign(head: SlotHead): Promise<OrganisationSignature> {
    this.#ensureNext(head);
    await this.#ensureRecent(head.certchainBlock);
    const { view, signer } = this.#parts;
    const claimed = await view.roots(BigInt(head.certchainBlock));
    const newest = await view.roots(view.position('certchain') as bigint);
    const same =
      equal(claimed.recordsRoot, head.recordsRoot) &&
      equal(claimed.revocationsRoot, head.revocationsRoot) &&
      equal(newest.revocationsRoot, head.revocationsRoot);
    if (!same) {
      throw new CodedError(
        'E_SLOT_ROOTS',
        'the roots are not those of this gateway: a record or revocation is missing',
      );
    }
    return signer.signParts(slotStatement(toProtocol(head)));
  }

  /** Looks after the slots until `signal` aborts. */
  async keep(signal: AbortSignal): Promise<void> {
    const { settings, log } = this.#parts;
    while (!signal.aborted) {
      try {
        await this.advance(signal);
      } catch (error) {
        if (!signal.aborted && codeOf(error) !== 'E_REPLICA_EMPTY')
          log.warn({ err: error }, 'the slot could not be advanced yet');
      }
      await pause(settings.checkMs, signal);
    }
  }

  /** Advances the slot if one is due and it is this CSS's turn. @returns whether it did */
  async advance(signal: AbortSignal): Promise<boolean> {
    const { view, ledger, log, now } = this.#parts;
    const number = slotNumber(now());
    if ((view.slot()?.number ?? -1) >= number || now() < this.#turnAt(number)) return false;
    await view.reached('certchain', (await ledger.height('certchain')) - 1n, signal);
    const head = await this.#propose(number);
    const signatures = await this.#collect(head);
    await ledger.submit('datachain', advanceSlotTransaction(toProtocol(head), signatures));
    log.info({ slot: number, signatures: signatures.length }, 'slot advanced');
    return true;
  }

  /** Unix seconds from which this CSS may advance to the slot. */
  #turnAt(number: number): number {
    const { view, signer, settings } = this.#parts;
    const organisations = gateways(view.params);
    const own = organisations.findIndex(({ mspId }) => mspId === signer.mspId);
    const rank = (own - (number % organisations.length) + organisations.length) % organisations.length;
    return Math.max(number * SLOT_SECONDS, this.#startedAt) + rank * settings.patienceSeconds;
  }

  async #propose(number: number): Promise<SlotHead> {
    const { view } = this.#parts;
    const certchainBlock = view.position('certchain') as bigint;
    const { recordsRoot, revocationsRoot } = await view.roots(certchainBlock);
    return { number, epoch: this.#epoch(), recordsRoot, revocationsRoot, certchainBlock: Number(certchainBlock) };
  }

  async #collect(head: SlotHead): Promise<OrganisationSignature[]> {
    const { view, peers, log } = this.#parts;
    const own = await this.sign(head);
    const needed = majority(gateways(view.params).length);
    const answers = await Promise.all(
      peers.map(async (peer) => {
        try {
          return [await this.#checked(head, peer)];
        } catch (error) {
          log.warn({ err: error, peer: peer.mspId }, 'a peer did not sign the slot head');
          return [];
        }
      }),
    );
    const signatures = [own, ...answers.flat()];
    if (signatures.length < needed) {
      throw new CodedError(
        'E_SLOT_MAJORITY',
        `${signatures.length} of ${needed} gateways signed the slot head: trying again`,
      );
    }
    return signatures;
  }

  async #checked(head: SlotHead, peer: SlotPeer): Promise<OrganisationSignature> {
    const { params } = this.#parts.view;
    const { signature } = await peer.signSlot(head);
    const key = gateways(params).find(({ mspId }) => mspId === peer.mspId)?.publicKey;
    const valid = key && holds(nodePrimitives, params, key, slotStatement(toProtocol(head)), toHex(signature));
    if (!valid) throw new CodedError('E_STATEMENT', `${peer.mspId} answered with a signature that does not hold`);
    return { mspId: peer.mspId, signature };
  }

  #ensureNext({ number, epoch, certchainBlock }: SlotHead): void {
    const { view, now } = this.#parts;
    const last = view.slot();
    if (Math.abs(number - slotNumber(now())) > 1 || number <= (last?.number ?? -1)) {
      throw new CodedError('E_SLOT_NUMBER', `slot ${number} is not the next one by this gateway's clock and chain`);
    }
    if (epoch !== this.#epoch())
      throw new CodedError('E_SLOT_EPOCH', `the current epoch is ${this.#epoch()}, not ${epoch}`);
    if (last && BigInt(certchainBlock) < last.certchainBlock) {
      throw new CodedError('E_SLOT_HEIGHT', 'the head lies behind the one on the chain: take a newer block');
    }
  }

  async #ensureRecent(certchainBlock: number): Promise<void> {
    const { view, settings } = this.#parts;
    const waiting = AbortSignal.timeout(5_000);
    await view.reached('certchain', BigInt(certchainBlock), waiting).catch((cause: unknown) => {
      throw new CodedError('E_SLOT_HEIGHT', `this gateway has not seen certification block ${certchainBlock}`, {
        cause,
      });
    });
    const own = view.position('certchain') as bigint;
    if (own - BigInt(certchainBlock) > BigInt(settings.maxLagBlocks)) {
      throw new CodedError('E_SLOT_HEIGHT', `block ${certchainBlock} is too old: this gateway is at ${own}`);
    }
  }

  #epoch(): number {
    return this.#parts.view.epochs().current;
  }
}

function toProtocol({ number, epoch, recordsRoot, revocationsRoot, certchainBlock }: SlotHead): ProtocolSlotHead {
  return { number, epoch, recordsRoot: toHex(recordsRoot), revocationsRoot: toHex(revocationsRoot), certchainBlock };
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a).equals(b);
}
