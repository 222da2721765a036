// SPDX-License-Identifier: Apache-2.0
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { MutateResponseSchema, ReadResponseSchema } from '@shortlink/proto/links.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeLinkAnswer } from './link-answer.ts';
import { linkMessage } from './link-message.ts';

const ms = fc.oneof(
  fc.integer({ min: 0, max: 253_402_300_799_999 }),
  fc.constantFrom(0, 1, 999, 1000, 127_000, 128_000, 1_999_999_999_001),
);
const link = fc.record({
  code: fc.string({ unit: 'grapheme', maxLength: 255 }),
  url: fc.oneof(fc.webUrl(), fc.string({ minLength: 120, maxLength: 9000 })),
  creatorId: fc.string({ unit: 'grapheme', maxLength: 130 }),
  createdAtMs: ms,
  updatedAtMs: ms,
  expiresAtMs: fc.option(ms, { nil: undefined }),
  disabled: fc.boolean(),
  createRevision: fc.constant(1),
  revision: fc.oneof(fc.constantFrom(0, 127, 128), fc.maxSafeNat()),
});
const requestId = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, 127n, 128n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 64n - 1n),
);

test('the bytes of an answer to a link are those of the general encoder, as a create and as a get', () => {
  fc.assert(
    fc.property(requestId, link, (id, value) => {
      const bytes = encodeLinkAnswer(id, value);
      const message = linkMessage(value);
      const general = toBinary(
        MutateResponseSchema,
        create(MutateResponseSchema, { requestId: id, outcome: { case: 'create', value: { link: message } } }),
      );
      expect(bytes.equals(general)).toBe(true);
      expect(fromBinary(ReadResponseSchema, bytes).outcome).toMatchObject({ case: 'get', value: { link: message } });
    }),
    { numRuns: 500 },
  );
});
