export { type ChainAuditOptions, type ChainFault, type ChainReport, verifyChain } from './chain';
export { type OpenChain, openChain, spentCredentials } from './deployment-chain';
export { needleForms } from './needles';
export { type StoredBlocks, storedBlocks } from './stored-blocks';
export { describeSigma, judgeSigma, type SigmaChecks, type SigmaDescription, type SigmaVerdict } from './sigma';
