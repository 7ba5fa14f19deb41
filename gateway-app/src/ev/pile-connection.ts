import type { Certificate, CertificateOpening } from '@chargecast/protocol';

import { AuthenticationError, type Established, type SealedFrames, type VehicleHandshake } from '../authentication';
import { CodedError } from '../common/errors';
import { Queue } from '../common/queue';
import {
  type Client,
  type EntryKeyRequest,
  type FromVehicle,
  fromVehicle,
  type PileNotice,
  type PlugRefused,
  type ToVehicle,
  toVehicle,
} from '../rpc';
import type { EntryLender } from './entry-lender';

/** As received: one member is set, and `message` names it. */
interface Incoming {
  readonly message?: string;
  readonly accepted?: object | null;
  readonly request?: EntryKeyRequest | null;
  readonly refused?: PlugRefused | null;
  readonly notice?: PileNotice | null;
  readonly authentication?: Uint8Array | null;
  readonly sealed?: Uint8Array | null;
}

/** One stream between a vehicle and a pile, from hello to its end. */
export class PileConnection {
  readonly #outgoing = new Queue<FromVehicle>();
  readonly #incoming: AsyncIterator<ToVehicle>;
  /** Once there is a session, nothing is said outside it. */
  #frames: SealedFrames | undefined;

  /** @param signal gives the connection up */
  constructor(pile: Pick<Client<'Pile'>, 'session'>, signal: AbortSignal) {
    this.#incoming = pile.session(this.#outgoing, { signal })[Symbol.asyncIterator]();
  }

  /**
   * The seven messages of docs/authentication.md, and the pile's word under the new keys that the session is open.
   * @throws AuthenticationError; CodedError with the pile's or its provider's refusal, E_PLUG_GONE; RpcError
   */
  async authenticate(
    handshake: VehicleHandshake,
  ): Promise<{ readonly established: Established; readonly shown: CertificateOpening; readonly station: Certificate }> {
    this.#outgoing.push({ authentication: handshake.hello });
    this.#outgoing.push({ authentication: await handshake.prove(await this.#nextOfHandshake()) });
    const { confirmation, ...opened } = await handshake.complete(await this.#nextOfHandshake());
    this.#frames = opened.established.frames;
    this.#outgoing.push({ authentication: confirmation });
    const { accepted } = await this.#next();
    insistOn(accepted, 'the pile did not open the session');
    return opened;
  }

  /** Answers header requests until the stream ends. @throws RpcError, CodedError when it breaks */
  async serve(lender: EntryLender, noticed: (notice: PileNotice) => void): Promise<void> {
    for (;;) {
      const { request, notice } = await this.#next();
      if (request) this.#send({ answer: await lender.answer(request) });
      else if (notice) noticed(notice);
    }
  }

  /** Says that the vehicle unplugs; nothing follows. */
  unplug(): void {
    this.#send({ unplug: {} });
    this.#outgoing.close();
  }

  async close(): Promise<void> {
    this.#outgoing.close();
    await this.#incoming.return?.();
  }

  async #next(): Promise<Incoming> {
    const next = await this.#incoming.next();
    if (next.done) throw new CodedError('E_PLUG_GONE', 'the pile ended the connection');
    const message: Incoming = next.value;
    if (message.refused) throw new CodedError(message.refused.code, message.refused.message);
    if (!this.#frames) return message;
    insistOn(message.sealed, 'the pile speaks outside the session');
    return toVehicle.decode(this.#frames.open(Uint8Array.from(message.sealed)));
  }

  async #nextOfHandshake(): Promise<Uint8Array> {
    const { authentication } = await this.#next();
    insistOn(authentication, 'the pile did not answer with a message of the handshake');
    return Uint8Array.from(authentication);
  }

  #send(message: FromVehicle): void {
    this.#outgoing.push(this.#frames ? { sealed: this.#frames.seal(fromVehicle.encode(message)) } : message);
  }
}

function insistOn<T>(value: T | null | undefined, message: string): asserts value is T {
  if (!value) throw new AuthenticationError('E_AUTH_MESSAGE', message);
}
