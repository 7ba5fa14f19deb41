import { z } from 'zod';

import { restConfigSchema } from '../common/config';
import { CodedError } from '../common/errors';
import { readFileCoded } from '../common/files';
import { type Layout } from './layout';

const served = z.looseObject({ rest: restConfigSchema.pick({ listen: true }).loose().optional() });

/**
 * Where a service of a deployment serves people, by its configuration.
 * @throws CodedError E_FILE_MISSING, E_REST_OFF
 */
export async function restAddressOf(layout: Layout, service: string): Promise<string> {
  const text = (await readFileCoded(layout.roleConfig(service))).toString('utf8');
  const { rest } = served.parse(JSON.parse(text));
  if (rest) return `https://${rest.listen}`;
  throw new CodedError(
    'E_REST_OFF',
    `${service} serves nobody: csc, css, kgc and esp do after deployment create or up`,
  );
}
