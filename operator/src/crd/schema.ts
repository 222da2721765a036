// SPDX-License-Identifier: Apache-2.0

/** What a CustomResourceDefinition says of a value: the part of it that can be judged without CEL. */
export interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly default?: unknown;
  readonly enum?: readonly (string | number)[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  /** Of the values of a map with keys of any name. */
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly 'x-kubernetes-int-or-string'?: true;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'map' | 'set';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-preserve-unknown-fields'?: true;
}

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A rule in CEL, of which only the API server knows. */
export interface Rule {
  readonly rule: string;
  readonly message: string;
  /** The field of the object that the message is about; without it the value that has the rule. */
  readonly fieldPath?: string;
}

/** The schema as it is written in the CustomResourceDefinition, with all that is for people and for the API server. */
export interface DescribedSchema extends Omit<Schema, 'properties' | 'additionalProperties' | 'items'> {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, DescribedSchema>>;
  readonly additionalProperties?: DescribedSchema;
  readonly items?: DescribedSchema;
  readonly 'x-kubernetes-validations'?: readonly Rule[];
}
