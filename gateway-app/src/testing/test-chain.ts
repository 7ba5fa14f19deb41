/**
 * Both chains as a ledger would have written them: the real contracts run in memory, their writes travel in real Fabric
 * envelopes under real endorsements, blocks are hash-chained. What an attacker would change can be changed.
 */
import { Consortium, GATEWAYS } from '@chargecast/chaincode/testing/consortium';
import { type Simulation } from '@chargecast/chaincode/testing/memory-ledger';
import { createAuthority, issueCertificate, type KeyAndCertificate, loadAuthority } from '@chargecast/network';
import { BROADCAST, REGISTRATION, type SlotHead, slotNumber } from '@chargecast/protocol';
import { type LedgerRecord, merkleRoot, ready, RECORD_TREE, REVOCATION_TREE, toHex } from '@chargecast/signcryption';
import { NOW } from '@chargecast/signcryption/testing/world';
import { common, ledger, msp, peer } from '@hyperledger/fabric-protos';
import { BinaryWriter } from 'google-protobuf';
import { Timestamp } from 'google-protobuf/google/protobuf/timestamp_pb';
import { createHash, createPrivateKey, randomBytes, sign } from 'node:crypto';

import { parseBlock } from '../ledger/block';
import { type BlockOptions, type BlockSource, type Channel, type LedgerBlock } from '../ledger/port';
import { headerDer } from '../ledger/block';
import { type TrustBundle } from '../ledger/trust';

export const CHAINCODE = 'chargecast';
/** Orderers that sign a block unless a test says otherwise: three of four. */
const QUORUM = [1, 2, 4];
export const VALIDITY = { notBefore: new Date('2025-01-01'), notAfter: new Date('2035-01-01') };

export interface EnvelopeOptions {
  readonly time?: number;
  readonly channel?: string;
  readonly chaincode?: string;
  /** MSP ids in whose name the response is signed. */
  readonly endorsers?: readonly string[];
  /** Instead of the organisation's own peer. */
  readonly signers?: Readonly<Record<string, KeyAndCertificate>>;
  /** Written into the envelope after it was endorsed. */
  readonly shownTime?: number;
  /** Name and arguments endorsed, instead of those simulated. */
  readonly input?: readonly Uint8Array[];
  /** Written into the envelope instead of the arguments that were endorsed. */
  readonly shownInput?: readonly Uint8Array[];
  readonly code?: number;
}

export class TestChain implements BlockSource {
  readonly consortium: Consortium;
  readonly trust: TrustBundle;
  readonly blocksOf: Record<Channel, LedgerBlock[]> = { certchain: [], datachain: [] };
  readonly peers: Readonly<Record<string, KeyAndCertificate>>;
  /** In the order of their numbers, from 1 on. */
  readonly orderers: readonly KeyAndCertificate[];
  readonly #waiting = new Set<() => void>();

  private constructor(
    consortium: Consortium,
    trust: Omit<TrustBundle, 'ordering' | 'genesis'>,
    peers: Readonly<Record<string, KeyAndCertificate>>,
    orderers: readonly KeyAndCertificate[],
  ) {
    this.consortium = consortium;
    this.peers = peers;
    this.orderers = orderers;
    const [certchain, datachain] = (['certchain', 'datachain'] as const).map((channel) => {
      const { hash } = this.append(channel, [configEnvelope(channel, orderers)]);
      return Buffer.from(hash).toString('hex');
    }) as [string, string];
    this.trust = { ...trust, ordering: orderers.length > 0 ? 'bft' : 'unsigned', genesis: { certchain, datachain } };
  }

  /** @param ordering `unsigned`: as the embedded ledger writes blocks */
  static async create(seed?: string, ordering: TrustBundle['ordering'] = 'bft'): Promise<TestChain> {
    await ready();
    const consortium = await Consortium.create(seed);
    const roots: Record<string, string[]> = {};
    const peers: Record<string, KeyAndCertificate> = {};
    const orderers: KeyAndCertificate[] = [];
    for (const mspId of GATEWAYS) {
      const root = await createAuthority(`ca.${mspId}`, mspId, VALIDITY);
      roots[mspId] = [root.certificatePem];
      peers[mspId] = await issuePeer(root, mspId);
      if (ordering === 'bft') orderers.push(await issuePeer(root, mspId));
    }
    const trust = { params: consortium.world.params, chaincode: CHAINCODE, roots };
    return new TestChain(consortium, trust, peers, orderers);
  }

