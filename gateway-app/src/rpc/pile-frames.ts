import type { MethodDefinition } from '@grpc/grpc-js';

import type { FromVehicle, ToVehicle } from './messages';
import { serviceOf } from './schema';

interface Codec<T> {
  encode(message: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}

/** What travels sealed inside an open session: the messages of Pile.Session themselves. */
export const fromVehicle: Codec<FromVehicle> = {
  encode: (message) => definition().requestSerialize(message),
  decode: (bytes) => definition().requestDeserialize(Buffer.from(bytes)),
};

export const toVehicle: Codec<ToVehicle> = {
  encode: (message) => definition().responseSerialize(message),
  decode: (bytes) => definition().responseDeserialize(Buffer.from(bytes)),
};

function definition(): MethodDefinition<FromVehicle, ToVehicle> {
  return serviceOf('Pile').service['Session'] as MethodDefinition<FromVehicle, ToVehicle>;
}
