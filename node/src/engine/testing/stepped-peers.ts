// SPDX-License-Identifier: Apache-2.0
import type { PeerHandler, Peers } from '../../ports/peers.ts';

export interface Steps {
  /** The process is gone: what it would still send leaves it no more. */
  readonly isCrashed: () => boolean;
  /** After each frame that was handed over. */
  readonly onStep: () => void;
}

/** Peers of a node that may crash behind each of its frames. */
export function steppedPeers(peers: Peers, { isCrashed, onStep }: Steps): Peers {
  return {
    ...peers,
    send: (to, frame) => {
      if (isCrashed()) return;
      peers.send(to, frame);
      onStep();
    },
  };
}

/** A node that may crash behind each part of a snapshot that arrives. */
export function steppedHandler(handler: PeerHandler, onStep: () => void): PeerHandler {
  return {
    onFrame: (from, frame) => handler.onFrame(from, frame),
    onDisconnect: (from) => handler.onDisconnect(from),
    onQuestion: async (question) => handler.onQuestion(question),
    onSnapshot: (from, header) => {
      const sink = handler.onSnapshot(from, header);
      return {
        chunk: (bytes) => {
          sink.chunk(bytes);
          onStep();
        },
        end: () => {
          sink.end();
          onStep();
        },
        abort: () => sink.abort(),
      };
    },
  };
}
