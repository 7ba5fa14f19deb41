import { type RestConfig } from '../common/config';
import { type RestService, type RunningRest } from './service';

/**
 * Serves people over HTTPS; nothing where the configuration has no `rest`.
 * @throws CodedError E_FILE_…, E_CONFIG_…, E_REST_TLS, E_REST_ROLES, E_LISTEN
 */
export async function startRest(
  service: RestService,
  config: RestConfig | undefined,
): Promise<RunningRest | undefined> {
  if (!config) return undefined;
  // The HTTP framework is loaded by those who serve people alone.
  const { serveRest } = await import('./server.js');
  return serveRest(service, config);
}
