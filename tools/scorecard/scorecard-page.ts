// SPDX-License-Identifier: Apache-2.0
import { page, table } from '../gen/markdown.ts';
import type { Level, NamedTest, Question } from './question.ts';
import type { LastResult } from './results.ts';

const intro = `What is asked of operators, by the levels of the [Operator capability model](https://sdk.operatorframework.io/docs/overview/operator-capabilities/)
and by what users miss in other ones. The answer to each question is the last result of the tests that are named, wherever they were run
(\`kubernetes\`: on a real Kubernetes; \`operator-processes\`: the same scenario with real nodes on a double of it; \`unit\`: in one process), or a plain no.

\`npm run -s scorecard\` takes in the results that the last test runs left in \`.reports\`. A test that exists under no such name fails \`make verify\`.`;

/** Questions, tests and results. A question is answered by yes when each of its tests passed wherever it was run last. */
export function scorecardPage(levels: readonly Level[], results: readonly LastResult[]): string {
  const parts = levels.flatMap(({ title, questions }) => [
    `## ${title}`,
    summary(questions, results),
    table(
      ['question', 'requirement', 'answer', 'tests, and their last results'],
      questions.map((question) => [
        question.text,
        question.requirement ?? '',
        answer(question, results),
        proofs(question, results),
      ]),
    ),
  ]);
  return page('Scorecard of the operator', 'tools/scorecard/levels and scorecard.json', [intro, ...parts]);
}

function summary(questions: readonly Question[], results: readonly LastResult[]): string {
  const count = questions.filter((question) => answer(question, results).startsWith('yes')).length;
  return `${count} of ${questions.length} are answered by yes.`;
}

function answer({ tests, but }: Question, results: readonly LastResult[]): string {
  if (tests.length === 0) return but ?? 'No.';
  const word = verdict(tests, results);
  return but === undefined ? word : `${word}. ${but}`;
}

function verdict(tests: readonly NamedTest[], results: readonly LastResult[]): 'yes' | 'no' | 'not shown' {
  const all = tests.map((test) => of(test, results));
  if (all.some((each) => each.some(({ result }) => result === 'failed'))) return 'no';
  return all.every((each) => each.some(({ result }) => result === 'passed')) ? 'yes' : 'not shown';
}

function proofs({ tests }: Question, results: readonly LastResult[]): string {
  return tests
    .map((test) => {
      const runs = of(test, results).map(({ project, result, at }) => `${project} ${result} ${at.slice(0, 10)}`);
      return `[${test.title}](../../${test.file}): ${runs.length === 0 ? 'not run yet' : runs.join(', ')}`;
    })
    .join('<br>');
}

function of(test: NamedTest, results: readonly LastResult[]): LastResult[] {
  return results.filter(({ file, title }) => file === test.file && title === test.title);
}
