import { StationDesk } from '../authentication';
import type { Logger } from '../common/log';
import { type Credentials } from '../registration';
import type { Replica } from '../replica';
import { type Client } from '../rpc';
import type { CpConfig } from './config';
import type { Piles } from './piles';

export interface StationAdmissionParts {
  readonly config: CpConfig;
  /** The stations' provider, and its name. */
  readonly esp: Client<'Esp'>;
  readonly provider: string;
  readonly replica: Replica;
  readonly piles: Piles;
  readonly credentials: Pick<Credentials, 'get'>;
  readonly log: Logger;
  readonly stopping: AbortSignal;
}

/** The desk at which all piles of a process authenticate vehicles. */
export function openStationDesk({ config, replica, piles, credentials, ...parts }: StationAdmissionParts): StationDesk {
  const { halfOpen, halfOpenPerPeer, admitMs, watchSeconds } = config.sessions;
  return new StationDesk({
    ...parts,
    view: replica,
    credential: (pile) => credentials.get(pile),
    pile: (name) => piles.byName.get(name),
    halfOpen: { total: halfOpen, perPeer: halfOpenPerPeer },
    admitMs,
    graceMs: watchSeconds * 1000,
    now: () => Math.floor(Date.now() / 1000),
  });
}
