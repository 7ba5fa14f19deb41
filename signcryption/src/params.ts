/** Params: what everybody knows, and the 32 bytes ctx that bind every hash of the scheme to it. */
import { equal, fromHex, toHex, u8, utf8 } from './bytes';
import { ensure } from './errors';
import { hash } from './hash';
import { exactKeys, parseJson, text, wholeNumber } from './json';
import { type VerifierPrimitives } from './primitives/types';
import { type Role, roleFromName, roleName } from './roles';

/** edwards25519, SHA-512, BLAKE2b, ChaCha20-Poly1305 as in docs/scheme.md. */
export const SUITE = 1;

/** An organisation of the consortium: its Fabric MSP and the Ed25519 key its statements hold under. */
export interface Organisation {
  readonly mspId: string;
  readonly role: Role;
  readonly publicKey: Uint8Array;
}

export interface ParamsInput {
  /** P = sB of the KGC. */
  readonly masterPublicKey: Uint8Array;
  readonly networkId: string;
  readonly certchain: string;
  readonly datachain: string;
  readonly organisations: readonly Organisation[];
}

export interface Params extends ParamsInput {
  readonly suite: typeof SUITE;
  /** H("ctx", suite, P, networkId, certchain, datachain)[0:32]. */
  readonly ctx: Uint8Array;
}

const FORMAT = 'chargecast-params/1';
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** @throws E_PARAMS if P or an organisation's key is not a group element, or a name or key is malformed or repeated */
export function createParams(primitives: VerifierPrimitives, input: ParamsInput): Params {
  const { masterPublicKey, networkId, certchain, datachain, organisations } = input;
  for (const [name, value] of Object.entries({ networkId, certchain, datachain })) {
    ensure(NAME.test(value), 'E_PARAMS', `${name} must be 1 to 128 letters, digits, ".", "_" or "-"`);
  }
  ensure(primitives.isGroupElement(masterPublicKey), 'E_PARAMS', 'the master public key is not a group element');
  checkOrganisations(primitives, organisations);
  const parts = [u8(SUITE), masterPublicKey, utf8(networkId), utf8(certchain), utf8(datachain)];
  return Object.freeze({
    suite: SUITE,
    masterPublicKey: Uint8Array.from(masterPublicKey),
    networkId,
    certchain,
    datachain,
    organisations: Object.freeze(
      organisations.map((o) => Object.freeze({ ...o, publicKey: Uint8Array.from(o.publicKey) })),
    ),
    ctx: Uint8Array.from(hash(primitives, 'ctx', ...parts).subarray(0, 32)),
  });
}

function checkOrganisations(primitives: VerifierPrimitives, organisations: readonly Organisation[]): void {
  const names = new Set(organisations.map(({ mspId }) => mspId));
  const keys = new Set(organisations.map(({ publicKey }) => toHex(publicKey)));
  ensure(names.size === organisations.length, 'E_PARAMS', 'an MSP is pinned twice');
  ensure(keys.size === organisations.length, 'E_PARAMS', 'two organisations share a key');
  for (const { mspId, role, publicKey } of organisations) {
    ensure(NAME.test(mspId), 'E_PARAMS', 'an MSP id must be 1 to 128 letters, digits, ".", "_" or "-"');
    roleName(role);
    ensure(primitives.isGroupElement(publicKey), 'E_PARAMS', `the key of ${mspId} is not a group element`);
  }
}

/** Canonical JSON: one document for one Params. */
export function encodeParams(params: Params): string {
  const { suite, masterPublicKey, networkId, certchain, datachain, organisations, ctx } = params;
  return JSON.stringify({
    format: FORMAT,
    suite,
    masterPublicKey: toHex(masterPublicKey),
    networkId,
    certchain,
    datachain,
    organisations: organisations.map((o) => ({
      mspId: o.mspId,
      role: roleName(o.role),
      publicKey: toHex(o.publicKey),
    })),
    ctx: toHex(ctx),
  });
}

/** @throws E_PARAMS for an unknown suite, a ctx that is not the document's own, or anything malformed */
export function parseParams(primitives: VerifierPrimitives, document: string): Params {
  const keys = [
    'format',
    'suite',
    'masterPublicKey',
    'networkId',
    'certchain',
    'datachain',
    'organisations',
    'ctx',
  ] as const;
  return parseJson(document, 'E_PARAMS', (value) => {
    const fields = exactKeys(value, keys, 'params');
    ensure(fields.format === FORMAT, 'E_PARAMS', `params must be of format ${FORMAT}`);
    ensure(wholeNumber(fields.suite, 'suite') === SUITE, 'E_PARAMS', `only suite ${SUITE} is known`);
    ensure(Array.isArray(fields.organisations), 'E_PARAMS', 'organisations must be a list');
    const params = createParams(primitives, {
      masterPublicKey: fromHex(text(fields.masterPublicKey, 'masterPublicKey'), 32),
      networkId: text(fields.networkId, 'networkId'),
      certchain: text(fields.certchain, 'certchain'),
      datachain: text(fields.datachain, 'datachain'),
      organisations: fields.organisations.map(readOrganisation),
    });
    ensure(equal(params.ctx, fromHex(text(fields.ctx, 'ctx'), 32)), 'E_PARAMS', 'ctx is not that of these params');
    return params;
  });
}

function readOrganisation(value: unknown): Organisation {
  const fields = exactKeys(value, ['mspId', 'role', 'publicKey'], 'organisation');
  return {
    mspId: text(fields.mspId, 'mspId'),
    role: roleFromName(text(fields.role, 'role')),
    publicKey: fromHex(text(fields.publicKey, 'publicKey'), 32),
  };
}
