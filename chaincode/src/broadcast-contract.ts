import {
  BROADCAST,
  decodeSigmaList,
  decodeGenesisGovernance,
  decodeSignedSlotHead,
  decodeSigmaState,
  governanceKey,
  hex,
  type InclusionReply,
  keyRange,
  ProtocolError,
  type SigmaReply,
  sigmaKey,
  SLOT_EVENT,
  SLOT_KEY,
} from '@chargecast/protocol';
import { encodeParams } from '@chargecast/signcryption/params';
import { Info, Param, Returns, Transaction } from 'fabric-contract-api';
import { type AccessTable, EVERYONE } from './access';
import { bytesArgument } from './byte-arguments';
import { LedgerContext, LedgerContract, type Reads } from './ledger-contract';
import { readPageRequest } from './paging';
import { putVersioned, readRulesInForce } from './rules/governance';
import { initialise, readGivenParams } from './rules/initialise';
import { keysOfItem, pageRevocations } from './rules/revocation';
import { historyKeysOf, proveSigma, submitSigmas } from './rules/submission';
import { advanceSlot, ensureSlotFresh } from './rules/slots';
import { announce, governance, governanceItem, mirrorGovernance, readArgument, reply } from './shared-transactions';

export const BROADCAST_ACCESS: AccessTable = {
  init: ['admin'],
  getParams: EVERYONE,
  governance: EVERYONE,
  governanceItem: EVERYONE,
  submit: ['relay'],
  getSigma: EVERYONE,
  listSigmas: EVERYONE,
  getInclusionProof: EVERYONE,
  mirrorGovernance: ['relay', 'kgc', 'provider', 'admin'],
  listRevocations: EVERYONE,
  advanceSlot: ['relay'],
  slot: EVERYONE,
};

const sigmaId = hex(32);

const RULES_KEYS = [SLOT_KEY, governanceKey('limits'), governanceKey('epochs')];
const BROADCAST_READS: Readonly<Record<string, Reads>> = {
  submit: (stub) => [...RULES_KEYS, ...historyKeysOf(bytesArgument(stub) ?? stub.getBufferArgs()[1])],
};

/** σ, the governance it is judged by, and the slot. Serves the data chain. */
@Info({ title: 'broadcast', description: 'Publicly verified ciphertexts on the data chain' })
export class BroadcastContract extends LedgerContract {
  constructor() {
    super(BROADCAST.contract, 'datachain', BROADCAST_ACCESS, BROADCAST_READS);
  }

  @Transaction()
  @Returns('string')
  async init(ctx: LedgerContext, paramsJson: string, governanceJson: string, roleMapJson: string): Promise<string> {
    const params = readGivenParams(paramsJson);
    this.ensureChannel(ctx, params);
    const { limits, epochs } = readArgument(governanceJson, decodeGenesisGovernance, 'governance');
    await initialise(ctx.state, params, roleMapJson);
    await putVersioned(ctx.state, params, limits);
    await putVersioned(ctx.state, params, epochs);
    return encodeParams(params);
  }

  @Transaction(false)
  @Returns('string')
  async getParams(ctx: LedgerContext): Promise<string> {
    return encodeParams(ctx.params);
  }

  @Transaction(false)
  @Returns('string')
  async governance(ctx: LedgerContext): Promise<string> {
    return governance(ctx);
  }

  @Transaction(false)
  @Returns('string')
  async governanceItem(ctx: LedgerContext, kind: string): Promise<string> {
    return governanceItem(ctx, kind);
  }

  @Transaction()
  @Param('sigmas', 'string[]', 'One or more σ, each behind its length: u32, little-endian')
  @Returns('string')
  async submit(ctx: LedgerContext, sigmas: Uint8Array): Promise<string> {
    await ensureSlotFresh(ctx.state, ctx.time);
    return reply(await submitSigmas(ctx, decodeSigmaList(bytesArgument(ctx.stub) ?? sigmas)));
  }

  @Transaction(false)
  @Returns('string')
  async getSigma(ctx: LedgerContext, id: string): Promise<string> {
    const value = await ctx.state.bytes(sigmaKey(sigmaId(id, 'id')));
    if (!value) throw new ProtocolError('E_NOT_FOUND', 'no σ with this id is committed');
    return reply({ id, ...decodeSigmaState(value) } satisfies SigmaReply);
  }

  @Transaction(false)
  @Returns('string')
  async listSigmas(ctx: LedgerContext, pageSize: string, bookmark: string): Promise<string> {
    const request = readPageRequest(pageSize, bookmark);
    const [start, end] = keyRange('sigma');
    const page = await ctx.state.page([start, end], request.pageSize, request.bookmark, (key, value) => ({
      id: key.slice(start.length),
      ...decodeSigmaState(value),
    }));
    return reply(page);
  }

  @Transaction(false)
  @Returns('string')
  async getInclusionProof(ctx: LedgerContext, id: string): Promise<string> {
    return reply((await proveSigma(ctx.state, sigmaId(id, 'id'))) satisfies InclusionReply);
  }

  @Transaction()
  @Returns('string')
  async mirrorGovernance(ctx: LedgerContext, itemJson: string): Promise<string> {
    return mirrorGovernance(ctx, itemJson, async (item) => keysOfItem(item));
  }

  @Transaction(false)
  @Returns('string')
  async listRevocations(ctx: LedgerContext, pageSize: string, bookmark: string): Promise<string> {
    const request = readPageRequest(pageSize, bookmark);
    return reply(await pageRevocations(ctx.state, request.pageSize, request.bookmark));
  }

  @Transaction()
  @Returns('string')
  async advanceSlot(ctx: LedgerContext, headJson: string): Promise<string> {
    const head = readArgument(headJson, decodeSignedSlotHead, 'head');
    const { epochs } = await readRulesInForce(ctx.state);
    await advanceSlot(ctx.state, ctx.params, epochs, ctx.time, head);
    announce(ctx, SLOT_EVENT, reply({ number: head.number, epoch: head.epoch }));
    return reply({ number: head.number });
  }

  @Transaction(false)
  @Returns('string')
  async slot(ctx: LedgerContext): Promise<string> {
    const head = await ctx.state.text(SLOT_KEY);
    if (head === undefined) throw new ProtocolError('E_NOT_FOUND', 'no slot head stands yet; the gateways sign one');
    return head;
  }
}
