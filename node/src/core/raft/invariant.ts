// SPDX-License-Identifier: Apache-2.0

import { InvariantError } from '@shortlink/common/assert.ts';

/** For hot paths, where `assert` would format its message although the condition holds. */
export function broken(message: string): never {
  throw new InvariantError(message);
}
