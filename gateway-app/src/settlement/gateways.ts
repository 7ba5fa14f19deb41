import { type CssPeer } from '../common/config';
import { type Client, client, type Outcome, type RpcTls } from '../rpc';

/** A gateway may wait for its ledger, milliseconds. */
const PATIENCE_MS = 60_000;

/** The gateways that take charging records: the first that answers does; the record is the same through any. */
export class RecordGateways {
  readonly #gateways: readonly Client<'Css'>[];

  /** @param peers the piles' own gateway first */
  constructor(peers: readonly CssPeer[], tls: RpcTls) {
    this.#gateways = peers.map(({ name, endpoint }) => client('Css', endpoint, tls, { serverName: name }));
  }

  /** @throws RpcError of the last one asked */
  async send(entries: readonly string[], signal: AbortSignal): Promise<readonly Outcome[]> {
    let failure: unknown;
    for (const css of this.#gateways) {
      try {
        return (await css.addChargingRecords({ entries }, { signal, deadline: PATIENCE_MS })).outcomes;
      } catch (error) {
        failure = error;
        if (signal.aborted) break;
      }
    }
    throw failure;
  }

  close(): void {
    for (const css of this.#gateways) css.close();
  }
}
