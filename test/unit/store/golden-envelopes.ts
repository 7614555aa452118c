/** Owns: what the envelopes in test/fixtures/v1/envelope hold, which every later release must read. */
import type { TransformOptions } from "../../../src/store/index.ts";
import { both, compressed, encrypted } from "../../support/transform-fixtures.ts";

interface GoldenEnvelope {
  readonly options: TransformOptions;
  readonly content: Uint8Array;
  /** Of an object. */
  readonly name?: string;
  /** Of the payload of a log. */
  readonly place?: string;
}

const hello = new TextEncoder().encode("hello");
/** Two chunks, of which the second does not become smaller. */
const large = Uint8Array.from({ length: 263_000 }, (_, index) =>
  index < 262_144 ? index % 7 : (Math.imul(index, 2654435761) >>> 11) % 256,
);

/** By the name of the file. */
export const goldenContents: Readonly<Record<string, GoldenEnvelope>> = {
  plain: { options: {}, content: hello, name: "a" },
  compressed: { options: compressed, content: large, name: "state/words/1" },
  encrypted: { options: encrypted, content: hello, name: "a" },
  both: { options: both, content: large, name: "state/words/1" },
  payload: { options: encrypted, content: hello, place: "journal 1 2" },
};
