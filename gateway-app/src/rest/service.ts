import { type Logger } from '../common/log';
import { type Store } from '../store';
import { type GaugeSpec } from './metrics';
import { type Route } from './route';
import { type Check } from './standing-routes';

/** A role as far as it serves people. */
export interface RestService {
  /** The role's own, which people's certificates name. */
  readonly name: string;
  readonly log: Logger;
  /** Providers whose customers are owners here, too. */
  readonly ownersOf?: readonly string[];
  /** Absolute path of a path in the configuration. */
  readonly path: (relative: string) => string;
  /** A sub-store of its own. */
  readonly store: Store;
  readonly title: string;
  readonly description: string;
  readonly routes: readonly Route[];
  /** Pages served under `/<page>/`; `/` leads to the first. */
  readonly pages?: readonly string[];
  readonly checks: readonly Check[];
  readonly gauges: readonly GaugeSpec[];
}

export interface RunningRest {
  /** `https://host:port` */
  readonly url: string;
  /** All of them, the standing ones first. */
  readonly routes: readonly Route[];
  /** The OpenAPI document. */
  readonly document: unknown;
  close(): Promise<void>;
}
