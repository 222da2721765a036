// SPDX-License-Identifier: Apache-2.0
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { ClusterId, NodeId } from '@shortlink/common/ids.ts';
import { PeerFrameSchema } from '@shortlink/proto/peer.ts';
import type { Hello } from '@shortlink/proto/peer.ts';

/**
 * Raised by a change that an older node would misunderstand; unknown fields are passed over without. Two nodes use the
 * lower of their versions, so a node refuses only what is too old for it.
 */
export const protocolVersion = 2;
const oldestProtocolVersion = 2;

export interface Self {
  readonly nodeId: NodeId;
  /** Undefined before the node is part of a cluster: until then it talks to nobody but by questions. */
  readonly clusterId: () => ClusterId | undefined;
}

export function encodeHello(clusterId: ClusterId, from: NodeId, to: NodeId): Buffer {
  const hello = { clusterId, fromNodeId: from, toNodeId: to, protocolVersion };
  return Buffer.from(toBinary(PeerFrameSchema, create(PeerFrameSchema, { hello })));
}

/** The first message of a stream; undefined when it is no hello. */
export function decodeHello(bytes: Uint8Array): Hello | undefined {
  try {
    return fromBinary(PeerFrameSchema, bytes).hello;
  } catch {
    return undefined;
  }
}

/** Why this node does not talk to the sender of a hello, in words for both logs; undefined when it does. */
export function refusalOf(hello: Hello | undefined, self: Self): string | undefined {
  const clusterId = self.clusterId();
  const { nodeId } = self;
  if (hello === undefined) return 'the stream did not begin with a hello';
  if (clusterId === undefined) return `node ${nodeId} is not part of a cluster yet`;
  if (hello.clusterId !== clusterId)
    return `node ${nodeId} belongs to cluster ${clusterId}, node ${hello.fromNodeId} to cluster ${hello.clusterId}`;
  if (hello.protocolVersion < oldestProtocolVersion)
    return `node ${nodeId} speaks versions ${oldestProtocolVersion} to ${protocolVersion} of the protocol, node ${hello.fromNodeId} version ${hello.protocolVersion}`;
  if (hello.toNodeId !== nodeId) return `the address of node ${hello.toNodeId} led to node ${nodeId}`;
  if (hello.fromNodeId === '' || hello.fromNodeId === nodeId) return `node ${nodeId} does not talk to itself`;
  return undefined;
}
