/**
 * Owns: a whole listing out of pages, in the order of the names' bytes.
 * Does not own: what the names are for.
 *
 * Invariants: I1 every key comes behind the one before it, by its UTF-8 bytes. I2 a listing ends only at a page that has nothing
 * behind the last key that came: a page that was cut on its way, or that hides that there is more, costs a request and no key.
 * I3 a page that contradicts itself is asked for again, and then refused; it is never taken for the end.
 */

import type { S3Access } from "./s3-access.ts";
import type { S3Object, S3Page } from "./s3-calls.ts";
import { incompleteAnswer, type S3Operation } from "./s3-failure.ts";

/** Pages without a key, in a row, before a server that says there is more is believed no longer. */
const emptyPagesMax = 1_000;

export async function* listObjects(
  { calls, requests }: S3Access,
  operation: S3Operation,
  { prefix, after }: { readonly prefix: string; readonly after: string | undefined },
): AsyncGenerator<S3Object, void, undefined> {
  let last = after;
  let next: string | undefined;
  let emptyPages = 0;
  for (;;) {
    const behind = last;
    const token = next;
    const page = await requests.demand(operation, async (signal) => {
      const answer = await calls.listPage({ prefix, after: behind, next: token }, signal);
      check(answer, prefix, behind);
      if (token !== undefined && answer.next === token)
        throw incompleteAnswer("a page leads to itself");
      return answer;
    });
    yield* page.objects;
    last = page.objects.at(-1)?.key ?? last;
    if (page.objects.length > 0) {
      // On by the key and not by the server's mark, which may stand behind keys that did not come.
      next = undefined;
      emptyPages = 0;
      continue;
    }
    if (!page.isTruncated) return;
    next = page.next;
    if (++emptyPages > emptyPagesMax || next === undefined) {
      throw requests.error(
        {
          kind: "incomplete",
          cause: incompleteAnswer("a listing goes on without end and without a key"),
        },
        operation,
      );
    }
  }
}

function check({ objects, objectCount }: S3Page, prefix: string, after: string | undefined): void {
  if (objectCount !== undefined && objectCount !== objects.length) {
    throw incompleteAnswer(`${objects.length} of the ${objectCount} keys of a page came`);
  }
  let last = after;
  for (const { key } of objects) {
    if (!key.startsWith(prefix)) throw incompleteAnswer(`a listing of ${prefix} has ${key}`);
    if (last !== undefined && compareBytes(last, key) >= 0) {
      throw incompleteAnswer(`${key} is listed behind ${last}`);
    }
    last = key;
  }
}

/** UTF-8 has the order of the code points; that of JavaScript's strings differs beyond U+FFFF. */
function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
