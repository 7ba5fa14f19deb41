import { type Params } from '@chargecast/signcryption';

import { CodedError } from '../common/errors';
import { type Applicant, type Client } from '../rpc';

/** A running provider, asked with its own operator's certificate. */
export interface EspDesk {
  readonly provider: string;
  readonly params: Params;
  readonly ctx: Uint8Array;
  readonly client: Client<'Esp'>;
  operate<T>(verb: string, parameters: object): Promise<T>;
  /** @returns the certificate. @throws CodedError with the provider's or the chain's code */
  register(applicant: Applicant): Promise<unknown>;
}

const REGISTER_MS = 60_000;

/** @param file config.json of the provider */
export async function withEsp<T>(file: string, work: (desk: EspDesk) => Promise<T>): Promise<T> {
  const { espConfigSchema } = await import('../esp/index.js');
  const { client } = await import('../rpc/index.js');
  const { prepareProcess } = await import('../holder/index.js');
  const { config, tls, trust } = await prepareProcess(file, espConfigSchema);
  const esp = client('Esp', config.listen, tls, { serverName: config.name });
  try {
    return await work({
      provider: config.provider,
      params: trust.params,
      ctx: trust.params.ctx,
      client: esp,
      operate: async <R>(verb: string, parameters: object) => {
        const { result } = await esp.administer({ verb, parameters: JSON.stringify(parameters) });
        return JSON.parse(result) as R;
      },
      register: async (applicant) => {
        const { outcomes } = await esp.register({ applicants: [applicant] }, { deadline: REGISTER_MS });
        const [outcome] = outcomes;
        if (outcome && outcome.code === '') return JSON.parse(outcome.certificate) as unknown;
        throw new CodedError(outcome?.code ?? 'E_INTERNAL', outcome?.message ?? 'the provider gave no outcome');
      },
    });
  } finally {
    esp.close();
  }
}
