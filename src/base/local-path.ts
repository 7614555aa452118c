/** Owns: what an address means on this machine: a plain path, or a `file:` address. */
import { fileURLToPath } from "node:url";
import { StreamError } from "./errors.ts";

const fileScheme = /^file:/i;
const otherScheme = /^[a-z][a-z0-9+.-]+:\/\//i;

/**
 * The path that a plain path, `file:///data/x`, `file:/data/x` or `file:./x` means; of the last form the path is relative
 * to the working directory. Throws `argument_invalid` for other addresses.
 */
export function localPath(address: string): string {
  const isFile = fileScheme.test(address);
  if (!isFile && !otherScheme.test(address)) return address;
  try {
    if (isFile) return pathOf(address.slice("file:".length));
  } catch (error) {
    throw new StreamError("argument_invalid", { address, expected }, { cause: error });
  }
  throw new StreamError("argument_invalid", { address, expected });
}

const expected = "a path, or a file: address";

function pathOf(rest: string): string {
  if (!rest.startsWith("/")) return decodeURIComponent(rest);
  // In a path they are characters like any other; in a pattern `?` is one of those that matter.
  return fileURLToPath(`file:${rest.replaceAll("?", "%3F").replaceAll("#", "%23")}`);
}
