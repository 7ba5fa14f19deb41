import { createHash } from 'node:crypto';
import { join } from 'node:path';

import { type Register } from './command';
import { dataDirectory, withExamples } from './defaults';
import { type Io } from './io';

/** The public parameters everything is verified under. */
export const registerParams: Register = (program) => {
  const params = program.group('params', 'the public parameters of a consortium');
  params.verb<object>(
    'show [file]',
    'shows params.json after checking every key in it (default: the demo’s); `params` alone does it too',
    (command) => withExamples(command, './chargecast params show', './chargecast params show --json site/params.json'),
    (io, _options, file) => showParams(io, file ?? join(dataDirectory(undefined, 'demo'), 'params.json')),
    true,
  );
};

async function showParams(io: Io, file: string): Promise<void> {
  const { readParams } = await import('../audit/params.js');
  const { encodeParams, roleName, toHex } = await import('@chargecast/signcryption');
  const params = await readParams(file);
  // What an auditor compares with the page that verifies in the browser.
  const fingerprint = createHash('sha256').update(encodeParams(params)).digest('hex');
  io.line(`fingerprint  ${fingerprint}`);
  io.line(`network      ${params.networkId}`);
  io.line(`channels     ${params.certchain}, ${params.datachain}`);
  io.line(`suite        ${params.suite}`);
  io.line(`ctx          ${toHex(params.ctx)}`);
  io.line(`P            ${toHex(params.masterPublicKey)}`);
  for (const { mspId, role, publicKey } of params.organisations) {
    io.line(`${roleName(role).padEnd(12)} ${mspId}  ${toHex(publicKey)}`);
  }
  io.result(JSON.parse(encodeParams(params)));
}
