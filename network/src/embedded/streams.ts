import { once } from 'node:events';

import { type ServerDuplexStream, type ServerWritableStream } from '@grpc/grpc-js';

type Writable<Req, Res> = ServerWritableStream<Req, Res> | ServerDuplexStream<Req, Res>;

/** Writes a message and waits while the reader is behind. @throws the signal's reason where the reader is gone */
export async function send<Req, Res>(call: Writable<Req, Res>, message: Res, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (call.write(message)) return;
  try {
    await once(call, 'drain', { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
