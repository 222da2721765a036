// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';
import type { ForwardReply, ForwardRequest, GroupMessage, NodeHeartbeat, Peers } from '../../ports/peers.ts';

interface Pile {
  readonly raft: GroupMessage[];
  readonly requests: ForwardRequest[];
  readonly replies: ForwardReply[];
  heartbeat?: NodeHeartbeat;
  silentNodes?: readonly NodeId[];
}

/** Gathers what goes to each node, so that one turn sends one frame a node and phase, all groups together. */
export class Outbox {
  readonly #peers: Pick<Peers, 'send'>;
  readonly #pilesByNode = new Map<NodeId, Pile>();

  constructor(peers: Pick<Peers, 'send'>) {
    this.#peers = peers;
  }

  raft(to: NodeId, message: GroupMessage): void {
    this.#pile(to).raft.push(message);
  }

  request(to: NodeId, request: ForwardRequest): void {
    this.#pile(to).requests.push(request);
  }

  reply(to: NodeId, reply: ForwardReply): void {
    this.#pile(to).replies.push(reply);
  }

  heartbeat(to: NodeId, heartbeat: NodeHeartbeat): void {
    this.#pile(to).heartbeat = heartbeat;
  }

  /** What the leader of the meta group answers to a heartbeat. */
  silence(to: NodeId, nodes: readonly NodeId[]): void {
    this.#pile(to).silentNodes = nodes;
  }

  /** An empty frame, whose stamp says that there is a newer map. */
  touch(to: NodeId): void {
    this.#pile(to);
  }

  /** @returns true when anything was sent. */
  send(stamp: { readonly clockMs: number; readonly mapEpoch: number }): boolean {
    if (this.#pilesByNode.size === 0) return false;
    for (const [node, pile] of this.#pilesByNode) this.#peers.send(node, { ...pile, ...stamp });
    this.#pilesByNode.clear();
    return true;
  }

  #pile(to: NodeId): Pile {
    let pile = this.#pilesByNode.get(to);
    if (pile === undefined) {
      pile = { raft: [], requests: [], replies: [] };
      this.#pilesByNode.set(to, pile);
    }
    return pile;
  }
}
