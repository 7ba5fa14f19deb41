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
  /** Milliseconds after which a gateway has not answered. */
  readonly holdMs: number;
  /** Milliseconds after which another gateway is asked beside one that has not answered. */
  readonly patienceMs: number;
}

export const DEFAULT_PATIENCE_MS = 2_000;

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
 * Hands σ to as many gateways as must acknowledge it: one submits it, the others hold it and step in when it does not. For
 * each that refuses, cannot be reached or takes long, the next is asked; should it be the one to submit, another that
 * acknowledged is told to.
 * @returns acks whose signature holds, one an organisation
 * @throws CodedError E_ACKS_TOO_FEW, or the gateways' own code where they refuse σ
 */
export async function handOver(parts: HandoverParts, sigma: Uint8Array, sigmaId: Uint8Array): Promise<Ack[]> {
  const order = submissionOrder(parts.gateways, sigmaId);
  const acks: Ack[] = [];
  const refusals: unknown[] = [];
  const asked = new Set<Promise<void>>();
  const late = new Set<Promise<void>>();
  let next = 0;
  const ask = (gateway: Gateway): void => {
    const answered = hold(parts, gateway, sigma, sigmaId, gateway === order[0])
      .then((ack) => void acks.push(ack))
      .catch((error: unknown) => void refusals.push(error))
      .finally(() => [asked, late].forEach((set) => set.delete(answered)));
    asked.add(answered);
  };
  while (acks.length < parts.acks) {
    while (acks.length + asked.size < parts.acks && next < order.length) ask(order[next++] as Gateway);
    if (asked.size + late.size === 0) throw tooFew(parts.acks, acks.length, refusals);
    if (await within(parts.patienceMs, [...asked, ...late])) continue;
    for (const each of asked) late.add(each);
    asked.clear();
  }
  if (!acks.some(({ mspId }) => mspId === order[0]?.mspId)) await appoint(parts, order, acks, sigma, sigmaId);
  return acks;
}

/** Whether one of the promises, none of which rejects, resolves in time. */
async function within(milliseconds: number, promises: readonly Promise<void>[]): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), milliseconds)));
  try {
    return await Promise.race([over, ...promises.map((promise) => promise.then(() => true))]);
  } finally {
    clearTimeout(timer);
  }
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

function tooFew(needed: number, given: number, refusals: readonly unknown[]): Error {
  const codes = new Set(refusals.map((refusal) => codeOf(refusal) ?? 'E_INTERNAL'));
  const [only] = codes;
  const unanimous =
    given === 0 && codes.size === 1 && only !== undefined && !/^E_(UNREACHABLE|DEADLINE|INTERNAL)$/.test(only);
  if (unanimous) return new CodedError(only, messageOf(refusals[0]));
  const text = `${given} of ${needed} organisations acknowledged σ (${[...codes].join(', ')}); send it again`;
  return new CodedError('E_ACKS_TOO_FEW', text);
}
