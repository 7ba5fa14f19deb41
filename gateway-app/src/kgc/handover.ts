import { type Params, Role, toHex, verifyStatement } from '@chargecast/signcryption';
import { CodedError, codeOf, messageOf } from '../common/errors';
import { type Ack, type Client } from '../rpc';

export interface Gateway {
  readonly name: string;
  readonly mspId: string;
  readonly css: Pick<Client<'Css'>, 'hold'>;
}

export interface HandoverParts {
  readonly params: Params;
  readonly gateways: readonly Gateway[];
  /** Organisations that must acknowledge. */
  readonly acks: number;
  /** Milliseconds. */
  readonly holdMs: number;
}

/** l + 1 of n organisations, l = ⌊(n − 1)/3⌋: at least one of them is honest. */
export function defaultAcks({ organisations }: Pick<Params, 'organisations'>): number {
  const gateways = organisations.filter(({ role }) => role === Role.CSS).length;
  return Math.floor((gateways - 1) / 3) + 1;
}

/** In submission order: the one σ's id points at first, the rest as they follow. Who submits says nothing of where. */
export function submissionOrder<T extends { readonly mspId: string }>(
  gateways: readonly T[],
  sigmaId: Uint8Array,
): T[] {
  const ordered = [...gateways].sort((a, b) => (a.mspId < b.mspId ? -1 : 1));
  const first = Buffer.from(sigmaId).readUInt32BE(0) % Math.max(ordered.length, 1);
  return [...ordered.slice(first), ...ordered.slice(0, first)];
}

/**
 * Hands σ to every gateway: one submits it, the others hold it and step in when it does not. Should the one be
 * unreachable, the next that answered is told to submit.
 * @returns acks whose signature holds, one an organisation
 * @throws CodedError E_ACKS_TOO_FEW, or the gateways' own code where they refuse σ
 */
export async function handOver(parts: HandoverParts, sigma: Uint8Array, sigmaId: Uint8Array): Promise<Ack[]> {
  const order = submissionOrder(parts.gateways, sigmaId);
  const answers = await Promise.allSettled(order.map((gateway, i) => hold(parts, gateway, sigma, sigmaId, i === 0)));
  const acks = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  if (answers[0]?.status === 'rejected') await appoint(parts, order, acks, sigma, sigmaId);
  if (acks.length >= parts.acks) return acks;
  throw tooFew(parts.acks, acks.length, answers);
}

async function hold(
  { params, holdMs }: HandoverParts,
  { mspId, css }: Gateway,
  sigma: Uint8Array,
  sigmaId: Uint8Array,
  submit: boolean,
): Promise<Ack> {
  const ack = await css.hold({ sigma, submit }, { deadline: holdMs });
  const organisation = params.organisations.find((pinned) => pinned.mspId === mspId);
  const own = ack.mspId === mspId && toHex(Uint8Array.from(ack.sigmaId)) === toHex(sigmaId);
  if (organisation === undefined || !own) {
    throw new CodedError('E_ACK_FOREIGN', `${mspId} acknowledged another σ or in another name`);
  }
  const statement = { tag: 'ack', sigmaId, deadline: ack.deadline } as const;
  verifyStatement(params, organisation.publicKey, statement, Uint8Array.from(ack.signature));
  return ack;
}

async function appoint(
  parts: HandoverParts,
  order: readonly Gateway[],
  acks: readonly Ack[],
  sigma: Uint8Array,
  sigmaId: Uint8Array,
): Promise<void> {
  for (const gateway of order) {
    if (!acks.some(({ mspId }) => mspId === gateway.mspId)) continue;
    const told = await hold(parts, gateway, sigma, sigmaId, true).then(
      () => true,
      () => false,
    );
    if (told) return;
  }
}

function tooFew(needed: number, given: number, answers: readonly PromiseSettledResult<Ack>[]): Error {
  const reasons = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []));
  const codes = new Set(reasons.map((reason) => codeOf(reason) ?? 'E_INTERNAL'));
  const [only] = codes;
  const unanimous =
    given === 0 && codes.size === 1 && only !== undefined && !/^E_(UNREACHABLE|DEADLINE|INTERNAL)$/.test(only);
  if (unanimous) return new CodedError(only, messageOf(reasons[0]));
  const text = `${given} of ${needed} organisations acknowledged σ (${[...codes].join(', ')}); send it again`;
  return new CodedError('E_ACKS_TOO_FEW', text);
}
