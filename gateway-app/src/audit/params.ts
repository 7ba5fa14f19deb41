import { type Params, parseParams } from '@chargecast/signcryption';

import { readFileCoded } from '../common/files';

/** @throws CodedError E_FILE_…; SigncryptionError E_PARAMS */
export async function readParams(file: string): Promise<Params> {
  return parseParams((await readFileCoded(file)).toString('utf8'));
}
