import type { PlugReport, PowerReport, ReportAction, UnplugReport } from '@chargecast/protocol';
import { randomBytes } from 'node:crypto';

import type { Logger } from '../common/log';
import { Outbox, type Prepared } from '../common/outbox';
import { type Centres, encodePayload, fittingParts, type Holder, isPassing } from '../holder';
import type { ReplicaView } from '../replica';
import type { Store } from '../store';

export interface VehicleReport {
  /** Name of the vehicle in this process. */
  readonly vehicle: string;
  /** Of the record the session was opened under. */
  readonly epoch: number;
  readonly action: ReportAction;
  readonly payload: PlugReport | PowerReport | UnplugReport;
}

/** A report as kept; its id makes a repetition recognisable. */
interface Kept extends VehicleReport {
  readonly id: string;
}

export interface ReportParts {
  /** A sealed sub-store of its own. */
  readonly store: Store;
  readonly view: Pick<ReplicaView, 'record' | 'limits'>;
  readonly centres: Centres;
  readonly holder: (vehicle: string) => Holder;
  /** Name of the centre a vehicle reports to. */
  readonly centre: (vehicle: string) => string;
  readonly ttlSeconds: number;
  readonly log: Logger;
  readonly stopping: AbortSignal;
}

/** Power reports sent in one σ when several wait. */
const TOGETHER = 16;

/** What vehicles tell their centre: signcrypted under their own one-time credentials, in order, until it is taken. */
export class Reports {
  readonly #outbox: Outbox<Kept>;

  private constructor(outbox: Outbox<Kept>) {
    this.#outbox = outbox;
  }

  static async open(parts: ReportParts): Promise<Reports> {
    const outbox = await Outbox.open<Kept>(parts.store, {
      send: (reports) => send(parts, reports),
      lane: ({ vehicle, epoch }) => `${epoch} ${vehicle}`,
      together: TOGETHER,
      isPassing,
      log: parts.log,
      stopping: parts.stopping,
    });
    return new Reports(outbox);
  }

  get waiting(): number {
    return this.#outbox.waiting;
  }

  prepare(report: VehicleReport): Prepared {
    return this.#outbox.prepare({ ...report, id: randomBytes(16).toString('hex') });
  }

  /** To be called when the prepared report is on disk. Resolves when the centre has it. */
  release({ ticket }: Prepared): Promise<void> {
    return this.#outbox.release(ticket);
  }

  stopped(): Promise<void> {
    return this.#outbox.stopped();
  }
}

async function send(parts: ReportParts, reports: readonly Kept[]): Promise<void> {
  const [first] = reports;
  if (!first) return;
  const { keys, client } = await parts.centres.byName(parts.centre(first.vehicle), first.epoch, parts.view);
  const messages = reports.map(({ id, action, payload }) => ({
    commandId: id,
    kind: 'report' as const,
    action,
    payload: { ...payload },
  }));
  const holder = parts.holder(first.vehicle);
  for (const part of fittingParts(messages, parts.view.limits())) {
    const { sigma } = await holder.seal([{ keys, message: encodePayload(part) }], parts.ttlSeconds);
    await client.report({ sigma }, { signal: parts.stopping });
  }
}
