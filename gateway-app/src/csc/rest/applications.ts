import { UsagePublications } from '../../data-applications';
import { type Cursors, type Route } from '../../rest';
import { type Store } from '../../store';
import { type Charging } from '../charging';
import { type CscConfig } from '../config';
import { type Directory } from '../directory';
import { districtsOf, pileUses } from '../pile-use';
import { governmentRoutes } from './government';
import { ownerAccountRoutes } from './owner';

export interface ApplicationRouteParts {
  readonly charging: Charging | undefined;
  readonly directory: Pick<Directory, 'pileOf' | 'piles'>;
  readonly usage: CscConfig['usage'];
  readonly store: Store;
  readonly cursors: Cursors;
  /** Unix seconds. */
  readonly now?: () => number;
}

const DAY_SECONDS = 86_400;

/** What a centre that bills serves to its customers and to governments. */
export function applicationRoutes({
  charging,
  directory,
  usage: { districts, minimumVehicles, closingDays },
  store,
  cursors,
  now = () => Math.floor(Date.now() / 1000),
}: ApplicationRouteParts): Route[] {
  if (!charging) return [];
  const publications = new UsagePublications({
    store: store.sub('usage'),
    rules: { minimumVehicles, zone: charging.tariff.zone },
    closingSeconds: closingDays * DAY_SECONDS,
    uses: () => pileUses(charging, directory, districts),
    districts: () => districtsOf(directory, districts),
    now,
  });
  return [...ownerAccountRoutes({ charging, cursors }), ...governmentRoutes({ publications, cursors })];
}
