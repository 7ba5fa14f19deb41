import { releaseBytes } from './byte-arguments';
import { AuthorizationContract } from './authorization-contract';
import { RegistrationContract } from './registration-contract';
import { BroadcastContract } from './broadcast-contract';
import { ChargingRecordsContract } from './charging-records-contract';
import { MaintenanceContract } from './maintenance-contract';
import { type Contract } from 'fabric-contract-api';
import { type ChaincodeInterface, type ChaincodeResponse, type ChaincodeStub } from 'fabric-shim-api';
import ChaincodeFromContract from 'fabric-shim/lib/contract-spi/chaincodefromcontract';
import { ensureCodedText, toRefusal } from './refusal';
import { TextSerializer } from './serializer';
import { limitShimLog } from './shim-log';

export const TITLE = 'chargecast';
export const VERSION = '0.1.0';

const ERROR_THRESHOLD = 400;

export type ContractClass = new () => Contract;

export const CONTRACTS: readonly ContractClass[] = [
  RegistrationContract,
  AuthorizationContract,
  BroadcastContract,
  ChargingRecordsContract,
  MaintenanceContract,
];

/** The contracts behind the contract runtime; every refusal that leaves it carries a code. */
export class CodedChaincode implements ChaincodeInterface {
  readonly #inner: ChaincodeInterface;
  #running = 0;
  #idle: (() => void)[] = [];

  constructor(contracts = CONTRACTS) {
    limitShimLog(process.env.CORE_CHAINCODE_LOGGING_LEVEL);
    const serializers = { transaction: 'text', serializers: { text: TextSerializer } };
    this.#inner = new ChaincodeFromContract([...contracts], serializers, {}, TITLE, VERSION);
  }

  async Init(stub: ChaincodeStub): Promise<ChaincodeResponse> {
    return this.#run(() => this.#inner.Init(stub));
  }

  async Invoke(stub: ChaincodeStub): Promise<ChaincodeResponse> {
    if (stub.getArgs().length === 0) return refusal('Contract name is not known');
    try {
      return await this.#run(() => this.#inner.Invoke(stub));
    } finally {
      releaseBytes(stub);
    }
  }

  /** Resolves when no transaction runs. */
  async idle(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async #run(execute: () => Promise<ChaincodeResponse>): Promise<ChaincodeResponse> {
    this.#running += 1;
    try {
      const response = await execute();
      return response.status < ERROR_THRESHOLD ? response : refusal(response.message ?? '', response.status);
    } catch (error) {
      return refusal(toRefusal(error).message);
    } finally {
      this.#running -= 1;
      if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve();
    }
  }
}

const refusal = (message: string, status = 500): ChaincodeResponse => ({ status, message: ensureCodedText(message) });
