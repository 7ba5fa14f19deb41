import { rename, rm } from 'node:fs/promises';

import { chaincodeHostName, type CssOrganisation, ordererName, peerName } from '../topology';
import { nodeDirectory, openWorkshop } from './organisation';

export type CertifiedNode = 'peer' | 'orderer' | 'chaincode';

/** PEM files of a node; a chaincode server has no identity of its own, only TLS. */
export interface RenewedFiles {
  readonly certPath?: string;
  readonly tlsCertPath: string;
}

const next = (node: CertifiedNode): string => `${node}.next`;

/**
 * New keys and certificates for one node, of its organisation's own authorities, beside those it uses until
 * `adoptRenewal`. What an interrupted renewal has made is kept, since others may know of it.
 */
export async function prepareRenewal(
  organisation: CssOrganisation,
  stateDir: string,
  node: CertifiedNode,
): Promise<RenewedFiles> {
  const workshop = await openWorkshop(organisation, stateDir);
  const { host } = organisation;
  if (node === 'chaincode') {
    return { tlsCertPath: (await workshop.tls(next(node), chaincodeHostName(organisation), host)).certPath };
  }
  const commonName = node === 'peer' ? peerName(organisation) : ordererName(organisation);
  const { certPath, tls } = await workshop.node(node, commonName, host, next(node));
  return { certPath, tlsCertPath: tls.certPath };
}

/** Puts what `prepareRenewal` made in place; the old keys are deleted. The node must not run. */
export async function adoptRenewal({ mspId }: CssOrganisation, stateDir: string, node: CertifiedNode): Promise<void> {
  const current = nodeDirectory(stateDir, mspId, node);
  await rm(current, { recursive: true, force: true });
  await rename(nodeDirectory(stateDir, mspId, next(node)), current);
}
