// SPDX-License-Identifier: Apache-2.0
import type { experimental } from '@grpc/grpc-js';

/** PEM. With it both sides of every connection show a certificate of this CA; without it they talk in plain text. */
export interface PeerTls {
  /** One certificate or several: while a CA is replaced, the old one and the new one. */
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/**
 * What this node shows to its peers, and whom it believes, at the moment. Connections that are open stay as they are:
 * what was true when they began is enough for them.
 */
export class PeerCertificates implements experimental.CertificateProvider {
  readonly #caListeners = new Set<experimental.CaCertificateUpdateListener>();
  readonly #identityListeners = new Set<experimental.IdentityCertificateUpdateListener>();
  #current: PeerTls;

  constructor(current: PeerTls) {
    this.#current = current;
  }

  get current(): PeerTls {
    return this.#current;
  }

  /** From now on for every connection that begins, on both sides. */
  replace(next: PeerTls): void {
    this.#current = next;
    for (const listener of this.#caListeners) listener(this.#ca());
    for (const listener of this.#identityListeners) listener(this.#identity());
  }

  addCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#caListeners.add(listener);
    // gRPC takes the first update only after this call.
    process.nextTick(() => listener(this.#ca()));
  }

  removeCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#caListeners.delete(listener);
  }

  addIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#identityListeners.add(listener);
    process.nextTick(() => listener(this.#identity()));
  }

  removeIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#identityListeners.delete(listener);
  }

  #ca(): experimental.CaCertificateUpdate {
    return { caCertificate: this.#current.ca };
  }

  #identity(): experimental.IdentityCertificateUpdate {
    return { certificate: this.#current.cert, privateKey: this.#current.key };
  }
}
