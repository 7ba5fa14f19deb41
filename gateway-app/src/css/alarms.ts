import { X509Certificate } from 'node:crypto';
import { readFile, statfs } from 'node:fs/promises';

import { type Alarm, type Nodes, type Reader } from '../consortium/schemas';
import { type ReplicaView } from '../replica';

const DAY_MS = 24 * 60 * 60_000;
const EXPIRING_DAYS = 30;
/** Blocks of the data chain a node or reader may be behind. */
const LAG_BLOCKS = 20;
const DISK_SHARE = 0.1;

export interface AlarmSources {
  readonly name: string;
  readonly replica: Pick<ReplicaView, 'isFresh'>;
  readonly nodes: () => Promise<Nodes>;
  readonly readers: () => readonly Reader[];
  readonly refused: () => number;
  readonly proposals: () => Promise<number>;
  readonly isEnrolled: () => boolean;
  readonly dataDirectory: string;
  /** PEM files of what this gateway itself shows. */
  readonly certificates: readonly string[];
  /** Unix milliseconds. */
  readonly now: () => number;
}

type Found = Omit<Alarm, 'source'>;

/** What is wrong at a gateway now, with what to do; empty if nothing is. */
export async function alarmsOf(sources: AlarmSources): Promise<Alarm[]> {
  const found = await Promise.all([nodes(sources), expiry(sources), disk(sources), waiting(sources)]);
  return [...chain(sources), ...readers(sources), ...found.flat()].map((alarm) => ({ ...alarm, source: sources.name }));
}

function chain({ replica, refused, isEnrolled, now }: AlarmSources): Found[] {
  const found: Found[] = [];
  if (!replica.isFresh(Math.floor(now() / 1000))) {
    found.push({
      code: 'E_REPLICA_STALE',
      severity: 'critical',
      subject: 'slot head',
      text: 'no majority of gateways confirmed what was read here within the last slots',
      action: 'see that a majority of gateways and the ledger run; compare this gateway’s blocks with another’s',
    });
  }
  if (refused() > 0) {
    found.push({
      code: 'E_SIGMA_REFUSED',
      severity: 'warning',
      subject: `${refused()} σ`,
      text: 'endorsers refused σ that this gateway had taken since it started',
      action:
        'look for "refused by the endorsers" in its log: the code says why; many at once are an attack or a bad clock',
    });
  }
  if (!isEnrolled()) {
    found.push({
      code: 'E_NOT_ENROLLED',
      severity: 'warning',
      subject: 'own record',
      text: 'this gateway has no record that counts: it can neither send notices nor read its own messages',
      action: 'see that the key centre and a majority of gateways run',
    });
  }
  return found;
}

async function nodes({ nodes: ask }: AlarmSources): Promise<Found[]> {
  const status = await ask().catch(() => undefined);
  if (!status) {
    return [
      {
        code: 'E_NODES_UNKNOWN',
        severity: 'warning',
        subject: 'ledger',
        text: 'the ledger’s nodes cannot be asked',
        action: 'check the connection profile this gateway is configured with',
      },
    ];
  }
  const down = status.nodes
    .filter(({ state }) => state !== 'running')
    .map(({ name, state }): Found => ({
      code: 'E_NODE_DOWN',
      severity: 'critical',
      subject: name,
      text: `${name} is ${state}`,
      action: 'start it: ./chargecast network start NODE; its log says why it ended',
    }));
  const highest = new Map<string, number>();
  for (const { heights } of status.nodes) {
    for (const [channel, height] of Object.entries(heights)) {
      highest.set(channel, Math.max(height, highest.get(channel) ?? 0));
    }
  }
  const lagging = status.nodes.flatMap(({ name, heights }) =>
    Object.entries(heights)
      .filter(([channel, height]) => (highest.get(channel) ?? 0) - height > LAG_BLOCKS)
      .map(([channel, height]): Found => ({
        code: 'E_NODE_BEHIND',
        severity: 'warning',
        subject: name,
        text: `${name} is ${(highest.get(channel) ?? 0) - height} blocks behind on ${channel}`,
        action: 'wait if it was just started; else check its disk and its connections to the orderers',
      })),
  );
  return [...down, ...lagging];
}

function readers({ readers: list }: AlarmSources): Found[] {
  return list()
    .filter(({ role, connected, behind }) => role === 'cp' && connected && behind > LAG_BLOCKS)
    .map(({ name, behind }) => ({
      code: 'E_PILES_BEHIND',
      severity: 'warning',
      subject: name,
      text: `the piles of ${name} have not taken ${behind} blocks yet: commands reach them late`,
      action: 'check the load of that process and its connection to this gateway',
    }));
}

async function expiry({ certificates, now }: AlarmSources): Promise<Found[]> {
  const read = await Promise.all(
    certificates.map(async (file) => {
      const { validTo, subject } = new X509Certificate(await readFile(file));
      return { days: Math.floor((Date.parse(validTo) - now()) / DAY_MS), subject: subject.replaceAll('\n', ', ') };
    }),
  );
  return read
    .filter(({ days }) => days < EXPIRING_DAYS)
    .map(({ days, subject }) => ({
      code: 'E_CERTIFICATE_EXPIRING',
      severity: days < 0 ? 'critical' : 'warning',
      subject,
      text: days < 0 ? 'the certificate has expired' : `the certificate expires in ${days} days`,
      action: 'issue a new one: docs/operations.md, “Certificates”',
    }));
}

async function disk({ dataDirectory }: AlarmSources): Promise<Found[]> {
  const { bavail, blocks } = await statfs(dataDirectory);
  if (bavail >= DISK_SHARE * blocks) return [];
  return [
    {
      code: 'E_DISK',
      severity: 'critical',
      subject: 'data folder',
      text: `${Math.floor((100 * bavail) / blocks)} % of the disk is free: a full one stops this gateway`,
      action: 'free space, or move the data folder while the gateway stands still',
    },
  ];
}

async function waiting({ proposals }: AlarmSources): Promise<Found[]> {
  const open = await proposals();
  if (open === 0) return [];
  return [
    {
      code: 'E_PROPOSALS_OPEN',
      severity: 'warning',
      subject: `${open} proposals`,
      text: 'a revocation or another item waits for this organisation’s decision',
      action: './chargecast css proposals, then css approve or css decline',
    },
  ];
}
