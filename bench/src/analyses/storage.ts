/** `bench storage`: what a transaction takes of every peer's disk, and how many a block holds. */
import { ready } from '@chargecast/signcryption';
import { type Chart } from '../chart';
import { quantile, rounded } from '../statistics';
import { type BlockLimits, type RecordsFactory, type RecordsSubject, type Weight } from './subject';

export interface StorageLoad {
  readonly certificates: readonly number[];
  readonly receivers: readonly number[];
  readonly chargingRecords: readonly number[];
  readonly putBytes: readonly number[];
  /** Puts at once, of the burst that shows how many transactions a block gathers. */
  readonly burst: number;
  readonly burstBytes: number;
}

export const STORAGE_LOAD: StorageLoad = {
  certificates: [1, 100],
  receivers: [1, 100, 1024],
  chargingRecords: [1, 100],
  putBytes: [100],
  burst: 200,
  burstBytes: 100,
};

export interface Stored {
  readonly kind: 'registration' | 'charging record' | 'σ' | 'put';
  /** Certificates, records, receivers; bytes of a put. */
  readonly items: number;
  readonly transactions: number;
  /** Of all its transactions. */
  readonly blockBytes: number;
  readonly stateBytes: number;
  readonly blockBytesPerItem: number;
  readonly stateBytesPerItem: number;
  /** Transactions of this size that fit a block. */
  readonly fitsInBlock: number;
}

export interface StorageResults {
  readonly ledger: string;
  readonly organisations: number;
  readonly blockLimits: BlockLimits;
  /** Of a block beside its transactions. */
  readonly blockOverheadBytes: number;
  readonly stored: readonly Stored[];
  readonly burst: {
    readonly offered: number;
    readonly blocks: number;
    readonly transactionsPerBlock: { readonly mean: number; readonly lowest: number; readonly highest: number };
  };
  readonly load: StorageLoad;
}

export async function benchStorage(make: RecordsFactory, load: StorageLoad = STORAGE_LOAD): Promise<StorageResults> {
  await ready();
  const subject = await make();
  try {
    return await measure(subject, load);
  } finally {
    await subject.close();
  }
}

async function measure(subject: RecordsSubject, load: StorageLoad): Promise<StorageResults> {
  const kinds: [Stored['kind'], readonly number[], (items: number) => Promise<Weight>][] = [
    ['registration', load.certificates, (items) => subject.register(items)],
    ['charging record', load.chargingRecords, (items) => subject.charge(items)],
    ['σ', load.receivers, (items) => subject.broadcast(items)],
    ['put', load.putBytes, (items) => subject.put(items)],
  ];
  const weighed: { kind: Stored['kind']; items: number; weight: Weight }[] = [];
  for (const [kind, sizes, commit] of kinds) {
    for (const items of sizes) weighed.push({ kind, items, weight: await commit(items) });
  }
  const blocks = await subject.burst(load.burst, load.burstBytes);
  const overhead = Math.round(
    quantile(
      blocks.map(({ overheadBytes }) => overheadBytes),
      0.5,
    ),
  );
  const counts = blocks.map(({ transactions }) => transactions);
  return {
    ledger: subject.ledger,
    organisations: subject.organisations,
    blockLimits: subject.blockLimits,
    blockOverheadBytes: overhead,
    stored: weighed.map(({ kind, items, weight }) => stored(kind, items, weight, subject.blockLimits)),
    burst: {
      offered: load.burst,
      blocks: blocks.length,
      transactionsPerBlock: {
        mean: rounded(load.burst / blocks.length),
        lowest: Math.min(...counts),
        highest: Math.max(...counts),
      },
    },
    load,
  };
}

function stored(kind: Stored['kind'], items: number, weight: Weight, limits: BlockLimits): Stored {
  const { transactions, blockBytes, stateBytes } = weight;
  const each = blockBytes / transactions;
  return {
    kind,
    items,
    ...weight,
    blockBytesPerItem: rounded(blockBytes / items),
    stateBytesPerItem: rounded(stateBytes / items),
    fitsInBlock: Math.min(limits.maxMessageCount, Math.floor(limits.maxBytes / each)),
  };
}

/** Rows for a person. */
export function storageTable(results: StorageResults): string {
  const { ledger, organisations, blockLimits, blockOverheadBytes, stored: rows, burst } = results;
  const { transactionsPerBlock: perBlock } = burst;
  const cell = (value: number, width = 14): string => value.toLocaleString('en').padStart(width);
  return [
    `bytes a transaction leaves on every peer, ${organisations} organisations, ledger: ${ledger}`,
    `${'transaction'.padEnd(32)}${'in blocks'.padStart(14)}${'in state'.padStart(14)}${'blocks, each'.padStart(14)}${'fit a block'.padStart(14)}`,
    ...rows.map(
      (row) =>
        `${nameOf(row).padEnd(32)}${cell(row.blockBytes)}${cell(row.stateBytes)}${cell(row.blockBytesPerItem)}${cell(row.fitsInBlock)}`,
    ),
    `a block: ${blockOverheadBytes.toLocaleString('en')} bytes beside its transactions; at most ` +
      `${blockLimits.maxMessageCount} transactions or ${blockLimits.maxBytes.toLocaleString('en')} bytes, set by the channel’s configuration`,
    `${burst.offered} puts at once came in ${burst.blocks} blocks: ${perBlock.mean} transactions a block (${perBlock.lowest}–${perBlock.highest})`,
  ].join('\n');
}

function nameOf({ kind, items, transactions }: Stored): string {
  const unit = { registration: 'certificate', 'charging record': 'record', σ: 'receiver', put: 'byte' }[kind];
  const gathered = transactions > 1 ? ` in ${transactions}` : '';
  return `${kind}, ${items.toLocaleString('en')} ${unit}${items === 1 ? '' : 's'}${gathered}`;
}

export function storageChart({ stored: rows, ledger }: StorageResults): Chart {
  const bars = rows
    .filter(({ kind }) => kind !== 'put')
    .map((row) => ({ label: nameOf(row), value: row.blockBytesPerItem }));
  return { title: `Bytes in blocks for each certificate, record, receiver (${ledger})`, unit: 'bytes', bars };
}
