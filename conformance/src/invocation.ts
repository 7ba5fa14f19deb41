import { isNativeError } from 'node:util/types';

import {
  type Commit,
  type Contract,
  type Gateway,
  GatewayError,
  type ProposalOptions,
  type Signable,
  type Signer,
  StatusCode,
} from '@hyperledger/fabric-gateway';

import { ConformanceError, messageOf, Unsupported } from './errors';

type Outcome = { readonly result: string } | { readonly error: unknown };

/** A transaction being prepared, then what came of it. */
export class Invocation {
  options: ProposalOptions = {};
  /** Signs in place of the gateway's own signer. */
  offlineSigner: Signer | undefined;
  readonly #gateway: Gateway;
  readonly #contract: Contract;
  readonly #kind: 'evaluate' | 'submit';
  readonly #name: string;
  #outcome: Outcome | undefined;
  #block: bigint | undefined;

  constructor(gateway: Gateway, contract: Contract, kind: 'evaluate' | 'submit', name: string) {
    this.#gateway = gateway;
    this.#contract = contract;
    this.#kind = kind;
    this.#name = name;
  }

  /** Where it was committed; undefined for one that was evaluated or failed before. */
  get block(): bigint | undefined {
    return this.#block;
  }

  /** @throws Unsupported where the ledger refuses by name */
  async invoke(): Promise<void> {
    try {
      const bytes = await (this.#kind === 'evaluate' ? this.#evaluate() : this.#submit());
      this.#outcome = { result: Buffer.from(bytes).toString() };
    } catch (error) {
      const refusal = textsOf(error)
        .map(refusedByName)
        .find((reason) => reason !== undefined);
      if (refusal !== undefined) throw new Unsupported(refusal, { cause: error });
      this.#outcome = { error };
    }
  }

  /** @throws Error where it failed */
  result(): string {
    const outcome = this.#finished();
    if ('result' in outcome) return outcome.result;
    throw new Error(`the transaction failed: ${textsOf(outcome.error).join('; ')}`, { cause: outcome.error });
  }

  /** @throws Error where it succeeded */
  failure(): Error {
    const outcome = this.#finished();
    if ('result' in outcome) throw new Error(`the transaction succeeded with "${outcome.result}"`);
    return isNativeError(outcome.error) ? outcome.error : new Error(String(outcome.error));
  }

  /** @throws Error where it succeeded, or failed without an answer of the gateway */
  refusal(): GatewayError {
    const failure = this.failure();
    if (failure instanceof GatewayError) return failure;
    throw new Error(`the gateway did not answer: ${failure.message}`, { cause: failure });
  }

  #finished(): Outcome {
    if (this.#outcome) return this.#outcome;
    throw new ConformanceError('E_CONFORMANCE_STEPS', 'the transaction was not invoked');
  }

  async #evaluate(): Promise<Uint8Array> {
    const proposal = this.#contract.newProposal(this.#name, this.options);
    const signed = await this.#sign(proposal, (bytes, signature) => this.#gateway.newSignedProposal(bytes, signature));
    return signed.evaluate();
  }

  async #submit(): Promise<Uint8Array> {
    const gateway = this.#gateway;
    const proposal = await this.#sign(this.#contract.newProposal(this.#name, this.options), (bytes, signature) =>
      gateway.newSignedProposal(bytes, signature),
    );
    const transaction = await this.#sign(await proposal.endorse(), (bytes, signature) =>
      gateway.newSignedTransaction(bytes, signature),
    );
    const submitted = await transaction.submit();
    const commit = await this.#sign<Commit>(submitted, (bytes, signature) => gateway.newSignedCommit(bytes, signature));
    const { code, blockNumber } = await commit.getStatus();
    this.#block = blockNumber;
    if (code !== StatusCode.VALID) throw new Error(`the transaction is invalid with code ${code}`);
    return transaction.getResult();
  }

  /** As the gateway's signer does, or off-line from the digest: what `signed` makes of bytes and signature. */
  async #sign<T extends Signable>(signable: T, signed: (bytes: Uint8Array, signature: Uint8Array) => T): Promise<T> {
    if (!this.offlineSigner) return signable;
    return signed(signable.getBytes(), await this.offlineSigner(signable.getDigest()));
  }
}

function textsOf(error: unknown): string[] {
  const details = error instanceof GatewayError ? error.details.map(({ message }) => message) : [];
  return [messageOf(error), ...details];
}

/** What the ledger says of itself where it does not offer what a chaincode asked for. */
function refusedByName(text: string): string | undefined {
  const unsupported = /[^:]* is not supported by the embedded ledger.*/.exec(text);
  if (unsupported) return unsupported[0].trim();
  const missing = /collection \S+ could not be found/.exec(text);
  return missing ? `private data: ${missing[0]}, and none can be defined on the embedded ledger` : undefined;
}
