import { z } from 'zod';

import { loadConfig } from '../common/config';
import { codeOf } from '../common/errors';
import { writePrivateFile } from '../common/files';
import { tariffSchema } from '../pricing';
import { roleMapSchema } from './existing-network';
import { type Layout } from './layout';

const name = z.string().min(1).max(128);
const port = z.int().min(1024).max(65_535);

const schema = z.strictObject({
  format: z.literal('chargecast-deployment/1'),
  ledger: z.enum(['embedded', 'fabric']),
  networkId: name,
  organisations: z.int().min(1).max(100),
  /** First port of the ledger's nodes. A channel's configuration names it, so it stays. */
  ledgerPort: port,
  /** First port of the services that people use; bookmarks name it, so it stays while it is free. */
  restPort: port.optional(),
  /** The ledger is somebody else's Fabric network, by `ledger/profile.json`; ledger roles by MSP id. */
  existing: z.strictObject({ roleMap: roleMapSchema }).optional(),
  /** Piles have charging stations, and centres start, bill and settle by this tariff. */
  charging: z.strictObject({ tariff: tariffSchema }).optional(),
  fleet: z.strictObject({
    vehicles: z.array(z.strictObject({ name, contract: name, provider: name, csc: name })),
    piles: z.array(z.strictObject({ name, css: name })),
    cscs: z.array(name),
    providers: z.array(name),
  }),
});

/** What a deployment folder was built for: `deployment.json`. */
export type Manifest = z.infer<typeof schema>;

/** @throws CodedError E_CONFIG_SYNTAX, E_CONFIG_INVALID; undefined where there is none yet */
export async function readManifest(layout: Layout): Promise<Manifest | undefined> {
  try {
    return (await loadConfig(layout.manifest, schema)).config;
  } catch (error) {
    if (codeOf(error) === 'E_FILE_MISSING') return undefined;
    throw error;
  }
}

export async function writeManifest(layout: Layout, manifest: Manifest): Promise<void> {
  await writePrivateFile(layout.manifest, `${JSON.stringify(manifest, null, 2)}\n`);
}
