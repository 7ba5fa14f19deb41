/** What no log, no metric and no block of a system may show, and a search for it. */
import { readdir, readFile } from 'node:fs/promises';
import { type RequestOptions } from 'node:https';
import { join } from 'node:path';

import { type Person } from '@chargecast/network';
import { decodeRecord, Role } from '@chargecast/signcryption';

import { needleForms, openChain } from '../../audit';
import { PlaintextScanner } from '../../demo/plaintext-scan';
import { addPerson } from '../../deployment';
import { type Deployment } from '../../deployment/deployment';
import { readEffects } from '../../replica/effects';
import { askWith } from '../../rest/testing/people';
import { type BilledTransaction } from '../../rpc';

type Channel = 'certchain' | 'datachain';

/** Something to look through: a log, a service's metrics, an envelope in a block. */
export interface Source {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Absent in logs and metrics. */
  readonly channel?: Channel;
}

/** By what it would give away. */
export type Needles = Readonly<Record<'plaintext' | 'vehicle' | 'transaction', readonly (string | Uint8Array)[]>>;
type Kind = keyof Needles;

/** Records of vehicles are the registry's content, transactions that of charging records: apart from these, nothing. */
const SHOWN: Readonly<Record<Channel, Kind>> = { certchain: 'vehicle', datachain: 'transaction' };
const KINDS: readonly Kind[] = ['plaintext', 'vehicle', 'transaction'];
const MONITOR: Person = { role: 'monitor', at: 'any', name: 'scan' };

export class LeakScan {
  readonly #scanners: Readonly<Record<Kind, PlaintextScanner>>;

  constructor(needles: Needles) {
    const scannerOf = (kind: Kind): PlaintextScanner => new PlaintextScanner(needles[kind].flatMap(needleForms));
    this.#scanners = {
      plaintext: scannerOf('plaintext'),
      vehicle: scannerOf('vehicle'),
      transaction: scannerOf('transaction'),
    };
  }

  /** `source: kind` for each that shows what it must not. */
  leaks(sources: readonly Source[]): string[] {
    return sources.flatMap((source) =>
      KINDS.filter((kind) => source.channel === undefined || SHOWN[source.channel] !== kind)
        .filter((kind) => this.shows(source, kind))
        .map((kind) => `${source.name}: ${kind}`),
    );
  }

  shows({ bytes }: Source, kind: Kind): boolean {
    return this.#scanners[kind].count(bytes) > 0;
  }
}

/**
 * Names, contracts, prices, salts and members of messages; pseudonyms; ids of transactions.
 * @param more what else was sealed
 * @param pseudonyms f of each vehicle
 */
export function needlesOf(
  { manifest }: Deployment,
  stated: readonly BilledTransaction[],
  pseudonyms: readonly Uint8Array[],
  more: readonly string[],
): Needles {
  return {
    plaintext: [
      ...manifest.fleet.vehicles.flatMap(({ name, contract }) => [name, contract]),
      ...stated.flatMap(({ bill }) => [String((JSON.parse(bill) as { totalMinor: number }).totalMinor)]),
      ...stated.map(({ salt }) => Buffer.from(salt, 'hex')),
      ...['totalMinor', 'energyWh', 'RequestStartTransaction', 'idToken', ...more],
    ],
    vehicle: pseudonyms,
    // As JSON has them, and as sealed messages do.
    transaction: stated.flatMap(({ transaction }) => [transaction, Buffer.from(transaction, 'hex')]),
  };
}

/** The log of every role, and whatever else calls itself one. */
export async function logsOf({ layout }: Deployment): Promise<Source[]> {
  const files = await readdir(layout.directory, { recursive: true });
  // Numbered ones are a database's own, of sealed stores and of the ledger's blocks, which are looked through by themselves.
  const logs = files.filter((file) => file.endsWith('.log') && !/\d{6}\.log$/.test(file));
  return Promise.all(logs.map(async (name) => ({ name, bytes: await readFile(join(layout.directory, name)) })));
}

/** What each service tells who watches its figures; services and their roles must run. */
export async function metricsOf({ layout, services }: Deployment): Promise<Source[]> {
  const { files } = await addPerson(layout.people, MONITOR);
  const [key, cert, ca] = (await Promise.all([files.key, files.cert, files.ca].map((file) => readFile(file)))) as [
    Buffer,
    Buffer,
    Buffer,
  ];
  const tls: RequestOptions = { key, cert, ca };
  const sources: Source[] = [];
  for (const { name, url } of services) {
    const { status, text } = await askWith(`${url}/metrics`, tls, {});
    if (status !== 200) throw new Error(`${name} refused its metrics: ${status} ${text}`);
    sources.push({ name: `metrics of ${name}`, bytes: Buffer.from(text) });
  }
  return sources;
}

/** Every envelope of every block of both channels, and the vehicles' pseudonyms they register. */
export async function blocksOf({ layout }: Deployment): Promise<{ sources: Source[]; pseudonyms: Uint8Array[] }> {
  const chain = await openChain(layout.directory);
  const sources: Source[] = [];
  const pseudonyms: Uint8Array[] = [];
  try {
    for (const channel of ['certchain', 'datachain'] as const) {
      const stop = new AbortController();
      for await (const block of chain.ledger.blocks(channel, { from: 0n, signal: stop.signal })) {
        for (const [index, transaction] of block.transactions.entries()) {
          const name = `${channel} block ${block.number} transaction ${index}`;
          sources.push({ name, bytes: transaction.envelope, channel });
          const { records } = transaction.valid ? readEffects(transaction) : { records: [] };
          const ofVehicles = records.filter(({ entry }) => isOfVehicle(entry.record));
          pseudonyms.push(...ofVehicles.map(({ f }) => Buffer.from(f, 'hex')));
        }
        if (block.number === chain.heights[channel] - 1n) stop.abort();
      }
    }
    return { sources, pseudonyms };
  } finally {
    chain.ledger.close();
  }
}

const isOfVehicle = (record: string): boolean =>
  decodeRecord(Uint8Array.from(Buffer.from(record, 'hex'))).role === Role.EV;

/** The same source with a leak at a place drawn anew. */
export function planted(source: Source, needle: string | Uint8Array): Source {
  const at = Math.floor(Math.random() * source.bytes.length);
  const forms = needleForms(needle);
  const form = forms[Math.floor(Math.random() * forms.length)] as Buffer;
  return { ...source, bytes: Buffer.concat([source.bytes.subarray(0, at), form, source.bytes.subarray(at)]) };
}
