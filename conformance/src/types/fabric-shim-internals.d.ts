/** The contract runtime of fabric-shim 2.5.8, which its public types leave out. */
declare module 'fabric-shim/lib/contract-spi/chaincodefromcontract' {
  import { type Contract, type JSONSerializer } from 'fabric-contract-api';
  import { type ChaincodeInterface, type ChaincodeResponse, type ChaincodeStub } from 'fabric-shim';

  interface Serializers {
    readonly transaction: string;
    readonly serializers: Readonly<Record<string, new () => JSONSerializer>>;
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
