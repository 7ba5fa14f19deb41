import { ready } from '@chargecast/signcryption';
import { type z } from 'zod';

import { type LoadedConfig, loadConfig, type RoleConfig } from '../common/config';
import { createLogger, type Logger } from '../common/log';
import { readTrust, type TrustBundle } from '../ledger';
import { readTls, type RpcTls } from '../rpc';

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