  /** Params, limits, epochs, a provider and the current slot stand on the chains. */
  static async initialised(seed?: string, ordering?: TrustBundle['ordering']): Promise<TestChain> {
    const chain = await TestChain.create(seed, ordering);
    const { consortium } = chain;
    const { limits, epochs } = consortium.genesis();
    const { paramsJson } = consortium;
    await chain.add('certchain', consortium.register('admin', REGISTRATION.init, [paramsJson, '{}']));
    const genesis = JSON.stringify({ limits, epochs });
    await chain.add('datachain', consortium.cast('admin', BROADCAST.init, [paramsJson, genesis, '{}']));
    const provider = JSON.stringify(consortium.providerEntry());
    await chain.add('certchain', consortium.register('provider', REGISTRATION.putProvider, [provider]));
    await chain.advanceSlot(NOW);
    return chain;
  }

  /** @param head by default of the certification chain's first block, which holds no records */
  async advanceSlot(time: number, head: Partial<SlotHead> = {}): Promise<LedgerBlock> {
    const roots = {
      recordsRoot: toHex(merkleRoot(RECORD_TREE, [])),
      revocationsRoot: toHex(merkleRoot(REVOCATION_TREE, [])),
      certchainBlock: 0,
    };
    const signed = JSON.stringify(this.consortium.slotHead({ ...roots, ...head, number: slotNumber(time) }));
    return this.add('datachain', this.consortium.cast('relay', BROADCAST.advanceSlot, [signed], { time }), { time });
  }

  /** A block of one transaction. */
  async add(channel: Channel, run: Promise<Simulation>, options: EnvelopeOptions = {}): Promise<LedgerBlock> {
    return this.append(channel, [this.envelope(channel, await run, options)], [options.code ?? 0]);
  }

  async addRecords(...records: LedgerRecord[]): Promise<LedgerBlock> {
    const entries = JSON.stringify(records.map((record) => this.consortium.entry(record)));
    return this.add('certchain', this.consortium.register('relay', REGISTRATION.putRecords, [entries]));
  }

  async addSigmas(sigmas: readonly Uint8Array[], options: EnvelopeOptions = {}): Promise<LedgerBlock> {
    const { consortium } = this;
    const simulation = await consortium.endorse(sigmas);
    consortium.datachain.commit(simulation);
    return this.add('datachain', Promise.resolve(simulation), options);
  }

