import { randomBytes } from 'node:crypto';

import { plugStatement, type PlugTranscript, signLedgerStatement } from '@chargecast/protocol';
import { type HolderKey, type Params } from '@chargecast/signcryption';

import { CodedError } from '../../common/errors';
import { SIGNING_ENV } from '../../common/signing-env';
import { HOST } from '../../deployment/ports';
import { type EntryKey, type FromVehicle, type PlugHello, type RpcServer, serve, type ToVehicle } from '../../rpc';
import { type RpcTls } from '../../rpc';

/** As received: one member is set. */
interface FromVehicleFields {
  readonly hello?: PlugHello | null;
  readonly proof?: object | null;
  readonly answer?: { readonly keys: readonly EntryKey[] } | null;
}

interface Asked {
  readonly headers: readonly Uint8Array[];
  readonly answered: (keys: readonly EntryKey[]) => void;
  readonly gone: (error: Error) => void;
}

export interface RoguePileOptions {
  readonly params: Params;
  readonly key: HolderKey;
  readonly tls: RpcTls;
  readonly port: number;
}

/** A pile whose record counts, and that asks a vehicle for more than it should. */
export class RoguePile {
  readonly #options: RoguePileOptions;
  readonly #asked: Asked[] = [];
  #wake: () => void = () => undefined;
  #server: RpcServer | undefined;

  private constructor(options: RoguePileOptions) {
    this.#options = options;
  }

  static async start(options: RoguePileOptions): Promise<RoguePile> {
    const pile = new RoguePile(options);
    const { tls, port } = options;
    pile.#server = await serve('Pile', { session: (requests) => pile.#session(requests) }, { tls, host: HOST, port });
    return pile;
  }

  /** Keys for these headers from the vehicle that is plugged in. */
  ask(headers: readonly Uint8Array[]): Promise<readonly EntryKey[]> {
    return new Promise((resolve, reject) => {
      this.#asked.push({ headers, answered: resolve, gone: reject });
      this.#wake();
    });
  }

  async stop(): Promise<void> {
    await this.#server?.close();
  }

  async *#session(requests: AsyncIterable<FromVehicle>): AsyncGenerator<ToVehicle> {
    const incoming = requests[Symbol.asyncIterator]();
    const next = async (): Promise<FromVehicleFields | undefined> => {
      const step = (await incoming.next()) as IteratorResult<FromVehicle, undefined>;
      return step.done ? undefined : (step.value as FromVehicleFields);
    };
    const hello = (await next())?.hello;
    if (!hello) return;
    yield { challenge: this.#challenge(hello) };
    if (!(await next())?.proof) return;
    yield { accepted: {} };
    for (let id = 1; ; id++) {
      const asked = await this.#nextAsked();
      try {
        yield { request: { id, headers: asked.headers } };
        const answer = (await next())?.answer;
        if (!answer) return;
        asked.answered(answer.keys);
      } finally {
        asked.gone(new CodedError('E_VEHICLE_GONE', 'the vehicle answers no more'));
      }
    }
  }

  #challenge(hello: PlugHello): { pile: Uint8Array; session: Uint8Array; nonce: Uint8Array; signature: Uint8Array } {
    const { params, key } = this.#options;
    const transcript: PlugTranscript = {
      vehicle: Uint8Array.from(hello.vehicle),
      pile: key.record.f,
      session: Uint8Array.from(randomBytes(16)),
      vehicleNonce: Uint8Array.from(hello.nonce),
      pileNonce: Uint8Array.from(randomBytes(32)),
    };
    const signature = signLedgerStatement(SIGNING_ENV, params, key.q, plugStatement('pile', transcript));
    const { pile, session, pileNonce } = transcript;
    return { pile, session, nonce: pileNonce, signature: Buffer.from(signature, 'hex') };
  }

  async #nextAsked(): Promise<Asked> {
    for (;;) {
      const asked = this.#asked.shift();
      if (asked) return asked;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
