import { CodedError } from '../common/errors';
import { Queue } from '../common/queue';
import type { Client, EntryKeyRequest, FromVehicle, PileNotice, PlugChallenge, PlugRefused, ToVehicle } from '../rpc';
import type { EntryLender } from './entry-lender';
import type { OpenPlug, PlugIn } from './plug-in';

/** As received: one member is set. */
interface Incoming {
  readonly challenge?: PlugChallenge | null;
  readonly accepted?: object | null;
  readonly request?: EntryKeyRequest | null;
  readonly refused?: PlugRefused | null;
  readonly notice?: PileNotice | null;
}

/** One stream between a vehicle and a pile, from hello to its end. */
export class PileConnection {
  readonly #outgoing = new Queue<FromVehicle>();
  readonly #incoming: AsyncIterator<ToVehicle>;

  /** @param signal gives the connection up */
  constructor(pile: Pick<Client<'Pile'>, 'session'>, signal: AbortSignal) {
    this.#incoming = pile.session(this.#outgoing, { signal })[Symbol.asyncIterator]();
  }

  /**
   * Hello, challenge, proof, accepted.
   * @throws CodedError with the code of {@link PlugIn.answer} or of the pile's refusal; E_PLUG_GONE; RpcError
   */
  async plugIn(plugIn: PlugIn): Promise<OpenPlug> {
    this.#outgoing.push({ hello: plugIn.hello });
    const { challenge } = await this.#next();
    if (!challenge) throw new CodedError('E_PLUG_CHALLENGE', 'the pile did not answer with a challenge');
    const { proof, plug } = await plugIn.answer(challenge);
    this.#outgoing.push({ proof });
    const { accepted } = await this.#next();
    if (!accepted) throw new CodedError('E_PLUG_CHALLENGE', 'the pile did not answer the proof');
    return plug;
  }

  /** Answers header requests until the stream ends. @throws RpcError, CodedError when it breaks */
  async serve(lender: EntryLender, noticed: (notice: PileNotice) => void): Promise<void> {
    for (;;) {
      const { request, notice } = await this.#next();
      if (request) this.#outgoing.push({ answer: await lender.answer(request) });
      else if (notice) noticed(notice);
    }
  }

  /** Says that the vehicle unplugs; nothing follows. */
  unplug(): void {
    this.#outgoing.push({ unplug: {} });
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
    return message;
  }
}
