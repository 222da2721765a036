// SPDX-License-Identifier: Apache-2.0

export interface Violation {
  /** Name of the property that was violated. */
  readonly property: string;
  readonly message: string;
}

/** What the checkers of one run have found. */
export class Violations {
  readonly found: Violation[] = [];
  readonly #onFound: (violation: Violation) => void;

  constructor(onFound: (violation: Violation) => void = () => {}) {
    this.#onFound = onFound;
  }

  add(property: string, message: string): void {
    const violation = { property, message };
    this.found.push(violation);
    this.#onFound(violation);
  }
}
