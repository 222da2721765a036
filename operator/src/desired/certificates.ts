// SPDX-License-Identifier: Apache-2.0
import type { TlsSpec } from '../crd/shortlink-cluster.gen.ts';
import type { KubeObject } from '../ports/kube-api.ts';
import type { KeyedCertificate } from '../ports/pki.ts';
import type { ClusterInput, Fields } from './cluster-input.ts';
import type { Secret } from './configuration.ts';
import { head } from './metadata.ts';
import {
  clusterUidAnnotation,
  issuedAtAnnotation,
  objectLabels,
  objectNames,
  trustedSinceAnnotation,
} from './names.ts';
import { resources } from './resources.ts';

export interface IssuedCertificate extends KubeObject {
  readonly spec: Fields;
}

export interface NodesCertificate extends KeyedCertificate {
  /** PEM of all CAs that nodes believe. */
  readonly authorities: readonly string[];
  /** RFC 3339. */
  readonly trustedSince: string;
  readonly issuedAt: string;
}

/** What the certificate of the nodes names: pods by the names under which nodes reach each other, and the Services. */
export function certificateNames({ name, namespace }: Pick<ClusterInput, 'name' | 'namespace'>): readonly string[] {
  const { nodesService, apiService, redirectService } = objectNames(name);
  const services = [nodesService, apiService, redirectService].map((service) => `${service}.${namespace}.svc`);
  return [`*.${nodesService}.${namespace}.svc`, ...services];
}

/** The CA with its key, which no pod ever sees. */
export function authoritySecret(cluster: ClusterInput, { certificate, key }: KeyedCertificate): Secret {
  return {
    ...head(cluster, resources.secret, objectNames(cluster.name).authority),
    type: 'kubernetes.io/tls',
    stringData: { 'tls.crt': certificate, 'tls.key': key },
  };
}

/** What pods mount. */
export function nodesTlsSecret(cluster: ClusterInput, content: NodesCertificate): Secret {
  const { certificate, key, authorities, trustedSince, issuedAt } = content;
  const annotations = { [trustedSinceAnnotation]: trustedSince, [issuedAtAnnotation]: issuedAt };
  return {
    ...head(cluster, resources.secret, objectNames(cluster.name).nodesTls, { annotations }),
    type: 'kubernetes.io/tls',
    stringData: { 'ca.crt': authorities.join(''), 'tls.crt': certificate, 'tls.key': key },
  };
}

/** Asks cert-manager for what pods mount. */
export function issuedCertificate(
  cluster: ClusterInput,
  { certManager, duration, renewBefore }: Pick<TlsSpec, 'certManager' | 'duration' | 'renewBefore'>,
): IssuedCertificate {
  const { nodesTls } = objectNames(cluster.name);
  return {
    ...head(cluster, resources.certificate, nodesTls),
    spec: {
      secretName: nodesTls,
      secretTemplate: { labels: objectLabels(cluster.name), annotations: { [clusterUidAnnotation]: cluster.uid } },
      issuerRef: { ...certManager?.issuerRef },
      dnsNames: certificateNames(cluster),
      usages: ['digital signature', 'server auth', 'client auth'],
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
      duration,
      renewBefore,
    },
  };
}
