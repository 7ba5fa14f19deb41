import { type ChainReport } from '../audit/chain';
import { type Register } from './command';
import { dataDirectory, withExamples } from './defaults';
import { type ExitCode, type Io } from './io';
import { withChain } from './stored-ledger';

interface VerifyOptions {
  readonly data?: string;
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
          .option('--trust <file>', 'trust.json (default: the deployment’s own)')
          .option('--needles <file>', 'texts that must not stand on the chain in any encoding, one a line'),
        './chargecast chain verify',
        './chargecast chain verify --data .chargecast/demo --needles vins.txt --json',
      ),
    verify,
  );
};

async function verify(io: Io, { data, trust, needles }: VerifyOptions): Promise<ExitCode> {
  const { verifyChain } = await import('../audit/chain.js');
  const scanner = needles === undefined ? undefined : await readNeedles(needles);
  const report = await withChain(io, data ?? dataDirectory(undefined, 'demo'), trust, (chain) => {
    io.note(`reading ${chain.heights.certchain + chain.heights.datachain} blocks …`);
    return verifyChain({
      trust: chain.trust,
      source: chain.ledger,
      heights: chain.heights,
      ...(scanner && { scanner }),
    });
  });
  show(io, report, scanner !== undefined);
  io.result(report);
  return report.verified ? 0 : 1;
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
  const { MisuseError } = await import('./io.js');
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
