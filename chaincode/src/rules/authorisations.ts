/** Authorisations: who may read whose data, decided from what stands on the chain that decides. */
import {
  ANY_SUBJECT,
  type AuthorizationReply,
  authenticationKeyId,
  canonicalJson,
  certificateKey,
  decodeGrantState,
  decodeParty,
  type GrantState,
  grantBytes,
  grantKey,
  type Grantor,
  grantStatement,
  holds,
  type Json,
  type LedgerRole,
  ProtocolError,
  READ_REQUEST_SECONDS,
  type ReadRequest,
  readRequestBytes,
  type Scope,
  type SignedGrant,
  subjectId,
  verifyAuthentication,
  type Withdrawal,
} from '@chargecast/protocol';
import { type Params } from '@chargecast/signcryption/params';
import { nodePrimitives } from '@chargecast/signcryption/primitives/node';
import { Role } from '@chargecast/signcryption/roles';
import { type Client } from '../access';
import { type WorldState } from '../state';
import { readProvider } from './providers';
import { readRevocation } from './revocation';

type Word = SignedGrant | Withdrawal;

const isGrant = (word: Word): word is SignedGrant => 'scopes' in word;
const nameOf = (grantor: Grantor): string => (grantor.by === 'owner' ? 'owner' : `${grantor.by}.${grantor.name}`);

function refuse(message: string): never {
  throw new ProtocolError('E_AUTHORISATION', message);
}

/** The Ed25519 key of the provider or operator who grants. */
async function ledgerKeyOf(
  state: WorldState,
  params: Params,
  { by, name }: Exclude<Grantor, { by: 'owner' }>,
  time: number,
): Promise<Uint8Array> {
  if (by === 'operator') {
    const operator = params.organisations.find(({ mspId, role }) => mspId === name && role === Role.CSS);
    return operator?.publicKey ?? refuse(`${name} is no pinned gateway; operators are named by their MSP id`);
  }
  const provider = await readProvider(state, name);
  if (!provider) {
    throw new ProtocolError('E_PROVIDER_UNKNOWN', `no provider ${name} stands here; call mirrorProvider first`);
  }
  if (await isProviderRevoked(state, name, time)) {
    throw new ProtocolError('E_PROVIDER_REVOKED', `provider ${name} is revoked and grants nothing`);
  }
  return Buffer.from(provider.key, 'hex');
}

async function isProviderRevoked(state: WorldState, name: string, time: number): Promise<boolean> {
  return ((await readRevocation(state, 'provider', name))?.body.effective ?? Infinity) <= time;
}

async function ensureSigned(state: WorldState, params: Params, word: Word, time: number): Promise<void> {
  const { grantor, subject, signature } = word;
  if (grantor.by === 'owner') {
    if (subjectId(params.ctx, grantor) !== subject) {
      refuse('the owner’s key and commitment are not those of this ID; show what the certificate names');
    }
    const bytes = grantBytes(params.ctx, word);
    if (!verifyAuthentication(grantor.owner, bytes, signature))
      refuse('the owner’s signature does not hold; sign anew');
    return;
  }
  const key = await ledgerKeyOf(state, params, grantor, time);
  if (!holds(nodePrimitives, params, key, grantStatement(word), signature)) {
    refuse(`the signature of ${grantor.name} does not hold; sign anew`);
  }
}

/** The same grant, or the same withdrawal, again. */
function stands(standing: GrantState, word: Word): boolean {
  if (!isGrant(word)) return !standing.grant && standing.version === word.version;
  return canonicalJson((standing.grant ?? null) as Json) === canonicalJson(word as unknown as Json);
}

export interface WordParts {
  readonly state: WorldState;
  readonly params: Params;
  readonly time: number;
  /** Whether certificates stand on this channel, so that an owner's subject must be registered. */
  readonly holdsCertificates: boolean;
}

/**
 * Writes a grant or a withdrawal, the same bytes on both channels.
 * @throws ProtocolError E_AUTHORISATION, E_AUTHORISATION_REPLAYED, E_NOT_REGISTERED, E_PROVIDER_UNKNOWN, E_PROVIDER_REVOKED
 */
export async function putWord(parts: WordParts, word: Word): Promise<'committed' | 'unchanged'> {
  const { state, params, time, holdsCertificates } = parts;
  const { grantor, subject, party, version } = word;
  const key = grantKey(subject, party, nameOf(grantor));
  const standing = await state.json(key, decodeGrantState);
  if (standing && stands(standing, word)) return 'unchanged';
  if (standing && version <= standing.version) {
    throw new ProtocolError(
      'E_AUTHORISATION_REPLAYED',
      `version ${standing.version} stands; sign a word of version ${standing.version + 1} or later`,
    );
  }
  if (isGrant(word) && word.until <= time) refuse('the end date has passed; name a later one');
  await ensureSigned(state, params, word, time);
  if (holdsCertificates && grantor.by === 'owner' && !(await state.has(certificateKey(subject)))) {
    throw new ProtocolError('E_NOT_REGISTERED', 'no such vehicle or pile is registered; register it first');
  }
  const next: GrantState = { version, grantor, subject, party, ...(isGrant(word) && { grant: word }) };
  await state.putJson(key, next);
  return 'committed';
}

