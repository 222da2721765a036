// SPDX-License-Identifier: Apache-2.0
import type { LogFields, Logger } from '../../ports/logger.ts';
import type { RuntimeMetrics } from '../metrics.ts';

/** Keeps lines, as `level message`. */
export class RecordingLogger implements Logger {
  readonly lines: string[] = [];
  readonly fields: (LogFields | undefined)[] = [];

  debug(message: string, fields?: LogFields): void {
    this.#keep('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#keep('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#keep('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#keep('error', message, fields);
  }

  #keep(level: string, message: string, fields: LogFields | undefined): void {
    this.lines.push(`${level} ${message}`);
    this.fields.push(fields);
  }
}

/** Keeps numbers: the value of counters and gauges, the values that histograms took. */
export class RecordingMetrics implements RuntimeMetrics {
  readonly #values = new Map<string, number>();
  readonly #observed = new Map<string, number[]>();

  add(name: string, value: number, labels?: object): void {
    const key = keyOf(name, labels);
    this.#values.set(key, (this.#values.get(key) ?? 0) + value);
  }

  set(name: string, value: number, labels?: object): void {
    this.#values.set(keyOf(name, labels), value);
  }

  clear(name: string): void {
    for (const key of this.#values.keys()) if (key === name || key.startsWith(`${name}{`)) this.#values.delete(key);
  }

  observe(name: string, value: number, labels?: object): void {
    const key = keyOf(name, labels);
    this.#observed.set(key, [...(this.#observed.get(key) ?? []), value]);
  }

  /** `name` with values of labels in the order of their writing, as `queue_depth{a,b}`. */
  value(key: string): number | undefined {
    return this.#values.get(key);
  }

  observed(key: string): readonly number[] {
    return this.#observed.get(key) ?? [];
  }
}

function keyOf(name: string, labels: object | undefined): string {
  return labels === undefined ? name : `${name}{${Object.values(labels).join(',')}}`;
}
