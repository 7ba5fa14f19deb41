/** `authorization request`: a question to the data chain, signed by who asks; whoever carries it gains nothing by it. */
import { type ReadRequest, type Scope, SCOPES } from '@chargecast/protocol';
import { Option } from 'commander';

import { type Program } from './command';
import { withExamples } from './defaults';
import { idText } from './esp-verb';
import { MisuseError } from './io';

export interface Asker {
  readonly credential?: string;
  readonly key?: string;
  readonly subject?: string;
}

interface RequestOptions extends Asker {
  readonly params: string;
  readonly scope: Scope;
}

export function registerRequest(authorization: Program): void {
  authorization.verb<RequestOptions>(
    'request',
    'signs a read request, good for 300 s: as a vehicle’s owner, or with a key the owner permitted',
    (command) =>
      withExamples(
        command
          .requiredOption('--params <file>', 'params.json of the network')
          .addOption(new Option('--scope <scope>', 'what is to be read').choices([...SCOPES]).makeOptionMandatory())
          .addOption(
            new Option('--credential <file>', 'the owner’s, as `vehicle owner` wrote it').conflicts(['key', 'subject']),
          )
          .option('--key <file>', 'a key of `fleet key`')
          .option('--subject <id>', 'ID of the vehicle, with --key', idText),
        './chargecast authorization request --params site/params.json --credential owner.json --scope charging --json',
      ),
    async (io, { params, scope, ...asker }) => {
      const { readParams } = await import('../audit/params.js');
      const { ctx } = await readParams(params);
      const request = await signRequest(ctx, scope, asker);
      io.line(JSON.stringify(request));
      io.result(request);
      return 0;
    },
  );
}

/** @throws MisuseError E_USAGE; what reading the key files throws */
export async function signRequest(
  ctx: Uint8Array,
  scope: Scope,
  { credential, key, subject }: Asker,
): Promise<ReadRequest> {
  const { keyOf, ownerOf, readCredential, readIssued } = await import('./credential-file.js');
  const { readRequestBytes } = await import('@chargecast/protocol');
  if (credential === undefined && (key === undefined || subject === undefined)) {
    throw new MisuseError('E_USAGE', 'name the vehicle’s --credential, or your --key and the --subject');
  }
  const owned = credential === undefined ? undefined : await readIssued(credential);
  const signer = owned ? ownerOf(owned) : keyOf(await readCredential(key as string));
  const body: Omit<ReadRequest, 'signature'> = {
    subject: owned ? owned.certificate.id : (subject as string),
    scope,
    at: Math.floor(Date.now() / 1000),
    key: signer.publicKey,
    ...(owned && {
      owner: {
        role: owned.certificate.attributes.role,
        provider: owned.certificate.provider,
        owner: owned.certificate.owner,
        commitment: owned.certificate.commitment,
      },
    }),
  };
  return { ...body, signature: signer.sign(readRequestBytes(ctx, body)) };
}
