// SPDX-License-Identifier: Apache-2.0
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { Peer } from '@shortlink/proto/peer.ts';

/**
 * HTTP/2's default of 64 KiB would make a frame of a megabyte wait for sixteen round trips, each of which needs a free
 * event loop on both sides, while both block for their fsync.
 */
export const flowControlWindowBytes = 4 * 1024 * 1024;

const streamStarted = 'http2.server.stream.start';
const pathPrefix = `/${Peer.typeName}/`;
const widened = new WeakSet<Http2Session>();

interface StreamStarted {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Widens the window of every connection on which a peer calls. grpc-js has an option for this on the side that dials
 * only, so the accepting side learns of its connections from Node.js. @returns the end of it.
 */
export function widenServerWindows(): () => void {
  const onStream = (message: unknown): void => {
    const { stream, headers } = message as StreamStarted;
    const session = stream.session;
    if (session === undefined || widened.has(session) || headers[':path']?.startsWith(pathPrefix) !== true) return;
    widened.add(session);
    session.setLocalWindowSize(flowControlWindowBytes);
    session.settings({ initialWindowSize: flowControlWindowBytes });
  };
  subscribe(streamStarted, onStream);
  return () => unsubscribe(streamStarted, onStream);
}
