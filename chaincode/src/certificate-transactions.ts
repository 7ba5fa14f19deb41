/** What the registration contract's certificate transactions have in common: bounds, events, answers. */
import {
  canonicalJson,
  type CertificateHistoryReply,
  type CertificateReply,
  certificateVersionKey,
  decodeCertificate,
  decodeRegistrationEntries,
  type RegistrationReply,
  REGISTER_EVENT,
  type RevokedKey,
  UPDATE_EVENT,
} from '@chargecast/protocol';
import { type LedgerContext } from './ledger-contract';
import { putCertificates, readKeyRevocation, registeredCertificate } from './rules/certificates';
import { statusOf } from './rules/key-revocations';
import { readReputation } from './rules/reputation';
import { announce, readArgument, reply } from './shared-transactions';

const MAX_ENTRIES_CHARACTERS = 1024 * 1024;
const MAX_VERSIONS = 1000;

const EVENTS = { register: REGISTER_EVENT, update: UPDATE_EVENT } as const;

/** The event names what was written; its bytes stand in the same transaction's write set. */
export async function submitCertificates(
  ctx: LedgerContext,
  kind: keyof typeof EVENTS,
  entriesJson: string,
): Promise<string> {
  const entries = readArgument(entriesJson, decodeRegistrationEntries, 'entries', MAX_ENTRIES_CHARACTERS);
  const { outcomes, written } = await putCertificates(ctx, kind, entries);
  const certificates = written.map(({ id, provider, version }) => ({ id, provider, version }));
  if (certificates.length > 0) announce(ctx, EVENTS[kind], reply({ certificates }));
  return reply({ outcomes } satisfies RegistrationReply);
}

export const keyRevocationEvent = ({ id, reason, effective, by }: RevokedKey): string =>
  canonicalJson({ id, reason, effective, by });

export async function certificateReply(ctx: LedgerContext, id: string): Promise<CertificateReply> {
  const certificate = await registeredCertificate(ctx.state, id);
  return {
    certificate,
    revocation: (await readKeyRevocation(ctx.state, id)) ?? null,
    status: await statusOf(ctx.state, certificate, ctx.time),
  };
}

export async function certificateHistory(ctx: LedgerContext, id: string): Promise<CertificateHistoryReply> {
  const { state } = ctx;
  const certificate = await registeredCertificate(state, id);
  const range = [certificateVersionKey(id, 1), certificateVersionKey(id, certificate.version)] as const;
  const superseded = await state.all(range, MAX_VERSIONS, decodeCertificate);
  return {
    versions: [...superseded, certificate],
    revocation: (await readKeyRevocation(state, id)) ?? null,
    reputation: (await readReputation(state, id)) ?? null,
  };
}
