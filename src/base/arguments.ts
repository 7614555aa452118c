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

/** The value, if it is a text with something in it; else throws `argument_invalid`. */
export function textArgument(argument: string, value: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new StreamError("argument_invalid", { argument, value, expected: "a text, not empty" });
}

/** The value, if it is one of these or left out; else throws `argument_invalid`. */
export function optionalChoice<C extends string | boolean>(
  argument: string,
  value: C | undefined,
  choices: readonly C[],
): C | undefined {
  if (value === undefined || choices.includes(value)) return value;
  const expected = choices.map((choice) => JSON.stringify(choice)).join(" or ");
  throw new StreamError("argument_invalid", { argument, value, expected });
}

/** The value, if it is a list of texts or left out; else throws `argument_invalid`. */
export function optionalTexts<L extends readonly string[] | undefined>(
  argument: string,
  value: L,
): L {
  const isFit = Array.isArray(value) && value.every((each) => typeof each === "string");
  if (value === undefined || isFit) return value;
  throw new StreamError("argument_invalid", { argument, value, expected: "a list of texts" });
}

/** The value, if it is an object and no list; else throws `argument_invalid`. */
export function objectArgument<O>(argument: string, value: O): O {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new StreamError("argument_invalid", { argument, value, expected: "an object" });
}
