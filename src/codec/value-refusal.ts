/**
 * Owns: finding what in a value cannot be encoded, after the encoder has stumbled over it, and the
 * path to it. The encoder itself keeps no path, because it would pay for it on every value.
 * Does not own: encoding (value-encoder.ts).
 */
import { StreamError } from "../base/index.ts";
import { plainKindOf, typeNameOf } from "./plain-kind.ts";
import { valueDepthMax } from "./value-schema.ts";

type Refusal = Readonly<Record<"path" | "type", string>>;

/**
 * The `value_unsupported` error for a value that could not be encoded, with the path to the part at
 * fault.
 */
export function valueUnsupported(value: unknown): StreamError {
  const refusal = findRefusal(value, "$", []);
  return new StreamError("value_unsupported", refusal ?? { path: "$", type: typeNameOf(value) });
}

function findRefusal(value: unknown, path: string, ancestors: object[]): Refusal | undefined {
  if (typeof value === "function" || typeof value === "symbol") return { path, type: typeof value };
  if (typeof value !== "object" || value === null) return undefined;
  if (ancestors.includes(value)) return { path, type: "cyclic reference" };
  if (ancestors.length === valueDepthMax) {
    return { path: shortened(path), type: `nested deeper than ${valueDepthMax} levels` };
  }
  const parts = partsOf(value);
  if (parts === undefined) return { path, type: typeNameOf(value) };
  ancestors.push(value);
  for (const [step, part] of parts) {
    const refusal = findRefusal(part, path + step, ancestors);
    if (refusal !== undefined) return refusal;
  }
  ancestors.pop();
  return undefined;
}

function partsOf(value: object): [string, unknown][] | undefined {
  switch (plainKindOf(value)) {
    case "none":
      return undefined;
    case "array":
      return Array.from(value as readonly unknown[], (item, index) => [`[${index}]`, item]);
    case "object":
      return Object.entries(value).map(([name, part]) => [stepTo(name), part]);
    case "set":
      return [...(value as ReadonlySet<unknown>)].map((item, index) => [
        `.values()[${index}]`,
        item,
      ]);
    case "map":
      return [...(value as ReadonlyMap<unknown, unknown>)].flatMap(([key, part], index) => [
        [`.keys()[${index}]`, key],
        [`.values()[${index}]`, part],
      ]);
    default:
      return [];
  }
}

function stepTo(name: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)
    ? `.${name}`
    : `[${JSON.stringify(name)}]`;
}

function shortened(path: string): string {
  return path.length > 80 ? `${path.slice(0, 80)}...` : path;
}
