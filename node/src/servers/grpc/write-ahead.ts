// SPDX-License-Identifier: Apache-2.0
import type { ServerInterceptingCallInterface } from '@grpc/grpc-js';

/** Bytes of answers that a call hands to HTTP/2 before it waits for the first of them to be sent. */
const windowBytes = 64 * 1024;

/**
 * gRPC gives HTTP/2 the next message of a stream once the one before has left, which is one write to the socket per
 * message. With messages handed over ahead, HTTP/2 sends all that there are with one write.
 */
export function writeAhead(call: ServerInterceptingCallInterface): ServerInterceptingCallInterface {
  let ahead = 0;
  let held: (() => void) | undefined;
  return {
    start: (listener) => call.start(listener),
    sendMetadata: (metadata) => call.sendMetadata(metadata),
    sendMessage: (message: Buffer, taken) => {
      const { length } = message;
      ahead += length;
      call.sendMessage(message, () => {
        ahead -= length;
        if (held === undefined || ahead >= windowBytes) return;
        const next = held;
        held = undefined;
        next();
      });
      // gRPC sends one message at a time: no second one comes before this one is taken.
      if (ahead < windowBytes) taken();
      else held = taken;
    },
    sendStatus: (status) => call.sendStatus(status),
    startRead: () => call.startRead(),
    getPeer: () => call.getPeer(),
    getDeadline: () => call.getDeadline(),
    getHost: () => call.getHost(),
    getAuthContext: () => call.getAuthContext(),
    getConnectionInfo: () => call.getConnectionInfo(),
    getMetricsRecorder: () => call.getMetricsRecorder(),
  };
}
