import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { type Topology } from '../topology';
import { validateTopology } from '../topology-rules';
import { type EmbeddedNetworkOptions } from './embedded-network';
import { EmbeddedLedgerError, messageOf } from './errors';
import { DEFAULT_BLOCKS, DEFAULT_LIMITS, type LogLevel } from './options';

/** The file an embedded ledger's own process is started with. Relative paths are taken from the file's folder. */
export interface EmbeddedProcessConfig extends Omit<EmbeddedNetworkOptions, 'log'> {
  /** Least severe level written to stderr. */
  readonly logLevel?: LogLevel;
}

const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

type Fields = Readonly<Record<string, unknown>>;

/** What each member may be; one not named here is refused. */
const MEMBERS: Readonly<Record<keyof EmbeddedProcessConfig, (value: unknown) => boolean>> = {
  topology: isObject,
  stateDir: isText,
  chaincodeBundle: isText,
  anyPort: (value) => typeof value === 'boolean',
  chaincodeProcesses: (value) => value === 'organisation' || value === 'shared',
  blocks: (value) => isObject(value) && sameTypes(value, DEFAULT_BLOCKS),
  limits: (value) => isObject(value) && sameTypes(value, DEFAULT_LIMITS),
  logLevel: (value) => LOG_LEVELS.includes(value as LogLevel),
};
const REQUIRED: readonly (keyof EmbeddedProcessConfig)[] = ['topology', 'stateDir', 'chaincodeBundle'];

/** @throws EmbeddedLedgerError `E_LEDGER_CONFIG_FILE`; NetworkError `E_TOPOLOGY` */
export async function readProcessConfig(file: string): Promise<EmbeddedProcessConfig> {
  const path = resolve(file);
  const fields = parseJson(await readText(path), path);
  const faults = [
    ...REQUIRED.filter((name) => !(name in fields)).map((name) => `"${name}" is missing`),
    ...Object.entries(fields).flatMap(([name, value]) => memberFault(name, value)),
  ];
  if (faults.length > 0) throw fault(path, faults.join('; '));
  const config = fields as unknown as EmbeddedProcessConfig;
  return {
    ...config,
    topology: checkedTopology(config.topology, path),
    stateDir: resolve(dirname(path), config.stateDir),
    chaincodeBundle: resolve(dirname(path), config.chaincodeBundle),
  };
}

function memberFault(name: string, value: unknown): string[] {
  if (!Object.hasOwn(MEMBERS, name)) return [`"${name}" is unknown`];
  return MEMBERS[name as keyof EmbeddedProcessConfig](value) ? [] : [`"${name}" has a value it cannot have`];
}

function checkedTopology(topology: Topology, path: string): Topology {
  try {
    return validateTopology(topology);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw fault(path, '"topology" lacks something a topology has', error);
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw fault(path, `it cannot be read (${messageOf(error)})`, error);
  }
}

function parseJson(text: string, path: string): Fields {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw fault(path, 'it is not JSON', error);
  }
  if (!isObject(json)) throw fault(path, 'it is not a JSON object');
  return json;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function sameTypes(values: Fields, known: object): boolean {
  const expected = known as Fields;
  return Object.entries(values).every(
    ([name, value]) => Object.hasOwn(expected, name) && typeof value === typeof expected[name],
  );
}

function fault(path: string, text: string, cause?: unknown): EmbeddedLedgerError {
  return new EmbeddedLedgerError('E_LEDGER_CONFIG_FILE', `the ledger's configuration ${path} cannot be used: ${text}`, {
    cause,
  });
}
