// SPDX-License-Identifier: Apache-2.0
import type { NodeId, ShardId } from '@shortlink/common/ids.ts';
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
  readonly #onSent: (raftMessages: number) => void;
  readonly #pilesByNode = new Map<NodeId, Pile>();
  /** Commit notices that wait for company: the newest of each shard. */
  readonly #noticesByNode = new Map<NodeId, Map<ShardId, GroupMessage>>();

  constructor(peers: Pick<Peers, 'send'>, onSent: (raftMessages: number) => void) {
    this.#peers = peers;
    this.#onSent = onSent;
  }

  raft(to: NodeId, message: GroupMessage): void {
    // An append says all that an earlier notice would say.
    if (message.message.type === 'MsgApp') this.#forget(to, message.shard);
    this.#pile(to).raft.push(message);
  }

  /**
   * An append without entries: that the commit index has grown is no hurry, most of the time something else is about to go
   * to the node. Goes with the next frame to it, or after `release`.
   */
  notice(to: NodeId, message: GroupMessage): void {
    const known = this.#noticesByNode.get(to);
    if (known === undefined) this.#noticesByNode.set(to, new Map([[message.shard, message]]));
    else known.set(message.shard, message);
  }

  /** Notices wait for company. */
  get hasNotices(): boolean {
    return this.#noticesByNode.size > 0;
  }

  /** Notices have waited for long enough: the next `send` takes them all. */
  release(): void {
    for (const node of this.#noticesByNode.keys()) this.#pile(node);
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
    for (const [node, pile] of this.#pilesByNode) {
      const notices = this.#noticesByNode.get(node);
      if (notices !== undefined) pile.raft.push(...notices.values());
      this.#noticesByNode.delete(node);
      if (pile.raft.length > 0) this.#onSent(pile.raft.length);
      this.#peers.send(node, { ...pile, ...stamp });
    }
    this.#pilesByNode.clear();
    return true;
  }

  #forget(to: NodeId, shard: ShardId): void {
    const notices = this.#noticesByNode.get(to);
    if (notices?.delete(shard) === true && notices.size === 0) this.#noticesByNode.delete(to);
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
