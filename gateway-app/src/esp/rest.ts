import { type CarMakerDesk, type GrantIndex, type OwnerDesk } from '../data-applications';
import { type Replica } from '../replica';
import { Cursors, type RestService } from '../rest';
import { type Store } from '../store';
import { type RegistrationDesk } from './registration';
import { carMakerRoutes } from './rest-car-maker';
import { ownerRoutes } from './rest-owner';
import { registrationRoutes } from './rest-registrations';

export interface EspRestParts {
  /** A sub-store of its own. */
  readonly store: Store;
  readonly provider: string;
  readonly registration: RegistrationDesk;
  readonly words: GrantIndex;
  readonly owners: OwnerDesk;
  readonly carMakers: CarMakerDesk;
  readonly replica: Replica;
  readonly admissions: Readonly<Record<'admitted' | 'refused' | 'withdrawn', number>>;
  /** Unix seconds. */
  readonly now: () => number;
}

export type EspRest = Pick<RestService, 'title' | 'description' | 'routes' | 'pages' | 'checks' | 'gauges'>;

/** What a provider serves to people: its operator, auditors, owners of vehicles, car makers. */
export async function espRest(parts: EspRestParts): Promise<EspRest> {
  const { store, provider, registration, words, owners, carMakers, replica, admissions, now } = parts;
  const cursors = await Cursors.open(store.sub('cursors'));
  const { ctx } = replica.params;
  return {
    title: 'ChargeCast energy service provider',
    description: 'Certificates of vehicles and piles, who may read whose data, and what owners and car makers read.',
    routes: [
      ...registrationRoutes({ operations: registration.operations, words, cursors, now }),
      ...ownerRoutes({ provider, ctx, desk: owners, cursors, now }),
      ...carMakerRoutes({ ctx, desk: carMakers, cursors }),
    ],
    pages: ['owner', 'car-maker'],
    checks: [
      {
        name: 'system-key',
        fault: async () => ((await registration.isPublished()) ? undefined : 'the system key is not on the chain yet'),
      },
      {
        name: 'replica',
        fault: () => (replica.isFresh(now()) ? undefined : 'no slot head of the last half hour was confirmed'),
      },
    ],
    gauges: [
      {
        name: 'chargecast_esp_applications',
        help: 'Applications for certificates by stage',
        labels: ['stage'],
        read: async () => {
          const { certificates } = await registration.status();
          return Object.entries(certificates).map(([stage, value]) => ({ value, labels: { stage } }));
        },
      },
      {
        name: 'chargecast_esp_admissions_total',
        help: 'Handshakes at this provider’s stations since the process started, by outcome',
        labels: ['outcome'],
        read: () => Object.entries(admissions).map(([outcome, value]) => ({ value, labels: { outcome } })),
      },
      {
        name: 'chargecast_esp_block',
        help: 'Newest block the replica has applied',
        labels: ['channel'],
        read: () =>
          (['certchain', 'datachain'] as const).map((channel) => ({
            value: Number(replica.position(channel) ?? -1n),
            labels: { channel },
          })),
      },
    ],
  };
}
