import { createPrivateKey } from 'node:crypto';

import { type KeyPair } from '@chargecast/network/embedded/index';
import { Client, credentials } from '@grpc/grpc-js';
import {
  type ChaincodeEvent,
  type Checkpointer,
  checkpointers,
  connect,
  type Contract,
  type Gateway,
  type Network,
  type Signer,
  signers,
} from '@hyperledger/fabric-gateway';

import { made } from './errors';
import { Invocation } from './invocation';
import {
  type BlockKind,
  type BlockListener,
  type Listener,
  listenForBlocks,
  listenForChaincode,
  type Start,
} from './listener';
import { type GatewayAddress } from './scenario-ledger';

export interface SessionUser {
  readonly mspId: string;
  readonly keyPair: KeyPair;
  /** False: the gateway cannot sign, messages are signed off-line. */
  readonly signs: boolean;
}

/** A named gateway connection of a scenario, with the network, contract and listeners in use. */
export class GatewaySession {
  readonly #user: SessionUser;
  readonly #chaincodeListeners = new Map<string, Listener<ChaincodeEvent>>();
  readonly #blockListeners = new Map<string, BlockListener>();
  #client: Client | undefined;
  #gateway: Gateway | undefined;
  #network: Network | undefined;
  #contract: Contract | undefined;
  #checkpointer: Checkpointer | undefined;

  constructor(user: SessionUser) {
    this.#user = user;
  }

  connect({ address, serverName, tlsRootPem }: GatewayAddress): void {
    const { mspId, keyPair, signs } = this.#user;
    this.#client = new Client(address, credentials.createSsl(Buffer.from(tlsRootPem)), {
      'grpc.ssl_target_name_override': serverName,
    });
    this.#gateway = connect({
      client: this.#client,
      identity: { mspId, credentials: Buffer.from(keyPair.certificatePem) },
      ...(signs && { signer: signerOf(keyPair) }),
    });
  }

  useNetwork(channel: string): void {
    this.#network = made(this.#gateway, 'a gateway connection').getNetwork(channel);
    this.#contract = undefined;
  }

  useContract(chaincode: string): void {
    this.#contract = this.#connectedNetwork().getContract(chaincode);
  }

  prepare(kind: 'evaluate' | 'submit', transaction: string): Invocation {
    const gateway = made(this.#gateway, 'a gateway connection');
    return new Invocation(gateway, made(this.#contract, 'a contract'), kind, transaction);
  }

  createCheckpointer(): void {
    this.#checkpointer = checkpointers.inMemory();
  }

  get checkpointer(): Checkpointer {
    return made(this.#checkpointer, 'a checkpointer');
  }

  async listenForChaincode(listener: string, chaincode: string, start: Start): Promise<void> {
    this.closeChaincodeListener(listener);
    this.#chaincodeListeners.set(listener, await listenForChaincode(this.#connectedNetwork(), chaincode, start));
  }

  nextChaincodeEvent(listener: string): Promise<ChaincodeEvent> {
    return made(this.#chaincodeListeners.get(listener), `chaincode event listener "${listener}"`).next();
  }

  closeChaincodeListener(listener: string): void {
    this.#chaincodeListeners.get(listener)?.close();
    this.#chaincodeListeners.delete(listener);
  }

  async listenForBlocks(listener: string, kind: BlockKind, start: Start): Promise<void> {
    this.closeBlockListener(listener, kind);
    this.#blockListeners.set(`${kind}:${listener}`, await listenForBlocks(this.#connectedNetwork(), kind, start));
  }

  nextBlock(listener: string, kind: BlockKind): Promise<unknown> {
    return made(this.#blockListeners.get(`${kind}:${listener}`), `${kind} event listener "${listener}"`).next();
  }

  closeBlockListener(listener: string, kind: BlockKind): void {
    this.#blockListeners.get(`${kind}:${listener}`)?.close();
    this.#blockListeners.delete(`${kind}:${listener}`);
  }

  close(): void {
    for (const listener of [...this.#chaincodeListeners.values(), ...this.#blockListeners.values()]) listener.close();
    this.#gateway?.close();
    this.#client?.close();
  }

  #connectedNetwork(): Network {
    return made(this.#network, 'a network');
  }
}

export function signerOf({ privateKeyPem }: KeyPair): Signer {
  return signers.newPrivateKeySigner(createPrivateKey(privateKeyPem));
}
