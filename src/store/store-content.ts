/**
 * Owns: taking the content of an object piece by piece, and telling a failure of whoever gives it from one of the medium.
 */
import { StreamError } from "../base/index.ts";
import type { StoreContent } from "./store.ts";

/** Carries what a content threw past the code that catches the errors of the medium. */
export class ContentFailure extends Error {
  override readonly name: string = "ContentFailure";

  constructor(thrown: unknown) {
    super("the content of an object failed", { cause: thrown });
  }
}

/** The pieces of a content. Throws a `ContentFailure` of what it throws, and of `argument_invalid` for what is no bytes. */
export async function* chunksOf(
  content: StoreContent,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (content instanceof Uint8Array) {
    if (content.length > 0) yield content;
    return;
  }
  // What the consumer throws does not come by here: it ends the generator instead.
  try {
    for await (const chunk of content) {
      if (!(chunk instanceof Uint8Array)) {
        throw new StreamError("argument_invalid", { expected: "chunks that are Uint8Arrays" });
      }
      yield chunk;
    }
  } catch (error) {
    throw new ContentFailure(error);
  }
}
