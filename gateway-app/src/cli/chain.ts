import { type ChainAuditOptions, type ChainReport } from '../audit/chain';
import { type Register } from './command';
import { dataDirectory, withExamples } from './defaults';
import { type ExitCode, type Io, MisuseError } from './io';
import { withChain } from './stored-ledger';

interface VerifyOptions {
  readonly data?: string;
  readonly blocks?: string;
  readonly trust?: string;
  readonly needles?: string;
}

/** Both chains as an outsider with public params sees them. */
export const registerChain: Register = (program) => {
  const chain = program.group('chain', 'the two chains of a ledger, verified from public parts');
  chain.verb<VerifyOptions>(
    'verify',
    'verifies hashes, endorsements, Merkle roots and every σ; exit 1 if anything does not hold',
    (command) =>
      withExamples(
        command
          .option(
            '--data <place>',
            'deployment folder or connection profile (default: .chargecast/demo in the checkout)',
          )
          .option('--blocks <folder>', 'blocks in files instead, <channel>/<number>.pb; needs --trust')
          .option('--trust <file>', 'trust.json (default: the deployment’s own)')
          .option('--needles <file>', 'texts that must not stand on the chain in any encoding, one a line'),
        './chargecast chain verify',
        './chargecast chain verify --data .chargecast/demo --needles vins.txt --json',
        './chargecast chain verify --blocks day --trust day/trust.json',
      ),
    verify,
  );
};

async function verify(io: Io, options: VerifyOptions): Promise<ExitCode> {
  const { verifyChain } = await import('../audit/chain.js');
  const scanner = options.needles === undefined ? undefined : await readNeedles(options.needles);
  const report = await withBlocks(io, options, (blocks) => {
    io.note(`reading ${blocks.heights.certchain + blocks.heights.datachain} blocks …`);
    return verifyChain({ ...blocks, ...(scanner && { scanner }) });
  });
  show(io, report, scanner !== undefined);
  io.result(report);
  return report.verified ? 0 : 1;
}

type Blocks = Pick<ChainAuditOptions, 'trust' | 'source' | 'heights'>;

/** Of files, or of a ledger. */
async function withBlocks<T>(
  io: Io,
  { data, blocks, trust }: VerifyOptions,
  read: (blocks: Blocks) => Promise<T>,
): Promise<T> {
  if (blocks === undefined) {
    const place = data ?? dataDirectory(undefined, 'demo');
    return withChain(io, place, trust, (chain) => read({ ...chain, source: chain.ledger }));
  }
  if (data !== undefined || trust === undefined) {
    throw new MisuseError('E_USAGE', 'blocks in files are verified by --trust alone: name that file, and no --data');
  }
  const { storedBlocks } = await import('../audit/stored-blocks.js');
  const { readTrust } = await import('../ledger/trust.js');
  return read({ ...(await storedBlocks(blocks)), trust: await readTrust(trust) });
}

function show(io: Io, report: ChainReport, scanned: boolean): void {
  for (const { channel, block, transactionId, sigmaId, code, message } of report.faults) {
    const place = [channel, block, transactionId, sigmaId].filter((part) => part !== undefined).join(' ');
    io.line(`FAULT  ${place}  ${code}: ${message}`);
  }
  io.line(`blocks         ${report.blocks} (${report.heights.certchain} + ${report.heights.datachain})`);
  io.line(`transactions   ${report.transactions}, ${report.invalidTransactions} of them refused by validation`);
  io.line(`records        ${report.records}`);
  io.line(`σ              ${report.sigmas}`);
  if (scanned) io.line(`secrets found  ${report.hits}`);
  io.line(report.verified ? 'the chain holds' : 'THE CHAIN DOES NOT HOLD');
}

async function readNeedles(file: string): Promise<{ count(bytes: Uint8Array): number }> {
  const { readFileCoded } = await import('../common/files.js');
  const { needleForms } = await import('../audit/needles.js');
  const { PlaintextScanner } = await import('../demo/plaintext-scan.js');
  const texts = (await readFileCoded(file)).toString('utf8').split(/\r?\n/).filter(Boolean);
  const short = texts.findIndex((text) => Buffer.byteLength(text) < 6);
  if (texts.length === 0 || short >= 0) {
    throw new MisuseError(
      'E_NEEDLES',
      `${file} must hold texts of 6 bytes or more, one a line: shorter ones occur by chance`,
    );
  }
  return new PlaintextScanner(texts.flatMap(needleForms));
}
