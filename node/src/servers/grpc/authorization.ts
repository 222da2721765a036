// SPDX-License-Identifier: Apache-2.0
import { ServerInterceptingCall } from '@grpc/grpc-js';
import type { Metadata, ServerInterceptor } from '@grpc/grpc-js';
import { ServiceError } from '@shortlink/common/errors.ts';
import type { Authenticator, Scope } from '../auth.ts';
import { statusOf } from './grpc-errors.ts';

/**
 * Turns calls away before their messages are read. `scopeOf` says what the service with this full name wants; undefined:
 * it is open to everyone.
 */
export function authorization(
  authenticator: Authenticator,
  scopeOf: (service: string) => Scope | undefined,
): ServerInterceptor {
  return ({ path }, call) => {
    const scope = scopeOf(path.slice(1, path.lastIndexOf('/')));
    if (scope === undefined || !authenticator.isConfigured) return new ServerInterceptingCall(call);
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next({
          onReceiveMetadata: (metadata, proceed) => {
            const hasClientCertificate = call.getAuthContext().sslPeerCertificate !== undefined;
            const credentials = { authorization: authorizationOf(metadata), hasClientCertificate };
            const { kind } = authenticator.authenticate(credentials, scope);
            if (kind === 'granted') proceed(metadata);
            else call.sendStatus(statusOf(refusal(kind, scope)));
          },
        });
      },
    });
  };
}

function authorizationOf(metadata: Metadata): string | undefined {
  const [value] = metadata.get('authorization');
  return typeof value === 'string' ? value : undefined;
}

function refusal(kind: 'unauthenticated' | 'forbidden', scope: Scope): ServiceError {
  return kind === 'unauthenticated'
    ? new ServiceError('unauthenticated', 'send the metadata authorization: Bearer and a valid token')
    : new ServiceError('forbidden', `a token of scope ${scope} is needed`);
}