/** Whose data. */
export interface ReadSubject {
  /** ID of the vehicle or pile, hex. */
  readonly id: string;
  /** MSP id of the operator at whose stations the data arose; without one a car maker is refused. */
  readonly operator?: string;
}

/** Who asks, as far as the chain can tell. */
export interface Reader {
  /** Every name a grant may call it by. */
  readonly parties: readonly string[];
  /** What a signed request asks for: it serves nothing else. */
  readonly asks?: { readonly subject: string; readonly scope: Scope };
  /** Whether the owner's key of that subject signed it. */
  readonly owns?: boolean;
  readonly carMaker: boolean;
}

function isParty(name: string): boolean {
  try {
    decodeParty(name, 'party');
    return true;
  } catch {
    return false;
  }
}

/**
 * The submitting client and, where a request signed by an authentication key comes along, that key's holder instead: a
 * relay that carries a request for somebody else gains nothing by it.
 * @param time transaction time, Unix seconds
 * @throws ProtocolError E_AUTHORISATION for a request whose signature, time or owner does not hold
 */
export function readerOf(
  { mspId, commonName }: Client,
  roles: ReadonlySet<LedgerRole>,
  params: Params,
  time: number,
  request?: ReadRequest,
): Reader {
  if (request) return holderOf(params, time, request);
  const parties = [mspId, ...(commonName === undefined ? [] : [`${mspId}/${commonName}`])].filter(isParty);
  return { parties, carMaker: roles.has('carmaker') };
}

function holderOf(params: Params, time: number, request: ReadRequest): Reader {
  const { at, key, owner, subject, scope, signature } = request;
  if (Math.abs(at - time) > READ_REQUEST_SECONDS) {
    refuse(`the request is more than ${READ_REQUEST_SECONDS} s off the transaction’s time; sign a new one`);
  }
  if (!verifyAuthentication(key, readRequestBytes(params.ctx, request), signature)) {
    refuse('the request’s signature does not hold under its key; sign anew');
  }
  if (owner && (owner.owner !== key || subjectId(params.ctx, owner) !== subject)) {
    refuse('the request’s key is not the owner’s of this ID; ask as whom the owner authorised');
  }
  const parties = [`key:${authenticationKeyId(key)}`];
  return { parties, carMaker: false, asks: { subject, scope }, owns: owner !== undefined };
}

async function inForce(state: WorldState, key: string, scope: Scope, time: number): Promise<SignedGrant | undefined> {
  const grant = (await state.json(key, decodeGrantState))?.grant;
  return grant && grant.until > time && grant.scopes.includes(scope) ? grant : undefined;
}

async function permits(
  state: WorldState,
  subject: string,
  party: string,
  grantor: string,
  scope: Scope,
  time: number,
): Promise<boolean> {
  for (const whose of [subject, ANY_SUBJECT]) {
    if (await inForce(state, grantKey(whose, party, grantor), scope, time)) return true;
  }
  return false;
}

type Missing = AuthorizationReply['missing'][number];

async function missingFor(
  state: WorldState,
  { id, operator }: ReadSubject,
  party: string,
  carMaker: boolean,
  scope: Scope,
  time: number,
): Promise<readonly Missing[]> {
  const own = await inForce(state, grantKey(id, party, 'owner'), scope, time);
  const missing: Missing[] = own ? [] : ['owner'];
  if (!carMaker && own?.kind !== 'carmaker') return missing;
  const provider = own?.grantor.by === 'owner' ? own.grantor.provider : undefined;
  const provided =
    provider !== undefined &&
    !(await isProviderRevoked(state, provider, time)) &&
    (await permits(state, id, party, `provider.${provider}`, scope, time));
  const operated = operator !== undefined && (await permits(state, id, party, `operator.${operator}`, scope, time));
  return [...missing, ...(provided ? [] : ['provider' as const]), ...(operated ? [] : ['operator' as const])];
}

/** Whether the reader may, and if not whose permission is missing under the name that comes nearest. */
export async function judgeReading(
  state: WorldState,
  subject: ReadSubject,
  reader: Reader,
  scope: Scope,
  time: number,
): Promise<AuthorizationReply> {
  const { asks, owns } = reader;
  if (asks && (asks.subject !== subject.id || asks.scope !== scope)) return { authorized: false, missing: ['owner'] };
  if (owns) return { authorized: true, missing: [] };
  let nearest: readonly Missing[] | undefined;
  for (const party of reader.parties) {
    const missing = await missingFor(state, subject, party, reader.carMaker, scope, time);
    if (missing.length === 0) return { authorized: true, missing };
    if (missing.length < (nearest?.length ?? Infinity)) nearest = missing;
  }
  return { authorized: false, missing: nearest ?? ['owner'] };
}

/**
 * Whether charging, maintenance, fuel or safety data of the subject may be shown to the reader, or the reader may drive
 * it: its owner always; others by the owner's authorisation; a car maker by the owner's, the provider's and the
 * station operator's. Reads only the chain it runs on.
 * @param time transaction time, Unix seconds
 */
export async function mayRead(
  state: WorldState,
  subject: ReadSubject,
  reader: Reader,
  scope: Scope,
  time: number,
): Promise<boolean> {
  return (await judgeReading(state, subject, reader, scope, time)).authorized;
}
