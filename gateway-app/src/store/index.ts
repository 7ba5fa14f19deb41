export { openStore } from './level-store';
export { openSealedStore } from './sealed-store';
export {
  type Batch,
  fromJson,
  getJson,
  type KeyRange,
  orderedKey,
  type Store,
  type StoreEntry,
  type SubStoreOptions,
  toJson,
} from './store';
