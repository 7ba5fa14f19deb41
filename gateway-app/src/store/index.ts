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
