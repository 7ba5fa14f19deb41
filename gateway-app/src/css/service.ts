import { CodedError } from '../common/errors';
import { type ConsortiumView, look } from '../consortium';
import type { Channel } from '../ledger';
import type { Handlers, Peer } from '../rpc';
import type { Approvals } from './approvals';
import type { ChainArchive } from './archive';
import type { ChargingDesk } from './charging-desk';
import type { GovernanceDesk } from './governance-desk';
import type { HeldSigmas } from './held-sigmas';
import type { PileNotices } from './notices';
import type { OrganisationSigner } from './organisation-signer';
import type { Readers } from './readers';
import type { RecordDesk } from './record-desk';
import type { SlotKeeper } from './slot-keeper';

export interface CssServiceParts {
  readonly approvals: Approvals;
  readonly records: RecordDesk;
  readonly charging: ChargingDesk;
  readonly held: HeldSigmas;
  readonly slots: SlotKeeper;
  readonly archives: Readonly<Record<Channel, ChainArchive>>;
  readonly signer: OrganisationSigner;
  readonly notices: PileNotices;
  readonly governance: GovernanceDesk;
  readonly readers: Readers;
  readonly view: ConsortiumView;
  /** Name of this gateway's own process. */
  readonly ownName: string;
}

/** The Css service of proto/chargecast.proto. */
export function cssService(parts: CssServiceParts): Handlers<'Css'> {
  const { approvals, records, charging, held, slots, archives, signer, notices, governance, ownName, readers, view } =
    parts;
  const ensureOperator = ({ name }: Peer): void => {
    if (name !== ownName) throw new CodedError('E_FORBIDDEN', "only this gateway's own operator may ask for this");
  };
  return {
    approve: ({ record, unit }, { peer }) => approvals.approve(plain(record), peer, unit),
    publishRecord: (entry) => records.publish(entry),
    addChargingRecords: async ({ entries }) => ({ outcomes: await charging.add(entries) }),
    async hold({ sigma, submit }) {
      const { id, deadline } = await held.hold(plain(sigma), submit);
      const sigmaId = plain(Buffer.from(id, 'hex'));
      return { ...signer.sign({ tag: 'ack', sigmaId, deadline }), sigmaId, deadline };
    },
    stream({ channel, fromBlock }, { peer, signal }) {
      const archive = archiveOf(archives, channel);
      return readers.follow(peer, archive.channel, fromBlock, archive.items(fromBlock, signal));
    },
    signSlot: (head) => slots.sign(head),
    async head({ channel }) {
      const { height } = archiveOf(archives, channel);
      if (height === 0)
        throw new CodedError('E_HEAD_NONE', `this gateway has no block of ${channel} yet: ask again later`);
      return { block: height - 1 };
    },
    async notify(request, { peer }) {
      ensureOperator(peer);
      return notices.send(request);
    },
    signGovernance: ({ item }) => governance.sign(item),
    async carryGovernance({ item }) {
      await governance.carry(item);
      return {};
    },
    async *proposals(_, { peer }) {
      ensureOperator(peer);
      yield* governance.proposals();
    },
    look: async ({ what, query }) => ({ json: await look(view, what, query) }),
    async decide({ id, approve }, { peer }) {
      ensureOperator(peer);
      await governance.decide(id, approve);
      return {};
    },
  };
}

function archiveOf(archives: CssServiceParts['archives'], channel: string): ChainArchive {
  if (channel === 'certchain' || channel === 'datachain') return archives[channel];
  throw new CodedError('E_CHANNEL', 'the channels are certchain and datachain');
}

/** `Buffer` overrides `slice`; what goes on into the scheme is a plain view. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
