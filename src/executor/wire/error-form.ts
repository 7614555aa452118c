/**
 * Owns: how an error travels to another process, and what it is there.
 * Does not own: where it goes (channel.ts).
 *
 * A StreamError keeps its class, code, details, cause and stack. Any other error is an Error there, with its name,
 * message, code, cause and stack: its class may not exist in the other process. What cannot travel in details becomes
 * text: to fail over an error would hide it.
 */
import { type ErrorCode, type ErrorDetails, reasonOf, StreamError } from "../../base/index.ts";
import { decodeValue, encodeValue } from "../../codec/index.ts";
import { damagedUnless } from "./message-format.ts";

interface ErrorForm {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  /** Of a StreamError, or of an error of Node. */
  readonly code?: string | undefined;
  /** Of a StreamError only. */
  readonly details?: unknown;
  readonly cause?: ErrorForm | undefined;
}

const causeDepthMax = 8;

export function encodeError(thrown: unknown): Uint8Array {
  return encodeValue(formOf(thrown, 0));
}

/** The error of a payload. Throws `channel_damaged` for what is none. */
export function decodeError(payload: Uint8Array): Error {
  const form = damagedUnless("an error cannot be decoded", () => decodeValue(payload));
  if (!isForm(form))
    throw new StreamError("channel_damaged", { reason: "an error of no known form" });
  return damagedUnless("an error of no known code", () => errorOf(form));
}

function formOf(thrown: unknown, depth: number): ErrorForm {
  if (!(thrown instanceof Error)) return { name: "Error", message: textOf(reasonOf(thrown)) };
  const cause =
    thrown.cause === undefined || depth === causeDepthMax
      ? undefined
      : formOf(thrown.cause, depth + 1);
  const { name, message, stack } = thrown;
  const known = { name: textOf(name), message: textOf(message), stack: textOf(stack), cause };
  if (thrown instanceof StreamError) {
    return { ...known, code: thrown.code, details: travelling(thrown.details) };
  }
  const code: unknown = Reflect.get(thrown, "code");
  return { ...known, code: typeof code === "string" ? code : undefined };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : String(value);
}

function travelling(details: ErrorDetails): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(details).map(([key, value]) => [
      key,
      canTravel(value) ? value : reasonOf(value),
    ]),
  );
}

function canTravel(value: unknown): boolean {
  try {
    encodeValue(value);
    return true;
  } catch {
    return false;
  }
}

function isForm(value: unknown): value is ErrorForm {
  if (typeof value !== "object" || value === null) return false;
  const { name, message, stack, code, cause } = value as Record<string, unknown>;
  const isText = (text: unknown) => text === undefined || typeof text === "string";
  return (
    typeof name === "string" &&
    typeof message === "string" &&
    isText(stack) &&
    isText(code) &&
    (cause === undefined || isForm(cause))
  );
}

function errorOf(form: ErrorForm): Error {
  const options = form.cause === undefined ? {} : { cause: errorOf(form.cause) };
  const error = isDetails(form.details)
    ? new StreamError(form.code as ErrorCode, form.details, options)
    : Object.assign(
        new Error(form.message, options),
        { name: form.name },
        form.code === undefined ? {} : { code: form.code },
      );
  if (form.stack !== undefined) error.stack = form.stack;
  return error;
}

/** Only a StreamError has details. Both ends run the same release, so that its code is known here. */
function isDetails(details: unknown): details is ErrorDetails {
  return typeof details === "object" && details !== null;
}
