// SPDX-License-Identifier: Apache-2.0
import { Client, credentials, experimental, ServerCredentials } from '@grpc/grpc-js';
import type { ChannelCredentials, ChannelOptions, ServerOptions } from '@grpc/grpc-js';
import { limits } from '@shortlink/common/limits.ts';
import type { PeerCertificates } from './peer-certificates.ts';
import { flowControlWindowBytes } from './server-window.ts';

/** A peer that answers no ping for this long after one was due is gone: stopped, cut off, or without power. */
const keepaliveTimeMs = 5000;
const keepaliveTimeoutMs = 5000;
/** Room for the fields around the largest payload. */
const messageMaxBytes = limits.peerFrameMaxBytes + 64 * 1024;
const callsPerConnectionMax = 256;

const channelOptions: ChannelOptions = {
  'grpc.keepalive_time_ms': keepaliveTimeMs,
  'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.max_receive_message_length': messageMaxBytes,
  'grpc.max_send_message_length': messageMaxBytes,
  'grpc-node.flow_control_window': flowControlWindowBytes,
  // Retries copy every message into a buffer, and what is retried here is Raft's business.
  'grpc.enable_retries': 0,
  'grpc.enable_channelz': 0,
  'grpc.service_config_disable_resolution': 1,
  // Peers are reached directly, whatever the environment says about proxies.
  'grpc.enable_http_proxy': 0,
  // Channels share neither a connection nor the memory of failed attempts.
  'grpc.use_local_subchannel_pool': 1,
};

export const serverOptions: ServerOptions = {
  'grpc.keepalive_time_ms': keepaliveTimeMs,
  'grpc.keepalive_timeout_ms': keepaliveTimeoutMs,
  'grpc.max_receive_message_length': messageMaxBytes,
  'grpc.max_send_message_length': messageMaxBytes,
  'grpc.max_concurrent_streams': callsPerConnectionMax,
  'grpc.enable_channelz': 0,
};

export function serverCredentials(certificates: PeerCertificates | undefined): ServerCredentials {
  if (certificates === undefined) return ServerCredentials.createInsecure();
  return experimental.createCertificateProviderServerCredentials(certificates, certificates, true);
}

/** Makes channels to peers. Each has one connection of its own, opened when it is first used. */
export class Channels {
  readonly #certificates: PeerCertificates | undefined;

  constructor(certificates: PeerCertificates | undefined) {
    this.#certificates = certificates;
  }

  open(address: string): Client {
    return new Client(address, this.#credentials(), channelOptions);
  }

  #credentials(): ChannelCredentials {
    if (this.#certificates === undefined) return credentials.createInsecure();
    const { ca, cert, key } = this.#certificates.current;
    return credentials.createSsl(ca, key, cert);
  }
}
