/**
 * Owns: what a reducer is given in place of a value that others can see: a copy that it may change, or, of what cannot be
 * copied, the value itself, frozen.
 * Does not own: when a value is shared (aggregator.ts, reduction.ts).
 * Invariants: I1 what is handed out can be changed only where nobody else sees it; JavaScript cannot keep anyone from
 * changing the private fields of a class. I2 numbers and strings cost one typeof.
 */
import { StreamError } from "../../base/index.ts";
import { freezeState } from "../../state/index.ts";

/**
 * A copy of plain data, all through: plain objects, arrays, Maps, Sets, Dates and bytes. Anything else, and what is in it,
 * is frozen and stays what it is, as no instance of a class can be copied from outside.
 */
export function privateCopy<V>(value: V): V {
  return (typeof value === "object" && value !== null ? copyOf(value, undefined) : value) as V;
}

/** What one copy has met, so that what refers to itself ends; there is none for a value without objects in it. */
interface Met {
  readonly copies: Map<object, object>;
  depth: number;
}

/** Deeper is a list that is linked by its elements; it must not overflow the stack. */
const depthMax = 500;

function copyOf(value: object, met: Met | undefined): object {
  const known = met?.copies.get(value);
  if (known !== undefined) return known;
  if (met !== undefined && met.depth > depthMax) return freezeState(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) return copyParts(value, { ...value }, met);
  if (prototype === null) return copyParts(value, Object.assign(Object.create(null), value), met);
  // What a regular expression matched has properties beside its elements, which a slice would leave behind.
  if (Array.isArray(value) && prototype === Array.prototype && !("index" in value)) {
    return copyElements(value, value.slice(), met);
  }
  if (value instanceof Date && prototype === Date.prototype) return new Date(value);
  if (value instanceof Map && prototype === Map.prototype) return copyOfMap(value, met);
  if (value instanceof Set && prototype === Set.prototype) return copyOfSet(value, met);
  if (ArrayBuffer.isView(value)) return copyOfView(value);
  return freezeState(value);
}

function copyParts(value: object, copy: Record<string, unknown>, met: Met | undefined): object {
  let inner = met;
  for (const name in copy) {
    const part = copy[name];
    if (typeof part !== "object" || part === null) continue;
    inner ??= { copies: new Map(), depth: 0 };
    copy[name] = copyWithin(value, copy, part, inner);
  }
  return copy;
}

function copyElements(value: object, copy: unknown[], met: Met | undefined): object {
  let inner = met;
  for (let index = 0; index < copy.length; index++) {
    const part = copy[index];
    if (typeof part !== "object" || part === null) continue;
    inner ??= { copies: new Map(), depth: 0 };
    copy[index] = copyWithin(value, copy, part, inner);
  }
  return copy;
}

function copyOfMap(value: ReadonlyMap<unknown, unknown>, met: Met | undefined): object {
  const copy = new Map<unknown, unknown>();
  const inner = met ?? { copies: new Map(), depth: 0 };
  for (const [key, part] of value) {
    copy.set(copyIfObject(value, copy, key, inner), copyIfObject(value, copy, part, inner));
  }
  return copy;
}

function copyOfSet(value: ReadonlySet<unknown>, met: Met | undefined): object {
  const copy = new Set<unknown>();
  const inner = met ?? { copies: new Map(), depth: 0 };
  for (const part of value) copy.add(copyIfObject(value, copy, part, inner));
  return copy;
}

function copyIfObject(value: object, copy: object, part: unknown, met: Met): unknown {
  return typeof part === "object" && part !== null ? copyWithin(value, copy, part, met) : part;
}

/** The copy of a part of `value`, which may refer to `value` again. */
function copyWithin(value: object, copy: object, part: object, met: Met): object {
  met.copies.set(value, copy);
  met.depth++;
  const copied = copyOf(part, met);
  met.depth--;
  return copied;
}

function copyOfView(view: ArrayBufferView): object {
  if (view instanceof DataView) {
    const { buffer, byteLength, byteOffset } = view;
    return new DataView(buffer.slice(byteOffset, byteOffset + byteLength));
  }
  // Not its own method: that of a Buffer shares the memory.
  return Uint8Array.prototype.slice.call(view);
}

const refusals = /read.only|not extensible|Cannot (delete|redefine) property/;

/**
 * What a function threw; where that is the engine's refusal to have a frozen value changed, the error that says what to
 * do.
 */
export function changeRefused(thrown: unknown): unknown {
  if (!(thrown instanceof TypeError && refusals.test(thrown.message))) return thrown;
  return new StreamError("shared_value_changed", {}, { cause: thrown });
}
