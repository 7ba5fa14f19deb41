import { stat } from 'node:fs/promises';
import { type TLSSocket } from 'node:tls';

import { ANY_SERVICE, type Person, personOfCertificate } from '@chargecast/network';
import { z } from 'zod';

import { validate } from '../common/config';
import { CodedError } from '../common/errors';
import { readFileCoded } from '../common/files';
import { RestError } from './problems';

/** Who calls. */
export interface Caller extends Person {
  /** `<role>-<at>-<name>`, as the person's folder is named. */
  readonly id: string;
  readonly serial: string;
}

export function personId({ role, at, name }: Person): string {
  return `${role}-${at}-${name}`;
}

const removedSchema = z.array(
  z.strictObject({
    serial: z.string().regex(/^[0-9a-f]+$/),
    id: z.string(),
    removedAt: z.iso.datetime(),
  }),
);
export type RemovedCertificate = z.infer<typeof removedSchema>[number];

/** @throws CodedError E_FILE_…, E_CONFIG_INVALID */
export async function readRemoved(file: string): Promise<RemovedCertificate[]> {
  const text = (await readFileCoded(file)).toString('utf8');
  try {
    return validate(removedSchema, JSON.parse(text), file);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CodedError('E_CONFIG_SYNTAX', `${file} is not JSON: restore it`, { cause: error });
  }
}

const LOOK_AGAIN_MS = 500;

/** Whose certificates a service takes: its own people's, unless withdrawn. */
export class People {
  readonly #service: string;
  readonly #file: string;
  readonly #ownersOf: ReadonlySet<string>;
  readonly #known = new WeakMap<TLSSocket, Caller | null>();
  #removed: ReadonlySet<string> = new Set();
  #version = '';
  #lookedAt = -Infinity;

  private constructor(service: string, file: string, ownersOf: readonly string[]) {
    this.#service = service;
    this.#file = file;
    this.#ownersOf = new Set(ownersOf);
  }

  /**
   * @param service name of the service, which certificates name
   * @param file list of withdrawn certificates
   * @param ownersOf providers whose owners are known here, too
   * @throws as {@link readRemoved}
   */
  static async open(service: string, file: string, ownersOf: readonly string[] = []): Promise<People> {
    const people = new People(service, file, ownersOf);
    await people.#look();
    return people;
  }

  /** Whom the connection's certificate names; null without one of the people's authority. */
  callerOf(socket: TLSSocket): Caller | null {
    const known = this.#known.get(socket);
    if (known !== undefined) return known;
    const { raw } = socket.authorized ? socket.getPeerCertificate() : { raw: undefined };
    const person = raw ? personOfCertificate(raw) : null;
    const caller = person && { ...person, id: personId(person) };
    this.#known.set(socket, caller);
    return caller;
  }

  /** @throws RestError 401 E_UNAUTHENTICATED, E_PERSON_REMOVED, 403 E_FORBIDDEN; CodedError if the list is unreadable */
  async admit(socket: TLSSocket): Promise<Caller> {
    const caller = this.callerOf(socket);
    if (!caller) {
      throw new RestError(
        401,
        'E_UNAUTHENTICATED',
        "connect with a client certificate of this service's people: ./chargecast person add makes one",
      );
    }
    await this.#look();
    if (this.#removed.has(caller.serial)) {
      throw new RestError(401, 'E_PERSON_REMOVED', 'this certificate was withdrawn: ask for a new one');
    }
    if (!this.#knows(caller)) {
      throw new RestError(403, 'E_FORBIDDEN', `this certificate is for another service than ${this.#service}`);
    }
    return caller;
  }

  /** An owner is one provider's customer: a certificate for any service would name another's, too. */
  #knows({ role, at }: Person): boolean {
    if (role === 'owner') return at === this.#service || this.#ownersOf.has(at);
    return at === this.#service || at === ANY_SERVICE;
  }

  async #look(): Promise<void> {
    const now = performance.now();
    if (now - this.#lookedAt < LOOK_AGAIN_MS) return;
    const version = await stat(this.#file).then(
      ({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`,
      () => 'missing',
    );
    if (version !== this.#version) {
      this.#removed = new Set((await readRemoved(this.#file)).map(({ serial }) => serial));
      this.#version = version;
    }
    this.#lookedAt = now;
  }
}
