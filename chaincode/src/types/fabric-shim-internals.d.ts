/** The contract runtime of fabric-shim 2.5.8, which its public types leave out. */
declare module 'fabric-shim/lib/contract-spi/chaincodefromcontract' {
  import { type Contract } from 'fabric-contract-api';
  import { type ChaincodeInterface, type ChaincodeResponse, type ChaincodeStub } from 'fabric-shim-api';

  interface Serializers {
    readonly transaction: string;
    readonly serializers: Readonly<Record<string, unknown>>;
  }

  class ChaincodeFromContract implements ChaincodeInterface {
    constructor(
      contracts: (new () => Contract)[],
      serializers: Serializers,
      metadata: object,
      title: string,
      version: string,
    );
    Init(stub: ChaincodeStub): Promise<ChaincodeResponse>;
    Invoke(stub: ChaincodeStub): Promise<ChaincodeResponse>;
  }
  export = ChaincodeFromContract;
}

declare module 'fabric-shim/lib/logger' {
  type Log = (...parts: unknown[]) => unknown;
  export function getLogger(name: string): { debug: Log; info: Log; warn: Log; error: Log };
}

declare module 'fabric-shim/lib/server' {
  import { type ChaincodeInterface } from 'fabric-shim-api';

  namespace ChaincodeServer {
    /** `peer.ChaincodeMessage` of the protobufs the shim brings. */
    interface ChaincodeMessage {
      getType(): number;
      setType(type: number): void;
      getPayload_asU8(): Uint8Array;
      setPayload(payload: Uint8Array): void;
      getTxid(): string;
      setTxid(txId: string): void;
      getChannelId(): string;
      setChannelId(channel: string): void;
      clone(): ChaincodeMessage;
    }

    interface ChaincodeStream {
      on(event: 'data', listener: (message: ChaincodeMessage) => void): unknown;
      off(event: 'data', listener: (message: ChaincodeMessage) => void): unknown;
    }

    /** One peer's stream, as a stub holds it. */
    interface ChaincodeHandler {
      readonly _stream: ChaincodeStream;
      /** Queues the message behind the transaction's others; @returns the answer's payload for a method it does not know */
      _askPeerAndListen(message: ChaincodeMessage, method: string): Promise<Uint8Array>;
    }
  }

  class ChaincodeServer {
    constructor(chaincode: ChaincodeInterface, options: object);
    start(): Promise<void>;
    connect(stream: ChaincodeServer.ChaincodeStream): void;
  }
  export = ChaincodeServer;
}
