// SPDX-License-Identifier: Apache-2.0
import { quantityBytes } from '../../src/crd/quantity.ts';

/** Bytes of a quantity such as `1Gi`; undefined when the text is none. */
export function bytesOf(quantity: string | undefined): number | undefined {
  return quantity === undefined ? undefined : quantityBytes(quantity);
}
