// SPDX-License-Identifier: Apache-2.0
import type { KubeObject, ObjectKey, Resource } from '../../src/ports/kube-api.ts';
import { type Schema, fields, mapList, setList } from '../apply/schema.ts';
import type { JsonMap } from '../objects/json.ts';

/** A resource whose objects have a type of their own. */
export interface ResourceOf<T extends KubeObject> extends Resource {
  /** Never there: it only carries the type. */
  readonly sample?: T;
}

/** What admission and validation may look at. */
export interface Scope {
  readonly nowMs: number;
  get<T extends KubeObject>(resource: ResourceOf<T>, key: ObjectKey): T | undefined;
  list<T extends KubeObject>(resource: ResourceOf<T>, namespace?: string): readonly T[];
}

/** How the API server treats objects of one kind. Kinds that are not in its table it answers with 404. */
export interface Kind {
  readonly resource: Resource;
  /** Of the whole object: which lists are maps, and defaults. Metadata needs no mention. */
  readonly schema: Schema;
  /** `status` is written by its subresource only. */
  readonly hasStatus: boolean;
  /** The schema declares every field, as that of a CRD has to: what it does not know is not stored. */
  readonly isStructural?: boolean;
  /** `metadata.generation` counts changes of everything but metadata and status. */
  readonly hasGeneration: boolean;
  /** Fills in what the server decides, after the schema's defaults; `old` is undefined for a new object. */
  readonly admit?: (object: JsonMap, old: JsonMap | undefined, scope: Scope) => JsonMap;
  /** Why the object is refused (422), or what to throw instead; also how rules of a CRD come in. */
  readonly validate?: (object: JsonMap, old: JsonMap | undefined, scope: Scope) => string | undefined;
  /** How long a deleted object stays for somebody to end it; 0 for kinds that go at once. */
  readonly graceSeconds?: (object: KubeObject, asked: number | undefined) => number;
}

const metadataSchema = fields({ ownerReferences: mapList(['uid']), finalizers: setList });

/** The schema with the rules for metadata, which are the same for all kinds. */
export function wholeSchema(kind: Kind): Schema {
  return { ...kind.schema, properties: { ...kind.schema.properties, metadata: metadataSchema } };
}
