// SPDX-License-Identifier: Apache-2.0
import manifest from '../package.json' with { type: 'json' };

/** Of this build, as releases are numbered. */
export const { version } = manifest;
