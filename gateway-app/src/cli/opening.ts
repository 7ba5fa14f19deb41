import { type Register } from './command';
import { withExamples } from './defaults';
import { type ExitCode, type Io } from './io';
import { withChain } from './stored-ledger';

interface VerifyOptions {
  readonly params: string;
  readonly sigma?: string;
  readonly chain?: string;
}

interface Evidence {
  readonly oneTimeKey: string;
  readonly record: string;
  readonly opening: string;
}

/** What the KGC hands over when it opens a credential, verified by who does not trust it. */
export const registerOpening: Register = (program) => {
  const opening = program.group('opening', 'evidence of who holds a one-time credential, verified without the KGC');
  opening.verb<VerifyOptions>(
    'verify <evidence>',
    'verifies the output of kgc open --json; exit 1 if it proves nothing',
    (command) =>
      withExamples(
        command
          .requiredOption('--params <file>', 'params.json of the consortium')
          .option('--sigma <file>', 'the σ in question: the evidence must be about its credential')
          .option('--chain <place>', 'deployment folder or connection profile: the record must stand on its chain'),
        './chargecast kgc open --config site/roles/kgc/config.json --sigma one.sigma --json > evidence.json',
        './chargecast opening verify evidence.json --params site/params.json --sigma one.sigma --chain site',
      ),
    (io, options, file = '') => verify(io, options, file),
  );
};

async function verify(io: Io, { params: paramsFile, sigma, chain }: VerifyOptions, file: string): Promise<ExitCode> {
  const { decodeOpening, decodeRecord, fromHex, toHex, verifyOpening, verifyRecord } =
    await import('@chargecast/signcryption');
  const { readParams } = await import('../audit/params.js');
  const { codeOf, messageOf } = await import('../common/errors.js');
  const params = await readParams(paramsFile);
  const evidence = await readEvidence(file);
  const oneTimeKey = fromHex(evidence.oneTimeKey, 32);
  try {
    const holder = verifyRecord(params, decodeRecord(fromHex(evidence.record)));
    verifyOpening(params, holder, oneTimeKey, decodeOpening(fromHex(evidence.opening)));
    if (sigma !== undefined) await ensureAbout(sigma, evidence.oneTimeKey);
    const f = toHex(holder.record.f);
    if (chain !== undefined) await ensureOnChain(io, chain, f, evidence.record);
    io.line(`the holder of pseudo-identity ${f} asked for this one-time key; the evidence holds`);
    io.result({ holds: true, f });
    return 0;
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    io.line(`REFUSED  ${code}: ${messageOf(error)}`);
    io.result({ holds: false, code, message: messageOf(error) });
    return 1;
  }
}

async function readEvidence(file: string): Promise<Evidence> {
  const { z } = await import('zod');
  const { validate } = await import('../common/config.js');
  const { readFileCoded } = await import('../common/files.js');
  const { MisuseError } = await import('./io.js');
  const bytes = z.string().regex(/^(?:[0-9a-f]{2})+$/, 'must be lower-case hex');
  const shape = z.object({ oneTimeKey: bytes.length(64), record: bytes, opening: bytes });
  let value: unknown;
  try {
    value = JSON.parse((await readFileCoded(file)).toString('utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new MisuseError('E_CONFIG_SYNTAX', `${file} is not JSON; take the output of kgc open --json`);
  }
  return validate(shape, value, `the evidence ${file}`);
}

async function ensureAbout(sigma: string, oneTimeKey: string): Promise<void> {
  const { decodeSigma, toHex } = await import('@chargecast/signcryption');
  const { CodedError } = await import('../common/errors.js');
  const { readFileCoded } = await import('../common/files.js');
  const { header } = decodeSigma(Uint8Array.from(await readFileCoded(sigma)));
  if (toHex(header.oneTimeKey) !== oneTimeKey) {
    throw new CodedError('E_OPENING_OTHER', 'the evidence is about another σ’s one-time key');
  }
}

/** The KGC can make up a record, but not have it stand on the chain: that took a majority or the vehicle's provider. */
async function ensureOnChain(io: Io, place: string, f: string, record: string): Promise<void> {
  const { committedRecord } = await import('../audit/deployment-chain.js');
  const { CodedError } = await import('../common/errors.js');
  const found = await withChain(io, place, undefined, (chain) => committedRecord(chain, f));
  if (found !== record) throw new CodedError('E_RECORD_NOT_COUNTED', 'this record does not stand on the chain');
}
