// SPDX-License-Identifier: Apache-2.0
import { errorKinds } from '@shortlink/common/errors.ts';
import { code, page, table } from './markdown.ts';

const grpcNames: Readonly<Record<number, string>> = {
  3: 'INVALID_ARGUMENT',
  4: 'DEADLINE_EXCEEDED',
  5: 'NOT_FOUND',
  6: 'ALREADY_EXISTS',
  7: 'PERMISSION_DENIED',
  8: 'RESOURCE_EXHAUSTED',
  9: 'FAILED_PRECONDITION',
  13: 'INTERNAL',
  14: 'UNAVAILABLE',
  16: 'UNAUTHENTICATED',
};

const intro = `An error has a kind that programs can rely on; the sentence beside it is for people and may change. HTTP answers carry it as
problem details (RFC 9457, \`application/problem+json\`), gRPC answers as a status, messages on streams as \`shortlink.types.v1.Error\`.`;

export function errorsPage(): string {
  const rows = Object.entries(errorKinds).map(([kind, info]) => [
    code(kind),
    String(info.http),
    `${grpcNames[info.grpc] ?? ''} (${info.grpc})`,
    info.retryable ? 'yes' : 'no',
    info.title,
  ]);
  const head = ['kind', 'HTTP', 'gRPC', 'the same request may succeed later', 'meaning'];
  return page('Errors', 'common/src/errors.ts', [intro, table(head, rows)]);
}
