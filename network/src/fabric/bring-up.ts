import { allSettled } from '../all-settled';
import { writePrivateFile } from '../pki/files';
import { type Topology } from '../topology';
import { type ChaincodePackage, writeBuilder } from './chaincode-package';
import { joinOrderers, joinPeers, makeGenesisBlocks } from './channels';
import { type FabricNode, type Layout, nodesOf } from './layout';
import { define, install, waitEndorsable } from './lifecycle';
import { Nodes, type StartContext } from './nodes';
import { type PeerAdmin } from './peer-admin';
import { peerAdmins } from './peer-admins';
import { type NetworkState, writeState } from './state';

export interface BringUpContext extends StartContext {
  readonly topology: Topology;
  readonly layout: Layout;
}

/** The steps of bringing a network up, each a no-op where its result is there already. */
export class BringUp {
  readonly nodes: readonly FabricNode[];
  readonly #context: BringUpContext;
  readonly #table: Nodes;
  readonly #admins: readonly PeerAdmin[];

  constructor(context: BringUpContext) {
    const { topology, layout } = context;
    this.#context = context;
    this.nodes = nodesOf(topology);
    this.#table = new Nodes(topology, layout);
    this.#admins = peerAdmins(context);
  }

  async start(state: NetworkState, bundle: string, chaincode: ChaincodePackage): Promise<void> {
    const { topology, layout, material, programs } = this.#context;
    await writeBuilder(layout.builder);
    await allSettled([
      makeGenesisBlocks(topology, material, layout, programs),
      ...this.#ofKind('orderer').map((node) => this.#table.startOrderer(node, this.#context)),
      ...this.#ofKind('peer').map((node) => this.#table.startPeer(node, this.#context)),
      state.chaincode?.version === chaincode.version
        ? this.#startChaincode(chaincode)
        : this.changeChaincode(bundle, chaincode),
    ]);
    await this.#table.waitHealthy(this.nodes);
  }

  async join(): Promise<void> {
    const { topology, layout, material } = this.#context;
    const statuses = await Promise.all(this.#ofKind('peer').map((node) => this.#table.status(node)));
    const joined = statuses.map(({ heights }) => Object.keys(heights ?? {}));
    await allSettled([joinOrderers(topology, material, layout), joinPeers(topology, layout, this.#admins, joined)]);
  }

  async deploy(chaincode: ChaincodePackage): Promise<void> {
    const { topology, layout } = this.#context;
    await writePrivateFile(layout.chaincodePackage, chaincode.archive);
    await install(this.#admins, layout.chaincodePackage);
    await define(topology, this.#admins, chaincode);
    await waitEndorsable(topology, this.#admins);
  }

  /** Has every organisation's chaincode server run `bundle`. */
  async changeChaincode(bundle: string, chaincode: ChaincodePackage): Promise<void> {
    const { topology, layout } = this.#context;
    const servers = this.#ofKind('chaincode');
    await this.#table.stop(servers);
    await allSettled(servers.map((node) => this.#table.placeBundle(node, bundle, chaincode.version)));
    const { version, packageId } = chaincode;
    await writeState(layout, { topology, chaincode: { version, packageId } });
    await this.#startChaincode(chaincode);
  }

  async #startChaincode(chaincode: ChaincodePackage): Promise<void> {
    const { material } = this.#context;
    const servers = this.#ofKind('chaincode');
    await allSettled(servers.map((node) => this.#table.startChaincode(node, material, chaincode)));
    await this.#table.waitHealthy(servers);
  }

  #ofKind(kind: FabricNode['kind']): FabricNode[] {
    return this.nodes.filter((node) => node.kind === kind);
  }
}
