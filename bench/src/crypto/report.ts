import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform, totalmem } from 'node:os';
import path from 'node:path';
import { draw, type Drawing } from '../drawing';
import { type Timing } from './measure';
import { type CryptoResults } from './results';

/** Where and with what the figures were taken. */
export interface Provenance {
  readonly at: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGb: number;
    readonly system: string;
  };
  readonly versions: Readonly<Record<string, string>>;
  /** "unknown" outside a git checkout. */
  readonly commit: string;
}

const packageRoot = path.resolve(__dirname, '..', '..');
/** Git-ignored. */
const OUT = path.join(packageRoot, 'out');

export function provenance(): Provenance {
  return {
    at: new Date().toISOString(),
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryGb: Math.round(totalmem() / 2 ** 30),
      system: `${platform()} ${arch()}`,
    },
    versions: {
      node: process.versions.node,
      openssl: process.versions.openssl,
      ...Object.fromEntries(
        ['sodium-native', 'libsodium-wrappers-sumo', '@noble/curves', '@hpke/core'].map((name) => [
          name,
          installed(name),
        ]),
      ),
    },
    commit: commit(),
  };
}

function installed(name: string): string {
  const file = path.resolve(packageRoot, '..', 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { cwd: packageRoot, encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return 'unknown';
  }
}

/**
 * JSON, and a chart beside it.
 * @returns the JSON file, in bench/out
 */
export function writeResults(name: string, results: object & Provenance, drawing: Drawing): string {
  mkdirSync(OUT, { recursive: true });
  const file = path.join(OUT, `${name}.json`);
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  const { at, machine, commit: revision } = results;
  const footer = `${at}, ${machine.cores} × ${machine.cpu}, commit ${revision.slice(0, 12)}`;
  writeFileSync(path.join(OUT, `${name}.svg`), draw(drawing, footer));
  return file;
}

/** What a suite wrote last; undefined where it has not run. */
export function readResults(name: string): unknown {
  const file = path.join(OUT, `${name}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

type Row = readonly [what: string, multiple: string, time: string];

const inX = (value: number): string => `${value.toFixed(2)} X`;
const inV = (value: number): string => `${value.toFixed(2)} V`;
const micro = (value: number): string => `${value.toFixed(1)} µs`;
const spreadOf = ({ p10, p90 }: Timing): string => `(${p10.toFixed(2)}–${p90.toFixed(2)})`;
const count = (n: string): string => Number(n).toLocaleString('en');

/** Rows for a person. */
export function cryptoTable(results: CryptoResults): string {
  const rows = [...sealingRows(results), ...checkingRows(results), ...comparedRows(results)];
  const width = (column: 0 | 1): number => Math.max(...rows.map((row) => row[column].length));
  return rows.map((row) => `${row[0].padEnd(width(0))}  ${row[1].padEnd(width(1))}  ${row[2]}`).join('\n');
}

function sealingRows(results: CryptoResults): Row[] {
  const { denominators, signcryptPerReceiver, signcryptFloor: floor, signcryptByReceivers, bytesPerMessage } = results;
  const { x25519, ed25519Verify } = denominators;
  const { spread, ratioToOwnX25519: own } = signcryptPerReceiver;
  return [
    [`X = ${x25519.library}`, '', micro(x25519.microseconds.median)],
    [`V = ${ed25519Verify.library}`, '', micro(ed25519Verify.microseconds.median)],
    [
      'signcrypt per receiver, n = 1,000, 128 bytes',
      `${inX(signcryptPerReceiver.ratioToX25519)} ${spreadOf(spread)}`,
      micro(signcryptPerReceiver.microseconds),
    ],
    ['… in X25519 of libsodium, which it calls', `${inX(own.median)} ${spreadOf(own)}`, ''],
    [
      '… its agreement, KDF and AEAD alone',
      `${inX(floor.ratioToX25519.median)} ${spreadOf(floor.ratioToX25519)}`,
      micro(floor.microseconds),
    ],
    ...Object.entries(signcryptByReceivers).map(([n, { ratioToX25519, microseconds }]): Row => [
      `… n = ${count(n)}`,
      `${inX(ratioToX25519.median)} ${spreadOf(ratioToX25519)}`,
      micro(microseconds),
    ]),
    ...Object.entries(bytesPerMessage.sigma).map(([n, bytes]): Row => [
      `bytes per message, n = ${count(n)}`,
      `${bytes.toFixed(1)} bytes`,
      '',
    ]),
  ];
}

function checkingRows(results: CryptoResults): Row[] {
  const { locate, verifyByReceivers, recordVerification } = results;
  return [
    ['public verification, n = 100', inV(results.verify.ratioToEd25519), micro(results.verify.microseconds)],
    ['… and its id', inV(results.verifyWithId.ratioToEd25519), micro(results.verifyWithId.microseconds)],
    [
      '… as in the chaincode',
      inV(results.verifyNodeCrypto.ratioToEd25519),
      micro(results.verifyNodeCrypto.microseconds),
    ],
    ...Object.entries(verifyByReceivers).map(([n, { nativeMicroseconds, chaincodeMicroseconds }]): Row => [
      `verdict and id, n = ${count(n)}: native, chaincode`,
      micro(nativeMicroseconds),
      micro(chaincodeMicroseconds),
    ]),
    [
      'a record’s verification: in the chaincode, in pure JavaScript',
      micro(recordVerification.chaincodeMicroseconds),
      micro(recordVerification.portableMicroseconds),
    ],
    [
      'locate among 1,000 against among 10',
      `× ${locate.ratio1000To10.toFixed(3)}`,
      `${locate.nanoseconds1000.toFixed(0)} ns`,
    ],
    ['vehicle: entry key', inX(results.entryKey.ratioToX25519), micro(results.entryKey.microseconds)],
    ['pile: open one entry', inV(results.open.ratioToEd25519), micro(results.open.microseconds)],
    ['a record into Q and u, once', inV(results.recordToKeys.ratioToEd25519), micro(results.recordToKeys.microseconds)],
  ];
}

const timesFaster = (what: string, times: Timing): Row => [
  what,
  `${times.median.toFixed(2)} × faster ${spreadOf(times)}`,
  '',
];

function comparedRows(results: CryptoResults): Row[] {
  const { signcryptPerReceiver, signcryptFloor, others, nobleToNative, bytesPerMessage, leakage } = results;
  return [
    ...Object.entries(others).map(([name, { ratioToX25519, microseconds }]): Row => [
      `${name}, per receiver`,
      inX(ratioToX25519),
      micro(microseconds),
    ]),
    timesFaster('signcrypt against HPKE-shaped node:crypto', signcryptPerReceiver.timesFasterThanHpkeShaped),
    timesFaster('… and Ed25519', signcryptPerReceiver.timesFasterThanHpkeShapedSigned),
    timesFaster('signcrypt against HPKE native and Ed25519', signcryptPerReceiver.timesFasterThanHpkeNative),
    timesFaster('… its agreement, KDF and AEAD alone', signcryptFloor.timesFasterThanHpkeNative),
    [
      'bytes of a message by HPKE and Ed25519, sealed box',
      `${bytesPerMessage.signedHpke}, ${bytesPerMessage.sealedBox}`,
      '',
    ],
    ['do times tell keys apart (|t|, a leak above 10): entry key', leakage.entryKey.toFixed(1), ''],
    ['… which byte of a tag is wrong', leakage.refusedTag.toFixed(1), ''],
    ['… a comparison that ends early, for control', leakage.control.toFixed(1), ''],
    ...Object.entries(nobleToNative).map(([name, ratio]): Row => [
      `noble against native: ${name}`,
      `× ${ratio.toFixed(1)}`,
      '',
    ]),
  ];
}
