import { type Params } from '@chargecast/signcryption';

import { type CssPeer } from '../common/config';
import { type Logger } from '../common/log';
import { type Holder } from '../holder';
import { type RpcTls } from '../rpc';
import { type Stations } from '../station';
import { type Store } from '../store';
import { type GroupCommit } from '../store/group-commit';
import { ChargingBook, type ChargingBookParts } from './charging-book';
import { RecordGateways } from './gateways';
import { stationSource } from './station-source';

export interface OpenBookParts {
  /** A sub-store of its own; `writes` of the same database. */
  readonly store: Store;
  readonly writes: GroupCommit;
  readonly stations: Pick<Stations, 'journal'>;
  readonly gateways: readonly CssPeer[];
  readonly tls: RpcTls;
  readonly params: Params;
  readonly pile: (name: string) => Pick<Holder, 'key'>;
  readonly chargedOf: ChargingBookParts['chargedOf'];
  readonly log: Logger;
  readonly stopping: AbortSignal;
}

/** The charging book of a process whose piles have stations, connected to their gateways. */
export async function openChargingBook(parts: OpenBookParts): Promise<ChargingBook> {
  const { stations, gateways, tls, ...rest } = parts;
  const css = new RecordGateways(gateways, tls);
  rest.stopping.addEventListener('abort', () => css.close(), { once: true });
  return ChargingBook.open({
    ...rest,
    source: stationSource(stations.journal),
    send: (entries, signal) => css.send(entries, signal),
  });
}
