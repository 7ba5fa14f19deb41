import {
  BROADCAST,
  canonicalJson,
  decodeGovernanceItem,
  decodeJson,
  type EpochsItem,
  type GovernanceItem,
  governanceStatement,
  holds,
  type Json,
  REGISTRATION,
  type Statement,
} from '@chargecast/protocol';
import { nodePrimitives, toHex } from '@chargecast/signcryption';
import { createHash } from 'node:crypto';

import { CodedError } from '../common/errors';
import type { Channel, Ledger } from '../ledger';
import type { ReplicaView } from '../replica';
import type { OrganisationSignature, Proposal } from '../rpc';
import { fromJson, getJson, type Store, toJson } from '../store';
import type { OrganisationSigner } from './organisation-signer';

export interface GovernanceDeskParts {
  /** A sub-store of its own. */
  readonly store: Store;
  readonly view: Pick<ReplicaView, 'params' | 'epochs' | 'limits'>;
  readonly ledger: Pick<Ledger, 'submit'>;
  readonly signer: OrganisationSigner;
  /** Unix seconds. */
  readonly now: () => number;
}

interface Kept {
  /** JSON without authority. */
  readonly item: string;
  readonly since: number;
  readonly decision: 'open' | 'approved' | 'declined';
}

/** Clocks of KGC and gateway may differ by so much when an overlap is judged, seconds. */
const SKEW = 60;

/**
 * This organisation's word on governance. The roll of an epoch follows a rule and is signed by it; everything else, a
 * revocation above all, is the operator's to decide: nobody's request alone makes an organisation revoke.
 */
export class GovernanceDesk {
  readonly #parts: GovernanceDeskParts;

  constructor(parts: GovernanceDeskParts) {
    this.#parts = parts;
  }

  /**
   * @param json the item, with the signatures it has
   * @throws ProtocolError E_DECODE; CodedError E_GOVERNANCE_ROLL, E_GOVERNANCE_PENDING, E_GOVERNANCE_DECLINED
   */
  async sign(json: string): Promise<OrganisationSignature> {
    const item = decodeJson(json, decodeGovernanceItem, 'item');
    const statement = governanceStatement(item);
    if (item.kind === 'epochs') this.#ensureRoll(item, statement);
    else await this.#ensureApproved(item, statement);
    return this.#parts.signer.signParts(statement);
  }

  /** To both channels, first the one σ are judged on. What stands there already stays. @throws LedgerError */
  async carry(json: string): Promise<void> {
    const item = decodeJson(json, decodeGovernanceItem, 'item');
    const args = [canonicalJson(item as unknown as Json)];
    const targets: readonly (readonly [Channel, string])[] = [
      ['datachain', BROADCAST.contract],
      ['certchain', REGISTRATION.contract],
    ];
    for (const [channel, contract] of targets) {
      await this.#parts.ledger.submit(channel, { contract, name: REGISTRATION.mirrorGovernance, args });
    }
  }

  async *proposals(): AsyncGenerator<Proposal> {
    for await (const { key, value } of this.#parts.store.entries()) {
      const { item, since, decision } = fromJson<Kept>(value);
      if (decision === 'open') yield { id: key, item, since };
    }
  }

  /** How many proposals wait for a decision. */
  async open(): Promise<number> {
    const found = [];
    for await (const { id } of this.proposals()) found.push(id);
    return found.length;
  }

  /** @throws CodedError E_GOVERNANCE_UNKNOWN */
  async decide(id: string, approve: boolean): Promise<void> {
    const { store } = this.#parts;
    const kept = await getJson<Kept>(store, id);
    if (!kept) throw new CodedError('E_GOVERNANCE_UNKNOWN', 'no proposal has this id: list them with css proposals');
    await store.put(id, toJson({ ...kept, decision: approve ? 'approved' : 'declined' } satisfies Kept));
  }

  async #ensureApproved({ kind, body }: GovernanceItem, statement: Statement): Promise<void> {
    const { store, now } = this.#parts;
    const id = digestOf(statement);
    const kept = await getJson<Kept>(store, id);
    if (kept?.decision === 'approved') return;
    if (kept?.decision === 'declined') {
      throw new CodedError('E_GOVERNANCE_DECLINED', 'this organisation’s operator declined the item');
    }
    if (!kept) {
      const item = canonicalJson({ kind, body } as unknown as Json);
      await store.put(id, toJson({ item, since: now(), decision: 'open' } satisfies Kept));
    }
    throw new CodedError('E_GOVERNANCE_PENDING', 'this organisation’s operator has not decided yet');
  }

  /** The next epoch of the version in force, with the KGC's signature, and no epoch cut short. */
  #ensureRoll({ version, body, authority }: EpochsItem, statement: Statement): void {
    const { view, now } = this.#parts;
    const { params } = view;
    const inForce = view.epochs();
    const byKgc = authority.some(
      ({ by, signature }) =>
        by === 'kgc' && holds(nodePrimitives, params, params.masterPublicKey, statement, signature),
    );
    const last = body.accepted.find(({ epoch }) => epoch === inForce.current);
    const keeps = inForce.schedule.every(({ epoch, closeAt }) => {
      if (epoch === inForce.current || (closeAt !== undefined && closeAt < now())) return true;
      return body.accepted.some((next) => next.epoch === epoch && next.closeAt === closeAt);
    });
    const overlap = (last?.closeAt ?? 0) - now();
    const isNext = version === inForce.version + 1 && body.current === inForce.current + 1;
    if (!byKgc || !isNext || !keeps || overlap < view.limits().maxTtl - SKEW) {
      throw new CodedError(
        'E_GOVERNANCE_ROLL',
        'an epoch is rolled by the KGC, to the next number, and none ends before its messages do',
      );
    }
  }
}

/** What identifies a proposal: the bytes an organisation signs. */
function digestOf({ tag, parts }: Statement): string {
  const hash = createHash('sha256').update(tag);
  for (const part of parts) hash.update(Uint32Array.of(part.length)).update(part);
  return toHex(new Uint8Array(hash.digest())).slice(0, 32);
}
