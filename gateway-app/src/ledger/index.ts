export {
  type BlockOptions,
  type BlockSource,
  type Channel,
  type EndorsedTransaction,
  type Endorsement,
  type ErrorDetail,
  type Ledger,
  type LedgerBlock,
  LedgerError,
  type LedgerTransaction,
  type LedgerWrite,
  type SubmitResult,
  type Transaction,
} from './port';
export { encodeTrust, endorsingOrganisations, parseTrust, readTrust, type TrustBundle } from './trust';
export { assembleItems, ensureFollows, headerHash, toChainItems } from './block';
export { EndorsementVerifier } from './endorsements';
export { pinGenesis } from './genesis';
export { connectLedger } from './fabric-gateway';
export { type LedgerDeadlines } from './gateway-connection';
