/** Reputation: what reports of misbehaviour take, who may report, and how much any organisation can do alone. */
import {
  type Certificate,
  dayOf,
  decodeReputation,
  holds,
  keyRevocationKey,
  MISBEHAVIOUR,
  type MisbehaviourReport,
  ProtocolError,
  reportBytes,
  reportKey,
  type ReportReply,
  reportStatement,
  REPUTATION,
  type Reputation,
  reputationKey,
  type RevokedKey,
  verifyAuthentication,
} from '@chargecast/protocol';
import { fromHex } from '@chargecast/signcryption/bytes';
import { type Params } from '@chargecast/signcryption/params';
import { nodePrimitives } from '@chargecast/signcryption/primitives/node';
import { Role } from '@chargecast/signcryption/roles';
import { type WorldState } from '../state';
import { readCertificateOf, readKeyRevocation, registeredCertificate } from './certificates';
import { statusOf } from './key-revocations';
import { ensureProvider } from './providers';

export const readReputation = (state: WorldState, id: string): Promise<Reputation | undefined> =>
  state.json(reputationKey(id), decodeReputation);

/** The value on a day: what was lost comes back point by point. */
export function valueOn(reputation: Reputation | undefined, day: number): number {
  if (!reputation) return REPUTATION.initial;
  const days = Math.max(0, day - reputation.day);
  return Math.min(REPUTATION.initial, reputation.value + days * REPUTATION.recoveryPerDay);
}

/**
 * The reputation after a report.
 * @param organisation MSP id of the organisation that vouches for the reporter
 * @throws ProtocolError E_REPORT_BOUND when it may take nothing more
 */
export function lowered(before: Reputation | undefined, points: number, organisation: string, day: number): Reputation {
  const losses = Object.fromEntries(
    Object.entries(before?.losses ?? {}).filter(([, { since }]) => day - since < REPUTATION.windowDays),
  );
  const { since, taken } = losses[organisation] ?? { since: day, taken: 0 };
  const takes = Math.min(points, REPUTATION.lossPerOrganisation - taken);
  if (takes <= 0) {
    throw new ProtocolError(
      'E_REPORT_BOUND',
      `the reports of ${organisation} have taken ${taken} points within ${REPUTATION.windowDays} days; others must report`,
    );
  }
  return {
    value: Math.max(0, valueOn(before, day) - takes),
    day,
    reports: (before?.reports ?? 0) + 1,
    losses: { ...losses, [organisation]: { since, taken: taken + takes } },
  };
}

function refuse(message: string): never {
  throw new ProtocolError('E_REPORT', message);
}

interface Chain {
  readonly state: WorldState;
  readonly params: Params;
  readonly time: number;
}

/** Checks the reporter's signature; the MSP id of the organisation that vouches for it. */
async function voucherOf(chain: Chain, report: MisbehaviourReport): Promise<string> {
  const { by, name } = report.reporter;
  if (by === 'certificate') return voucherOfCertificate(chain, report, name);
  const { state, params, time } = chain;
  const signer =
    by === 'provider'
      ? await ensureProvider(state, name, time).then(({ mspId, key }) => ({ mspId, key: fromHex(key, 32) }))
      : gateway(params, name);
  if (!holds(nodePrimitives, params, signer.key, reportStatement(report), report.signature)) {
    refuse(`the signature of ${name} does not hold; sign anew`);
  }
  return signer.mspId;
}

function gateway(params: Params, name: string): { mspId: string; key: Uint8Array } {
  const found = params.organisations.find(({ mspId, role }) => mspId === name && role === Role.CSS);
  return found
    ? { mspId: found.mspId, key: found.publicKey }
    : refuse(`${name} is no pinned gateway; it may not report`);
}

async function voucherOfCertificate(chain: Chain, report: MisbehaviourReport, id: string): Promise<string> {
  const { state, params, time } = chain;
  if (id === report.subject) refuse('nobody reports itself; revoke the key instead');
  const certificate: Certificate =
    (await readCertificateOf(state, id)) ?? refuse('the reporter is not registered; it may not report');
  if ((await statusOf(state, certificate, time)) !== 'valid') {
    refuse('the reporter’s certificate is expired or revoked; it may not report');
  }
  if (!verifyAuthentication(certificate.publicKey, reportBytes(params.ctx, report), report.signature)) {
    refuse('the reporter’s signature does not hold; sign anew');
  }
  return (await ensureProvider(state, certificate.provider, time)).mspId;
}

export interface Reported extends ReportReply {
  /** Written by the rule when the value fell below the threshold. */
  readonly revocation?: RevokedKey;
}

/**
 * Takes a report and, below the threshold, the key.
 * @throws ProtocolError E_NOT_REGISTERED, E_CERTIFICATE_REVOKED, E_REPORT, E_REPORT_REPEATED, E_REPORT_BOUND
 */
export async function putReport(chain: Chain, report: MisbehaviourReport): Promise<Reported> {
  const { state, time } = chain;
  const { subject, kind, day, reporter } = report;
  await registeredCertificate(state, subject);
  if (await readKeyRevocation(state, subject)) {
    throw new ProtocolError('E_CERTIFICATE_REVOKED', 'the subject is revoked already; nothing more is taken');
  }
  const today = dayOf(time);
  if (day !== today && day !== today - 1) refuse(`day ${day} is neither today (${today}) nor yesterday; sign anew`);
  const key = reportKey(subject, day, `${reporter.by}.${reporter.name}`);
  if (await state.has(key)) {
    throw new ProtocolError(
      'E_REPORT_REPEATED',
      'this reporter has reported the subject on this day; one a day counts',
    );
  }
  const organisation = await voucherOf(chain, report);
  const after = lowered(await readReputation(state, subject), MISBEHAVIOUR[kind], organisation, today);
  await state.putJson(key, report);
  await state.putJson(reputationKey(subject), after);
  if (after.value >= REPUTATION.threshold) return { value: after.value, revoked: false };
  const revocation: RevokedKey = {
    id: subject,
    reason: 'misbehaved',
    effective: time,
    authority: [],
    by: 'reputation',
    at: time,
  };
  await state.putJson(keyRevocationKey(subject), revocation);
  return { value: after.value, revoked: true, revocation };
}