  append(channel: Channel, envelopes: readonly Uint8Array[], codes: readonly number[] = [0]): LedgerBlock {
    const block = this.build(channel, envelopes, codes);
    this.blocksOf[channel].push(block);
    for (const wake of this.#waiting) wake();
    return block;
  }

  /** The block as it would follow now, without appending it. */
  build(channel: Channel, envelopes: readonly Uint8Array[], codes: readonly number[] = [0]): LedgerBlock {
    return parseBlock(this.raw(channel, envelopes, codes));
  }

  raw(channel: Channel, envelopes: readonly Uint8Array[], codes: readonly number[] = [0]): common.Block {
    const blocks = this.blocksOf[channel];
    const header = new common.BlockHeader();
    header.setNumber(blocks.length);
    header.setPreviousHash(blocks.at(-1)?.hash ?? new Uint8Array(0));
    header.setDataHash(sha256(...envelopes));
    const data = new common.BlockData();
    data.setDataList([...envelopes]);
    const metadata = new common.BlockMetadata();
    metadata.setMetadataList([this.signatures(header), new Uint8Array(0), Uint8Array.from(codes)]);
    const block = new common.Block();
    block.setHeader(header);
    block.setData(data);
    block.setMetadata(metadata);
    return block;
  }

  /** common.Metadata as SmartBFT's orderers sign a block, each under its number or another; nobody signs block 0. */
  signatures(
    header: common.BlockHeader,
    orderers: readonly (number | { readonly by: number; readonly as?: number })[] = QUORUM,
    value: Uint8Array = Buffer.from(`ordered as ${header.getNumber()}`),
  ): Uint8Array {
    if (header.getNumber() === 0 || this.orderers.length === 0) return new Uint8Array(0);
    const der = headerDer(BigInt(header.getNumber()), header.getPreviousHash_asU8(), header.getDataHash_asU8());
    const metadata = new BinaryWriter();
    metadata.writeBytes(1, value);
    for (const { by, as = by } of orderers.map((each) => (typeof each === 'number' ? { by: each } : each))) {
      const identifier = new common.IdentifierHeader();
      identifier.setIdentifier(as);
      identifier.setNonce(randomBytes(24));
      const identifierHeader = identifier.serializeBinary();
      const { keyPem } = this.orderers[by - 1] as KeyAndCertificate;
      const signature = new BinaryWriter();
      signature.writeBytes(2, sign('sha256', Buffer.concat([value, identifierHeader, der]), createPrivateKey(keyPem)));
      signature.writeBytes(3, identifierHeader);
      metadata.writeBytes(2, signature.getResultBuffer());
    }
    return metadata.getResultBuffer();
  }

  envelope(channel: Channel, simulation: Simulation, options: EnvelopeOptions = {}): Uint8Array {
    const { time = NOW, shownTime = time, endorsers = GATEWAYS.slice(0, 3) } = options;
    const name = options.channel ?? channel;
    const header = (seconds: number): common.Header => headerOf(name, simulation.transactionId, seconds);
    const proposalPayload = proposalOf(options.input ?? simulation.input);
    const endorsedHeader = header(time);
    const response = new peer.ProposalResponsePayload();
    response.setProposalHash(
      sha256(endorsedHeader.getChannelHeader_asU8(), endorsedHeader.getSignatureHeader_asU8(), proposalPayload),
    );
    response.setExtension$(chaincodeAction(simulation, options.chaincode ?? CHAINCODE));
    const responsePayload = response.serializeBinary();
    const endorsed = new peer.ChaincodeEndorsedAction();
    endorsed.setProposalResponsePayload(responsePayload);
    endorsed.setEndorsementsList(
      endorsers.map((mspId) => {
        const signer = options.signers?.[mspId] ?? this.peers[mspId];
        if (!signer) throw new RangeError(`no peer of ${mspId}`);
        return endorsement(mspId, signer, responsePayload);
      }),
    );
    const actionPayload = new peer.ChaincodeActionPayload();
    actionPayload.setChaincodeProposalPayload(options.shownInput ? proposalOf(options.shownInput) : proposalPayload);
    actionPayload.setAction(endorsed);
    const action = new peer.TransactionAction();
    action.setPayload(actionPayload.serializeBinary());
    const transaction = new peer.Transaction();
    transaction.setActionsList([action]);
    return wrap(header(shownTime), transaction.serializeBinary());
  }

  async *blocks(channel: Channel, { from = 0n, signal }: BlockOptions): AsyncGenerator<LedgerBlock> {
    for (let next = Number(from); !signal?.aborted;) {
      const block = this.blocksOf[channel][next];
      if (block) {
        next++;
        yield block;
        continue;
      }
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        this.#waiting.add(wake);
        signal?.addEventListener('abort', wake);
      });
    }
  }
}

export async function issuePeer(
  root: KeyAndCertificate,
  mspId: string,
  validity: { notBefore: Date; notAfter: Date } = VALIDITY,
): Promise<KeyAndCertificate> {
  const request = {
    commonName: `peer.${mspId}`,
    organisation: mspId,
    organisationalUnit: 'peer',
    usage: 'signing',
  } as const;
  return issueCertificate(await loadAuthority(root), request, validity);
}

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function proposalOf(args: readonly Uint8Array[]): Uint8Array {
  const input = new peer.ChaincodeInput();
  input.setArgsList([...args]);
  const spec = new peer.ChaincodeSpec();
  spec.setInput(input);
  const invocation = new peer.ChaincodeInvocationSpec();
  invocation.setChaincodeSpec(spec);
  const payload = new peer.ChaincodeProposalPayload();
  payload.setInput(invocation.serializeBinary());
  return payload.serializeBinary();
}

