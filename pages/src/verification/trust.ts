import { toHex, utf8 } from '@chargecast/signcryption/bytes';
import { encodeParams, type Params, parseParams } from '@chargecast/signcryption/params';
import { portablePrimitives } from '@chargecast/signcryption/primitives/portable';
import { roleName } from '@chargecast/signcryption/roles';
import { sha256 } from '@noble/hashes/sha2.js';

import { InputError } from './input';
import { type ParamsReport } from './report';

/** What blocks are judged by, beside params. */
export interface LedgerTrust {
  readonly chaincode: string;
  /** MSP id → root certificates, PEM. */
  readonly roots: Readonly<Record<string, readonly string[]>>;
  /** `bft`: orderers sign every block but the first. */
  readonly ordering: 'bft' | 'unsigned';
  /** Hash of each channel's block 0, lower-case hex. */
  readonly genesis: Readonly<Record<'certchain' | 'datachain', string>>;
}

export interface Trust {
  readonly params: Params;
  readonly ledger?: LedgerTrust;
}

/**
 * Reads a `params.json`, or a `trust.json` that holds params and what is trusted of the ledger.
 * @throws InputError; SigncryptionError E_PARAMS
 */
export function parseTrust(text: string): Trust {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new InputError('E_PARAMS_INPUT', 'params are JSON: paste params.json or trust.json whole', { cause });
  }
  if (!isObject(document)) throw new InputError('E_PARAMS_INPUT', 'params are a JSON object: paste params.json whole');
  if (!('params' in document)) return { params: parseParams(portablePrimitives, text) };
  const params = parseParams(portablePrimitives, JSON.stringify(document.params));
  return { params, ledger: parseLedger(document) };
}

function parseLedger({ chaincode, roots, ordering, genesis }: Readonly<Record<string, unknown>>): LedgerTrust {
  const isWhole =
    typeof chaincode === 'string' &&
    isObject(roots) &&
    Object.values(roots).every((pems) => Array.isArray(pems) && pems.every((pem) => typeof pem === 'string')) &&
    (ordering === 'bft' || ordering === 'unsigned') &&
    isObject(genesis) &&
    [genesis.certchain, genesis.datachain].every((hash) => typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash));
  if (!isWhole) {
    throw new InputError('E_PARAMS_INPUT', 'this is no trust.json of a deployment: take the file as it was given out');
  }
  return { chaincode, roots, ordering, genesis } as unknown as LedgerTrust;
}

export function reportParams({ params, ledger }: Trust): ParamsReport {
  const { ctx, networkId, certchain, datachain, organisations } = params;
  return {
    ctx: toHex(ctx),
    fingerprint: toHex(sha256(utf8(encodeParams(params)))),
    networkId,
    certchain,
    datachain,
    organisations: organisations.map(({ mspId, role }) => ({ mspId, role: roleName(role) })),
    hasTrust: ledger !== undefined,
  };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
