// SPDX-License-Identifier: Apache-2.0
import type { NodeId } from '@shortlink/common/ids.ts';

/** What both ends of a gRPC stream have in common. */
export interface ByteStream {
  write(bytes: Buffer, written: (error?: Error | null) => void): boolean;
}

/** The live stream of a pair: counts what the peer and the network have not taken yet. */
export class PeerLink {
  readonly peer: NodeId;
  readonly #stream: ByteStream;
  readonly #hangUp: (reason: string) => void;
  #pendingBytes = 0;
  #unflushed = 0;
  #closed = false;

  /** @param hangUp ends the stream with a reason for the peer, and tells the table of links. */
  constructor(peer: NodeId, stream: ByteStream, hangUp: (reason: string) => void) {
    this.peer = peer;
    this.#stream = stream;
    this.#hangUp = hangUp;
  }

  /** Bytes that were written and have not left the process. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  write(part: Buffer): void {
    if (this.#closed) return;
    this.#pendingBytes += part.length;
    this.#unflushed++;
    this.#stream.write(part, () => {
      if (!this.#closed) this.#pendingBytes -= part.length;
    });
  }

  /** How many messages were written since the last call. */
  takeUnflushed(): number {
    const count = this.#unflushed;
    this.#unflushed = 0;
    return count;
  }

  /** Ends the stream; `reason` is what the peer reads. */
  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#hangUp(reason);
  }

  /** The stream has ended by itself: nothing leaves any more. */
  ended(): void {
    this.#closed = true;
    this.#pendingBytes = 0;
  }
}