function headerOf(channel: string, transactionId: string, seconds: number): common.Header {
  const timestamp = new Timestamp();
  timestamp.setSeconds(seconds);
  const channelHeader = new common.ChannelHeader();
  channelHeader.setType(common.HeaderType.ENDORSER_TRANSACTION);
  channelHeader.setChannelId(channel);
  channelHeader.setTxId(transactionId);
  channelHeader.setTimestamp(timestamp);
  const creator = new msp.SerializedIdentity();
  creator.setMspid('CSS1MSP');
  const signatureHeader = new common.SignatureHeader();
  signatureHeader.setCreator(creator.serializeBinary());
  const header = new common.Header();
  header.setChannelHeader(channelHeader.serializeBinary());
  header.setSignatureHeader(signatureHeader.serializeBinary());
  return header;
}

/** @param orderers whom the configuration lets sign blocks, numbered from 1 */
export function configEnvelope(channel: string, orderers: readonly KeyAndCertificate[] = []): Uint8Array {
  const channelHeader = new common.ChannelHeader();
  channelHeader.setType(common.HeaderType.CONFIG);
  channelHeader.setChannelId(channel);
  const header = new common.Header();
  header.setChannelHeader(channelHeader.serializeBinary());
  header.setSignatureHeader(new common.SignatureHeader().serializeBinary());
  const value = new common.ConfigValue();
  value.setValue(ordererMapping(orderers));
  const ordering = new common.ConfigGroup();
  ordering.getValuesMap().set('Orderers', value);
  const group = new common.ConfigGroup();
  group.getGroupsMap().set('Orderer', ordering);
  const config = new common.Config();
  config.setChannelGroup(group);
  const envelope = new common.ConfigEnvelope();
  envelope.setConfig(config);
  return wrap(header, envelope.serializeBinary());
}

function ordererMapping(orderers: readonly KeyAndCertificate[]): Uint8Array {
  const mapping = new common.Orderers();
  mapping.setConsenterMappingList(
    orderers.map(({ certificatePem }, index) => {
      const consenter = new common.Consenter();
      consenter.setId(index + 1);
      consenter.setMspId(GATEWAYS[index] as string);
      consenter.setIdentity(Buffer.from(certificatePem));
      return consenter;
    }),
  );
  return mapping.serializeBinary();
}

function wrap(header: common.Header, data: Uint8Array): Uint8Array {
  const payload = new common.Payload();
  payload.setHeader(header);
  payload.setData(data);
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  return envelope.serializeBinary();
}

function chaincodeAction(simulation: Simulation, chaincode: string): Uint8Array {
  const set = new ledger.rwset.kvrwset.KVRWSet();
  set.setWritesList(
    [...simulation.writes].sort().map(([key, value]) => {
      const write = new ledger.rwset.kvrwset.KVWrite();
      write.setKey(key);
      write.setValue(value);
      return write;
    }),
  );
  const own = new ledger.rwset.NsReadWriteSet();
  own.setNamespace(chaincode);
  own.setRwset(set.serializeBinary());
  const results = new ledger.rwset.TxReadWriteSet();
  results.setNsRwsetList([own]);
  const id = new peer.ChaincodeID();
  id.setName(chaincode);
  const action = new peer.ChaincodeAction();
  action.setResults(results.serializeBinary());
  action.setChaincodeId(id);
  if (simulation.event) {
    const event = new peer.ChaincodeEvent();
    event.setEventName(simulation.event.name);
    event.setPayload(Buffer.from(simulation.event.payload));
    action.setEvents(event.serializeBinary());
  }
  return action.serializeBinary();
}

function endorsement(
  mspId: string,
  { keyPem, certificatePem }: KeyAndCertificate,
  payload: Uint8Array,
): peer.Endorsement {
  const identity = new msp.SerializedIdentity();
  identity.setMspid(mspId);
  identity.setIdBytes(Buffer.from(certificatePem));
  const endorser = identity.serializeBinary();
  const made = new peer.Endorsement();
  made.setEndorser(endorser);
  made.setSignature(sign('sha256', Buffer.concat([payload, endorser]), createPrivateKey(keyPem)));
  return made;
}
