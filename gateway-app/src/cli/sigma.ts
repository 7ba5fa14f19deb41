import { type SigmaVerdict } from '../audit/sigma';
import { type Register } from './command';
import { parseTime, withExamples } from './defaults';
import { type ExitCode, type Io } from './io';
import { withChain } from './stored-ledger';

interface VerifyOptions {
  readonly params: string;
  readonly at?: number;
  readonly chain?: string;
}

/** What everybody can check and see of a σ in a file. */
export const registerSigma: Register = (program) => {
  const sigma = program.group('sigma', 'σ in files: what anyone can verify and see of them');
  sigma.verb<VerifyOptions>(
    'verify <files...>',
    'verifies σ from public params alone; exit 1 if one does not hold',
    (command) =>
      withExamples(
        command
          .requiredOption('--params <file>', 'params.json of the consortium')
          .option('--at <time>', 'refuse what has expired by then: Unix seconds or ISO 8601', parseTime)
          .option(
            '--chain <place>',
            'refuse reused credentials: deployment folder, or connection profile of a running ledger',
          ),
        './chargecast sigma verify --params .chargecast/demo/params.json .chargecast/demo/sigmas/*.sigma',
        './chargecast sigma verify --params params.json --at 2026-11-22T12:00:00Z one.sigma',
      ),
    (io, options, ...files) => verifyFiles(io, options, files),
  );
  sigma.verb<object>(
    'inspect <files...>',
    'shows the header of σ: all it says to everybody; verifies nothing; with --json a list where several are named',
    (command) => withExamples(command, './chargecast sigma inspect one.sigma'),
    (io, _options, ...files) => inspectFiles(io, files),
  );
};

async function verifyFiles(
  io: Io,
  { params: paramsFile, at, chain }: VerifyOptions,
  files: string[],
): Promise<ExitCode> {
  const { judgeSigma } = await import('../audit/sigma.js');
  const { readFileCoded } = await import('../common/files.js');
  const { readParams } = await import('../audit/params.js');
  const params = await readParams(paramsFile);
  const spent = chain === undefined ? undefined : await readSpent(io, chain);
  const checks = { ...(at !== undefined && { at }), ...(spent && { spent }) };
  const verdicts: (SigmaVerdict & { readonly file: string })[] = [];
  // One after the other: a chain's worth of files is more than may be open at once.
  for (const file of files) {
    verdicts.push({ file, ...judgeSigma(params, Uint8Array.from(await readFileCoded(file)), checks) });
  }
  for (const { file, id, holds, code, message } of verdicts) {
    io.line(holds ? `holds  ${id}  ${file}` : `REFUSED  ${code ?? ''}: ${message ?? ''}  ${file}`);
  }
  const refused = verdicts.filter(({ holds }) => !holds).length;
  io.line(`${verdicts.length - refused} of ${verdicts.length} hold`);
  io.result({ verified: refused === 0, files: verdicts });
  return refused === 0 ? 0 : 1;
}

async function readSpent(io: Io, place: string): Promise<ReadonlyMap<string, string>> {
  const { spentCredentials } = await import('../audit/deployment-chain.js');
  return withChain(io, place, undefined, spentCredentials);
}

async function inspectFiles(io: Io, files: readonly string[]): Promise<void> {
  const { describeSigma, isoTime } = await import('../audit/sigma.js');
  const { readFileCoded } = await import('../common/files.js');
  const descriptions = [];
  for (const [index, file] of files.entries()) {
    const description = describeSigma(Uint8Array.from(await readFileCoded(file)));
    const shown = { ...description, notAfter: `${description.notAfter} (${isoTime(description.notAfter)})` };
    if (index > 0) io.line('');
    for (const [name, value] of Object.entries(shown)) io.line(`${name.padEnd(14)} ${value}`);
    descriptions.push(description);
  }
  io.result(descriptions.length === 1 ? descriptions[0] : descriptions);
}
