// SPDX-License-Identifier: Apache-2.0

/**
 * A test by its file and its own title, or by that of the `describe` around it, which stands for all in it. A `%s` in the title
 * stands for every case.
 */
export interface NamedTest {
  readonly file: string;
  readonly title: string;
}

export interface Question {
  /** As somebody asks it who chooses an operator. */
  readonly text: string;
  /** Id of the requirement that asks for it, too. */
  readonly requirement?: string;
  readonly tests: readonly NamedTest[];
  /** Why the answer is no, or only partly yes; undefined: yes, if the tests pass. */
  readonly but?: string;
}

export interface Level {
  readonly title: string;
  readonly questions: readonly Question[];
}

export function smoke(name: string, title: string): NamedTest {
  return { file: `e2e/kubernetes/scenarios/smoke/${name}.k8s.ts`, title };
}

export function full(name: string, title: string): NamedTest {
  return { file: `e2e/kubernetes/scenarios/full/${name}.k8s.ts`, title };
}

export function operator(name: string, title: string): NamedTest {
  return { file: `operator/src/${name}.test.ts`, title };
}

export function charts(name: string, title: string): NamedTest {
  return { file: `e2e/charts/${name}.helm.test.ts`, title };
}
