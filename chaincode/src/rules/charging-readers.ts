/** Who outside the consortium may see a charging record: who can show whose it is, and was permitted by them. */
import {
  type ChargingRecordEntry,
  decodeJson,
  decodeReadRequest,
  decodeSubjectOpening,
  type LedgerRole,
  opensSubject,
  ProtocolError,
} from '@chargecast/protocol';
import { clientOf, rolesOf } from '../access';
import { type LedgerContext } from '../ledger-contract';
import { toText } from '../state';
import { mayRead, readerOf } from './authorisations';
import { readMeter } from './meters';

/** Transient keys: what opens the record's subject, and a key holder's signed request. Neither stands in a block. */
const OPENING = 'opening';
const REQUEST = 'request';

/**
 * Members of the consortium read every record as it stands, which names no vehicle. Whoever shows whose record it is, by
 * the opening of its subject, or carries a key holder's request, is judged as who asks, member or not: permitted to read the
 * charging of that subject, or refused; an unknown transaction is refused like a foreign one.
 * @throws ProtocolError E_FORBIDDEN, E_DECODE, E_AUTHORISATION
 */
export async function ensureMayRead(
  ctx: LedgerContext,
  entry: ChargingRecordEntry | undefined,
  members: readonly LedgerRole[],
): Promise<void> {
  const { state, params, time, clientIdentity } = ctx;
  const roles = await rolesOf(clientIdentity, state);
  const transient = ctx.stub.getTransient();
  const opening = transient.get(OPENING);
  const given = transient.get(REQUEST);
  if (!opening && !given && members.some((role) => roles.has(role))) return;
  if (!entry || !opening) return forbid();
  const shown = decodeJson(toText(opening), decodeSubjectOpening, OPENING);
  if (!opensSubject(shown, entry)) return forbid();
  const request = given && decodeJson(toText(given), decodeReadRequest, REQUEST);
  const operator = (await readMeter(state, entry.meter))?.operator;
  const subject = { id: shown.subject, ...(operator !== undefined && { operator }) };
  const reader = readerOf(clientOf(clientIdentity), roles, params, time, request);
  if (!(await mayRead(state, subject, reader, 'charging', time))) forbid();
}

function forbid(): never {
  throw new ProtocolError(
    'E_FORBIDDEN',
    'show the opening of a record whose owner permits you to read its charging, in the transient map',
  );
}
