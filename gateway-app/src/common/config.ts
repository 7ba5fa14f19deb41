import { dirname, resolve } from 'node:path';
import { z } from 'zod';

import { CodedError } from './errors';
import { readFileCoded } from './files';

/** A configuration as validated, and the folder its relative paths mean. */
export interface LoadedConfig<T> {
  readonly config: T;
  readonly directory: string;
  /** Absolute path of a path in the configuration. */
  readonly path: (relative: string) => string;
}

/**
 * Reads and validates a role's `config.json`.
 * @throws CodedError `E_FILE_MISSING`, `E_CONFIG_SYNTAX` (not JSON), `E_CONFIG_INVALID` (names every faulty member)
 */
export async function loadConfig<S extends z.ZodType>(file: string, schema: S): Promise<LoadedConfig<z.output<S>>> {
  const path = resolve(file);
  const directory = dirname(path);
  const config = validate(schema, parseJson(await readFileCoded(path), path), `the configuration ${path}`);
  return { config, directory, path: (relative) => resolve(directory, relative) };
}

/** @throws CodedError `E_CONFIG_INVALID` with one clause for each faulty member */
export function validate<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map(
    ({ path, message }) => `${path.map(String).join('.') || '(whole)'}: ${message}`,
  );
  throw new CodedError('E_CONFIG_INVALID', `${what} is not valid: ${faults.join('; ')}`);
}

function parseJson(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw new CodedError('E_CONFIG_SYNTAX', `the configuration ${path} is not JSON: mend it or write it anew`, {
      cause: error,
    });
  }
}

const ADDRESS = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/;

function isAddress(text: string, lowestPort: number): boolean {
  const port = Number(ADDRESS.exec(text)?.[1] ?? Number.NaN);
  return port >= lowestPort && port <= 65535;
}

/** `host:port` to connect to. */
export const endpointSchema = z.string().refine((text) => isAddress(text, 1), 'must be host:port');

/** `host:port` to listen on; port 0 lets the system choose. */
export const listenSchema = z.string().refine((text) => isAddress(text, 0), 'must be host:port');

/** PEM files of one process's mutual TLS. */
export const tlsFilesSchema = z.strictObject({
  cert: z.string().min(1),
  key: z.string().min(1),
  roots: z.string().min(1),
});
export type TlsFiles = z.infer<typeof tlsFilesSchema>;

export const cssPeerSchema = z.strictObject({
  name: z.string().min(1),
  mspId: z.string().min(1),
  endpoint: endpointSchema,
});
export type CssPeer = z.infer<typeof cssPeerSchema>;

export const namedPeerSchema = z.strictObject({ name: z.string().min(1), endpoint: endpointSchema });
export type NamedPeer = z.infer<typeof namedPeerSchema>;

/** A certificate and key of a ledger member, by its place in the connection profile. */
export const ledgerIdentitySchema = z.strictObject({ mspId: z.string().min(1), name: z.string().min(1) });
export type LedgerIdentity = z.infer<typeof ledgerIdentitySchema>;

/** Where a role serves people over HTTPS, and whom it admits. */
export const restConfigSchema = z.strictObject({
  listen: listenSchema,
  tls: z.strictObject({
    cert: z.string().min(1),
    key: z.string().min(1),
    /** The authority of people's certificates. */
    people: z.string().min(1),
  }),
  /** Certificates that were withdrawn; read again whenever it changes. */
  removed: z.string().min(1),
  /** Requests of one person. */
  rateLimit: z
    .strictObject({ requests: z.int().positive().default(1_200), seconds: z.int().positive().default(60) })
    .prefault({}),
  /** Seconds an idempotency key is remembered. */
  idempotencySeconds: z.int().positive().default(86_400),
});
export type RestConfig = z.infer<typeof restConfigSchema>;

/** Members common to every role's configuration; a role adds its own with `.extend`. Paths are relative to the file. */
export const roleConfigSchema = z.strictObject({
  role: z.enum(['kgc', 'csc', 'css', 'cp', 'ev', 'esp']),
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be 1–64 letters, digits, ".", "_", "-"'),
  listen: listenSchema,
  dataDir: z.string().min(1),
  /** Key of the sealed store, outside `dataDir`. */
  keyFile: z.string().min(1).optional(),
  /** Passphrase of a wrapped `keyFile`, mode 0600, best on a file system that lives in memory. */
  passphraseFile: z.string().min(1).optional(),
  logFile: z.string().min(1).optional(),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).optional(),
  tls: tlsFilesSchema,
  trust: z.string().min(1),
  peers: z
    .strictObject({
      css: z.array(cssPeerSchema).default([]),
      kgc: endpointSchema.optional(),
      esp: z.array(namedPeerSchema).default([]),
      csc: z.array(namedPeerSchema).default([]),
      cp: z.array(namedPeerSchema).default([]),
    })
    .prefault({}),
  profile: z.string().min(1).optional(),
  identity: ledgerIdentitySchema.optional(),
  rest: restConfigSchema.optional(),
});
export type RoleConfig = z.infer<typeof roleConfigSchema>;

/** Splits `host:port`. */
export function parseAddress(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}

const SECRET_MEMBER = /secret|password|token|privateKey|seed/i;

/** A configuration fit for a log: inline secrets are replaced, paths and names stay. */
export function redacted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redacted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, SECRET_MEMBER.test(key) ? '[redacted]' : redacted(member)]),
  );
}
