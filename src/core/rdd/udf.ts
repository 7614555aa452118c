/**
 * Owns: the functions of the program that have a name, so that every process of the application finds the same one by it.
 * Does not own: where a function runs.
 */
import { functionArgument, StreamError } from "../../base/index.ts";

/** A function of any type. */
type AnyFunction = (...args: never[]) => unknown;

const byName = new Map<string, AnyFunction>();
const names = new WeakMap<AnyFunction, string>();

/**
 * The function itself, known by a name from now on: a function that is given inside the body of `transform` or `foreachRDD`
 * can run on executors then. To be called at module level, where every process of the program comes by; the function must
 * close over nothing but what is at module level, too. Throws `udf_taken` where another function has the name, or the
 * function has another name, and `argument_invalid`.
 */
export function udf<F extends AnyFunction>(name: string, f: F): F {
  if (typeof name !== "string" || name === "") {
    const expected = "a name that is not empty";
    throw new StreamError("argument_invalid", { argument: "name", value: name, expected });
  }
  functionArgument("f", f);
  const current = names.get(f);
  const other = byName.get(name) ?? f;
  if (other !== f || (current ?? name) !== name) {
    throw new StreamError("udf_taken", { name, current });
  }
  byName.set(name, f);
  names.set(f, name);
  return f;
}

/** The name of a function that is a udf; undefined for any other. */
export function udfNameOf(f: AnyFunction): string | undefined {
  return names.get(f);
}

/** The function of that name; throws `udf_unknown`. */
export function udfNamed(name: string): AnyFunction {
  const f = byName.get(name);
  if (f === undefined) throw new StreamError("udf_unknown", { name });
  return f;
}

/** All udfs of this process by name, in the order of their names. */
export function udfs(): readonly (readonly [name: string, f: AnyFunction])[] {
  return [...byName].toSorted(([left], [right]) => (left < right ? -1 : 1));
}
