import { z } from 'zod';

import { hexBytes, named, time } from '../rest';

const height = z.int().nonnegative();
const hash = hexBytes(32);
export const channelSchema = z.enum(['certchain', 'datachain']);

/** A channel as this gateway holds it. */
export const channelSummarySchema = named(
  'Channel',
  z.object({
    channel: channelSchema,
    height: height.describe('number of blocks'),
    newest: hash.nullable().describe('hash of the newest block'),
    committedAt: time.nullable().describe('time of the newest transaction of the newest block'),
  }),
);
export type ChannelSummary = z.infer<typeof channelSummarySchema>;

export const blockSchema = named(
  'Block',
  z.object({
    channel: channelSchema,
    number: height,
    hash: hash.describe('SHA-256 of DER(number, previousHash, dataHash)'),
    previousHash: z.string(),
    dataHash: hash,
    transactions: height,
    valid: height,
    sigmas: height.describe('σ committed with it'),
    bytes: height,
    committedAt: time.nullable(),
  }),
);
export type Block = z.infer<typeof blockSchema>;

const transactionSchema = z.object({
  transactionId: z.string(),
  kind: z.enum(['endorser', 'config', 'unreadable']),
  validationCode: z.int(),
  at: time.nullable(),
  creator: z.string().describe('MSP id'),
  endorsers: z.array(z.string()).describe('MSP ids'),
  sigmas: z.array(hash),
  root: hexBytes(64).nullable().describe('Merkle root over its σ'),
});

export const blockDetailSchema = named(
  'BlockDetail',
  z.object({ ...blockSchema.shape, transactions: height, items: z.array(transactionSchema) }),
);
export type BlockDetail = z.infer<typeof blockDetailSchema>;

export const sigmaSchema = named(
  'Sigma',
  z.object({
    id: hash,
    channel: channelSchema,
    block: height,
    transactionId: z.string(),
    index: height.describe('its Merkle leaf'),
    bytes: height,
    receivers: height.describe('entries, dummies included'),
    epoch: height,
    notAfter: z.string(),
    committedAt: time.nullable(),
  }),
);
export type Sigma = z.infer<typeof sigmaSchema>;

export const sigmaDetailSchema = named(
  'SigmaDetail',
  z.object({
    ...sigmaSchema.shape,
    header: z.record(z.string(), z.union([z.string(), z.int()])).describe('all that σ says to everybody'),
    root: hexBytes(64),
    leaves: height.describe('σ of its transaction'),
    path: z.array(hexBytes(64)).describe('sibling nodes from its leaf to the root'),
  }),
);
export type SigmaDetail = z.infer<typeof sigmaDetailSchema>;

/** One process that reads the chains from gateways. */
export const readerSchema = named(
  'Reader',
  z.object({
    role: z.string(),
    name: z.string(),
    gateway: z.string(),
    connected: z.boolean(),
    seenAt: time,
    certchainBlock: height.nullable(),
    datachainBlock: height.nullable(),
    behind: height.describe('blocks of the data chain it has not taken yet'),
  }),
);
export type Reader = z.infer<typeof readerSchema>;

export const nodesSchema = named(
  'Nodes',
  z.object({
    kind: z.enum(['embedded', 'fabric']),
    healthy: z.boolean(),
    nodes: z.array(
      z.object({
        name: z.string(),
        kind: z.enum(['peer', 'orderer', 'chaincode', 'ledger']),
        mspId: z.string(),
        state: z.enum(['running', 'unhealthy', 'stopped']),
        endpoint: z.string(),
        heights: z.record(z.string(), height),
        leads: z.array(z.string()).describe('channels whose ordering it leads'),
      }),
    ),
  }),
);
export type Nodes = z.infer<typeof nodesSchema>;

export const certificateSchema = named(
  'Certificate',
  z.object({
    id: hexBytes(16).describe('chosen by the provider, names nobody'),
    role: z.string(),
    provider: z.string(),
    version: z.int(),
    issuedAt: time,
    expiresAt: time,
    status: z.enum(['valid', 'notYetValid', 'expired', 'revoked', 'providerRevoked']),
  }),
);
export type CertificateSummary = z.infer<typeof certificateSchema>;

export const alarmSchema = named(
  'Alarm',
  z.object({
    code: z.string(),
    severity: z.enum(['warning', 'critical']),
    source: z.string().describe('the service that noticed it'),
    subject: z.string(),
    text: z.string().describe('what is wrong'),
    action: z.string().describe('what to do'),
  }),
);
export type Alarm = z.infer<typeof alarmSchema>;
