// SPDX-License-Identifier: Apache-2.0

/** A certificate with its private key (PKCS #8), both in PEM. */
export interface KeyedCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** What a certificate says of itself. */
export interface CertificateFacts {
  /** SHA-256 over all of it: which one it is. */
  readonly fingerprint: string;
  readonly pem: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly dnsNames: readonly string[];
  readonly isAuthority: boolean;
}

/** Since the epoch. Certificates are exact to the second. */
export interface Validity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** Makes and reads X.509 certificates. */
export interface Pki {
  /** A CA with a new key, which signs itself. `name`: what people see in its subject. */
  newAuthority(name: string, validity: Validity): KeyedCertificate;
  /** A certificate with a new key, for both sides of connections. */
  issue(authority: KeyedCertificate, name: string, dnsNames: readonly string[], validity: Validity): KeyedCertificate;
  /** @returns all of them, in their order; undefined when `pem` has none, or one that cannot be read. */
  read(pem: string): readonly CertificateFacts[] | undefined;
  /** The key is that of the certificate. */
  belongs(pair: KeyedCertificate): boolean;
  isSignedBy(certificate: string, authority: string): boolean;
}
