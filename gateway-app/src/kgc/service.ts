import { Role } from '@chargecast/signcryption';
import { type ReplicaView } from '../replica';
import { type GovernanceStep, type Handlers, type RevokeRequest } from '../rpc';
import { type BarredHolders } from './barred';
import { type CredentialIssuer } from './credentials';
import { type Enrolments } from './enrolment';
import { type Identities } from './identities';
import { openOneTimeKey } from './opening';
import { type PluggedInVehicles } from './plugged-in';
import { type Router } from './router';

export interface KgcServiceParts {
  readonly enrolments: Enrolments;
  readonly issuer: CredentialIssuer;
  readonly identities: Identities;
  readonly vehicles: PluggedInVehicles;
  readonly router: Router;
  readonly replica: ReplicaView;
  readonly barred: BarredHolders;
  /** @param overlap seconds */
  readonly roll: (overlap: number, signal: AbortSignal) => AsyncIterable<GovernanceStep>;
  readonly revoke: (request: RevokeRequest, signal: AbortSignal) => AsyncIterable<GovernanceStep>;
}

/** The Kgc service of proto/chargecast.proto. */
export function kgcService(parts: KgcServiceParts): Handlers<'Kgc'> {
  const { enrolments, issuer, identities, vehicles, router } = parts;
  return {
    enrol: (request, { peer }) => enrolments.enrol(request, peer),
    issueCredentials: async ({ request }, { peer }) => ({ issued: await issuer.issue(Uint8Array.from(request), peer) }),
    async *listReceivers({ epoch }) {
      for await (const f of identities.newest(Role.EV, epoch)) yield { f: Buffer.from(f, 'hex'), epoch };
    },
    async plugIn(notice, { peer }) {
      await vehicles.plugIn(notice, peer);
      return {};
    },
    async unplug(notice, { peer }) {
      await vehicles.unplug(notice, peer);
      return {};
    },
    route: (request) => router.route(request),
    open: ({ oneTimeKey }) => openOneTimeKey(parts, oneTimeKey),
    roll: ({ overlapSeconds }, { signal }) => parts.roll(overlapSeconds, signal),
    revoke: (request, { signal }) => parts.revoke(request, signal),
    async readmit({ holder }) {
      await parts.barred.readmit(holder);
      return {};
    },
  };
}
