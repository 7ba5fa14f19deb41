import { type PowerReport } from '@chargecast/protocol';

import { type Batch, fromJson, type Store, toJson } from '../store';

/** What each plugged-in vehicle reported last of its charging, until it leaves; kept over restarts. */
export class PowerReports {
  readonly #store: Store;
  readonly #newest = new Map<string, PowerReport>();

  private constructor(store: Store) {
    this.#store = store.sub('power', { hiddenKeys: true });
  }

  static async load(store: Store): Promise<PowerReports> {
    const reports = new PowerReports(store);
    for await (const { key, value } of reports.#store.entries()) reports.#newest.set(key, fromJson<PowerReport>(value));
    return reports;
  }

  of(session: string): PowerReport | undefined {
    return this.#newest.get(session);
  }

  /** A report older than the newest known changes nothing. */
  take(report: PowerReport, batch: Batch): void {
    if ((this.#newest.get(report.session)?.at ?? -1) > report.at) return;
    batch.put(this.#store, report.session, toJson(report));
    this.#newest.set(report.session, report);
  }

  drop(session: string, batch: Batch): void {
    if (this.#newest.delete(session)) batch.del(this.#store, session);
  }
}
