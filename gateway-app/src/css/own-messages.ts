import { Role, toHex } from '@chargecast/signcryption';

import type { Logger } from '../common/log';
import { type Centres, type Holder } from '../holder';
import {
  ChainIntake,
  EffectJournal,
  Effects,
  EntryWorker,
  type KnownSigmas,
  OwnEntries,
  Receipts,
  SigmaLog,
} from '../opening';
import type { Replica } from '../replica';
import type { Store } from '../store';
import { GroupCommit } from '../store/group-commit';
import { NoticeBoard } from './notices';

export interface OwnMessageParts {
  readonly name: string;
  readonly holder: Holder;
  readonly replica: Replica;
  readonly centres: Centres;
  readonly receiptTtlSeconds: number;
  readonly log: Logger;
  readonly stopping: AbortSignal;
  /** Unix seconds. */
  readonly now: () => number;
}

/** Messages sealed to the gateway itself (CSC → CSS): opened with its own q, kept once, and receipted. */
export class OwnMessages {
  readonly intake: ChainIntake;
  readonly board: NoticeBoard;
  readonly #store: Store;
  readonly #sigmas: SigmaLog;
  readonly #writes: GroupCommit;
  #receipts: Receipts | undefined;
  #effects: Effects | undefined;
  #working: Promise<void> = Promise.resolve();

  private constructor(store: Store, sigmas: SigmaLog, log: Logger) {
    this.#store = store;
    this.#sigmas = sigmas;
    this.#writes = new GroupCommit(store);
    this.intake = new ChainIntake(sigmas, log);
    this.board = new NoticeBoard(store.sub('board'));
  }

  /** @param store a sealed sub-store of its own */
  static async open(store: Store, params: Replica['params'], known: KnownSigmas, log: Logger): Promise<OwnMessages> {
    return new OwnMessages(store, await SigmaLog.open(store.sub('sigmas'), params, known), log);
  }

  /** Called once the gateway has keys; what was committed since it stopped looking is looked through. */
  async begin(parts: OwnMessageParts): Promise<void> {
    const { name, holder, replica, centres, receiptTtlSeconds, log, stopping, now } = parts;
    const store = this.#store;
    const receipts = await Receipts.open({
      store: store.sub('receipts'),
      view: replica,
      centres,
      unit: (f) => (toHex(holder.f) === f ? holder : undefined),
      ttlSeconds: receiptTtlSeconds,
      log,
      stopping,
      now,
    });
    const effects = new Effects({
      journal: await EffectJournal.open(store.sub('journal'), this.#writes),
      actuator: this.board,
      owe: (effect, batch) => receipts.owe(effect, batch),
      owed: (effect) => receipts.send(effect),
      finished: () => undefined,
      log,
      stopping,
    });
    this.#receipts = receipts;
    this.#effects = effects;
    const own = new OwnEntries(store.sub('places'), replica.params, Role.CSS);
    const cursor = await own.cursor(name, SigmaLog.after(replica.position('datachain')));
    const worker = new EntryWorker(
      {
        log: this.#sigmas,
        view: replica,
        effects,
        commit: async (change) => {
          await this.#writes.commit(change);
          await this.#sigmas.prune(own.lowestCursor());
        },
        logger: log,
        now,
        opened: () => undefined,
        refused: () => undefined,
      },
      own.receiver(name, holder),
      cursor,
    );
    await effects.resume();
    this.#working = worker.run(stopping);
  }

  /** Call it when `stopping` has aborted. */
  async stopped(): Promise<void> {
    await this.#working;
    await this.#effects?.settled();
    await this.#receipts?.stopped();
  }
}
