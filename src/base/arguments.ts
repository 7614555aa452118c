/** Owns: the checks of arguments that every folder shares: what is wrong is told at the call, by the name of the argument. */
import { StreamError } from "./errors.ts";

/** The value, if it is a function; else throws `argument_invalid`. */
export function functionArgument<F>(argument: string, value: F): F {
  if (typeof value === "function") return value;
  throw new StreamError("argument_invalid", { argument, value, expected: "a function" });
}

/** As `functionArgument`, for what may be left out. */
export function optionalFunction<F>(argument: string, value: F): F {
  return value === undefined ? value : functionArgument(argument, value);
}

/** The value, if it is an object that has all of these methods; else throws `argument_invalid`. */
export function objectWithMethods<O>(argument: string, value: O, methods: readonly string[]): O {
  const isFit =
    typeof value === "object" &&
    value !== null &&
    methods.every((name) => typeof (value as Record<string, unknown>)[name] === "function");
  if (isFit) return value;
  const expected = `an object with ${methods.join(", ")}`;
  throw new StreamError("argument_invalid", { argument, value, expected });
}

/** The value, if it is an instance of the class; else throws `argument_invalid`. */
export function instanceArgument<O>(
  argument: string,
  value: O,
  type: abstract new (...given: never[]) => unknown,
): O {
  if (value instanceof type) return value;
  throw new StreamError("argument_invalid", { argument, value, expected: `a ${type.name}` });
}
