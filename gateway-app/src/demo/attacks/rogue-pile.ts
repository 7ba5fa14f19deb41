import { type Begun, type Established, type StationDesk } from '../../authentication';
import { CodedError } from '../../common/errors';
import { HOST } from '../../deployment/host';
import {
  type EntryKey,
  type FromVehicle,
  fromVehicle,
  type RpcServer,
  type RpcTls,
  serve,
  type ToVehicle,
  toVehicle,
} from '../../rpc';

/** As received: one member is set, and `message` names it. */
interface Received {
  readonly message?: string;
  readonly authentication?: Uint8Array | null;
  readonly sealed?: Uint8Array | null;
  readonly answer?: { readonly keys: readonly EntryKey[] } | null;
}

interface Asked {
  readonly headers: readonly Uint8Array[];
  readonly answered: (keys: readonly EntryKey[]) => void;
  readonly gone: (error: Error) => void;
}

export interface RoguePileOptions {
  readonly desk: StationDesk;
  readonly tls: RpcTls;
  readonly port: number;
}

/** What passed between a vehicle and a pile before their session. */
export interface Recording {
  readonly hello: Uint8Array;
  readonly proof: Uint8Array;
  /** Message 4 as the pile sent it to its provider. */
  readonly request: Uint8Array;
}

/** A pile whose record counts and that a provider vouches for, and that asks a vehicle for more than it should. */
export class RoguePile {
  readonly #options: RoguePileOptions;
  readonly #asked: Asked[] = [];
  #wake: () => void = () => undefined;
  #server: RpcServer | undefined;
  #recording: Recording | undefined;

  private constructor(options: RoguePileOptions) {
    this.#options = options;
  }

  static async start(options: RoguePileOptions): Promise<RoguePile> {
    const pile = new RoguePile(options);
    const { tls, port } = options;
    pile.#server = await serve('Pile', { session: (requests) => pile.#session(requests) }, { tls, host: HOST, port });
    return pile;
  }

  /** Of the vehicle that is plugged in. @throws CodedError E_ATTACK_SETUP before one is */
  get recording(): Recording {
    if (!this.#recording) throw new CodedError('E_ATTACK_SETUP', 'no vehicle has plugged in at the rogue pile');
    return this.#recording;
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
    const next = async (): Promise<Received> => {
      const step = (await incoming.next()) as IteratorResult<FromVehicle, undefined>;
      return step.done ? {} : step.value;
    };
    const { frames } = yield* this.#authenticate(next);
    const sealed = (message: ToVehicle): ToVehicle => ({ sealed: frames.seal(toVehicle.encode(message)) });
    yield sealed({ accepted: {} });
    for (let id = 1; ; id++) {
      const asked = await this.#nextAsked();
      try {
        yield sealed({ request: { id, headers: asked.headers } });
        const frame = (await next()).sealed;
        const answer = frame ? (fromVehicle.decode(frames.open(Uint8Array.from(frame))) as Received).answer : undefined;
        if (!answer) return;
        asked.answered(answer.keys);
      } finally {
        asked.gone(new CodedError('E_VEHICLE_GONE', 'the vehicle answers no more'));
      }
    }
  }

  /** As an honest pile does, but that it keeps what it hears. */
  async *#authenticate(next: () => Promise<Received>): AsyncGenerator<ToVehicle, Established, undefined> {
    const { desk } = this.#options;
    const heard = async (): Promise<Uint8Array> => Uint8Array.from((await next()).authentication ?? []);
    const hello = await heard();
    const { handshake }: Begun = desk.begin(hello);
    yield { authentication: handshake.offer };
    const proof = await heard();
    const { request } = await handshake.prove(proof);
    const { permit } = await desk.admit(request);
    yield { authentication: await handshake.accept(Uint8Array.from(permit)) };
    const established = handshake.complete(await heard());
    this.#recording = { hello, proof, request };
    return established;
  }

  async #nextAsked(): Promise<Asked> {
    for (;;) {
      const asked = this.#asked.shift();
      if (asked) return asked;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
