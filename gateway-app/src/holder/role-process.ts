import { ready } from '@chargecast/signcryption';
import { type z } from 'zod';

import { type LoadedConfig, loadConfig, type RoleConfig } from '../common/config';
import { growHeapForBuffers } from '../common/heap';
import { createLogger, type Logger } from '../common/log';
import { type RunningRole } from '../common/running-role';
import { readTrust, type TrustBundle } from '../ledger';
import { readTls, type RpcTls } from '../rpc';
import { openSealedStore, type Store } from '../store';

/** What a role's process has before it opens its database: configuration, log, certificates, trust. */
export interface RoleProcess<C> extends LoadedConfig<C> {
  readonly log: Logger;
  readonly tls: RpcTls;
  readonly trust: TrustBundle;
}

/** @throws CodedError E_CONFIG_…, E_FILE_…, E_TRUST; SigncryptionError E_PARAMS */
export async function prepareProcess<S extends z.ZodType<RoleConfig>>(
  file: string,
  schema: S,
): Promise<RoleProcess<z.output<S>>> {
  growHeapForBuffers();
  await ready();
  const loaded = await loadConfig(file, schema);
  const { role, name, logFile, logLevel, tls, trust } = loaded.config;
  const log = createLogger({
    role,
    name,
    ...(logLevel ? { level: logLevel } : {}),
    ...(logFile ? { file: loaded.path(logFile) } : {}),
  });
  return {
    ...loaded,
    log,
    tls: await readTls(tls, loaded.directory),
    trust: await readTrust(loaded.path(trust)),
  };
}

/** Steps that take back what a start has opened so far, in order of opening. */
export type Undo = (() => unknown)[];

/**
 * Prepares a role's process, opens its database and assembles the role on both. That it serves is logged; so is a start
 * that fails, which leaves nothing open.
 * @throws what {@link prepareProcess}, the store and `assemble` throw
 */
export async function assembleRole<
  S extends z.ZodType<RoleConfig & { readonly keyFile: string }>,
  R extends RunningRole,
>(
  configFile: string,
  schema: S,
  assemble: (process: RoleProcess<z.output<S>>, store: Store, undo: Undo) => Promise<R>,
): Promise<R> {
  const process = await prepareProcess(configFile, schema);
  const { config, path, log } = process;
  const { passphraseFile } = config;
  const store = await openSealedStore(
    path(config.dataDir),
    path(config.keyFile),
    passphraseFile === undefined ? undefined : path(passphraseFile),
  );
  const undo: Undo = [() => store.close()];
  try {
    const role = await assemble(process, store, undo);
    log.info({ port: role.port }, 'serving');
    return role;
  } catch (error) {
    log.error({ err: error }, 'start failed');
    for (const step of undo.reverse()) await step();
    throw error;
  }
}
