// SPDX-License-Identifier: Apache-2.0

/** A collision-resistant digest of a text in UTF-8, as lower-case hexadecimal digits. */
export type Digest = (text: string) => string;
